//! What is reported, and how it is written: the types of the Usage API v1 and their JSON.
//!
//! Nothing here knows a URL, a token or a socket.

pub(crate) mod json;
mod macros;
mod saveable;
mod serializer;
mod server;
mod stats;
mod tags;
mod usage;
mod value;
mod values;

pub use json::EncodeError;
pub use saveable::Saveable;
pub use server::Server;
pub use stats::{Stats, StatsData};
pub use tags::Tags;
pub use usage::{Usage, UsageData};
pub use value::Value;
pub use values::Values;
