//! Servers: what is known of each, from the latest report that said it, what is counted of it, and the
//! spans of the journal its reports are in. Some sets follow from that; they move with it.

mod compact;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use roaring::RoaringBitmap;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::cells::{ALL_DAYS, CLONES, Cells, NEW, ONCE, bitmap};
use super::changes;
use super::counters::{Counters, went_down};
use super::tiers::Tiers;
use crate::journal::{SPAN_REPORTS, Seq};
use crate::query::{ProductId, ServerId};
use crate::report::{Kind, Number, Observation};
use crate::sqlite::{sql, timestamp};
use crate::{Day, Error, Result};

/// What a server's latest usage observation said; kept as JSON, keys sorted.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Latest {
    pub(crate) dimensions: Vec<(String, String)>,
    pub(crate) values: Vec<(String, serde_json::Number)>,
}

/// The same, to be written.
#[derive(Serialize)]
struct LatestSaid<'a> {
    dimensions: Vec<(&'a str, &'a str)>,
    values: Vec<(&'a str, serde_json::Number)>,
}

/// When a report says something, in milliseconds, and where it is in the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) at: i64,
    pub(crate) seq: Seq,
    /// Whether it is of a day before the one it was received on.
    pub(crate) late: bool,
    pub(crate) kind: Kind,
    /// Whether it is counted already although it is taken in again.
    pub(crate) known: bool,
}

/// What is known of a server.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(super) struct State {
    product: ProductId,
    /// The sets that the tables have it in.
    was_in: Sets,
    first_seen: Option<i64>,
    last_seen: Option<i64>,
    host: Option<String>,
    host_at: Option<i64>,
    version: Option<String>,
    version_at: Option<i64>,
    /// What [`latest`] made.
    pub(super) usage: Option<String>,
    usage_at: Option<i64>,
    counters: Counters,
    spans: RoaringBitmap,
}

/// The sets that a server is in by what is known of it.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Sets {
    new_on: Option<Day>,
    once: bool,
    clone: bool,
}

impl State {
    /// A server before its first report.
    fn unknown(product: ProductId, was_in: Sets) -> State {
        State {
            product,
            was_in,
            first_seen: None,
            last_seen: None,
            host: None,
            host_at: None,
            version: None,
            version_at: None,
            usage: None,
            usage_at: None,
            counters: Counters::default(),
            spans: RoaringBitmap::new(),
        }
    }

    fn sets(&self) -> Sets {
        Sets {
            new_on: self.first_seen.map(|at| Day::of(timestamp(at))),
            once: self.counters.is_once(),
            clone: self.counters.is_clone(),
        }
    }

    /// It has reports in these spans of the journal, too.
    pub(super) fn add_spans(&mut self, more: RoaringBitmap) {
        self.spans |= more;
    }

    /// One observation. Of two at the same time, the later in the journal wins. `went_down`: whether a value
    /// that only grows is less than in the latest usage observation so far. Whether this is the latest now; its
    /// text is the caller's to make.
    pub(super) fn observe(
        &mut self,
        seen: Seen,
        host: Option<&str>,
        version: Option<&str>,
        went_down: impl FnOnce(&State) -> bool,
    ) -> bool {
        let at = seen.at;
        let is_latest = seen.kind == Kind::Usage && self.usage_at <= Some(at);
        if !seen.known {
            let backwards = is_latest && self.usage_at.is_some() && went_down(self);
            self.count(seen, host, backwards);
        }
        if !seen.late {
            self.first_seen = Some(self.first_seen.map_or(at, |first| first.min(at)));
        }
        self.last_seen = self.last_seen.max(Some(at));
        self.spans.insert((seen.seq / SPAN_REPORTS) as u32);
        if let Some(host) = host
            && self.host_at <= Some(at)
        {
            self.moves_to(host, at);
        }
        if let Some(version) = version
            && self.version_at <= Some(at)
        {
            if self.version.as_deref() != Some(version) {
                self.version = Some(version.to_owned());
            }
            self.version_at = Some(at);
        }
        if is_latest {
            self.usage_at = Some(at);
        }
        is_latest
    }

