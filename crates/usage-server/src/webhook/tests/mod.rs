//! What webhooks hear of, and how it gets there: from reports to a receiver on this machine that behaves as
//! receivers do.

mod carrying;
mod deciding;
#[cfg(feature = "https")]
mod https;
mod rebinding;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;
use usage_store::report::Kind;
use usage_store::webhook::{Event, Events, NewWebhook, Webhook, WebhookId};
use usage_store::{NewReport, Sender, Store, Writing};

use super::courier::Courier;
use super::post::Poster;
use super::watcher::Watcher;
use super::{Reach, message};
use crate::config::WebhookConfig;
use crate::watch::Watch;

const SECRET: [u8; 32] = [7; 32];

/// Settings by which this machine may be reached.
fn here() -> WebhookConfig {
    WebhookConfig {
        reach: Reach::to_public_and(vec![("127.0.0.1".parse().unwrap(), 32)]),
        ..WebhookConfig::default()
    }
}

/// A store, and who looks at it, two days ago and later.
struct World {
    store: Arc<Store>,
    watch: Arc<Watch>,
    watcher: Watcher,
    began: Timestamp,
    _folder: TempDir,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path(), Writing::Alone).unwrap());
        let watch = Arc::new(Watch::new(Duration::MAX).unwrap());
        World {
            watcher: Watcher::new(store.clone(), watch.clone(), 48, 12 * 3_600),
            store,
            watch,
            began: "2026-11-01T09:30:00Z".parse().unwrap(),
            _folder: folder,
        }
    }

    /// So many minutes after the beginning.
    fn at(&self, minutes: i64) -> Timestamp {
        self.began + SignedDuration::from_mins(minutes)
    }

    /// A webhook that hears of these.
    fn hook(&self, name: &str, url: &str, events: &[Event]) -> WebhookId {
        let events: Events = events.iter().copied().collect();
        let new = NewWebhook {
            name,
            url,
            secret: &SECRET,
            events,
            by: "ada@example.com",
        };
        self.store.add_webhook(&new, self.began).unwrap()
    }

    /// One that hears of everything.
    fn hook_of_all(&self) -> WebhookId {
        self.hook("all", "http://127.0.0.1:1/", &Event::ALL)
    }

    /// A webhook that leads to this place, and a message for it.
    fn waiting(&self, url: &str) -> WebhookId {
        let id = self.hook(url, url, &Event::ALL);
        self.tell(id);
        id
    }

    fn tell(&self, id: WebhookId) {
        let news = message::test("ada@example.com", self.at(0)).unwrap();
        self.store.tell_webhook(id, &news, self.at(0)).unwrap();
    }

    /// What the page shows of a webhook.
    fn shown(&self, id: WebhookId) -> Webhook {
        let mut hooks = self.store.webhooks().unwrap().into_iter();
        hooks.find(|one| one.id == id).unwrap()
    }

    /// Who carries by these settings.
    fn courier(&self, config: &WebhookConfig) -> Courier {
        self.carrying_by(Poster::new(config).unwrap())
    }

    fn carrying_by(&self, poster: Poster) -> Courier {
        Courier::new(self.store.clone(), self.watch.clone(), poster)
    }

    /// A cluster's usage report, received then.
    fn reports(&self, product: &str, cluster: &str, at: Timestamp) {
        self.reports_late(product, cluster, at, None);
    }

    fn reports_late(&self, product: &str, cluster: &str, at: Timestamp, made: Option<Timestamp>) {
        let body = format!(r#"[{{"values":{{"cluster_id":"{cluster}","server_id":"s","n":1}}}}]"#);
        let report = NewReport {
            kind: Kind::Usage,
            product: product.into(),
            sender: Sender::default(),
            received_at: at,
            reported_at: made,
            idempotency: None,
            install_key: None,
            body: body.into_bytes(),
        };
        self.store.append(&[report]).unwrap();
        while self.store.apply().unwrap() > 0 {}
    }

    fn adopt(&self, product: &str) {
        self.adopt_at(product, self.began);
    }

    fn adopt_at(&self, product: &str, at: Timestamp) {
        self.store.adopt_products(&[product], at).unwrap();
    }

    /// Looks until there is nothing more.
    fn look(&self, at: Timestamp) {
        while self.watcher.look(at).unwrap() {}
    }

    /// What waits, as it would arrive; it has arrived then.
    fn told(&self) -> Vec<Value> {
        let mut told = Vec::new();
        let later = self.began + SignedDuration::from_hours(24 * 300);
        loop {
            let due = self.store.due_messages(later).unwrap();
            if due.is_empty() {
                return told;
            }
            for one in due {
                told.push(serde_json::from_str(&one.body).unwrap());
                self.store.message_delivered(one.id, later).unwrap();
            }
        }
    }

    /// The types and one field of the data of what waits.
    fn told_of(&self, field: &str) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
        let told = self.told().into_iter();
        told.map(|one| (text(&one["type"]), text(&one["data"][field])))
            .collect()
    }
}
