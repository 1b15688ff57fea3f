//! The data dictionary, held against a plain walk over the reports.

use std::collections::{BTreeMap, BTreeSet};

use usage_store::query::{Asked, DictionaryEntry, Sample, Seen, ValueType, Window};
use usage_store::registry::{COMMAND_LINE, Sensitivity};
use usage_store::report::{Kind, Number, decode};
use usage_store::{Day, Mode, NewReport, Thing};

use crate::fleet::*;
use crate::leaving::erase_all;

fn day(n: i64) -> Day {
    Day::of(noon(n))
}

fn days(from: i64, to: i64) -> Window {
    Window {
        from: day(from),
        to: day(to),
    }
}

fn ask(world: &World, window: Window) -> Vec<DictionaryEntry> {
    let id = world.store.product_named("p").unwrap().unwrap();
    world
        .store
        .dictionary(&Asked::all(id), "p", window)
        .unwrap()
}

fn one<'a>(all: &'a [DictionaryEntry], thing: Thing, name: &str) -> &'a DictionaryEntry {
    let mut found = all
        .iter()
        .filter(|one| one.thing == thing && one.name == name);
    let first = found
        .next()
        .unwrap_or_else(|| panic!("no {name} in {all:?}"));
    assert!(found.next().is_none());
    first
}

