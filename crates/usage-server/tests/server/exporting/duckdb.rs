//! DuckDB reads the Parquet files: types, counts and sums are those of the JSON lines.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::by_api::{get, issue};
use super::{DAYS, elements, exported, fleet, reports, time};
use crate::process::Process;
use crate::programs::{permitted, program};

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/server/services/tables.py"
);

/// A Python that has DuckDB; without one the test is skipped, and says so.
fn python() -> Option<PathBuf> {
    let install = "python3-venv, and in an environment pip install -r requirements.txt";
    let python = program("aiosmtpd", install)?.with_file_name("python3");
    let has = Command::new(&python).args(["-c", "import duckdb"]).output();
    let has = has.is_ok_and(|ended| ended.status.success());
    permitted(has, "DuckDB is not installed (see requirements.txt)").then_some(python)
}

/// The rows of each query.
fn ask(python: &Path, folder: &Path, queries: &[&str]) -> Vec<Value> {
    let mut command = Command::new(python);
    command.arg(SCRIPT).arg(folder);
    let input = queries.join("\n") + "\n";
    let said = Process::start(&mut command, input.as_bytes())
        .ended()
        .well();
    let rows: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), queries.len(), "{said}");
    rows
}

#[test]
fn types_counts_and_sums_are_those_of_the_json_lines() {
    let Some(python) = python() else { return };
    let folder = fleet(600);
    let out = exported(&folder, "parquet", &["--format", "parquet"]);
    let reports = reports(&folder);
    let elements = elements(&reports);
    let answers = ask(
        &python,
        &out,
        &[
            "SELECT column_name, column_type FROM (DESCRIBE reports)",
            "SELECT product, CAST(day AS VARCHAR), kind, count(*) FROM reports GROUP BY ALL ORDER BY ALL",
            "SELECT sum(databases), sum(delta), sum(load), max(big)::VARCHAR, sum(value_time), count(*) FILTER (up), count(mixed), sum(value_mixed) FROM reports",
            "SELECT DISTINCT host, version, os, odd, max(tag_OS) OVER () FROM reports WHERE os IS NOT NULL",
            "SELECT count(*) FROM reports WHERE CAST(time AS DATE) <> day",
            "SELECT organization, count(*), epoch_ms(min(time)) FROM reports GROUP BY ALL ORDER BY ALL",
            "SELECT series, sum(requests), sum(free), count(*) FROM reports WHERE kind = 'stats' GROUP BY ALL ORDER BY ALL",
        ],
    );

    let types = &answers[0];
    let of = |name: &str| {
        let found = types.as_array().unwrap().iter().find(|row| row[0] == name);
        found.unwrap_or_else(|| panic!("{name}: {types}"))[1]
            .as_str()
            .unwrap()
    };
    for (name, kind) in [
        ("time", "TIMESTAMP WITH TIME ZONE"),
        ("received_at", "TIMESTAMP WITH TIME ZONE"),
        ("product", "VARCHAR"),
        ("organization", "VARCHAR"),
        ("day", "DATE"),
        ("cluster_id", "VARCHAR"),
        ("server_id", "VARCHAR"),
        ("version", "VARCHAR"),
        ("os", "VARCHAR"),
        ("databases", "BIGINT"),
        ("delta", "BIGINT"),
        ("load", "DOUBLE"),
        ("big", "UBIGINT"),
        ("up", "BOOLEAN"),
        ("value_time", "BIGINT"),
        ("value_mixed", "BIGINT"),
        ("other", "VARCHAR"),
    ] {
        assert_eq!(of(name), kind, "{name}");
    }

    let mut counts = std::collections::BTreeMap::new();
    for (report, _) in &elements {
        let key = (
            report["product"].as_str().unwrap(),
            &time(report)[..10],
            report["kind"].as_str().unwrap(),
        );
        *counts.entry(key).or_insert(0) += 1;
    }
    let counted: Vec<Value> = counts
        .into_iter()
        .map(|((product, day, kind), n)| json!([product, day, kind, n]))
        .collect();
    assert!(counted.len() >= 2 * DAYS.len(), "{counted:?}");
    assert_eq!(answers[1], Value::from(counted));

    let values = |name: &str| {
        let found = elements
            .iter()
            .map(|(_, element)| element["values"][name].clone());
        found.filter(|value| !value.is_null()).collect::<Vec<_>>()
    };
    let sum = |name: &str| values(name).iter().filter_map(Value::as_i64).sum::<i64>();
    let sums = &answers[2][0];
    assert_eq!(sums[0], sum("databases"));
    assert_eq!(sums[1], sum("delta"));
    let load: f64 = values("load").iter().filter_map(Value::as_f64).sum();
    assert_eq!(sums[2], load);
    let big = values("big")
        .iter()
        .filter_map(Value::as_u64)
        .max()
        .unwrap();
    assert_eq!(sums[3], big.to_string(), "to the last digit");
    assert_eq!(sums[4], sum("time"));
    assert_eq!(
        sums[5],
        values("up").iter().filter(|up| **up == true).count()
    );
    assert_eq!(
        sums[6],
        values("mixed").iter().filter(|one| one.is_string()).count()
    );
    assert_eq!(sums[7], sum("mixed"));
    assert_eq!(
        answers[3],
        json!([["rack 7", "1.2", "linux", "a=b, c\\ \\", "Linux"]])
    );
    assert_eq!(answers[4], json!([[0]]), "a file has a day");

    let of = |name: Option<&str>| {
        let own = elements
            .iter()
            .filter(|(report, _)| report["organization"].as_str() == name);
        let times = own
            .clone()
            .map(|(report, _)| time(report).parse::<jiff::Timestamp>().unwrap());
        let first = times.min().unwrap().as_millisecond();
        json!([name, own.count(), first])
    };
    assert_eq!(answers[5], json!([of(Some("+Acme, Inc.")), of(None)]));
    let series = elements
        .iter()
        .filter(|(report, _)| report["kind"] == "stats")
        .count()
        / 2;
    assert_eq!(
        answers[6],
        json!([
            ["disk", null, series as f64 * 0.5, series],
            ["http", sum("requests"), null, series]
        ])
    );
}

