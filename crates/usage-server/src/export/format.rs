//! The formats of which an answer has one, a piece after another. All but Parquet are text (`text.rs`);
//! Parquet is one file here, where the command writes a folder.

use std::io;

use usage_store::StoredReport;

use super::columns::Found;
use super::limits::{COLUMNS_MAX, SENT_GROUP_MAX_BYTES};
use super::parquet::Table;
use super::row::rows;
use super::text::{Text, TextFormat};

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text(TextFormat),
    Parquet,
}

impl Format {
    /// Whether the names are to be looked for first.
    pub(super) fn has_columns(self) -> bool {
        match self {
            Format::Text(format) => format.has_columns(),
            Format::Parquet => true,
        }
    }

    /// As HTTP names it.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Format::Text(format) => format.content_type(),
            Format::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// What a file of it is called.
    pub(super) fn file_name(self) -> &'static str {
        match self {
            Format::Text(format) => format.file_name(),
            Format::Parquet => "reports.parquet",
        }
    }

    /// Begins one with the names that were found.
    pub(super) fn begin(self, found: &Found, out: &mut Vec<u8>) -> io::Result<Writing> {
        Ok(match self {
            Format::Text(format) => {
                let text = format.with(found);
                text.head(out)?;
                Writing::Text(text)
            }
            Format::Parquet => {
                let columns = found.columns(COLUMNS_MAX);
                let table = Table::begin(Vec::new(), columns, SENT_GROUP_MAX_BYTES)?;
                Writing::Table(Box::new(table))
            }
        })
    }
}

/// What is being written.
pub(super) enum Writing {
    Text(Text),
    Table(Box<Table<Vec<u8>>>),
}

impl Writing {
    /// A report. What `out` gets of it may come with a later one.
    pub(super) fn write(
        &mut self,
        out: &mut Vec<u8>,
        report: &StoredReport,
        organization: Option<&str>,
    ) -> io::Result<()> {
        match self {
            Writing::Text(text) => text.write(out, report, organization),
            Writing::Table(table) => {
                for row in rows(report, organization) {
                    table.add(&row)?;
                }
                table.take(out)
            }
        }
    }

    /// What is still missing.
    pub(super) fn end(self, out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Writing::Text(_) => Ok(()),
            Writing::Table(table) => {
                out.append(&mut table.finish()?);
                Ok(())
            }
        }
    }
}
