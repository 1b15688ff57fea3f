//! SQLite: how it is opened and set, how the schema grows, how times and ids become
//! columns. The only place that knows settings; queries live in `sql/sqlite/`.

mod connection;
mod readers;
mod schema;
mod settle;

pub(crate) use connection::{
    BULK_CACHE_KIB, CACHE_KIB, MODEL_FILE, attach, checkpoint, checkpointer, empty_wal, open_model,
    open_reader, open_writer, set_cache, touch,
};
pub(crate) use readers::Readers;
pub(crate) use schema::{APPLICATION_ID, JOURNAL, MODEL, Versions, found, migrate, newest};
pub(crate) use settle::settle;

use jiff::Timestamp;

/// The text of a query in `sql/sqlite/`, by its path without the ending.
macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/sql/sqlite/",
            $name,
            ".sql"
        ))
    };
}
pub(crate) use sql;

/// A time column: milliseconds.
pub(crate) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A time from a column; the nearest representable one if the column is nonsense.
pub(crate) fn timestamp(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}
