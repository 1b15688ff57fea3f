//! Random histories with late, repeated and deleted reports and with reports under tokens, asked in between
//! and at the end: every answer is the one that plain SQL gives.

use proptest::prelude::*;
use usage_store::NewReport;
use usage_store::erasure::Whose;
use usage_store::query::{Filter, Per, Who};
use usage_store::registry::OrganizationId;
use usage_store::report::Kind;

use super::compared::compare;
use super::sql::VERSIONS;
use crate::erasing::erase;
use crate::fleet::*;
use crate::leaving::erase_all;

#[derive(Debug, Clone)]
enum Event {
    Report {
        said: Said,
        by: u8,
    },
    /// Several in turn: check-ins of one of two hosts, or a counter.
    Doubtful {
        ids: (u8, u8),
        by: u8,
        day: i64,
        said: Vec<(bool, u8)>,
    },
    Repeat,
    Forget {
        cluster: u8,
        server: Option<u8>,
    },
    Leave,
    Rebuild,
    Ask {
        filter: Filter,
        per: Per,
        from: i64,
        length: i64,
    },
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        24 => (Said::any(), 0u8..4).prop_map(|(said, by)| Event::Report { said, by }),
        2 => ((0u8..2, 0u8..3), 0u8..4, 0i64..36, proptest::collection::vec((any::<bool>(), 0u8..9), 4..12))
            .prop_map(|(ids, by, day, said)| Event::Doubtful { ids, by, day, said }),
        1 => Just(Event::Repeat),
        1 => (0u8..2, proptest::option::of(0u8..3))
            .prop_map(|(cluster, server)| Event::Forget { cluster, server }),
        1 => Just(Event::Leave),
        1 => Just(Event::Rebuild),
        2 => (any_filter(), any_per(), -5i64..30, 0i64..45)
            .prop_map(|(filter, per, from, length)| Event::Ask { filter, per, from, length }),
    ]
}

/// What a report says.
#[derive(Debug, Clone)]
struct Said {
    /// Cluster and server: few, so that they meet often.
    ids: (u8, u8),
    /// Day and hour, and how many days late.
    at: (i64, i64, Option<i64>),
    /// Of the versions and systems that there are, or none.
    tags: (usize, usize),
    /// A number and a flag, or none.
    values: (Option<i64>, Option<bool>),
    kind: u8,
}

impl Said {
    fn any() -> impl Strategy<Value = Said> {
        let days = prop_oneof![8 => 0i64..36, 1 => 100i64..130];
        let at = (days, 0i64..12, proptest::option::of(0i64..9));
        let tags = (0..VERSIONS.len() + 1, 0usize..3);
        let number = proptest::option::weighted(0.8, -2i64..6);
        let values = (number, proptest::option::of(any::<bool>()));
        ((0u8..2, 0u8..3), at, tags, values, 0u8..5).prop_map(|(ids, at, tags, values, kind)| {
            Said {
                ids,
                at,
                tags,
                values,
                kind,
            }
        })
    }