#[test]
fn a_folder_is_gone_on_with_and_a_day_is_written_anew() {
    let Some(python) = python() else { return };
    let folder = fleet(120);
    let days = |out: &Path| {
        let product = out.join("product=influxdb");
        let mut days: Vec<PathBuf> = std::fs::read_dir(product)
            .unwrap()
            .map(|day| day.unwrap().path().join("part-0.parquet"))
            .collect();
        days.sort();
        days
    };
    let one_day = ["--format", "parquet", "--from", DAYS[1], "--to", DAYS[1]];
    let out = exported(&folder, "parquet", &one_day);
    assert_eq!(days(&out).len(), 1);
    // As if an earlier export had written this day, and been killed in the next.
    std::fs::write(&days(&out)[0], "as it was").unwrap();
    std::fs::create_dir(out.join(".unfinished")).unwrap();
    std::fs::write(out.join(".unfinished/part.parquet"), "cut sh").unwrap();
    exported(&folder, "parquet", &["--format", "parquet", "--resume"]);
    assert_eq!(days(&out).len(), DAYS.len());
    assert_eq!(std::fs::read(&days(&out)[1]).unwrap(), b"as it was");
    assert!(!out.join(".unfinished").exists());
    exported(&folder, "parquet", &one_day);
    let answers = ask(&python, &out, &["SELECT count(*) FROM reports"]);
    assert_eq!(answers[0], json!([[elements(&reports(&folder)).len()]]));
}

#[test]
fn over_http_it_is_one_file_with_the_same_rows() {
    let Some(python) = python() else { return };
    let folder = fleet(600);
    let written = exported(&folder, "parquet", &["--format", "parquet"]);
    let server = folder.serve();
    let key = issue(&folder, "warehouse", &["export"]);
    let sent = get(&server, "/api/v1/export/reports?format=parquet", &key);
    assert_eq!(sent.status(), 200);
    let name = sent.header("content-disposition").unwrap();
    assert!(name.contains("reports.parquet"), "{name}");
    let out = written.with_file_name("sent");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("reports.parquet"), &sent.body).unwrap();
    let all = [
        "SELECT product, kind, organization, count(*), sum(databases), sum(load), max(big)::VARCHAR, count(*) FILTER (up), sum(requests) FROM reports GROUP BY ALL ORDER BY ALL",
        "SELECT count(*), epoch_ms(min(time)), epoch_ms(max(received_at)) FROM reports",
    ];
    let rows = ask(&python, &out, &all);
    assert_eq!(rows, ask(&python, &written, &all));
    assert_eq!(rows[1][0][0], elements(&reports(&folder)).len());
    let none = get(
        &server,
        "/api/v1/export/reports?format=parquet&product=nobody",
        &key,
    );
    std::fs::write(out.join("reports.parquet"), &none.body).unwrap();
    let counted = ask(&python, &out, &["SELECT count(*) FROM reports"]);
    assert_eq!(counted[0], json!([[0]]), "a file without rows is one");
    server.stop();
}
