//! Which servers a list is of: those that reported in its window and fit its filter.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::{List, State};
use crate::Result;
use crate::model::cells::{ALL_DAYS, CLONES, ONCE, read};
use crate::query::asked::{Per, Window};
use crate::query::ground::Ground;
use crate::query::memo::Weigh;

/// Of some days: who counts, and who posted usage at all.
struct Sets {
    fit: RoaringBitmap,
    posted: RoaringBitmap,
}

impl Weigh for Sets {
    fn bytes(&self) -> usize {
        self.fit.serialized_size() + self.posted.serialized_size()
    }
}

/// The list's servers, before search. What the days before the last say is kept: it seldom changes.
pub(super) fn servers(ground: &Ground<'_>, list: &List) -> Result<RoaringBitmap> {
    let (asked, window) = (&list.asked, list.window);
    let last = Window::last(1, window.to);
    let mut cut = ground.cut(asked);
    let mut of = |days: Window| -> Result<Sets> {
        let cut = cut.get()?;
        if asked.filter.dimensions.is_empty() {
            return Ok(Sets {
                fit: cut.active_in(ground.db, days)?,
                posted: RoaringBitmap::new(),
            });
        }
        let (mut fit, mut seen) = (RoaringBitmap::new(), RoaringBitmap::new());
        for day in days.days().rev() {
            let posted = cut.posted(ground.db, day)? - &seen;
            fit |= cut.of(ground.db, day, posted.clone())?;
            seen |= posted;
        }
        Ok(Sets { fit, posted: seen })
    };
    let today = of(last)?;
    let mut servers = today.fit;
    if window.from < window.to {
        let days = Window {
            from: window.from,
            to: window.to.plus(-1),
        };
        let series = ground.series("listed", String::new(), asked, (days, Per::Day))?;
        let before: Arc<Sets> = series.get(days, || of(days))?;
        servers |= &before.fit - &today.posted;
    }
    let of_no_day = |place| read(ground.db, (asked.product, ALL_DAYS, place));
    match list.state {
        State::Clones => servers &= of_no_day(CLONES)?,
        State::Once => servers &= of_no_day(ONCE)?,
        State::All | State::Active | State::Silent => {}
    }
    Ok(servers)
}
