//! Webhooks themselves. Their secrets are kept readable: messages are signed with them.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::limits::WEBHOOKS_MAX;
use super::news;
use crate::registry::audit;
use crate::sqlite::{millis, sql, timestamp};
use crate::{Error, Result, Store};

/// A webhook's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebhookId(pub i64);

/// What a webhook may hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A cluster reported for the first time.
    ClusterFirstReport,
    /// A cluster has gone silent.
    ClusterSilent,
    /// There is a new organization.
    OrganizationRegistered,
    /// Much is refused.
    QuarantineGrowing,
    /// Somebody tries whether it works.
    Test,
}

impl Event {
    /// Those that happen, as they are offered.
    pub const ALL: [Event; 4] = [
        Event::ClusterFirstReport,
        Event::ClusterSilent,
        Event::OrganizationRegistered,
        Event::QuarantineGrowing,
    ];

    /// Its name in messages and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Event::ClusterFirstReport => "cluster.first_report",
            Event::ClusterSilent => "cluster.silent",
            Event::OrganizationRegistered => "organization.registered",
            Event::QuarantineGrowing => "quarantine.growing",
            Event::Test => "webhook.test",
        }
    }

    /// The event of this name.
    pub fn named(name: &str) -> Option<Event> {
        Event::ALL.into_iter().find(|event| event.name() == name)
    }

    pub(super) fn code(self) -> u8 {
        match self {
            Event::ClusterFirstReport => 1,
            Event::ClusterSilent => 2,
            Event::OrganizationRegistered => 4,
            Event::QuarantineGrowing => 8,
            Event::Test => 0,
        }
    }

    pub(super) fn of_code(code: u8) -> Event {
        let found = Event::ALL.into_iter().find(|event| event.code() == code);
        found.unwrap_or(Event::Test)
    }
}

/// Some events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Events(u8);

impl Events {
    /// Whether this is one of them.
    pub fn have(self, event: Event) -> bool {
        self.0 & event.code() != 0
    }

    pub(super) fn of_bits(bits: u8) -> Events {
        Events(bits)
    }

    pub(super) fn and(self, others: Events) -> Events {
        Events(self.0 | others.0)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their names, as `cluster.silent, quarantine.growing`.
    pub fn names(self) -> String {
        let held = Event::ALL.iter().filter(|event| self.have(**event));
        let names: Vec<&str> = held.map(|event| event.name()).collect();
        names.join(", ")
    }
}

impl FromIterator<Event> for Events {
    fn from_iter<I: IntoIterator<Item = Event>>(events: I) -> Events {
        let codes = events.into_iter().map(Event::code);
        Events(codes.fold(0, |all, code| all | code))
    }
}

/// A webhook to be added.
#[derive(Clone, Copy)]
pub struct NewWebhook<'a> {
    /// What people call it.
    pub name: &'a str,
    /// Where messages are posted to.
    pub url: &'a str,
    /// What they are signed with.
    pub secret: &'a [u8],
    /// What it hears of.
    pub events: Events,
    /// Who adds it: an operator's address, or the command line.
    pub by: &'a str,
}

/// A webhook as operators are shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The id.
    pub id: WebhookId,
    /// What people call it.
    pub name: String,
    /// Where messages are posted to.
    pub url: String,
    /// What it hears of.
    pub events: Events,
    /// Who added it.
    pub made_by: String,
    /// When.
    pub created_at: Timestamp,
    /// How many messages arrived.
    pub delivered: u64,
    /// When the last one did.
    pub delivered_at: Option<Timestamp>,
    /// When an attempt failed last.
    pub failed_at: Option<Timestamp>,
    /// Why.
    pub last_error: Option<String>,
    /// Messages that there was no room for.
    pub dropped: u64,
    /// Messages that wait.
    pub waiting: u64,
    /// Messages that were given up and are still shown.
    pub given_up: u64,
}

