//! Where a browser may be sent with a token or a code, and with what added. Pure functions.
//!
//! The address comes from whoever made the link, and a browser follows it. So it is not repaired but
//! read strictly: only what every parser reads alike is taken, and a test holds what is taken against
//! the algorithm that browsers use. The host that is shown is the host that the browser goes to.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use crate::limits::REDIRECT_URL_MAX_BYTES;

/// What stays as it is in a parameter that we add.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What no header carries. Other than ASCII is always escaped.
const UNSPEAKABLE: &AsciiSet = &CONTROLS.add(b' ');

const NAME_MAX_BYTES: usize = 253;
const LABEL_MAX_BYTES: usize = 63;

/// An address that a token or a code may be added to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RedirectUrl {
    scheme: Scheme,
    host: Host,
    port: Option<u16>,
    /// Begins with a slash.
    path: String,
    query: Option<String>,
    fragment: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    /// In small letters; other than ASCII as `xn--`.
    Name(String),
    Address(IpAddr),
}

/// What is wrong with an address, in words that follow "The redirect_url".
pub(crate) type Objection = &'static str;

impl RedirectUrl {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// Where nothing may be sent there.
    pub(crate) fn parse(text: &str) -> Result<RedirectUrl, Objection> {
        if text.len() > REDIRECT_URL_MAX_BYTES {
            return Err("is too long: at most 2,048 bytes are allowed.");
        }
        if text.chars().any(char::is_control) {
            return Err("has a control character in it.");
        }
        if text.contains('\\') {
            return Err("has a backslash in it, which browsers read as a slash.");
        }
        // As browsers do, or what follows would be another path.
        let (scheme, rest) = scheme(text.trim_end_matches(' '))?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        if authority.contains('@') {
            return Err("has a user name in it, which could pass for the host.");
        }
        let (host, port) = host_and_port(authority)?;
        let (rest, fragment) = cut(rest, '#');
        let (path, query) = cut(rest, '?');
        let path = if path.is_empty() { "/" } else { path };
        let url = RedirectUrl {
            scheme,
            host,
            port,
            path: speakable(path),
            query: query.map(speakable),
            fragment: fragment.map(speakable),
        };
        if scheme == Scheme::Http && url.is_public() {
            return Err(
                "would carry the token over plain http through a public network: use https, or reach the program at a local address.",
            );
        }
        Ok(url)
    }

    /// The host as a person should read it, in ASCII, with the port if there is one.
    pub(crate) fn shown(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host(),
        }
    }

    /// The host alone.
    pub(crate) fn host(&self) -> String {
        match &self.host {
            Host::Name(name) => name.clone(),
            Host::Address(IpAddr::V6(address)) => format!("[{address}]"),
            Host::Address(address) => address.to_string(),
        }
    }

    /// Whether it is somewhere in the world, and not on this machine or in this house.
    pub(crate) fn is_public(&self) -> bool {
        match &self.host {
            Host::Name(name) => {
                let within = |domain: &str| {
                    name.strip_suffix(domain)
                        .is_some_and(|rest| rest.ends_with('.'))
                };
                name != "localhost" && !within("localhost") && !within("local")
            }
            Host::Address(address) => match address.to_canonical() {
                IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_private(),
                IpAddr::V6(v6) => !v6.is_loopback() && !v6.is_unique_local(),
            },
        }
    }

    /// What a policy on forms must allow, so that a form's answer may lead there. A policy can't name
    /// every host that a URL can: then it is any, at this port.
    pub(crate) fn form_target(&self) -> String {
        let nameable = match &self.host {
            Host::Name(name) => !name.contains('_'),
            Host::Address(address) => address.is_ipv4(),
        };
        let scheme = self.scheme.name();
        match self.port {
            _ if nameable => format!("{scheme}://{}", self.shown()),
            Some(port) => format!("{scheme}://*:{port}"),
            None => format!("{scheme}://*"),
        }
    }

    /// The address with this token, in place of any that it had.
    pub(crate) fn with_token(&self, token: &str) -> String {
        self.with(&["token"], &[("token", token)])
    }

    /// The address with a one-time code, and with the state that came along.
    pub(crate) fn with_code(&self, code: &str, state: Option<&str>) -> String {
        self.answered("code", code, state)
    }

    /// The address with the news that the person said no.
    pub(crate) fn with_denial(&self, state: Option<&str>) -> String {
        self.answered("error", "access_denied", state)
    }

    fn answered(&self, key: &str, value: &str, state: Option<&str>) -> String {
        let state = state.map(|state| ("state", state));
        let added: Vec<(&str, &str)> = [(key, value)].into_iter().chain(state).collect();
        self.with(&["token", "code", "error", "state"], &added)
    }

    fn with(&self, replaced: &[&str], added: &[(&str, &str)]) -> String {
        let scheme = self.scheme.name();
        let mut url = format!("{scheme}://{}{}", self.shown(), self.path);
        let mut mark = '?';
        let kept = without(self.query.as_deref().unwrap_or_default(), replaced);
        if !kept.is_empty() {
            url.push(mark);
            url += &kept;
            mark = '&';
        }
        for (key, value) in added {
            url.push(mark);
            url += key;
            url.push('=');
            url.extend(utf8_percent_encode(value, UNRESERVED));
            mark = '&';
        }
        if let Some(fragment) = &self.fragment {
            url.push('#');
            url += fragment;
        }
        url
    }
}

