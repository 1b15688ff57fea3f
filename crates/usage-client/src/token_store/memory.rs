//! A token that lives as long as the program.

use std::io;
use std::sync::{Mutex, PoisonError};

use super::TokenStore;
use crate::core::Token;

/// Keeps the token in memory: for tests, and for products that keep it in their own configuration.
///
/// ```
/// use usage_client::{MemoryToken, TokenStore};
///
/// let store = MemoryToken::new("token-from-our-configuration");
/// assert!(store.load()?.is_some());
/// store.forget()?;
/// assert!(store.load()?.is_none());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct MemoryToken(Mutex<Token>);

impl MemoryToken {
    /// With a token to begin with; `""` for none.
    pub fn new(token: impl Into<Token>) -> Self {
        Self(Mutex::new(token.into()))
    }

    fn set(&self, token: Token) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }
}

impl TokenStore for MemoryToken {
    fn load(&self) -> io::Result<Option<Token>> {
        let token = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        Ok(Some(token).filter(|token| !token.is_blank()))
    }

    fn save(&self, token: &Token) -> io::Result<()> {
        self.set(token.clone());
        Ok(())
    }

    fn forget(&self) -> io::Result<()> {
        self.set(Token::default());
        Ok(())
    }
}
