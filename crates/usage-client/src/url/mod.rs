//! A URL as the protocol's library sees it: Go's `net/url`, to the byte.
//!
//! Programs in the field print and open URLs which that library built, so ours must be the same for
//! every base an operator may have configured, odd ones too. A general URL crate follows the WHATWG
//! rules and answers differently. Bytes, not text: Go's strings need not be UTF-8.
//!
//! Here: the parsed form and how it is written out. `parse` reads one, `escape` knows which byte stays
//! as it is where, `query` reads and writes `key=value` pairs, `resolve` follows a reference. Nothing
//! here knows the Usage API.

mod escape;
mod parse;
mod query;
mod resolve;

use std::fmt;

use escape::Part;
pub(crate) use query::Query;

/// `[scheme:][//[user@]host][/]path[?query][#fragment]`, or `scheme:opaque[?query][#fragment]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Url {
    /// Lower case; empty for a reference without one.
    pub(crate) scheme: Vec<u8>,
    /// What follows `scheme:` where that is not a slash, as written.
    pub(crate) opaque: Vec<u8>,
    pub(crate) user: Option<UserInfo>,
    /// `host[:port]`, unescaped.
    pub(crate) host: Vec<u8>,
    /// Unescaped.
    pub(crate) path: Vec<u8>,
    /// The path as written, where escaping it anew would look different.
    raw_path: Vec<u8>,
    /// `scheme:/path`, without an authority.
    omit_host: bool,
    /// A bare `?` at the end.
    pub(crate) force_query: bool,
    /// As written, without the `?`.
    pub(crate) raw_query: Vec<u8>,
    /// Unescaped.
    pub(crate) fragment: Vec<u8>,
    /// The fragment as written, where escaping it anew would look different.
    raw_fragment: Vec<u8>,
}

/// `username[:password]`, unescaped.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct UserInfo {
    pub(crate) name: Vec<u8>,
    pub(crate) password: Option<Vec<u8>>,
}

/// A password has no business in a log.
impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why a URL can't be read. Says what is wrong, never the URL: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// A byte below 0x20, or 0x7F.
    ControlCharacter,
    /// Begins with `:`.
    MissingScheme,
    /// `a b:c`, `127.0.0.1:80`: neither a scheme nor a path.
    ColonInFirstSegment,
    /// What stands before `@` holds a character that may not be there.
    InvalidUserInfo,
    /// `[::1` without its `]`.
    UnclosedBracket,
    /// What follows the host's colon is not a number.
    InvalidPort,
    /// `%` without two hexadecimal digits, or an escape that may not be there.
    InvalidEscape,
    /// A space or the like in the host.
    InvalidHost,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ControlCharacter => "it contains a control character",
            Self::MissingScheme => "it begins with a colon where a scheme is due",
            Self::ColonInFirstSegment => {
                "it has a colon before the first slash but no scheme such as https://"
            }
            Self::InvalidUserInfo => "the part before @ contains a character that must be escaped",
            Self::UnclosedBracket => "the host's [ has no ]",
            Self::InvalidPort => "the port after the host is not a number",
            Self::InvalidEscape => "it contains a % that is no valid escape",
            Self::InvalidHost => "the host contains a character that hosts don't have",
        })
    }
}

impl std::error::Error for UrlError {}

impl Url {
    /// The path as it goes over the wire.
    pub(crate) fn escaped_path(&self) -> Vec<u8> {
        if self.path == b"*" {
            return self.path.clone();
        }
        escape::kept_or_escaped(&self.raw_path, &self.path, Part::Path)
    }

    /// The whole URL, escaped where it must be.
    ///
    /// Only `opaque` may bring bytes beyond ASCII: it is written as it was read.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_authority(&mut out);
            self.write_path(&mut out);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if self.force_query || !self.raw_query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.raw_query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend(escape::kept_or_escaped(
                &self.raw_fragment,
                &self.fragment,
                Part::Fragment,
            ));
        }
        out
    }

    fn write_authority(&self, out: &mut Vec<u8>) {
        let nothing = self.host.is_empty() && self.user.is_none();
        if nothing && (self.scheme.is_empty() || self.omit_host) {
            return;
        }
        if !nothing || !self.path.is_empty() {
            out.extend_from_slice(b"//");
        }
        if let Some(user) = &self.user {
            out.extend(escape::escape(&user.name, Part::UserInfo));
            if let Some(password) = &user.password {
                out.push(b':');
                out.extend(escape::escape(password, Part::UserInfo));
            }
            out.push(b'@');
        }
        out.extend(escape::escape(&self.host, Part::Host));
    }

    fn write_path(&self, out: &mut Vec<u8>) {
        let path = self.escaped_path();
        if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
            out.push(b'/');
        }
        // "a:b" as a relative path would be read back as scheme "a".
        if out.is_empty() && first_segment(&path).contains(&b':') {
            out.extend_from_slice(b"./");
        }
        out.extend(path);
    }
}

fn first_segment(path: &[u8]) -> &[u8] {
    cut(path, b'/').0
}

/// What stands before and after the first `separator`; all and nothing where there is none.
fn cut(text: &[u8], separator: u8) -> (&[u8], &[u8]) {
    match text.iter().position(|&byte| byte == separator) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[]),
    }
}
