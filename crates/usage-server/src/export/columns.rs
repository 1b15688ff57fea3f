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
    rows: u64,
    tag: bool,
    text: bool,
    flag: bool,
    int: bool,
    negative: bool,
    uint: bool,
    float: bool,
}

impl Seen {
    fn see(&mut self, said: Said<'_>) {
        self.rows += 1;
        match said {
            Said::Tag(_) => (self.tag, self.text) = (true, true),
            Said::Text(_) => self.text = true,
            Said::Flag(_) => self.flag = true,
            Said::Number(Number::Int(n)) => {
                self.int = true;
                self.negative |= n < 0;
            }
            Said::Number(Number::UInt(_)) => self.uint = true,
            Said::Number(Number::Float(_)) => self.float = true,
        }
    }

    fn words(&self) -> Option<Type> {
        match (self.text, self.flag) {
            (true, _) => Some(Type::Text),
            (false, true) => Some(Type::Flag),
            (false, false) => None,
        }
    }

    fn numbers(&self) -> Option<Type> {
        match self {
            Seen { float: true, .. } => Some(Type::Float),
            Seen {
                uint: true,
                negative: true,
                ..
            } => Some(Type::Float),
            Seen { uint: true, .. } => Some(Type::UInt),
            Seen { int: true, .. } => Some(Type::Int),
            _ => None,
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

    /// Columns for at most so many of the names: those that most rows have.
    pub(crate) fn columns(&self, at_most: usize) -> Columns {
        let mut names: Vec<(&String, &Seen)> = self.0.iter().collect();
        names.sort_by(|a, b| b.1.rows.cmp(&a.1.rows).then(a.0.cmp(b.0)));
        names.truncate(at_most);
        names.sort_by_key(|(name, _)| *name);
        let mut taken = Taken::default();
        let mut columns = Columns::default();
        for (name, seen) in names {
            let (words, numbers) = (seen.words(), seen.numbers());
            let plain = taken.is_free(name) && !(words.is_some() && numbers.is_some());
            let mut add = |kind: Option<Type>, prefix: &str| {
                let kind = kind?;
                let wanted = match plain {
                    true => name.clone(),
                    false => format!("{prefix}{name}"),
                };
                columns.all.push(Column {
                    name: taken.take(wanted),
                    kind,
                    is_tag: seen.tag && prefix == "tag_",
                });
                Some(columns.all.len() - 1)
            };
            let places = (add(words, "tag_"), add(numbers, "value_"));
            columns.by_name.insert(name.clone(), places);
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

    fn take(&mut self, wanted: String) -> String {
        let mut name = wanted.clone();
        let mut n = 1;
        while !self.is_free(&name) {
            n += 1;
            name = format!("{wanted}_{n}");
        }
        self.0.insert(name.to_lowercase());
        name
    }
}
