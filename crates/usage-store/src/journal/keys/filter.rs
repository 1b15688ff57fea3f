//! A filter (Bloom's, in blocks of one cache line): says of nearly every key that is not in a run that it
//! isn't, and never so of one that is.

use super::entry::Digest;

/// Bits for each key: with [`PROBES`] of them looked at, one of 200 keys is looked for in vain.
const BITS_PER_KEY: usize = 12;

/// Bits looked at for a key.
const PROBES: u32 = 7;

/// Bits of a block: a cache line.
const BLOCK_BITS: usize = 512;

#[derive(Debug)]
pub(super) struct Filter {
    blocks: Vec<[u64; BLOCK_BITS / 64]>,
}

impl Filter {
    /// For up to this many keys.
    pub(super) fn new(keys: usize) -> Filter {
        let blocks = (keys * BITS_PER_KEY).div_ceil(BLOCK_BITS).max(1);
        Filter {
            blocks: vec![[0; BLOCK_BITS / 64]; blocks],
        }
    }

    pub(super) fn add(&mut self, digest: &Digest) {
        let block = self.block(digest);
        for bit in bits(digest) {
            self.blocks[block][bit / 64] |= 1 << (bit % 64);
        }
    }

    pub(super) fn may_hold(&self, digest: &Digest) -> bool {
        let block = &self.blocks[self.block(digest)];
        bits(digest).all(|bit| block[bit / 64] & 1 << (bit % 64) != 0)
    }

    fn block(&self, digest: &Digest) -> usize {
        let [a, b, c, d, ..] = *digest;
        let part = u64::from(u32::from_be_bytes([a, b, c, d]));
        // As many of the 2^32 for each block.
        ((part * self.blocks.len() as u64) >> 32) as usize
    }
}

/// Nine bits of the digest for each probe.
fn bits(digest: &Digest) -> impl Iterator<Item = usize> {
    let [.., c, d, e, f, g, h, i, j] = *digest;
    let part = u64::from_be_bytes([c, d, e, f, g, h, i, j]);
    (0..PROBES).map(move |probe| (part >> (9 * probe)) as usize % BLOCK_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    fn digest(n: u32) -> Digest {
        let hash = Sha256::digest(n.to_le_bytes());
        *hash.first_chunk().unwrap()
    }

    #[test]
    fn what_is_in_it_is_found_and_little_else() {
        const KEYS: u32 = 20_000;
        let mut filter = Filter::new(KEYS as usize);
        for n in 0..KEYS {
            filter.add(&digest(n));
        }
        assert!((0..KEYS).all(|n| filter.may_hold(&digest(n))));
        let in_vain = (KEYS..2 * KEYS).filter(|n| filter.may_hold(&digest(*n)));
        assert!(in_vain.count() < KEYS as usize / 100);
    }
}
