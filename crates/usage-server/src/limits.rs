//! Every limit of the server, each with its reason. The limits of a report's content are
//! the store's (`usage_store::report`).

/// A token has at most this many bytes: headers in all have 32 KiB, and no issuer needs more.
pub(crate) const TOKEN_MAX_BYTES: usize = 4 * 1024;