/// A host as [`RedirectUrl::host`] has it, where this is one that is public, and no more than one.
pub(crate) fn public_host(text: &str) -> Option<String> {
    let url = RedirectUrl::parse(&format!("https://{text}/")).ok()?;
    let alone =
        url.port.is_none() && url.path == "/" && url.query.is_none() && url.fragment.is_none();
    (alone && url.is_public()).then(|| url.host())
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

fn scheme(text: &str) -> Result<(Scheme, &str), Objection> {
    for scheme in [Scheme::Http, Scheme::Https] {
        let begin = text.split_at_checked(scheme.name().len());
        if let Some((name, rest)) = begin
            && name.eq_ignore_ascii_case(scheme.name())
            && let Some(rest) = rest.strip_prefix("://")
        {
            return Ok((scheme, rest));
        }
    }
    Err("must begin with https://, or for a program nearby with http://.")
}

fn host_and_port(authority: &str) -> Result<(Host, Option<u16>), Objection> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (inner, port) = rest.split_once(']').ok_or(NO_HOST)?;
            let address: Ipv6Addr = inner.parse().map_err(|_| NO_HOST)?;
            (Host::Address(address.into()), port)
        }
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            let (host, port) = authority.split_at(end);
            (named(host)?, port)
        }
    };
    if port.is_empty() {
        return Ok((host, None));
    }
    let digits = port.strip_prefix(':').unwrap_or_default();
    let plain = (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(port @ 1..) if plain => Ok((host, Some(port))),
        _ => Err("has a port that is none."),
    }
}

const NO_HOST: Objection = "has no host that every program would read alike.";

/// A host that isn't in brackets. Numbers in other dress (`127.1`, `0x7f.0.0.1`) are addresses for
/// browsers: refused.
fn named(host: &str) -> Result<Host, Objection> {
    if !host.is_ascii() {
        return Err(
            "has a host with letters beyond ASCII: write it in its ASCII form, which begins with xn--.",
        );
    }
    let name = host.to_ascii_lowercase();
    let mut labels = name.split('.');
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=LABEL_MAX_BYTES).contains(&bytes.len()) && bytes.iter().all(plain)
    };
    if name.len() > NAME_MAX_BYTES || !labels.clone().all(is_label) {
        return Err(NO_HOST);
    }
    let last = labels.next_back().unwrap_or_default();
    if is_number(last) {
        let address: Ipv4Addr = name.parse().map_err(|_| NO_HOST)?;
        return Ok(Host::Address(address.into()));
    }
    Ok(Host::Name(name))
}

/// Whether browsers take a host that ends in this for an IPv4 address.
fn is_number(label: &str) -> bool {
    let digits = |text: &str, radix| text.chars().all(|digit| digit.is_digit(radix));
    match label.strip_prefix("0x") {
        Some(rest) => digits(rest, 16),
        None => digits(label, 10),
    }
}

fn cut(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

fn speakable(text: &str) -> String {
    utf8_percent_encode(text, UNSPEAKABLE).to_string()
}

/// A query without these parameters, however they are escaped. Some programs separate by `;`, too.
fn without(query: &str, keys: &[&str]) -> String {
    let kept = |pair: &&str| {
        let key = pair.split('=').next().unwrap_or_default().replace('+', " ");
        let key: Cow<'_, [u8]> = percent_decode(key.as_bytes()).into();
        !keys.iter().any(|replaced| replaced.as_bytes() == &*key)
    };
    let parts: Vec<String> = query
        .split('&')
        .filter_map(|part| {
            let pairs: Vec<&str> = part.split(';').filter(kept).collect();
            (!pairs.is_empty()).then(|| pairs.join(";"))
        })
        .collect();
    parts.join("&")
}

#[cfg(test)]
mod tests;
