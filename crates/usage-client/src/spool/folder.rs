//! The spool's folder: a file a report, whole or not there, and the names that say what state it is in.
//!
//! | name | meaning |
//! | --- | --- |
//! | `0001800000000000-KEY.usage.json` | waits; the time it was made, its idempotency key, its kind |
//! | the same with `.claim-0001800000060000` | is being sent since then |
//! | the same with `.corrupt` | could not be read: set aside for a person, and bounded |
//! | `.NAME.tmp` | was being written when something crashed |

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::core::{Kind, Report, UnixMillis};
use crate::{disk, limits};

const REPORT: &str = ".json";
const CLAIM: &str = ".claim-";
const CORRUPT: &str = ".corrupt";

pub(super) struct Folder(PathBuf);

/// A file that waits.
pub(super) struct Waiting {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) bytes: u64,
}

/// What came of taking a file.
pub(super) enum Taken {
    Report {
        report: Box<Report>,
        claimed: String,
    },
    /// Another process was faster.
    Gone,
    /// It could not be read, and is set aside.
    Corrupt,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Files that wait, oldest first. Claims that nobody holds any more are free again.
    pub(super) fn list(&self, now: UnixMillis) -> io::Result<Vec<Waiting>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Ok(mut name) = entry.file_name().into_string() else {
                continue;
            };
            if let Some((_, since)) = name.split_once(CLAIM) {
                let since = UnixMillis::new(since.parse().unwrap_or_default());
                let held = now.since(since).max(since.since(now)) <= limits::CLAIM;
                if held {
                    continue;
                }
                let Ok(free) = self.free(&name) else { continue };
                name = free;
            }
            let Some(kind) = kind_of(&name) else { continue };
            let bytes = entry.metadata().map(|file| file.len()).unwrap_or_default();
            found.push(Waiting { name, kind, bytes });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// A new file. The folder is made with the first.
    pub(super) fn write(&self, report: &Report) -> io::Result<String> {
        disk::create_folder(&self.0)?;
        let name = format!(
            "{:016}-{}.{}{REPORT}",
            report.reported_at.get(),
            report.key,
            report.kind.name()
        );
        disk::replace(&self.0.join(&name), &report.to_line())?;
        Ok(name)
    }

    /// Claims a file, and reads it.
    pub(super) fn take(&self, name: &str, now: UnixMillis) -> io::Result<Taken> {
        let claimed = format!("{name}{CLAIM}{:016}", now.get());
        match fs::rename(self.0.join(name), self.0.join(&claimed)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Taken::Gone),
            renamed => renamed?,
        }
        if let Some(report) = self.read(&claimed) {
            return Ok(Taken::Report {
                report: Box::new(report),
                claimed,
            });
        }
        self.set_aside(name, &claimed);
        Ok(Taken::Corrupt)
    }

    /// Gives a claim up. The name it has then.
    pub(super) fn free(&self, claimed: &str) -> io::Result<String> {
        let name = claimed.split_once(CLAIM).map_or(claimed, |(name, _)| name);
        fs::rename(self.0.join(claimed), self.0.join(name))?;
        Ok(name.to_owned())
    }

    /// The report in a file, if there is one.
    pub(super) fn read(&self, name: &str) -> Option<Report> {
        Report::from_line(&fs::read(self.0.join(name)).ok()?).ok()
    }

    pub(super) fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.0.join(name));
    }

    /// Removes all that is the spool's.
    pub(super) fn clear(&self) -> io::Result<()> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            if is_ours(&entry.file_name().to_string_lossy()) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Keeps some broken files for whoever wants to know, not all that a broken disk may make.
    fn set_aside(&self, name: &str, claimed: &str) {
        let corrupt = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().ends_with(CORRUPT);
        let count = fs::read_dir(&self.0)
            .map(|entries| entries.flatten().filter(corrupt).count())
            .unwrap_or(usize::MAX);
        let claimed: &Path = &self.0.join(claimed);
        if count < limits::CORRUPT_FILES {
            let _ = fs::rename(claimed, self.0.join(format!("{name}{CORRUPT}")));
        } else {
            let _ = fs::remove_file(claimed);
        }
    }
}

/// The kind of report that a waiting file's name tells.
fn kind_of(name: &str) -> Option<Kind> {
    let (_, kind) = name.strip_suffix(REPORT)?.rsplit_once('.')?;
    if name.starts_with('.') {
        return None;
    }
    Kind::of_name(kind)
}

fn is_ours(name: &str) -> bool {
    name.contains(REPORT)
}
