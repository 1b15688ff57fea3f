//! Exports, as those read them for whom they are made: DuckDB, InfluxDB, spreadsheets, programs with an API key.
//! What comes out is held against the JSON lines, whose bodies are as they came.

mod by_api;
mod cut_short;
mod duckdb;
mod influxdb;
mod spreadsheets;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::folder::Folder;

/// The days on which the reports of [`fleet`] count.
const DAYS: [&str; 3] = ["2025-03-01", "2025-03-02", "2025-03-03"];

const PRODUCTS: [&str; 2] = ["influxdb", "a/b, \"=c\" é"];

/// A line of a file to import.
fn line(n: u64) -> Value {
    let day = DAYS[n as usize % DAYS.len()];
    let product = PRODUCTS[(n / 3) as usize % PRODUCTS.len()];
    let at = format!("{day}T{:02}:{:02}:00.{:03}Z", n % 24, n % 60, n % 1_000);
    let ids = json!({"cluster_id": format!("c{}", n % 7), "server_id": n % 50});
    let (kind, body) = match n % 10 {
        0 => (
            "servers",
            json!({"cluster_id": "c1", "server_id": format!("s{n}"), "host": "=cmd()", "product": product, "version": "-1.0"}),
        ),
        1 => (
            "stats",
            json!({"cluster_id": "c1", "server_id": "s1", "stats": [
                {"name": "http", "tags": {"path": "/a b"}, "values": {"requests": n, "up": n % 4 == 1}},
                {"name": "disk", "tags": null, "values": {"free": 0.5}},
            ]}),
        ),
        _ => {
            let mut values = ids;
            values["databases"] = json!(n % 13);
            values["delta"] = json!(7 - (n % 13) as i64);
            values["load"] = if n.is_multiple_of(2) {
                json!(n / 2)
            } else {
                json!(n as f64 + 0.25)
            };
            values["time"] = json!(n);
            values["mixed"] = if n % 4 == 2 { json!(n) } else { json!("text") };
            if n.is_multiple_of(9) {
                values["big"] = json!(u64::MAX - n);
            }
            let mut tags =
                json!({"os": "linux", "host": "rack 7", "version": "1.2", "odd": "a=b, c\\ \\"});
            if n.is_multiple_of(4) {
                tags["OS"] = json!("Linux");
            }
            (
                "usage",
                json!([{"tags": tags, "values": values}, {"tags": null, "values": {"cluster_id": "c2", "databases": 1}}]),
            )
        }
    };
    let organization = (n.is_multiple_of(5)).then_some("+Acme, Inc.");
    let mut line = json!({"kind": kind, "product": product, "received_at": at, "organization": organization, "body": body});
    if n.is_multiple_of(6) {
        // Late: it counts on the day before.
        line["received_at"] = json!("2025-03-04T00:00:00Z");
        line["reported_at"] = json!(at);
    }
    line
}

/// A data folder with so many reports: of three days, two products, an organization and nobody.
fn fleet(reports: u64) -> Folder {
    let folder = Folder::new();
    let lines: Vec<String> = (0..reports).map(|n| line(n).to_string() + "\n").collect();
    imported(&folder, &lines.concat());
    folder
}

fn imported(folder: &Folder, lines: &str) {
    // There must be a database to import into.
    folder.token("somebody");
    let file = folder.beside("fleet.jsonl");
    std::fs::write(&file, lines).unwrap();
    let args = ["import", "--keep-organizations", file.to_str().unwrap()];
    folder.run(&args).well();
}

/// Exports into a file or folder beside the data; where it is.
fn exported(folder: &Folder, name: &str, args: &[&str]) -> PathBuf {
    let path = folder.beside(name);
    let output = ["export", "reports", "--output", path.to_str().unwrap()];
    folder.run(&[&output[..], args].concat()).well();
    path
}

/// The reports as JSON lines.
fn reports(folder: &Folder) -> Vec<Value> {
    let text = folder.run(&["export", "reports"]).well();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

/// When a report counts.
fn time(report: &Value) -> &str {
    let reported = report["reported_at"].as_str();
    reported.or(report["received_at"].as_str()).unwrap()
}

/// What its elements say, each with the report around it: one for a check-in.
fn elements(reports: &[Value]) -> Vec<(&Value, &Value)> {
    let all = reports.iter().flat_map(|report| {
        let body = &report["body"];
        let elements = body["stats"].as_array().or(body.as_array());
        let elements: Vec<&Value> = match elements {
            Some(elements) => elements.iter().collect(),
            None => vec![body],
        };
        elements.into_iter().map(move |element| (report, element))
    });
    all.collect()
}
