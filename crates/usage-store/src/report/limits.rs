//! The limits of a report's content, each with its reason. Over a limit a report is refused
//! whole, with a message that names the limit and the place. Limits of the request around it
//! (body size, headers, rates) are the server's.

/// Containers within containers; the outermost counts as 1. Real reports need 4; recursion
/// must end somewhere.
pub const JSON_DEPTH_MAX: usize = 32;

/// Elements of a usage report, or of `stats`. A large InfluxDB sends some hundreds of series.
pub const ITEMS_MAX: usize = 10_000;

/// Keys of one JSON object, repeated ones counted, and of an item's tags and values together. Each key of an item may become a
/// dimension or a value with storage of its own.
pub const KEYS_PER_OBJECT_MAX: usize = 1_000;

/// Ids, host, product, version, names and keys. They become index keys and table headings.
pub const NAME_BYTES_MAX: usize = 1_024;

/// A tag, or a value that is a string: room for a stack trace, not for a log file.
pub const TEXT_BYTES_MAX: usize = 64 * 1_024;

/// Messages about one report: enough to see what is wrong with the sender, and a reply that
/// stays readable.
pub const MESSAGES_MAX: usize = 20;

/// How much of what came a message quotes.
pub const QUOTED_CHARS_MAX: usize = 64;
