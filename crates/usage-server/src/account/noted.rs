//! Which sign-ins, sign-outs and exports go into the audit log: so many an hour of each account or key, so that
//! a program that comes all day doesn't make the log grow without end. What is remembered ends with the hour.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::NOTED_PER_HOUR;

const HOUR: Duration = Duration::from_secs(3600);

/// How many each has had in the hour that began then.
#[derive(Debug)]
pub(crate) struct Noted<Who> {
    hour: Mutex<Option<(Instant, HashMap<Who, u32>)>>,
}

impl<Who> Default for Noted<Who> {
    fn default() -> Noted<Who> {
        Noted {
            hour: Mutex::default(),
        }
    }
}

impl<Who: Eq + Hash> Noted<Who> {
    /// Counts one more; whether it is to be noted.
    pub(crate) fn allows(&self, who: Who, now: Instant) -> bool {
        let mut hour = self.hour.lock().unwrap_or_else(PoisonError::into_inner);
        let over = |begun: &Instant| now.saturating_duration_since(*begun) >= HOUR;
        if hour.as_ref().is_none_or(|(begun, _)| over(begun)) {
            *hour = None;
        }
        let (_, counts) = hour.get_or_insert_with(|| (now, HashMap::new()));
        let count = counts.entry(who).or_default();
        *count = count.saturating_add(1);
        *count <= NOTED_PER_HOUR
    }
}

#[cfg(test)]
mod tests {
    use usage_store::registry::AccountId;

    use super::*;

    #[test]
    fn each_account_is_noted_so_often_in_an_hour() {
        let (noted, now) = (Noted::default(), Instant::now());
        let (ada, bob) = (AccountId(1), AccountId(2));
        for _ in 0..NOTED_PER_HOUR {
            assert!(noted.allows(ada, now));
        }
        assert!(!noted.allows(ada, now));
        assert!(noted.allows(bob, now));
        assert!(!noted.allows(ada, now + HOUR / 2));
        assert!(noted.allows(ada, now + HOUR));
    }
}
