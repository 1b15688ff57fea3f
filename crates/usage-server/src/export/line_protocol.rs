//! InfluxDB's line protocol: a point an observation. The measurement is the product; tags are tags, with what
//! the report is about; numbers, booleans and texts among the values are fields. Every point has the field
//! `observed`, as a point without a field is none, and points can be counted by it.
//!
//! A field has one type in a measurement for good, so a name under which whole and other numbers came has
//! floats only: that is what [`Columns`] are for here. Without them each number has its own type.
//!
//! Points of the same tags and time would replace each other. Reports have milliseconds, so what is below
//! tells their places apart: the same report is the same point whenever it is written.

use std::io::{self, Write};

use usage_store::report::Number;

use super::columns::{Columns, Type};
use super::limits::LINE_PROTOCOL_KEY_MAX_BYTES;
use super::row::{Row, Said};

/// The field that every point has.
const OBSERVED: &str = "observed";

/// Writes a row.
pub(crate) fn write(out: &mut impl Write, columns: &Columns, row: &Row<'_>) -> io::Result<()> {
    let report = row.report;
    let mut key = measurement(&report.product);
    let fixed = [
        ("cluster_id", row.point.cluster_id.as_deref()),
        ("host", row.host.as_deref()),
        ("kind", Some(report.kind.name())),
        ("organization", row.organization),
        ("series", row.point.name.as_deref()),
        ("server_id", row.point.server_id.as_deref()),
        ("version", row.version.as_deref()),
    ];
    for (name, tag) in fixed {
        add_tag(&mut key, name, tag.unwrap_or_default());
    }
    let mut fields = String::new();
    for (name, said) in row.said() {
        let column = columns.of(name, said).map(|at| &columns.all[at]);
        let name = column.map_or(name, |column| &column.name);
        let is_tag = column.is_some_and(|column| column.is_tag);
        match said {
            Said::Tag(word) => add_tag(&mut key, name, word),
            Said::Text(word) if is_tag => add_tag(&mut key, name, word),
            Said::Flag(flag) if is_tag => add_tag(&mut key, name, &flag.to_string()),
            Said::Text(word) => add_field(&mut fields, name, &quoted(word)),
            Said::Flag(flag) if column.is_some_and(|column| column.kind == Type::Text) => {
                add_field(&mut fields, name, &quoted(&flag.to_string()));
            }
            Said::Flag(flag) => add_field(&mut fields, name, &flag.to_string()),
            Said::Number(number) => {
                let kind = column.map(|column| column.kind);
                add_field(&mut fields, name, &written(number, kind));
            }
        }
    }
    add_field(&mut fields, OBSERVED, "1i");
    let within = (report.seq % 1_000) * 1_000 + row.index as u64 % 1_000;
    let nanoseconds = i128::from(report.at().as_millisecond()) * 1_000_000 + i128::from(within);
    writeln!(out, "{key} {fields} {nanoseconds}")
}

/// A number as a field. Whole ones above int64 are floats: InfluxDB takes none as whole.
fn written(number: Number, kind: Option<Type>) -> String {
    match (number, kind) {
        (Number::Int(n), None | Some(Type::Int)) => format!("{n}i"),
        (Number::Int(n), _) => format!("{:?}", n as f64),
        (Number::UInt(n), _) => format!("{:?}", n as f64),
        (Number::Float(n), _) => format!("{n:?}"),
    }
}

fn measurement(product: &str) -> String {
    // A line that begins with # is a comment.
    let product = match product.starts_with('#') {
        true => format!("_{product}"),
        false => product.to_owned(),
    };
    escaped(&product, &[',', ' '])
}

/// Blank tags are none.
fn add_tag(key: &mut String, name: &str, tag: &str) {
    if name.is_empty() || tag.is_empty() || tag.len() > LINE_PROTOCOL_KEY_MAX_BYTES {
        return;
    }
    let (name, tag) = (escaped(name, KEYS), escaped(tag, KEYS));
    if key.len() + name.len() + tag.len() + 2 > LINE_PROTOCOL_KEY_MAX_BYTES {
        return;
    }
    key.push(',');
    key.push_str(&name);
    key.push('=');
    key.push_str(&tag);
}

fn add_field(fields: &mut String, name: &str, value: &str) {
    let name = match escaped(name, KEYS) {
        // InfluxDB keeps the name for itself.
        name if name == "time" => "value_time".to_owned(),
        name if name == OBSERVED && value != "1i" => "value_observed".to_owned(),
        name if name.is_empty() => "_".to_owned(),
        name => name,
    };
    if !fields.is_empty() {
        fields.push(',');
    }
    fields.push_str(&name);
    fields.push('=');
    fields.push_str(value);
}

/// What a backslash stands before in names and tags.
const KEYS: &[char] = &[',', '=', ' '];

