//! Which servers moved from one version to another, period by period.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::asked::{Asked, Per, Window};
use super::counted::Cut;
use super::ground::Ground;
use super::latest::{latest, latest_so_far};
use super::limits::BEFORE_DAYS;
use super::split::{self, By, Group, GroupId};
use super::standing::{Sets, Standing};
use super::version::compare;
use crate::Result;

/// How many servers changed their version in a period. Each is in one of the numbers, by what it had before
/// the period and what it has at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrades {
    /// The period's days.
    pub period: Window,
    /// To a newer one.
    pub upgraded: u64,
    /// To an older one.
    pub downgraded: u64,
    /// To or from what is no version, or to the same in other words.
    pub otherwise: u64,
}

/// How many servers went from one version to another in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpgradePath {
    /// The period's days.
    pub period: Window,
    /// What they had before.
    pub old: Group,
    /// What they have.
    pub new: Group,
    /// What that is.
    pub change: Change,
    /// How many.
    pub servers: u64,
}

/// What a change of version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// To a newer one.
    Upgrade,
    /// To an older one.
    Downgrade,
    /// Neither can be said.
    Otherwise,
}

type Pair = (GroupId, GroupId);

/// From, to, and how many servers.
type Moves = Vec<(Pair, u64)>;

/// Each period of the window.
pub(crate) fn upgrades(
    ground: &Ground<'_>,
    asked: &Asked,
    (window, per): (Window, Per),
    dimension: &str,
) -> Result<Vec<Upgrades>> {
    let by = By::Dimension(dimension.to_owned());
    let moves = moves(ground, asked, (window, per), &by)?;
    let names = Names::of(ground, &by, &moves)?;
    let mut periods = Vec::new();
    for (period, moves) in moves {
        let mut upgrades = Upgrades {
            period,
            upgraded: 0,
            downgraded: 0,
            otherwise: 0,
        };
        for (pair, servers) in moves.iter() {
            *match names.change(*pair) {
                Change::Upgrade => &mut upgrades.upgraded,
                Change::Downgrade => &mut upgrades.downgraded,
                Change::Otherwise => &mut upgrades.otherwise,
            } += servers;
        }
        periods.push(upgrades);
    }
    Ok(periods)
}

/// In each period of the window the `top` ways that most servers went over all of it, those that nobody
/// went then left out.
pub(crate) fn upgrade_paths(
    ground: &Ground<'_>,
    asked: &Asked,
    (window, per): (Window, Per),
    dimension: &str,
    top: usize,
) -> Result<Vec<UpgradePath>> {
    let by = By::Dimension(dimension.to_owned());
    let moves = moves(ground, asked, (window, per), &by)?;
    let names = Names::of(ground, &by, &moves)?;
    let mut totals: BTreeMap<Pair, u64> = BTreeMap::new();
    for (pair, servers) in moves.iter().flat_map(|(_, moves)| moves.iter()) {
        *totals.entry(*pair).or_default() += servers;
    }
    let mut pairs: Vec<(Pair, u64)> = totals.into_iter().collect();
    pairs.sort_by_key(|(pair, servers)| (Reverse(*servers), *pair));
    pairs.truncate(top);
    let mut paths = Vec::new();
    for (period, moves) in moves {
        for (pair, _) in &pairs {
            if let Ok(at) = moves.binary_search_by_key(pair, |(pair, _)| *pair) {
                paths.push(UpgradePath {
                    period,
                    old: names.name(pair.0),
                    new: names.name(pair.1),
                    change: names.change(*pair),
                    servers: moves[at].1,
                });
            }
        }
    }
    Ok(paths)
}

/// What changed in each period, in order of pairs.
fn moves(
    ground: &Ground<'_>,
    asked: &Asked,
    (window, per): (Window, Per),
    by: &By,
) -> Result<Vec<(Window, Arc<Moves>)>> {
    let everybody = Asked::all(asked.product);
    let periods = window.periods(per);
    let known = Window {
        from: window.from.plus(-BEFORE_DAYS),
        to: window.to,
    };
    let series = ground.series("moves", format!("{by:?}"), asked, (known, per))?;
    let standing = ground.series("standing", format!("{by:?}"), &everybody, (known, per))?;
    let everybody = Cut::new(ground.db, ground.census, &everybody)?;
    let mut walk = Standing::new(ground, everybody, asked.product, by);
    let mut cut = ground.cut(asked);
    let mut all = Vec::new();
    for period in &periods {
        let before = Window {
            from: period.from.plus(-BEFORE_DAYS),
            to: period.from.plus(-1),
        };
        let days = Window {
            from: before.from,
            to: period.to,
        };
        let moves = series.get(days, || {
            let goes_on = series
                .newest(*period)
                .filter(|_| Some(period) == periods.last());
            let now = match goes_on {
                Some(newest) => latest_so_far(ground, asked, &mut cut, by, (*period, newest))?.sets,
                None => latest(ground, cut.get()?, asked.product, by, *period)?.sets,
            };
            if Some(period) == periods.last() {
                // The one that goes on changing: what was before it doesn't.
                let was = standing.get(before, || walk.before(period.from).cloned())?;
                return Ok(between(&was, &now));
            }
            Ok(between(walk.before(period.from)?, &now))
        })?;
        all.push((*period, moves));
    }
    Ok(all)
}

/// Who is in another group than before. What isn't told apart may be the same.
fn between(before: &Sets, after: &Sets) -> Moves {
    let mut moves = Moves::new();
    for (new, servers) in after.iter().filter(|(new, _)| new.is_named()) {
        let moved = match before.get(new) {
            Some(stayed) => servers - stayed,
            None => servers.clone(),
        };
        for (old, were) in before
            .iter()
            .filter(|(old, _)| *old != new && old.is_named())
        {
            match moved.intersection_len(were) {
                0 => {}
                servers => moves.push(((*old, *new), servers)),
            }
        }
    }
    moves.sort_unstable();
    moves
}

/// What the groups are called.
struct Names(BTreeMap<GroupId, Group>);

impl Names {
    fn of(ground: &Ground<'_>, by: &By, moves: &[(Window, Arc<Moves>)]) -> Result<Names> {
        let pairs = moves.iter().flat_map(|(_, moves)| moves.iter());
        let ids: BTreeSet<GroupId> = pairs.flat_map(|((old, new), _)| [*old, *new]).collect();
        let names = ids
            .into_iter()
            .map(|id| Ok((id, split::name(ground, by, id)?)));
        Ok(Names(names.collect::<Result<_>>()?))
    }

    fn name(&self, id: GroupId) -> Group {
        self.0.get(&id).cloned().unwrap_or(Group::Other)
    }

    fn change(&self, (old, new): Pair) -> Change {
        let (Some(Group::Named(old)), Some(Group::Named(new))) =
            (self.0.get(&old), self.0.get(&new))
        else {
            return Change::Otherwise;
        };
        match compare(old, new) {
            Some(Ordering::Less) => Change::Upgrade,
            Some(Ordering::Greater) => Change::Downgrade,
            Some(Ordering::Equal) | None => Change::Otherwise,
        }
    }
}
