//! Files of certificate authorities, which several settings name.

use std::path::PathBuf;

use super::ConfigError;

/// A file's text, PEM; whoever speaks TLS looks for certificates in it.
pub(super) fn read(setting: &str, file: Option<PathBuf>) -> Result<Option<Vec<u8>>, ConfigError> {
    let Some(path) = file else {
        return Ok(None);
    };
    let read = std::fs::read(&path);
    read.map(Some)
        .map_err(|e| ConfigError(format!("{setting}: {}: {e}", path.display())))
}
