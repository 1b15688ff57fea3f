//! Carries what is due: of each webhook one message at a time, all webhooks at once, so that one which doesn't
//! answer holds up nobody. What failed is due again later; what failed for long is given up and shown.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use usage_store::Store;
use usage_store::webhook::{Due, WebhookId};

use super::Failure;
use super::limits::{GIVE_UP_AFTER_HOURS, REST_BASE, REST_MAX, WAITS};
use super::post::Poster;
use crate::watch::Watch;

pub(super) struct Courier {
    store: Arc<Store>,
    watch: Arc<Watch>,
    poster: Poster,
    resting: HashMap<WebhookId, Rest>,
    /// The unit of a webhook's rest.
    rest_base: Duration,
}

/// A webhook that failed.
struct Rest {
    until: Instant,
    failures: u32,
}

impl Courier {
    pub(super) fn new(store: Arc<Store>, watch: Arc<Watch>, poster: Poster) -> Courier {
        Courier {
            store,
            watch,
            poster,
            resting: HashMap::new(),
            rest_base: REST_BASE,
        }
    }

    /// Without rests, for tests.
    #[cfg(test)]
    pub(super) fn restless(self) -> Courier {
        Courier {
            rest_base: Duration::ZERO,
            ..self
        }
    }

    /// Tries what is due; whether something arrived, so that there may be more.
    pub(super) fn carry(&mut self, now: Timestamp) -> Result<bool, Failure> {
        let began = Instant::now();
        let mut due = self.store.due_messages(now)?;
        due.retain(|one| {
            let rest = self.resting.get(&one.webhook);
            rest.is_none_or(|rest| rest.until <= began)
        });
        let poster = &self.poster;
        let tried: Vec<(Due, Result<(), String>)> = std::thread::scope(|scope| {
            let posts = due.into_iter().map(|one| {
                scope.spawn(move || {
                    let went = poster.post(&one, now);
                    (one, went)
                })
            });
            let posts: Vec<_> = posts.collect();
            // A post that panicked has said so; its message stays due.
            posts
                .into_iter()
                .filter_map(|post| post.join().ok())
                .collect()
        });
        let mut arrived = false;
        for (one, went) in tried {
            arrived |= went.is_ok();
            self.note(&one, went, now)?;
        }
        Ok(arrived)
    }

    fn note(&mut self, one: &Due, went: Result<(), String>, now: Timestamp) -> Result<(), Failure> {
        let Err(cause) = went else {
            self.resting.remove(&one.webhook);
            self.watch.webhooks.delivered.inc();
            return Ok(self.store.message_delivered(one.id, now)?);
        };
        self.watch.webhooks.failed.inc();
        let failures = self
            .resting
            .get(&one.webhook)
            .map_or(0, |rest| rest.failures);
        let doubled = self
            .rest_base
            .saturating_mul(2_u32.saturating_pow(failures));
        let rest = Rest {
            until: Instant::now() + doubled.min(REST_MAX),
            failures: failures.saturating_add(1),
        };
        self.resting.insert(one.webhook, rest);
        let next = next_attempt(one, now);
        tracing::debug!(
            webhook = one.webhook.0,
            cause,
            "a webhook's message was not taken"
        );
        if next.is_none() {
            self.watch.webhooks.given_up.inc();
            tracing::warn!(
                webhook = one.webhook.0,
                attempts = one.attempts + 1,
                "a webhook's message is given up; the page of webhooks shows it and why"
            );
        }
        Ok(self.store.message_failed(one.id, &cause, next, now)?)
    }
}

/// When a message that failed once more is due again; `None` where it is given up.
fn next_attempt(one: &Due, now: Timestamp) -> Option<Timestamp> {
    let wait = WAITS.get(one.attempts as usize)?;
    // So that what failed together doesn't come back together.
    let drawn = getrandom::u32().map_or(0.5, |drawn| f64::from(drawn) / f64::from(u32::MAX));
    let wait = SignedDuration::try_from(wait.mul_f64(1.0 + drawn / 10.0)).ok()?;
    let next = now.checked_add(wait).ok()?;
    let end = one
        .created_at
        .checked_add(SignedDuration::from_hours(GIVE_UP_AFTER_HOURS));
    (next <= end.unwrap_or(Timestamp::MAX)).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(attempts: u32, created_at: &str) -> Due {
        Due {
            id: 1,
            webhook: WebhookId(1),
            url: "http://127.0.0.1:1/".to_owned(),
            secret: vec![1],
            message: "msg_1".to_owned(),
            body: "{}".to_owned(),
            created_at: created_at.parse().unwrap(),
            attempts,
        }
    }

    #[test]
    fn a_message_is_tried_for_more_than_a_day_and_then_given_up() {
        let mut now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let began = now;
        let mut attempts = 0;
        while let Some(next) = next_attempt(&due(attempts, "2026-11-22T12:00:00Z"), now) {
            assert!(next > now);
            (now, attempts) = (next, attempts + 1);
        }
        assert_eq!(attempts, WAITS.len() as u32);
        let hours = now.duration_since(began).as_hours();
        assert!((31..=36).contains(&hours), "{hours}");
        let old = due(0, "2026-11-19T12:00:00Z");
        assert_eq!(next_attempt(&old, began), None, "no news any more");
    }
}
