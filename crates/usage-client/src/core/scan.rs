//! Reads JSON the way Go's decoder does: the first value and no further, text with broken escapes or
//! bytes mended to U+FFFD, `null` for anything. `serde_json` is stricter on each point, and replies that
//! programs in the field understand must mean the same to ours.
//!
//! Nothing here recurses: depth is a counter, so no reply can overflow a product's stack.

use crate::limits;

/// What is wrong with a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScanError {
    /// It ends too early, or there is nothing.
    Ended,
    /// It is not JSON from this byte on.
    Syntax { at: usize },
    /// Deeper than [`limits::JSON_DEPTH`].
    TooDeep,
}

/// The kinds of values, as far as replies care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    String,
    Array,
    Object,
    Other,
}

/// A place in a JSON text.
pub(super) struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// What kind of value is next.
    pub(super) fn kind(&mut self) -> Result<Kind, ScanError> {
        Ok(match self.peek()? {
            b'n' => Kind::Null,
            b'"' => Kind::String,
            b'[' => Kind::Array,
            b'{' => Kind::Object,
            _ => Kind::Other,
        })
    }

    /// Goes into the array or object that is next.
    pub(super) fn enter(&mut self) {
        self.pass(b"[{");
    }

    /// The next key of the object that was entered; nothing at its end. Only for text that
    /// [`skip`](Self::skip) found to be JSON: commas are not looked at closely here.
    pub(super) fn next_key(&mut self) -> Result<Option<String>, ScanError> {
        self.take(b',')?;
        if self.take(b'}')? {
            return Ok(None);
        }
        let key = self.string()?;
        self.expect(b':')?;
        Ok(Some(key))
    }

    /// Whether the array that was entered goes on. Only for text that is JSON, as above.
    pub(super) fn next_element(&mut self) -> Result<bool, ScanError> {
        self.take(b',')?;
        Ok(!self.take(b']')?)
    }

    pub(super) fn string(&mut self) -> Result<String, ScanError> {
        self.expect(b'"')?;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest
                .iter()
                .position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')
                .ok_or(ScanError::Ended)?;
            push_mended(&mut out, &rest[..plain]);
            self.at += plain + 1;
            match rest[plain] {
                b'"' => return Ok(out),
                b'\\' => out.push(self.escape()?),
                _ => return Err(ScanError::Syntax { at: self.at - 1 }),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<char, ScanError> {
        let letter = *self.text.get(self.at).ok_or(ScanError::Ended)?;
        self.at += 1;
        Ok(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.four_digits()?;
                self.second_half(first)
                    .or_else(|| char::from_u32(first))
                    .unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(ScanError::Syntax { at: self.at - 1 }),
        })
    }

    /// The character that `first` and the `\uXXXX` after it are two halves of, if they are. If not, that
    /// escape is still unread.
    fn second_half(&mut self, first: u32) -> Option<char> {
        let before = self.at;
        if (0xD800..0xDC00).contains(&first) && self.text[self.at..].starts_with(br"\u") {
            self.at += 2;
            if let Ok(second @ 0xDC00..0xE000) = self.four_digits() {
                return char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
            }
        }
        self.at = before;
        None
    }

    fn four_digits(&mut self) -> Result<u32, ScanError> {
        let mut value = 0;
        for _ in 0..4 {
            let byte = *self.text.get(self.at).ok_or(ScanError::Ended)?;
            let digit = char::from(byte).to_digit(16);
            value = value * 16 + digit.ok_or(ScanError::Syntax { at: self.at })?;
            self.at += 1;
        }
        Ok(value)
    }

    /// Passes over the next value, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), ScanError> {
        let mut closers: Vec<u8> = Vec::new();
        loop {
            // One value, or the opening of one.
            match self.peek()? {
                open @ (b'{' | b'[') => {
                    self.at += 1;
                    let closer = if open == b'{' { b'}' } else { b']' };
                    if !self.take(closer)? {
                        if closers.len() == limits::JSON_DEPTH {
                            return Err(ScanError::TooDeep);
                        }
                        closers.push(closer);
                        self.key_if_object(&closers)?;
                        continue;
                    }
                }
                b'"' => drop(self.string()?),
                b'n' => self.word(b"null")?,
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                _ => self.number()?,
            }
            // Out of everything that ends here, on to the next value of what doesn't.
            loop {
                match closers.last() {
                    None => return Ok(()),
                    Some(&closer) if self.take(closer)? => drop(closers.pop()),
                    Some(_) => break,
                }
            }
            self.expect(b',')?;
            self.key_if_object(&closers)?;
        }
    }

    fn key_if_object(&mut self, closers: &[u8]) -> Result<(), ScanError> {
        if closers.last() == Some(&b'}') {
            self.string()?;
            self.expect(b':')?;
        }
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), ScanError> {
        for &expected in word {
            match self.text.get(self.at) {
                Some(&byte) if byte == expected => self.at += 1,
                Some(_) => return Err(ScanError::Syntax { at: self.at }),
                None => return Err(ScanError::Ended),
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), ScanError> {
        self.pass(b"-");
        if !self.pass(b"0") {
            self.digits()?;
        }
        if self.pass(b".") {
            self.digits()?;
        }
        if self.pass(b"eE") {
            self.pass(b"+-");
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), ScanError> {
        let rest = &self.text[self.at..];
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        match (count, rest.is_empty()) {
            (0, true) => Err(ScanError::Ended),
            (0, false) => Err(ScanError::Syntax { at: self.at }),
            _ => Ok(()),
        }
    }

    /// Passes one byte if it is among `bytes`.
    fn pass(&mut self, bytes: &[u8]) -> bool {
        let passed = self
            .text
            .get(self.at)
            .is_some_and(|byte| bytes.contains(byte));
        self.at += usize::from(passed);
        passed
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Result<u8, ScanError> {
        while self.pass(b" \t\r\n") {}
        self.text.get(self.at).copied().ok_or(ScanError::Ended)
    }

    /// Whether `byte` is next; if so, it is passed.
    fn take(&mut self, byte: u8) -> Result<bool, ScanError> {
        let found = self.peek()? == byte;
        self.at += usize::from(found);
        Ok(found)
    }

    fn expect(&mut self, byte: u8) -> Result<(), ScanError> {
        if self.take(byte)? {
            Ok(())
        } else {
            Err(ScanError::Syntax { at: self.at })
        }
    }
}

/// Go mends each broken byte on its own; Rust's lossy conversion would take several as one.
fn push_mended(out: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(text: &str) -> Result<usize, ScanError> {
        let mut scan = Scan::new(text.as_bytes());
        scan.skip().map(|()| scan.at)
    }

    #[test]
    fn the_first_value_counts_and_the_rest_does_not() {
        for (text, end) in [
            ("null!", 4),
            (" [1, {\"a\": []}, -0.5e+3] x", 24),
            ("{}{", 2),
            ("01", 1),
            ("404 page not found", 3),
        ] {
            assert_eq!(skipped(text), Ok(end), "{text}");
        }
        for text in [
            "", " ", "[", "{\"a\"", "tru", "-", "1.", "\"a", "\"\\u12", "[1,",
        ] {
            assert_eq!(skipped(text), Err(ScanError::Ended), "{text}");
        }
        for text in [
            "<",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "[01]",
            "\"\\x\"",
            "\"\n\"",
            "\u{feff}1",
        ] {
            assert!(
                matches!(skipped(text), Err(ScanError::Syntax { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn depth_is_counted_not_recursed() {
        let nested = |depth: usize| "[".repeat(depth) + "0" + &"]".repeat(depth);
        assert!(skipped(&nested(limits::JSON_DEPTH)).is_ok());
        assert_eq!(skipped(&nested(1_000_000)), Err(ScanError::TooDeep));
    }

    #[test]
    fn broken_text_is_mended() {
        let read = |text: &[u8]| Scan::new(text).string().unwrap();
        assert_eq!(read(br#""a\ud800b""#), "a\u{fffd}b");
        assert_eq!(read(br#""\ud83d\ude80""#), "\u{1f680}");
        assert_eq!(read(br#""\ud800\u0041""#), "\u{fffd}A");
        assert_eq!(read(br#""\udc00\ud83d\ude80""#), "\u{fffd}\u{1f680}");
        assert_eq!(read(b"\"a\xe2\x82b\xff\""), "a\u{fffd}\u{fffd}b\u{fffd}");
        assert_eq!(read(br#""\b\f\n\r\t\/\\\"""#), "\u{8}\u{c}\n\r\t/\\\"");
    }
}
