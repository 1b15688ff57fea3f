//! A text export into a file: it grows beside its name and takes it when it is whole. What is known of it
//! is written down as it grows, so that a killed one goes on where it was.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use usage_store::Seq;

use super::limits::SAVED_EVERY_BYTES;
use super::text::Text;

/// What is known of an unfinished export.
#[derive(Serialize, Deserialize)]
struct Known {
    /// What was asked for.
    asked: String,
    /// How it is written.
    text: Text,
    /// The place to go on from, and where it ends.
    next: Seq,
    end: Seq,
    /// What of the file is sure.
    bytes: u64,
}

/// An export that grows.
pub(crate) struct Unfinished {
    target: PathBuf,
    known: Known,
    out: BufWriter<File>,
    written: u64,
}

fn beside(target: &Path, suffix: &str) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn part(target: &Path) -> PathBuf {
    beside(target, ".part")
}

fn state(target: &Path) -> PathBuf {
    beside(target, ".part.json")
}

impl Unfinished {
    /// Begins one anew, which ends before the place `end`.
    pub(crate) fn begin(
        target: &Path,
        asked: String,
        text: Text,
        end: Seq,
    ) -> io::Result<Unfinished> {
        forget(target)?;
        let mut unfinished = Unfinished {
            target: target.to_owned(),
            out: BufWriter::new(File::create(part(target))?),
            known: Known {
                asked,
                text,
                next: 0,
                end,
                bytes: 0,
            },
            written: 0,
        };
        let mut head = Vec::new();
        unfinished.known.text.head(&mut head)?;
        unfinished.write(&head, 0)?;
        Ok(unfinished)
    }

    /// Goes on with one that was left, where there is one and it was of the same.
    pub(crate) fn resume(target: &Path, asked: &str) -> io::Result<Option<Unfinished>> {
        let text = match fs::read(state(target)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let known: Known = serde_json::from_slice(&text)?;
        if known.asked != asked {
            return Err(io::Error::other(
                "the export that was left unfinished is of something else; give the same options, or leave out --resume to begin anew",
            ));
        }
        let mut file = OpenOptions::new().write(true).open(part(target))?;
        if file.metadata()?.len() < known.bytes {
            return Err(io::Error::other(
                "the unfinished export is shorter than it was; leave out --resume to begin anew",
            ));
        }
        file.set_len(known.bytes)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Some(Unfinished {
            target: target.to_owned(),
            written: known.bytes,
            known,
            out: BufWriter::new(file),
        }))
    }

    /// How it is written.
    pub(crate) fn text(&self) -> Text {
        self.known.text.clone()
    }

    /// The place to go on from, and where it ends.
    pub(crate) fn places(&self) -> (Seq, Seq) {
        (self.known.next, self.known.end)
    }

    /// Adds what reaches up to a place.
    pub(crate) fn write(&mut self, lines: &[u8], next: Seq) -> io::Result<()> {
        self.out.write_all(lines)?;
        self.written += lines.len() as u64;
        self.known.next = next;
        if self.written - self.known.bytes >= SAVED_EVERY_BYTES {
            self.out.flush()?;
            self.out.get_ref().sync_data()?;
            self.known.bytes = self.written;
            let state = state(&self.target);
            let fresh = beside(&state, ".new");
            fs::write(&fresh, serde_json::to_vec(&self.known)?)?;
            fs::rename(fresh, state)?;
        }
        Ok(())
    }

    /// It is whole: gives it its name.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        fs::rename(part(&self.target), &self.target)?;
        forget(&self.target)
    }
}

/// Removes what was left of an unfinished one.
fn forget(target: &Path) -> io::Result<()> {
    for left in [part(target), state(target)] {
        match fs::remove_file(left) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_short_goes_on_where_it_was_sure() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("reports.jsonl");
        let line = vec![b'x'; SAVED_EVERY_BYTES as usize];
        let mut first = Unfinished::begin(&target, "all".to_owned(), Text::Jsonl, 9).unwrap();
        first.write(&line, 4).unwrap();
        first.write(b"not sure", 5).unwrap();
        drop(first);
        assert!(!target.exists(), "it isn't whole");
        let other = Unfinished::resume(&target, "something else").err().unwrap();
        assert!(other.to_string().contains("--resume"), "{other}");
        let mut second = Unfinished::resume(&target, "all").unwrap().unwrap();
        assert_eq!(second.places(), (4, 9));
        second.write(b"the rest", 9).unwrap();
        second.finish().unwrap();
        let whole = fs::read(&target).unwrap();
        assert_eq!(whole, [&line[..], b"the rest"].concat());
        assert!(Unfinished::resume(&target, "all").unwrap().is_none());
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}
