//! What is kept and what is asked: reports, the registry, roll-ups, queries.
//!
//! A report enters through [`Store::append`], which returns when it is on disk in the
//! journal. The read model follows the journal ([`Store::apply`]); every question is asked
//! of the read model. Nothing here knows HTTP, HTML or a command line.

mod allow;
pub mod backup;
pub mod erasure;
mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod journal;
mod keeping;
mod leb128;
mod model;
pub mod public;
pub mod quarantine;
pub mod query;
pub mod registry;
pub mod report;
mod sqlite;
mod store;
mod time;
mod turns;
pub mod webhook;

pub use allow::{EVERY_NAME, MASKED, Mode, Thing};
pub use error::{Error, Result};
pub use journal::{
    Idempotency, NewReport, Outcome, Repacked, Sender, Seq, StoredReport, TokenProof,
};
pub use model::{NAMES_PER_PRODUCT, TOP_VALUES, Tier};
pub use store::{Opening, Store, Writing};
pub use time::Day;
