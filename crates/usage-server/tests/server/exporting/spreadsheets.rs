//! CSV, as a spreadsheet opens it: a column a name, and no cell that is a formula.

use super::{elements, exported, fleet, reports, time};

/// The cells of a file, as RFC 4180 has them.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    let mut inside = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if inside && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => inside = !inside,
            ',' if !inside => row.push(std::mem::take(&mut cell)),
            '\n' if !inside => {
                row.push(std::mem::take(&mut cell).trim_end_matches('\r').to_owned());
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(!inside && row.is_empty() && cell.is_empty(), "cut short");
    rows
}

#[test]
fn every_row_has_every_column_and_no_text_is_a_formula() {
    let folder = fleet(600);
    let path = exported(&folder, "reports.csv", &["--format", "csv"]);
    let rows = cells(&std::fs::read_to_string(path).unwrap());
    let (names, rows) = rows.split_first().unwrap();
    assert_eq!(names[..3], ["time", "received_at", "kind"]);
    assert_eq!(names.last().unwrap(), "other");
    let column = |name: &str| {
        let at = names.iter().position(|known| known == name);
        let at = at.unwrap_or_else(|| panic!("{name}: {names:?}"));
        move |row: &[String]| row[at].clone()
    };
    let reports = reports(&folder);
    let elements = elements(&reports);
    assert_eq!(rows.len(), elements.len());
    let numbers = [
        "delta",
        "databases",
        "load",
        "big",
        "value_time",
        "value_mixed",
        "requests",
        "free",
    ];
    for (row, (report, element)) in rows.iter().zip(&elements) {
        assert_eq!(row.len(), names.len(), "{row:?}");
        assert_eq!(column("time")(row), time(report));
        assert_eq!(column("product")(row), report["product"].as_str().unwrap());
        let organization = report["organization"]
            .as_str()
            .map(|name| format!("'{name}"));
        assert_eq!(
            column("organization")(row),
            organization.unwrap_or_default()
        );
        if report["kind"] == "servers" {
            assert_eq!(column("host")(row), "'=cmd()");
            assert_eq!(column("version")(row), "'-1.0");
        }
        let delta = &element["values"]["delta"];
        assert_eq!(
            column("delta")(row),
            delta.as_i64().map_or(String::new(), |n| n.to_string())
        );
        for (name, cell) in names.iter().zip(row) {
            let is_number = numbers.contains(&name.as_str());
            assert!(
                is_number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{name}: {cell}"
            );
        }
    }
    let sum: i64 = rows
        .iter()
        .filter_map(|row| column("databases")(row).parse::<i64>().ok())
        .sum();
    let said = elements
        .iter()
        .filter_map(|(_, element)| element["values"]["databases"].as_i64());
    assert_eq!(sum, said.sum::<i64>());
}

#[test]
fn a_window_a_product_and_an_organization_narrow_it() {
    let folder = fleet(300);
    let all = reports(&folder);
    let count = |args: &[&str]| {
        let args = [&["export", "reports"], args].concat();
        folder.run(&args).well().lines().count()
    };
    let those =
        |wanted: &dyn Fn(&serde_json::Value) -> bool| all.iter().filter(|one| wanted(one)).count();
    let second = |one: &serde_json::Value| time(one).starts_with("2025-03-02");
    assert_eq!(
        count(&["--from", "2025-03-02", "--to", "2025-03-02"]),
        those(&second)
    );
    // A time that a report has: it is among those from then on.
    let from = time(&all[100]);
    let at = |one: &serde_json::Value| time(one).parse::<jiff::Timestamp>().unwrap();
    let bound = at(&all[100]);
    assert_eq!(count(&["--from", from]), those(&|one| at(one) >= bound));
    assert_eq!(count(&["--to", from]), those(&|one| at(one) < bound));
    let acme = |one: &serde_json::Value| one["organization"] == "+Acme, Inc.";
    assert_eq!(count(&["--organization", "+Acme, Inc."]), those(&acme));
    assert!(those(&acme) > 0 && those(&second) > 0);
    for wrong in [
        &["--from", "yesterday"][..],
        &["--from", "2025-03-02", "--to", "2025-03-01"],
        &["--format", "parquet"],
        &["--resume"],
    ] {
        folder
            .run(&[&["export", "reports"], wrong].concat())
            .refused(2);
    }
    folder
        .run(&["export", "reports", "--organization", "Nobody"])
        .refused(1);
}
