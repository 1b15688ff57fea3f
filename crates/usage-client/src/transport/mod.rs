//! Transports carry the core's requests and bring back replies. What either means is the core's business.

mod blocking;
mod roots;

pub(crate) use blocking::Blocking;
