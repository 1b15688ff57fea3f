//! How long what is kept is kept.

use super::ConfigError;
use crate::limits::RETENTION_MIN_DAYS;

/// Days; `None` is for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Retention {
    /// Reports as they came.
    pub(crate) reports: Option<u32>,
    /// What each server said on a day.
    pub(crate) days: Option<u32>,
    /// Who was there on a day, and which values they had; where that goes, so does the above.
    pub(crate) cells: Option<u32>,
}

/// A setting of them.
pub(super) fn retention(
    name: &str,
    set: Option<u32>,
    file: Option<u32>,
) -> Result<Option<u32>, ConfigError> {
    match set.or(file) {
        Some(days) if days < RETENTION_MIN_DAYS => Err(ConfigError(format!(
            "{name}: must be {RETENTION_MIN_DAYS} or more; leave it out to keep them for ever"
        ))),
        days => Ok(days),
    }
}
