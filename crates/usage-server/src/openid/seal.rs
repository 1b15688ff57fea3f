//! Notes that a browser carries for us. It can't change them, nor use one for another purpose or too late;
//! it could read them. The key lives as long as the process: what was on the way at a restart begins anew.

use data_encoding::BASE64URL_NOPAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::account::Secret;

pub(super) struct Seal(Secret);

#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    /// Seconds since 1970.
    until: i64,
    note: T,
}

impl Seal {
    pub(super) fn new() -> Result<Seal, getrandom::Error> {
        Ok(Seal(Secret::random()?))
    }

    /// A note as a cookie's value, that can be read until then.
    pub(super) fn close(&self, purpose: &str, note: &impl Serialize, until: i64) -> Option<String> {
        let body = serde_json::to_vec(&Sealed { until, note }).ok()?;
        let mark = BASE64URL_NOPAD.encode(&self.mark(purpose, &body));
        Some(format!("{}.{mark}", BASE64URL_NOPAD.encode(&body)))
    }

    /// The note, if it is ours and may still be read.
    pub(super) fn open<T: DeserializeOwned>(
        &self,
        purpose: &str,
        text: &str,
        now: i64,
    ) -> Option<T> {
        let (body, mark) = text.split_once('.')?;
        let body = BASE64URL_NOPAD.decode(body.as_bytes()).ok()?;
        let mark = BASE64URL_NOPAD.decode(mark.as_bytes()).ok()?;
        if !bool::from(self.mark(purpose, &body).ct_eq(&mark)) {
            return None;
        }
        let sealed: Sealed<T> = serde_json::from_slice(&body).ok()?;
        (now < sealed.until).then_some(sealed.note)
    }

    /// Of the digest, so that nothing can be appended.
    fn mark(&self, purpose: &str, body: &[u8]) -> [u8; 32] {
        let mut inner = Sha256::new();
        inner.update(purpose);
        inner.update(b"\0");
        inner.update(body);
        let mut outer = Sha256::new();
        outer.update(b"usage seal\0");
        outer.update(self.0.bytes());
        outer.update(inner.finalize());
        outer.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_unchanged_in_time_and_for_its_purpose_only() {
        let seal = Seal::new().unwrap();
        let closed = seal.close("a", &"hello".to_owned(), 10).unwrap();
        let open = |seal: &Seal, purpose, text: &str, now| seal.open::<String>(purpose, text, now);
        assert_eq!(open(&seal, "a", &closed, 9).as_deref(), Some("hello"));
        assert_eq!(open(&seal, "a", &closed, 10), None, "too late");
        assert_eq!(open(&seal, "b", &closed, 9), None, "another purpose");
        assert_eq!(open(&Seal::new().unwrap(), "a", &closed, 9), None);
        let (body, mark) = closed.split_once('.').unwrap();
        let changed = BASE64URL_NOPAD.encode(br#"{"until":99,"note":"hello"}"#);
        for wrong in [
            String::new(),
            body.to_owned(),
            format!("{body}."),
            format!("{changed}.{mark}"),
            format!("{body}.{body}"),
        ] {
            assert_eq!(open(&seal, "a", &wrong, 9), None, "{wrong}");
        }
    }
}
