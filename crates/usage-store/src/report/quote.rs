//! How messages show what came: in quotes, cut where it is long, and with nothing in it that a
//! terminal obeys or that reads as something else.

use std::fmt::Write as _;

use super::limits::QUOTED_CHARS_MAX;

/// An excerpt of text or bytes that came, in quotes; `…` after it where there is more.
pub fn quoted(came: impl AsRef<[u8]>) -> String {
    let mut excerpt = Excerpt::default();
    for chunk in came.as_ref().utf8_chunks() {
        for char in chunk.valid().chars().take(QUOTED_CHARS_MAX + 1) {
            match char {
                '"' | '\\' => excerpt.push(format_args!("\\{char}")),
                _ => excerpt.char(char),
            }
        }
        for byte in chunk.invalid() {
            excerpt.push(format_args!("\\x{byte:02x}"));
        }
        if excerpt.is_cut {
            break;
        }
    }
    let more = if excerpt.is_cut { "…" } else { "" };
    format!("\"{}\"{more}", excerpt.text)
}

/// A key of an object within a path: without quotes.
pub(super) fn plain(key: &str) -> String {
    let mut excerpt = Excerpt::default();
    for char in key.chars().take(QUOTED_CHARS_MAX + 1) {
        excerpt.char(char);
    }
    let more = if excerpt.is_cut { "…" } else { "" };
    excerpt.text + more
}

#[derive(Default)]
struct Excerpt {
    text: String,
    chars: usize,
    is_cut: bool,
}

impl Excerpt {
    fn char(&mut self, char: char) {
        if misleads(char) {
            self.push(format_args!("\\u{:04x}", u32::from(char)));
        } else {
            self.push(format_args!("{char}"));
        }
    }

    /// One character of what came, as it is shown.
    fn push(&mut self, shown: std::fmt::Arguments<'_>) {
        if self.chars == QUOTED_CHARS_MAX {
            self.is_cut = true;
            return;
        }
        self.chars += 1;
        // Writing to a string can't fail.
        let _ = self.text.write_fmt(shown);
    }
}

/// Control characters, and those that can't be seen or turn the direction of writing.
fn misleads(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_is_shown_and_obeyed_by_nobody() {
        assert_eq!(quoted("yesterday"), r#""yesterday""#);
        assert_eq!(quoted("a \"b\" \\"), r#""a \"b\" \\""#);
        assert_eq!(quoted("北京 é"), r#""北京 é""#);
        assert_eq!(
            quoted("\x1b[2J\r\n\u{85}\u{202e}\u{feff}"),
            r#""\u001b[2J\u000d\u000a\u0085\u202e\ufeff""#
        );
        assert_eq!(quoted(b"\xff\x00a"), r#""\xff\u0000a""#);
        assert_eq!(plain("a\u{7}\"b"), "a\\u0007\"b");
    }

    #[test]
    fn what_is_long_is_cut() {
        let fits = "é".repeat(QUOTED_CHARS_MAX);
        assert_eq!(quoted(&fits), format!("\"{fits}\""));
        assert_eq!(quoted(format!("{fits}x")), format!("\"{fits}\"…"));
        assert_eq!(plain(&format!("{fits}x")), format!("{fits}…"));
        assert_eq!(plain(&fits), fits);
        assert!(quoted([0xff; 100_000]).len() < 300);
    }
}
