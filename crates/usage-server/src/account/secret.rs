//! Random secrets: session cookies, form cookies, the first operator's code, tokens, API keys.

use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq;

/// 32 random bytes. Never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret([u8; 32]);

impl Secret {
    /// Drawn from the operating system.
    pub(crate) fn random() -> Result<Secret, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Secret(bytes))
    }

    /// As it travels in cookies and links.
    pub(crate) fn text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// `None` where the text is not one of ours.
    pub(crate) fn parse(text: &str) -> Option<Secret> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        Some(Secret(bytes.try_into().ok()?))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes as long for a near miss as for a far one.
    pub(crate) fn same_as(&self, other: &Secret) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// What every token drawn here begins with, so that a leaked one is recognized.
const TOKEN_PREFIX: &str = "usage_";

/// A new token: 256 random bits.
pub(crate) fn draw_token() -> Result<String, getrandom::Error> {
    Ok(format!("{TOKEN_PREFIX}{}", Secret::random()?.text()))
}

/// What every API key begins with.
pub(crate) const API_KEY_PREFIX: &str = "uak_";

/// A new API key: 256 random bits.
pub(crate) fn draw_api_key() -> Result<String, getrandom::Error> {
    Ok(format!("{API_KEY_PREFIX}{}", Secret::random()?.text()))
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_survives_its_cookie_and_never_prints() {
        let secret = Secret::random().unwrap();
        assert_eq!(secret.text().len(), 43);
        assert!(Secret::parse(&secret.text()).unwrap().same_as(&secret));
        assert!(!Secret::random().unwrap().same_as(&secret));
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        for wrong in ["", "short", "!!!", &"A".repeat(44)] {
            assert!(Secret::parse(wrong).is_none(), "{wrong}");
        }
    }
}
