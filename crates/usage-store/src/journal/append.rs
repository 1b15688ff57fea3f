//! Into the journal: a batch in one commit, one fsync. What an answer to a sender depends
//! on (the token, the idempotency key) is decided inside that commit.

use std::borrow::Cow;
use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::block::{Packed, Packer};
use super::keys::Keys;
use super::limits::{BLOCK_MAX_BYTES, COMMIT_ZSTD_LEVEL, SPAN_REPORTS};
use super::listing::Listing;
use super::{NewReport, Outcome, Seq};
use crate::allow::Lists;
use crate::registry::{News, TokenId, news, token_is_valid, version};
use crate::sqlite::sql;
use crate::{Error, Result};

/// The journal's end: where the next report goes.
pub(crate) struct Appender {
    packer: Packer,
    listing: Listing,
    /// The idempotency keys that came.
    pub(crate) keys: Keys,
    /// What may be kept of products' reports.
    pub(crate) lists: Lists,
    /// What replies tell, where it was read anew since somebody took it from here.
    pub(crate) news: Option<News>,
    /// Of the registry, when it was read last.
    news_version: i64,
    next: Seq,
    /// Of the blocks packed since the start.
    packed_bytes: u64,
}

/// What is decided about a report.
#[derive(Clone, Copy)]
struct Decision {
    outcome: Outcome,
    unlisted: bool,
}

impl Appender {
    pub(crate) fn new(db: &Connection) -> Result<Appender> {
        let packer = Packer::new(COMMIT_ZSTD_LEVEL).map_err(packing)?;
        Ok(Appender {
            packer,
            listing: Listing::default(),
            keys: Keys::load(db)?,
            lists: Lists::default(),
            news: None,
            news_version: 0,
            next: next_seq(db)?,
            packed_bytes: 0,
        })
    }

    /// Bytes of all blocks since the start.
    pub(crate) fn packed_bytes(&self) -> u64 {
        self.packed_bytes
    }

    /// Appends a batch; when this returns, what is `Accepted` is on disk.
    pub(crate) fn append(
        &mut self,
        db: &mut Connection,
        reports: &[NewReport],
    ) -> Result<Vec<Outcome>> {
        let appended = self.try_append(db, reports);
        if appended.is_err() {
            self.lists.clear();
            self.listing.clear();
            self.keys.roll_back();
        }
        appended
    }

    fn try_append(&mut self, db: &mut Connection, reports: &[NewReport]) -> Result<Vec<Outcome>> {
        let commit = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut next = self.next;
        let mut registry = None;
        let decisions = reports
            .iter()
            .map(|report| self.decide(&commit, report, &mut next, &mut registry))
            .collect::<Result<Vec<Decision>>>()?;
        self.insert(&commit, reports, &decisions)?;
        self.keys.write(&commit)?;
        commit.commit()?;
        self.keys.committed();
        self.next = next;
        Ok(decisions.iter().map(|decision| decision.outcome).collect())
    }

    /// What becomes of one report, given all before it.
    fn decide(
        &mut self,
        commit: &Transaction<'_>,
        report: &NewReport,
        next: &mut Seq,
        registry: &mut Option<Registry>,
    ) -> Result<Decision> {
        let mut turned_away = turned_away(commit, report, registry)?;
        if let (None, Some(key)) = (turned_away, &report.idempotency) {
            turned_away = self.keys.meet(commit, key, report)?;
        }
        if let Some(outcome) = turned_away {
            return Ok(Decision {
                outcome,
                unlisted: false,
            });
        }
        *next += 1;
        Ok(Decision {
            outcome: Outcome::Accepted(*next - 1),
            unlisted: !self.listing.lists(commit, &report.product)?,
        })
    }

