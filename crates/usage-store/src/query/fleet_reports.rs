//! An organization's own reports: searched from the newest on, a bounded look at a time; one of them;
//! and all of them in order, for a download.

use jiff::Timestamp;
use rusqlite::Connection;

use super::fleet_spans::Spans;
use crate::Result;
use crate::journal::{SPAN_REPORTS, Seq, StoredReport, walk};
use crate::registry::OrganizationId;
use crate::report::{Kind, decode};

/// Spans looked through for one page: some 65,000 reports, a few tenths of a second.
const SPANS_LOOKED_THROUGH: usize = 64;

/// Bytes of own bodies looked through for one page.
const BYTES_LOOKED_THROUGH: usize = 64 * 1024 * 1024;

/// Spans read for one step of a download.
const SPANS_A_STEP: usize = 32;

/// Bytes of own bodies at which a step of a download ends: it is in memory until it is sent.
const STEP_BYTES: usize = 1024 * 1024;

/// What is looked for; what is `None` may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The product, exactly.
    pub product: Option<String>,
    /// Which of the three.
    pub kind: Option<Kind>,
    /// The cluster that it names, exactly.
    pub cluster_id: Option<String>,
    /// The server that it names, exactly.
    pub server_id: Option<String>,
    /// A part of the body, in capitals or not.
    pub text: Option<String>,
}

/// What was found, and how far the search looked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The newest first.
    pub reports: Vec<StoredReport>,
    /// How many of the organization's reports were looked at.
    pub looked_at: u64,
    /// When the oldest of these was received.
    pub back_to: Option<Timestamp>,
    /// Where to go on; `None` where the search came to the beginning.
    pub go_on: Option<Seq>,
}

/// Looks from below `before` for up to `limit` reports.
pub(crate) fn search(
    db: &Connection,
    organization: OrganizationId,
    wanted: &Wanted,
    before: Option<Seq>,
    limit: usize,
) -> Result<Found> {
    let spans = Spans::new(db, organization)?;
    let mut before = before.unwrap_or(i64::MAX as Seq);
    let mut found = Found::default();
    let mut bytes = 0;
    let mut below = before.div_ceil(SPAN_REPORTS);
    for _ in 0..SPANS_LOOKED_THROUGH {
        let Some(span) = spans.down(below)? else {
            return Ok(found);
        };
        below = span;
        let begin = span * SPAN_REPORTS;
        before = before.min(begin + SPAN_REPORTS);
        while before > begin {
            let block = walk::backwards(db, before)?;
            let Some(oldest) = block.last() else {
                return Ok(found);
            };
            let next = oldest.seq;
            for report in block {
                if report.seq < begin || report.organization != Some(organization) {
                    continue;
                }
                bytes += report.body.len();
                found.looked_at += 1;
                found.back_to = Some(report.received_at);
                if !wanted.fits(&report) {
                    continue;
                }
                let seq = report.seq;
                found.reports.push(report);
                if found.reports.len() == limit {
                    found.go_on = Some(seq);
                    return Ok(found);
                }
            }
            before = next.max(begin);
            if bytes > BYTES_LOOKED_THROUGH {
                found.go_on = Some(before);
                return Ok(found);
            }
        }
    }
    found.go_on = spans.down(below)?.map(|_| before);
    Ok(found)
}

/// The organization's report at a place.
pub(crate) fn one(
    db: &Connection,
    organization: OrganizationId,
    seq: Seq,
) -> Result<Option<StoredReport>> {
    let block = walk::backwards(db, seq.saturating_add(1))?;
    let at_place = |report: &StoredReport| report.seq == seq;
    let found = block.into_iter().find(at_place);
    Ok(found.filter(|report| report.organization == Some(organization)))
}

/// The next reports of the organization in order, from place `from` on and before `end`; and the place
/// to go on from, `None` at the end.
pub(crate) fn from(
    db: &Connection,
    organization: OrganizationId,
    from: Seq,
    end: Seq,
) -> Result<(Vec<StoredReport>, Option<Seq>)> {
    let spans = Spans::new(db, organization)?;
    let (mut reports, mut bytes) = (Vec::new(), 0);
    let mut next = from;
    for _ in 0..SPANS_A_STEP {
        let Some(span) = spans.up(next / SPAN_REPORTS)? else {
            return Ok((reports, None));
        };
        let span_end = (span + 1) * SPAN_REPORTS;
        next = next.max(span * SPAN_REPORTS);
        while next < span_end.min(end) {
            let stretch = walk::forwards(db, next, 1)?;
            if stretch.next == next {
                return Ok((reports, None));
            }
            next = stretch.next;
            let own = stretch
                .reports
                .into_iter()
                .filter(|report| report.seq < end && report.organization == Some(organization));
            for report in own {
                bytes += report.body.len();
                reports.push(report);
            }
            if bytes >= STEP_BYTES {
                return Ok((reports, Some(next).filter(|next| *next < end)));
            }
        }
        if next >= end {
            return Ok((reports, None));
        }
    }
    Ok((reports, Some(next)))
}

impl Wanted {
    fn fits(&self, report: &StoredReport) -> bool {
        let named = |wanted: &Option<String>| {
            let wanted = wanted.as_deref();
            wanted.is_none_or(|id| may_name(&report.body, id))
        };
        self.product
            .as_deref()
            .is_none_or(|name| *report.product == *name)
            && self.kind.is_none_or(|kind| report.kind == kind)
            && self
                .text
                .as_deref()
                .is_none_or(|text| contains(&report.body, text.as_bytes()))
            && named(&self.cluster_id)
            && named(&self.server_id)
            && self.names(report)
    }

    /// Whether one of its elements names the ids.
    fn names(&self, report: &StoredReport) -> bool {
        if self.cluster_id.is_none() && self.server_id.is_none() {
            return true;
        }
        let alike = |wanted: &Option<String>, said: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| said == Some(wanted))
        };
        decode(report.kind, &report.body).is_ok_and(|decoded| {
            decoded.observations.iter().any(|seen| {
                alike(&self.cluster_id, seen.cluster_id.as_deref())
                    && alike(&self.server_id, seen.server_id.as_deref())
            })
        })
    }
}

/// Whether a body may name an id, at a glance: an id stands in it as it is, or with escapes.
fn may_name(body: &[u8], id: &str) -> bool {
    body.contains(&b'\\') || contains(body, id.as_bytes())
}

/// Whether a text is part of another, in capitals or not (ASCII).
pub(crate) fn contains(text: &[u8], part: &[u8]) -> bool {
    let Some((first, rest)) = part.split_first() else {
        return true;
    };
    let mut left = text;
    while let Some(at) = left
        .iter()
        .position(|byte| byte.eq_ignore_ascii_case(first))
    {
        left = &left[at + 1..];
        if left.len() < rest.len() {
            return false;
        }
        if left[..rest.len()].eq_ignore_ascii_case(rest) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_in_capitals_or_not() {
        for (text, part, there) in [
            ("Kapacitor", "cit", true),
            ("Kapacitor", "KAPA", true),
            ("Kapacitor", "tor", true),
            ("Kapacitor", "torr", false),
            ("aab", "ab", true),
            ("", "a", false),
            ("a", "", true),
        ] {
            assert_eq!(contains(text.as_bytes(), part.as_bytes()), there, "{part}");
        }
    }
}
