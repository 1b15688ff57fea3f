//! A day's servers in groups: by the values of a dimension, by organization, or by whether they report
//! under a token. The largest groups by name, the others as one.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;
use rusqlite::{OptionalExtension, params};

use super::ProductId;
use super::asked::Window;
use super::counted::Cut;
use super::ground::Ground;
use super::memo::Weigh;
use crate::model::OTHER;
use crate::model::cells::bitmap;
use crate::sqlite::sql;
use crate::{Day, Result};

/// By what servers are put into groups.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum By {
    /// By the value of a dimension.
    Dimension(String),
    /// By the organization they report for.
    Organization,
    /// By whether they report under a token.
    Who,
}

/// What a group has in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// This value of the dimension, or this name.
    Named(String),
    /// Any of the values that are not told apart.
    Other,
    /// No such dimension, or no organization.
    Without,
}

/// What a group has in common, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum GroupId {
    /// A dimension's value, or an organization; 0 is what is not told apart.
    Of(i64),
    Without,
}

impl GroupId {
    /// Whether it has something in common that others don't have.
    pub(crate) fn is_named(self) -> bool {
        !matches!(self, GroupId::Without | GroupId::Of(OTHER))
    }
}

/// Groups of the servers that count in a period.
#[derive(Default)]
pub(crate) struct Groups {
    pub(crate) all: RoaringBitmap,
    pub(crate) sets: BTreeMap<GroupId, RoaringBitmap>,
}

impl Groups {
    /// Those who have it on any day of the period: on days a partition, over longer periods a server
    /// is in each group that it was ever in.
    pub(crate) fn of(
        ground: &Ground<'_>,
        cut: &Cut,
        product: ProductId,
        by: &By,
        period: Window,
    ) -> Result<Groups> {
        let mut groups = Groups::default();
        for day in period.days() {
            let active = cut.active(ground.db, day)?;
            if active.is_empty() {
                continue;
            }
            groups.add(on(ground, product, by, day, &active)?, active);
        }
        Ok(groups)
    }

    /// Adds what earlier days say of all but these servers, of which there is something newer.
    pub(crate) fn add_before(&mut self, before: &Groups, newer: &RoaringBitmap) {
        for (id, set) in &before.sets {
            let left = set - newer;
            if !left.is_empty() {
                *self.sets.entry(*id).or_default() |= left;
            }
        }
        self.all |= &before.all - newer;
    }

    /// Adds a day's servers: some in groups, the rest in none.
    pub(crate) fn add(&mut self, groups: Vec<(GroupId, RoaringBitmap)>, servers: RoaringBitmap) {
        let mut left = servers.clone();
        for (id, set) in groups {
            left -= &set;
            *self.sets.entry(id).or_default() |= set;
        }
        if !left.is_empty() {
            *self.sets.entry(GroupId::Without).or_default() |= left;
        }
        self.all |= servers;
    }
}

impl Weigh for Groups {
    fn bytes(&self) -> usize {
        self.sets.bytes() + self.all.serialized_size()
    }
}

/// The groups of some servers on a day; empty ones are left out.
pub(crate) fn on(
    ground: &Ground<'_>,
    product: ProductId,
    by: &By,
    day: Day,
    servers: &RoaringBitmap,
) -> Result<Vec<(GroupId, RoaringBitmap)>> {
    let groups = match by {
        By::Dimension(name) => {
            let mut query = ground.db.prepare_cached(sql!("query/groups"))?;
            let mut rows = query.query(params![product.0, name, day.0])?;
            let mut groups = Vec::new();
            while let Some(row) = rows.next()? {
                let set = bitmap(row.get_ref(1)?)? & servers;
                groups.push((GroupId::Of(row.get(0)?), set));
            }
            groups
        }
        By::Organization => {
            let mut sets: BTreeMap<GroupId, RoaringBitmap> = BTreeMap::new();
            for server in servers {
                let id = match ground.census.organization(server) {
                    0 => continue,
                    organization => GroupId::Of(i64::from(organization)),
                };
                // Servers come in order.
                let _ = sets.entry(id).or_default().try_push(server);
            }
            sets.into_iter().collect()
        }
        By::Who => vec![(
            GroupId::Of(ORGANIZATIONS),
            servers - ground.census.anonymous(),
        )],
    };
    Ok(groups
        .into_iter()
        .filter(|(_, set)| !set.is_empty())
        .collect())
}

/// The group of those who report under a token, whatever the organization.
const ORGANIZATIONS: i64 = 1;

/// What a group is called.
pub(crate) fn name(ground: &Ground<'_>, by: &By, id: GroupId) -> Result<Group> {
    let query = match (by, id) {
        (By::Who, GroupId::Of(_)) => return Ok(Group::Named("organizations".to_owned())),
        (By::Who, GroupId::Without) => return Ok(Group::Named("anonymous".to_owned())),
        (_, GroupId::Without) => return Ok(Group::Without),
        (By::Dimension(_), _) => sql!("query/value_text"),
        (By::Organization, _) => sql!("registry/organization_name"),
    };
    let GroupId::Of(id) = id else {
        return Ok(Group::Without);
    };
    let name: Option<String> = ground
        .db
        .prepare_cached(query)?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(name.map_or(Group::Other, Group::Named))
}

/// The `top` largest named groups, those without, and the rest as one; each once.
pub(crate) fn parts(groups: Groups, top: usize) -> Vec<(GroupId, RoaringBitmap)> {
    let mut sets = groups.sets;
    let totals = sets.iter().map(|(id, set)| (*id, set.len())).collect();
    let mut shown = largest(&totals, top);
    shown.push(GroupId::Without);
    let mut parts: Vec<_> = shown
        .into_iter()
        .filter_map(|id| sets.remove_entry(&id))
        .collect();
    let rest = sets.into_values().reduce(|all, set| all | set);
    parts.extend(rest.map(|rest| (GroupId::Of(OTHER), rest)));
    parts
}

/// The largest named groups by a total of servers, at most `top`; of equals the older id.
pub(crate) fn largest(totals: &BTreeMap<GroupId, u64>, top: usize) -> Vec<GroupId> {
    let ids = totals.keys().copied();
    let mut ids: Vec<GroupId> = ids.filter(|id| id.is_named()).collect();
    ids.sort_by_key(|id| (std::cmp::Reverse(totals[id]), *id));
    ids.truncate(top);
    ids
}