    /// Writes what may be kept of the accepted ones, a new block where a span ends. The lists that are in
    /// force at this commit decide; idempotency keys go by what came.
    fn insert(
        &mut self,
        commit: &Transaction<'_>,
        reports: &[NewReport],
        decisions: &[Decision],
    ) -> Result<()> {
        let version = self.lists.refresh(commit)?;
        if version != self.news_version {
            self.news = Some(news::all(commit)?);
            self.news_version = version;
        }
        let kept: Vec<(&NewReport, Seq, bool, Cow<'_, [u8]>)> = reports
            .iter()
            .zip(decisions)
            .filter_map(|(report, decision)| match decision.outcome {
                Outcome::Accepted(seq) => {
                    let (kind, product) = (report.kind, &report.product);
                    let at = report.received_at;
                    let body = self.lists.treat(kind, product, &report.body, at);
                    Some((report, seq, decision.unlisted, body))
                }
                _ => None,
            })
            .collect();
        self.lists.write(commit)?;
        let accepted: Vec<Packed<'_>> = kept
            .iter()
            .map(|(report, seq, unlisted, body)| packed(report, *seq, *unlisted, body))
            .collect();
        let mut insert = commit.prepare_cached(sql!("journal/insert_block"))?;
        for block in blocks(&accepted) {
            let bytes = self
                .packer
                .pack(block.iter().map(Packed::borrow))
                .map_err(packing)?;
            self.packed_bytes += bytes.len() as u64;
            let (first, last) = (block[0].seq, block[block.len() - 1].seq);
            insert.execute(params![first as i64, last as i64 + 1, bytes])?;
        }
        Ok(())
    }
}

/// Cuts at the ends of spans, and before a block grows too large.
fn blocks<'a, 'b>(mut rest: &'b [Packed<'a>]) -> impl Iterator<Item = &'b [Packed<'a>]> {
    std::iter::from_fn(move || {
        let span = rest.first()?.seq / SPAN_REPORTS;
        let mut bytes = 0;
        let end = rest
            .iter()
            .position(|report| {
                bytes += report.body.len();
                report.seq / SPAN_REPORTS != span || bytes > BLOCK_MAX_BYTES / 2
            })
            .unwrap_or(rest.len())
            .max(1);
        let (block, later) = rest.split_at(end);
        rest = later;
        Some(block)
    })
}

/// Whether a report's token was revoked.
fn turned_away(
    commit: &Transaction<'_>,
    report: &NewReport,
    registry: &mut Option<Registry>,
) -> Result<Option<Outcome>> {
    if let Some(proof) = report.sender.token {
        let registry = match registry {
            Some(registry) => registry,
            None => registry.insert(Registry::at(commit)?),
        };
        if proof.registry_version != registry.version && !registry.valid(commit, proof.token)? {
            return Ok(Some(Outcome::TokenRevoked));
        }
    }
    Ok(None)
}

/// The registry's state within one commit; each token is looked up once.
struct Registry {
    version: i64,
    tokens: HashMap<TokenId, bool>,
}

impl Registry {
    fn at(commit: &Transaction<'_>) -> Result<Registry> {
        Ok(Registry {
            version: version(commit)?,
            tokens: HashMap::new(),
        })
    }

    fn valid(&mut self, commit: &Transaction<'_>, token: TokenId) -> Result<bool> {
        if let Some(valid) = self.tokens.get(&token) {
            return Ok(*valid);
        }
        let valid = token_is_valid(commit, token)?;
        self.tokens.insert(token, valid);
        Ok(valid)
    }
}

/// The place that the next report gets.
pub(crate) fn next_seq(db: &Connection) -> Result<Seq> {
    let next: Option<i64> = db
        .prepare_cached(sql!("journal/next_seq"))?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(next.unwrap_or(0) as Seq)
}

/// The place of the oldest report that is kept, or of one that stood before it.
pub(crate) fn first_seq(db: &Connection) -> Result<Seq> {
    let first: Option<i64> = db
        .prepare_cached(sql!("fleet/first_place"))?
        .query_row([], |row| row.get(0))?;
    Ok(first.unwrap_or(0) as Seq)
}

fn packed<'a>(report: &'a NewReport, seq: Seq, unlisted: bool, body: &'a [u8]) -> Packed<'a> {
    Packed {
        seq,
        kind: report.kind,
        product: &report.product,
        organization: report.sender.organization,
        received_at: report.received_at,
        reported_at: report.reported_at,
        idempotency_key: report.idempotency.and_then(|idempotency| idempotency.key),
        install_key: report.install_key,
        unlisted,
        body,
    }
}

/// Compressing into memory fails only where memory does.
pub(super) fn packing(e: std::io::Error) -> Error {
    Error::Io("(packing a journal block)".into(), e)
}
