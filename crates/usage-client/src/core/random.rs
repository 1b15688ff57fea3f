//! Chance as an argument: a small generator that tests seed with what they like.

use std::fmt;
use std::time::Duration;

use super::time::millis;

/// Spreads retries and check-ins, no more: nothing secret comes from it. Equal seeds give equal numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random(u64);

impl Random {
    /// Seed it with what the system's random source says, so that no two installs are alike.
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number (splitmix64).
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// Anything from nothing to just below `bound`.
    pub fn below(&mut self, bound: Duration) -> Duration {
        let bound = u128::from(millis(bound));
        Duration::from_millis(((u128::from(self.number()) * bound) >> 64) as u64)
    }
}

/// Spreads what is alike: splitmix64's last steps.
pub(super) fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ bits >> 31
}

/// Says of a report that it is the same one again: a random UUID (version 4).
///
/// ```
/// use usage_client::core::IdempotencyKey;
///
/// let key = IdempotencyKey::from_random([0xAB; 16]);
/// assert_eq!(key.to_string(), "abababab-abab-4bab-abab-abababababab");
/// assert_eq!(key.to_string().parse(), Ok(key));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey([u8; 16]);

impl IdempotencyKey {
    /// From 16 random bytes, of which 6 bits say that they are.
    pub fn from_random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = bytes[6] & 0x0F | 0x40;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        Self(bytes)
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// This is no UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyError;

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an idempotency key is a UUID such as 123e4567-e89b-42d3-a456-426614174000")
    }
}

impl std::error::Error for KeyError {}

impl std::str::FromStr for IdempotencyKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let shaped = text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
        if !shaped {
            return Err(KeyError);
        }
        u128::from_str_radix(&text.replace('-', ""), 16)
            .map(|bits| Self(bits.to_be_bytes()))
            .map_err(|_| KeyError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_spread_over_all_of_the_bound() {
        let mut random = Random::seeded(1);
        let bound = Duration::from_millis(10);
        let mut counts = [0; 10];
        for _ in 0..10_000 {
            counts[random.below(bound).as_millis() as usize] += 1;
        }
        assert!(
            counts.iter().all(|count| (800..1200).contains(count)),
            "{counts:?}"
        );
        assert_eq!(random.below(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn only_uuids_are_keys() {
        for text in [
            "",
            "x",
            "abababab-abab-4bab-abab-ababababababab",
            "abababab+abab-4bab-abab-abababababab",
        ] {
            assert_eq!(text.parse::<IdempotencyKey>(), Err(KeyError), "{text}");
        }
    }
}
