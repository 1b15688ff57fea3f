//! Seeded numbers for the demo fleet: splitmix64 (Steele, Lea, Flood 2014). Never for secrets.

/// A stream of numbers that a seed determines.
#[derive(Debug, Clone)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to, not with, 1.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.unit() * (high - low)
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Waiting times of that mean.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Sizes around `median`; `spread` is the logarithm's standard deviation.
    pub(super) fn log_normal(&mut self, median: f64, spread: f64) -> f64 {
        let normal: f64 = (0..12).map(|_| self.unit()).sum::<f64>() - 6.0;
        median * (normal * spread).exp()
    }

    /// One of the choices, by weight.
    pub(super) fn pick<T: Copy>(&mut self, choices: &'static [(T, u32)]) -> Option<T> {
        let total: u32 = choices.iter().map(|(_, weight)| weight).sum();
        let mut left = self.unit() * f64::from(total);
        for &(choice, weight) in choices {
            left -= f64::from(weight);
            if left < 0.0 {
                return Some(choice);
            }
        }
        choices.last().map(|&(choice, _)| choice)
    }

    /// A version 4 UUID.
    pub(super) fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        let (low, node) = ((a & 0xfff) | 0x4000, (b & 0x3fff) | 0x8000);
        format!(
            "{:08x}-{:04x}-{low:04x}-{node:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            b >> 16
        )
    }
}
