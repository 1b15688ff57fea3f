//! Reads recorded vectors: one JSON object a line. What they mean is the stories' business.

use serde_json::Value as Json;

/// The lines of a file of `tests/`.
pub(crate) fn lines(path: &str) -> Vec<Json> {
    let path = format!("{}/tests/{path}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.split_terminator('\n')
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A string, or `{"b64": "..."}` where it is not UTF-8.
pub(crate) fn bytes(value: &Json) -> Vec<u8> {
    match value["b64"].as_str() {
        Some(encoded) => base64(encoded),
        None => value.as_str().unwrap().into(),
    }
}

pub(crate) fn base64(text: &str) -> Vec<u8> {
    let six_bits = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text
        .bytes()
        .filter(|&byte| byte != b'=')
        .map(six_bits)
        .collect();
    let mut out = Vec::new();
    for four in digits.chunks(4) {
        let bits = (0..4).fold(0, |bits, at| {
            bits << 6 | u32::from(*four.get(at).unwrap_or(&0))
        });
        out.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    out
}
