//! Slows down who guesses passwords: counts attempts in memory, within a bound. An attempt counts
//! before it is checked, so that many at once gain nothing.
//!
//! A stranger must not be able to keep an account's owner out by guessing. So what waits is a network:
//! for one account after a few attempts, for all accounts after some more. Guesses from many networks
//! are slowed down per account, too, but only from networks from which nobody has signed in to it
//! lately. What is left to such a crowd is one guess every [`CROWD_WAIT`]; and an owner on a new network,
//! while that goes on, may have to try again a few times.
//!
//! A restart forgets it all, which is meant: no sender's address is written to a disk, and who guesses can't
//! restart the server. What they gain by a restart is the free attempts once more.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Attempts of a network before the first wait, at one account and at all. It may be a whole office's.
const FREE_AT_ACCOUNT: u32 = 5;
const FREE_OF_NETWORK: u32 = 20;
/// Accounts that a network may make, or try to, before the first wait.
const FREE_SIGN_UPS: u32 = 10;
/// Attempts at an account from everywhere: as many as NIST SP 800-63B allows one after the other.
const FREE_OF_CROWD: u32 = 100;
/// Doubled with each attempt after that; for a crowd it stays.
const FIRST_WAIT: Duration = Duration::from_secs(15);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
const CROWD_WAIT: Duration = Duration::from_secs(15);
/// After this long without an attempt all is forgotten.
const MEMORY: Duration = Duration::from_secs(3600);
/// How long a network is one's own after signing in from it.
const FAMILIAR: Duration = Duration::from_secs(30 * 24 * 3600);
/// Remembered of each kind; beyond it the oldest are forgotten first.
const REMEMBERED: usize = 10_000;

/// An account as somebody typed its address, and the network they are in.
type Place = (String, Option<IpAddr>);

/// Remembers who tried to sign in, and how often.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    attempts: Mutex<Attempts>,
}

#[derive(Debug, Default)]
struct Attempts {
    places: HashMap<Place, Record>,
    networks: HashMap<IpAddr, Record>,
    crowds: HashMap<String, Record>,
    sign_ups: HashMap<IpAddr, Record>,
    familiar: HashMap<Place, Record>,
}

#[derive(Debug, Clone, Copy)]
struct Record {
    count: u32,
    last: Instant,
    free_at: Instant,
}

impl Throttle {
    /// Counts an attempt to sign in; `Err` with the time to wait where there were too many.
    pub(crate) fn attempt(
        &self,
        email: &str,
        address: Option<IpAddr>,
        now: Instant,
    ) -> Result<(), Duration> {
        let mut attempts = self.lock();
        let (email, network) = (account_key(email), address.map(network));
        let place = (email.clone(), network);
        let familiar = attempts.familiar.get(&place);
        let familiar = familiar.is_some_and(|seen| now.duration_since(seen.last) <= FAMILIAR);
        let crowd = attempts.crowds.get(&email).filter(|_| !familiar);
        let of_network = network.and_then(|network| attempts.networks.get(&network));
        waited([attempts.places.get(&place), crowd, of_network], now)?;
        count(
            &mut attempts.places,
            place,
            FREE_AT_ACCOUNT,
            LONGEST_WAIT,
            now,
        );
        if let Some(network) = network {
            count(
                &mut attempts.networks,
                network,
                FREE_OF_NETWORK,
                LONGEST_WAIT,
                now,
            );
        }
        if !familiar {
            count(&mut attempts.crowds, email, FREE_OF_CROWD, CROWD_WAIT, now);
        }
        Ok(())
    }

    /// The right password: the account starts anew, and the network is its owner's. What the network did
    /// elsewhere isn't forgotten, or one known account would open the way to guess at the others.
    pub(crate) fn succeeded(&self, email: &str, address: Option<IpAddr>, now: Instant) {
        let mut attempts = self.lock();
        let place = (account_key(email), address.map(network));
        attempts.crowds.remove(&place.0);
        attempts.places.remove(&place);
        count(&mut attempts.familiar, place, u32::MAX, Duration::ZERO, now);
    }

    /// Counts an attempt to make an account; `Err` with the time to wait where there were too many.
    pub(crate) fn sign_up(&self, address: Option<IpAddr>, now: Instant) -> Result<(), Duration> {
        let Some(network) = address.map(network) else {
            return Ok(());
        };
        let mut attempts = self.lock();
        waited([attempts.sign_ups.get(&network)], now)?;
        count(
            &mut attempts.sign_ups,
            network,
            FREE_SIGN_UPS,
            LONGEST_WAIT,
            now,
        );
        Ok(())
    }

