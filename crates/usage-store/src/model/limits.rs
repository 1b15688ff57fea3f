//! Every limit of the read model, each with its reason. What is over a limit stays in the
//! journal; it is only not told apart in roll-ups.

/// Products that nobody has adopted yet: names come from senders, and anybody can send.
pub(crate) const NEW_PRODUCTS: i64 = 1_000;

/// Dimensions of a product: each is looked at for each server and day.
pub(crate) const DIMENSIONS_PER_PRODUCT: i64 = 1_000;

/// Distinct values of a dimension; later ones count as [`OTHER`](super::dictionary::OTHER).
pub(crate) const VALUES_PER_DIMENSION: i64 = 100_000;

/// Bytes of a dimension's value; what is longer is prose, not a dimension's value, and counts as other.
pub(crate) const VALUE_BYTES: usize = 256;

/// Ids remembered in memory: at 150 bytes each, 45 MB. Past this the memory starts anew.
pub(crate) const IDS_KEPT: usize = 300_000;
