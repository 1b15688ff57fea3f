//! What parts of the servers have which value: now, and period by period.

use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use super::latest::{Counting, all, total};
use super::split::{self, By, Group, GroupId};
use crate::Result;

/// A group's part of the servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The period's days.
    pub period: Window,
    /// What they have in common.
    pub group: Group,
    /// How many they are.
    pub servers: u64,
    /// Of how many.
    pub of: u64,
}

impl Part {
    /// As a part of 1.
    pub fn share(&self) -> f64 {
        share(self.servers, self.of)
    }
}

/// A part of 1; 0 of nothing.
pub(super) fn share(part: u64, of: u64) -> f64 {
    match of {
        0 => 0.0,
        of => part as f64 / of as f64,
    }
}

/// Of each period the parts of the `top` groups that have most servers over all periods, the largest first;
/// then of what is left as one, and of those in none.
pub(crate) fn adoption(
    ground: &Ground<'_>,
    asked: &Asked,
    (periods, per): (&[Window], Per),
    by: &By,
    top: usize,
) -> Result<Vec<Part>> {
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else {
        return Ok(Vec::new());
    };
    let whole = Window {
        from: first.from,
        to: last.to,
    };
    let mut counting = Counting::new(ground, asked, (whole, per), by)?;
    let counted = periods
        .iter()
        .map(|period| counting.latest(*period))
        .collect::<Result<Vec<_>>>()?;
    let totals = total(counted.iter().map(|counts| &**counts));
    let shown = split::largest(&totals, top);
    let names = shown
        .iter()
        .map(|id| split::name(ground, by, *id))
        .collect::<Result<Vec<Group>>>()?;
    let without = split::name(ground, by, GroupId::Without)?;
    let has_without = totals.contains_key(&GroupId::Without);
    let has_others = totals.len() > shown.len() + usize::from(has_without);
    let mut parts = Vec::new();
    for (period, counts) in periods.iter().zip(counted) {
        let servers = |of: GroupId| {
            let found = counts.binary_search_by_key(&of, |(id, _)| *id);
            found.map_or(0, |at| counts[at].1)
        };
        let all = all(&counts);
        let mut part = |group: Group, servers: u64| {
            parts.push(Part {
                period: *period,
                group,
                servers,
                of: all,
            });
            servers
        };
        let mut left = all;
        for (id, name) in shown.iter().zip(&names) {
            left -= part(name.clone(), servers(*id));
        }
        left -= servers(GroupId::Without);
        if has_others {
            part(Group::Other, left);
        }
        if has_without {
            part(without.clone(), servers(GroupId::Without));
        }
    }
    Ok(parts)
}
