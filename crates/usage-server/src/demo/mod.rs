//! The demo's fleet: a believable history of reports, the same each time for the same
//! arguments. It makes requests' bodies only; they enter through the same doors as real ones.

mod body;
mod catalog;
mod member;
mod random;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use jiff::Timestamp;
use usage_store::registry::Severity;
use usage_store::report::Kind;

use self::member::Member;
use self::random::Random;

/// The products that an operator of this fleet would have adopted; the others are new names.
pub(crate) const ADOPTED: [&str; 4] = ["influxdb", "tidewater", "kapacitor", "chronograf-ng"];

/// The newest version of one of them.
pub(crate) const NEWEST: (&str, &str) = ("tidewater", "2.5.1");

/// What its users should know: id, severity, affected versions, title.
pub(crate) const ADVISORIES: [(&str, Severity, &str, &str); 2] = [
    (
        "TW-2026-3",
        Severity::High,
        ">=2.3, <2.4.1",
        "A query with an empty filter reads other tenants’ rows",
    ),
    (
        "TW-2026-4",
        Severity::Low,
        "2.5.0",
        "The log repeats a harmless warning each minute",
    ),
];

const MILLIS_PER_DAY: f64 = 86_400_000.0;

/// One request of the demo's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Post {
    /// When it was sent.
    pub(crate) at: Timestamp,
    /// The organization whose token it carries.
    pub(crate) organization: Option<&'static str>,
    /// Which of the three.
    pub(crate) kind: Kind,
    /// The product: in the path, or for a check-in in the body.
    pub(crate) product: &'static str,
    /// The request's body.
    pub(crate) body: Vec<u8>,
    /// Whether it is wrong on purpose and belongs in the quarantine.
    pub(crate) broken: bool,
}

/// The fleet's reports in the order of time. Holds one small record a server, no history.
pub(crate) struct Fleet {
    members: Vec<Member>,
    /// When each member reports next; the earliest on top, ties by member.
    due: BinaryHeap<Reverse<(i64, usize)>>,
    until: i64,
}

impl Fleet {
    /// A fleet in which `servers` installations report at some time in the `days` before `until`.
    pub(crate) fn new(servers: u32, days: u32, until: Timestamp, seed: u64) -> Fleet {
        let until = until.as_millisecond();
        let begin = until - i64::from(days) * MILLIS_PER_DAY as i64;
        let mut random = Random(seed);
        let wanted = servers as usize;
        let mut members = Vec::with_capacity(wanted);
        while members.len() < wanted {
            Member::settle_cluster(
                &mut random,
                begin,
                until,
                wanted - members.len(),
                &mut members,
            );
        }
        member::break_some(&mut members, begin, until);
        let due = members
            .iter()
            .enumerate()
            .map(|(i, m)| Reverse((m.due(), i)))
            .collect();
        Fleet {
            members,
            due,
            until,
        }
    }
}

impl Iterator for Fleet {
    type Item = Post;

    fn next(&mut self) -> Option<Post> {
        loop {
            let Reverse((at, index)) = self.due.pop()?;
            if at >= self.until {
                return None;
            }
            let member = self.members.get_mut(index)?;
            let post = member.act(at);
            if let Some(due) = member.due_again() {
                self.due.push(Reverse((due, index)));
            }
            if post.is_some() {
                return post;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;

    fn noon() -> Timestamp {
        "2026-11-22T12:03:04Z".parse().unwrap()
    }

    fn small() -> Vec<Post> {
        Fleet::new(150, 40, noon(), 7).collect()
    }

    #[test]
    fn the_same_arguments_tell_the_same_history() {
        assert!(Fleet::new(60, 20, noon(), 1).eq(Fleet::new(60, 20, noon(), 1)));
        assert!(!Fleet::new(60, 20, noon(), 1).eq(Fleet::new(60, 20, noon(), 2)));
    }

    #[test]
    fn history_runs_forward_and_ends_on_time() {
        let posts = small();
        assert!(posts.is_sorted_by_key(|post| post.at));
        let (first, last) = (posts.first().unwrap().at, posts.last().unwrap().at);
        assert!(
            last < noon() && first.as_millisecond() >= noon().as_millisecond() - 40 * 86_400_000
        );
        assert!(
            noon().as_millisecond() - last.as_millisecond() < 3_600_000,
            "today has data"
        );
    }

    #[test]
    fn every_sound_body_has_the_shape_of_its_kind() {
        for post in small().iter().filter(|post| !post.broken) {
            let body: Value = serde_json::from_slice(&post.body).unwrap();
            match post.kind {
                Kind::Servers => {
                    for field in ["cluster_id", "server_id", "host", "product", "version"] {
                        assert!(!body[field].as_str().unwrap().is_empty());
                    }
                    assert_eq!(body["product"], post.product);
                }
                Kind::Stats => assert!(body["stats"][0]["values"]["requests"].is_u64()),
                Kind::Usage => {
                    let element = &body[0];
                    assert!(element["values"]["cluster_id"].is_string());
                    assert!(element["values"]["uptime"].as_f64().unwrap() >= 0.0);
                    let version = match post.product {
                        "influxdb" | "chronograf-ng" => &element["values"]["version"],
                        _ => &element["tags"]["version"],
                    };
                    assert!(version.as_str().unwrap().contains('.'));
                }
            }
        }
    }

    #[test]
    fn a_few_senders_are_broken_each_in_its_own_way() {
        let broken: Vec<Post> = small().into_iter().filter(|post| post.broken).collect();
        assert!(
            broken
                .iter()
                .any(|post| serde_json::from_slice::<Value>(&post.body).is_err())
        );
        assert!(
            broken
                .iter()
                .any(|post| String::from_utf8_lossy(&post.body).contains(r#""server_id":"""#))
        );
        assert!(
            broken
                .iter()
                .any(|post| String::from_utf8_lossy(&post.body).contains(r#""stats":"none""#))
        );
        assert!(broken.len() * 20 < small().len());
    }

    #[test]
    fn the_totals_are_those_of_a_living_fleet() {
        let mut servers: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let mut versions: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let mut organizations = BTreeSet::new();
        let posts = small();
        for post in posts
            .iter()
            .filter(|post| !post.broken && post.kind == Kind::Usage)
        {
            let body: Value = serde_json::from_slice(&post.body).unwrap();
            let text = |key: &str| {
                let (tag, value) = (&body[0]["tags"][key], &body[0]["values"][key]);
                value
                    .as_str()
                    .or(tag.as_str())
                    .unwrap_or_default()
                    .to_owned()
            };
            servers
                .entry(post.product)
                .or_default()
                .insert(text("cluster_id") + &text("server_id"));
            versions
                .entry(post.product)
                .or_default()
                .insert(text("version"));
            organizations.extend(post.organization);
        }
        for product in ADOPTED {
            assert!(
                servers[product].len() >= 10,
                "{product} has {}",
                servers[product].len()
            );
            assert!(versions[product].len() >= 3, "{product}");
        }
        assert!(organizations.len() >= 3);
        // Two usage posts a day of every server that is there, and some check-ins and stats.
        assert!((6_000..14_000).contains(&posts.len()), "{}", posts.len());
        assert!(posts.iter().any(|post| post.kind == Kind::Servers));
        assert!(posts.iter().any(|post| post.kind == Kind::Stats));
    }

    #[test]
    fn a_fleet_of_none_and_of_one_work() {
        assert_eq!(Fleet::new(0, 30, noon(), 1).count(), 0);
        assert!(Fleet::new(1, 30, noon(), 3).count() < 400);
    }
}
