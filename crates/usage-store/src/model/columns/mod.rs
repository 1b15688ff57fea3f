//! Numbers: what a server's latest usage observation of a day said in numbers, by key.

mod overlay;

pub(super) use overlay::{Numbers, forget, save};
