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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_told_with_its_setting() {
        assert_eq!(read("mail-ca-file", None), Ok(None));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("authority.pem");
        let ConfigError(said) = read("mail-ca-file", Some(file.clone())).unwrap_err();
        assert!(said.starts_with("mail-ca-file: ") && said.contains("authority.pem"));
        std::fs::write(&file, "PEM").unwrap();
        assert_eq!(read("mail-ca-file", Some(file)), Ok(Some(b"PEM".to_vec())));
    }
}
