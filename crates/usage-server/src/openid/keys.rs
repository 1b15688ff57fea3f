//! A provider's keys (RFC 7517), and whether one of them signed something (RFC 7515). Only algorithms with a
//! public key are known, so none that anybody could forge with what is public; and a key has one algorithm.

use data_encoding::BASE64URL_NOPAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde::Deserialize;

use crate::limits::OPENID_KEYS_MAX;

/// How something was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Es256,
    EdDsa,
}

impl Algorithm {
    /// By its name in a token; never `none`, nor one with a shared secret.
    pub(super) fn parse(name: &str) -> Option<Algorithm> {
        match name {
            "RS256" => Some(Algorithm::Rs256),
            "ES256" => Some(Algorithm::Es256),
            "EdDSA" => Some(Algorithm::EdDsa),
            _ => None,
        }
    }
}

/// Why a signature isn't believed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unsigned {
    /// The provider may have made a new key since.
    UnknownKey,
    Wrong,
}

/// Keys that sign.
#[derive(Debug, Default)]
pub(super) struct Keys(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: Option<String>,
    public: Public,
}

#[derive(Debug)]
enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// As they are written.
#[derive(Deserialize)]
pub(super) struct Written {
    keys: Vec<WrittenKey>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WrittenKey {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: String,
    n: String,
    e: String,
    x: String,
    y: String,
}

impl From<Written> for Keys {
    /// Those that we know how to use; providers have others, too.
    fn from(written: Written) -> Keys {
        let keys = written.keys.into_iter().take(OPENID_KEYS_MAX);
        Keys(keys.filter_map(WrittenKey::read).collect())
    }
}

impl WrittenKey {
    fn read(self) -> Option<Key> {
        if self.purpose.is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let bytes = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        let (algorithm, public) = match (&*self.kty, &*self.crv) {
            ("RSA", _) => {
                let number = |text: &str| {
                    let bytes = bytes(text)?;
                    let from = bytes.iter().position(|byte| *byte != 0)?;
                    Some(bytes[from..].to_vec())
                };
                let (n, e) = (number(&self.n)?, number(&self.e)?);
                (Algorithm::Rs256, Public::Rsa { n, e })
            }
            ("EC", "P-256") => {
                let point = [&[4][..], &bytes(&self.x)?, &bytes(&self.y)?].concat();
                (Algorithm::Es256, Public::P256(point))
            }
            ("OKP", "Ed25519") => (Algorithm::EdDsa, Public::Ed25519(bytes(&self.x)?)),
            _ => return None,
        };
        let meant = self
            .alg
            .as_deref()
            .is_none_or(|alg| Algorithm::parse(alg) == Some(algorithm));
        meant.then_some(Key {
            id: self.kid,
            public,
        })
    }
}

impl Keys {
    /// Whether the key of this id signed it; where no id is named, whether any did.
    pub(super) fn verify(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Unsigned> {
        let fits = |key: &&Key| id.is_none() || key.id.as_deref() == id;
        let mut meant = self.0.iter().filter(fits).peekable();
        if meant.peek().is_none() {
            return Err(Unsigned::UnknownKey);
        }
        match meant.any(|key| key.public.signed(algorithm, message, signature)) {
            true => Ok(()),
            // Without an id, a new key looks like a wrong signature.
            false if id.is_none() => Err(Unsigned::UnknownKey),
            false => Err(Unsigned::Wrong),
        }
    }
}

impl Public {
    fn signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Public::Rsa { n, e }, Algorithm::Rs256) => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
            (Public::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, signature)
                    .is_ok()
            }
            (Public::Ed25519(point), Algorithm::EdDsa) => UnparsedPublicKey::new(&ED25519, point)
                .verify(message, signature)
                .is_ok(),
            _ => false,
        }
    }
}
