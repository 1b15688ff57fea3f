//! The columns of a table of observations: a few that every row has, and one for each name that senders
//! use. Those are looked for in a first pass, as people who open a table expect a column a name, and a
//! file's columns are known before its first row.
//!
//! Anybody can send any name, so they are bounded: the most used get a column, the rest of a row
//! stands in the last one, `other`, as a JSON object. A name that is both a text and a number has two columns.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use usage_store::report::Number;

use super::limits::NAMES_LOOKED_AT;
use super::row::{Row, Said};

/// The columns that every row has. Of a report of product stats each series is a row, with its name.
pub(crate) const FIXED: [&str; 10] = [
    "time",
    "received_at",
    "kind",
    "product",
    "organization",
    "cluster_id",
    "server_id",
    "host",
    "version",
    "series",
];

/// The column of what has none, as a JSON object.
pub(crate) const OTHER: &str = "other";

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Type {
    Text,
    Flag,
    Int,
    UInt,
    /// Where whole and other numbers come under one name.
    Float,
}

/// The column of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Type,
    /// Whether somebody sent it as a tag.
    pub(crate) is_tag: bool,
}

/// The columns of the names, in the order of names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Columns {
    pub(crate) all: Vec<Column>,
    /// Where texts and booleans under a name go, and where numbers.
    by_name: HashMap<String, (Option<usize>, Option<usize>)>,
}

impl Columns {
    /// The column for what is said under a name.
    pub(crate) fn of(&self, name: &str, said: Said<'_>) -> Option<usize> {
        let (words, numbers) = self.by_name.get(name)?;
        match said {
            Said::Number(_) => *numbers,
            _ => *words,
        }
    }

    /// Puts what a row says into its columns; the rest of it, if there is any.
    pub(crate) fn place<'a>(
        &self,
        row: &'a Row<'_>,
        cells: &mut Vec<Option<Said<'a>>>,
    ) -> Option<String> {
        cells.clear();
        cells.resize(self.all.len(), None);
        let mut rest = Map::new();
        for (name, said) in row.said() {
            match self.of(name, said) {
                Some(column) => cells[column] = Some(said),
                None => {
                    rest.insert(name.to_owned(), json(said));
                }
            }
        }
        (!rest.is_empty()).then(|| Value::Object(rest).to_string())
    }
}

fn json(said: Said<'_>) -> Value {
    match said {
        Said::Tag(text) | Said::Text(text) => text.into(),
        Said::Flag(flag) => flag.into(),
        Said::Number(Number::Int(n)) => n.into(),
        Said::Number(Number::UInt(n)) => n.into(),
        Said::Number(Number::Float(n)) => n.into(),
    }
}

/// The names that were found so far.
#[derive(Default)]
pub(crate) struct Found(BTreeMap<String, Seen>);

/// What came under a name.
#[derive(Default)]
struct Seen {
    words: u64,
    numbers: u64,
    tag: bool,
    /// Not only booleans.
    text: bool,
    negative: bool,
    above_int: bool,
    float: bool,
}

impl Seen {
    fn see(&mut self, said: Said<'_>) {
        match said {
            Said::Number(_) => self.numbers += 1,
            _ => self.words += 1,
        }
        match said {
            Said::Tag(_) => (self.tag, self.text) = (true, true),
            Said::Text(_) => self.text = true,
            Said::Flag(_) => {}
            Said::Number(Number::Int(n)) => self.negative |= n < 0,
            Said::Number(Number::UInt(_)) => self.above_int = true,
            Said::Number(Number::Float(_)) => self.float = true,
        }
    }

    fn kind(&self, numbers: bool) -> Type {
        match (numbers, self) {
            (false, Seen { text: true, .. }) => Type::Text,
            (false, _) => Type::Flag,
            (true, Seen { float: true, .. }) => Type::Float,
            (
                true,
                Seen {
                    above_int: true,
                    negative: true,
                    ..
                },
            ) => Type::Float,
            (
                true,
                Seen {
                    above_int: true, ..
                },
            ) => Type::UInt,
            (true, _) => Type::Int,
        }
    }
}

impl Found {
    /// Looks at a row.
    pub(crate) fn see(&mut self, row: &Row<'_>) {
        for (name, said) in row.said() {
            if let Some(seen) = self.0.get_mut(name) {
                seen.see(said);
            } else if self.0.len() < NAMES_LOOKED_AT {
                self.0.entry(name.to_owned()).or_default().see(said);
            }
        }
    }

