//! The code that a person types: ten letters, of which none is taken for another and which make no
//! words. That are 43 bits.

/// RFC 8628's own choice: no vowels, no digits.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

const LETTERS_OF_CODE: usize = 10;

/// Random bytes from here on are thrown away, so that each letter is as likely.
const FAIR_BELOW: u8 = 240;

/// A code, in one spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserCode(String);

impl UserCode {
    /// A new one.
    pub(crate) fn random() -> Result<UserCode, getrandom::Error> {
        let mut code = String::with_capacity(LETTERS_OF_CODE);
        let mut bytes = [0; 2 * LETTERS_OF_CODE];
        while code.len() < LETTERS_OF_CODE {
            getrandom::fill(&mut bytes)?;
            let fair = bytes.iter().filter(|byte| **byte < FAIR_BELOW);
            let letters = fair.map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]));
            code.extend(letters.take(LETTERS_OF_CODE - code.len()));
        }
        Ok(UserCode(code))
    }

    /// As a person typed it: in whatever case, with or without the dash. `None` where it can't be one.
    pub(crate) fn typed(text: &str) -> Option<UserCode> {
        let typed = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'))
            .map(|c| c.to_ascii_uppercase());
        let code: String = typed.take(LETTERS_OF_CODE + 1).collect();
        let plain = code.bytes().all(|letter| LETTERS.contains(&letter));
        (plain && code.len() == LETTERS_OF_CODE).then_some(UserCode(code))
    }

    /// As it is compared and kept.
    pub(crate) fn letters(&self) -> &str {
        &self.0
    }

    /// As it is shown: `BCDFG-HJKLM`.
    pub(crate) fn shown(&self) -> String {
        let (first, second) = self.0.split_at(LETTERS_OF_CODE / 2);
        format!("{first}-{second}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_code_survives_how_people_type() {
        let code = UserCode::typed("BCDFGHJKLM").unwrap();
        assert_eq!(code.shown(), "BCDFG-HJKLM");
        for typed in [
            "BCDFG-HJKLM",
            "bcdfg hjklm",
            " bcdfghjklm\n",
            "b-c-d-f-g–hjklm",
        ] {
            assert_eq!(UserCode::typed(typed).as_ref(), Some(&code), "{typed}");
        }
        for wrong in [
            "",
            "BCDFG",
            "BCDFG-HJKLMN",
            "BCDFG-HJKLA",
            "BCDFG-HJKL0",
            "ＢCDFGHJKLM",
        ] {
            assert_eq!(UserCode::typed(wrong), None, "{wrong}");
        }
        assert_eq!(UserCode::typed(&"-".repeat(100_000)), None);
    }

    #[test]
    fn codes_use_every_letter_and_are_never_the_same() {
        let codes: Vec<UserCode> = (0..500).map(|_| UserCode::random().unwrap()).collect();
        let letters: BTreeSet<u8> = codes.iter().flat_map(|code| code.0.bytes()).collect();
        assert!(letters.iter().eq(LETTERS.iter()));
        let different: BTreeSet<&str> = codes.iter().map(UserCode::letters).collect();
        assert_eq!(different.len(), codes.len());
        assert_eq!(UserCode::typed(&codes[0].shown()).as_ref(), Some(&codes[0]));
        // 2 to the 40th is 1.1e12.
        assert!((LETTERS.len() as f64).powi(10) > 1.0e13);
        assert_eq!(usize::from(FAIR_BELOW) % LETTERS.len(), 0);
    }
}
