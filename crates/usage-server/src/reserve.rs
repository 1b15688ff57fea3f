//! The disk reserve: when the file system of the data folder has less room than this, no reports
//! are taken any more, so that everything else (pages, exports, erasures, backups) still finds
//! some. Looked at beside, once a second; ingest reads one flag.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;

use crate::limits::{RESERVE_LOOK_INTERVAL, RESERVE_OVER_BY};

/// Whether there is room for reports.
#[derive(Debug, Default)]
pub(crate) struct Reserve {
    used: AtomicBool,
}

impl Reserve {
    /// Whether the free space is below the reserve: no reports are to be taken.
    pub(crate) fn is_in_use(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// Once there is too little, there must be somewhat more than the reserve again: at its edge
    /// every second would change it.
    fn look(&self, reserve: Bytes, free: Bytes) {
        let was = self.is_in_use();
        let floor = match was {
            true => reserve.0.saturating_add(reserve.0 / RESERVE_OVER_BY),
            false => reserve.0,
        };
        let is = free.0 < floor;
        if is == was {
            return;
        }
        self.used.store(is, Ordering::Relaxed);
        if is {
            tracing::error!(
                %free,
                disk_reserve = %reserve,
                "too little disk space is left: reports are answered 503 until there is more; make room, or lower disk-reserve"
            );
        } else {
            tracing::info!(%free, disk_reserve = %reserve, "there is disk space again: reports are taken");
        }
    }
}

/// The thread that looks; it stops when this is dropped.
pub(crate) struct Watch {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Watches the file system of `data_dir`. The first look is over when this returns.
pub(crate) fn watch(data_dir: &Path, bytes: Bytes) -> std::io::Result<(Arc<Reserve>, Watch)> {
    let reserve = Arc::new(Reserve::default());
    let (stop, stopped) = mpsc::sync_channel::<()>(0);
    let (looks, data_dir) = (Arc::clone(&reserve), data_dir.to_owned());
    let look = move || match usage_store::backup::free_space(&data_dir) {
        Ok(free) => looks.look(bytes, Bytes(free)),
        // A folder that can't be asked is told of by the commits that fail.
        Err(cause) => tracing::warn!(%cause, "can't tell how much disk space is left"),
    };
    if bytes == Bytes(0) {
        return Ok((
            reserve,
            Watch {
                stop: None,
                thread: None,
            },
        ));
    }
    look();
    let thread = std::thread::Builder::new()
        .name("disk-reserve".to_owned())
        .spawn(move || {
            while stopped.recv_timeout(RESERVE_LOOK_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                look();
            }
        })?;
    let watch = Watch {
        stop: Some(stop),
        thread: Some(thread),
    };
    Ok((reserve, watch))
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }
}

/// An amount of bytes, as people write it: `512MiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

/// The units, largest first.
const UNITS: [(&str, u32); 6] = [
    ("EiB", 60),
    ("TiB", 40),
    ("GiB", 30),
    ("MiB", 20),
    ("KiB", 10),
    ("B", 0),
];

impl Bytes {
    /// `None` where it is not an amount: a whole number and a unit, or 0.
    pub(crate) fn parse(text: &str) -> Option<Bytes> {
        let text = text.trim();
        if text == "0" {
            return Some(Bytes(0));
        }
        let (number, shift) = UNITS
            .iter()
            .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift)))?;
        let number: u64 = number.trim_end().parse().ok()?;
        number.checked_mul(1 << shift).map(Bytes)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, shift) = UNITS
            .into_iter()
            .find(|(_, shift)| self.0 >> shift > 0)
            .unwrap_or(("B", 0));
        write!(f, "{}{unit}", self.0 >> shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("0", 0),
            ("512MiB", 512 << 20),
            ("2 GiB", 2 << 30),
            ("1EiB", 1 << 60),
            ("100B", 100),
        ] {
            assert_eq!(Bytes::parse(text), Some(Bytes(bytes)), "{text}");
        }
        for text in ["", "512", "512MB", "MiB", "-1MiB", "1.5GiB", "99EiB"] {
            assert_eq!(Bytes::parse(text), None, "{text}");
        }
        assert_eq!(Bytes(300 << 20).to_string(), "300MiB");
        assert_eq!(Bytes(0).to_string(), "0B");
    }

    #[test]
    fn it_is_over_only_once_there_is_somewhat_more() {
        let reserve = Reserve::default();
        let mut seen = Vec::new();
        for free in [1000, 800, 799, 800, 899, 900, 850] {
            reserve.look(Bytes(800), Bytes(free));
            seen.push(reserve.is_in_use());
        }
        assert_eq!(seen, [false, false, true, true, true, false, false]);
    }
}
