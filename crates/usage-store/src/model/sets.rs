//! A set of servers as bytes. Knows no database.
//!
//! ```text
//! set := roaring bitmap             or: 1, zstd frame of one
//!                                   or: 2, zstd frame of { gap to the one before }
//! ```
//! What changes is written as a bitmap; what is over, as what is smallest. Gaps are LEB128. A bitmap of roaring's
//! begins with neither 1 nor 2.

use std::cell::RefCell;
use std::io;

use roaring::RoaringBitmap;
use zstd::bulk::Decompressor;

use crate::leb128;

const PACKED_BITMAP: u8 = 1;
const PACKED_GAPS: u8 = 2;

/// The fastest that doesn't lose much: twice as fast as the next that saves a twentieth.
const ZSTD_LEVEL: i32 = 3;

/// Packing pays where it saves this part: reading what is plain is faster.
const SAVES_A: usize = 8;

/// A set of all servers that there are ids for has less.
const PLAIN_MAX_BYTES: usize = 1 << 30;

/// Sets with one of so many ids are made bit by bit: twice as fast as one after the other.
const BITS_FOR_ONE: usize = 64;

thread_local! {
    /// To make one takes as long as to read a set of thousands.
    static ZSTD: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The set as a bitmap, into an empty buffer.
pub(super) fn plain(set: &mut RoaringBitmap, bytes: &mut Vec<u8>) -> io::Result<()> {
    set.optimize();
    bytes.clear();
    set.serialize_into(bytes)
}

/// The same in the form that is smallest, where that is worth it.
pub(super) fn packed(set: &mut RoaringBitmap, bytes: &mut Vec<u8>) -> io::Result<()> {
    plain(set, bytes)?;
    let mut least = bytes.len() - bytes.len() / SAVES_A;
    let mut best = None;
    let bitmap = zstd::bulk::compress(bytes, ZSTD_LEVEL)?;
    let gaps = zstd::bulk::compress(&gaps(set), ZSTD_LEVEL)?;
    for (form, packed) in [(PACKED_BITMAP, bitmap), (PACKED_GAPS, gaps)] {
        if packed.len() < least {
            least = packed.len();
            best = Some((form, packed));
        }
    }
    if let Some((form, packed)) = best {
        bytes.clear();
        bytes.push(form);
        bytes.extend(packed);
    }
    Ok(())
}

/// Whether these are the bytes of a packed one.
pub(super) fn is_packed(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(&(PACKED_BITMAP | PACKED_GAPS)))
}

/// The set, whatever its form.
pub(super) fn read(bytes: &[u8]) -> io::Result<RoaringBitmap> {
    match bytes.split_first() {
        Some((&PACKED_BITMAP, packed)) => RoaringBitmap::deserialize_from(&unzip(packed)?[..]),
        Some((&PACKED_GAPS, packed)) => from_gaps(&unzip(packed)?).ok_or_else(damaged_gaps),
        _ => RoaringBitmap::deserialize_from(bytes),
    }
}

/// Those of a few servers that are in the set, whatever its form: faster than to read all of it.
pub(super) fn common(bytes: &[u8], few: &RoaringBitmap) -> io::Result<RoaringBitmap> {
    match bytes.split_first() {
        Some((&PACKED_GAPS, packed)) => common_gaps(&unzip(packed)?, few).ok_or_else(damaged_gaps),
        _ => Ok(read(bytes)? & few),
    }
}

fn damaged_gaps() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "gaps")
}

fn unzip(packed: &[u8]) -> io::Result<Vec<u8>> {
    let size = Decompressor::upper_bound(packed).filter(|size| *size <= PLAIN_MAX_BYTES);
    let size = size.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "too large"))?;
    ZSTD.with_borrow_mut(|zstd| {
        let zstd = match zstd {
            Some(zstd) => zstd,
            None => zstd.insert(Decompressor::new()?),
        };
        zstd.decompress(packed, size)
    })
}

fn gaps(set: &RoaringBitmap) -> Vec<u8> {
    let mut out = Vec::with_capacity(set.len() as usize + 8);
    let mut next = 0;
    for id in set {
        leb128::put(&mut out, u64::from(id - next));
        next = id.wrapping_add(1);
    }
    out
}

