//! Some bytes for each of very many servers, in memory: in blocks of servers, in order of their ids. A pass over some of
//! them in that order replaces what they have.
//!
//! ```text
//! block := { low byte of the id, length, bytes }
//! ```

use std::collections::BTreeMap;
use std::ops::Range;

use crate::leb128::{put, take};
use crate::query::ServerId;

#[derive(Default)]
pub(super) struct Blocks {
    blocks: BTreeMap<u32, Vec<u8>>,
    bytes: usize,
    pass: Pass,
}

/// The block that the pass is at.
#[derive(Default)]
struct Pass {
    block: u32,
    /// What the block was, and how much of that the pass is behind.
    before: Vec<u8>,
    behind: usize,
    after: Vec<u8>,
    is_open: bool,
}

impl Blocks {
    /// What they take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Moves the pass on to a server: its bytes, if it has any.
    pub(super) fn at(&mut self, server: ServerId) -> Option<&[u8]> {
        let (block, low) = place(server);
        if !self.pass.is_open || self.pass.block != block {
            self.close();
            self.pass.before = self.blocks.remove(&block).unwrap_or_default();
            self.bytes -= self.pass.before.len();
            (self.pass.block, self.pass.is_open) = (block, true);
        }
        let pass = &mut self.pass;
        let from = pass.behind;
        let mut known = None;
        while let Some((of, here)) = first(&pass.before[pass.behind..]) {
            if of > low {
                break;
            }
            let here = pass.behind + here.start..pass.behind + here.end;
            if of == low {
                known = Some(here);
                break;
            }
            pass.behind = here.end;
        }
        pass.after.extend(&pass.before[from..pass.behind]);
        let known = known?;
        pass.behind = known.end;
        Some(&pass.before[known])
    }

    /// What the server that the pass is at has from now on.
    pub(super) fn set(&mut self, server: ServerId, bytes: &[u8]) {
        let after = &mut self.pass.after;
        after.push(place(server).1);
        put(after, bytes.len() as u64);
        after.extend(bytes);
    }

    /// The pass is over.
    pub(super) fn close(&mut self) {
        let pass = &mut self.pass;
        if !pass.is_open {
            return;
        }
        pass.after.extend(&pass.before[pass.behind..]);
        // Memory of its own, as large as it must be.
        let mut block = std::mem::take(&mut pass.before);
        block.clear();
        block.reserve_exact(pass.after.len());
        block.extend(&pass.after);
        self.bytes += block.len();
        self.blocks.insert(pass.block, block);
        pass.after.clear();
        (pass.behind, pass.is_open) = (0, false);
    }

    /// All of them.
    pub(super) fn each<E>(
        mut self,
        mut visit: impl FnMut(ServerId, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.close();
        for (block, bytes) in self.blocks {
            let mut left = &bytes[..];
            while let Some((low, here)) = first(left) {
                let end = here.end;
                visit(ServerId(block << 8 | u32::from(low)), &left[here])?;
                left = &left[end..];
            }
        }
        Ok(())
    }
}

fn place(server: ServerId) -> (u32, u8) {
    (server.0 >> 8, server.0 as u8)
}

/// Whose the first bytes are, and where they are.
fn first(input: &[u8]) -> Option<(u8, Range<usize>)> {
    let (low, mut rest) = input.split_first()?;
    let length = take(&mut rest)? as usize;
    let begin = input.len() - rest.len();
    (length <= rest.len()).then_some((*low, begin..begin + length))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_set_is_there(
            passes in prop::collection::vec(
                prop::collection::btree_map(0u32..900, prop::collection::vec(any::<u8>(), 0..200), 0..60),
                0..6,
            ),
        ) {
            let (mut blocks, mut expected) = (Blocks::default(), BTreeMap::new());
            for pass in passes {
                for (id, bytes) in pass {
                    let known = blocks.at(ServerId(id)).map(<[u8]>::to_vec);
                    prop_assert_eq!(known.as_ref(), expected.get(&id));
                    blocks.set(ServerId(id), &bytes);
                    expected.insert(id, bytes);
                }
                blocks.close();
            }
            let mut found = BTreeMap::new();
            let visited = blocks.each(|id, bytes| {
                let twice = found.insert(id.0, bytes.to_vec());
                twice.map_or(Ok(()), Err)
            });
            prop_assert_eq!(visited, Ok(()));
            prop_assert_eq!(found, expected);
        }
    }
}
