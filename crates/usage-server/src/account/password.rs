//! Passwords: argon2id with the parameters that OWASP's cheat sheet asks for (19 MiB, two
//! passes, one lane), which are the library's defaults. Hashing takes tens of milliseconds and
//! 19 MiB, so it runs off the event loop and at most two at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// More would let a crowd of guesses take the machine from the reports.
const AT_ONCE: usize = 2;
/// Who waits longer for a turn hears that the server is busy.
const PATIENCE: Duration = Duration::from_secs(5);
/// Shorter ones are guessed: the least that NIST SP 800-63B allows.
pub(crate) const MIN_CHARS: usize = 8;
/// Longer ones are no safer, and cost hashing time.
pub(crate) const MAX_BYTES: usize = 1024;

/// Checked in place of the hash of an account that doesn't exist, so that an unknown address
/// takes as long as a wrong password. No password fits it.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm8gc3VjaCBhY2NvdW50$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Too many passwords are being checked at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

/// Hashes and checks passwords without holding up anything else.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Passwords {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Passwords {
    /// The hash to keep of a new password.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Busy> {
        self.in_turn(move || hash(&password))
            .await?
            .map_err(|_| Busy)
    }

    /// Whether the password fits the hash; without a hash never, after the same time.
    pub(crate) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, Busy> {
        self.in_turn(move || verify(&password, hash.as_deref()))
            .await
    }

    /// Nobody's turn comes any more.
    #[cfg(test)]
    pub(crate) fn close(&self) {
        self.turns.close();
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        let turn = tokio::time::timeout(PATIENCE, turn)
            .await
            .map_err(|_| Busy)?
            .map_err(|_| Busy)?;
        let work = tokio::task::spawn_blocking(move || {
            // Held until the work is done, even if the browser has gone.
            let _turn = turn;
            work()
        });
        work.await.map_err(|_| Busy)
    }
}

/// The hash to keep of a new password; blocks for tens of milliseconds.
pub(crate) fn hash(password: &str) -> Result<String, password_hash::Error> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| password_hash::Error::Crypto)?;
    let hash: PasswordHash =
        Argon2::default().hash_password_with_salt(password.as_bytes(), &salt)?;
    Ok(hash.to_string())
}

fn verify(password: &str, hash: Option<&str>) -> bool {
    // Who signs in elsewhere has an empty one, and takes as long as everybody.
    let kept = hash.and_then(|hash| PasswordHash::new(hash).ok());
    let known = kept.is_some();
    let Some(expected) = kept.or_else(|| PasswordHash::new(NOBODY).ok()) else {
        return false;
    };
    let fits = Argon2::default()
        .verify_password(password.as_bytes(), &expected)
        .is_ok();
    fits && known
}

/// Whether this can be an address to sign in with. Whether mail arrives there isn't asked.
pub(crate) fn is_address(email: &str) -> bool {
    let plain = !email.chars().any(|c| c.is_whitespace() || c.is_control());
    let parts = email.split_once('@');
    plain
        && email.len() <= 254
        && parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
}

/// What is wrong with an address to sign in with, in words for the person who entered it.
pub(crate) fn address_objection(email: &str) -> Option<String> {
    (!is_address(email)).then(|| "Enter an email address, such as ada@example.com.".to_owned())
}

/// What is wrong with a new password, in words for the person who chose it.
pub(crate) fn objection(password: &str) -> Option<String> {
    if password.chars().count() < MIN_CHARS {
        return Some(format!(
            "Use {MIN_CHARS} characters or more; a few words are fine."
        ));
    }
    if password.len() > MAX_BYTES {
        return Some(format!("Use at most {MAX_BYTES} bytes."));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let kept = hash("correct horse battery").unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        assert!(verify("correct horse battery", Some(&kept)));
        assert!(!verify("correct horse", Some(&kept)));
        assert!(!verify("correct horse battery", None));
        for no_hash in ["not a hash", ""] {
            assert!(!verify("correct horse battery", Some(no_hash)));
            assert!(!verify("", Some(no_hash)));
        }
    }

    #[test]
    fn an_unknown_account_costs_the_same_work() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let real = hash("correct horse battery").unwrap();
        let real = PasswordHash::new(&real).unwrap();
        assert_eq!(nobody.params, real.params);
        assert_eq!(nobody.hash.unwrap().len(), real.hash.unwrap().len());
    }

    #[test]
    fn an_address_needs_a_name_and_a_host() {
        assert!(is_address("ada@example.com"));
        for wrong in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a da@example.com",
            "a@b\n",
            &"x@".repeat(300),
        ] {
            assert!(!is_address(wrong), "{wrong}");
        }
    }

    #[test]
    fn short_and_endless_passwords_are_refused_with_a_reason() {
        assert!(objection("short").unwrap().contains("8 characters"));
        assert!(objection(&"x".repeat(1025)).is_some());
        assert_eq!(objection("twelve chars"), None);
    }
}