    /// Counts an observation, before it becomes what is known.
    fn count(&mut self, seen: Seen, host: Option<&str>, backwards: bool) {
        self.counters.reports += 1;
        if seen.kind == Kind::Servers {
            self.counters.starts += 1;
        }
        if let Some(host) = host
            && self.host_at <= Some(seen.at)
            && self.host.as_deref().is_some_and(|known| known != host)
            && self.counters.prev_host.as_deref() == Some(host)
        {
            self.counters.host_returns += 1;
        }
        self.counters.backwards += i64::from(backwards);
    }

    fn moves_to(&mut self, host: &str, at: i64) {
        if self.host.as_deref() != Some(host) {
            let before = self.host.replace(host.to_owned());
            self.counters.prev_host = before.or(self.counters.prev_host.take());
        }
        self.host_at = Some(at);
    }
}

/// The servers that a chunk touches.
#[derive(Default)]
pub(crate) struct Servers(HashMap<ServerId, State>);

impl Servers {
    /// One observation of a server.
    pub(crate) fn observe(
        &mut self,
        db: &Connection,
        id: ServerId,
        seen: Seen,
        observation: &Observation<'_>,
    ) -> Result<()> {
        let state = match self.0.entry(id) {
            Entry::Occupied(state) => state.into_mut(),
            Entry::Vacant(place) => place.insert(read(db, id)?),
        };
        let values = || observation.values.iter().map(|(k, number)| (&**k, *number));
        let (host, version) = (observation.host.as_deref(), observation.version.as_deref());
        let is_latest = state.observe(seen, host, version, |state| {
            let before = state.usage.as_deref();
            before.is_some_and(|before| went_down(before, values()))
        });
        if is_latest {
            let dimensions = observation.dimensions.iter();
            let dimensions = dimensions.map(|(name, value)| (&**name, &**value));
            state.usage = Some(latest(dimensions, values())?);
        }
        Ok(())
    }

    /// A server is to be as before its first report.
    pub(super) fn forget(&mut self, db: &Connection, id: ServerId) -> Result<()> {
        let known = match self.0.remove(&id) {
            Some(state) => state,
            None => read(db, id)?,
        };
        let unknown = State::unknown(known.product, known.was_in);
        self.0.insert(id, unknown);
        Ok(())
    }

    /// Writes the servers, in the order of the table, and moves them in the sets that follow.
    pub(crate) fn save(self, db: &Connection, cells: &mut Cells) -> Result<()> {
        let mut servers: Vec<(ServerId, State)> = self.0.into_iter().collect();
        servers.sort_unstable_by_key(|(id, _)| *id);
        changes::note(db, &servers.iter().map(|(id, _)| id.0).collect())?;
        for (id, state) in servers {
            save(db, cells, id, &state)?;
        }
        Ok(())
    }
}

/// Writes a server, and moves it in the sets that follow.
pub(super) fn save(db: &Connection, cells: &mut Cells, id: ServerId, state: &State) -> Result<()> {
    let mut spans = Vec::new();
    state
        .spans
        .serialize_into(&mut spans)
        .map_err(|e| Error::Io("(spans)".into(), e))?;
    db.prepare_cached(sql!("model/save_server"))?
        .execute(params![
            id.0,
            state.first_seen,
            state.last_seen,
            state.host,
            state.host_at,
            state.version,
            state.version_at,
            state.usage,
            state.usage_at,
            spans,
            state.counters.reports,
            state.counters.starts,
            state.counters.prev_host,
            state.counters.host_returns,
            state.counters.backwards,
        ])?;
    let (was, is) = (state.was_in, state.sets());
    if was != is {
        change_sets(db, cells, (state.product, id), was, is)?;
    }
    Ok(())
}

fn change_sets(
    db: &Connection,
    cells: &mut Cells,
    (product, server): (ProductId, ServerId),
    was: Sets,
    is: Sets,
) -> Result<()> {
    if was.new_on != is.new_on {
        if let Some(day) = was.new_on {
            cells.remove(db, (product, day, NEW), server)?;
        }
        if let Some(day) = is.new_on {
            cells.insert(db, (product, day, NEW), server)?;
        }
    }
    for (set, was, is) in [(ONCE, was.once, is.once), (CLONES, was.clone, is.clone)] {
        let key = (product, ALL_DAYS, set);
        if was && !is {
            cells.remove(db, key, server)?;
        } else if is && !was {
            cells.insert(db, key, server)?;
        }
    }
    Ok(())
}

