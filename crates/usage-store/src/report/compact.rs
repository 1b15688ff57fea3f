//! A body on one line: for exports, where a line is a report.

use std::borrow::Cow;

/// Removes the white space between the tokens of a JSON body that [`super::decode`] accepted;
/// everything else stays byte for byte. Go's programs send none, so this rarely copies.
pub fn compact(body: &[u8]) -> Cow<'_, [u8]> {
    let mut text = Outside::default();
    let Some(first) = body.iter().position(|&byte| !text.keeps(byte)) else {
        return Cow::Borrowed(body);
    };
    let mut kept = Vec::with_capacity(body.len());
    kept.extend_from_slice(&body[..first]);
    kept.extend(
        body[first..]
            .iter()
            .copied()
            .filter(|&byte| text.keeps(byte)),
    );
    Cow::Owned(kept)
}

/// Follows where strings begin and end.
#[derive(Default)]
struct Outside {
    in_string: bool,
    escaped: bool,
}

impl Outside {
    fn keeps(&mut self, byte: u8) -> bool {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return true;
        }
        self.in_string = byte == b'"';
        !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_only_between_tokens() {
        let body = b"\r\n[ { \"a b\" :\t\"x \\\" \\\\\" , \"n\": 1.50 } ]\n";
        assert_eq!(&*compact(body), br#"[{"a b":"x \" \\","n":1.50}]"#);
    }

    #[test]
    fn what_go_sends_is_not_copied() {
        assert!(matches!(
            compact(br#"[{"tags":null,"values":{"os":"a b"}}]"#),
            Cow::Borrowed(_)
        ));
    }
}
