//! How many letters one address gets: nobody may have us fill a stranger's mailbox. What is remembered
//! begins anew each hour.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::limits::{MAIL_ADDRESSES_PER_HOUR_MAX, MAIL_PER_ADDRESS_AND_HOUR_MAX};

const HOUR: Duration = Duration::from_secs(3600);

/// Letters to each address in the hour that began then.
#[derive(Default)]
pub(super) struct Bounds {
    since: Option<Instant>,
    counts: HashMap<String, u32>,
}

impl Bounds {
    /// Counts one more; whether it may be sent.
    pub(super) fn allow(&mut self, email: &str, now: Instant) -> bool {
        let over = |since: Instant| now.saturating_duration_since(since) >= HOUR;
        if self.since.is_none_or(over) {
            self.since = Some(now);
            self.counts.clear();
        }
        if self.counts.len() >= MAIL_ADDRESSES_PER_HOUR_MAX && !self.counts.contains_key(email) {
            return false;
        }
        let count = self.counts.entry(email.to_owned()).or_default();
        *count = count.saturating_add(1);
        *count <= MAIL_PER_ADDRESS_AND_HOUR_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_a_few_letters_an_hour() {
        let (mut bounds, now) = (Bounds::default(), Instant::now());
        for _ in 0..MAIL_PER_ADDRESS_AND_HOUR_MAX {
            assert!(bounds.allow("ada@example.com", now));
        }
        assert!(!bounds.allow("ada@example.com", now));
        assert!(bounds.allow("bob@example.com", now));
        assert!(bounds.allow("ada@example.com", now + HOUR));
    }

    #[test]
    fn so_many_addresses_and_no_more() {
        let (mut bounds, now) = (Bounds::default(), Instant::now());
        for n in 0..MAIL_ADDRESSES_PER_HOUR_MAX {
            assert!(bounds.allow(&format!("{n}@example.com"), now));
        }
        assert!(!bounds.allow("ada@example.com", now));
        assert!(bounds.allow("0@example.com", now));
    }
}
