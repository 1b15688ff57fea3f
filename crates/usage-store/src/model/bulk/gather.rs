//! Reports into batches: bodies are read, texts become numbers. Asks no database, so it is done beside the
//! step that takes the batch before in.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::Begin;
use super::batch::{Batch, DayOf, NewServer, NumberKind, Said, Seen, Shape};
use crate::journal::walk::Stretch;
use crate::journal::{SPAN_REPORTS, StoredReport};
use crate::model::applied::Mark;
use crate::model::counters::only_grows;
use crate::model::limits::{BULK_BYTES, SERVERS_MET};
use crate::report::{Kind, Observation, decode};
use crate::sqlite::millis;
use crate::{Day, model};

/// What was met so far, and the batch that is being made.
pub(super) struct Gatherer {
    begin: Begin,
    at_once: usize,
    products: HashMap<Arc<str>, u32>,
    servers: Servers,
    batch: Batch,
    /// Of the batch: texts and lists of keys by their bytes, days.
    said: HashMap<Box<[u8]>, u32>,
    shapes: HashMap<Box<[u8]>, u32>,
    days: HashMap<(u32, Day), u32>,
    last_day: Option<((u32, Day), u32)>,
    /// Bytes of its texts and bodies.
    bytes: usize,
    key: Vec<u8>,
}

impl Gatherer {
    /// Batches of about so many observations.
    pub(super) fn new(begin: Begin, at_once: usize) -> Gatherer {
        Gatherer {
            begin,
            at_once,
            products: HashMap::new(),
            servers: Servers::default(),
            batch: Batch::new(begin.mark),
            said: HashMap::new(),
            shapes: HashMap::new(),
            days: HashMap::new(),
            last_day: None,
            bytes: 0,
            key: Vec::new(),
        }
    }

    /// Whether the batch has enough.
    pub(super) fn is_full(&self) -> bool {
        self.batch.seen.len() >= self.at_once || self.bytes >= BULK_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.batch.to == self.batch.from
    }

    /// The batch; the next one goes on behind it.
    pub(super) fn finish(&mut self) -> Batch {
        let mut next = Batch::new(self.batch.to);
        if self.servers.ids.len() >= SERVERS_MET {
            self.servers.ids.clear();
            next.forgets_servers = true;
        }
        self.said.clear();
        self.shapes.clear();
        self.days.clear();
        self.last_day = None;
        self.bytes = 0;
        self.batch.spans.sort_unstable();
        self.batch.spans.dedup();
        std::mem::replace(&mut self.batch, next)
    }

    /// Takes reports of a stretch until the batch is full; how many of them it has then.
    pub(super) fn take(&mut self, stretch: &Stretch, from: usize) -> usize {
        for (at, report) in stretch.reports.iter().enumerate().skip(from) {
            if self.is_full() {
                return at;
            }
            if report.seq >= self.batch.to.seq {
                self.report(report);
                self.batch.to = place(report.seq + 1);
            }
        }
        self.batch.to = self.batch.to.max(place(stretch.next));
        stretch.reports.len()
    }

    fn report(&mut self, report: &StoredReport) {
        let batch = &mut self.batch;
        batch.received_at = batch.received_at.max(Some(report.received_at));
        if let Some(organization) = report.organization {
            let span = report.seq / SPAN_REPORTS;
            batch.spans.push((organization, span));
        }
        if report.unlisted {
            return;
        }
        let from = match report.seq == batch.to.seq {
            true => batch.to.element,
            false => 0,
        };
        let (product, day) = (self.product(&report.product), report.day());
        let kept = self.begin.kept;
        if from == 0 && !kept.is_some_and(|kept| kept.has_counted(report)) {
            let key = (product, day, report.kind.code());
            model::chunk::count(&mut self.batch.reports, key, report);
        }
        // What is not right any more says nothing of a server, as in `chunk`.
        let decoded = decode(report.kind, &report.body).unwrap_or_default();
        if decoded
            .observations
            .iter()
            .all(|of| of.cluster_id.is_none())
        {
            return;
        }
        let day_of = self.day(product, day);
        let at = millis(report.at()) - self.batch.days[day_of as usize].start;
        for (element, observation) in decoded.observations.iter().enumerate().skip(from) {
            let Some(cluster_id) = &observation.cluster_id else {
                continue;
            };
            let server_id = observation.server_id.as_deref().unwrap_or("");
            let place = Mark {
                seq: report.seq,
                element,
            };
            let mut seen = Seen {
                server: self.server(product, report, cluster_id, server_id),
                day: day_of,
                // A day has fewer.
                millis: at as u32,
                // 2^32 spans are more than a disk has room for.
                span: (report.seq / SPAN_REPORTS) as u32,
                said: self.said(product, report.kind, observation),
                shape: 0,
                numbers: 0,
                kind: report.kind,
                late: day < Day::of(report.received_at),
                known: kept.is_some_and(|kept| place < kept.known),
            };
            match report.kind {
                Kind::Usage => (seen.shape, seen.numbers) = self.numbers(product, observation),
                Kind::Stats => {
                    seen.shape = self.batch.stats.len() as u32;
                    self.bytes += report.body.len();
                    self.batch.stats.push(report.body.clone());
                }
                Kind::Servers => {}
            }
            self.batch.seen.push(seen);
        }
    }

