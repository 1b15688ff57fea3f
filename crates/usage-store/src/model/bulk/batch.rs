//! Some hundred thousand observations as numbers, in the order of the journal: what a step of a rebuild
//! takes in. Texts stand in it once; a server's stand in the first batch that has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::Day;
use crate::journal::Seq;
use crate::model::applied::Mark;
use crate::model::chunk::Counted;
use crate::registry::OrganizationId;
use crate::report::{Kind, Number};
use crate::sqlite::millis;

/// One observation.
pub(super) struct Seen {
    /// Which server, of all that were met.
    pub(super) server: u32,
    /// Which of the batch's days, and when on it, in milliseconds.
    pub(super) day: u32,
    pub(super) millis: u32,
    pub(super) span: u32,
    /// Which of the batch's texts.
    pub(super) said: u32,
    /// Of usage: which of the batch's lists of keys. Of stats: which of its bodies.
    pub(super) shape: u32,
    /// Of usage: where its numbers begin.
    pub(super) numbers: u32,
    pub(super) kind: Kind,
    pub(super) late: bool,
    pub(super) known: bool,
}

/// A day of a product.
pub(super) struct DayOf {
    /// Which product, of all that were met.
    pub(super) product: u32,
    pub(super) day: Day,
    pub(super) start: i64,
}

/// What an observation says in texts. Many say the same.
pub(super) struct Said {
    pub(super) product: u32,
    pub(super) host: Option<Box<str>>,
    pub(super) version: Option<Box<str>>,
    pub(super) dimensions: Vec<(Box<str>, Box<str>)>,
}

/// The keys of an observation's numbers, and what kind each is of.
pub(super) struct Shape {
    pub(super) keys: Vec<(Box<str>, NumberKind)>,
    /// Which of them only grow.
    pub(super) growing: Vec<usize>,
}

impl Shape {
    /// The keys with the numbers that stand at the beginning.
    pub(super) fn numbers<'a>(
        &'a self,
        bits: &'a [u64],
    ) -> impl Iterator<Item = (&'a str, Number)> {
        let pairs = self.keys.iter().zip(bits);
        pairs.map(|((key, kind), bits)| (&**key, kind.number(*bits)))
    }
}

/// How a number's eight bytes are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum NumberKind {
    Int,
    UInt,
    Float,
}

impl NumberKind {
    /// A number's kind, and its bytes.
    pub(super) fn of(number: Number) -> (NumberKind, u64) {
        match number {
            Number::Int(n) => (NumberKind::Int, n as u64),
            Number::UInt(n) => (NumberKind::UInt, n),
            Number::Float(n) => (NumberKind::Float, n.to_bits()),
        }
    }

    pub(super) fn number(self, bits: u64) -> Number {
        match self {
            NumberKind::Int => Number::Int(bits as i64),
            NumberKind::UInt => Number::UInt(bits),
            NumberKind::Float => Number::Float(f64::from_bits(bits)),
        }
    }
}

/// What names a server that was not met before.
pub(super) struct NewServer {
    pub(super) product: u32,
    /// 0 is none.
    pub(super) organization: i64,
    pub(super) cluster_id: Box<str>,
    pub(super) server_id: Box<str>,
}

/// What is taken in at once.
pub(crate) struct Batch {
    pub(super) from: Mark,
    pub(super) to: Mark,
    /// When the newest report was received.
    pub(super) received_at: Option<Timestamp>,
    /// Products and servers that were not met before, in order of their numbers.
    pub(super) new_products: Vec<Arc<str>>,
    pub(super) new_servers: Vec<NewServer>,
    /// Servers are met anew from here on.
    pub(super) forgets_servers: bool,
    pub(super) seen: Vec<Seen>,
    pub(super) days: Vec<DayOf>,
    pub(super) said: Vec<Said>,
    pub(super) shapes: Vec<Shape>,
    pub(super) numbers: Vec<u64>,
    /// Bodies of product stats.
    pub(super) stats: Vec<Vec<u8>>,
    /// By product, day and kind.
    pub(super) reports: BTreeMap<(u32, Day, u8), Counted>,
    /// Organizations, and the spans that have reports of theirs.
    pub(super) spans: Vec<(OrganizationId, u64)>,
}

impl Batch {
    pub(super) fn new(from: Mark) -> Batch {
        Batch {
            from,
            to: from,
            received_at: None,
            new_products: Vec::new(),
            new_servers: Vec::new(),
            forgets_servers: false,
            seen: Vec::new(),
            days: Vec::new(),
            said: Vec::new(),
            shapes: Vec::new(),
            numbers: Vec::new(),
            stats: Vec::new(),
            reports: BTreeMap::new(),
            spans: Vec::new(),
        }
    }

    /// All before this place is in.
    pub(crate) fn end(&self) -> Seq {
        self.to.seq
    }

    /// When an observation was made.
    pub(super) fn at(&self, seen: &Seen) -> i64 {
        self.days[seen.day as usize].start + i64::from(seen.millis)
    }

    /// What it says in numbers, in order of names.
    pub(super) fn numbers_of(&self, seen: &Seen) -> impl Iterator<Item = (&str, Number)> {
        self.shapes[seen.shape as usize].numbers(&self.numbers[seen.numbers as usize..])
    }

    pub(super) fn said_by(&self, seen: &Seen) -> &Said {
        &self.said[seen.said as usize]
    }
}

impl DayOf {
    pub(super) fn new(product: u32, day: Day) -> DayOf {
        let start = millis(day.start());
        DayOf {
            product,
            day,
            start,
        }
    }
}
