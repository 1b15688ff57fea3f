//! A row: what one observation says, the same for every format that has rows.

use std::borrow::Cow;

use usage_store::StoredReport;
use usage_store::report::fields::{HOST, VERSION};
use usage_store::report::{Kind, Number, Point, Value, decode, points};

/// What one element of a report says.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) report: &'a StoredReport,
    pub(crate) organization: Option<&'a str>,
    /// Its place among the report's.
    pub(crate) index: usize,
    pub(crate) host: Option<Cow<'a, str>>,
    pub(crate) version: Option<Cow<'a, str>>,
    /// Tags and values without host and version.
    pub(crate) point: Point<'a>,
}

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Said<'a> {
    /// A tag.
    Tag(&'a str),
    /// A value that is a text.
    Text(&'a str),
    /// A value that is a boolean.
    Flag(bool),
    /// A value that is a number.
    Number(Number),
}

impl Row<'_> {
    /// All that it says under names.
    pub(crate) fn said(&self) -> impl Iterator<Item = (&str, Said<'_>)> {
        let tags = self.point.tags.iter();
        let tags = tags.map(|(name, tag)| (name.as_ref(), Said::Tag(tag)));
        let values = self.point.values.iter().map(|(name, value)| {
            let said = match value {
                Value::Number(number) => Said::Number(*number),
                Value::Bool(flag) => Said::Flag(*flag),
                Value::Text(text) => Said::Text(text),
            };
            (name.as_ref(), said)
        });
        tags.chain(values)
    }
}

/// The rows of a report: a check-in is one, a usage report one for each element, product stats one for each
/// series. One that can't be read any more is a row that says nothing.
pub(crate) fn rows<'a>(report: &'a StoredReport, organization: Option<&'a str>) -> Vec<Row<'a>> {
    let row = |index, point| Row {
        report,
        organization,
        index,
        host: None,
        version: None,
        point,
    };
    if report.kind == Kind::Servers {
        let mut row = row(0, Point::default());
        let decoded = decode(report.kind, &report.body).ok();
        if let Some(seen) = decoded.and_then(|decoded| decoded.observations.into_iter().next()) {
            (row.host, row.version) = (seen.host, seen.version);
            (row.point.cluster_id, row.point.server_id) = (seen.cluster_id, seen.server_id);
        }
        return vec![row];
    }
    match points(report.kind, &report.body) {
        Ok(points) => {
            let rows = points.into_iter().enumerate();
            rows.map(|(index, point)| with_own_columns(row(index, point)))
                .collect()
        }
        Err(_) => vec![row(0, Point::default())],
    }
}

/// Host and version have columns of their own.
fn with_own_columns<'a>(mut row: Row<'a>) -> Row<'a> {
    row.host = taken(&mut row.point, HOST);
    row.version = taken(&mut row.point, VERSION);
    row
}

/// A text taken out of a point.
fn taken<'a>(point: &mut Point<'a>, wanted: &str) -> Option<Cow<'a, str>> {
    if let Some(at) = point.tags.iter().position(|(name, _)| name == wanted) {
        return Some(point.tags.remove(at).1);
    }
    let is_wanted = |(name, value): &(Cow<'_, str>, Value<'_>)| {
        name == wanted && matches!(value, Value::Text(_))
    };
    let at = point.values.iter().position(is_wanted)?;
    match point.values.remove(at).1 {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
