//! What a reporter logs, with the feature `tracing`: one warning per outage, the rest at debug level, and
//! never a secret. In a binary of its own, since a process has one global subscriber.

// clippy.toml lets tests do this, but takes the functions they share for production code.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};
use usage_client::core::{Environment, RawReply, Request, Timing};
use usage_client::{MemoryToken, Reporter, Server, Transport, TransportError};

const PATIENCE: Duration = Duration::from_secs(20);

/// Remembers what was said, by level.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<BTreeMap<Level, Vec<String>>>>);

impl Heard {
    fn at(&self, level: Level) -> Vec<String> {
        self.0
            .lock()
            .unwrap()
            .get(&level)
            .cloned()
            .unwrap_or_default()
    }
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, "{value:?}");
    }
}

impl Subscriber for Heard {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "usage_client"
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let level = *event.metadata().level();
        self.0
            .lock()
            .unwrap()
            .entry(level)
            .or_default()
            .push(text.0);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Away for the first four attempts.
struct Away(AtomicUsize);

impl Transport for Away {
    fn exchange(&self, _: &Request, _: Duration) -> Result<RawReply, TransportError> {
        if self.0.fetch_add(1, Ordering::SeqCst) < 4 {
            return Err(TransportError::new("connection refused"));
        }
        Ok(RawReply::new(201))
    }
}

#[test]
fn an_outage_is_one_warning() {
    let heard = Heard::default();
    tracing::subscriber::set_global_default(heard.clone()).unwrap();

    let mut timing = Timing::default();
    timing.check_in_spread = Duration::ZERO;
    timing.retry.base = Duration::from_millis(5);
    timing.retry.shortest = Duration::from_millis(1);
    let reporter = Reporter::builder("jambox", "1.0")
        .url("http://me:secret-password@usage.invalid")
        .tokens(MemoryToken::new("secret-token"))
        .state_folder("/dev/null/nowhere")
        .environment(Environment::default())
        .timing(timing)
        .transport(Away(AtomicUsize::new(0)))
        .start()
        .unwrap();
    reporter.save(&Server::default()).unwrap();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
    assert!(reporter.shutdown(PATIENCE));

    let warnings = heard.at(Level::WARN);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(
        warnings.iter().any(|text| text.contains("in memory only")),
        "{warnings:?}"
    );
    assert!(
        warnings
            .iter()
            .any(|text| text.contains("connection refused")),
        "{warnings:?}"
    );
    let details = heard.at(Level::DEBUG);
    assert_eq!(
        details
            .iter()
            .filter(|text| text.contains("connection refused"))
            .count(),
        3
    );
    assert!(details.iter().any(|text| text.contains("again")));
    assert!(!format!("{warnings:?}{details:?}").contains("secret"));
}
