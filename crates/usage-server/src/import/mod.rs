//! Reports out of files: from machines without a network, and from other servers. They go the way
//! of every report (decoded, checked, appended in commits), with the time that the file says, and
//! by their keys count once however often the file is imported.

mod format;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod lines;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use usage_store::quarantine::Refused;
use usage_store::registry::OrganizationId;
use usage_store::report::{FieldErrors, Kind, decode, quoted};
use usage_store::{Error, Idempotency, NewReport, Outcome, Sender, Store};

use self::format::Record;
use self::lines::{Lines, TooLong};
use crate::ingest;
use crate::limits::{
    IMPORT_BATCH_MAX_BYTES, IMPORT_BATCH_MAX_REPORTS, IMPORT_LINE_MAX_BYTES,
    QUARANTINE_BODY_MAX_BYTES,
};

/// Under whose name the reports of a file count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribution {
    /// Nobody's. Lines that name an organization are refused: whoever wrote them is not asked.
    Nobody,
    /// One organization's, whatever the lines say.
    Organization(OrganizationId),
    /// As the lines say: an export of one's own.
    AsWritten,
}

/// What became of the lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Reports that count now.
    pub(crate) taken: u64,
    /// Reports that were here before.
    pub(crate) repeated: u64,
    /// Lines that are no report.
    pub(crate) refused: u64,
}

/// A line that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Its number in the file, from 1 on.
    pub(crate) line: u64,
    /// What is wrong with it.
    pub(crate) why: String,
}

/// An import under way.
pub(crate) struct Importer {
    store: Arc<Store>,
    attribution: Attribution,
    /// Who imports, for the audit log.
    actor: String,
    now: Timestamp,
    lines: Lines,
    organizations: HashMap<String, OrganizationId>,
    batch: Vec<NewReport>,
    /// The number of the line of each report in the batch.
    batch_lines: Vec<u64>,
    batch_bytes: usize,
    quarantine: Vec<Refused>,
    refusals: Vec<Refusal>,
    tally: Tally,
}

