//! The numbers of one key on one day, of up to [`CHUNK_SERVERS`] servers, as bytes. Knows no database.
//!
//! ```text
//! packed := version, 0, plain          or: version, 1, zstd frame of plain
//! plain  := servers, numbers
//! servers: 0, count, { low }           or: 1, mask of CHUNK_SERVERS bits
//! numbers: 0, base, width, { offset }  all whole: offsets of 0, 1, 2, 4 or 8 bytes to a base of 16
//!          1, { float }                all floats
//!          2, { tag, 8 bytes }         anything
//! ```
//! Little-endian; a server's low is its id within the chunk, of 2 bytes as the count is.

use zstd::bulk::Decompressor;

use crate::model::limits::CHUNK_SERVERS;
use crate::report::Number;

/// Servers of a chunk by their ids in it, ascending, each with its number.
pub(in crate::model) type Chunk = Vec<(u16, Number)>;

const VERSION: u8 = 1;

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;

pub(super) const LIST: u8 = 0;
pub(super) const MASK: u8 = 1;

pub(super) const WHOLE: u8 = 0;
pub(super) const FLOATS: u8 = 1;
pub(super) const ANY: u8 = 2;

const INT: u8 = 0;
const UINT: u8 = 1;
const FLOAT: u8 = 2;

pub(super) const MASK_BYTES: usize = CHUNK_SERVERS as usize / 8;

/// More than the largest plain form has: a mask, and each server's number with its tag.
const PLAIN_MAX_BYTES: usize = 64 + MASK_BYTES + 9 * CHUNK_SERVERS as usize;

/// Compression pays where it saves this part: reading what is plain is faster.
const SAVES_A: usize = 8;

/// Speed: a level higher saves a twentieth and takes twice as long.
const ZSTD_LEVEL: i32 = 1;

/// Packs a chunk's numbers, which are in order.
pub(in crate::model) fn pack(numbers: &[(u16, Number)]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(64 + MASK_BYTES + numbers.len() * 3);
    put_servers(&mut plain, numbers);
    put_numbers(&mut plain, numbers);
    let most = plain.len() - plain.len() / SAVES_A;
    let (form, bytes) = match zstd::bulk::compress(&plain, ZSTD_LEVEL) {
        Ok(packed) if packed.len() <= most => (ZSTD, packed),
        _ => (PLAIN, plain),
    };
    let mut out = Vec::with_capacity(2 + bytes.len());
    out.extend([VERSION, form]);
    out.extend(bytes);
    out
}

fn put_servers(out: &mut Vec<u8>, numbers: &[(u16, Number)]) {
    if numbers.len() * 2 < MASK_BYTES {
        out.push(LIST);
        // Fewer than half a mask has bytes.
        out.extend((numbers.len() as u16).to_le_bytes());
        out.extend(numbers.iter().flat_map(|(low, _)| low.to_le_bytes()));
        return;
    }
    out.push(MASK);
    let begin = out.len();
    out.resize(begin + MASK_BYTES, 0);
    for (low, _) in numbers {
        out[begin + usize::from(low / 8)] |= 1 << (low % 8);
    }
}

fn put_numbers(out: &mut Vec<u8>, numbers: &[(u16, Number)]) {
    let whole = || numbers.iter().map(|(_, number)| whole(*number));
    let is_float = |(_, number): &(u16, Number)| matches!(number, Number::Float(_));
    if numbers.iter().all(is_float) {
        out.push(FLOATS);
        for (_, number) in numbers {
            out.extend(eight_bytes(*number).1);
        }
        return;
    }
    let base = whole().min().flatten();
    let offsets = whole().map(|n| u64::try_from(n? - base?).ok());
    match (base, offsets.collect::<Option<Vec<u64>>>()) {
        (Some(base), Some(offsets)) => {
            let width = width(offsets.iter().copied().max().unwrap_or(0));
            out.push(WHOLE);
            out.extend(base.to_le_bytes());
            out.push(width as u8);
            for offset in offsets {
                out.extend(&offset.to_le_bytes()[..width]);
            }
        }
        _ => {
            out.push(ANY);
            for (_, number) in numbers {
                let (tag, bytes) = eight_bytes(*number);
                out.push(tag);
                out.extend(bytes);
            }
        }
    }
}

