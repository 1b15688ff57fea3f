//! Every limit of the allowlists, each with its reason.

/// Names on a product's list: many times what a real product sends; each process keeps them in memory.
pub(crate) const ALLOWED_PER_PRODUCT_MAX: usize = 10_000;

/// Names kept of what a product's list removed: an operator looks through them by eye, and senders choose
/// them.
pub(crate) const REMOVED_PER_PRODUCT_MAX: usize = 200;
