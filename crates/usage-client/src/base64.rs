//! Base64, as headers and URLs have it. Written only, never read.

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
#[cfg(feature = "register")]
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// With `+`, `/` and the `=` that fill it up.
pub(crate) fn standard(bytes: &[u8]) -> String {
    let mut out = digits(bytes, STANDARD);
    while out.len() % 4 != 0 {
        out.push('=');
    }
    out
}

/// With `-` and `_`, and nothing to fill it up.
#[cfg(feature = "register")]
pub(crate) fn url(bytes: &[u8]) -> String {
    digits(bytes, URL)
}

fn digits(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| {
            bits << 8 | u32::from(*three.get(at).unwrap_or(&0))
        });
        for at in 0..=three.len() {
            let index = (bits >> (18 - 6 * at) & 63) as usize;
            out.push(char::from(alphabet[index]));
        }
    }
    out
}
