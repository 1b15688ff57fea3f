//! What one server said, as small lines: each value of its usage reports, and each series of its product stats.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use usage_store::Day;

use super::super::figures::Value;
use super::super::server_rows::value;
use crate::api::{Answered, Cell};
use crate::chart::sparkline;

/// Series that a page shows; all are in the CSV.
const SERIES_SHOWN: usize = 100;

/// A series as a page shows it.
pub(super) struct Line {
    pub(super) name: String,
    /// What tells it apart from others of the name.
    pub(super) tags: String,
    pub(super) sparkline: String,
    /// The latest, exact.
    pub(super) last: Option<Value>,
}

/// Lines, and how many more there are.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) shown: Vec<Line>,
    pub(super) more: usize,
}

/// Numbers by day; by name and tags.
#[derive(Default)]
struct Series {
    of: BTreeMap<(String, String), BTreeMap<Day, (f64, Value)>>,
}

impl Series {
    fn add(&mut self, name: (String, String), day: Day, cell: &Cell) {
        let number = match *cell {
            Cell::Int(n) => n as f64,
            Cell::UInt(n) => n as f64,
            Cell::Float(n) => n,
            _ => return,
        };
        if let Some(exact) = value(cell) {
            self.of
                .entry(name)
                .or_default()
                .insert(day, (number, exact));
        }
    }

    /// A line for each, over these days.
    fn lines(self, days: (Day, Day)) -> Lines {
        let more = self.of.len().saturating_sub(SERIES_SHOWN);
        let shown = self.of.into_iter().take(SERIES_SHOWN);
        let shown = shown.map(|((name, tags), numbers)| {
            let line: Vec<Option<f64>> = (days.0.0..=days.1.0)
                .map(|day| numbers.get(&Day(day)).map(|(n, _)| *n))
                .collect();
            Line {
                name,
                tags,
                sparkline: sparkline(&line),
                last: numbers.into_values().next_back().map(|(_, exact)| exact),
            }
        });
        Lines {
            shown: shown.collect(),
            more,
        }
    }
}

/// The values of a server's usage reports over a window.
pub(super) fn values(history: &Answered) -> Lines {
    let mut series = Series::default();
    for row in &history.rows {
        if let (Some(day), Some(name)) = (history.day(row, "day"), history.text(row, "name")) {
            let name = (name.to_owned(), String::new());
            series.add(name, day, history.cell(row, "number"));
        }
    }
    let window = history.given.window;
    series.lines((window.from, window.to))
}

/// The series of its product stats.
pub(super) fn stats(answer: &Answered) -> Lines {
    let mut series = Series::default();
    for row in &answer.rows {
        let (Some(day), Some(text)) = (answer.day(row, "day"), answer.text(row, "stats")) else {
            continue;
        };
        for (name, number) in read(text) {
            series.add(name, day, &number);
        }
    }
    let window = answer.given.window;
    series.lines((window.from, window.to))
}

/// Each number of a stats report, with its name and tags.
fn read(text: &str) -> Vec<((String, String), Cell)> {
    let Ok(body) = serde_json::from_str::<Json>(text) else {
        return Vec::new();
    };
    let stats = body.get("stats").and_then(Json::as_array);
    let mut all = Vec::new();
    for one in stats.into_iter().flatten() {
        let name = one.get("name").and_then(Json::as_str).unwrap_or_default();
        let tags = one.get("tags").and_then(Json::as_object);
        let tags: Vec<String> = tags
            .into_iter()
            .flatten()
            .map(|(tag, value)| match value {
                Json::String(text) => format!("{tag}={text}"),
                other => format!("{tag}={other}"),
            })
            .collect();
        let values = one.get("values").and_then(Json::as_object);
        for (key, value) in values.into_iter().flatten() {
            let Json::Number(number) = value else {
                continue;
            };
            let cell = match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(n), ..) => Cell::Int(n),
                (_, Some(n), _) => Cell::UInt(n),
                (.., Some(n)) => Cell::Float(n),
                _ => continue,
            };
            all.push(((format!("{name} {key}"), tags.join(", ")), cell));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_of_stats_is_a_series_by_name_and_tags() {
        let text = r#"{"cluster_id":"c","stats":[{"name":"db","tags":{"name":"a","shard":3},"values":{"series":7,"ready":true,"load":0.5}},{"values":{"n":-1}}]}"#;
        let found: Vec<(String, String)> = read(text).into_iter().map(|(name, _)| name).collect();
        let name = |name: &str, tags: &str| (name.to_owned(), tags.to_owned());
        assert_eq!(
            found,
            [
                name("db load", "name=a, shard=3"),
                name("db series", "name=a, shard=3"),
                name(" n", "")
            ]
        );
        assert!(read("").is_empty() && read("{").is_empty() && read("[1]").is_empty());
    }

    #[test]
    fn a_line_has_a_point_a_day_and_the_latest_number_exactly() {
        let mut series = Series::default();
        let name = || ("n".to_owned(), String::new());
        series.add(name(), Day(2), &Cell::UInt(u64::MAX));
        series.add(name(), Day(1), &Cell::Int(1));
        series.add(name(), Day(3), &Cell::Text("x".to_owned()));
        let lines = series.lines((Day(0), Day(2)));
        assert_eq!((lines.shown.len(), lines.more), (1, 0));
        let last = lines.shown[0].last.unwrap().to_string();
        assert_eq!(last.replace('\u{202f}', ""), u64::MAX.to_string());
        assert!(lines.shown[0].sparkline.contains("<path"));
    }
}
