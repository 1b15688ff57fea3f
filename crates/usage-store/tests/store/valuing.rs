//! What values come to, who uses a feature, which clusters are large, grow or fall silent, and one server's
//! history: on a random history, held against a plain walk over all its reports.

mod now;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use usage_store::query::{Asked, By, Filter, Group, Order, Per, ServerId, Summary, Total, Window};
use usage_store::report::{Kind, Number};
use usage_store::{Day, Error};

use crate::fleet::*;

const SERVERS: u32 = 30;
const DAYS: i64 = 25;

/// What one report said.
#[derive(Clone)]
struct Said {
    server: u32,
    at: Timestamp,
    version: &'static str,
    series: Option<i64>,
    load: f64,
    flag: bool,
}

impl Said {
    fn cluster(&self) -> String {
        format!("c{}", self.server / 3)
    }

    fn body(&self) -> Vec<u8> {
        let series = self
            .series
            .map_or(String::new(), |n| format!(r#""series":{n},"#));
        format!(
            r#"[{{"tags":{{"version":"{}"}},"values":{{{series}"load":{},"cluster_id":"{}","server_id":"s{}","clustered":{}}}}}]"#,
            self.version,
            self.load,
            self.cluster(),
            self.server,
            self.flag
        )
        .into_bytes()
    }
}

/// Numbers that look like chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// A world with a history, and what was said in it in the order of acceptance.
fn history(seed: u64) -> (World, Vec<Said>) {
    let world = World::new();
    let mut chance = Chance(seed);
    let mut all = Vec::new();
    for day in 0..DAYS {
        let mut batch = Vec::new();
        for server in 0..SERVERS {
            for _ in 0..chance.below(3) {
                // Some come a day or two late.
                let made_on = (day - chance.below(12).saturating_sub(9) as i64).max(0);
                let said = Said {
                    server,
                    at: noon(made_on) + hours(chance.below(10) as i64),
                    version: ["1.8", "1.9", "2.0"][chance.below(3) as usize],
                    series: (chance.below(5) > 0).then(|| chance.below(2_000) as i64 - 500),
                    load: chance.below(1_000) as f64 / 8.0,
                    flag: chance.below(2) == 0,
                };
                let sent = report(Kind::Usage, "kapacitor", said.body(), noon(day) + hours(11));
                batch.push(made(sent, said.at));
                all.push(said);
            }
        }
        world.store.append(&batch).unwrap();
        if chance.below(2) == 0 {
            world.apply_all();
        }
        if chance.below(3) == 0 {
            world.pack_all();
        }
    }
    world.apply_all();
    (world, all)
}

/// What each server said last on each day.
fn latest(all: &[Said]) -> BTreeMap<(Day, u32), Said> {
    let mut latest: BTreeMap<(Day, u32), Said> = BTreeMap::new();
    for said in all {
        let day = Day::of(said.at);
        let known = latest.get(&(day, said.server));
        if known.is_none_or(|known| known.at <= said.at) {
            latest.insert((day, said.server), said.clone());
        }
    }
    latest
}

fn on(latest: &BTreeMap<(Day, u32), Said>, day: Day) -> Vec<Said> {
    latest
        .range((day, 0)..=(day, u32::MAX))
        .map(|(_, said)| said.clone())
        .collect()
}

fn asked(world: &World) -> Asked {
    Asked::all(world.store.product_named("kapacitor").unwrap().unwrap())
}

fn window() -> Window {
    Window {
        from: Day::of(noon(0)),
        to: Day::of(noon(DAYS - 1)),
    }
}

fn sum_of(values: &[i64]) -> Option<(u64, Total, Number, Number, Number)> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let median = *sorted.get(sorted.len().div_ceil(2).checked_sub(1)?)?;
    Some((
        sorted.len() as u64,
        Total::Whole(sorted.iter().map(|n| i128::from(*n)).sum()),
        Number::Int(sorted[0]),
        Number::Int(median),
        Number::Int(sorted[sorted.len() - 1]),
    ))
}

#[test]
fn a_value_comes_to_what_each_servers_latest_of_the_day_says() {
    for seed in 0..4 {
        let (world, all) = history(seed);
        let latest = latest(&all);
        let mut asked = asked(&world);
        for version in [None, Some("1.9")] {
            asked.filter = Filter::default();
            if let Some(version) = version {
                let only = ("version".to_owned(), vec![version.to_owned()]);
                asked.filter.dimensions.push(only);
            }
            // Twice: the second time much of it is remembered.
            for _ in 0..2 {
                let days = world
                    .store
                    .values(&asked, "series", window(), None)
                    .unwrap();
                assert_eq!(days.len() as i64, DAYS);
                for one in days {
                    let said = on(&latest, one.day);
                    let said = said
                        .iter()
                        .filter(|said| version.is_none_or(|v| v == said.version));
                    let values: Vec<i64> = said.filter_map(|said| said.series).collect();
                    let got = one
                        .summary
                        .map(|s| (s.servers, s.sum, s.min, s.median, s.max));
                    assert_eq!(got, sum_of(&values), "{seed} {}", one.day);
                }
            }
        }
    }
}

#[test]
fn groups_of_a_value_are_those_of_the_day_and_the_rest_is_one() {
    let (world, all) = history(7);
    let latest = latest(&all);
    let by = By::Dimension("version".to_owned());
    let rows = world
        .store
        .values(&asked(&world), "series", window(), Some((&by, 2)))
        .unwrap();
    let named: BTreeSet<_> = rows
        .iter()
        .filter_map(|row| match &row.group {
            Some(Group::Named(name)) => Some(name.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(named.len(), 2);
    for row in rows {
        let said = on(&latest, row.day);
        let fits = |said: &&Said| match row.group.as_ref().unwrap() {
            Group::Named(name) => name == said.version,
            Group::Other => !named.contains(said.version),
            Group::Without => false,
        };
        let values: Vec<i64> = said
            .iter()
            .filter(fits)
            .filter_map(|said| said.series)
            .collect();
        let got = row
            .summary
            .map(|s| (s.servers, s.sum, s.min, s.median, s.max));
        assert_eq!(got, sum_of(&values), "{} {:?}", row.day, row.group);
    }
}

#[test]
fn a_value_that_changes_within_a_day_is_not_answered_from_memory() {
    let world = World::new();
    let tasks = |n: u32, hour: i64| {
        let body = format!(r#"[{{"values":{{"cluster_id":"c","server_id":"s","tasks":{n}}}}}]"#);
        let at = noon(0) + hours(hour);
        world.append(report(Kind::Usage, "kapacitor", body.into_bytes(), at));
        world.apply_all();
    };
    let day = Window::last(1, Day::of(noon(0)));
    for (n, hour) in [(3, 0), (7, 1), (5, 2)] {
        tasks(n, hour);
        let sums = |summary: Option<Summary>| summary.map(|summary| summary.sum);
        let whole = Some(Total::Whole(i128::from(n)));
        let days = world
            .store
            .values(&asked(&world), "tasks", day, None)
            .unwrap();
        assert_eq!(sums(days[0].summary), whole);
        let now = world
            .store
            .spread(&asked(&world), "tasks", day, None)
            .unwrap();
        assert_eq!(sums(now[0].summary), whole);
    }
}

#[test]
fn a_feature_is_used_where_its_value_is_above_zero_or_its_flag_true() {
    let (world, all) = history(13);
    let latest = latest(&all);
    for (name, uses) in [
        (
            "series",
            (|said| said.series.map(|n| n > 0)) as fn(&Said) -> Option<bool>,
        ),
        ("load", |said| Some(said.load > 0.0)),
        ("clustered", |said| Some(said.flag)),
    ] {
        for one in world
            .store
            .penetration(&asked(&world), name, window())
            .unwrap()
        {
            let said = on(&latest, one.day);
            let answers: Vec<bool> = said.iter().filter_map(uses).collect();
            let using = answers.iter().filter(|uses| **uses).count();
            assert_eq!(
                (
                    one.servers as usize,
                    one.saying as usize,
                    one.using as usize
                ),
                (said.len(), answers.len(), using),
                "{name} {}",
                one.day
            );
        }
    }
}

#[test]
fn all_features_of_a_day_are_what_each_is_asked_alone() {
    let (world, _) = history(13);
    let mut seen = 0;
    for day in window().days() {
        let features = world.store.features(&asked(&world), day).unwrap();
        let used: Vec<u64> = features.iter().map(|one| one.of.using).collect();
        assert!(used.is_sorted_by(|a, b| a >= b), "{used:?}");
        for one in &features {
            assert_eq!(one.flag, one.name == "clustered", "{}", one.name);
            let window = Window { from: day, to: day };
            let alone = world
                .store
                .penetration(&asked(&world), &one.name, window)
                .unwrap();
            assert_eq!(alone, [one.of]);
        }
        assert!(features.iter().all(|one| one.name != "version"));
        seen += features.len();
    }
    assert!(seen > 3 * 20, "{seen}");
}

#[test]
fn clusters_come_by_the_sum_of_their_servers_latest_values() {
    let (world, all) = history(17);
    let latest = latest(&all);
    let sums = |to: Day| {
        let mut of: BTreeMap<u32, (String, i64)> = BTreeMap::new();
        for day in Window::last(7, to).days() {
            for said in on(&latest, day) {
                if let Some(series) = said.series {
                    of.insert(said.server, (said.cluster(), series));
                }
            }
        }
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for (cluster, series) in of.into_values() {
            *sums.entry(cluster).or_default() += series;
        }
        sums
    };
    let window = Window::last(14, window().to);
    let (now, before) = (sums(window.to), sums(window.from));
    let largest = world
        .store
        .clusters_by(&asked(&world), "series", window, Order::Largest, 100)
        .unwrap();
    assert_eq!(largest.len(), now.len());
    let whole = |total: Total| match total {
        Total::Whole(n) => n as i64,
        Total::Float(_) => panic!("all are whole"),
    };
    for one in &largest {
        assert_eq!(whole(one.value), now[&one.cluster_id], "{}", one.cluster_id);
        assert_eq!(one.before.map(whole), before.get(&one.cluster_id).copied());
    }
    assert!(largest.is_sorted_by(|a, b| whole(a.value) >= whole(b.value)));
    let growing = world
        .store
        .clusters_by(&asked(&world), "series", window, Order::Growing, 3)
        .unwrap();
    let most = now
        .iter()
        .filter_map(|(id, now)| Some(now - before.get(id)?))
        .max();
    assert_eq!(growing.len(), 3);
    assert_eq!(Some(growing[0].growth() as i64), most);
}

#[test]
fn a_cluster_is_silent_once_none_of_its_servers_was_heard_of_for_so_long() {
    let world = World::new();
    for (cluster, server, day) in [("a", "1", 0), ("a", "2", 9), ("b", "1", 3), ("c", "1", 5)] {
        world.append(usage(cluster, server, "1.0", noon(day)));
    }
    world.apply_all();
    let all = Window {
        from: Day::of(noon(0)),
        to: Day::of(noon(9)),
    };
    let silent = |since| {
        let silent = world
            .store
            .silent_clusters(&asked(&world), all, since, 10)
            .unwrap();
        silent
            .into_iter()
            .map(|one| (one.cluster_id, one.servers, one.last_seen))
            .collect::<Vec<_>>()
    };
    let b = || ("b".to_owned(), 1, noon(3));
    assert_eq!(silent(noon(3)), []);
    assert_eq!(silent(noon(9)), [("c".to_owned(), 1, noon(5)), b()]);
    assert_eq!(silent(noon(5)), [b()], "at that moment it was heard of");
    assert_eq!(silent(noon(5) + hours(1)).len(), 2);
}

#[test]
fn one_servers_history_has_its_days_what_it_said_and_its_gaps() {
    let world = World::new();
    world.append(usage("c", "s", "1.0", noon(0)));
    world.append(check_in("c", "s", "1.1", noon(2)));
    let stats = br#"{"cluster_id":"c","server_id":"s","product":"kapacitor","stats":[{"name":"a","tags":null,"values":{"x":1}}]}"#;
    world.append(report(Kind::Stats, "kapacitor", stats.to_vec(), noon(2)));
    world.apply_all();
    world.pack_all();
    let window = Window {
        from: Day::of(noon(0)),
        to: Day::of(noon(2)),
    };
    let days = world.store.server_days(ServerId(1), window).unwrap();
    let active: Vec<bool> = days.iter().map(|day| day.active).collect();
    assert_eq!(active, [true, false, true]);
    let texts = [("os", "linux"), ("version", "1.0")];
    assert_eq!(
        days[0].dimensions,
        texts.map(|(name, text)| (name.to_owned(), text.to_owned()))
    );
    assert_eq!(days[0].values, [("num_tasks".to_owned(), Number::Int(5))]);
    assert!(days[2].values.is_empty(), "a check-in says no values");
    let stats = world.store.stats_days(ServerId(1), window).unwrap();
    assert_eq!(stats.len(), 1);
    assert!(stats[0].stats.contains(r#""x":1"#), "{}", stats[0].stats);
    let cluster = world
        .store
        .cluster_days(&asked(&world), "c", window)
        .unwrap();
    assert_eq!(cluster[0].versions, ["1.0"]);
    let servers: Vec<u64> = cluster.iter().map(|day| day.servers).collect();
    assert_eq!(servers, [1, 0, 1]);
}

#[test]
fn what_nobody_ever_reported_is_not_found_and_the_answer_names_what_there_is() {
    let (world, _) = history(3);
    let said = |error: Error| error.to_string();
    let series = world.store.values(&asked(&world), "serie", window(), None);
    assert!(said(series.unwrap_err()).contains("load, series"));
    let none = world.store.server_days(ServerId(99), window());
    assert!(matches!(none, Err(Error::NotFound(_))));
    let none = world
        .store
        .cluster_days(&asked(&world), "nowhere", window());
    assert!(matches!(none, Err(Error::NotFound(_))));
    let per = world
        .store
        .active(&asked(&world), window(), Per::Week)
        .unwrap();
    assert!(per.len() >= 4);
}
