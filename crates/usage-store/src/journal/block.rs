//! How reports are packed into a block, and out of it: heads first, then bodies, so that
//! like stands by like; one zstd frame with its own checksum. Knows no database.
//!
//! ```text
//! block  := zstd frame of: version, count, products, heads, bodies
//! head   := flags, seq delta, product index, time delta, [organization], [report delay],
//!           [idempotency key], [install key], body length
//! ```
//! Numbers are LEB128; signed ones are zigzag.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::limits::BLOCK_MAX_BYTES;
use super::{Seq, StoredReport};
use crate::leb128::{self, put, put_signed};
use crate::registry::OrganizationId;
use crate::report::Kind;
use crate::sqlite::{millis, timestamp};
use crate::{Error, Result};

const VERSION: u8 = 1;

const HAS_ORGANIZATION: u8 = 1 << 2;
const HAS_REPORTED_AT: u8 = 1 << 3;
const HAS_IDEMPOTENCY_KEY: u8 = 1 << 4;
const HAS_INSTALL_KEY: u8 = 1 << 5;
const UNLISTED: u8 = 1 << 6;

/// What is packed of a report; borrowed, so that neither way in copies bodies twice.
pub(crate) struct Packed<'a> {
    pub(crate) seq: Seq,
    pub(crate) kind: Kind,
    pub(crate) product: &'a Arc<str>,
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) received_at: Timestamp,
    pub(crate) reported_at: Option<Timestamp>,
    pub(crate) idempotency_key: Option<[u8; 16]>,
    pub(crate) install_key: Option<[u8; 16]>,
    pub(crate) unlisted: bool,
    pub(crate) body: &'a [u8],
}

impl Packed<'_> {
    pub(crate) fn borrow(&self) -> Packed<'_> {
        Packed { ..*self }
    }
}

impl<'a> From<&'a StoredReport> for Packed<'a> {
    fn from(report: &'a StoredReport) -> Self {
        Packed {
            seq: report.seq,
            kind: report.kind,
            product: &report.product,
            organization: report.organization,
            received_at: report.received_at,
            reported_at: report.reported_at,
            idempotency_key: report.idempotency_key,
            install_key: report.install_key,
            unlisted: report.unlisted,
            body: &report.body,
        }
    }
}

/// Packs reports and compresses them; keeps its buffers and compression context.
pub(crate) struct Packer {
    zstd: zstd::bulk::Compressor<'static>,
    plain: Vec<u8>,
}

impl Packer {
    pub(crate) fn new(level: i32) -> std::io::Result<Packer> {
        let mut zstd = zstd::bulk::Compressor::new(level)?;
        zstd.include_checksum(true)?;
        Ok(Packer {
            zstd,
            plain: Vec::new(),
        })
    }

    /// The block of these reports, which come in the order of their places.
    pub(crate) fn pack<'a>(
        &mut self,
        reports: impl ExactSizeIterator<Item = Packed<'a>> + Clone,
    ) -> std::io::Result<Vec<u8>> {
        let mut products: Vec<&str> = Vec::new();
        let mut index: HashMap<&str, u64> = HashMap::new();
        for report in reports.clone() {
            index.entry(report.product).or_insert_with(|| {
                products.push(report.product);
                products.len() as u64 - 1
            });
        }
        let out = &mut self.plain;
        out.clear();
        out.push(VERSION);
        put(out, reports.len() as u64);
        put(out, products.len() as u64);
        for product in products {
            put(out, product.len() as u64);
            out.extend_from_slice(product.as_bytes());
        }
        let (mut seq, mut at) = (0, 0);
        for report in reports.clone() {
            put_head(out, &report, seq, at, index[&**report.product]);
            (seq, at) = (report.seq + 1, millis(report.received_at));
        }
        for report in reports {
            out.extend_from_slice(report.body);
        }
        self.zstd.compress(out)
    }
}

fn put_head(out: &mut Vec<u8>, report: &Packed<'_>, next_seq: Seq, last_at: i64, product: u64) {
    let at = millis(report.received_at);
    let flag = |on: bool, bit: u8| if on { bit } else { 0 };
    out.push(
        report.kind.code()
            | flag(report.organization.is_some(), HAS_ORGANIZATION)
            | flag(report.reported_at.is_some(), HAS_REPORTED_AT)
            | flag(report.idempotency_key.is_some(), HAS_IDEMPOTENCY_KEY)
            | flag(report.install_key.is_some(), HAS_INSTALL_KEY)
            | flag(report.unlisted, UNLISTED),
    );
    put(out, report.seq - next_seq);
    put(out, product);
    put_signed(out, at - last_at);
    if let Some(OrganizationId(id)) = report.organization {
        put_signed(out, id);
    }
    if let Some(reported_at) = report.reported_at {
        put_signed(out, at - millis(reported_at));
    }
    out.extend(report.idempotency_key.iter().flatten());
    out.extend(report.install_key.iter().flatten());
    put(out, report.body.len() as u64);
}

/// The reports of a block whose first place is `seq`.
pub(crate) fn unpack(seq: Seq, packed: &[u8]) -> Result<Vec<StoredReport>> {
    let damaged = |reason: &str| Error::CorruptBlock {
        seq,
        reason: reason.to_owned(),
    };
    let size = zstd::bulk::Decompressor::upper_bound(packed)
        .filter(|size| *size <= BLOCK_MAX_BYTES)
        .ok_or_else(|| damaged("it is not a zstd frame, or too large"))?;
    let plain = zstd::bulk::decompress(packed, size).map_err(|e| damaged(&e.to_string()))?;
    read(&plain).ok_or_else(|| damaged("its contents don't follow the format"))
}

