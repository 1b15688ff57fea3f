//! A walk over a JSON text that writes it out again, without the members that somebody wants left out;
//! what stays, stays to the byte. It is for texts that were found to be JSON before: it looks no closer than
//! it has to, and returns `None` where it loses its way.

use std::borrow::Cow;

/// What a value is, by how it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    Null,
    Flag,
    Number,
    Text,
    Object,
    Array,
}

/// Where the walk is, and what it has written.
pub(super) struct Walk<'a> {
    text: &'a str,
    at: usize,
    out: Vec<u8>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str) -> Walk<'a> {
        Walk {
            text,
            at: 0,
            out: Vec::with_capacity(text.len()),
        }
    }

    /// What was written, if the text is over.
    pub(super) fn end(mut self) -> Option<Vec<u8>> {
        self.blanks();
        (self.at == self.text.len()).then_some(self.out)
    }

    /// Copies the white space that comes next.
    pub(super) fn blanks(&mut self) {
        let from = self.at;
        self.space();
        self.copy_from(from);
    }

    /// What comes next.
    pub(super) fn is(&self) -> Option<Is> {
        Some(match self.rest().first()? {
            b'n' => Is::Null,
            b't' | b'f' => Is::Flag,
            b'"' => Is::Text,
            b'{' => Is::Object,
            b'[' => Is::Array,
            _ => Is::Number,
        })
    }

    /// Writes something of one's own.
    pub(super) fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Walks over an object. `member` hears each key, walks over its value, and says whether the member
    /// stays; then it must have written the value.
    pub(super) fn object<W: AsMut<Walk<'a>>>(
        whole: &mut W,
        mut member: impl FnMut(&mut W, &str) -> Option<bool>,
    ) -> Option<()> {
        Walk::list(whole, b'{', b'}', |whole| {
            let walk = whole.as_mut();
            let from = walk.at;
            let key = walk.key()?;
            walk.space();
            walk.byte(b':')?;
            walk.space();
            walk.copy_from(from);
            member(whole, &key)
        })
    }

    /// Walks over an array; `item` walks over one item and says whether it stays.
    pub(super) fn array<W: AsMut<Walk<'a>>>(
        whole: &mut W,
        item: impl FnMut(&mut W) -> Option<bool>,
    ) -> Option<()> {
        Walk::list(whole, b'[', b']', item)
    }

    fn list<W: AsMut<Walk<'a>>>(
        whole: &mut W,
        open: u8,
        close: u8,
        mut item: impl FnMut(&mut W) -> Option<bool>,
    ) -> Option<()> {
        let walk = whole.as_mut();
        walk.byte(open)?;
        walk.out.push(open);
        let from = walk.at;
        walk.space();
        if walk.byte(close).is_some() {
            walk.copy_from(from);
            return Some(());
        }
        walk.at = from;
        let mut first = true;
        loop {
            let walk = whole.as_mut();
            let before = walk.out.len();
            if !first {
                walk.out.push(b',');
            }
            walk.blanks();
            let stays = item(whole)?;
            let walk = whole.as_mut();
            walk.blanks();
            match stays {
                true => first = false,
                false => walk.out.truncate(before),
            }
            if walk.byte(b',').is_none() {
                walk.byte(close)?;
                walk.out.push(close);
                return Some(());
            }
        }
    }

    /// Walks over a value and copies it.
    pub(super) fn keep(&mut self) -> Option<()> {
        let from = self.at;
        self.skip()?;
        self.copy_from(from);
        Some(())
    }

    /// Walks over a value.
    pub(super) fn skip(&mut self) -> Option<&'a str> {
        let from = self.at;
        match self.is()? {
            Is::Text => self.string()?,
            Is::Object | Is::Array => self.nested()?,
            Is::Null | Is::Flag | Is::Number => {
                let goes_on = |byte: &u8| !matches!(byte, b',' | b'}' | b']') && !is_space(*byte);
                self.at += self.rest().iter().take_while(|byte| goes_on(byte)).count();
            }
        }
        self.text.get(from..self.at).filter(|text| !text.is_empty())
    }

    /// The text that comes next, without its escapes, and without walking over it.
    pub(super) fn text_ahead(&self) -> Option<Cow<'a, str>> {
        let mut ahead = Walk {
            out: Vec::new(),
            ..*self
        };
        ahead.key()
    }

    /// The same, walked over.
    fn key(&mut self) -> Option<Cow<'a, str>> {
        let from = self.at;
        self.string()?;
        let quoted = self.text.get(from..self.at)?;
        match quoted.contains('\\') {
            false => Some(Cow::Borrowed(quoted.get(1..quoted.len() - 1)?)),
            true => serde_json::from_str(quoted).ok().map(Cow::Owned),
        }
    }

    fn string(&mut self) -> Option<()> {
        self.byte(b'"')?;
        loop {
            let special = |byte: &u8| matches!(byte, b'"' | b'\\');
            self.at += self.rest().iter().position(special)?;
            match self.rest() {
                [b'"', ..] => {
                    self.at += 1;
                    return Some(());
                }
                [_, _, ..] => self.at += 2,
                _ => return None,
            }
        }
    }

    fn nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.rest().first()? {
                b'"' => self.string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                    if depth == 0 {
                        return Some(());
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    fn byte(&mut self, expected: u8) -> Option<()> {
        (self.rest().first() == Some(&expected)).then(|| self.at += 1)
    }

    fn space(&mut self) {
        self.at += self
            .rest()
            .iter()
            .take_while(|byte| is_space(**byte))
            .count();
    }

    fn copy_from(&mut self, from: usize) {
        let walked = self.text.as_bytes().get(from..self.at);
        self.out.extend_from_slice(walked.unwrap_or_default());
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
