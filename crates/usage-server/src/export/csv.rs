//! CSV as RFC 4180 has it, a row an observation: what a spreadsheet opens. Texts that it would take for a
//! formula begin with an apostrophe; anybody can send such texts, and names.

use std::borrow::Cow;
use std::io::{self, Write};

use usage_store::report::Number;

use super::columns::{Columns, FIXED, OTHER};
use super::row::{Row, Said};

/// Writes the names of the columns.
pub(super) fn head(out: &mut impl Write, columns: &Columns) -> io::Result<()> {
    for name in FIXED {
        out.write_all(name.as_bytes())?;
        out.write_all(b",")?;
    }
    for column in &columns.all {
        text(out, &column.name)?;
        out.write_all(b",")?;
    }
    out.write_all(OTHER.as_bytes())?;
    out.write_all(b"\r\n")
}

/// Writes a row.
pub(super) fn write(out: &mut impl Write, columns: &Columns, row: &Row<'_>) -> io::Result<()> {
    let report = row.report;
    write!(
        out,
        "{},{},{},",
        report.at(),
        report.received_at,
        report.kind.name()
    )?;
    for cell in [
        Some(&*report.product),
        row.organization,
        row.point.cluster_id.as_deref(),
        row.point.server_id.as_deref(),
        row.host.as_deref(),
        row.version.as_deref(),
        row.point.name.as_deref(),
    ] {
        text(out, cell.unwrap_or_default())?;
        out.write_all(b",")?;
    }
    let mut cells = Vec::new();
    let rest = columns.place(row, &mut cells);
    for cell in cells {
        match cell {
            None => {}
            Some(Said::Tag(word) | Said::Text(word)) => text(out, word)?,
            Some(Said::Flag(flag)) => write!(out, "{flag}")?,
            Some(Said::Number(number)) => digits(out, number)?,
        }
        out.write_all(b",")?;
    }
    text(out, &rest.unwrap_or_default())?;
    out.write_all(b"\r\n")
}

fn digits(out: &mut impl Write, number: Number) -> io::Result<()> {
    match number {
        Number::Int(n) => write!(out, "{n}"),
        Number::UInt(n) => write!(out, "{n}"),
        Number::Float(n) => write!(out, "{n:?}"),
    }
}

fn text(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(cell(text).as_bytes())
}

/// What a spreadsheet takes for the beginning of a formula; the wide ones where people write wide letters.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A text as a cell: in quotes where it needs them, and never what a spreadsheet takes for a formula.
pub(crate) fn cell(text: &str) -> Cow<'_, str> {
    let is_formula = text.starts_with(FORMULA);
    let needs_quotes = text.contains([',', '"', '\r', '\n']) || text.trim() != text;
    let mark = if is_formula { "'" } else { "" };
    match (needs_quotes, is_formula) {
        (true, _) => format!("\"{mark}{}\"", text.replace('"', "\"\"")).into(),
        (false, true) => format!("{mark}{text}").into(),
        (false, false) => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula_and_every_text_stays_in_its_cell() {
        for (said, written) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            (" blank", "\" blank\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\"'\t=1\""),
            ("\r=1", "\"'\r=1\""),
            ("\n=1", "\"'\n=1\""),
            ("＝1", "'＝1"),
            (
                "=HYPERLINK(\"http://evil\",\"x\")",
                "\"'=HYPERLINK(\"\"http://evil\"\",\"\"x\"\")\"",
            ),
            ("a=1", "a=1"),
        ] {
            assert_eq!(cell(said), written);
        }
    }
}
