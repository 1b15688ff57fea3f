//! Secrets that a page shows once: drawn by a form, they wait here for the page that the browser is
//! sent to next. So a reload draws no second one, and no address has a secret in it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use usage_store::registry::SessionId;

/// How long a secret waits: a browser follows at once.
const WAITS_FOR: Duration = Duration::from_secs(300);

/// Secrets that wait, of all browsers; past this the oldest goes unseen, and is drawn again.
const WAITING_MAX: usize = 1_000;

/// What a secret is for: its kind, and the id of what it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Once {
    /// A token.
    Token(i64),
    /// An API key.
    ApiKey(i64),
    /// A webhook's, for its receiver.
    Webhook(i64),
    /// An invitation.
    Invitation(i64),
    /// An operator's invitation to be one, and to sign up.
    ToOperators,
    ToCustomer,
    /// A link to choose a password, of an account.
    Reset(i64),
}

struct Waiting {
    session: SessionId,
    of: Once,
    secret: String,
    since: Instant,
}

/// The secrets that wait.
#[derive(Default)]
pub(crate) struct ShownOnce(Mutex<VecDeque<Waiting>>);

impl ShownOnce {
    /// Keeps a secret for the browser that had it drawn.
    pub(crate) fn keep(&self, session: SessionId, of: Once, secret: String, now: Instant) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |one: &Waiting| one.session == session && one.of == of;
        waiting.retain(|one| now.saturating_duration_since(one.since) < WAITS_FOR && !same(one));
        if waiting.len() >= WAITING_MAX {
            waiting.pop_front();
        }
        waiting.push_back(Waiting {
            session,
            of,
            secret,
            since: now,
        });
    }

    /// Hands it out, once, and to that browser only.
    pub(crate) fn take(&self, session: SessionId, of: Once, now: Instant) -> Option<String> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|one| now.saturating_duration_since(one.since) < WAITS_FOR);
        let at = waiting
            .iter()
            .position(|one| one.session == session && one.of == of)?;
        waiting.remove(at).map(|one| one.secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_once_and_to_who_had_it_drawn() {
        let (shown, now) = (ShownOnce::default(), Instant::now());
        let (me, another) = (SessionId(1), SessionId(2));
        shown.keep(me, Once::Token(7), "secret".to_owned(), now);
        assert_eq!(shown.take(another, Once::Token(7), now), None);
        assert_eq!(shown.take(me, Once::Invitation(7), now), None);
        let taken = shown.take(me, Once::Token(7), now);
        assert_eq!(taken.as_deref(), Some("secret"));
        assert_eq!(shown.take(me, Once::Token(7), now), None);
        for text in ["first", "second"] {
            shown.keep(me, Once::ToOperators, text.to_owned(), now);
        }
        let taken = shown.take(me, Once::ToOperators, now);
        assert_eq!(taken.as_deref(), Some("second"), "the last one made");
        assert_eq!(shown.take(me, Once::ToOperators, now), None);
    }

    #[test]
    fn secrets_that_nobody_fetches_are_forgotten() {
        let (shown, now) = (ShownOnce::default(), Instant::now());
        shown.keep(SessionId(1), Once::Token(0), "old".to_owned(), now);
        let later = now + WAITS_FOR;
        assert_eq!(shown.take(SessionId(1), Once::Token(0), later), None);
        for id in 0..=WAITING_MAX as i64 {
            shown.keep(SessionId(1), Once::Token(id), "some".to_owned(), later);
        }
        assert_eq!(shown.take(SessionId(1), Once::Token(0), later), None);
        assert!(shown.take(SessionId(1), Once::Token(1), later).is_some());
    }
}