    /// What was begun went well: the network starts anew with those.
    pub(crate) fn went_well(&self, address: Option<IpAddr>) {
        if let Some(network) = address.map(network) {
            self.lock().sign_ups.remove(&network);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `Err` with the longest of the times that are still to be waited.
fn waited<const N: usize>(records: [Option<&Record>; N], now: Instant) -> Result<(), Duration> {
    let left = records.into_iter().flatten();
    let left = left.map(|record| record.free_at.saturating_duration_since(now));
    match left.max().filter(|wait| !wait.is_zero()) {
        Some(wait) => Err(wait),
        None => Ok(()),
    }
}

fn count<K: Hash + Eq>(
    records: &mut HashMap<K, Record>,
    key: K,
    free: u32,
    longest: Duration,
    now: Instant,
) {
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
        record.free_at = now + (FIRST_WAIT * 2_u32.pow(doublings)).min(longest);
    }
}

/// Makes room: the half that was seen longest ago goes.
fn forget_some<K: Hash + Eq>(records: &mut HashMap<K, Record>, now: Instant) {
    let mut seen: Vec<Instant> = records.values().map(|record| record.last).collect();
    seen.sort_unstable();
    let median = seen.get(seen.len() / 2).copied().unwrap_or(now);
    records.retain(|_, record| record.last > median);
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

/// One household's: an address, or in IPv6 a /56. Whoever has 256 of those is a crowd.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) >> (128 - 56) << (128 - 56))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: &str = "ada@example.com";

    fn from(network: u128) -> Option<IpAddr> {
        Some(IpAddr::V6(Ipv6Addr::from(network << 72 | 7)))
    }

    #[test]
    fn after_five_attempts_a_network_waits_longer_each_time_for_that_account() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for _ in 0..5 {
            throttle.attempt("Ada@Example.com", from(1), now).unwrap();
        }
        let same_household = Some(IpAddr::V6(Ipv6Addr::from(1 << 72 | 99 << 64)));
        let wait = throttle.attempt("ada@example.com ", same_household, now);
        assert_eq!(wait, Err(Duration::from_secs(15)));
        let later = now + Duration::from_secs(15);
        throttle.attempt(ADA, from(1), later).unwrap();
        let wait = throttle.attempt(ADA, from(1), later);
        assert_eq!(wait, Err(Duration::from_secs(30)));
        throttle
            .attempt("grace@example.com", from(1), later)
            .unwrap();
    }

    #[test]
    fn who_guesses_keeps_nobody_out_who_is_elsewhere() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for _ in 0..50 {
            let _ = throttle.attempt(ADA, from(1), now);
        }
        assert!(throttle.attempt(ADA, from(1), now).is_err());
        throttle.attempt(ADA, from(2), now).unwrap();
    }

    #[test]
    fn a_crowd_has_to_wait_but_not_who_signed_in_from_there_before() {
        let throttle = Throttle::default();
        let now = Instant::now();
        throttle.attempt(ADA, from(1), now).unwrap();
        throttle.succeeded(ADA, from(1), now);
        let crowd = |network, now| throttle.attempt(ADA, from(network), now);
        for n in 0..100 {
            crowd(1_000 + n, now).unwrap();
        }
        let wait = crowd(2_000, now).unwrap_err();
        assert_eq!(wait, CROWD_WAIT);
        throttle.attempt(ADA, from(1), now).unwrap();
        crowd(2_001, now + wait).unwrap();
        assert_eq!(crowd(2_002, now + wait), Err(CROWD_WAIT), "never longer");
        throttle
            .attempt("grace@example.com", from(2_000), now)
            .unwrap();
        throttle.succeeded(ADA, from(1), now);
        crowd(2_003, now + wait).unwrap();
    }

    #[test]
    fn a_network_that_tries_many_accounts_waits_too() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for n in 0..20 {
            throttle
                .attempt(&format!("{n}@example.com"), from(1), now)
                .unwrap();
        }
        assert!(throttle.attempt("21@example.com", from(1), now).is_err());
        throttle.attempt("21@example.com", from(2), now).unwrap();
    }

    #[test]
    fn a_network_that_makes_many_accounts_waits() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for _ in 0..10 {
            throttle.sign_up(from(1), now).unwrap();
        }
        assert_eq!(throttle.sign_up(from(1), now), Err(FIRST_WAIT));
        throttle.sign_up(from(2), now).unwrap();
        throttle.sign_up(from(1), now + FIRST_WAIT).unwrap();
        assert!(throttle.sign_up(from(1), now + FIRST_WAIT).is_err());
        throttle.went_well(from(1));
        throttle.sign_up(from(1), now + FIRST_WAIT).unwrap();
    }

    #[test]
    fn success_and_time_forgive() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for _ in 0..4 {
            throttle.attempt(ADA, None, now).unwrap();
        }
        throttle.succeeded("ADA@example.com", None, now);
        for _ in 0..5 {
            throttle.attempt(ADA, None, now).unwrap();
        }
        assert!(throttle.attempt(ADA, None, now).is_err());
        let next_day = now + Duration::from_secs(86_400);
        for _ in 0..5 {
            throttle.attempt(ADA, None, next_day).unwrap();
        }
    }

    #[test]
    fn memory_has_a_bound() {
        let throttle = Throttle::default();
        let start = Instant::now();
        for n in 0..30_000_u64 {
            let (now, network) = (start + Duration::from_millis(n), from(u128::from(n)));
            let email = format!("{n}@example.com");
            throttle.attempt(&email, network, now).unwrap();
            throttle.succeeded(&email, network, now);
            throttle.attempt(&email, network, now).unwrap();
            throttle.sign_up(network, now).unwrap();
        }
        let attempts = throttle.attempts.lock().unwrap();
        for remembered in [
            attempts.places.len(),
            attempts.networks.len(),
            attempts.crowds.len(),
            attempts.sign_ups.len(),
            attempts.familiar.len(),
        ] {
            assert!(remembered <= REMEMBERED);
        }
    }
}
