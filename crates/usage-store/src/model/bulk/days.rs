//! What a batch changes of a product's day: its sets, its servers' rows and numbers, each written once.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use roaring::RoaringBitmap;
use rusqlite::Connection;

use super::batch::{Batch, Seen};
use super::names::{Names, Saids};
use crate::model::cells::{self, ACTIVE, Place, SHADOWED};
use crate::model::columns;
use crate::model::rows::{self, Rows};
use crate::model::tiers::Tiers;
use crate::model::{folding, unused};
use crate::query::{ProductId, ServerId};
use crate::report::Kind;
use crate::{Day, Result};

/// What a batch says, and what is known of it.
pub(super) struct Said<'a> {
    pub(super) batch: &'a Batch,
    pub(super) names: &'a Names,
    pub(super) saids: &'a Saids,
    pub(super) tiers: Tiers,
}

/// A server's observation of the day, with its place in the batch's order.
pub(super) type Of = (ServerId, u32);

/// Takes a day's observations in: in order of servers, those of one in the order of the journal.
pub(super) fn observe(
    db: &Connection,
    said: &Said<'_>,
    (product, day): (ProductId, Day),
    all: &[Of],
) -> Result<()> {
    if !said.tiers.has_cells(day) {
        return Ok(());
    }
    let known = cells::read(db, (product, day, ACTIVE))?;
    activate(db, said, (product, day), &known, all)?;
    if day >= said.tiers.days {
        let mut loading = Loading {
            db,
            said,
            of: (product, day),
            is_known: !known.is_empty(),
            sets: Sets::new(db, (product, day), !known.is_empty())?,
            chunk: ChunkOf::default(),
            superseded: HashSet::new(),
        };
        loading.next_chunk(0)?;
        for of_server in all.chunk_by(|one, other| one.0 == other.0) {
            loading.server(of_server)?;
        }
        loading.finish()?;
    }
    cells::change_day(db, product, day)
}

/// Puts the servers into the set of the active ones, and the anonymous of twins into that of the shadowed.
fn activate(
    db: &Connection,
    said: &Said<'_>,
    (product, day): (ProductId, Day),
    known: &RoaringBitmap,
    all: &[Of],
) -> Result<()> {
    let mut active = known.clone();
    let ids = all.chunk_by(|one, other| one.0 == other.0);
    let new: Vec<u32> = ids
        .map(|of_server| of_server[0].0.0)
        .filter(|id| !known.contains(*id))
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    add(&mut active, &new);
    let mut shadowed = Vec::new();
    for id in new {
        let Some(twins) = said.names.twins(ServerId(id)) else {
            continue;
        };
        let others = twins.others.iter().map(|other| other.0);
        let there = others.filter(|other| active.contains(*other));
        shadowed.extend(there.map(|other| if twins.anonymous { id } else { other }));
    }
    let mut bytes = Vec::new();
    cells::write(db, (product, day, ACTIVE), &mut active, &mut bytes)?;
    if !shadowed.is_empty() {
        let place = (product, day, SHADOWED);
        let mut all = cells::read(db, place)?;
        all.extend(shadowed);
        cells::write_packed(db, place, &mut all, &mut bytes)?;
    }
    Ok(())
}

/// A day that is being taken in.
struct Loading<'a> {
    db: &'a Connection,
    said: &'a Said<'a>,
    of: (ProductId, Day),
    /// Whether there may be something in the tables.
    is_known: bool,
    sets: Sets<'a>,
    chunk: ChunkOf,
    /// What was said and isn't the latest.
    superseded: HashSet<u32>,
}

/// A chunk of the day's servers.
#[derive(Default)]
struct ChunkOf {
    chunk: u32,
    /// What was known.
    before: Rows,
    /// Those of whom there is something newer, by their ids in the chunk; in order.
    rows: Vec<(u16, i64, u32)>,
    numbers: BTreeMap<u32, columns::Chunk>,
}

