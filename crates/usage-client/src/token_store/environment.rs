//! A token that whoever starts the program hands over.

use std::io;

use super::TokenStore;
use crate::core::{Environment, Token};

/// Reads the token from an environment variable, as containers like it. Can't keep one: saving says so.
///
/// ```
/// use usage_client::{EnvironmentToken, TokenStore};
///
/// let store = EnvironmentToken::new("JAMBOX_USAGE_TOKEN").with_environment([
///     ("JAMBOX_USAGE_TOKEN", "token-goes-here"),
/// ]);
/// assert!(store.load()?.is_some());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EnvironmentToken {
    variable: String,
    environment: Environment,
}

impl EnvironmentToken {
    /// The variable of this name.
    pub fn new(variable: impl Into<String>) -> Self {
        Self {
            variable: variable.into(),
            environment: Environment::process(),
        }
    }

    /// Replaces the process's environment, for tests.
    #[must_use]
    pub fn with_environment(mut self, environment: impl Into<Environment>) -> Self {
        self.environment = environment.into();
        self
    }

    fn refuse(&self) -> io::Error {
        let Self { variable, .. } = self;
        io::Error::new(
            io::ErrorKind::Unsupported,
            format!("the token is in the environment variable {variable}: change it there"),
        )
    }
}

impl TokenStore for EnvironmentToken {
    fn load(&self) -> io::Result<Option<Token>> {
        Ok(self
            .environment
            .get_filled(&self.variable)
            .map(|token| Token::from(token.trim())))
    }

    fn save(&self, _: &Token) -> io::Result<()> {
        Err(self.refuse())
    }

    fn forget(&self) -> io::Result<()> {
        match self.load()? {
            Some(_) => Err(self.refuse()),
            None => Ok(()),
        }
    }
}
