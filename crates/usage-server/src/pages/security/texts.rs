//! No text is ever more than text: not on any page, and not in any table that a spreadsheet opens.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::testing::{HOSTILE, House};
use super::{crown, sources_with};
use crate::api::QUESTIONS;
use crate::cli::{DataDir, ExportReports, Format};
use crate::command::export_reports;
use crate::route::Route;

const OWNER: &str = "eve@example.com";

/// What a spreadsheet takes for the beginning of a formula.
const MARKS: [char; 8] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝'];

/// The doors that write tables, and how; the command is one more.
const TABLES: [&str; 4] = [
    "/api/v1/export/reports",
    "/api/v1/query/{question}",
    "/organizations/{id}/export",
    "/public/{name}/{chart}",
];

/// The only files that say so. A new one belongs in the walk below.
const SOURCES: [&str; 4] = [
    "api/answer.rs",
    "export/text.rs",
    "openapi/operation.rs",
    "pages/public/mod.rs",
];

/// Somebody who may do everything, in a house where everything is this text.
async fn furnished(text: &str) -> House {
    let house = House::new();
    house.customer(text, OWNER);
    house.furnish(text, text);
    crown(&house, OWNER);
    house.enter_as(OWNER);
    let house = house.with_every_door();
    house.publish(1).await;
    house
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// What is behind a door, of what the house is furnished with.
fn paths(house: &House, door: &str, text: &str) -> Vec<String> {
    let said = escaped(text);
    match door {
        "/api/v1/query/{question}" => {
            let examples = QUESTIONS.iter().map(|question| question.example_of(&said));
            examples
                .map(|path| path.replace("VALUE", &said).replace("CLUSTER", &said))
                .collect()
        }
        "/public/{name}/{chart}" => ["active", "version", "os"]
            .iter()
            .map(|chart| format!("/public/{said}/{chart}.csv?"))
            .collect(),
        // The first is nobody's.
        "/organizations/{id}/servers/{server}" => {
            vec![format!("{}/servers/2?", house.path_of(text))]
        }
        "/public/{name}" => vec![format!("/public/{said}?")],
        _ => {
            let path = door.replace("/organizations/{id}", &house.path_of(text));
            let parts = path.split('/').map(|part| match part.starts_with('{') {
                true => "1",
                false => part,
            });
            let query = match door {
                "/products/{id}/cluster" => format!("cluster={said}"),
                "/start" => format!("product={said}&cluster_id={said}"),
                "/start/token" => "issued=1".to_owned(),
                _ => String::new(),
            };
            vec![format!("{}?{query}", parts.collect::<Vec<_>>().join("/"))]
        }
    }
}

#[tokio::test]
async fn nothing_that_anybody_says_is_markup_on_any_page() {
    let house = furnished(HOSTILE).await;
    let mut shown = BTreeSet::new();
    for door in Route::names() {
        for path in paths(&house, door, HOSTILE) {
            let page = house.get(&path).await;
            if !page.header("content-type").starts_with("text/html") {
                continue;
            }
            assert!(
                !page.text.contains("<script>") && !page.text.contains(" style="),
                "{path}: {}",
                page.text
            );
            if page.text.contains("&#60;script&#62;") {
                assert_eq!(page.status, 200, "{path}");
                shown.insert(*door);
            }
        }
    }
    for door in [
        "/",
        "/products/{id}",
        "/products/{id}/servers",
        "/products/{id}/clusters",
        "/products/{id}/cluster",
        "/products/{id}/ids",
        "/products/{id}/values",
        "/products/{id}/retention",
        "/products/{id}/public",
        "/products/{id}/settings",
        "/products/{id}/dictionary",
        "/public/{name}",
        "/servers/{id}",
        "/settings",
        "/reports",
        "/quarantine",
        "/webhooks",
        "/api-keys",
        "/operators",
        "/audit",
        "/start",
        "/start/token",
        "/organizations",
        "/organizations/{id}",
        "/organizations/{id}/servers",
        "/organizations/{id}/servers/{server}",
        "/organizations/{id}/clusters",
        "/organizations/{id}/reports",
        "/organizations/{id}/tokens",
        "/organizations/{id}/tokens/{token}/revoke",
        "/organizations/{id}/members",
        "/organizations/{id}/log",
        "/organizations/{id}/delete",
        "/organizations/{id}/delete/{erasure}",
        "/organizations/{id}/end",
    ] {
        assert!(
            shown.contains(door),
            "{door} shows nothing of it: {shown:?}"
        );
    }
}

/// A table's cells, as RFC 4180 has them.
fn cells(table: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut chars = table.chars().peekable();
    while let Some(char) = chars.next() {
        let cell = cells.last_mut().unwrap();
        match char {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {
                chars.next();
                cells.push(String::new());
            }
            char => cell.push(char),
        }
    }
    assert!(!quoted, "{table}");
    cells
}

/// How many cells of a table begin with a mark made harmless. None is a formula, and numbers are numbers.
fn harmless(door: &str, table: &str) -> usize {
    let cells = cells(table);
    for cell in &cells {
        let is_formula = cell.starts_with(MARKS) && cell.parse::<f64>().is_err();
        assert!(!is_formula, "{door}: {cell:?} in {table}");
    }
    let begins = |cell: &&String| {
        cell.strip_prefix('\'')
            .is_some_and(|text| text.starts_with(MARKS))
    };
    cells.iter().filter(begins).count()
}

#[tokio::test]
async fn no_cell_of_any_table_is_a_formula() {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for mark in MARKS {
        let text = format!("{mark}1+1");
        let house = furnished(&text).await;
        for door in Route::names() {
            for path in paths(&house, door, &text) {
                let answer = house.get(&format!("{path}&format=csv")).await;
                if answer.header("content-type").starts_with("text/csv") {
                    *found.entry(door).or_default() += harmless(&path, &answer.text);
                    let number = answer.text.contains(",-5,") || !door.contains("export");
                    assert!(number, "{path}: {}", answer.text);
                }
            }
        }
        let table = tempfile::NamedTempFile::new().unwrap();
        let options = ExportReports {
            data: DataDir {
                data_dir: house.folder().to_owned(),
            },
            format: Format::Csv,
            output: Some(table.path().to_owned()),
            kind: None,
            product: None,
            organization: None,
            organization_id: None,
            from: None,
            to: None,
            resume: false,
        };
        export_reports(&options).unwrap();
        let table = std::fs::read_to_string(table.path()).unwrap();
        assert!(harmless("export reports", &table) > 10, "{table}");
    }
    assert!(found.keys().eq(&TABLES), "{found:?}");
    // Of a page for anybody only names of plain letters are told, which begin with two of the marks at most.
    assert!(found.values().all(|cells| *cells >= 4), "{found:?}");
}

#[test]
fn every_table_is_written_where_the_walk_comes_by() {
    let found = sources_with("\"text/csv");
    assert!(found.iter().eq(&SOURCES), "{found:?}");
}
