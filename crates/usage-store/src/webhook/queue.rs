//! Messages to webhooks: they wait until they have arrived or are given up.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::hooks::{Event, WebhookId};
use super::limits::{ERROR_MAX_BYTES, GIVEN_UP_KEPT_MILLIS, GIVEN_UP_MAX, WAITING_MAX};
use super::news::{self, Watched};
use crate::sqlite::{millis, sql, timestamp};
use crate::{Error, Result, Store};

/// Something that webhooks are to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// What happened.
    pub event: Event,
    /// What receivers know the message by.
    pub message: String,
    /// The message, as it is posted.
    pub body: String,
}

/// A message that is due.
#[derive(Clone, PartialEq, Eq)]
pub struct Due {
    /// Its number.
    pub id: i64,
    /// Who it is for.
    pub webhook: WebhookId,
    /// Where that is.
    pub url: String,
    /// What it is signed with.
    pub secret: Vec<u8>,
    /// What the receiver knows it by.
    pub message: String,
    /// What is posted.
    pub body: String,
    /// Since when it waits.
    pub created_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// Its number.
    pub id: i64,
    /// Who it was for.
    pub webhook: String,
    /// What happened.
    pub event: Event,
    /// What was posted.
    pub body: String,
    /// Since when it waited.
    pub created_at: Timestamp,
    /// When it was given up.
    pub given_up_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// What the last attempt came to.
    pub last_error: String,
}

/// Puts a message into a webhook's queue; whether there was room.
fn add(db: &Connection, webhook: WebhookId, news: &News, now: Timestamp) -> Result<bool> {
    let waiting: u32 = db
        .prepare_cached(sql!("webhook/count_waiting"))?
        .query_row([webhook.0], |row| row.get(0))?;
    if waiting >= WAITING_MAX {
        db.prepare_cached(sql!("webhook/drop"))?
            .execute([webhook.0])?;
        return Ok(false);
    }
    db.prepare_cached(sql!("webhook/add_message"))?
        .execute(params![
            webhook.0,
            news.message,
            news.event.code(),
            news.body,
            millis(now)
        ])?;
    Ok(true)
}

/// What is about an erased cluster goes; `id` as JSON writes it.
pub(crate) fn forget(db: &Connection, id: &str) -> Result<()> {
    db.prepare_cached(sql!("webhook/forget"))?.execute([id])?;
    Ok(())
}

/// Messages.
impl Store {
    /// Puts news into the queues of those who hear of them, and notes up to where it is decided: both or
    /// neither. Returns how many messages were dropped, as there was no room.
    pub fn tell_webhooks(&self, news: &[News], watched: &Watched, now: Timestamp) -> Result<u64> {
        self.write(|db| {
            let mut dropped = 0;
            for one in news {
                let hearing = db
                    .prepare_cached(sql!("webhook/hearing"))?
                    .query_map([one.event.code()], |row| row.get(0).map(WebhookId))?
                    .collect::<rusqlite::Result<Vec<_>>>()?;
                for webhook in hearing {
                    dropped += u64::from(!add(db, webhook, one, now)?);
                }
            }
            news::note(db, watched)?;
            Ok(dropped)
        })
    }

    /// Puts a message into one webhook's queue, whatever it hears of; `Error::NotFound` where there is none.
    pub fn tell_webhook(&self, id: WebhookId, news: &News, now: Timestamp) -> Result<()> {
        match self.webhooks()?.iter().any(|one| one.id == id) {
            true => self.write(|db| add(db, id, news, now).map(drop)),
            false => Err(Error::NotFound("this webhook".to_owned())),
        }
    }

    /// Of each webhook the message that is due for the longest.
    pub fn due_messages(&self, now: Timestamp) -> Result<Vec<Due>> {
        self.readers.read(|db| {
            let mut query = db.prepare_cached(sql!("webhook/due"))?;
            let due = query.query_map([millis(now)], |row| {
                Ok(Due {
                    id: row.get(0)?,
                    webhook: WebhookId(row.get(1)?),
                    url: row.get(2)?,
                    secret: row.get(3)?,
                    message: row.get(4)?,
                    body: row.get(5)?,
                    created_at: timestamp(row.get(6)?),
                    attempts: row.get(7)?,
                })
            })?;
            Ok(due.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A message has arrived.
    pub fn message_delivered(&self, id: i64, now: Timestamp) -> Result<()> {
        self.write(|db| {
            let webhook: Option<i64> = db
                .prepare_cached(sql!("webhook/delivered"))?
                .query_row([id], |row| row.get(0))
                .optional()?;
            db.prepare_cached(sql!("webhook/note_delivered"))?
                .execute(params![webhook, millis(now)])?;
            Ok(())
        })
    }

    /// An attempt failed: the next one is due at `next`, or the message is given up.
    pub fn message_failed(
        &self,
        id: i64,
        error: &str,
        next: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<()> {
        let mut kept = error.len().min(ERROR_MAX_BYTES);
        while !error.is_char_boundary(kept) {
            kept -= 1;
        }
        let (error, now) = (&error[..kept], millis(now));
        self.write(|db| {
            let given_up = next.is_none().then_some(now);
            let webhook: Option<i64> = db
                .prepare_cached(sql!("webhook/failed"))?
                .query_row(
                    params![id, error, next.map_or(now, millis), given_up],
                    |row| row.get(0),
                )
                .optional()?;
            db.prepare_cached(sql!("webhook/note_failed"))?
                .execute(params![webhook, now, error])?;
            db.prepare_cached(sql!("webhook/trim_given_up"))?
                .execute(params![webhook, GIVEN_UP_MAX, now - GIVEN_UP_KEPT_MILLIS])?;
            Ok(())
        })
    }

    /// What was given up, the newest first.
    pub fn given_up_messages(&self, limit: usize) -> Result<Vec<GivenUp>> {
        self.readers.read(|db| {
            let mut query = db.prepare_cached(sql!("webhook/given_up"))?;
            let found = query.query_map([limit as i64], |row| {
                Ok(GivenUp {
                    id: row.get(0)?,
                    webhook: row.get(1)?,
                    event: Event::of_code(row.get(2)?),
                    body: row.get(3)?,
                    created_at: timestamp(row.get(4)?),
                    given_up_at: timestamp(row.get(5)?),
                    attempts: row.get(6)?,
                    last_error: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
                })
            })?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A message that was given up waits again; whether there was such a one.
    pub fn try_message_again(&self, id: i64, now: Timestamp) -> Result<bool> {
        self.write(|db| {
            let again = db
                .prepare_cached(sql!("webhook/try_again"))?
                .execute(params![id, millis(now)])?;
            Ok(again == 1)
        })
    }
}