/// A name or a tag. The protocol knows no line breaks in them: they are blanks. Nor a backslash before what
/// is escaped or at the end, as it has none for the backslash itself: it is a slash then.
fn escaped(text: &str, before: &[char]) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' if rest.peek().is_none_or(|next| KEYS.contains(next)) => written.push('/'),
            c if before.contains(&c) => {
                written.push('\\');
                written.push(c);
            }
            c => written.push(c),
        }
    }
    written
}

/// A text as a field.
fn quoted(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            written.push('\\');
        }
        written.push(c);
    }
    written.push('"');
    written
}

#[cfg(test)]
mod tests {
    use usage_store::StoredReport;
    use usage_store::report::Kind;

    use super::super::{Found, rows};
    use super::*;

    fn report(product: &str, body: &str) -> StoredReport {
        StoredReport {
            seq: 1_042,
            kind: Kind::Usage,
            product: product.into(),
            organization: None,
            received_at: "2026-11-23T10:30:00.5Z".parse().unwrap(),
            reported_at: None,
            idempotency_key: None,
            install_key: None,
            unlisted: false,
            body: body.as_bytes().to_vec(),
        }
    }

    fn lines(columns: &Columns, report: &StoredReport) -> Vec<String> {
        let mut out = Vec::new();
        for row in rows(report, Some("Acme, Inc.")) {
            write(&mut out, columns, &row).unwrap();
        }
        let text = String::from_utf8(out).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn everything_is_escaped_as_the_protocol_has_it() {
        for (text, written) in [
            ("plain", "plain"),
            ("a b,c=d", "a\\ b\\,c\\=d"),
            ("C:\\dir", "C:\\dir"),
            ("ends\\", "ends/"),
            ("a\\,b\\ c\\\\", "a/\\,b/\\ c\\/"),
            ("two\nlines", "two\\ lines"),
            ("é\"", "é\""),
        ] {
            assert_eq!(escaped(text, KEYS), written, "{text:?}");
        }
        assert_eq!(quoted("say \"hi\" \\ ="), "\"say \\\"hi\\\" \\\\ =\"");
        assert_eq!(measurement("a=b c,d"), "a=b\\ c\\,d");
        assert_eq!(measurement("# p"), "_#\\ p");
    }

    #[test]
    fn a_point_has_tags_fields_of_their_types_and_a_time_of_its_own() {
        let body = r#"[{"tags":{"os":"li nux","empty":""},"values":{"server_id":7,"n":-3,"f":1e300,"big":18446744073709551615,"on":true,"t":"x"}},null]"#;
        let body = body.replace(",null", ",{\"tags\":null}");
        let report = report("influxdb", &body);
        assert_eq!(
            lines(&Columns::default(), &report),
            [
                "influxdb,kind=usage,organization=Acme\\,\\ Inc.,server_id=7,os=li\\ nux big=1.8446744073709552e19,f=1e300,n=-3i,on=true,t=\"x\",observed=1i 1795429800500042000",
                "influxdb,kind=usage,organization=Acme\\,\\ Inc. observed=1i 1795429800500042001",
            ]
        );
    }

    #[test]
    fn a_field_has_one_type() {
        let some = report("p", r#"[{"values":{"n":1,"w":true,"t":"x","observed":7}}]"#);
        let others = report(
            "p",
            r#"[{"tags":{"t":"tag"},"values":{"n":1.5,"w":"word","time":1}}]"#,
        );
        let mut found = Found::default();
        for report in [&some, &others] {
            rows(report, None).iter().for_each(|row| found.see(row));
        }
        let columns = found.columns(100);
        let fields = |report| {
            lines(&columns, report)[0]
                .split(' ')
                .skip(2)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert!(
            fields(&some).starts_with("n=1.0,value_observed=7i,w=\"true\",observed=1i "),
            "{}",
            fields(&some)
        );
        assert!(
            lines(&columns, &some)[0].contains(",t=x "),
            "{:?}",
            lines(&columns, &some)
        );
        assert!(
            fields(&others).starts_with("n=1.5,value_time=1i,w=\"word\",observed=1i "),
            "{}",
            fields(&others)
        );
    }

    #[test]
    fn tags_without_end_are_cut_before_influxdb_refuses_the_point() {
        let tags: Vec<String> = (0..50)
            .map(|n| format!("\"t{n:02}\":\"{}\"", "x".repeat(5_000)))
            .collect();
        let report = report("p", &format!("[{{\"tags\":{{{}}}}}]", tags.join(",")));
        let line = &lines(&Columns::default(), &report)[0];
        assert!(
            line.len() < LINE_PROTOCOL_KEY_MAX_BYTES + 100,
            "{}",
            line.len()
        );
        assert!(line.contains(",t10=x"));
    }
}
