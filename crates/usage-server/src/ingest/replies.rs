//! What the senders of accepted reports are told. Ready in memory: made by the commit that saw that operators say
//! something else, so that no reply reads the disk, and one that depends on no version is a copy of a pointer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::Serialize;
use usage_store::query::VersionRange;
use usage_store::registry::{self, News, ProductNews};
use usage_store::report::Observation;

use crate::limits::{
    REPLY_ADVISORIES_MAX, REPLY_ADVISORIES_MAX_BYTES, REPLY_VERSION_MAX_BYTES, REPLY_VERSIONS_KEPT,
    REPLY_VERSIONS_MAX,
};

/// A reply.
#[derive(Serialize)]
pub(super) struct Accepted<'a> {
    /// Seconds.
    pub(super) next_report_in: u32,
    pub(super) latest_version: Option<&'a str>,
    pub(super) advisories: Vec<Advisory<'a>>,
}

/// What the sender's version is affected by.
#[derive(Serialize)]
pub(super) struct Advisory<'a> {
    pub(super) id: &'a str,
    pub(super) severity: &'static str,
    pub(super) title: &'a str,
    pub(super) affected: &'a str,
    pub(super) link: Option<&'a str>,
}

impl<'a> Advisory<'a> {
    fn of(told: &'a registry::Advisory) -> Advisory<'a> {
        Advisory {
            id: &told.id,
            severity: told.severity.name(),
            title: &told.title,
            affected: &told.affected,
            link: Some(told.link.as_str()).filter(|link| !link.is_empty()),
        }
    }
}

/// The versions that a report names; none where one of its servers names none.
pub(super) type Versions = Vec<String>;

/// Of one whose observations were checked.
pub(super) fn versions_of(observations: &[Observation<'_>]) -> Versions {
    let mut versions = Versions::new();
    for one in observations {
        match one.version.as_deref() {
            Some(version) if versions.iter().any(|known| known == version) => {}
            Some(version)
                if version.len() <= REPLY_VERSION_MAX_BYTES
                    && versions.len() < REPLY_VERSIONS_MAX =>
            {
                versions.push(version.to_owned());
            }
            _ => return Versions::new(),
        }
    }
    versions
}

/// All replies.
pub(super) struct Replies {
    /// Seconds, where a product has no interval of its own.
    next_report_in: u32,
    /// About a product of which nothing is told.
    plain: Bytes,
    ready: Mutex<Ready>,
}

#[derive(Default)]
struct Ready {
    of: Arc<News>,
    products: Arc<HashMap<String, Told>>,
}

impl Replies {
    pub(super) fn new(next_report_in: u32) -> Replies {
        Replies {
            next_report_in,
            plain: Told::new(&ProductNews::default(), next_report_in).to_all,
            ready: Mutex::default(),
        }
    }

    /// Makes them anew if they are of other news. On the thread that commits.
    pub(super) fn follow(&self, news: Arc<News>) {
        if Arc::ptr_eq(&self.ready().of, &news) {
            return;
        }
        let told =
            |(name, news): (&String, _)| (name.clone(), Told::new(news, self.next_report_in));
        let products = Arc::new(news.products.iter().map(told).collect());
        *self.ready() = Ready { of: news, products };
    }

    /// To a report of these versions of a product.
    pub(super) fn about(&self, product: &str, versions: &[String]) -> Bytes {
        let products = Arc::clone(&self.ready().products);
        match products.get(product) {
            None => self.plain.clone(),
            Some(told) => told.to(versions),
        }
    }

    fn ready(&self) -> MutexGuard<'_, Ready> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is told of a product.
struct Told {
    next_report_in: u32,
    latest_version: Option<String>,
    advisories: Vec<(registry::Advisory, Option<VersionRange>)>,
    /// To those whose version isn't known, or where it makes no difference.
    to_all: Bytes,
    by_version: Mutex<HashMap<String, Bytes>>,
}

impl Told {
    fn new(news: &ProductNews, configured: u32) -> Told {
        let read = |advisory: &registry::Advisory| VersionRange::read(&advisory.affected).ok();
        let advisories = news.advisories.iter();
        let mut told = Told {
            next_report_in: news.report_interval.unwrap_or(configured),
            latest_version: news.latest_version.clone(),
            advisories: advisories
                .map(|(one, _)| (one.clone(), read(one)))
                .collect(),
            to_all: Bytes::new(),
            by_version: Mutex::default(),
        };
        told.to_all = told.written(&[]);
        told
    }

    fn to(&self, versions: &[String]) -> Bytes {
        if self.advisories.is_empty() {
            return self.to_all.clone();
        }
        match versions {
            [] => self.to_all.clone(),
            [version] => {
                let mut ready = self
                    .by_version
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                if let Some(reply) = ready.get(version) {
                    return reply.clone();
                }
                if ready.len() >= REPLY_VERSIONS_KEPT {
                    ready.clear();
                }
                let reply = self.written(versions);
                ready.insert(version.clone(), reply.clone());
                reply
            }
            several => self.written(several),
        }
    }

    /// With the advisories that affect one of these versions, or without any versions with all; the first ones,
    /// where they are many. What can't be compared may be affected.
    fn written(&self, versions: &[String]) -> Bytes {
        let affects = |range: &Option<VersionRange>| {
            let has = |version: &String| range.as_ref().and_then(|range| range.has(version));
            versions.is_empty() || versions.iter().any(|version| has(version).unwrap_or(true))
        };
        let mut bytes = 0;
        let affecting = self.advisories.iter().filter(|(_, range)| affects(range));
        let told = affecting
            .map(|(advisory, _)| Advisory::of(advisory))
            .take(REPLY_ADVISORIES_MAX)
            .take_while(|advisory| {
                bytes += serde_json::to_vec(advisory).map_or(0, |json| json.len());
                bytes <= REPLY_ADVISORIES_MAX_BYTES
            });
        let reply = Accepted {
            next_report_in: self.next_report_in,
            latest_version: self.latest_version.as_deref(),
            advisories: told.collect(),
        };
        // Texts, a number: that can't fail.
        Bytes::from(serde_json::to_vec(&reply).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use usage_store::registry::Severity;

    use super::*;

    fn advisory(id: &str, affected: &str) -> (registry::Advisory, jiff::Timestamp) {
        let advisory = registry::Advisory {
            id: id.to_owned(),
            severity: Severity::High,
            title: format!("about \"{id}\""),
            affected: affected.to_owned(),
            link: String::new(),
        };
        (advisory, jiff::Timestamp::UNIX_EPOCH)
    }

    fn replies(advisories: Vec<(registry::Advisory, jiff::Timestamp)>) -> Replies {
        let replies = Replies::new(43_200);
        let news = ProductNews {
            latest_version: Some("2.0".to_owned()),
            report_interval: Some(7_200),
            advisories,
        };
        let products = HashMap::from([("jambox".to_owned(), news)]);
        replies.follow(Arc::new(News { products }));
        replies
    }

    fn told(replies: &Replies, versions: &[&str]) -> Value {
        let versions: Vec<String> = versions.iter().map(|&one| one.to_owned()).collect();
        let reply = replies.about("jambox", &versions);
        assert_eq!(reply, replies.about("jambox", &versions), "again");
        serde_json::from_slice(&reply).unwrap()
    }

    fn ids(replies: &Replies, versions: &[&str]) -> String {
        let told = told(replies, versions);
        let ids = told["advisories"].as_array().unwrap().iter();
        ids.map(|one| one["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn each_hears_of_what_affects_its_version() {
        let replies = replies(vec![
            advisory("old", "<1.8.4"),
            advisory("one", "1.9"),
            advisory("all", "*"),
        ]);
        for (versions, heard) in [
            (&["1.8.3"][..], "old all"),
            (&["1.8.4-rc.1"], "old all"),
            (&["v1.9.0"], "one all"),
            (&["2.0"], "all"),
            (&["1.8.3", "1.9"], "old one all"),
            (&["2.0", "2.1"], "all"),
            // Not to be put in order: better told too much.
            (&["nightly"], "old one all"),
            (&["2.0", "nightly"], "old one all"),
            (&[], "old one all"),
        ] {
            assert_eq!(ids(&replies, versions), heard, "{versions:?}");
        }
        let reply = told(&replies, &["1.9"]);
        assert_eq!(reply["next_report_in"], 7_200);
        assert_eq!(reply["latest_version"], "2.0");
        let one = json!({"id": "one", "severity": "high", "title": "about \"one\"", "affected": "1.9", "link": null});
        assert_eq!(reply["advisories"][0], one);
    }

    #[test]
    fn who_hears_nothing_special_gets_the_same_bytes() {
        let plain = br#"{"next_report_in":43200,"latest_version":null,"advisories":[]}"#;
        let replies = replies(vec![]);
        let versions = |version: &str| vec![version.to_owned()];
        let other = replies.about("other", &versions("1"));
        assert_eq!(&other[..], plain);
        let again = replies.about("another", &versions("2"));
        assert_eq!(other.as_ptr(), again.as_ptr());
        let one = replies.about("jambox", &versions("1"));
        let two = replies.about("jambox", &versions("2"));
        assert_eq!(one.as_ptr(), two.as_ptr());
        assert_eq!(
            replies.ready().products["jambox"]
                .by_version
                .lock()
                .unwrap()
                .len(),
            0
        );
    }

    #[test]
    fn news_that_are_the_same_make_nothing_anew() {
        let replies = replies(vec![advisory("all", "*")]);
        let before = Arc::clone(&replies.ready().products);
        let news = Arc::clone(&replies.ready().of);
        replies.follow(Arc::clone(&news));
        assert!(Arc::ptr_eq(&before, &replies.ready().products));
        replies.follow(Arc::new(News::default()));
        assert!(replies.ready().products.is_empty());
    }

    #[test]
    fn a_reply_stays_small_and_so_does_what_is_remembered() {
        let many = (0..50).map(|n| advisory(&format!("A-{n}"), "*")).collect();
        assert_eq!(
            told(&replies(many), &[])["advisories"]
                .as_array()
                .unwrap()
                .len(),
            20
        );
        let mut large = advisory("large", "*");
        large.0.title = "\"".repeat(200);
        large.0.affected = "*".to_owned() + &" || <1".repeat(30);
        large.0.link = format!("https://example.com/{}", "a".repeat(280));
        let replies = replies(vec![large; 50]);
        let reply = replies.about("jambox", &["1".to_owned()]);
        assert!(
            reply.len() < REPLY_ADVISORIES_MAX_BYTES + 200,
            "{}",
            reply.len()
        );
        for n in 0..2 * REPLY_VERSIONS_KEPT {
            replies.about("jambox", &[n.to_string()]);
        }
        let kept = replies.ready().products["jambox"]
            .by_version
            .lock()
            .unwrap()
            .len();
        assert!(kept <= REPLY_VERSIONS_KEPT, "{kept}");
    }

    #[test]
    fn a_report_has_the_versions_of_all_its_servers() {
        let of = |versions: &[Option<&'static str>]| {
            let observation = |version: &Option<&'static str>| Observation {
                version: version.map(Into::into),
                ..Observation::default()
            };
            let observations: Vec<_> = versions.iter().map(observation).collect();
            versions_of(&observations).join(" ")
        };
        assert_eq!(of(&[Some("1"), Some("2"), Some("1")]), "1 2");
        assert_eq!(of(&[]), "");
        assert_eq!(of(&[Some("1"), None]), "", "one of them is not known");
        let long: &'static str =
            Box::leak("1".repeat(REPLY_VERSION_MAX_BYTES + 1).into_boxed_str());
        assert_eq!(of(&[Some(long)]), "");
        let many: Vec<_> = (0..=REPLY_VERSIONS_MAX)
            .map(|n| Some(&*Box::leak(n.to_string().into_boxed_str())))
            .collect();
        assert_eq!(of(&many), "");
    }
}