fn whole(number: Number) -> Option<i128> {
    match number {
        Number::Int(n) => Some(i128::from(n)),
        Number::UInt(n) => Some(i128::from(n)),
        Number::Float(_) => None,
    }
}

/// Bytes that an offset of at most this takes.
fn width(most: u64) -> usize {
    match most {
        0 => 0,
        1..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    }
}

fn eight_bytes(number: Number) -> (u8, [u8; 8]) {
    match number {
        Number::Int(n) => (INT, n.to_le_bytes()),
        Number::UInt(n) => (UINT, n.to_le_bytes()),
        Number::Float(n) => (FLOAT, n.to_le_bytes()),
    }
}

/// What was packed; `None` where the bytes don't follow the format.
pub(in crate::model) fn unpack(packed: &[u8]) -> Option<Chunk> {
    let mut unpacking = Unpacking::default();
    unpacking.unpack(packed)?;
    Some(unpacking.chunk)
}

/// One column after another: room for each is made once, which takes as long as reading it.
#[derive(Default)]
pub(super) struct Unpacking {
    zstd: Option<Decompressor<'static>>,
    plain: Vec<u8>,
    lows: Vec<u16>,
    chunk: Chunk,
}

impl Unpacking {
    /// What was packed; `None` where the bytes don't follow the format.
    pub(super) fn unpack(&mut self, packed: &[u8]) -> Option<&[(u16, Number)]> {
        let plain = plain(&mut self.zstd, &mut self.plain, packed)?;
        read(plain, &mut self.lows, &mut self.chunk)?;
        Some(&self.chunk)
    }

    /// The servers alone.
    pub(super) fn servers(&mut self, packed: &[u8]) -> Option<&[u16]> {
        let plain = plain(&mut self.zstd, &mut self.plain, packed)?;
        self.lows.clear();
        read_servers(plain, &mut self.lows)?;
        Some(&self.lows)
    }
}

/// The plain form, in the buffer where it isn't that already.
pub(super) fn plain<'a>(
    zstd: &mut Option<Decompressor<'static>>,
    buffer: &'a mut Vec<u8>,
    packed: &'a [u8],
) -> Option<&'a [u8]> {
    let (&[version, form], bytes) = packed.split_first_chunk()?;
    match (version, form) {
        (VERSION, PLAIN) => Some(bytes),
        (VERSION, ZSTD) => {
            buffer.clear();
            buffer.reserve_exact(PLAIN_MAX_BYTES);
            let zstd = match zstd {
                Some(zstd) => zstd,
                None => zstd.insert(Decompressor::new().ok()?),
            };
            zstd.decompress_to_buffer(bytes, buffer).ok()?;
            Some(buffer)
        }
        _ => None,
    }
}

fn read(plain: &[u8], lows: &mut Vec<u16>, chunk: &mut Chunk) -> Option<()> {
    lows.clear();
    chunk.clear();
    let rest = read_servers(plain, lows)?;
    chunk.reserve_exact(lows.len());
    read_numbers(rest, lows, chunk)
}

fn read_servers<'a>(plain: &'a [u8], lows: &mut Vec<u16>) -> Option<&'a [u8]> {
    let (&kind, rest) = plain.split_first()?;
    match kind {
        LIST => {
            let (count, rest) = rest.split_first_chunk()?;
            let (bytes, rest) =
                rest.split_at_checked(2 * usize::from(u16::from_le_bytes(*count)))?;
            lows.extend(pieces(bytes).map(u16::from_le_bytes));
            let ascend = lows.is_sorted_by(|a, b| a < b);
            let fit = lows
                .last()
                .is_none_or(|low| u32::from(*low) < CHUNK_SERVERS);
            (ascend && fit).then_some(rest)
        }
        MASK => {
            let (mask, rest) = rest.split_at_checked(MASK_BYTES)?;
            for (at, word) in pieces(mask).map(u64::from_le_bytes).enumerate() {
                let mut left = word;
                while left != 0 {
                    lows.push(at as u16 * 64 + left.trailing_zeros() as u16);
                    left &= left - 1;
                }
            }
            Some(rest)
        }
        _ => None,
    }
}

