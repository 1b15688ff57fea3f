//! Series by key, found without a lock: a table that only grows, and only so far.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use metrics::Key;

type Slot<T> = OnceLock<(Key, Arc<T>)>;

/// Open addressing: a slot is filled once and for all, so whoever looks needs no lock. Twice as many slots as
/// series, so that a free one is near.
#[derive(Debug)]
pub(super) struct Series<T> {
    slots: Box<[Slot<T>]>,
    filled: AtomicUsize,
    refused: AtomicU64,
}

impl<T> Series<T> {
    /// Room for `most`.
    pub(super) fn new(most: usize) -> Self {
        Self {
            slots: (0..most.max(1) * 2).map(|_| OnceLock::new()).collect(),
            filled: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// The series of this key, made if it is new; nothing if there is no more room.
    pub(super) fn get(&self, key: &Key, make: impl Fn() -> T) -> Option<Arc<T>> {
        let count = self.slots.len();
        let start = (key.get_hash() % count as u64) as usize;
        for at in 0..count {
            let slot = &self.slots[(start + at) % count];
            let (found, series) = match slot.get() {
                Some(filled) => filled,
                None if self.filled.load(Ordering::Relaxed) >= count / 2 => break,
                None => slot.get_or_init(|| {
                    self.filled.fetch_add(1, Ordering::Relaxed);
                    (key.clone(), Arc::new(make()))
                }),
            };
            // Another thread may have filled it with a series of its own.
            if found == key {
                return Some(Arc::clone(series));
            }
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        None
    }

    pub(super) fn each(&self, mut look: impl FnMut(&Key, &T)) {
        for (key, series) in self.slots.iter().filter_map(OnceLock::get) {
            look(key, series);
        }
    }

    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}
