//! What every page has around it: name, navigation, who is signed in, how fresh the counts are.

use jiff::Timestamp;
use usage_store::query::Freshness;

use super::Failure;
use super::assets::{ICON, READ_OUT, STYLESHEET};
use super::figures::{Count, Moment};
use crate::account::{Member, Operator, SignedIn};
use crate::app::App;

/// Organizations to switch to that every page offers.
const OTHERS_SHOWN: usize = 10;

/// The part of the operators' navigation that a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Products,
    Reports,
    Quarantine,
    Operators,
}

/// The part of an organization's navigation that a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Overview,
    Servers,
    Reports,
    Tokens,
    Members,
}

impl Part {
    /// Every part: its name, and its path below the organization's.
    const ALL: [(Part, &str, &str); 5] = [
        (Part::Overview, "Overview", ""),
        (Part::Servers, "Servers", "/servers"),
        (Part::Reports, "Reports", "/reports"),
        (Part::Tokens, "Tokens", "/tokens"),
        (Part::Members, "Members", "/members"),
    ];
}

/// A link of the navigation.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) name: &'static str,
    /// Below the base.
    pub(super) path: String,
    /// Whether the reader is there.
    pub(super) current: bool,
}

impl Link {
    fn new(name: &'static str, path: impl Into<String>, current: bool) -> Link {
        Link {
            name,
            path: path.into(),
            current,
        }
    }
}

/// What the template `layout.html` fills in around a page.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// In front of every link: empty, or the public URL's path without a trailing slash.
    pub(super) base: String,
    pub(super) stylesheet: String,
    pub(super) icon: String,
    pub(super) viewer: Option<Viewer>,
    /// Who else one may sign in with, for the pages that offer it.
    pub(super) openid: Option<String>,
}

/// What whoever is signed in has around a page.
#[derive(Debug, Clone)]
pub(super) struct Viewer {
    pub(super) email: String,
    pub(super) csrf: String,
    /// The organization whose page it is; its name leads to the others.
    pub(super) organization: Option<String>,
    /// The person's other organizations, some of them: their names and paths.
    pub(super) others: Vec<(String, String)>,
    pub(super) links: Vec<Link>,
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
        let mut links = vec![
            Link::new("Products", "/", section == Section::Products),
            Link::new("Reports", "/reports", section == Section::Reports),
            Link::new("Quarantine", "/quarantine", section == Section::Quarantine),
            Link::new("Operators", "/operators", section == Section::Operators),
        ];
        if operator.is_member {
            links.push(Link::new("Organizations", "/organizations", false));
        }
        let (email, csrf) = (operator.account.email.clone(), operator.csrf.clone());
        Layout::around(app, email, csrf, links, None, now)
    }

    /// Around a page of an organization, for its members.
    pub(super) fn of_organization(
        app: &App,
        member: &Member,
        part: Part,
        now: Timestamp,
    ) -> Result<Layout, Failure> {
        let at = format!("/organizations/{}", member.organization.id.0);
        let link = |&(each, name, below): &(Part, &'static str, &str)| {
            Link::new(name, format!("{at}{below}"), each == part)
        };
        let links = Part::ALL.iter().map(link).collect();
        let name = member.organization.name.clone();
        let (email, csrf) = signed(&member.person);
        let mut layout = Layout::around(app, email, csrf, links, Some(name), now)?;
        if let Some(viewer) = &mut layout.viewer {
            viewer.others = others(member);
        }
        Ok(layout)
    }

    /// Around a page that is the person's own, whatever they belong to.
    pub(super) fn of_person(
        app: &App,
        person: &SignedIn,
        now: Timestamp,
    ) -> Result<Layout, Failure> {
        let mut links = Vec::new();
        if person.account.operator {
            links.push(Link::new("Products", "/", false));
        }
        links.push(Link::new("Organizations", "/organizations", false));
        let (email, csrf) = signed(person);
        Layout::around(app, email, csrf, links, None, now)
    }

    fn around(
        app: &App,
        email: String,
        csrf: String,
        links: Vec<Link>,
        organization: Option<String>,
        now: Timestamp,
    ) -> Result<Layout, Failure> {
        let viewer = Viewer {
            email,
            csrf,
            organization,
            others: Vec::new(),
            links,
            freshness: freshness_text(&app.store.freshness()?, now),
        };
        Ok(Layout {
            viewer: Some(viewer),
            ..Layout::plain(app)
        })
    }

    /// Where the script for charts is.
    pub(super) fn read_out(&self) -> String {
        format!("{}{}", self.base, READ_OUT.path())
    }

    /// Around a page for anybody.
    pub(super) fn plain(app: &App) -> Layout {
        let base = base_path(&app.settings.public_url).to_owned();
        Layout {
            base,
            stylesheet: STYLESHEET.path(),
            icon: ICON.path(),
            viewer: None,
            openid: app.openid.as_ref().map(|openid| openid.name.clone()),
        }
    }
}

/// Up to some others of the person's organizations; the page of all has the rest.
fn others(member: &Member) -> Vec<(String, String)> {
    let all = member
        .person
        .memberships
        .iter()
        .map(|one| &one.organization);
    all.filter(|one| one.id != member.organization.id)
        .take(OTHERS_SHOWN)
        .map(|one| (one.name.clone(), format!("/organizations/{}", one.id.0)))
        .collect()
}

fn signed(person: &SignedIn) -> (String, String) {
    (person.account.email.clone(), person.csrf.clone())
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