/// Each id, in order, until `visit` has enough of them; `None` where the bytes don't follow the format.
fn each_of_gaps(bytes: &[u8], mut visit: impl FnMut(u32) -> bool) -> Option<()> {
    let (mut input, mut next) = (bytes, 0u64);
    while !input.is_empty() {
        let id = next.checked_add(leb128::take(&mut input)?)?;
        if !visit(u32::try_from(id).ok()?) {
            break;
        }
        next = id + 1;
    }
    Some(())
}

fn from_gaps(bytes: &[u8]) -> Option<RoaringBitmap> {
    let mut ids = Vec::with_capacity(bytes.len());
    each_of_gaps(bytes, |id| {
        ids.push(id);
        true
    })?;
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else {
        return Some(RoaringBitmap::new());
    };
    let begin = first & !7;
    let span = (last - begin) as usize + 1;
    if span / ids.len() >= BITS_FOR_ONE {
        return RoaringBitmap::from_sorted_iter(ids).ok();
    }
    let mut bits = vec![0u8; span.div_ceil(8)];
    for id in &ids {
        bits[((id - begin) / 8) as usize] |= 1 << (id % 8);
    }
    Some(RoaringBitmap::from_lsb0_bytes(begin, &bits))
}

fn common_gaps(bytes: &[u8], few: &RoaringBitmap) -> Option<RoaringBitmap> {
    let mut wanted = few.iter();
    let mut next = wanted.next();
    let mut common = RoaringBitmap::new();
    each_of_gaps(bytes, |id| {
        while next.is_some_and(|wanted| wanted < id) {
            next = wanted.next();
        }
        if next == Some(id) {
            common.insert(id);
        }
        next.is_some()
    })?;
    Some(common)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_set() -> impl Strategy<Value = RoaringBitmap> {
        let few = prop::collection::btree_set(any::<u32>(), 0..40);
        let many = (
            0u32..9_000,
            1usize..50,
            prop::collection::vec(0u32..3, 0..2_000),
        );
        let many = many.prop_map(|(from, apart, gaps)| {
            let mut at = from;
            let next = |gap: u32| {
                at += 1 + gap * apart as u32;
                at
            };
            gaps.into_iter().map(next).collect()
        });
        let ends = Just([0, u32::MAX].into());
        prop_oneof![few, many, ends].prop_map(RoaringBitmap::from_iter)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(mut set in any_set()) {
            let before = set.clone();
            let mut bytes = Vec::new();
            plain(&mut set, &mut bytes).unwrap();
            prop_assert!(!is_packed(&bytes));
            prop_assert_eq!(&read(&bytes).unwrap(), &before);
            let length = bytes.len();
            packed(&mut set, &mut bytes).unwrap();
            prop_assert!(bytes.len() <= length);
            prop_assert_eq!(&read(&bytes).unwrap(), &before);
            prop_assert_eq!(from_gaps(&gaps(&set)), Some(before));
        }

        #[test]
        fn what_is_common_is_what_both_have(mut set in any_set(), other in any_set()) {
            let both = &set & &other;
            let mut bytes = Vec::new();
            packed(&mut set, &mut bytes).unwrap();
            prop_assert_eq!(&common(&bytes, &other).unwrap(), &both);
            plain(&mut set, &mut bytes).unwrap();
            prop_assert_eq!(&common(&bytes, &other).unwrap(), &both);
            prop_assert_eq!(common_gaps(&gaps(&set), &other), Some(both));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = from_gaps(&bytes);
            let _ = common_gaps(&bytes, &RoaringBitmap::from_iter([7, 90, u32::MAX]));
            for form in [0, PACKED_BITMAP, PACKED_GAPS] {
                let packed = zstd::bulk::compress(&bytes, 1).unwrap();
                let _ = read(&[&[form], &packed[..]].concat());
            }
            let _ = read(&bytes);
        }
    }

    #[test]
    fn every_third_server_takes_next_to_nothing() {
        let mut set: RoaringBitmap = (0..90_000).step_by(3).collect();
        let mut bytes = Vec::new();
        packed(&mut set, &mut bytes).unwrap();
        assert!(bytes.len() < 100, "{}", bytes.len());
    }
}
