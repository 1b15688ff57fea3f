//! What every page has around it: name, navigation, who is signed in, how fresh the counts are.

use jiff::Timestamp;
use usage_store::query::Freshness;

use super::Failure;
use super::assets::{ICON, STYLESHEET};
use super::figures::{Count, Moment};
use crate::account::Operator;
use crate::app::App;

/// The part of the navigation that a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Products,
    Reports,
    Quarantine,
}

/// What the template `layout.html` fills in around a page.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// In front of every link: empty, or the public URL's path without a trailing slash.
    pub(super) base: String,
    pub(super) stylesheet: String,
    pub(super) icon: String,
    pub(super) viewer: Option<Viewer>,
}

/// What a signed-in operator has around a page.
#[derive(Debug, Clone)]
pub(super) struct Viewer {
    pub(super) email: String,
    pub(super) csrf: String,
    pub(super) section: Section,
    pub(super) freshness: String,
}

impl Layout {
    /// Around a page for an operator.
    pub(super) fn new(
        app: &App,
        operator: &Operator,
        section: Section,
        now: Timestamp,
    ) -> Result<Layout, Failure> {
        let freshness = app.store.freshness()?;
        let viewer = Viewer {
            email: operator.account.email.clone(),
            csrf: operator.csrf.clone(),
            section,
            freshness: freshness_text(&freshness, now),
        };
        Ok(Layout {
            viewer: Some(viewer),
            ..Layout::plain(app)
        })
    }

    /// Around a page for anybody.
    pub(super) fn plain(app: &App) -> Layout {
        let base = base_path(&app.settings.public_url).to_owned();
        Layout {
            base,
            stylesheet: STYLESHEET.path(),
            icon: ICON.path(),
            viewer: None,
        }
    }
}

impl Viewer {
    /// The navigation: name, path below the base, and whether the reader is there.
    pub(super) fn sections(&self) -> [(&'static str, &'static str, bool); 3] {
        [
            ("Products", "/", self.section == Section::Products),
            ("Reports", "/reports", self.section == Section::Reports),
            (
                "Quarantine",
                "/quarantine",
                self.section == Section::Quarantine,
            ),
        ]
    }
}

fn freshness_text(freshness: &Freshness, now: Timestamp) -> String {
    let waiting = match freshness.behind {
        1 => "1 report waiting".to_owned(),
        n => format!("{} reports waiting", Count(n)),
    };
    match freshness.applied_to {
        None => format!("No reports counted yet; {waiting}."),
        Some(at) => {
            format!(
                "Counts include everything received up to {}; {waiting}.",
                Moment::clock(at, now)
            )
        }
    }
}

/// The path in a public URL: empty for `https://host`, `/usage` for `https://host/usage/`.
pub(crate) fn base_path(public_url: &str) -> &str {
    let after_scheme = public_url
        .split_once("://")
        .map_or(public_url, |(_, rest)| rest);
    let path = after_scheme
        .find('/')
        .map_or("", |slash| &after_scheme[slash..]);
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_start_with_the_public_urls_path() {
        assert_eq!(base_path("https://usage.example.com"), "");
        assert_eq!(base_path("https://usage.example.com/"), "");
        assert_eq!(base_path("https://example.com/usage/"), "/usage");
        assert_eq!(base_path("http://[::1]:8087/a/b"), "/a/b");
    }

    #[test]
    fn the_footer_says_what_the_counts_include() {
        let now = "2026-11-22T12:03:09Z".parse().unwrap();
        let up_to = Some("2026-11-22T12:03:04Z".parse().unwrap());
        assert_eq!(
            freshness_text(
                &Freshness {
                    applied_to: up_to,
                    behind: 0
                },
                now
            ),
            "Counts include everything received up to 12:03:04 UTC; 0 reports waiting."
        );
        assert_eq!(
            freshness_text(
                &Freshness {
                    applied_to: None,
                    behind: 1
                },
                now
            ),
            "No reports counted yet; 1 report waiting."
        );
    }
}