    /// At most so many columns, for what most rows have. Where two would have the same name, the one of
    /// more rows keeps it, so that a stranger's row renames nothing.
    pub(crate) fn columns(&self, at_most: usize) -> Columns {
        let mut wanted: Vec<(u64, &String, bool)> = Vec::new();
        for (name, seen) in &self.0 {
            wanted.push((seen.words, name, false));
            wanted.push((seen.numbers, name, true));
        }
        wanted.retain(|(rows, ..)| *rows > 0);
        wanted.sort_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        wanted.truncate(at_most);
        let mut taken = Taken::default();
        let mut named: Vec<(&String, bool, String)> = Vec::new();
        for (_, name, numbers) in wanted {
            named.push((name, numbers, taken.take(name, numbers)));
        }
        named.sort();
        let mut columns = Columns::default();
        for (at, (name, numbers, column)) in named.into_iter().enumerate() {
            let seen = &self.0[name];
            columns.all.push(Column {
                name: column,
                kind: seen.kind(numbers),
                is_tag: seen.tag && !numbers,
            });
            let places = columns.by_name.entry(name.clone()).or_default();
            match numbers {
                true => places.1 = Some(at),
                false => places.0 = Some(at),
            }
        }
        columns
    }
}

/// Names that are taken. Databases take capitals for the same.
struct Taken(HashSet<String>);

impl Default for Taken {
    fn default() -> Taken {
        let fixed = FIXED.iter().chain([&OTHER, &"day"]);
        Taken(fixed.map(|name| (*name).to_owned()).collect())
    }
}

impl Taken {
    fn is_free(&self, name: &str) -> bool {
        !name.is_empty() && !self.0.contains(&name.to_lowercase())
    }

    fn take(&mut self, wanted: &str, numbers: bool) -> String {
        let mut name = wanted.to_owned();
        let mut n = 1;
        while !self.is_free(&name) {
            let prefix = if numbers { "value_" } else { "tag_" };
            name = match n {
                1 => format!("{prefix}{wanted}"),
                n => format!("{prefix}{wanted}_{n}"),
            };
            n += 1;
        }
        self.0.insert(name.to_lowercase());
        name
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use usage_store::StoredReport;
    use usage_store::report::Kind;

    use super::super::rows;
    use super::*;

    pub(super) fn report(body: &str) -> StoredReport {
        StoredReport {
            seq: 0,
            kind: Kind::Usage,
            product: "p".into(),
            organization: None,
            received_at: Timestamp::UNIX_EPOCH,
            reported_at: None,
            idempotency_key: None,
            install_key: None,
            unlisted: false,
            body: body.as_bytes().to_vec(),
        }
    }

    fn found(bodies: &[&str]) -> Found {
        let mut found = Found::default();
        for body in bodies {
            let report = report(body);
            rows(&report, None).iter().for_each(|row| found.see(row));
        }
        found
    }

    #[test]
    fn a_name_has_a_column_for_each_kind_of_thing_and_the_most_used_keeps_it() {
        let often = r#"[{"tags":{"os":"linux","host":"h","version":"1"},"values":{"n":1,"up":true,"time":5,"u":18446744073709551615,"f":1}}]"#;
        let junk = r#"[{"tags":{"OS":"x","n":"one"},"values":{"up":"yes","f":0.5,"day":1,"u":-1,"kind":"k"}}]"#;
        let columns = found(&[often, often, junk]).columns(100);
        let all: Vec<(&str, Type)> = columns
            .all
            .iter()
            .map(|one| (&*one.name, one.kind))
            .collect();
        assert_eq!(
            all,
            [
                ("tag_OS", Type::Text),
                ("value_day", Type::Int),
                ("f", Type::Float),
                ("tag_kind", Type::Text),
                ("tag_n", Type::Text),
                ("n", Type::Int),
                ("os", Type::Text),
                ("value_time", Type::Int),
                ("u", Type::Float),
                ("up", Type::Text),
            ]
        );
    }

    #[test]
    fn what_has_no_column_is_not_lost() {
        let body = r#"[{"tags":{"a":"1","b":"2"},"values":{"n":3,"x":0.5,"y":true}}]"#;
        let often = r#"[{"tags":{"b":"2"},"values":{"n":3}}]"#;
        let columns = found(&[body, often]).columns(2);
        let names: Vec<&str> = columns.all.iter().map(|one| &*one.name).collect();
        assert_eq!(names, ["b", "n"]);
        let (report, mut cells) = (report(body), Vec::new());
        let row = &rows(&report, None)[0];
        let rest = columns.place(row, &mut cells);
        assert_eq!(rest.unwrap(), r#"{"a":"1","x":0.5,"y":true}"#);
        assert_eq!(
            cells,
            [Some(Said::Tag("2")), Some(Said::Number(Number::Int(3)))]
        );
    }

    #[test]
    fn names_that_somebody_makes_up_take_bounded_room() {
        let mut all = Found::default();
        for n in 0..NAMES_LOOKED_AT / 500 + 3 {
            let names: Vec<String> = (0..500).map(|at| format!("\"k{n}-{at}\":1")).collect();
            let report = report(&format!("[{{\"values\":{{{}}}}}]", names.join(",")));
            rows(&report, None).iter().for_each(|row| all.see(row));
        }
        assert_eq!(all.0.len(), NAMES_LOOKED_AT);
    }
}
