//! Formats that are text, a line after another: how they begin, and what a report adds.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use usage_store::{Store, StoredReport};

use super::columns::{Columns, Found};
use super::limits::{COLUMNS_MAX, NAMES_LOOKED_AT};
use super::walk::Walk;
use super::{csv, json_line, line_protocol, rows};

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextFormat {
    Jsonl,
    Csv,
    LineProtocol,
}

impl TextFormat {
    /// Whether the names are to be looked for first.
    pub(crate) fn has_columns(self) -> bool {
        self != TextFormat::Jsonl
    }

    /// As HTTP names it.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            TextFormat::Jsonl => "application/x-ndjson",
            TextFormat::Csv => "text/csv; charset=utf-8",
            TextFormat::LineProtocol => "text/plain; charset=utf-8",
        }
    }

    /// What a file of it is called.
    pub(crate) fn file_name(self) -> &'static str {
        match self {
            TextFormat::Jsonl => "reports.jsonl",
            TextFormat::Csv => "reports.csv",
            TextFormat::LineProtocol => "reports.lp",
        }
    }

    /// A writer of it, with the names that were found.
    pub(crate) fn with(self, found: &Found) -> Text {
        match self {
            TextFormat::Jsonl => Text::Jsonl,
            TextFormat::Csv => Text::Csv(found.columns(COLUMNS_MAX)),
            TextFormat::LineProtocol => Text::LineProtocol(found.columns(NAMES_LOOKED_AT)),
        }
    }
}

/// A writer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Text {
    Jsonl,
    Csv(Columns),
    LineProtocol(Columns),
}

impl Text {
    /// What stands before the first report.
    pub(crate) fn head(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Text::Csv(columns) => csv::head(out, columns),
            Text::Jsonl | Text::LineProtocol(_) => Ok(()),
        }
    }

    /// A report.
    pub(crate) fn write(
        &self,
        out: &mut impl Write,
        report: &StoredReport,
        organization: Option<&str>,
    ) -> io::Result<()> {
        match self {
            Text::Jsonl => json_line::write(out, report, organization),
            Text::Csv(columns) => rows(report, organization)
                .iter()
                .try_for_each(|row| csv::write(out, columns, row)),
            Text::LineProtocol(columns) => rows(report, organization)
                .iter()
                .try_for_each(|row| line_protocol::write(out, Some(columns), row)),
        }
    }
}

impl Found {
    /// Looks at the next reports of a walk; whether there may be more.
    pub(crate) fn step(&mut self, store: &Store, walk: &mut Walk) -> usage_store::Result<bool> {
        let Some(reports) = walk.step(store)? else {
            return Ok(false);
        };
        for report in &reports {
            rows(report, None).iter().for_each(|row| self.see(row));
        }
        Ok(true)
    }
}
