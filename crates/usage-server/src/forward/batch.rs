//! Lines on their way: whole reports, one after the other.

use std::ops::Range;

use usage_store::StoredReport;

use super::limits::{POST_BYTES, POST_LINES};
use crate::export::{put_line, rows};

/// The lines of some reports in a row.
#[derive(Default)]
pub(super) struct Batch {
    text: Vec<u8>,
    /// Where each line ends; a text in it may have line breaks. And the place of its report.
    lines: Vec<(usize, u64)>,
    /// How many reports have lines here.
    pub(super) reports: u64,
}

impl Batch {
    /// Adds a report's lines.
    pub(super) fn add(&mut self, report: &StoredReport) {
        // By its id, which stays when it is renamed.
        let organization = report.organization.map(|id| id.0.to_string());
        let before = self.lines.len();
        for row in rows(report, organization.as_deref()) {
            put_line(&mut self.text, &row);
            self.lines.push((self.text.len(), report.seq));
        }
        self.reports += u64::from(self.lines.len() > before);
    }

    /// Whether there is enough for a post: half of the most, so that the last report fits as well.
    pub(super) fn is_full(&self) -> bool {
        self.text.len() >= POST_BYTES / 2 || self.lines.len() >= POST_LINES / 2
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The place of the report that a line is of.
    pub(super) fn place(&self, line: usize) -> u64 {
        self.lines.get(line).map_or(0, |(_, seq)| *seq)
    }

    /// The bytes of some of its lines.
    pub(super) fn text(&self, lines: &Range<usize>) -> &[u8] {
        let end_of = |line: usize| self.lines.get(line).map_or(0, |(end, _)| *end);
        let begin = lines.start.checked_sub(1).map_or(0, end_of);
        let end = lines.end.checked_sub(1).map_or(0, end_of);
        self.text.get(begin..end).unwrap_or_default()
    }

    /// Its lines in pieces that are a post each: one, but for reports that are larger.
    pub(super) fn posts(&self) -> Vec<Range<usize>> {
        let mut posts = Vec::new();
        let mut start = 0;
        for line in 1..=self.lines.len() {
            let next = start..(line + 1).min(self.lines.len());
            let full = line - start >= POST_LINES || self.text(&next).len() > POST_BYTES;
            if full || line == self.lines.len() {
                posts.push(start..line);
                start = line;
            }
        }
        posts
    }
}