/// Puts servers into the sets of the new ones of the days from `from` on, by what is known of them.
pub(super) fn make_new(db: &Connection, from: Day) -> Result<()> {
    let mut cells = Cells::new(Tiers::read(db)?);
    each_known(db, |(product, id), first_seen, _| {
        match first_seen.map(|at| Day::of(timestamp(at))) {
            Some(day) if day >= from => cells.insert(db, (product, day, NEW), id).map(|_| ()),
            _ => Ok(()),
        }
    })?;
    cells.save(db)
}

/// After an upgrade, where the journal begins at place `begin` and has lost what was before: what the new
/// counters and sets can be told of. What is left is counted when it is taken in again.
pub(super) fn begin_counting(db: &Connection, begin: Seq) -> Result<()> {
    db.execute(sql!("model/forget_lasting_sets"), [])?;
    make_new(db, ALL_DAYS)?;
    each_known(db, |(_, id), _, spans| {
        // How many reports are gone can't be told. It is not to be taken for one that came once.
        let gone = match spans.min() {
            Some(span) if u64::from(span) * SPAN_REPORTS < begin => 2,
            _ => 0,
        };
        db.prepare_cached(sql!("model/begin_counters"))?
            .execute(params![id.0, gone])?;
        Ok(())
    })
}

fn each_known(
    db: &Connection,
    mut visit: impl FnMut((ProductId, ServerId), Option<i64>, RoaringBitmap) -> Result<()>,
) -> Result<()> {
    let mut query = db.prepare(sql!("model/servers_known"))?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let spans = bitmap_or_none(row.get_ref(3)?)?;
        let of = (ProductId(row.get(1)?), ServerId(row.get(0)?));
        visit(of, row.get(2)?, spans)?;
    }
    Ok(())
}

fn bitmap_or_none(column: ValueRef<'_>) -> Result<RoaringBitmap> {
    match column {
        ValueRef::Null => Ok(RoaringBitmap::new()),
        column => bitmap(column),
    }
}

fn read(db: &Connection, id: ServerId) -> Result<State> {
    let mut state = read_but_spans(db, id)?;
    state.spans = spans(db, id)?;
    Ok(state)
}

/// The spans of the journal that have reports of a server.
pub(super) fn spans(db: &Connection, id: ServerId) -> Result<RoaringBitmap> {
    db.prepare_cached(sql!("model/server_spans"))?
        .query_row([id.0], |row| Ok(bitmap_or_none(row.get_ref(0)?)))?
}

/// Without the spans, which grow.
pub(super) fn read_but_spans(db: &Connection, id: ServerId) -> Result<State> {
    Ok(db
        .prepare_cached(sql!("model/server_state"))?
        .query_row([id.0], |row| {
            let state = State {
                product: ProductId(row.get(0)?),
                was_in: Sets::default(),
                first_seen: row.get(1)?,
                last_seen: row.get(2)?,
                host: row.get(3)?,
                host_at: row.get(4)?,
                version: row.get(5)?,
                version_at: row.get(6)?,
                usage: row.get(7)?,
                usage_at: row.get(8)?,
                counters: Counters {
                    reports: row.get(9)?,
                    starts: row.get(10)?,
                    prev_host: row.get(11)?,
                    host_returns: row.get(12)?,
                    backwards: row.get(13)?,
                },
                spans: RoaringBitmap::new(),
            };
            Ok(State {
                was_in: state.sets(),
                ..state
            })
        })?)
}

/// A usage observation, as the table has a server's latest: [`Latest`] as JSON.
pub(super) fn latest<'a>(
    dimensions: impl Iterator<Item = (&'a str, &'a str)>,
    values: impl Iterator<Item = (&'a str, Number)>,
) -> Result<String> {
    let number = |number: Number| match number {
        Number::Int(n) => n.into(),
        Number::UInt(n) => n.into(),
        Number::Float(n) => serde_json::Number::from_f64(n).unwrap_or_else(|| 0.into()),
    };
    let latest = LatestSaid {
        dimensions: dimensions.collect(),
        values: values.map(|(key, value)| (key, number(value))).collect(),
    };
    serde_json::to_string(&latest).map_err(|e| Error::Io("(a server)".into(), e.into()))
}