impl Importer {
    pub(crate) fn new(
        store: Arc<Store>,
        attribution: Attribution,
        actor: String,
        now: Timestamp,
    ) -> Importer {
        Importer {
            store,
            attribution,
            actor,
            now,
            lines: Lines::default(),
            organizations: HashMap::new(),
            batch: Vec::new(),
            batch_lines: Vec::new(),
            batch_bytes: 0,
            quarantine: Vec::new(),
            refusals: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Takes the next piece of the file. What was refused since is in [`Importer::refusals`].
    pub(crate) fn take(&mut self, piece: &[u8]) -> usage_store::Result<()> {
        let mut lines = std::mem::take(&mut self.lines);
        let taken = lines.take(piece, |number, line| self.line(number, line));
        self.lines = lines;
        taken
    }

    /// The file is over; all that it had is on disk when this returns. Another may follow.
    pub(crate) fn end_of_file(&mut self) -> usage_store::Result<()> {
        std::mem::take(&mut self.lines).over(|number, line| self.line(number, line))?;
        self.commit()?;
        let Tally { taken, refused, .. } = self.tally;
        let what = format!("{taken} reports taken, {refused} lines refused so far");
        self.store.note(&self.actor, "import", &what, self.now)
    }

    /// The lines that were refused since this was last asked.
    pub(crate) fn refusals(&mut self) -> Vec<Refusal> {
        std::mem::take(&mut self.refusals)
    }

    /// So far.
    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    fn line(&mut self, number: u64, line: Result<&[u8], TooLong<'_>>) -> usage_store::Result<()> {
        let line = match line {
            Ok(line) => line.trim_ascii(),
            Err(TooLong(beginning)) => {
                let why =
                    format!("is longer than {IMPORT_LINE_MAX_BYTES} bytes, the most that is taken");
                self.refuse(number, None, beginning, &FieldErrors::one("line", why));
                return Ok(());
            }
        };
        if line.is_empty() {
            return Ok(());
        }
        match Record::read(line, self.now) {
            Err(errors) => self.refuse(number, None, line, &errors),
            Ok(record) => match self.organization(&record)? {
                Err(errors) => self.refuse(number, Some(&record), &record.body, &errors),
                Ok(organization) => self.record(number, record, organization),
            },
        }
        if self.batch.len() >= IMPORT_BATCH_MAX_REPORTS
            || self.batch_bytes >= IMPORT_BATCH_MAX_BYTES
            || self.quarantine.len() >= IMPORT_BATCH_MAX_REPORTS
        {
            self.commit()?;
        }
        Ok(())
    }

    /// The organization that a record counts for.
    fn organization(
        &mut self,
        record: &Record,
    ) -> usage_store::Result<Result<Option<OrganizationId>, FieldErrors>> {
        let named = record.organization.as_deref().map(str::trim);
        let named = named.filter(|name| !name.is_empty());
        match (self.attribution, named) {
            (Attribution::Organization(id), _) => Ok(Ok(Some(id))),
            (_, None) => Ok(Ok(None)),
            (Attribution::Nobody, Some(name)) => Ok(Err(FieldErrors::one(
                "organization",
                format!(
                    "the line names {}: say whether organizations are to be kept, or which one it counts for",
                    quoted(name)
                ),
            ))),
            (Attribution::AsWritten, Some(name)) => {
                if let Some(id) = self.organizations.get(name) {
                    return Ok(Ok(Some(*id)));
                }
                let id = match self.store.organization(name, self.now) {
                    Err(Error::SelfRegistered(_)) => {
                        return Ok(Err(FieldErrors::one(
                            "organization",
                            format!(
                                "{} registered itself here, so its name alone proves nothing: say which organization the file counts for",
                                quoted(name)
                            ),
                        )));
                    }
                    found => found?,
                };
                self.organizations.insert(name.to_owned(), id);
                Ok(Ok(Some(id)))
            }
        }
    }

    /// What ingest makes of a request, made of a record.
    fn record(&mut self, number: u64, record: Record, organization: Option<OrganizationId>) {
        let (product, digest) = match decode(record.kind, &record.body) {
            Err(errors) => {
                return self.refuse(number, Some(&record), &record.body, &errors);
            }
            Ok(decoded) => {
                let product = match &decoded.product {
                    Some(in_body) => Arc::from(in_body.as_ref()),
                    None => Arc::clone(&record.product),
                };
                let named = &decoded.observations;
                let key = record.key.unwrap_or_else(|| digest(&record));
                let digest = ingest::key_digest(key, organization, record.kind, &product, named);
                (product, digest)
            }
        };
        self.batch_bytes += record.body.len();
        self.batch_lines.push(number);
        self.batch.push(NewReport {
            kind: record.kind,
            product,
            sender: Sender {
                organization,
                token: None,
            },
            received_at: record.received_at,
            reported_at: record.reported_at,
            idempotency: Some(Idempotency {
                key: record.key,
                digest,
                came_at: self.now,
            }),
            install_key: None,
            body: record.body,
        });
    }

    fn commit(&mut self) -> usage_store::Result<()> {
        let batch = std::mem::take(&mut self.batch);
        let numbers = std::mem::take(&mut self.batch_lines);
        self.batch_bytes = 0;
        if !batch.is_empty() {
            let outcomes = self.store.append(&batch)?;
            for ((report, number), outcome) in batch.iter().zip(numbers).zip(outcomes) {
                match outcome {
                    Outcome::Accepted(_) => self.tally.taken += 1,
                    Outcome::Repeated => self.tally.repeated += 1,
                    // There is no token; it would be the sender's fault all the same.
                    Outcome::KeyReused | Outcome::TokenRevoked => {
                        let why = "came before with another body; a new report needs a new key";
                        let errors = FieldErrors::one("idempotency_key", why);
                        let product = Some(report.product.to_string());
                        self.tell(number, report.kind, product, &report.body, &errors);
                    }
                }
            }
        }
        if !self.quarantine.is_empty() {
            self.store
                .quarantine(&std::mem::take(&mut self.quarantine))?;
        }
        Ok(())
    }

    fn refuse(&mut self, number: u64, read: Option<&Record>, body: &[u8], errors: &FieldErrors) {
        let kind = read.map_or(Kind::Usage, |record| record.kind);
        let product = read.map(|record| record.product.to_string());
        self.tell(number, kind, product, body, errors);
    }

    /// Tells whoever imports, and keeps it for operators.
    fn tell(
        &mut self,
        line: u64,
        kind: Kind,
        product: Option<String>,
        body: &[u8],
        errors: &FieldErrors,
    ) {
        self.tally.refused += 1;
        self.refusals.push(Refusal {
            line,
            why: errors.to_string(),
        });
        self.quarantine.push(Refused {
            at: self.now,
            kind,
            product,
            errors: serde_json::json!(errors.0).to_string(),
            body: body[..body.len().min(QUARANTINE_BODY_MAX_BYTES)].to_vec(),
            body_bytes: body.len() as u64,
        });
    }
}

/// Stands for the key of a record without one: the same record again has the same.
fn digest(record: &Record) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(b"usage import\0");
    for part in [record.kind.name(), &record.product] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.update(record.received_at.as_millisecond().to_le_bytes());
    let made = record
        .reported_at
        .map_or(i64::MIN, |at| at.as_millisecond());
    hash.update(made.to_le_bytes());
    hash.update(&record.body);
    let mut half = [0; 16];
    half.copy_from_slice(&hash.finalize()[..16]);
    half
}
