//! A token in a file of its own.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::TokenStore;
use crate::core::Token;
use crate::{disk, limits};

/// Keeps the token in a file that only this user may read (mode 0600; on Windows the rights of its
/// folder), written so that a crash leaves the old or the new, never a part.
///
/// The file holds the token and a newline, so it can be written by hand or by a secret manager.
#[derive(Clone, Debug)]
pub struct FileToken {
    path: PathBuf,
}

impl FileToken {
    /// The file at `path`. Folders above it are made when a token is saved.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The system's error, with what was tried and where.
    fn about(&self, what: &str, error: &io::Error) -> io::Error {
        let text = format!(
            "the token's file {} can't be {what}: {error}",
            self.path.display()
        );
        io::Error::new(error.kind(), text)
    }
}

impl TokenStore for FileToken {
    fn load(&self) -> io::Result<Option<Token>> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.about("read", &error)),
        };
        let mut bytes = Vec::new();
        file.take(limits::TOKEN_BYTES)
            .read_to_end(&mut bytes)
            .map_err(|error| self.about("read", &error))?;
        let token = Token::from(bytes.trim_ascii());
        Ok(Some(token).filter(|token| !token.is_blank()))
    }

    fn save(&self, token: &Token) -> io::Result<()> {
        let save = || {
            if let Some(folder) = self
                .path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
            {
                disk::create_folder(folder)?;
            }
            disk::replace(&self.path, &[token.expose().trim_ascii(), b"\n"].concat())
        };
        save().map_err(|error| self.about("written", &error))
    }

    fn forget(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(self.about("removed", &error))
            }
            _ => Ok(()),
        }
    }
}