impl Webhook {
    fn read(row: &Row<'_>) -> rusqlite::Result<Webhook> {
        let at = |column| -> rusqlite::Result<Option<Timestamp>> {
            Ok(row.get::<_, Option<i64>>(column)?.map(timestamp))
        };
        let count = |column| -> rusqlite::Result<u64> { Ok(row.get::<_, i64>(column)? as u64) };
        Ok(Webhook {
            id: WebhookId(row.get(0)?),
            name: row.get(1)?,
            url: row.get(2)?,
            events: Events(row.get(3)?),
            made_by: row.get(4)?,
            created_at: timestamp(row.get(5)?),
            delivered: count(6)?,
            delivered_at: at(7)?,
            failed_at: at(8)?,
            last_error: row.get(9)?,
            dropped: count(10)?,
            waiting: count(11)?,
            given_up: count(12)?,
        })
    }
}

fn find(db: &Connection, name: &str) -> Result<Option<WebhookId>> {
    Ok(db
        .prepare_cached(sql!("webhook/named"))?
        .query_row([name], |row| row.get(0).map(WebhookId))
        .optional()?)
}

fn add(db: &Connection, new: &NewWebhook<'_>, now: Timestamp) -> Result<WebhookId> {
    let there: u32 = db
        .prepare_cached(sql!("webhook/count"))?
        .query_row([], |row| row.get(0))?;
    if there >= WEBHOOKS_MAX {
        return Err(Error::TooMany {
            what: "webhooks",
            most: WEBHOOKS_MAX,
        });
    }
    if find(db, new.name)?.is_some() {
        return Err(Error::Taken("webhook name"));
    }
    db.prepare_cached(sql!("webhook/add"))?.execute(params![
        new.name,
        new.url,
        new.secret,
        new.events.0,
        new.by,
        millis(now),
    ])?;
    let id = WebhookId(db.last_insert_rowid());
    // Not where it leads: an address may have a secret in its path.
    let subject = format!("{}: {}", new.name, new.events.names());
    audit::write(db, now, new.by, "add webhook", &subject)?;
    Ok(id)
}

/// Webhooks.
impl Store {
    /// Adds a webhook, which hears of what happens from now on. `Error::Taken("webhook name")`.
    pub fn add_webhook(&self, new: &NewWebhook<'_>, now: Timestamp) -> Result<WebhookId> {
        let ends = self.readers.read(news::ends)?;
        self.write(|db| {
            let id = add(db, new, now)?;
            db.prepare_cached(sql!("webhook/begin_watch"))?
                .execute(params![
                    ends.clusters,
                    ends.organizations,
                    ends.refused,
                    millis(now)
                ])?;
            Ok(id)
        })
    }

    /// All webhooks, by name.
    pub fn webhooks(&self) -> Result<Vec<Webhook>> {
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("webhook/all"))?
                .query_map([], Webhook::read)?
                .collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The webhook of this name; `Error::NotFound` where there is none.
    pub fn webhook_named(&self, name: &str) -> Result<WebhookId> {
        let found = self.readers.read(|db| find(db, name))?;
        found.ok_or_else(|| Error::NotFound(format!("the webhook {name:?}")))
    }

    /// Removes a webhook, and what waits for it; `Error::NotFound` where there is none.
    pub fn remove_webhook(&self, id: WebhookId, by: &str, now: Timestamp) -> Result<()> {
        self.write(|db| {
            db.prepare_cached(sql!("webhook/remove_messages"))?
                .execute([id.0])?;
            let name: Option<String> = db
                .prepare_cached(sql!("webhook/remove"))?
                .query_row([id.0], |row| row.get(0))
                .optional()?;
            let name = name.ok_or_else(|| Error::NotFound("this webhook".to_owned()))?;
            db.prepare_cached(sql!("webhook/end_watch"))?.execute([])?;
            audit::write(db, now, by, "remove webhook", &name)
        })
    }
}
