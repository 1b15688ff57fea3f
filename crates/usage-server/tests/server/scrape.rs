//! Prometheus' text format, read as strictly as its own reader does, and more so: what a scrape
//! says, by name and labels.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::http::Connection;

/// What one scrape said.
#[derive(Debug)]
pub(crate) struct Scrape {
    pub(crate) text: String,
    /// The kind of each metric.
    pub(crate) kinds: BTreeMap<String, String>,
    /// Numbers by name and labels as written: `name{a="b"}`.
    samples: BTreeMap<String, f64>,
}

impl Scrape {
    /// Asks a server.
    pub(crate) fn of(address: SocketAddr) -> Scrape {
        let reply = Connection::open(address).unwrap().get("/metrics");
        assert_eq!(reply.status(), 200, "{}", reply.text());
        assert_eq!(
            reply.header("content-type"),
            Some("text/plain; version=0.0.4; charset=utf-8")
        );
        Scrape::read(reply.text())
    }

    fn read(text: String) -> Scrape {
        let mut kinds = BTreeMap::new();
        let mut samples = BTreeMap::new();
        let mut helped = BTreeSet::new();
        let mut current = String::new();
        assert!(text.ends_with('\n'));
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, said) = help.split_once(' ').unwrap();
                assert!(said.ends_with('.'), "{line}");
                assert!(helped.insert(name.to_owned()), "twice: {line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert!(helped.contains(name), "without help: {line}");
                let before = kinds.insert(name.to_owned(), kind.to_owned());
                assert_eq!(before, None, "twice: {line}");
                current = name.to_owned();
            } else {
                let (name, number) = line.rsplit_once(' ').unwrap();
                let number: f64 = number.parse().unwrap_or_else(|e| panic!("{e}: {line}"));
                let bare = name.split('{').next().unwrap();
                let ending = bare.strip_prefix(&current).unwrap_or("elsewhere");
                let endings: &[&str] = match kinds[&current].as_str() {
                    "histogram" => &["_bucket", "_sum", "_count"],
                    "counter" | "gauge" => &[""],
                    kind => panic!("{kind}"),
                };
                assert!(endings.contains(&ending), "out of its place: {line}");
                assert_eq!(
                    samples.insert(name.to_owned(), number),
                    None,
                    "twice: {line}"
                );
            }
        }
        Scrape {
            text,
            kinds,
            samples,
        }
    }

    /// A number; panics where there is none.
    pub(crate) fn number(&self, name: &str) -> f64 {
        let found = self.samples.get(name);
        *found.unwrap_or_else(|| panic!("{name} is not in\n{}", self.text))
    }

    /// The numbers of all labels of a metric, added.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        let mine = |sample: &str| sample.split('{').next() == Some(name);
        self.samples
            .iter()
            .filter(|(sample, _)| mine(sample))
            .map(|(_, number)| number)
            .sum()
    }

    /// All names with labels that begin like this.
    pub(crate) fn labelled(&self, beginning: &str) -> Vec<&str> {
        let names = self.samples.keys().map(String::as_str);
        names.filter(|name| name.starts_with(beginning)).collect()
    }

    /// Every histogram must add up: buckets that grow, the last of them holding all.
    pub(crate) fn histograms_add_up(&self) {
        let mut seen = 0;
        for (sample, count) in &self.samples {
            let Some((name, labels)) = sample.split_once("_count") else {
                continue;
            };
            if self.kinds.get(name).map(String::as_str) != Some("histogram") {
                continue;
            }
            seen += 1;
            let labels = labels.trim_matches(['{', '}']);
            let beginning = match labels {
                "" => format!("{name}_bucket{{le="),
                labels => format!("{name}_bucket{{{labels},le="),
            };
            let mut buckets: Vec<(f64, f64)> = self
                .labelled(&beginning)
                .into_iter()
                .map(|bucket| {
                    let up_to = bucket.rsplit('"').nth(1).unwrap();
                    (up_to.parse().unwrap(), self.samples[bucket])
                })
                .collect();
            buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
            assert!(buckets.len() > 5, "{sample}: {buckets:?}");
            assert!(
                buckets.is_sorted_by(|one, other| one.1 <= other.1),
                "{buckets:?}"
            );
            assert_eq!(
                *buckets.last().unwrap(),
                (f64::INFINITY, *count),
                "{sample}"
            );
            let sum = self.samples[&sample.replacen("_count", "_sum", 1)];
            assert!(
                sum >= 0.0 && (sum == 0.0) == (*count == 0.0),
                "{sample}: {sum}"
            );
        }
        assert!(seen > 3, "only {seen} histograms");
    }
}
