//! The limit per sender: a bucket each, kept as the one instant at which it would be full
//! again (the "generic cell rate algorithm"). Bounded by forgetting the older half.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use usage_store::registry::TokenId;

use crate::limits::{PerSender, SENDERS_REMEMBERED_MAX};

/// Whose bucket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// A sender with a valid token.
    Token(TokenId),
    /// An address; of IPv6 the /64, since one machine has as many of those as it likes.
    Address(IpAddr),
}

impl Source {
    /// The bucket of an address.
    pub(crate) fn address(address: IpAddr) -> Source {
        Source::Address(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
            v4 => v4,
        })
    }
}

/// All buckets of one kind.
#[derive(Debug)]
pub(crate) struct Throttle {
    /// How long a full bucket takes to fill, and one request of it.
    burst: Duration,
    refill: Duration,
    young: HashMap<Source, Instant>,
    old: HashMap<Source, Instant>,
}

impl Throttle {
    /// Buckets for requests of any kind.
    pub(crate) fn new(limits: &PerSender) -> Throttle {
        let refill = Duration::from_secs(1) / limits.requests_per_second.max(1);
        Throttle::of(limits.burst_requests, refill)
    }

    /// Buckets that hold `burst` requests, and get one back in each `refill`.
    pub(crate) fn of(burst: u32, refill: Duration) -> Throttle {
        Throttle {
            burst: refill * burst,
            refill,
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }

    /// Takes requests out of the sender's bucket, all or none.
    ///
    /// # Errors
    ///
    /// Seconds until so many will be there.
    pub(crate) fn take(&mut self, source: Source, requests: u32, now: Instant) -> Result<(), u64> {
        let (burst, cost) = (self.burst, self.refill.saturating_mul(requests));
        let full_at = self.full_at(source, now);
        let then = *full_at + cost;
        match then.saturating_duration_since(now).checked_sub(burst) {
            Some(over) if !over.is_zero() => Err(over.as_secs() + 1),
            _ => {
                *full_at = then;
                Ok(())
            }
        }
    }

    /// Takes requests out of the sender's bucket, though there are not so many.
    pub(crate) fn charge(&mut self, source: Source, requests: u32, now: Instant) {
        let cost = self.refill.saturating_mul(requests);
        *self.full_at(source, now) += cost;
    }

    /// When the sender's bucket would be full: now, or later.
    fn full_at(&mut self, source: Source, now: Instant) -> &mut Instant {
        if self.young.len() >= SENDERS_REMEMBERED_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        let full_at = self
            .young
            .entry(source)
            .or_insert_with(|| self.old.remove(&source).unwrap_or(now));
        *full_at = (*full_at).max(now);
        full_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::SENDER_BURST_REQUESTS;

    #[test]
    fn a_burst_then_a_steady_trickle() {
        let mut throttle = Throttle::new(&PerSender::default());
        let sender = Source::address("192.0.2.1".parse().unwrap());
        let start = Instant::now();
        for _ in 0..SENDER_BURST_REQUESTS {
            throttle.take(sender, 1, start).unwrap();
        }
        assert_eq!(throttle.take(sender, 1, start), Err(1));
        assert_eq!(
            throttle.take(Source::Token(TokenId(1)), 1, start),
            Ok(()),
            "another's bucket"
        );
        let later = start + Duration::from_secs(1);
        for _ in 0..10 {
            throttle.take(sender, 1, later).unwrap();
        }
        assert_eq!(throttle.take(sender, 1, later), Err(1));
        let much_later = later + Duration::from_secs(100_000);
        for _ in 0..SENDER_BURST_REQUESTS {
            throttle.take(sender, 1, much_later).unwrap();
        }
        assert!(
            throttle.take(sender, 1, much_later).is_err(),
            "a bucket never holds more than a burst"
        );
    }

    #[test]
    fn what_counts_as_several_is_taken_whole_or_not_at_all() {
        let mut throttle = Throttle::of(10, Duration::from_secs(1));
        let sender = Source::Token(TokenId(1));
        let now = Instant::now();
        throttle.take(sender, 8, now).unwrap();
        assert_eq!(throttle.take(sender, 5, now), Err(4));
        throttle.take(sender, 2, now).unwrap();
        assert_eq!(throttle.take(sender, 1, now), Err(2));
        throttle.charge(sender, 5, now);
        assert_eq!(throttle.take(sender, 1, now), Err(7), "it owes five");
    }

    #[test]
    fn addresses_share_buckets_as_machines_do() {
        let address = |text: &str| Source::address(text.parse().unwrap());
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
        assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
    }

    #[test]
    fn memory_is_bounded_and_the_busy_are_remembered() {
        let mut throttle = Throttle::new(&PerSender::default());
        let now = Instant::now();
        let busy = Source::Token(TokenId(-1));
        for _ in 0..SENDER_BURST_REQUESTS {
            throttle.take(busy, 1, now).unwrap();
        }
        for id in 0..SENDERS_REMEMBERED_MAX as i64 {
            throttle.take(Source::Token(TokenId(id)), 1, now).unwrap();
            if id % 1_000 == 0 {
                throttle.take(busy, 1, now).unwrap_err();
            }
        }
        assert!(throttle.young.len() + throttle.old.len() <= SENDERS_REMEMBERED_MAX);
    }
}