fn sent(server: &str, values: &str, on: i64) -> NewReport {
    let body = format!(r#"[{{"values":{{"cluster_id":"c","server_id":"{server}",{values}}}}}]"#);
    report(Kind::Usage, "p", body.into_bytes(), noon(on))
}

fn text(text: &str) -> Option<Sample> {
    Some(Sample::Text(text.to_owned()))
}

#[test]
fn everything_that_is_reported_is_told_with_an_example() {
    let world = World::new();
    world.append(sent("a", r#""os":"linux","n":5,"load":0.5"#, 1));
    world.append(sent(
        "b",
        r#""os":"linux","n":5,"size":18446744073709551615"#,
        1,
    ));
    world.append(sent("c", r#""os":"plan9","n":7,"load":2"#, 1));
    world.append(sent("d", r#""os":"plan9","flag":true"#, 0));
    world.append(sent("a", r#""os":"bsd""#, 3));
    world.append(report(
        Kind::Usage,
        "q",
        br#"[{"values":{"cluster_id":"c","other":1}}]"#.to_vec(),
        noon(1),
    ));
    world.apply_all();
    let all = ask(&world, days(1, 2));
    let names: Vec<_> = all
        .iter()
        .map(|one| (one.thing, one.name.as_str()))
        .collect();
    assert_eq!(
        names,
        [
            (Thing::Dimension, "flag"),
            (Thing::Dimension, "os"),
            (Thing::Value, "load"),
            (Thing::Value, "n"),
            (Thing::Value, "size"),
        ]
    );
    let os = one(&all, Thing::Dimension, "os");
    assert_eq!(
        (os.product.as_str(), os.first_day, os.allowed),
        ("p", Some(day(0)), None)
    );
    let expected = Seen {
        of: ValueType::Text,
        servers: 3,
        values: 2,
        more_values: false,
        sample: text("linux"),
    };
    assert_eq!(os.seen, Some(expected));
    let load = one(&all, Thing::Value, "load").seen.clone().unwrap();
    assert_eq!(
        (load.of, load.servers, load.values),
        (ValueType::Mixed, 2, 2)
    );
    assert_eq!(
        load.sample,
        Some(Sample::Number(Number::Float(0.5))),
        "of equals the smallest"
    );
    let n = one(&all, Thing::Value, "n").seen.clone().unwrap();
    assert_eq!((n.of, n.servers, n.values), (ValueType::Int, 3, 2));
    assert_eq!(n.sample, Some(Sample::Number(Number::Int(5))));
    let size = one(&all, Thing::Value, "size").seen.clone().unwrap();
    assert_eq!(size.sample, Some(Sample::Number(Number::UInt(u64::MAX))));
    // Not within the window: known, and nothing else.
    let flag = one(&all, Thing::Dimension, "flag");
    assert_eq!(flag.first_day, Some(day(0)));
    let seen = flag.seen.as_ref().unwrap();
    assert_eq!((seen.servers, seen.values, &seen.sample), (0, 0, &None));
    // A wider one: servers of all days, an example of the last.
    let os = one(&ask(&world, days(0, 9)), Thing::Dimension, "os")
        .seen
        .clone()
        .unwrap();
    assert_eq!((os.servers, os.values, os.sample), (4, 1, text("bsd")));

    let none = Asked::all(usage_store::query::ProductId(0));
    let every = world.store.dictionary(&none, "", days(1, 2)).unwrap();
    assert_eq!(every.len(), all.len() + 1);
    assert!(
        every
            .iter()
            .any(|one| one.product == "q" && one.name == "other")
    );
}

#[test]
fn what_operators_noted_and_allow_stands_beside() {
    let world = World::new();
    let store = &world.store;
    store
        .allow("p", &[(Thing::Value, "n")], COMMAND_LINE, noon(0))
        .unwrap();
    store
        .set_allowlist("p", Mode::Drop, COMMAND_LINE, noon(0))
        .unwrap();
    world.append(sent("a", r#""version":"1","n":5,"age":44,"who":"ann""#, 1));
    world.apply_all();
    let describe = |of, unit: &str, sensitivity| {
        let change = |note: &mut usage_store::registry::Note| {
            note.unit = unit.to_owned();
            note.sensitivity = sensitivity;
        };
        store
            .describe("p", of, change, COMMAND_LINE, noon(1))
            .unwrap();
    };
    describe((Thing::Value, "n"), "series", Some(Sensitivity::Public));
    describe((Thing::Stat, "http"), "requests", None);
    let all = ask(&world, days(1, 1));
    let told: Vec<_> = all
        .iter()
        .map(|one| {
            let servers = one.seen.as_ref().map(|seen| seen.servers);
            (
                one.thing,
                one.name.as_str(),
                servers,
                one.allowed,
                one.note.unit.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Thing::Dimension, "version", Some(1), Some(true), ""),
            (Thing::Dimension, "who", None, Some(false), ""),
            (Thing::Value, "age", None, Some(false), ""),
            (Thing::Value, "n", Some(1), Some(true), "series"),
            (Thing::Stat, "http", None, Some(false), "requests"),
        ]
    );
    let n = one(&all, Thing::Value, "n");
    assert_eq!(n.note.sensitivity, Some(Sensitivity::Public));
    assert_eq!(one(&all, Thing::Value, "age").first_day, Some(day(1)));

    describe((Thing::Stat, "http"), "", None);
    describe((Thing::Value, "n"), "", None);
    let before = store.audit_entries(None, None, 100).unwrap();
    describe((Thing::Value, "n"), "", None);
    assert_eq!(
        store.audit_entries(None, None, 100).unwrap(),
        before,
        "nothing changed"
    );
    let said = |entry: &usage_store::registry::Entry| {
        format!("{} {} {}", entry.actor, entry.action, entry.subject)
    };
    assert_eq!(said(&before[0]), "command line describe p: value n");
    store
        .set_allowlist("p", Mode::Off, COMMAND_LINE, noon(0))
        .unwrap();
    let all = ask(&world, days(1, 1));
    let names: Vec<_> = all.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["version", "n"]);
    assert!(all.iter().all(|one| one.allowed.is_none()));
    let long = "x".repeat(2_001);
    let refused = store.describe(
        "p",
        (Thing::Value, "n"),
        |note| note.owner = long,
        COMMAND_LINE,
        noon(1),
    );
    assert!(refused.is_err());
}

/// What the latest usage report of each server on each day says, walked over report by report.
type Latest = BTreeMap<(Day, String), BTreeMap<(Thing, String), String>>;

fn walk(world: &World) -> Latest {
    let mut latest: BTreeMap<(Day, String), (jiff::Timestamp, _)> = BTreeMap::new();
    for report in world.journal() {
        let decoded = decode(report.kind, &report.body).unwrap();
        let said = &decoded.observations[0];
        let mut values = BTreeMap::new();
        for (name, text) in &said.dimensions {
            values.insert((Thing::Dimension, name.to_string()), text.to_string());
        }
        for (name, number) in &said.values {
            values.insert((Thing::Value, name.to_string()), format!("{number:?}"));
        }
        let key = (report.day(), said.server_id.clone().unwrap().into_owned());
        let at = report.at();
        match latest.get(&key) {
            Some((before, _)) if *before > at => {}
            _ => {
                latest.insert(key, (at, values));
            }
        }
    }
    latest
        .into_iter()
        .map(|(key, (_, values))| (key, values))
        .collect()
}

fn agrees(world: &World, latest: &Latest, window: Window) {
    let all = ask(world, window);
    let mut names: BTreeSet<&(Thing, String)> = BTreeSet::new();
    names.extend(latest.values().flat_map(BTreeMap::keys));
    for name in names {
        let within: Vec<(&Day, &str, &str)> = latest
            .iter()
            .filter(|((at, _), _)| (window.from..=window.to).contains(at))
            .filter_map(|((at, server), values)| {
                Some((at, server.as_str(), values.get(name)?.as_str()))
            })
            .collect();
        let servers: BTreeSet<&str> = within.iter().map(|(_, server, _)| *server).collect();
        let last = within.iter().map(|(at, _, _)| **at).max();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, _, value) in within.iter().filter(|(at, _, _)| Some(**at) == last) {
            *counts.entry(value).or_default() += 1;
        }
        let seen = one(&all, name.0, &name.1).seen.clone().unwrap();
        assert_eq!(seen.servers, servers.len() as u64, "{name:?} {window:?}");
        assert_eq!(seen.values, counts.len() as u64, "{name:?} {window:?}");
        let sample = seen.sample.map(|sample| match sample {
            Sample::Text(text) => text,
            Sample::Number(number) => format!("{number:?}"),
        });
        let most = counts.values().max().copied().unwrap_or(0);
        match sample {
            None => assert!(counts.is_empty()),
            Some(sample) => assert_eq!(counts.get(sample.as_str()), Some(&most), "{sample}"),
        }
    }
}

#[test]
fn late_and_repeated_reports_and_those_that_were_erased_are_told_as_a_walk_tells_them() {
    let world = World::new();
    let acme = world.store.organization("Acme", noon(0)).unwrap();
    // A small generator: the same history each time.
    let mut state = 7_u64;
    let mut draw = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for n in 0..400 {
        let (server, on) = (draw(12), 4 + draw(6) as i64);
        let mut values = vec![format!("\"os\":\"{}\"", draw(3))];
        if draw(2) == 0 {
            values.push(format!("\"n\":{}", draw(4)));
        }
        if draw(3) == 0 {
            values.push(format!("\"load\":{}.5,\"flag\":{}", draw(3), draw(2) == 0));
        }
        let mut one = sent(&format!("s{server}"), &values.join(","), on);
        one.received_at += jiff::SignedDuration::from_secs(n);
        if draw(5) == 0 {
            let at = one.received_at - hours(24 * draw(3) as i64);
            one = made(one, at);
        }
        if server < 3 {
            one = under(one, acme);
        }
        world.append(one);
        if n % 90 == 0 {
            world.apply_all();
            let latest = walk(&world);
            agrees(&world, &latest, days(0, 12));
        }
    }
    world.apply_all();
    while world.store.pack_columns(Some(day(30))).unwrap() {}
    for (from, to) in [(0, 12), (5, 5), (4, 7), (0, 40), (20, 21)] {
        agrees(&world, &walk(&world), days(from, to));
    }
    erase_all(&world, acme);
    agrees(&world, &walk(&world), days(0, 12));
    world.store.rebuild(|_, _| ()).unwrap();
    agrees(&world, &walk(&world), days(0, 12));
}

#[test]
fn of_a_day_that_is_over_the_rarer_values_are_known_to_be_there() {
    let world = World::new();
    for n in 0..6 {
        let os = ["a", "a", "a", "b", "c", "d"][n];
        world.append(sent(&format!("s{n}"), &format!("\"os\":\"{os}\""), 1));
    }
    world.apply_all();
    let os = || {
        one(&ask(&world, days(1, 1)), Thing::Dimension, "os")
            .seen
            .clone()
            .unwrap()
    };
    let before = os();
    assert_eq!(
        (before.servers, before.values, before.more_values),
        (6, 4, false)
    );
    while world.store.fold_day(day(5), 2).unwrap() {}
    let after = os();
    assert_eq!(
        (after.servers, after.values, after.more_values),
        (6, 2, true)
    );
    assert_eq!(after.sample, text("a"));
}
