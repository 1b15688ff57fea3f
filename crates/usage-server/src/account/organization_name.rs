//! What an organization may be called by those who sign up. The name is shown to others, so what
//! looks like another's name is refused as far as characters that nobody sees go.

/// Fits headings and tables.
pub(crate) const MAX_CHARS: usize = 100;

/// As it is kept: without blanks around it, and with single ones inside.
pub(crate) fn tidy(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is wrong with a tidy name, in words for the person who chose it.
pub(crate) fn objection(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("Enter a name, such as your company’s.".to_owned());
    }
    if name.chars().count() > MAX_CHARS {
        return Some(format!("Use at most {MAX_CHARS} characters."));
    }
    if name.chars().any(is_unseen) {
        return Some("The name has characters that can’t be seen. Type it anew.".to_owned());
    }
    None
}

/// Control characters, and those that take no room or turn the direction of writing.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_people_can_see() {
        assert_eq!(tidy("  Acme \t Inc. \n"), "Acme Inc.");
        for fine in ["Acme", "Ärzte & Söhne <GmbH>", "株式会社", "=1+1"] {
            assert_eq!(objection(fine), None, "{fine}");
        }
        for wrong in ["", "A\u{200b}cme", "\u{202e}emcA", "a\0b", &"x".repeat(101)] {
            assert!(objection(wrong).is_some(), "{wrong:?}");
        }
    }
}
