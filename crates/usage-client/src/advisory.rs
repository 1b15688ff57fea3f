//! What a vendor wants users of some versions to know, read out of a reply. Whatever a server sends there can be
//! shown: in one line, bounded, without anything that a terminal would obey.

use std::fmt;

use serde_json::Value as Json;

use crate::limits::{ADVISORIES, ADVISORY_LINK_BYTES, ADVISORY_TEXT_CHARS};

/// What users of some versions of the product should know: a hole that was mended, say.
///
/// A server that knows the version that was reported sends only those that affect it. Printed it is one line:
///
/// ```text
/// CVE-2026-1234 (high, affects <1.8.4): Passwords show in the log. https://example.com/advisories/7
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advisory {
    /// What it is called by: `CVE-2026-1234`. The same for as long as it is about the same: remember it to tell a
    /// person once.
    pub id: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about, in a line; may be empty.
    pub title: String,
    /// Which versions, for people to read: `>=1.2, <1.8.4`; may be empty.
    pub affected: String,
    /// Where more is said: an https address.
    pub link: Option<String>,
}

/// How much an advisory matters. Ordered: what matters more is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// The server didn't say, or in a word that this version of the library doesn't know.
    Unknown,
    /// Good to know.
    Low,
    /// Worth an update soon.
    Medium,
    /// Worth an update now.
    High,
    /// Stop and act.
    Critical,
}

impl Severity {
    /// Its word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    fn named(name: &str) -> Self {
        [Self::Low, Self::Medium, Self::High, Self::Critical]
            .into_iter()
            .find(|one| one.name().eq_ignore_ascii_case(name))
            .unwrap_or(Self::Unknown)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Advisory {
    /// Those of a reply, as far as they can be read. One without an id is none.
    pub(crate) fn all(json: &Json) -> Vec<Self> {
        let all = json.as_array().into_iter().flatten();
        all.filter_map(Self::read).take(ADVISORIES).collect()
    }

    fn read(json: &Json) -> Option<Self> {
        let text = |key: &str| json[key].as_str().map(line).unwrap_or_default();
        Some(Self {
            id: Some(text("id")).filter(|id| !id.is_empty())?,
            severity: json["severity"]
                .as_str()
                .map_or(Severity::Unknown, Severity::named),
            title: text("title"),
            affected: text("affected"),
            link: json["link"]
                .as_str()
                .filter(|link| is_link(link))
                .map(str::to_owned),
        })
    }
}

impl fmt::Display for Advisory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            severity,
            title,
            affected,
            link,
        } = self;
        write!(f, "{id} ({severity}")?;
        if !affected.is_empty() {
            write!(f, ", affects {affected}")?;
        }
        f.write_str(")")?;
        if !title.is_empty() {
            write!(f, ": {title}")?;
        }
        link.iter().try_for_each(|link| write!(f, " {link}"))
    }
}

/// Its beginning, with a space for everything that isn't a sign on a line.
fn line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let line: String = text.chars().take(ADVISORY_TEXT_CHARS).map(plain).collect();
    line.trim().to_owned()
}

fn is_link(link: &str) -> bool {
    link.len() <= ADVISORY_LINK_BYTES
        && link.starts_with("https://")
        && link.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_is_read_whole_and_printed_in_a_line() {
        let sent = json!([{
            "id": "JB-7", "severity": "high", "title": "Passwords show in the log.",
            "affected": ">=1.2, <1.8.4", "link": "https://example.com/7", "since": [2026],
        }]);
        let read = Advisory::all(&sent);
        assert_eq!(
            read[0].to_string(),
            "JB-7 (high, affects >=1.2, <1.8.4): Passwords show in the log. https://example.com/7"
        );
        assert_eq!(read.len(), 1);
        let bare = Advisory::all(&json!([{"id": "JB-8", "link": null}]));
        assert_eq!(bare[0].to_string(), "JB-8 (unknown)");
        assert!(Severity::Critical > Severity::High && Severity::Low > Severity::Unknown);
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        for sent in [
            json!(null),
            json!({"id": "JB-7"}),
            json!("JB-7"),
            json!([null, 7, "JB-7", [], {}, {"id": 7}, {"id": ""}, {"id": "\n"}, {"title": "no id"}]),
        ] {
            assert_eq!(Advisory::all(&sent), [], "{sent}");
        }
        let odd = json!([{"id": "A", "severity": "catastrophic", "title": 7, "affected": null, "link": "http://a"}]);
        let read = &Advisory::all(&odd)[0];
        assert_eq!(read.severity, Severity::Unknown);
        assert_eq!((&*read.title, &*read.affected, &read.link), ("", "", &None));
        let loud = json!([{"id": "A", "severity": "HIGH"}]);
        assert_eq!(Advisory::all(&loud)[0].severity, Severity::High);
    }

    #[test]
    fn nothing_in_it_takes_over_a_terminal_or_fills_the_memory() {
        let long = "a".repeat(100_000);
        let sent = json!([{
            "id": "A\u{1b}[2J\r\nB\u{9b}31m", "title": long, "affected": long,
            "link": format!("https://example.com/{long}"),
        }]);
        let read = &Advisory::all(&sent)[0];
        assert!(!read.to_string().chars().any(char::is_control), "{read}");
        assert_eq!(read.title.len(), ADVISORY_TEXT_CHARS);
        assert_eq!(read.link, None);
        for link in [
            "https://a/\u{1b}[2J",
            "https://a b",
            "javascript:alert(1)",
            "https://\u{202e}a",
        ] {
            let sent = json!([{"id": "A", "link": link}]);
            assert_eq!(Advisory::all(&sent)[0].link, None, "{link:?}");
        }
        let many = json!(vec![json!({"id": "A"}); 10 * ADVISORIES]);
        assert_eq!(Advisory::all(&many).len(), ADVISORIES);
    }
}
