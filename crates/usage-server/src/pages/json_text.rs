//! A report's JSON, laid out for reading. Only white space is added or left out: keys keep
//! their order, numbers keep their digits. What isn't JSON comes out readable all the same.

/// Bytes of a body that a page shows; the whole is one link away.
const SHOWN_BYTES: usize = 16 * 1024;
/// Deeper levels are not indented further.
const MAX_INDENT: usize = 16;

/// The laid out text, and whether it was cut.
pub(super) fn pretty(body: &[u8]) -> (String, bool) {
    let (text, cut) = shown(body);
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                out.push(c);
                let mut escaped = false;
                for c in chars.by_ref() {
                    out.push(c);
                    if c == '"' && !escaped {
                        break;
                    }
                    escaped = c == '\\' && !escaped;
                }
            }
            '{' | '[' => {
                out.push(c);
                while chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                if let Some(close) = chars.next_if(|c| matches!(c, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    (out, cut)
}

/// The text as it is, and whether it was cut.
pub(super) fn shown(body: &[u8]) -> (String, bool) {
    let part = body.get(..SHOWN_BYTES).unwrap_or(body);
    (
        String::from_utf8_lossy(part).into_owned(),
        part.len() < body.len(),
    )
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth.min(MAX_INDENT)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_changes_nothing_but_white_space() {
        let body = br#"[{"tags":null,"values":{"b":18446744073709551615,"a":1.50,"s":"x, {\"y\"}: [\\"}},{},[ ]]"#;
        let (text, cut) = pretty(body);
        assert!(!cut);
        assert_eq!(
            text,
            r#"[
  {
    "tags": null,
    "values": {
      "b": 18446744073709551615,
      "a": 1.50,
      "s": "x, {\"y\"}: [\\"
    }
  },
  {},
  []
]"#
        );
        let same: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            same,
            serde_json::from_slice::<serde_json::Value>(body).unwrap()
        );
    }

    #[test]
    fn broken_json_is_shown_as_far_as_it_goes() {
        assert_eq!(pretty(br#"{"a":"cut"#).0, "{\n  \"a\": \"cut");
        assert_eq!(pretty(b"]}\xff").0, "\n]\n}\u{fffd}");
        let deep = "[".repeat(100_000);
        let (text, cut) = pretty(deep.as_bytes());
        assert!(cut && text.len() < SHOWN_BYTES * 40);
    }
}
