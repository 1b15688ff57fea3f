//! Reports out of the house: which ones, and how they are written. The command, the API and the pages
//! share it. Everything is read in small steps, and no more is held than a step and a row group.
//!
//! | format | what is one line | |
//! | --- | --- | --- |
//! | JSON lines | a report, with its body as it came | `json_line.rs` |
//! | CSV | an observation, a column for each name | `csv.rs` |
//! | line protocol | an observation | `line_protocol.rs` |
//! | Parquet | an observation; of a folder a file for each product and day | `parquet/` |

mod columns;
mod csv;
mod described;
mod door;
mod download;
mod format;
mod json_line;
mod limits;
mod line_protocol;
mod organizations;
mod parquet;
mod row;
mod text;
mod unfinished;
mod walk;
mod when;

pub(crate) use self::columns::Found;
pub(crate) use self::csv::cell as csv_cell;
pub(crate) use self::described::operations;
pub(crate) use self::door::{reports, turnstile};
pub(crate) use self::download::download;
pub(crate) use self::format::Format;
pub(crate) use self::line_protocol::put as put_line;
pub(crate) use self::organizations::Organizations;
pub(crate) use self::parquet::Parquet;
pub(crate) use self::row::rows;
pub(crate) use self::text::{Text, TextFormat};
pub(crate) use self::unfinished::Unfinished;
pub(crate) use self::walk::{Walk, Which};
pub(crate) use self::when::window;
