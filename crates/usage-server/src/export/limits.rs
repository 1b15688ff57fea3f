//! Limits of exports, each with its reason.

/// Columns of a table beside those that every row has. A spreadsheet takes 16,384 and nobody reads a thousand;
/// what has none stands in the column `other`.
pub(super) const COLUMNS_MAX: usize = 500;

/// Names that are counted to choose the columns, of 1 KiB each at most. All that honest senders use; past
/// this, somebody makes them up.
pub(super) const NAMES_LOOKED_AT: usize = 20_000;

/// Bytes of a measurement and its tags in line protocol: InfluxDB takes 65,535. Tags past this are left out.
pub(super) const LINE_PROTOCOL_KEY_MAX_BYTES: usize = 60_000;

/// An unfinished export is made sure each time that it has grown by so much: a second's work or two.
pub(super) const SAVED_EVERY_BYTES: u64 = 4 * 1024 * 1024;

/// Reports that wait in memory to be sorted into their days.
pub(super) const SPOOL_MAX_BYTES: usize = 32 * 1024 * 1024;

/// Rows of a Parquet row group: what readers work with best.
pub(super) const GROUP_MAX_ROWS: usize = 122_880;

/// About what a row group takes in memory until it is written.
pub(super) const GROUP_MAX_BYTES: usize = 64 * 1024 * 1024;

/// The same of an answer to a program, of which there are a few at once.
pub(super) const SENT_GROUP_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of a folder's name: file systems take 255, and `product=` is in front.
pub(super) const FOLDER_NAME_MAX_BYTES: usize = 200;

/// Bytes at which a piece of a download ends, which is in memory until it is sent.
pub(super) const PIECE_BYTES: usize = 1024 * 1024;

/// Exports by the API at once: each reads the journal as fast as the other end takes it.
pub(super) const DOWNLOADS_MAX: usize = 4;
