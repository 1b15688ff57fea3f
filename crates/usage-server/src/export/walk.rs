//! Which reports are wanted, and the walk through them: in order of acceptance, a bounded step at a time.

use jiff::Timestamp;
use usage_store::registry::OrganizationId;
use usage_store::report::Kind;
use usage_store::{Seq, Store, StoredReport};

/// Which reports; what is `None` may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Which {
    pub(crate) product: Option<String>,
    pub(crate) kind: Option<Kind>,
    pub(crate) organization: Option<OrganizationId>,
    /// The time that a report counts at: from here on.
    pub(crate) from: Option<Timestamp>,
    /// Before this.
    pub(crate) until: Option<Timestamp>,
}

impl Which {
    fn wants(&self, report: &StoredReport) -> bool {
        let at = report.at();
        self.product
            .as_deref()
            .is_none_or(|product| *report.product == *product)
            && self.kind.is_none_or(|kind| report.kind == kind)
            && self
                .organization
                .is_none_or(|id| report.organization == Some(id))
            && self.from.is_none_or(|from| at >= from)
            && self.until.is_none_or(|until| at < until)
    }
}

/// How far a walk is.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    which: Which,
    next: Seq,
    end: Seq,
    done: bool,
}

impl Walk {
    /// Through what was accepted up to now. What comes while it runs is for the next one: it ends.
    pub(crate) fn new(store: &Store, which: Which) -> usage_store::Result<Walk> {
        Ok(Walk::between(which, 0, store.next_seq()?))
    }

    /// From one place to before another.
    pub(crate) fn between(which: Which, next: Seq, end: Seq) -> Walk {
        Walk {
            which,
            next,
            end,
            done: false,
        }
    }

    /// The place to go on from.
    pub(crate) fn next(&self) -> Seq {
        self.next.min(self.end)
    }

    /// Where it ends.
    pub(crate) fn end(&self) -> Seq {
        self.end
    }

    /// The next of the wanted reports, maybe none of a step; `None` at the end.
    pub(crate) fn step(&mut self, store: &Store) -> usage_store::Result<Option<Vec<StoredReport>>> {
        if self.done || self.next >= self.end {
            return Ok(None);
        }
        let mut reports = match self.which.organization {
            // An organization's are found without reading everybody's.
            Some(id) => {
                let (reports, next) = store.fleet_reports_from(id, self.next, self.end)?;
                self.done = next.is_none();
                self.next = next.unwrap_or(self.end);
                reports
            }
            None => {
                let reports = store.reports_from(self.next)?;
                match reports.last() {
                    Some(last) => self.next = last.seq + 1,
                    None => self.done = true,
                }
                reports
            }
        };
        reports.retain(|report| report.seq < self.end && self.which.wants(report));
        Ok(Some(reports))
    }
}
