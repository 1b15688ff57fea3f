//! Randomness from the system.

use crate::core::{IdempotencyKey, Token};

/// 16 random bytes. Where the system has none to give, some that differ from process to process.
pub(super) fn bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    if getrandom::getrandom(&mut bytes).is_err() {
        use std::hash::{BuildHasher, RandomState};
        let number = || {
            RandomState::new()
                .hash_one(std::process::id())
                .to_ne_bytes()
        };
        bytes[..8].copy_from_slice(&number());
        bytes[8..].copy_from_slice(&number());
    }
    bytes
}

pub(super) fn key() -> IdempotencyKey {
    IdempotencyKey::from_random(bytes())
}

pub(super) fn seed() -> u64 {
    bytes()
        .iter()
        .fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

/// Something that nobody can guess, or nothing.
pub(super) fn secret() -> Option<Token> {
    let mut bytes = [0; 32];
    getrandom::getrandom(&mut bytes).ok()?;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(hex.into())
}
