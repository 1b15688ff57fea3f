//! What a step changes of the servers' rows. Batch after batch says something of most servers where there are a
//! million; so they are kept in memory, packed, until the step ends: each row is read and written once.

use std::io::ErrorKind::InvalidData;

use rusqlite::Connection;

use super::batch::{Batch, Seen, Shape};
use super::blocks::Blocks;
use crate::journal::SPAN_REPORTS;
use crate::leb128::{put, take};
use crate::model::cells::Cells;
use crate::model::counters::{is_less, went_down};
use crate::model::limits::KEPT_BYTES;
use crate::model::servers::{self, State, latest};
use crate::query::ServerId;
use crate::report::Number;
use crate::{Error, Result};

/// Bytes that a text takes beside itself: its place, what the allocator adds.
const TEXT_BYTES: usize = 48;

/// Dimensions with their values.
type Dimensions = Vec<(Box<str>, Box<str>)>;

/// The servers that the batches of a step tell of, and what these say, for all of them together.
#[derive(Default)]
pub(super) struct Servers {
    packed: Blocks,
    dimensions: Vec<Dimensions>,
    shapes: Vec<Shape>,
    /// Of dimensions and shapes.
    bytes: usize,
    /// What is being packed.
    buffer: Vec<u8>,
}

/// A server, unpacked.
struct Known {
    /// Its latest usage observation, where one of these batches says it; otherwise the state has its text.
    usage: Option<Usage>,
    state: State,
}

struct Usage {
    dimensions: usize,
    shape: usize,
    numbers: Vec<u64>,
}

impl Servers {
    /// Whether it is time to write them.
    pub(super) fn are_many(&self) -> bool {
        self.packed.bytes() + self.bytes >= KEPT_BYTES
    }

    /// All that a batch says of a server, in the order of the journal. One server after the other, in order of ids.
    pub(super) fn observe<'a>(
        &mut self,
        db: &Connection,
        batch: &'a Batch,
        server: ServerId,
        seen: impl Iterator<Item = &'a Seen>,
    ) -> Result<()> {
        let mut known = match self.packed.at(server) {
            Some(packed) => unpack(packed, &self.shapes)?,
            None => Known {
                usage: None,
                state: servers::read_but_spans(db, server)?,
            },
        };
        let mut last: Option<&Seen> = None;
        for now in seen {
            let said = batch.said_by(now);
            let when = servers::Seen {
                at: batch.at(now),
                seq: u64::from(now.span) * SPAN_REPORTS,
                late: now.late,
                kind: now.kind,
                known: now.known,
            };
            let (host, version) = (said.host.as_deref(), said.version.as_deref());
            let before = match (last, &known.usage) {
                (Some(last), _) => Some(numbers(batch, last)),
                (None, Some(usage)) => Some((&self.shapes[usage.shape], &usage.numbers[..])),
                (None, None) => None,
            };
            let went_down = |state: &State| match (before, &state.usage) {
                (Some(before), _) => goes_back(before, numbers(batch, now)),
                (None, Some(before)) => went_down(before, batch.numbers_of(now)),
                (None, None) => false,
            };
            if known.state.observe(when, host, version, went_down) {
                last = Some(now);
            }
        }
        if let Some(last) = last {
            known.state.usage = None;
            known.usage = Some(Usage {
                dimensions: self.dimensions.len() + last.said as usize,
                shape: self.shapes.len() + last.shape as usize,
                numbers: numbers(batch, last).1.to_vec(),
            });
        }
        pack(&known, &mut self.buffer);
        self.packed.set(server, &self.buffer);
        Ok(())
    }

    /// The batch told of its last server.
    pub(super) fn close(&mut self) {
        self.packed.close();
    }

    /// Keeps what a batch said, which is over.
    pub(super) fn keep(&mut self, batch: Batch) {
        for said in batch.said {
            let texts = said.dimensions.iter();
            let texts: usize = texts.map(|(name, value)| name.len() + value.len()).sum();
            self.bytes += texts + 2 * TEXT_BYTES * said.dimensions.len();
            self.dimensions.push(said.dimensions);
        }
        for shape in batch.shapes {
            let texts: usize = shape.keys.iter().map(|(key, _)| key.len()).sum();
            self.bytes += texts + TEXT_BYTES * shape.keys.len();
            self.shapes.push(shape);
        }
    }

    /// Writes them, in the order of the table, and moves them in the sets that follow.
    pub(super) fn save(self, db: &Connection, cells: &mut Cells) -> Result<()> {
        let (dimensions, shapes) = (self.dimensions, self.shapes);
        self.packed.each(|server, packed| {
            let Known { mut state, usage } = unpack(packed, &shapes)?;
            if let Some(usage) = usage {
                let dimensions = dimensions[usage.dimensions].iter();
                let dimensions = dimensions.map(|(name, value)| (&**name, &**value));
                let numbers = shapes[usage.shape].numbers(&usage.numbers);
                state.usage = Some(latest(dimensions, numbers)?);
            }
            state.add_spans(servers::spans(db, server)?);
            servers::save(db, cells, server, &state)
        })
    }
}

/// ```text
/// packed := 0 or { 1 + place of the dimensions, place of the shape, numbers }, state
/// ```
fn pack(known: &Known, out: &mut Vec<u8>) {
    out.clear();
    match &known.usage {
        None => put(out, 0),
        Some(usage) => {
            put(out, 1 + usage.dimensions as u64);
            put(out, usage.shape as u64);
            for number in &usage.numbers {
                out.extend(number.to_le_bytes());
            }
        }
    }
    known.state.pack(out);
}

fn unpack(packed: &[u8], shapes: &[Shape]) -> Result<Known> {
    let read = || {
        let mut input = packed;
        let mut usage = None;
        if let Some(dimensions) = take(&mut input)?.checked_sub(1) {
            let shape = take(&mut input)? as usize;
            let many = shapes.get(shape)?.keys.len();
            let (numbers, rest) = input.split_at_checked(many * size_of::<u64>())?;
            input = rest;
            let (numbers, _) = numbers.as_chunks();
            usage = Some(Usage {
                dimensions: dimensions as usize,
                shape,
                numbers: numbers.iter().map(|n| u64::from_le_bytes(*n)).collect(),
            });
        }
        let state = State::unpack(input)?;
        Some(Known { usage, state })
    };
    read().ok_or_else(|| Error::Io("(a server)".into(), InvalidData.into()))
}

/// What an observation says in numbers.
type Numbers<'a> = (&'a Shape, &'a [u64]);

fn numbers<'a>(batch: &'a Batch, seen: &Seen) -> Numbers<'a> {
    let shape = &batch.shapes[seen.shape as usize];
    let from = seen.numbers as usize;
    (shape, &batch.numbers[from..from + shape.keys.len()])
}

/// Whether a value that only grows is less than before.
fn goes_back((was, before): Numbers<'_>, (is, now): Numbers<'_>) -> bool {
    let number =
        |of: &Shape, numbers: &[u64], at: usize| -> Number { of.keys[at].1.number(numbers[at]) };
    is.growing.iter().any(|at| {
        let known = match std::ptr::eq(was, is) {
            true => Some(*at),
            false => was.keys.iter().position(|(key, _)| *key == is.keys[*at].0),
        };
        known.is_some_and(|known| is_less(number(is, now, *at), number(was, before, known)))
    })
}
