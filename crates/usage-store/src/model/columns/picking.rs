//! One server's number out of a packed column, without reading the others'. The format is [`pack`](super::pack)'s.

use zstd::bulk::Decompressor;

use super::pack::{ANY, FLOATS, LIST, MASK, MASK_BYTES, WHOLE, plain, read_any, whole_at};
use crate::report::Number;

/// One column after another: what takes long to make is made once.
#[derive(Default)]
pub(crate) struct Picking {
    zstd: Option<Decompressor<'static>>,
    plain: Vec<u8>,
}

impl Picking {
    /// What a packed column says of the server of this id in its chunk; the outer `None` where the bytes
    /// don't follow the format.
    pub(in crate::model) fn pick(&mut self, packed: &[u8], low: u16) -> Option<Option<Number>> {
        pick(plain(&mut self.zstd, &mut self.plain, packed)?, low)
    }
}

fn pick(plain: &[u8], low: u16) -> Option<Option<Number>> {
    let (servers, found, numbers) = find(plain, low)?;
    match found {
        Some(at) => number(numbers, servers, at).map(Some),
        None => Some(None),
    }
}

/// How many servers the column has, which of them it is, and what comes behind.
fn find(plain: &[u8], low: u16) -> Option<(usize, Option<usize>, &[u8])> {
    let (&kind, rest) = plain.split_first()?;
    match kind {
        LIST => {
            let (count, rest) = rest.split_first_chunk()?;
            let count = usize::from(u16::from_le_bytes(*count));
            let (lows, rest) = rest.split_at_checked(2 * count)?;
            let (lows, _) = lows.as_chunks::<2>();
            let at = lows.binary_search_by_key(&low, |bytes| u16::from_le_bytes(*bytes));
            Some((count, at.ok(), rest))
        }
        MASK => {
            let (mask, rest) = rest.split_at_checked(MASK_BYTES)?;
            let ones = |bytes: &[u8]| -> usize {
                bytes.iter().map(|byte| byte.count_ones() as usize).sum()
            };
            let byte = usize::from(low / 8);
            let bit = 1 << (low % 8);
            let before =
                ones(mask.get(..byte)?) + (mask.get(byte)? & (bit - 1)).count_ones() as usize;
            let is_in = mask.get(byte)? & bit != 0;
            Some((ones(mask), is_in.then_some(before), rest))
        }
        _ => None,
    }
}

fn number(bytes: &[u8], servers: usize, at: usize) -> Option<Number> {
    let (&kind, rest) = bytes.split_first()?;
    match kind {
        WHOLE => {
            let (base, rest) = rest.split_first_chunk()?;
            let (&width, rest) = rest.split_first()?;
            let width = usize::from(width);
            if rest.len() != width * servers {
                return None;
            }
            let mut offset = [0; 8];
            let bytes = rest.get(at * width..(at + 1) * width)?;
            offset.get_mut(..width)?.copy_from_slice(bytes);
            whole_at(i128::from_le_bytes(*base), u64::from_le_bytes(offset))
        }
        FLOATS if rest.len() == 8 * servers => {
            let (floats, _) = rest.as_chunks::<8>();
            Some(Number::Float(f64::from_le_bytes(*floats.get(at)?)))
        }
        ANY if rest.len() == 9 * servers => {
            let (any, _) = rest.as_chunks::<9>();
            read_any(*any.get(at)?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::pack::tests::{any_chunk, bits};
    use super::super::pack::{pack, unpack};
    use super::*;
    use crate::model::limits::CHUNK_SERVERS;

    proptest! {
        #[test]
        fn each_is_picked_as_all_are_read(chunk in any_chunk(), other in 0..CHUNK_SERVERS as u16) {
            let packed = pack(&chunk);
            let mut picking = Picking::default();
            for (low, number) in &chunk {
                let picked = picking.pick(&packed, *low).unwrap().unwrap();
                prop_assert_eq!(bits(&[(*low, picked)]), bits(&[(*low, *number)]));
            }
            let known = chunk.iter().any(|(low, _)| *low == other);
            prop_assert_eq!(picking.pick(&packed, other).unwrap().is_some(), known);
        }

        #[test]
        fn what_is_read_of_damage_is_picked(chunk in any_chunk(), at in any::<prop::sample::Index>(), to in any::<u8>(), low in 0..CHUNK_SERVERS as u16) {
            let mut packed = pack(&chunk);
            let at = at.index(packed.len());
            packed[at] = to;
            let picked = Picking::default().pick(&packed, low);
            if let Some(read) = unpack(&packed) {
                let found = read.iter().find(|one| one.0 == low);
                let picked = picked.unwrap().map(|number| (low, number));
                prop_assert_eq!(bits(picked.as_slice()), bits(&found.copied().into_iter().collect::<Vec<_>>()));
            }
        }
    }
}
