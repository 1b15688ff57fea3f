//! Sign-ups that wait for the link in a mail to be opened. In memory only, within a bound: after a restart
//! one signs up again.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::account::Secret;
use crate::limits::SIGN_UPS_WAITING_MAX;

/// Long enough for slow mail.
const WAITS_FOR: Duration = Duration::from_secs(24 * 3600);

/// Somebody who says that this is their address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) email: String,
    /// Where to go afterwards.
    pub(crate) next: String,
    /// The code of the invitation they hold.
    pub(crate) invitation: Option<String>,
}

/// All that wait, the oldest first. Past the bound that one has to sign up again.
#[derive(Default)]
pub(crate) struct SignUps(Mutex<VecDeque<(Secret, Pending, Instant)>>);

impl SignUps {
    pub(super) fn keep(&self, secret: &Secret, pending: Pending, now: Instant) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(_, _, since)| now.saturating_duration_since(*since) < WAITS_FOR);
        if waiting.len() >= SIGN_UPS_WAITING_MAX {
            waiting.pop_front();
        }
        waiting.push_back((secret.clone(), pending, now));
    }

    /// Whose link this is, while it works.
    pub(crate) fn find(&self, code: &str, now: Instant) -> Option<Pending> {
        let code = Secret::parse(code)?;
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = waiting.iter().find(|(secret, _, since)| {
            secret.same_as(&code) && now.saturating_duration_since(*since) < WAITS_FOR
        });
        found.map(|(_, pending, _)| pending.clone())
    }

    /// The link was used.
    pub(crate) fn end(&self, code: &str) {
        if let Some(code) = Secret::parse(code) {
            let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.retain(|(secret, _, _)| !secret.same_as(&code));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Pending {
        Pending {
            email: "ada@example.com".to_owned(),
            next: "/".to_owned(),
            invitation: None,
        }
    }

    #[test]
    fn a_link_works_until_it_is_used_or_old() {
        let (sign_ups, now) = (SignUps::default(), Instant::now());
        let (one, another) = (Secret::random().unwrap(), Secret::random().unwrap());
        sign_ups.keep(&one, ada(), now);
        assert_eq!(sign_ups.find(&one.text(), now), Some(ada()));
        assert_eq!(sign_ups.find(&another.text(), now), None);
        assert_eq!(sign_ups.find("guess", now), None);
        assert_eq!(sign_ups.find(&one.text(), now + WAITS_FOR), None);
        sign_ups.end(&one.text());
        assert_eq!(sign_ups.find(&one.text(), now), None);
    }

    #[test]
    fn what_waits_has_a_bound() {
        let (sign_ups, now) = (SignUps::default(), Instant::now());
        for _ in 0..SIGN_UPS_WAITING_MAX + 10 {
            sign_ups.keep(&Secret::random().unwrap(), ada(), now);
        }
        assert_eq!(sign_ups.0.lock().unwrap().len(), SIGN_UPS_WAITING_MAX);
    }
}
