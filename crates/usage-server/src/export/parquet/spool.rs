//! Reports sorted by product and day: a file each, of compressed pieces. What waits in memory is bounded,
//! whatever the number of days.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use usage_store::StoredReport;
use usage_store::registry::OrganizationId;
use usage_store::report::Kind;

use super::super::limits::SPOOL_MAX_BYTES;
use super::Part;

/// A day's reports are read twice right after they were written: speed counts.
const ZSTD_LEVEL: i32 = 1;

const KINDS: [Kind; 3] = [Kind::Servers, Kind::Stats, Kind::Usage];

/// Stands for a time or an organization that isn't there.
const NONE: i64 = i64::MIN;

/// The files.
pub(super) struct Spool {
    folder: PathBuf,
    parts: BTreeMap<Part, Waiting>,
    bytes: usize,
    /// Held as long as this export lasts.
    _lock: File,
}

/// What is still to be added to a file.
struct Waiting {
    file: PathBuf,
    bytes: Vec<u8>,
}

impl Spool {
    /// Begins with an empty folder.
    pub(super) fn begin(folder: &Path) -> io::Result<Spool> {
        fs::create_dir_all(folder)?;
        let lock = File::create(folder.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::other(
                    "another export is writing into this folder; wait for it, or choose another one",
                ));
            }
            Err(TryLockError::Error(e)) => return Err(e),
        }
        for left in fs::read_dir(folder)? {
            let left = left?.path();
            if left.file_name().is_some_and(|name| name != "lock") {
                fs::remove_file(left)?;
            }
        }
        Ok(Spool {
            folder: folder.to_owned(),
            parts: BTreeMap::new(),
            bytes: 0,
            _lock: lock,
        })
    }

    pub(super) fn knows(&self, part: &Part) -> bool {
        self.parts.contains_key(part)
    }

    /// All of them, by product and day.
    pub(super) fn parts(&self) -> Vec<Part> {
        self.parts.keys().cloned().collect()
    }

    pub(super) fn add(&mut self, part: Part, report: &StoredReport) -> io::Result<()> {
        let number = self.parts.len();
        let waiting = self.parts.entry(part).or_insert_with(|| Waiting {
            file: self.folder.join(format!("{number}.spool")),
            bytes: Vec::new(),
        });
        let before = waiting.bytes.len();
        put(&mut waiting.bytes, report);
        self.bytes += waiting.bytes.len() - before;
        if self.bytes > SPOOL_MAX_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes what waits.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        for waiting in self.parts.values_mut() {
            if waiting.bytes.is_empty() {
                continue;
            }
            let packed = zstd::encode_all(&waiting.bytes[..], ZSTD_LEVEL)?;
            waiting.bytes = Vec::new();
            let mut options = OpenOptions::new();
            let mut file = options.append(true).create(true).open(&waiting.file)?;
            file.write_all(&packed)?;
        }
        self.bytes = 0;
        Ok(())
    }

    /// Every report of a part, in order of acceptance.
    pub(super) fn read(
        &self,
        part: &Part,
        visit: &mut dyn FnMut(&StoredReport) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(waiting) = self.parts.get(part) else {
            return Ok(());
        };
        let unpacked = zstd::Decoder::new(File::open(&waiting.file)?)?;
        let mut records = BufReader::new(unpacked);
        while let Some(report) = get(&mut records, &part.0)? {
            visit(&report)?;
        }
        Ok(())
    }

    /// A part that is done needs no room.
    pub(super) fn remove(&mut self, part: &Part) -> io::Result<()> {
        match self.parts.remove(part) {
            Some(waiting) => fs::remove_file(waiting.file),
            None => Ok(()),
        }
    }

    /// Nothing is left.
    pub(super) fn end(self) -> io::Result<()> {
        fs::remove_dir_all(&self.folder)
    }
}

fn put(out: &mut Vec<u8>, report: &StoredReport) {
    let reported = report.reported_at.map_or(NONE, Timestamp::as_millisecond);
    let numbers = [
        report.seq as i64,
        report.received_at.as_millisecond(),
        reported,
        report.organization.map_or(NONE, |id| id.0),
        KINDS
            .iter()
            .position(|kind| *kind == report.kind)
            .unwrap_or_default() as i64,
        report.body.len() as i64,
    ];
    for number in numbers {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(&report.body);
}

fn get(records: &mut impl Read, product: &Arc<str>) -> io::Result<Option<StoredReport>> {
    let mut head = [0; 48];
    if records.read(&mut head[..1])? == 0 {
        return Ok(None);
    }
    records.read_exact(&mut head[1..])?;
    let mut numbers = [0; 6];
    for (number, bytes) in numbers.iter_mut().zip(head.chunks_exact(8)) {
        *number = i64::from_le_bytes(bytes.try_into().map_err(io::Error::other)?);
    }
    let [seq, received, reported, organization, kind, length] = numbers;
    let time = |millis| Timestamp::from_millisecond(millis).map_err(io::Error::other);
    let mut body = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    records.read_exact(&mut body)?;
    Ok(Some(StoredReport {
        seq: seq as u64,
        kind: KINDS[kind as usize % KINDS.len()],
        product: Arc::clone(product),
        organization: (organization != NONE).then_some(OrganizationId(organization)),
        received_at: time(received)?,
        reported_at: match reported {
            NONE => None,
            millis => Some(time(millis)?),
        },
        idempotency_key: None,
        install_key: None,
        unlisted: false,
        body,
    }))
}

#[cfg(test)]
mod tests {
    use usage_store::Day;

    use super::*;

    fn report(seq: u64, product: &str, bytes: usize) -> StoredReport {
        StoredReport {
            seq,
            kind: KINDS[seq as usize % 3],
            product: product.into(),
            organization: seq.is_multiple_of(2).then_some(OrganizationId(7)),
            received_at: Timestamp::from_millisecond(1_700_000_000_000 + seq as i64).unwrap(),
            reported_at: seq.is_multiple_of(3).then_some(Timestamp::UNIX_EPOCH),
            idempotency_key: None,
            install_key: None,
            unlisted: false,
            body: vec![seq as u8; bytes],
        }
    }

    #[test]
    fn what_went_in_comes_out_by_product_and_day_and_little_waits() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("spool");
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("0.spool"), "left by a killed one").unwrap();
        let mut spool = Spool::begin(&inside).unwrap();
        assert!(Spool::begin(&inside).is_err(), "another writes here");
        let part = |n: u64| -> Part { (["a", "b"][n as usize % 2].into(), Day(n as i32 % 3)) };
        let size = SPOOL_MAX_BYTES / 40;
        for n in 0..100 {
            let (product, day) = part(n);
            spool
                .add((product.clone(), day), &report(n, &product, size))
                .unwrap();
            assert!(spool.bytes <= SPOOL_MAX_BYTES);
        }
        spool.flush().unwrap();
        let mut seen = 0;
        for key in spool.parts() {
            let mut last = None;
            spool
                .read(&key, &mut |got| {
                    assert_eq!(part(got.seq), key);
                    assert!(last.replace(got.seq) < Some(got.seq));
                    assert_eq!(*got, report(got.seq, &key.0, size));
                    seen += 1;
                    Ok(())
                })
                .unwrap();
            spool.remove(&key).unwrap();
        }
        assert_eq!(seen, 100);
        spool.end().unwrap();
        assert!(!inside.exists());
    }
}
