//! Where log events go: standard error, as text or JSON. What is logged is decided where it
//! happens; never a token, a password, a body, a query string or a sender's address.
//!
//! Whoever logs doesn't wait for whoever reads: a terminal that is held or a pipe that nobody
//! empties must not stop the server. A thread of its own writes; what finds no room is counted.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFormat, LogLevel};
use crate::limits::{LOG_FINISH_TIMEOUT, LOG_WAITING_MAX_BYTES};

/// The target of what took too long: logged at any level but off.
pub(crate) const SLOW: &str = "slow";

/// Set once a log was started.
static LINES: OnceLock<&Lines> = OnceLock::new();

/// Starts logging for the whole process.
pub(crate) fn start(level: LogLevel, format: LogFormat) -> std::io::Result<()> {
    let level = match level {
        LogLevel::Off => return Ok(()),
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
    };
    let wanted = Targets::new()
        .with_default(level)
        .with_target(SLOW, level.max(Level::WARN));
    // For as long as the process lives: events may come from any thread until its end.
    let lines: &'static Lines = Box::leak(Box::default());
    std::thread::Builder::new()
        .name("log".to_owned())
        .spawn(|| lines.write_all(std::io::stderr()))?;
    let log = tracing_subscriber::fmt::layer()
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(lines);
    // Fails only where a log was started before: then that one is used.
    let _ = LINES.set(lines);
    let registry = tracing_subscriber::registry().with(wanted);
    let _ = match format {
        LogFormat::Text => registry.with(log).try_init(),
        LogFormat::Json => registry.with(log.json().flatten_event(true)).try_init(),
    };
    Ok(())
}

/// Waits until what was logged is written: before the process ends, and not for ever.
pub(crate) fn finish() {
    if let Some(lines) = LINES.get() {
        lines.finish(LOG_FINISH_TIMEOUT);
    }
}

/// Lines that found no room, since the start.
pub(crate) fn lines_lost() -> u64 {
    LINES
        .get()
        .map_or(0, |lines| lines.lost.load(Ordering::Relaxed))
}

/// Lines on their way out.
#[derive(Default)]
struct Lines {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    lost: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    writing: bool,
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a line, if there is room for it.
    fn take(&self, line: &[u8]) {
        let mut waiting = self.lock();
        if waiting.bytes.len() + line.len() > LOG_WAITING_MAX_BYTES {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.bytes.extend_from_slice(line);
        self.changed.notify_all();
    }

    /// Waits until all is written, or for so long; whether it is.
    fn finish(&self, timeout: Duration) -> bool {
        let under_way = |waiting: &mut Waiting| waiting.writing || !waiting.bytes.is_empty();
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), timeout, under_way)
            .unwrap_or_else(PoisonError::into_inner);
        !waited.1.timed_out()
    }

    /// Writes what comes, for ever.
    fn write_all(&self, mut out: impl Write) {
        loop {
            let mut waiting = self
                .changed
                .wait_while(self.lock(), |waiting| waiting.bytes.is_empty())
                .unwrap_or_else(PoisonError::into_inner);
            let bytes = std::mem::take(&mut waiting.bytes);
            waiting.writing = true;
            drop(waiting);
            // Standard error may be closed; then there is nobody to tell.
            let _ = out.write_all(&bytes);
            self.lock().writing = false;
            self.changed.notify_all();
        }
    }
}

/// What an event is written to: it comes in one piece.
struct Line(&'static Lines);

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.take(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for &'static Lines {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Writes nothing before it is told to, once for each piece.
    struct Held {
        told: Receiver<()>,
        written: Sender<Vec<u8>>,
    }

    impl Write for Held {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.told.recv().map_err(std::io::Error::other)?;
            let _ = self.written.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_reader_but_the_end_does() {
        let lines: &'static Lines = Box::leak(Box::default());
        let (tell, told) = channel();
        let (written, pieces) = channel();
        std::thread::spawn(move || lines.write_all(Held { told, written }));
        lines.take(b"first\n");
        assert!(!lines.finish(Duration::from_millis(10)), "it is held");
        let long = vec![b'x'; LOG_WAITING_MAX_BYTES];
        while !lines.lock().writing {
            std::thread::yield_now();
        }
        lines.take(&long);
        lines.take(b"no room\n");
        assert_eq!(lines.lost.load(Ordering::Relaxed), 1);
        tell.send(()).unwrap();
        tell.send(()).unwrap();
        assert!(lines.finish(Duration::from_secs(60)));
        assert_eq!(
            pieces.try_iter().collect::<Vec<_>>(),
            [b"first\n".to_vec(), long]
        );
    }
}