    fn product(&mut self, name: &Arc<str>) -> u32 {
        if let Some(known) = self.products.get(name) {
            return *known;
        }
        let new = self.products.len() as u32;
        self.products.insert(Arc::clone(name), new);
        self.batch.new_products.push(Arc::clone(name));
        new
    }

    fn day(&mut self, product: u32, day: Day) -> u32 {
        let key = (product, day);
        if let Some((last, at)) = self.last_day
            && last == key
        {
            return at;
        }
        let days = &mut self.batch.days;
        let at = *self.days.entry(key).or_insert_with(|| {
            days.push(DayOf::new(product, day));
            days.len() as u32 - 1
        });
        self.last_day = Some((key, at));
        at
    }

    fn server(
        &mut self,
        product: u32,
        report: &StoredReport,
        cluster_id: &str,
        server_id: &str,
    ) -> u32 {
        let organization = report.organization.map_or(0, |id| id.0);
        let digest = self
            .servers
            .digest(&(product, organization, cluster_id, server_id));
        let next = self.servers.ids.len() as u32;
        match self.servers.ids.entry(digest) {
            Entry::Occupied(known) => return *known.get(),
            Entry::Vacant(new) => new.insert(next),
        };
        self.bytes += cluster_id.len() + server_id.len();
        self.batch.new_servers.push(NewServer {
            product,
            organization,
            cluster_id: cluster_id.into(),
            server_id: server_id.into(),
        });
        next
    }

    fn said(&mut self, product: u32, kind: Kind, observation: &Observation<'_>) -> u32 {
        let key = &mut self.key;
        key.clear();
        key.extend(product.to_le_bytes());
        key.push(kind.code());
        if kind == Kind::Servers {
            for text in [&observation.host, &observation.version] {
                put(key, text.as_deref().unwrap_or("\0"));
            }
        }
        for (name, value) in &observation.dimensions {
            put(key, name);
            put(key, value);
        }
        if let Some(known) = self.said.get(&key[..]) {
            return *known;
        }
        self.bytes += 4 * key.len();
        let new = self.batch.said.len() as u32;
        self.said.insert(key[..].into(), new);
        let text = |text: &str| text.into();
        let dimensions = observation.dimensions.iter();
        self.batch.said.push(Said {
            product,
            host: observation.host.as_deref().map(text),
            version: observation.version.as_deref().map(text),
            dimensions: dimensions.map(|(k, v)| (text(k), text(v))).collect(),
        });
        new
    }

    fn numbers(&mut self, product: u32, observation: &Observation<'_>) -> (u32, u32) {
        let begin = self.batch.numbers.len() as u32;
        let key = &mut self.key;
        key.clear();
        key.extend(product.to_le_bytes());
        for (name, number) in &observation.values {
            let (kind, bits) = NumberKind::of(*number);
            key.push(kind as u8);
            put(key, name);
            self.batch.numbers.push(bits);
        }
        if let Some(known) = self.shapes.get(&key[..]) {
            return (*known, begin);
        }
        self.bytes += 4 * key.len();
        let new = self.batch.shapes.len() as u32;
        self.shapes.insert(key[..].into(), new);
        let values = observation.values.iter();
        let growing = values.clone().enumerate();
        let growing = growing.filter(|(_, (name, _))| only_grows(name));
        let keys = values.map(|(name, number)| ((**name).into(), NumberKind::of(*number).0));
        self.batch.shapes.push(Shape {
            growing: growing.map(|(at, _)| at).collect(),
            keys: keys.collect(),
        });
        (new, begin)
    }
}

fn place(seq: u64) -> Mark {
    Mark { seq, element: 0 }
}

fn put(key: &mut Vec<u8>, text: &str) {
    key.extend((text.len() as u32).to_le_bytes());
    key.extend_from_slice(text.as_bytes());
}

/// The numbers of servers, by 128 bits of two keyed digests of what names them: of a million servers the texts
/// would take ten times the room. That two have the same is not to be expected in the lifetime of the sun.
#[derive(Default)]
struct Servers {
    keys: [RandomState; 2],
    ids: HashMap<[u64; 2], u32, BuildHasherDefault<Digested>>,
}

impl Servers {
    fn digest(&self, names: &(u32, i64, &str, &str)) -> [u64; 2] {
        [self.keys[0].hash_one(names), self.keys[1].hash_one(names)]
    }
}

/// Takes a digest for its own hash.
#[derive(Default)]
struct Digested(u64);

impl Hasher for Digested {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 ^= u64::from_le_bytes(*first);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
