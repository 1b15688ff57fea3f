//! What servers were when last heard of, before one day and before later ones: so that it can be said what
//! became of them.

use std::collections::{BTreeMap, VecDeque};

use roaring::RoaringBitmap;

use super::ProductId;
use super::counted::Cut;
use super::ground::Ground;
use super::limits::BEFORE_DAYS;
use super::memo::Weigh;
use super::split::{self, By, GroupId};
use crate::{Day, Result};

/// Groups of servers; who has none is in none.
pub(crate) type Sets = BTreeMap<GroupId, RoaringBitmap>;

impl Weigh for Sets {
    fn bytes(&self) -> usize {
        self.values().map(RoaringBitmap::serialized_size).sum()
    }
}

/// Walks from day to day.
pub(crate) struct Standing<'a> {
    ground: &'a Ground<'a>,
    /// Everybody who counts in a product, whatever they are.
    cut: Cut,
    product: ProductId,
    by: &'a By,
    /// The day that comes next.
    next: Day,
    sets: Sets,
    /// Who posted, on each of the days that still matter.
    posted: VecDeque<RoaringBitmap>,
}

impl<'a> Standing<'a> {
    pub(crate) fn new(
        ground: &'a Ground<'a>,
        cut: Cut,
        product: ProductId,
        by: &'a By,
    ) -> Standing<'a> {
        Standing {
            ground,
            cut,
            product,
            by,
            next: Day(i32::MIN),
            sets: Sets::new(),
            posted: VecDeque::new(),
        }
    }

    /// The servers that posted usage in the [`BEFORE_DAYS`] before a day, which is no earlier than the one
    /// asked for before: by the latest such report of each.
    pub(crate) fn before(&mut self, day: Day) -> Result<&Sets> {
        let first = day.plus(-BEFORE_DAYS);
        if self.next < first {
            (self.sets, self.posted, self.next) = (Sets::new(), VecDeque::new(), first);
        }
        while self.next < day {
            let posted = self.cut.posted(self.ground.db, self.next)?;
            if !posted.is_empty() {
                self.sets.values_mut().for_each(|set| *set -= &posted);
                let groups = split::on(self.ground, self.product, self.by, self.next, &posted)?;
                for (id, set) in groups {
                    *self.sets.entry(id).or_default() |= set;
                }
            }
            self.posted.push_back(posted);
            self.next = self.next.plus(1);
        }
        // Who was silent since then is forgotten.
        if self.posted.len() > BEFORE_DAYS as usize {
            self.posted
                .drain(..self.posted.len() - BEFORE_DAYS as usize);
            let heard = self
                .posted
                .iter()
                .fold(RoaringBitmap::new(), |all, day| all | day);
            self.sets.retain(|_, set| {
                *set &= &heard;
                !set.is_empty()
            });
        }
        Ok(&self.sets)
    }
}
