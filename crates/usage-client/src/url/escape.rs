//! Which byte may stand unescaped in which part of a URL, by Go's rules: they differ from the RFC's and
//! from browsers', and every difference shows in a URL somebody prints.

use super::UrlError;

/// The parts whose rules differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    Host,
    /// An IPv6 zone, `%25en0`.
    Zone,
    UserInfo,
    /// A key or a value of a query: a space is `+`.
    Query,
    Fragment,
}

/// Whether `byte` must be written as `%XX` in `part`.
fn must_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
        return false;
    }
    match part {
        // Beyond the RFC: brackets and colon belong to "[::1]:80", and < > " are let through
        // because a host has no way to escape them.
        Part::Host | Part::Zone => !b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Part::Path => !b"$&+,/:;=@".contains(&byte),
        Part::UserInfo => !b"$&+,;=".contains(&byte),
        Part::Query => true,
        Part::Fragment => !b"$&+,/:;=?@!()*".contains(&byte),
    }
}

pub(super) fn escape(text: &[u8], part: Part) -> Vec<u8> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if byte == b' ' && part == Part::Query {
            out.push(b'+');
        } else if must_escape(byte, part) {
            out.extend([
                b'%',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]);
        } else {
            out.push(byte);
        }
    }
    out
}

pub(super) fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, UrlError> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'%' => {
                let value = hex_pair(after).ok_or(UrlError::InvalidEscape)?;
                if !may_be_escaped(value, part) {
                    return Err(UrlError::InvalidEscape);
                }
                out.push(value);
                rest = &after[2..];
            }
            b'+' if part == Part::Query => out.push(b' '),
            _ if matches!(part, Part::Host | Part::Zone)
                && byte < 0x80
                && must_escape(byte, part) =>
            {
                return Err(UrlError::InvalidHost);
            }
            _ => out.push(byte),
        }
    }
    Ok(out)
}

/// Hosts may escape only what is not ASCII, and the `%` before a zone; zones only what could stand there
/// anyway, and spaces, which Windows puts there.
fn may_be_escaped(value: u8, part: Part) -> bool {
    match part {
        Part::Host => value >= 0x80 || value == b'%',
        Part::Zone => value == b'%' || value == b' ' || !must_escape(value, Part::Host),
        _ => true,
    }
}

fn hex_pair(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// `raw` where it is a valid way to write `decoded`, else `decoded` escaped.
pub(super) fn kept_or_escaped(raw: &[u8], decoded: &[u8], part: Part) -> Vec<u8> {
    let valid = |byte: &u8| b"!$&'()*+,;=:@[]%".contains(byte) || !must_escape(*byte, part);
    if !raw.is_empty()
        && raw.iter().all(valid)
        && unescape(raw, part).is_ok_and(|plain| plain == decoded)
    {
        raw.to_vec()
    } else {
        escape(decoded, part)
    }
}
