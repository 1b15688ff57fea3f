//! What values come to now: each server once, by its latest; all of them and by groups.

use std::collections::{BTreeMap, BTreeSet};

use usage_store::query::{By, Group, Window};

use super::*;

#[test]
fn now_is_each_servers_latest_value_and_the_histogram_has_each_once() {
    let (world, all) = history(11);
    let latest = latest(&all);
    let last = Window::last(7, window().to);
    let mut of: BTreeMap<u32, i64> = BTreeMap::new();
    for day in last.days() {
        for said in on(&latest, day) {
            if let Some(series) = said.series {
                of.insert(said.server, series);
            }
        }
    }
    let spreads = world
        .store
        .spread(&asked(&world), "series", last, None)
        .unwrap();
    let [spread] = &spreads[..] else {
        panic!("{spreads:?}")
    };
    let values: Vec<i64> = of.into_values().collect();
    let summary = spread
        .summary
        .map(|s| (s.servers, s.sum, s.min, s.median, s.max));
    assert_eq!(summary, sum_of(&values));
    for bucket in &spread.buckets {
        let inside = |n: &&i64| {
            let n = **n as f64;
            match bucket.to {
                to if to < 0.0 || bucket.from < 0.0 => bucket.from < n && n <= to,
                0.0 => n == 0.0,
                to => bucket.from <= n && n < to,
            }
        };
        assert_eq!(
            bucket.servers as usize,
            values.iter().filter(inside).count(),
            "{bucket:?}"
        );
    }
    let all: u64 = spread.buckets.iter().map(|bucket| bucket.servers).sum();
    assert_eq!(all as usize, values.len());
}

#[test]
fn a_server_is_now_in_the_group_of_its_latest_value() {
    let (world, all) = history(12);
    let latest = latest(&all);
    let last = Window::last(7, window().to);
    let mut of: BTreeMap<u32, (&str, i64)> = BTreeMap::new();
    for day in last.days() {
        for said in on(&latest, day) {
            if let Some(series) = said.series {
                of.insert(said.server, (said.version, series));
            }
        }
    }
    let by = By::Dimension("version".to_owned());
    for top in [1, 2, 9] {
        let spreads = world
            .store
            .spread(&asked(&world), "series", last, Some((&by, top)))
            .unwrap();
        let named: BTreeSet<&str> = spreads
            .iter()
            .filter_map(|spread| match spread.group.as_ref().unwrap() {
                Group::Named(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        let versions: BTreeSet<&str> = of.values().map(|(version, _)| *version).collect();
        assert_eq!(named.len(), versions.len().min(top));
        for spread in &spreads {
            let fits = |version: &str| match spread.group.as_ref().unwrap() {
                Group::Named(name) => name == version,
                Group::Other => !named.contains(version),
                Group::Without => false,
            };
            let values = of.values().filter(|(version, _)| fits(version));
            let values: Vec<i64> = values.map(|(_, series)| *series).collect();
            let got = spread
                .summary
                .map(|s| (s.servers, s.sum, s.min, s.median, s.max));
            assert_eq!(got, sum_of(&values), "{top} {:?}", spread.group);
            let servers: u64 = spread.buckets.iter().map(|bucket| bucket.servers).sum();
            assert_eq!(servers as usize, values.len());
        }
        let servers: u64 = spreads
            .iter()
            .flat_map(|spread| spread.summary)
            .map(|s| s.servers)
            .sum();
        assert_eq!(servers as usize, of.len(), "each once");
    }
}