/// Exactly as many numbers as servers.
fn read_numbers(bytes: &[u8], lows: &[u16], chunk: &mut Chunk) -> Option<()> {
    let (&kind, rest) = bytes.split_first()?;
    let lows = lows.iter().copied();
    match kind {
        WHOLE => {
            let (base, rest) = rest.split_first_chunk()?;
            let (&width, rest) = rest.split_first()?;
            let whole = Whole {
                base: i128::from_le_bytes(*base),
                width: usize::from(width),
            };
            whole.read(rest, lows, chunk)
        }
        FLOATS if rest.len() == 8 * lows.len() => {
            let floats = pieces(rest).map(|bytes| Number::Float(f64::from_le_bytes(bytes)));
            chunk.extend(lows.zip(floats));
            Some(())
        }
        ANY if rest.len() == 9 * lows.len() => {
            for (low, bytes) in lows.zip(pieces(rest)) {
                chunk.push((low, read_any(bytes)?));
            }
            Some(())
        }
        _ => None,
    }
}

/// How whole numbers are packed.
struct Whole {
    base: i128,
    width: usize,
}

impl Whole {
    fn read(
        &self,
        offsets: &[u8],
        lows: impl ExactSizeIterator<Item = u16>,
        chunk: &mut Chunk,
    ) -> Option<()> {
        if offsets.len() != self.width * lows.len() {
            return None;
        }
        match self.width {
            0 => self.add(lows.map(|low| (low, 0)), chunk),
            1 => self.add(lows.zip(offsets.iter().map(|n| u64::from(*n))), chunk),
            2 => {
                let offsets = pieces(offsets).map(|n| u64::from(u16::from_le_bytes(n)));
                self.add(lows.zip(offsets), chunk)
            }
            4 => {
                let offsets = pieces(offsets).map(|n| u64::from(u32::from_le_bytes(n)));
                self.add(lows.zip(offsets), chunk)
            }
            8 => {
                let offsets = pieces(offsets).map(u64::from_le_bytes);
                self.add(lows.zip(offsets), chunk)
            }
            _ => None,
        }
    }

    fn add(&self, offsets: impl Iterator<Item = (u16, u64)>, chunk: &mut Chunk) -> Option<()> {
        let most = match self.width {
            8 => u64::MAX,
            width => (1 << (8 * width)) - 1,
        };
        let base = i64::try_from(self.base).ok();
        // Mostly none of them can be too large.
        if let Some(base) = base.filter(|base| base.checked_add_unsigned(most).is_some()) {
            chunk.extend(
                offsets.map(|(low, n)| (low, Number::Int(base.saturating_add_unsigned(n)))),
            );
            return Some(());
        }
        for (low, offset) in offsets {
            chunk.push((low, whole_at(self.base, offset)?));
        }
        Some(())
    }
}

/// A whole number at an offset to a base.
pub(super) fn whole_at(base: i128, offset: u64) -> Option<Number> {
    let n = base.checked_add(i128::from(offset))?;
    let int = i64::try_from(n).ok().map(Number::Int);
    int.or_else(|| u64::try_from(n).ok().map(Number::UInt))
}

pub(super) fn read_any([tag, bytes @ ..]: [u8; 9]) -> Option<Number> {
    match tag {
        INT => Some(Number::Int(i64::from_le_bytes(bytes))),
        // One that an Int has room for is an Int.
        UINT => Some(u64::from_le_bytes(bytes))
            .filter(|n| i64::try_from(*n).is_err())
            .map(Number::UInt),
        FLOAT => Some(Number::Float(f64::from_le_bytes(bytes))),
        _ => None,
    }
}

