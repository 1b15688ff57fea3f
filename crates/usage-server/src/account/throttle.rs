//! Slows down who guesses passwords: counts attempts per account and per address, in memory,
//! within a bound. An attempt counts before it is checked, so that many at once gain nothing.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Attempts before the first wait. An address may be a whole office's.
const FREE_FOR_ACCOUNT: u32 = 5;
const FREE_FOR_ADDRESS: u32 = 20;
/// Doubled with each attempt after that.
const FIRST_WAIT: Duration = Duration::from_secs(15);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// After this long without an attempt all is forgotten.
const MEMORY: Duration = Duration::from_secs(3600);
/// Accounts and addresses remembered, each; beyond it the oldest are forgotten first.
const REMEMBERED: usize = 10_000;

/// Remembers who tried to sign in, and how often.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    attempts: Mutex<Attempts>,
}

#[derive(Debug, Default)]
struct Attempts {
    accounts: HashMap<String, Record>,
    addresses: HashMap<IpAddr, Record>,
}

#[derive(Debug, Clone, Copy)]
struct Record {
    count: u32,
    last: Instant,
    free_at: Instant,
}

impl Throttle {
    /// Counts an attempt; `Err` with the time to wait where there were too many.
    pub(crate) fn attempt(
        &self,
        email: &str,
        address: Option<IpAddr>,
        now: Instant,
    ) -> Result<(), Duration> {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let (email, address) = (account_key(email), address.map(network));
        let blocked = [
            attempts.accounts.get(&email),
            address.and_then(|address| attempts.addresses.get(&address)),
        ];
        let wait = blocked
            .into_iter()
            .flatten()
            .map(|r| r.free_at.saturating_duration_since(now))
            .max();
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        count(&mut attempts.accounts, email, FREE_FOR_ACCOUNT, now);
        if let Some(address) = address {
            count(&mut attempts.addresses, address, FREE_FOR_ADDRESS, now);
        }
        Ok(())
    }

    /// The right password: the account starts anew. The address doesn't, or one known account
    /// would open the way to guess at the others.
    pub(crate) fn succeeded(&self, email: &str) {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.accounts.remove(&account_key(email));
    }
}

fn count<K: Hash + Eq + Clone>(records: &mut HashMap<K, Record>, key: K, free: u32, now: Instant) {
    if records.len() >= REMEMBERED && !records.contains_key(&key) {
        forget_some(records, now);
    }
    let record = records.entry(key).or_insert(Record {
        count: 0,
        last: now,
        free_at: now,
    });
    if now.saturating_duration_since(record.last) > MEMORY {
        record.count = 0;
    }
    record.count = record.count.saturating_add(1);
    record.last = now;
    if record.count >= free {
        let doublings = (record.count - free).min(10);
        record.free_at = now + (FIRST_WAIT * 2_u32.pow(doublings)).min(LONGEST_WAIT);
    }
}

/// Makes room: what is old goes; if nothing is, the half that was seen longest ago.
fn forget_some<K: Hash + Eq + Clone>(records: &mut HashMap<K, Record>, now: Instant) {
    records.retain(|_, record| now.saturating_duration_since(record.last) <= MEMORY);
    if records.len() >= REMEMBERED {
        let mut seen: Vec<Instant> = records.values().map(|record| record.last).collect();
        seen.sort_unstable();
        let median = seen.get(seen.len() / 2).copied().unwrap_or(now);
        records.retain(|_, record| record.last > median);
    }
}

/// Addresses are one without regard to case. Whatever is typed, the key stays short.
fn account_key(email: &str) -> String {
    email
        .trim()
        .chars()
        .take(256)
        .flat_map(char::to_lowercase)
        .collect()
}

/// A customer's IPv6 network is a /64: one sender.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u128) -> Option<IpAddr> {
        Some(IpAddr::V6(Ipv6Addr::from(n << 64)))
    }

    #[test]
    fn after_five_attempts_an_account_waits_longer_each_time() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for n in 0..5 {
            throttle
                .attempt("Ada@Example.com", address(n), now)
                .unwrap();
        }
        let wait = throttle
            .attempt("ada@example.com ", address(9), now)
            .unwrap_err();
        assert_eq!(wait, Duration::from_secs(15));
        let later = now + wait;
        throttle
            .attempt("ada@example.com", address(9), later)
            .unwrap();
        let wait = throttle
            .attempt("ada@example.com", address(9), later)
            .unwrap_err();
        assert_eq!(wait, Duration::from_secs(30));
        throttle
            .attempt("grace@example.com", address(9), later)
            .unwrap();
    }

    #[test]
    fn an_address_that_tries_many_accounts_waits_too() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for n in 0..20 {
            throttle
                .attempt(&format!("{n}@example.com"), address(1), now)
                .unwrap();
        }
        assert!(throttle.attempt("21@example.com", address(1), now).is_err());
        throttle.attempt("21@example.com", address(2), now).unwrap();
    }

    #[test]
    fn success_and_time_forgive() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for _ in 0..4 {
            throttle.attempt("ada@example.com", None, now).unwrap();
        }
        throttle.succeeded("ADA@example.com");
        for _ in 0..5 {
            throttle.attempt("ada@example.com", None, now).unwrap();
        }
        assert!(throttle.attempt("ada@example.com", None, now).is_err());
        let next_day = now + Duration::from_secs(86_400);
        for _ in 0..5 {
            throttle.attempt("ada@example.com", None, next_day).unwrap();
        }
    }

    #[test]
    fn memory_has_a_bound() {
        let throttle = Throttle::default();
        let start = Instant::now();
        for n in 0..30_000_u64 {
            let now = start + Duration::from_millis(n);
            throttle
                .attempt(&format!("{n}@example.com"), address(u128::from(n)), now)
                .unwrap();
        }
        let attempts = throttle.attempts.lock().unwrap();
        assert!(attempts.accounts.len() <= REMEMBERED && attempts.addresses.len() <= REMEMBERED);
    }
}