/// `None` where the bytes don't follow the format.
pub(crate) fn read(plain: &[u8]) -> Option<Vec<StoredReport>> {
    let mut input = Input(plain);
    if input.byte()? != VERSION {
        return None;
    }
    // A report takes 6 bytes at least: bounds what a damaged count can make us allocate.
    let count = usize::try_from(input.number()?)
        .ok()
        .filter(|n| *n <= plain.len() / 6)?;
    let products = (0..input.number()?)
        .map(|_| {
            let length = input.number()?;
            Some(Arc::from(std::str::from_utf8(input.take(length)?).ok()?))
        })
        .collect::<Option<Vec<Arc<str>>>>()?;
    let mut reports = Vec::with_capacity(count);
    let mut lengths = Vec::with_capacity(count);
    let (mut next_seq, mut last_at) = (0u64, 0i64);
    for _ in 0..count {
        let flags = input.byte()?;
        let seq = next_seq.checked_add(input.number()?)?;
        let product = products
            .get(usize::try_from(input.number()?).ok()?)?
            .clone();
        let at = last_at.checked_add(input.signed()?)?;
        let has = |bit: u8| flags & bit != 0;
        let organization = if has(HAS_ORGANIZATION) {
            Some(OrganizationId(input.signed()?))
        } else {
            None
        };
        let reported_at = if has(HAS_REPORTED_AT) {
            Some(timestamp(at.checked_sub(input.signed()?)?))
        } else {
            None
        };
        let idempotency_key = if has(HAS_IDEMPOTENCY_KEY) {
            Some(input.key()?)
        } else {
            None
        };
        let install_key = if has(HAS_INSTALL_KEY) {
            Some(input.key()?)
        } else {
            None
        };
        lengths.push(input.number()?);
        reports.push(StoredReport {
            seq,
            kind: Kind::from_code(flags & 3)?,
            product,
            organization,
            received_at: timestamp(at),
            reported_at,
            idempotency_key,
            install_key,
            unlisted: has(UNLISTED),
            body: Vec::new(),
        });
        (next_seq, last_at) = (seq.checked_add(1)?, at);
    }
    for (report, length) in reports.iter_mut().zip(lengths) {
        report.body = input.take(length)?.to_vec();
    }
    input.0.is_empty().then_some(reports)
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn key(&mut self) -> Option<[u8; 16]> {
        self.take(16)?.try_into().ok()
    }

    fn number(&mut self) -> Option<u64> {
        leb128::take(&mut self.0)
    }

    fn signed(&mut self) -> Option<i64> {
        leb128::take_signed(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn report() -> impl Strategy<Value = StoredReport> {
        let key = || proptest::option::of(any::<[u8; 16]>());
        let times = (
            0i64..4_000_000_000_000,
            proptest::option::of(-1000i64..9_000_000_000),
        );
        let product = prop_oneof![Just("influxdb"), Just("kapacitor"), Just("")];
        let organization = proptest::option::of(any::<i64>().prop_map(OrganizationId));
        let body = proptest::collection::vec(any::<u8>(), 0..200);
        (1u8..=3, product, organization, times, key(), key(), body).prop_map(
            |(kind, product, organization, (at, delay), idempotency_key, install_key, body)| {
                StoredReport {
                    seq: 0,
                    kind: Kind::from_code(kind).unwrap(),
                    product: product.into(),
                    organization,
                    received_at: timestamp(at),
                    reported_at: delay.map(|delay| timestamp(at - delay)),
                    idempotency_key,
                    install_key,
                    unlisted: kind == 2,
                    body,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(
            mut reports in proptest::collection::vec((report(), 0u64..5), 0..40),
            first in 0u64..1_000_000,
        ) {
            let mut next = first;
            for (report, gap) in &mut reports {
                report.seq = next + *gap;
                next = report.seq + 1;
            }
            let reports: Vec<_> = reports.into_iter().map(|(report, _)| report).collect();
            let packed =
                Packer::new(1).unwrap().pack(reports.iter().map(Packed::from)).unwrap();
            prop_assert_eq!(unpack(first, &packed).unwrap(), reports);
        }

        #[test]
        fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
            let _ = unpack(0, &bytes);
        }
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let report = StoredReport {
            seq: 7,
            kind: Kind::Usage,
            product: "influxdb".into(),
            organization: None,
            received_at: timestamp(1_700_000_000_000),
            reported_at: None,
            idempotency_key: Some([3; 16]),
            install_key: None,
            unlisted: false,
            body: br#"[{"tags":null,"values":{"cluster_id":"8674665223082153551"}}]"#.to_vec(),
        };
        let one = std::slice::from_ref(&report);
        let packed = Packer::new(1)
            .unwrap()
            .pack(one.iter().map(Packed::from))
            .unwrap();
        for at in 0..packed.len() {
            let mut damaged = packed.clone();
            damaged[at] ^= 0x10;
            let unpacked = unpack(7, &damaged);
            assert!(unpacked.is_err() || unpacked.unwrap() == one, "byte {at}");
        }
    }
}
