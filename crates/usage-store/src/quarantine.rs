//! What was refused, with the reason, so that an operator sees a broken sender instead of
//! silence. Bounded in size and age. Never a sender's address, never a token.

use jiff::Timestamp;

use crate::report::Kind;

/// A report that was refused with 422.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// When.
    pub at: Timestamp,
    /// Which of the three it wanted to be.
    pub kind: Kind,
    /// The product in the path, where there was one.
    pub product: Option<String>,
    /// What was wrong, as the sender was told: the JSON object `{field: [message]}`.
    pub errors: String,
    /// The body, cut to the limit.
    pub body: Vec<u8>,
    /// How long the body was.
    pub body_bytes: u64,
}

/// A refused report as kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Quarantined {
    /// Its number; newer ones are higher.
    pub id: i64,
    /// What was refused and why.
    pub refused: Refused,
}
