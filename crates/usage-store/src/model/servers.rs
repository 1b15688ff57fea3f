//! Servers: what is known of each, from the latest report that said it, and the spans of
//! the journal its reports are in.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use roaring::RoaringBitmap;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::cells::bitmap;
use crate::journal::{SPAN_REPORTS, Seq};
use crate::query::ServerId;
use crate::report::{Number, Observation};
use crate::sqlite::sql;
use crate::{Error, Result};

/// What a server's latest usage observation said; kept as JSON, keys sorted.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Latest {
    pub(crate) dimensions: Vec<(String, String)>,
    pub(crate) values: Vec<(String, serde_json::Number)>,
}

/// When a report says something, in milliseconds, and where it is in the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) at: i64,
    pub(crate) seq: Seq,
    /// Whether it is of a day before the one it was received on.
    pub(crate) late: bool,
    pub(crate) usage: bool,
}

#[derive(Default)]
struct State {
    first_seen: Option<i64>,
    last_seen: Option<i64>,
    host: Option<String>,
    host_at: Option<i64>,
    version: Option<String>,
    version_at: Option<i64>,
    usage: Option<String>,
    usage_at: Option<i64>,
    spans: RoaringBitmap,
}

/// The servers that a chunk touches.
#[derive(Default)]
pub(crate) struct Servers(HashMap<ServerId, State>);

impl Servers {
    /// One observation of a server. Of two at the same time, the later in the journal wins.
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
        let at = seen.at;
        if !seen.late {
            state.first_seen = Some(state.first_seen.map_or(at, |first| first.min(at)));
        }
        state.last_seen = state.last_seen.max(Some(at));
        state.spans.insert((seen.seq / SPAN_REPORTS) as u32);
        if let Some(host) = &observation.host
            && state.host_at <= Some(at)
        {
            (state.host, state.host_at) = (Some(host.to_string()), Some(at));
        }
        if let Some(version) = &observation.version
            && state.version_at <= Some(at)
        {
            (state.version, state.version_at) = (Some(version.to_string()), Some(at));
        }
        if seen.usage && state.usage_at <= Some(at) {
            (state.usage, state.usage_at) = (Some(latest(observation)?), Some(at));
        }
        Ok(())
    }

    /// Writes the servers, in the order of the table.
    pub(crate) fn save(self, db: &Connection) -> Result<()> {
        let mut servers: Vec<(ServerId, State)> = self.0.into_iter().collect();
        servers.sort_unstable_by_key(|(id, _)| *id);
        for (id, state) in servers {
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
                ])?;
        }
        Ok(())
    }
}

/// A server as before its first report.
pub(super) fn reset(db: &Connection, id: ServerId) -> Result<()> {
    Servers(HashMap::from([(id, State::default())])).save(db)
}

fn read(db: &Connection, id: ServerId) -> Result<State> {
    db.prepare_cached(sql!("model/server_state"))?
        .query_row([id.0], |row| {
            let spans = match row.get_ref(8)? {
                rusqlite::types::ValueRef::Null => Ok(RoaringBitmap::new()),
                column => bitmap(column),
            };
            let state = State {
                first_seen: row.get(0)?,
                last_seen: row.get(1)?,
                host: row.get(2)?,
                host_at: row.get(3)?,
                version: row.get(4)?,
                version_at: row.get(5)?,
                usage: row.get(6)?,
                usage_at: row.get(7)?,
                spans: RoaringBitmap::new(),
            };
            Ok(spans.map(|spans| State { spans, ..state }))
        })?
}

fn latest(observation: &Observation<'_>) -> Result<String> {
    let number = |number: &Number| match *number {
        Number::Int(n) => n.into(),
        Number::UInt(n) => n.into(),
        Number::Float(n) => serde_json::Number::from_f64(n).unwrap_or_else(|| 0.into()),
    };
    let dimensions = observation.dimensions.iter();
    let values = observation.values.iter();
    let latest = Latest {
        dimensions: dimensions
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect(),
        values: values
            .map(|(key, value)| (key.to_string(), number(value)))
            .collect(),
    };
    serde_json::to_string(&latest).map_err(|e| Error::Io("(a server)".into(), e.into()))
}
