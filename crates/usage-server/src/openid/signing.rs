//! For tests: keys as a provider has them, and tokens signed with them.

use data_encoding::BASE64URL_NOPAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

/// The number of an RSA key, whose secret part nobody has kept.
pub(super) const RSA_N: &str = "vURXVnLXnLE1TBzzWG6l_18IQnfxZl183_jn_HP6BN0KNM7nzjbCUFknD1BbjHfOaACw5lGWqWtahErTHdCDs_VlaoUxf-uo\
    2ueTS4bv7L19aIneMH46W45MsaD4XrYNVYTF3NvhVmdHX-rTwbfCHe7Z-M9-GBdj5ZMb5oQybkCs5ihPS415m6NkowtE3mz-\
    5KwJ4tt9rA9nlcM1ww3AYLNOOCzKUlUfGRnggqj6lGj2pk_KjZJa4M2Ll19Cpc2sqnsGnAuHilkhDreINfWllJJQPRbbmmp0\
    PiWLfgr_XhZe3EoPDWZFKjJ5ilw5fyvD7ZCQvEwHCMLjMG4tDdFyBw";

/// A provider with a key of each kind.
pub(super) struct Signer {
    p256: EcdsaKeyPair,
    pub(super) ed25519: Ed25519KeyPair,
    random: SystemRandom,
}

impl Signer {
    pub(super) fn new() -> Signer {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let p256 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let ed25519 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        Signer {
            p256: EcdsaKeyPair::from_pkcs8(algorithm, p256.as_ref(), &random).unwrap(),
            ed25519: Ed25519KeyPair::from_pkcs8(ed25519.as_ref()).unwrap(),
            random,
        }
    }

    /// As it publishes them.
    pub(super) fn written(&self) -> Value {
        let point = self.p256.public_key().as_ref();
        let (x, y) = (text(&point[1..33]), text(&point[33..]));
        let ed = text(self.ed25519.public_key().as_ref());
        json!({"keys": [
            {"kty": "RSA", "kid": "rsa", "use": "sig", "alg": "RS256", "n": RSA_N, "e": "AQAB"},
            {"kty": "EC", "kid": "p256", "crv": "P-256", "x": x, "y": y},
            {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": ed},
            {"kty": "RSA", "kid": "enc", "use": "enc", "n": RSA_N, "e": "AQAB"},
            {"kty": "RSA", "kid": "pss", "alg": "PS256", "n": RSA_N, "e": "AQAB"},
            {"kty": "oct", "kid": "oct", "k": "AQAB"},
            {"kty": "new", "x": 7.to_string()},
        ]})
    }

    pub(super) fn es256(&self, header: &Value, claims: &Value) -> String {
        signed(header, claims, |message| {
            let signature = self.p256.sign(&self.random, message).unwrap();
            signature.as_ref().to_vec()
        })
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

pub(super) fn signed(
    header: &Value,
    claims: &Value,
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> String {
    let part = |value: &Value| text(value.to_string().as_bytes());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = text(&sign(message.as_bytes()));
    format!("{message}.{signature}")
}
