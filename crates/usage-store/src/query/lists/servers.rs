//! A product's servers as a list.

use jiff::Timestamp;
use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension};

use super::kept::{Kept, Sorted};
use super::order::Members;
use super::paging::{self, Listed, Place};
use super::roster::Roster;
use super::{List, Sort, State, counted, matching, order, sorting};
use crate::query::activity::ACTIVE_WITHIN;
use crate::query::asked::Window;
use crate::query::ground::Ground;
use crate::query::history::servers_of_cluster;
use crate::query::limits::{FEW_OF, NOW_DAYS};
use crate::query::servers::summary;
use crate::query::{ServerSummary, values};
use crate::registry::OrganizationId;
use crate::report::Number;
use crate::sqlite::{millis, sql};
use crate::{Error, Result};

/// A server in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedServer {
    /// What every list shows.
    pub summary: ServerSummary,
    /// The organization's number.
    pub organization: Option<OrganizationId>,
    /// Whether it reported within [`ACTIVE_WITHIN`].
    pub active: bool,
    /// All its reports.
    pub reports: u64,
    /// Its check-ins.
    pub starts: u64,
    /// The host before the one of its latest check-in.
    pub previous_host: Option<String>,
    /// How often its host was again the one before.
    pub host_returns: u64,
    /// Usage reports in which a value that only grows had gone down.
    pub backwards: u64,
    /// The value that the list is sorted by.
    pub value: Option<Number>,
    /// Where it stands.
    pub place: Place,
}

/// The servers that a list is of, searched and in the state that is wanted.
fn wanted(ground: &Ground<'_>, roster: &Roster, list: &List) -> Result<RoaringBitmap> {
    let mut servers = counted::servers(ground, list)?;
    if let Some(cluster) = &list.cluster {
        servers &= match servers_of_cluster(ground, &list.asked, cluster) {
            Err(Error::NotFound(_)) => RoaringBitmap::new(),
            found => found?,
        };
    }
    // The tables may be a step behind.
    match roster.products.get(&list.asked.product.0) {
        Some(all) => servers &= all,
        None => servers.clear(),
    }
    let mut servers = matching::servers(ground, roster, list, servers)?;
    let active = |kept: &mut Kept| -> RoaringBitmap {
        kept.active(roster, list.asked.product, since(list.now))
            .clone()
    };
    match list.state {
        State::Active => servers &= active(&mut roster.kept()),
        State::Silent => servers -= active(&mut roster.kept()),
        State::All | State::Clones | State::Once => {}
    }
    Ok(servers)
}

/// Who reported before this is silent.
pub(super) fn since(now: Timestamp) -> i64 {
    millis(now.saturating_sub(ACTIVE_WITHIN).unwrap_or(now))
}

/// The latest value of each server that has one, in order of ids, where the list is sorted by it.
pub(super) fn latest_values(ground: &Ground<'_>, list: &List) -> Result<Vec<(u32, Number)>> {
    let Sort::Value(name) = &list.sort else {
        return Ok(Vec::new());
    };
    let key = values::key(ground, &list.asked, name)?;
    let window = Window::last(NOW_DAYS, list.window.to);
    values::latest(ground, &list.asked, key, window)
}

/// A page of the list.
pub(crate) fn list(ground: &Ground<'_>, list: &List) -> Result<Listed<ListedServer>> {
    let roster = ground.roster()?;
    let wanted = wanted(ground, &roster, list)?;
    let values = latest_values(ground, list)?;
    let from = sorting::from(list, |place| sorting::key(place, list, &roster));
    let known = roster.products.get(&list.asked.product.0);
    let are_few = wanted.len() * FEW_OF < known.map_or(0, RoaringBitmap::len);
    let key = |id: u32| {
        let by = sorting::of(roster.get(id)?, &list.sort, &roster);
        Some(sorting::directed(by, list.descending))
    };
    let page = if let Sort::Value(_) = list.sort {
        // Both are in order of ids.
        let mut values = values.iter().peekable();
        let keys = wanted.iter().map(|id| {
            while values.next_if(|(server, _)| *server < id).is_some() {}
            let value = values.next_if(|(server, _)| *server == id);
            let by = value.map(|(_, value)| sorting::number(sorting::float(value)));
            (sorting::directed(by, list.descending), u64::from(id))
        });
        paging::page(keys, from, list.limit)
    } else if are_few {
        let keys = wanted.iter();
        let keys = keys.filter_map(|id| Some((key(id)?, u64::from(id))));
        paging::page(keys, from, list.limit)
    } else {
        let sorted = Sorted {
            product: list.asked.product,
            sort: list.sort.clone(),
            descending: list.descending,
        };
        let mut kept = roster.kept();
        let ids = kept.order(&roster, &sorted);
        let members = Members::of(&wanted);
        let is_wanted = |id| members.contain(id);
        order::page(ids, key, (is_wanted, wanted.len()), (from, list.limit))
    };
    let mut rows = Vec::new();
    for (_, id) in &page.rows {
        let id = *id as u32;
        let Some(mut row) = read(ground.db, id, list.now)? else {
            continue;
        };
        let value = values.binary_search_by_key(&id, |(server, _)| *server);
        row.value = value.ok().map(|at| values[at].1);
        // What it is sorted by in memory: the tables may be a step behind.
        if let Some(known) = roster.get(id) {
            let text = match list.sort {
                Sort::FirstSeen => known.first_seen.map(sorting::written),
                Sort::Version => known.version.map(|n| roster.versions.get(n).to_owned()),
                Sort::Host => known.host.map(|n| roster.hosts.get(n).to_owned()),
                Sort::Value(_) => row.value.map(|n| sorting::float(&n).to_string()),
                _ => Some(sorting::written(known.last_seen)),
            };
            row.place.by = text;
        }
        rows.push(row);
    }
    Ok(Listed {
        rows,
        ahead: page.ahead,
        total: page.total,
    })
}

/// One server, by its number.
pub(super) fn read(db: &Connection, id: u32, now: Timestamp) -> Result<Option<ListedServer>> {
    let mut query = db.prepare_cached(sql!("lists/row"))?;
    let found = query.query_row([id], |row| {
        let summary = summary(row)?;
        let organization: i64 = row.get(10)?;
        let count = |column| row.get::<_, i64>(column).map(|n| n as u64);
        Ok(ListedServer {
            active: millis(summary.last_seen) >= since(now),
            summary,
            organization: (organization != 0).then_some(OrganizationId(organization)),
            reports: count(11)?,
            starts: count(12)?,
            previous_host: row.get(13)?,
            host_returns: count(14)?,
            backwards: count(15)?,
            value: None,
            place: Place {
                number: u64::from(id),
                by: None,
            },
        })
    });
    Ok(found.optional()?)
}
