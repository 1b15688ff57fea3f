//! Reading a URL, with Go's rules and Go's refusals. Where Go's library would go on to crash on a URL it
//! could not read, an error says what is wrong.

use super::escape::{Part, escape, unescape};
use super::{Url, UrlError, UserInfo, cut, first_segment};

impl Url {
    pub(crate) fn parse(text: &[u8]) -> Result<Self, UrlError> {
        let (reference, fragment) = cut(text, b'#');
        let mut url = parse_reference(reference)?;
        if !fragment.is_empty() {
            url.fragment = unescape(fragment, Part::Fragment)?;
            url.raw_fragment = raw_unless_default(fragment, &url.fragment, Part::Fragment);
        }
        Ok(url)
    }

    pub(super) fn set_path(&mut self, written: &[u8]) -> Result<(), UrlError> {
        self.path = unescape(written, Part::Path)?;
        self.raw_path = raw_unless_default(written, &self.path, Part::Path);
        Ok(())
    }
}

fn raw_unless_default(written: &[u8], decoded: &[u8], part: Part) -> Vec<u8> {
    if escape(decoded, part) == written {
        Vec::new()
    } else {
        written.to_vec()
    }
}

fn parse_reference(text: &[u8]) -> Result<Url, UrlError> {
    if text.iter().any(u8::is_ascii_control) {
        return Err(UrlError::ControlCharacter);
    }
    let mut url = Url::default();
    if text == b"*" {
        url.path = text.to_vec();
        return Ok(url);
    }
    let (scheme, rest) = split_scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (rest, query) = cut(rest, b'?');
    url.force_query = query.is_empty() && text.ends_with(b"?");
    url.raw_query = query.to_vec();

    if !rest.starts_with(b"/") {
        if !url.scheme.is_empty() {
            url.opaque = rest.to_vec();
            return Ok(url);
        }
        if first_segment(rest).contains(&b':') {
            return Err(UrlError::ColonInFirstSegment);
        }
    }
    let mut path = rest;
    let has_authority =
        rest.starts_with(b"//") && (!url.scheme.is_empty() || !rest.starts_with(b"///"));
    if has_authority {
        let authority = first_segment(&rest[2..]);
        path = &rest[2 + authority.len()..];
        (url.user, url.host) = parse_authority(authority)?;
    } else if !url.scheme.is_empty() {
        url.omit_host = true;
    }
    url.set_path(path)?;
    Ok(url)
}

/// `("https", "//host")`, or `("", all of it)` where no scheme is.
fn split_scheme(text: &[u8]) -> Result<(&[u8], &[u8]), UrlError> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err(UrlError::MissingScheme),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok((&[], text))
}

fn parse_authority(text: &[u8]) -> Result<(Option<UserInfo>, Vec<u8>), UrlError> {
    let Some(at) = text.iter().rposition(|&byte| byte == b'@') else {
        return Ok((None, parse_host(text)?));
    };
    let host = parse_host(&text[at + 1..])?;
    let written = &text[..at];
    let valid = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !written.iter().all(valid) {
        return Err(UrlError::InvalidUserInfo);
    }
    let (name, password) = cut(written, b':');
    let user = UserInfo {
        name: unescape(name, Part::UserInfo)?,
        password: written
            .contains(&b':')
            .then(|| unescape(password, Part::UserInfo))
            .transpose()?,
    };
    Ok((Some(user), host))
}

fn parse_host(text: &[u8]) -> Result<Vec<u8>, UrlError> {
    if text.starts_with(b"[") {
        let close = text
            .iter()
            .rposition(|&byte| byte == b']')
            .ok_or(UrlError::UnclosedBracket)?;
        check_port(&text[close + 1..])?;
        if let Some(zone) = text[..close].windows(3).position(|three| three == b"%25") {
            let mut host = unescape(&text[..zone], Part::Host)?;
            host.extend(unescape(&text[zone..close], Part::Zone)?);
            host.extend(unescape(&text[close..], Part::Host)?);
            return Ok(host);
        }
    } else if let Some(colon) = text.iter().rposition(|&byte| byte == b':') {
        check_port(&text[colon..])?;
    }
    unescape(text, Part::Host)
}

/// Nothing, or a colon and digits: no digits at all are a port too.
fn check_port(text: &[u8]) -> Result<(), UrlError> {
    match text.split_first() {
        None => Ok(()),
        Some((b':', digits)) if digits.iter().all(u8::is_ascii_digit) => Ok(()),
        Some(_) => Err(UrlError::InvalidPort),
    }
}