    fn report(&self) -> NewReport {
        let (cluster, server) = (format!("c{}", self.ids.0), format!("s{}", self.ids.1));
        let (day, hour, delay) = self.at;
        let at = noon(day) + hours(hour);
        let mut tags = Vec::new();
        if let Some((version, ..)) = VERSIONS.get(self.tags.0) {
            tags.push(format!(r#""version":"{version}""#));
        }
        if let Some(os) = ["linux", "windows"].get(self.tags.1) {
            tags.push(format!(r#""os":"{os}""#));
        }
        let (users, clustered) = self.values;
        let users = users.map_or(String::new(), |n| format!(r#","users":{n}"#));
        let clustered = clustered.map_or(String::new(), |is| format!(r#","clustered":{is}"#));
        let element = format!(
            r#"{{"tags":{{{}}},"values":{{"cluster_id":"{cluster}","server_id":"{server}"{users}{clustered}}}}}"#,
            tags.join(",")
        );
        let report = match self.kind {
            0 => check_in(&cluster, &server, "1.9", at),
            // What a request says last of a server counts.
            1 => usage_of(&[element.replace("1.9", "2.0"), element], at),
            _ => usage_of(&[element], at),
        };
        match delay {
            Some(days) => made(report, at - hours(24 * days)),
            None => report,
        }
    }
}

/// A start on one of two hosts, or a counter.
fn doubtful((cluster, server): (u8, u8), starts: bool, n: u8, at: jiff::Timestamp) -> NewReport {
    let ids = format!(r#""cluster_id":"c{cluster}","server_id":"s{server}""#);
    match starts {
        true => {
            let host = n % 2;
            let body =
                format!(r#"{{{ids},"host":"{host}","product":"kapacitor","version":"1.9"}}"#);
            report(Kind::Servers, "kapacitor", body.into_bytes(), at)
        }
        false => usage_of(
            &[format!(r#"{{"values":{{{ids},"writes_total":{n}}}}}"#)],
            at,
        ),
    }
}

fn usage_of(elements: &[String], at: jiff::Timestamp) -> NewReport {
    let body = format!("[{}]", elements.join(","));
    report(Kind::Usage, "kapacitor", body.into_bytes(), at)
}

fn any_per() -> impl Strategy<Value = Per> {
    prop_oneof![Just(Per::Day), Just(Per::Week), Just(Per::Month)]
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let values = |name: &'static str, values: &'static [&'static [&'static str]]| {
        proptest::option::weighted(0.3, proptest::sample::select(values)).prop_map(move |values| {
            let values = values?.iter().map(|value| (*value).to_owned()).collect();
            Some((name.to_owned(), values))
        })
    };
    let versions = values(
        "version",
        &[&["1.9"], &["1.10", "2.0"], &["of nobody"], &[]],
    );
    let systems = values("os", &[&["linux"], &["windows"]]);
    let who = prop_oneof![
        4 => Just(Who::All), 1 => Just(Who::Anonymous), 1 => Just(Who::Organizations)
    ];
    let organization = proptest::option::weighted(0.2, 1i64..3);
    let cluster = proptest::option::weighted(0.2, 0u8..3);
    let without = [any::<bool>(), any::<bool>()];
    (versions, systems, who, organization, cluster, without).prop_map(
        |(version, os, who, organization, cluster, [without_clones, without_once])| Filter {
            dimensions: version.into_iter().chain(os).collect(),
            who,
            organization: organization.map(OrganizationId),
            cluster: cluster.map(|n| format!("c{n}")),
            without_clones,
            without_once,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn every_answer_is_the_one_that_plain_sql_gives(
        history in proptest::collection::vec(any_event(), 10..120),
        filter in any_filter(),
    ) {
        let world = World::new();
        let organizations = [
            world.store.organization("Acme", noon(0)).unwrap(),
            world.store.organization("Umbrella", noon(0)).unwrap(),
        ];
        // So that the product is there.
        world.append(keyed(usage("c0", "s0", "1.9", noon(0)), 1));
        world.apply_all();
        for event in history {
            match event {
                Event::Report { said, by } => {
                    let report = said.report();
                    let of = organizations.get(usize::from(by));
                    world.append(match of {
                        Some(organization) => under(report, *organization),
                        None => report,
                    });
                }
                Event::Doubtful { ids, by, day, said } => {
                    let of = organizations.get(usize::from(by));
                    for (hour, (starts, n)) in (0..).zip(said) {
                        let report = doubtful(ids, starts, n, noon(day) + hours(hour));
                        world.append(match of {
                            Some(organization) => under(report, *organization),
                            None => report,
                        });
                    }
                }
                Event::Repeat => {
                    world.append(keyed(usage("c0", "s0", "1.9", noon(0)), 1));
                }
                Event::Forget { cluster, server } => {
                    world.apply_all();
                    let server = server.map(|server| format!("s{server}"));
                    erase(&world, &format!("c{cluster}"), server.as_deref(), Whose::Everybodys);
                }
                Event::Leave => {
                    world.apply_all();
                    erase_all(&world, organizations[0]);
                }
                Event::Rebuild => world.store.rebuild(|_, _| ()).unwrap(),
                Event::Ask { filter, per, from, length } => {
                    world.apply_all();
                    compare(&world, &filter, per, super::days(from, from + length));
                }
            }
        }
        world.apply_all();
        for per in [Per::Day, Per::Week, Per::Month] {
            compare(&world, &filter, per, super::days(0, 35));
        }
        compare(&world, &Filter::default(), Per::Month, super::days(80, 135));
    }
}
