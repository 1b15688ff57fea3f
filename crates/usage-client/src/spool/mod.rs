//! The spool: reports that wait to be sent. In memory until an attempt fails or the program ends, then in a
//! bounded folder, a file each, so that a healthy server costs no disk.
//!
//! Several processes may share the folder: who sends a file first renames it, and only one can. A claim
//! whose process died is free again after [`limits::CLAIM`].

mod folder;

use std::collections::VecDeque;
use std::io;

use crate::core::{Kind, Report, SpoolBounds, UnixMillis, surplus};
use folder::{Folder, Taken};

/// See the module.
pub(crate) struct Spool {
    folder: Option<Folder>,
    bounds: SpoolBounds,
    waiting: VecDeque<Entry>,
    /// Reports dropped to stay within the bounds, not yet told.
    dropped: u64,
    /// Files set aside since they could not be read.
    corrupt: u64,
    /// Why reports wait in memory only.
    trouble: Option<io::Error>,
}

struct Entry {
    kind: Kind,
    bytes: u64,
    place: Place,
}

enum Place {
    Memory(Box<Report>),
    /// The name of its file.
    Disk(String),
}

/// A report that is being sent. Nobody else sends it.
pub(crate) struct Claim {
    pub(crate) report: Report,
    /// The name of its claimed file, if it came from one.
    file: Option<String>,
}

/// Where a report goes that was not accepted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing was said about it: it is next again.
    First,
    /// The server stumbled, maybe over this very one: let the others go ahead.
    Last,
}

impl Spool {
    /// Nothing is read yet.
    pub(crate) fn new(folder: Option<std::path::PathBuf>, bounds: SpoolBounds) -> Self {
        Self {
            folder: folder.map(Folder::new),
            bounds,
            waiting: VecDeque::new(),
            dropped: 0,
            corrupt: 0,
            trouble: None,
        }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Reports dropped since this was last asked.
    pub(crate) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    pub(crate) fn corrupt(&self) -> u64 {
        self.corrupt
    }

    pub(crate) fn trouble(&self) -> Option<&io::Error> {
        self.trouble.as_ref()
    }

    /// Takes in what the folder holds by now: of earlier processes, and of others that share it.
    pub(crate) fn look(&mut self, now: UnixMillis) {
        let Some(folder) = &self.folder else { return };
        let found = match folder.list(now) {
            Ok(found) => found,
            Err(error) => return self.note(error),
        };
        self.waiting.retain(|entry| match &entry.place {
            Place::Memory(_) => true,
            Place::Disk(name) => found.iter().any(|file| file.name == *name),
        });
        let known: Vec<_> = self
            .waiting
            .iter()
            .filter_map(Entry::file)
            .cloned()
            .collect();
        let new = found.into_iter().filter(|file| !known.contains(&file.name));
        let new: Vec<_> = new
            .map(|file| Entry {
                kind: file.kind,
                bytes: file.bytes,
                place: Place::Disk(file.name),
            })
            .collect();
        // What earlier processes left is older than what this one made.
        for entry in new.into_iter().rev() {
            self.waiting.push_front(entry);
        }
        self.shrink();
    }

    /// Queues a report, in memory. Others may be dropped for it.
    pub(crate) fn push(&mut self, report: Report) {
        self.waiting.push_back(Entry::memory(report));
        self.shrink();
    }

    /// The next to send, claimed.
    pub(crate) fn take(&mut self, now: UnixMillis) -> Option<Claim> {
        while let Some(entry) = self.waiting.pop_front() {
            let name = match entry.place {
                Place::Memory(report) => {
                    return Some(Claim {
                        report: *report,
                        file: None,
                    });
                }
                Place::Disk(name) => name,
            };
            let Some(folder) = &self.folder else { continue };
            match folder.take(&name, now) {
                Ok(Taken::Report { report, claimed }) => {
                    return Some(Claim {
                        report: *report,
                        file: Some(claimed),
                    });
                }
                Ok(Taken::Gone) => {}
                Ok(Taken::Corrupt) => self.corrupt += 1,
                Err(error) => self.note(error),
            }
        }
        None
    }

    /// It was sent, or never will be.
    pub(crate) fn done(&mut self, claim: Claim) {
        if let (Some(folder), Some(file)) = (&self.folder, claim.file) {
            folder.remove(&file);
        }
    }

    /// It was not accepted: it waits on, on disk.
    pub(crate) fn put_back(&mut self, claim: Claim, turn: Turn) {
        let free = claim
            .file
            .as_ref()
            .zip(self.folder.as_ref())
            .map(|(file, folder)| folder.free(file));
        let entry = match free {
            Some(Ok(name)) => Entry {
                kind: claim.report.kind,
                bytes: claim.report.to_line().len() as u64,
                place: Place::Disk(name),
            },
            // Somebody removed it: the spool was emptied meanwhile.
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => return,
            _ => self.kept(Entry::memory(claim.report)),
        };
        match turn {
            Turn::First => self.waiting.push_front(entry),
            Turn::Last => self.waiting.push_back(entry),
        }
        self.shrink();
    }

    /// Writes down what is in memory, up to the first that can't be.
    pub(crate) fn keep(&mut self) {
        let mut entries = std::mem::take(&mut self.waiting);
        self.trouble = None;
        for entry in entries.drain(..) {
            let entry = if self.trouble.is_none() {
                self.kept(entry)
            } else {
                entry
            };
            self.waiting.push_back(entry);
        }
    }

    /// Drops everything, on disk too, whoever left it there.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        if let Some(Err(error)) = self.folder.as_ref().map(Folder::clear) {
            self.note(error);
        }
    }

    /// All that waits, unclaimed, oldest first.
    pub(crate) fn reports(&self) -> Vec<Report> {
        let read = |entry: &Entry| match &entry.place {
            Place::Memory(report) => Some((**report).clone()),
            Place::Disk(name) => self.folder.as_ref()?.read(name),
        };
        self.waiting.iter().filter_map(read).collect()
    }

    /// On disk, if it can be.
    fn kept(&mut self, entry: Entry) -> Entry {
        let (Place::Memory(report), Some(folder)) = (&entry.place, &self.folder) else {
            return entry;
        };
        match folder.write(report) {
            Ok(name) => Entry {
                place: Place::Disk(name),
                ..entry
            },
            Err(error) => {
                self.note(error);
                entry
            }
        }
    }

    fn shrink(&mut self) {
        let sizes: Vec<_> = self
            .waiting
            .iter()
            .map(|entry| (entry.kind, entry.bytes))
            .collect();
        let mut surplus = surplus(&sizes, self.bounds);
        surplus.sort_unstable();
        for place in surplus.into_iter().rev() {
            let Some(entry) = self.waiting.remove(place) else {
                continue;
            };
            self.dropped += 1;
            if let (Place::Disk(name), Some(folder)) = (&entry.place, &self.folder) {
                folder.remove(name);
            }
        }
    }

    fn note(&mut self, error: io::Error) {
        self.trouble = Some(error);
    }
}

impl Entry {
    fn memory(report: Report) -> Self {
        Self {
            kind: report.kind,
            bytes: report.to_line().len() as u64,
            place: Place::Memory(Box::new(report)),
        }
    }

    fn file(&self) -> Option<&String> {
        match &self.place {
            Place::Memory(_) => None,
            Place::Disk(name) => Some(name),
        }
    }
}

#[cfg(test)]
mod tests;
