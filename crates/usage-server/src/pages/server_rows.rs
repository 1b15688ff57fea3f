//! Servers in a list: what stands in a row. Used by the lists of a product's servers, of a cluster's, and of ids.

use jiff::Timestamp;
use usage_store::report::Number;

use super::figures::{Moment, Value};
use super::listing::{By, Kind, STATES};
use crate::api::{Answered, Cell, Row};

/// The list as the API has it.
pub(super) const SERVERS: Kind = Kind {
    question: "servers",
    names: ("server", "servers"),
    searched: "Id, host, version or organization",
    by: &[
        By {
            word: "last_seen",
            name: "Last report",
            descending: true,
        },
        By {
            word: "first_seen",
            name: "First report",
            descending: true,
        },
        By {
            word: "version",
            name: "Version",
            descending: true,
        },
        By {
            word: "host",
            name: "Host",
            descending: false,
        },
        By {
            word: "value",
            name: "A value",
            descending: true,
        },
    ],
    states: STATES,
};

/// A server.
pub(super) struct ServerRow {
    pub(super) id: u64,
    pub(super) cluster_id: String,
    pub(super) server_id: Option<String>,
    pub(super) organization: Option<String>,
    pub(super) host: Option<String>,
    pub(super) version: Option<String>,
    pub(super) first_seen: Option<Moment>,
    pub(super) last_seen: Option<Moment>,
    pub(super) active: bool,
    pub(super) value: Option<Value>,
}

impl ServerRow {
    /// All of an answer.
    pub(super) fn all(answer: &Answered, now: Timestamp) -> Vec<ServerRow> {
        let rows = answer.rows.iter();
        rows.map(|row| ServerRow::new(answer, row, now)).collect()
    }

    fn new(answer: &Answered, row: &Row, now: Timestamp) -> ServerRow {
        let text = |column| answer.text(row, column).map(str::to_owned);
        ServerRow {
            id: answer.count(row, "server").unwrap_or(0),
            cluster_id: text("cluster_id").unwrap_or_default(),
            server_id: text("server_id"),
            organization: text("organization"),
            host: text("host"),
            version: text("version"),
            first_seen: moment(answer.cell(row, "first_seen"), now),
            last_seen: moment(answer.cell(row, "last_seen"), now),
            active: *answer.cell(row, "active") == Cell::Flag(true),
            value: value(answer.cell(row, "value")),
        }
    }
}

/// A time in a row.
pub(super) fn moment(cell: &Cell, now: Timestamp) -> Option<Moment> {
    match cell {
        Cell::Time(at) => Some(Moment::new(*at, now)),
        _ => None,
    }
}

/// A number in a row, exact.
pub(super) fn value(cell: &Cell) -> Option<Value> {
    match *cell {
        Cell::Int(n) => Some(Value(Number::Int(n))),
        Cell::UInt(n) => Some(Value(Number::UInt(n))),
        Cell::Float(n) => Some(Value(Number::Float(n))),
        _ => None,
    }
}
