//! The limit per sender: a bucket each, kept as the one instant at which it would be full
//! again (the "generic cell rate algorithm"). Bounded by forgetting the older half.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

use usage_store::registry::TokenId;

use crate::limits::{SENDER_BURST_REQUESTS, SENDER_REFILL_INTERVAL, SENDERS_REMEMBERED_MAX};

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

/// All buckets.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    young: HashMap<Source, Instant>,
    old: HashMap<Source, Instant>,
}

impl Throttle {
    /// Takes one request out of the sender's bucket.
    ///
    /// # Errors
    ///
    /// Seconds until the next request will be taken.
    pub(crate) fn take(&mut self, source: Source, now: Instant) -> Result<(), u64> {
        if self.young.len() >= SENDERS_REMEMBERED_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        let full_at = self
            .young
            .entry(source)
            .or_insert_with(|| self.old.remove(&source).unwrap_or(now));
        let then = (*full_at).max(now) + SENDER_REFILL_INTERVAL;
        let burst = SENDER_REFILL_INTERVAL * SENDER_BURST_REQUESTS;
        match then.saturating_duration_since(now).checked_sub(burst) {
            Some(over) if !over.is_zero() => Err(over.as_secs() + 1),
            _ => {
                *full_at = then;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_then_a_steady_trickle() {
        let mut throttle = Throttle::default();
        let sender = Source::address("192.0.2.1".parse().unwrap());
        let start = Instant::now();
        for _ in 0..SENDER_BURST_REQUESTS {
            throttle.take(sender, start).unwrap();
        }
        assert_eq!(throttle.take(sender, start), Err(1));
        assert_eq!(
            throttle.take(Source::Token(TokenId(1)), start),
            Ok(()),
            "another's bucket"
        );
        let later = start + Duration::from_secs(1);
        for _ in 0..10 {
            throttle.take(sender, later).unwrap();
        }
        assert_eq!(throttle.take(sender, later), Err(1));
        let much_later = later + Duration::from_secs(100_000);
        for _ in 0..SENDER_BURST_REQUESTS {
            throttle.take(sender, much_later).unwrap();
        }
        assert!(
            throttle.take(sender, much_later).is_err(),
            "a bucket never holds more than a burst"
        );
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
        let mut throttle = Throttle::default();
        let now = Instant::now();
        let busy = Source::Token(TokenId(-1));
        for _ in 0..SENDER_BURST_REQUESTS {
            throttle.take(busy, now).unwrap();
        }
        for id in 0..SENDERS_REMEMBERED_MAX as i64 {
            throttle.take(Source::Token(TokenId(id)), now).unwrap();
            if id % 1_000 == 0 {
                throttle.take(busy, now).unwrap_err();
            }
        }
        assert!(throttle.young.len() + throttle.old.len() <= SENDERS_REMEMBERED_MAX);
    }
}
