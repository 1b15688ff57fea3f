//! A usage body with some of its elements left out, the others byte for byte as they were.

use serde_json::value::RawValue;

/// The array with only the elements for which `keep` says so; `None` where the body is no array
/// of that length.
pub(crate) fn only_elements(body: &[u8], keep: &[bool]) -> Option<Vec<u8>> {
    let elements: Vec<&RawValue> = serde_json::from_slice(body).ok()?;
    if elements.len() != keep.len() {
        return None;
    }
    let kept = elements.iter().zip(keep).filter(|(_, keep)| **keep);
    let texts: Vec<&str> = kept.map(|(element, _)| element.get()).collect();
    Some(format!("[{}]", texts.join(",")).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::only_elements;

    #[test]
    fn what_stays_stays_to_the_byte() {
        let body = br#" [ {"a": 1.0}, {"b":18446744073709551615} ,{"c":3}]"#;
        let left = only_elements(body, &[true, false, true]).unwrap();
        assert_eq!(left, br#"[{"a": 1.0},{"c":3}]"#);
        assert_eq!(only_elements(body, &[false; 3]).unwrap(), b"[]");
        assert_eq!(only_elements(body, &[true; 2]), None);
        assert_eq!(only_elements(br#"{"a":1}"#, &[true]), None);
    }
}