/// Bytes in pieces of the same length; callers have seen that they come out even.
fn pieces<const BYTES: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; BYTES]> {
    bytes.as_chunks().0.iter().copied()
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn any_number() -> impl Strategy<Value = Number> {
        let above = i64::MAX as u64 + 1;
        prop_oneof![
            any::<i64>().prop_map(Number::Int),
            (-9i64..9).prop_map(Number::Int),
            (above..=u64::MAX).prop_map(Number::UInt),
            any::<f64>().prop_map(Number::Float),
        ]
    }

    /// Chunks of one kind, of two, of all; with few servers, and with many.
    pub(in super::super) fn any_chunk() -> impl Strategy<Value = Chunk> {
        let low = 0..CHUNK_SERVERS as u16;
        let numbers = prop_oneof![
            any_number().boxed(),
            (-300i64..70_000).prop_map(Number::Int).boxed(),
            Just(Number::Int(7)).boxed(),
            any::<f64>().prop_map(Number::Float).boxed(),
            any::<u32>().prop_map(|n| Number::Int(n.into())).boxed(),
        ];
        let few = prop::collection::btree_map(low, any_number(), 0..40);
        let many =
            (1usize..3, prop::collection::vec(numbers, 1..1_500)).prop_map(|(apart, all)| {
                let lows = (0..CHUNK_SERVERS as u16).step_by(apart);
                lows.zip(all).collect::<BTreeMap<u16, Number>>()
            });
        let uniform = (any::<i64>(), 1u16..CHUNK_SERVERS as u16)
            .prop_map(|(n, servers)| (0..servers).map(|low| (low, Number::Int(n))).collect());
        prop_oneof![few, many, uniform].prop_map(|chunk| chunk.into_iter().collect())
    }

    /// Bit for bit: NaN is a number, too.
    pub(in super::super) fn bits(chunk: &[(u16, Number)]) -> Vec<(u16, u8, [u8; 8])> {
        let bits = |(low, number): &(u16, Number)| {
            let (tag, bytes) = eight_bytes(*number);
            (*low, tag, bytes)
        };
        chunk.iter().map(bits).collect()
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(chunk in any_chunk()) {
            let back = unpack(&pack(&chunk));
            prop_assert_eq!(back.as_deref().map(bits), Some(bits(&chunk)));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for form in [PLAIN, ZSTD] {
                let packed = [&[VERSION, form], &bytes[..]].concat();
                if let Some(chunk) = unpack(&packed) {
                    prop_assert_eq!(unpack(&pack(&chunk)).as_deref().map(bits), Some(bits(&chunk)));
                }
            }
            let _ = unpack(&bytes);
        }

        #[test]
        fn a_damaged_chunk_is_no_larger_one(chunk in any_chunk(), at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<bool>()) {
            let mut packed = pack(&chunk);
            let at = at.index(packed.len());
            packed[at] = to;
            if cut {
                packed.truncate(at);
            }
            if let Some(read) = unpack(&packed) {
                prop_assert!(read.len() <= CHUNK_SERVERS as usize);
                prop_assert!(read.is_sorted_by(|a, b| a.0 < b.0));
            }
        }
    }

    #[test]
    fn a_value_that_all_servers_share_takes_next_to_nothing() {
        let same: Chunk = (0..CHUNK_SERVERS as u16)
            .map(|low| (low, Number::Int(-5)))
            .collect();
        assert!(pack(&same).len() < 64);
        let small: Chunk = (0..CHUNK_SERVERS as u16)
            .map(|low| (low, Number::Int(1_000_000 + i64::from(low) * 7919 % 251)))
            .collect();
        assert!(
            pack(&small).len() < CHUNK_SERVERS as usize + 64,
            "a byte each"
        );
    }

    #[test]
    fn zstd_of_too_much_is_refused() {
        let bomb = zstd::bulk::compress(&vec![0; 64 * PLAIN_MAX_BYTES], 1).unwrap();
        assert_eq!(unpack(&[&[VERSION, ZSTD], &bomb[..]].concat()), None);
    }
}