impl Loading<'_> {
    /// A server's usage: of all its observations the latest, of those at the same time the last.
    fn server(&mut self, seen: &[Of]) -> Result<()> {
        let batch = self.said.batch;
        let server = seen[0].0;
        let usage = seen.iter().map(|(_, at)| &batch.seen[*at as usize]);
        let mut usage = usage.filter(|seen| seen.kind == Kind::Usage).peekable();
        if usage.peek().is_none() {
            return Ok(());
        }
        let (chunk, low) = columns::place(server.0);
        if chunk != self.chunk.chunk {
            self.next_chunk(chunk)?;
        }
        let before = self.chunk.before.find(low);
        let mut latest: Option<&Seen> = None;
        for now in usage {
            let at = match latest {
                Some(latest) => Some(batch.at(latest)),
                None => before.map(|(at, _)| at),
            };
            let older = match at <= Some(batch.at(now)) {
                true => latest.replace(now),
                false => Some(now),
            };
            self.superseded.extend(older.map(|older| older.said));
        }
        let Some(latest) = latest else {
            return Ok(());
        };
        if let Some((_, places)) = before {
            self.sets.leave(places, server)?;
        }
        let saids = self.said.saids;
        self.sets.join(latest.said, &saids.places, server)?;
        self.chunk.rows.push((low, batch.at(latest), latest.said));
        let keys = &saids.keys[latest.shape as usize];
        let numbers = batch.numbers_of(latest).map(|(_, number)| number);
        columns::told_apart(keys.iter().copied().zip(numbers), |key, number| {
            let column = self.chunk.numbers.entry(key).or_default();
            column.push((low, number));
        });
        Ok(())
    }

    /// Writes the chunk, and begins another.
    fn next_chunk(&mut self, chunk: u32) -> Result<()> {
        let before = match self.is_known {
            true => rows::read(self.db, self.of, chunk)?,
            false => Rows::default(),
        };
        let next = ChunkOf {
            chunk,
            before,
            ..ChunkOf::default()
        };
        let done = std::mem::replace(&mut self.chunk, next);
        if done.rows.is_empty() {
            return Ok(());
        }
        let replaced = done.rows.iter().map(|row| row.0).collect();
        columns::replace(self.db, self.of, done.chunk, &replaced, done.numbers)?;
        let mut all = done.before;
        let mut lists = HashMap::new();
        let known = all.rows.len();
        for (low, at, said) in done.rows {
            let list = match lists.entry(said) {
                Entry::Occupied(list) => *list.get(),
                Entry::Vacant(new) => *new.insert(all.list(&self.said.saids.places[said as usize])),
            };
            match all.rows[..known].binary_search_by_key(&low, |row| row.0) {
                Ok(old) => all.rows[old] = (low, at, list),
                Err(_) => all.rows.push((low, at, list)),
            }
        }
        all.rows.sort_unstable_by_key(|row| row.0);
        rows::write(self.db, self.of, done.chunk, &all)
    }

    fn finish(mut self) -> Result<()> {
        self.next_chunk(0)?;
        let places = &self.said.saids.places;
        let superseded = self.superseded.iter();
        let mut doubted: Vec<Place> = superseded
            .flat_map(|said| places[*said as usize].iter().copied())
            .collect();
        doubted.sort_unstable();
        doubted.dedup();
        self.sets.save(doubted)
    }
}

/// Adds servers, which are in order.
fn add(set: &mut RoaringBitmap, servers: &[u32]) {
    match RoaringBitmap::from_sorted_iter(servers.iter().copied()) {
        Ok(more) => *set |= more,
        Err(_) => set.extend(servers.iter().copied()),
    }
}

/// The sets of a day's dimensions.
struct Sets<'a> {
    db: &'a Connection,
    of: (ProductId, Day),
    /// Whether there may be any in the table.
    are_known: bool,
    folds: BTreeSet<i64>,
    at: HashMap<Place, usize>,
    sets: Vec<Set>,
    /// Where each of the batch's texts puts its server.
    joined: HashMap<u32, Box<[usize]>>,
}

struct Set {
    place: Place,
    before: RoaringBitmap,
    leave: Vec<u32>,
    join: Vec<u32>,
}

impl<'a> Sets<'a> {
    fn new(db: &'a Connection, of: (ProductId, Day), are_known: bool) -> Result<Sets<'a>> {
        let folds = match are_known {
            true => folding::folds(db, of.0, of.1)?,
            false => Default::default(),
        };
        Ok(Sets {
            db,
            of,
            are_known,
            folds,
            at: HashMap::new(),
            sets: Vec::new(),
            joined: HashMap::new(),
        })
    }

    fn load(&mut self, place: Place) -> Result<usize> {
        if let Some(at) = self.at.get(&place) {
            return Ok(*at);
        }
        let before = match self.are_known {
            true => cells::read(self.db, (self.of.0, self.of.1, place))?,
            false => RoaringBitmap::new(),
        };
        self.sets.push(Set {
            place,
            before,
            leave: Vec::new(),
            join: Vec::new(),
        });
        self.at.insert(place, self.sets.len() - 1);
        Ok(self.sets.len() - 1)
    }

    /// A server leaves the sets it was in.
    fn leave(&mut self, places: &[Place], server: ServerId) -> Result<()> {
        for place in places {
            let mut at = self.load(*place)?;
            if self.folds.contains(&place.dimension) && !self.sets[at].before.contains(server.0) {
                at = self.load(place.others())?;
            }
            self.sets[at].leave.push(server.0);
        }
        Ok(())
    }

    /// And joins those of what it says. Of a folded dimension a value that has no set is one of the others.
    fn join(&mut self, said: u32, places: &[Vec<Place>], server: ServerId) -> Result<()> {
        if !self.joined.contains_key(&said) {
            let mut sets = Vec::new();
            for place in &places[said as usize] {
                let mut at = self.load(*place)?;
                if self.folds.contains(&place.dimension) && self.sets[at].before.is_empty() {
                    at = self.load(place.others())?;
                }
                sets.push(at);
            }
            self.joined.insert(said, sets.into());
        }
        for at in &self.joined[&said] {
            self.sets[*at].join.push(server.0);
        }
        Ok(())
    }

    /// Writes those that changed, in the order of the table. Values that lost their last server may be nobody's,
    /// and so may those that were said for a moment.
    fn save(mut self, doubted: Vec<Place>) -> Result<()> {
        let (product, day) = self.of;
        for place in doubted {
            self.load(place)?;
        }
        self.sets.sort_unstable_by_key(|set| set.place);
        let mut nobody = Vec::new();
        let mut bytes = Vec::new();
        for set in self.sets {
            let mut now = set.before.clone();
            for server in &set.leave {
                now.remove(*server);
            }
            add(&mut now, &set.join);
            if now.is_empty() {
                nobody.push(set.place);
            }
            if now != set.before {
                cells::write_packed(self.db, (product, day, set.place), &mut now, &mut bytes)?;
            }
        }
        unused::doubt(self.db, product, &nobody)
    }
}
