//! How a message is signed: HMAC-SHA256 over its id, the time of the attempt and its body, in the shape of the
//! Standard Webhooks specification, so that its libraries can check it.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What every secret begins with when it is shown.
const PREFIX: &str = "whsec_";

/// A new secret: 256 random bits.
pub(crate) fn draw_secret() -> Result<[u8; 32], getrandom::Error> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)?;
    Ok(secret)
}

/// A secret as receivers are given it.
pub(crate) fn shown(secret: &[u8]) -> String {
    format!("{PREFIX}{}", BASE64.encode(secret))
}

/// The header's value.
pub(super) fn sign(secret: &[u8], message: &str, seconds: i64, body: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(format!("{message}.{seconds}.{body}").as_bytes());
    Some(format!(
        "v1,{}",
        BASE64.encode(&mac.finalize().into_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own reference libraries.
    #[test]
    fn a_signature_is_the_one_that_the_specification_computes() {
        let secret = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = sign(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signed.as_deref(), Some(expected));
    }

    #[test]
    fn a_secret_is_shown_as_receivers_libraries_take_it() {
        let secret = draw_secret().unwrap();
        let text = shown(&secret);
        let encoded = text.strip_prefix("whsec_").unwrap();
        assert_eq!(BASE64.decode(encoded.as_bytes()).unwrap(), secret);
        assert_ne!(draw_secret().unwrap(), secret);
    }
}
