//! An answer as a table: the one shape that JSON and CSV are made of.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use usage_store::Day;
use usage_store::query::Total;
use usage_store::report::Number;

use crate::export::csv_cell;

/// A column of a table.
pub(crate) struct Column {
    /// Its name in JSON and in the header of a CSV.
    pub(crate) name: &'static str,
    /// What stands in it, with its unit.
    pub(crate) what: &'static str,
    /// What kind of thing.
    pub(crate) kind: Kind,
}

/// What a column has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// A number of something.
    Count,
    /// A number.
    Number,
    /// A part of 1.
    Share,
    /// A UTC day.
    Day,
    /// An instant.
    Time,
    /// Yes or no.
    Flag,
}

/// A value in a row; every kind may be absent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Int(i64),
    UInt(u64),
    Float(f64),
    Day(Day),
    Time(Timestamp),
    Flag(bool),
    Empty,
}

/// As many cells as there are columns.
pub(crate) type Row = Vec<Cell>;

impl Column {
    pub(crate) const fn new(name: &'static str, kind: Kind, what: &'static str) -> Column {
        Column { name, what, kind }
    }

    /// Its JSON Schema.
    pub(super) fn schema(&self) -> Value {
        let (kind, format) = match self.kind {
            Kind::Text => ("string", None),
            Kind::Count => ("integer", None),
            Kind::Number | Kind::Share => ("number", None),
            Kind::Day => ("string", Some("date")),
            Kind::Time => ("string", Some("date-time")),
            Kind::Flag => ("boolean", None),
        };
        let mut schema = json!({"type": [kind, "null"], "description": self.what});
        if let Some(format) = format {
            schema["format"] = format.into();
        }
        schema
    }
}

impl Cell {
    fn json(&self) -> Value {
        match self {
            Cell::Text(text) => text.as_str().into(),
            Cell::Int(n) => (*n).into(),
            Cell::UInt(n) => (*n).into(),
            Cell::Float(n) => json!(n),
            Cell::Day(day) => day.to_string().into(),
            Cell::Time(at) => at.to_string().into(),
            Cell::Flag(yes) => (*yes).into(),
            Cell::Empty => Value::Null,
        }
    }

    fn csv(&self) -> String {
        match self {
            Cell::Text(text) => csv_cell(text).into_owned(),
            Cell::Empty => String::new(),
            other => match other.json() {
                Value::String(text) => text,
                number => number.to_string(),
            },
        }
    }
}

impl From<u64> for Cell {
    fn from(n: u64) -> Cell {
        Cell::UInt(n)
    }
}

impl From<f64> for Cell {
    fn from(n: f64) -> Cell {
        Cell::Float(n)
    }
}

impl From<Number> for Cell {
    fn from(n: Number) -> Cell {
        match n {
            Number::Int(n) => Cell::Int(n),
            Number::UInt(n) => Cell::UInt(n),
            Number::Float(n) => Cell::Float(n),
        }
    }
}

impl From<Total> for Cell {
    fn from(total: Total) -> Cell {
        match total {
            Total::Whole(n) => match (i64::try_from(n), u64::try_from(n)) {
                (Ok(n), _) => Cell::Int(n),
                (_, Ok(n)) => Cell::UInt(n),
                // Beyond what JSON's readers take for whole.
                _ => Cell::Float(n as f64),
            },
            Total::Float(n) => Cell::Float(n),
        }
    }
}

impl From<Day> for Cell {
    fn from(day: Day) -> Cell {
        Cell::Day(day)
    }
}

impl From<Timestamp> for Cell {
    fn from(at: Timestamp) -> Cell {
        Cell::Time(at)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<bool> for Cell {
    fn from(yes: bool) -> Cell {
        Cell::Flag(yes)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Empty, Into::into)
    }
}

/// A row as a JSON object.
pub(super) fn object(columns: &[Column], row: &Row) -> Value {
    let cells = columns.iter().zip(row);
    let fields = cells.map(|(column, cell)| (column.name.to_owned(), cell.json()));
    fields.collect::<Map<_, _>>().into()
}

/// A table as CSV (RFC 4180), with a header.
pub(super) fn csv(columns: &[Column], rows: &[Row]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let mut text = names.join(",") + "\r\n";
    for row in rows {
        let cells: Vec<String> = row.iter().map(Cell::csv).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column::new("day", Kind::Day, "The day."),
        Column::new("version", Kind::Text, "The version."),
        Column::new("servers", Kind::Count, "Servers."),
    ];

    #[test]
    fn a_row_is_the_same_in_json_and_in_csv() {
        let rows = [
            vec![Day(20_780).into(), "1.8".into(), 3.into()],
            vec![Day(20_781).into(), Cell::Empty, Cell::Float(0.5)],
        ];
        assert_eq!(
            csv(&COLUMNS, &rows),
            "day,version,servers\r\n2026-11-23,1.8,3\r\n2026-11-24,,0.5\r\n"
        );
        assert_eq!(
            object(&COLUMNS, &rows[1]),
            json!({"day": "2026-11-24", "version": null, "servers": 0.5})
        );
    }

    #[test]
    fn a_senders_text_is_written_as_in_exports_and_numbers_are_no_formulas() {
        assert_eq!(Cell::from("=1,1").csv(), "\"'=1,1\"");
        assert_eq!(Cell::Int(-1).csv(), "-1");
    }
}
