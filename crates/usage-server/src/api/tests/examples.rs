//! Each question's example, and what the API's document says of its answer.

use std::collections::BTreeSet;

use super::*;
use crate::api::described::shape;
use crate::api::questions::QUESTIONS;

/// The questions that a fleet of some weeks may have no rows for: it depends on the hour.
const MAYBE_NONE: [&str; 9] = [
    "clones",
    "cluster-stats",
    "growing-clusters",
    "products-daily",
    "quarantine",
    "quarantine-reports",
    "server-stats",
    "silent-clusters",
    "upgrade-paths",
];

/// A question's example, of what the demo's fleet has.
fn example(house: &House, question: &crate::api::question::Question) -> String {
    let store = &house.app.store;
    let product = store.product_named(PRODUCT).unwrap().unwrap();
    let server = store.servers(product, None, 1).unwrap().remove(0);
    let example = question.example_of(PRODUCT);
    let example = example.replace("value=users", "value=stored_bytes");
    let example = example.replace("cluster=c1", &format!("cluster={}", server.cluster_id));
    example.replace("server=1", &format!("server={}", server.id.0))
}

#[tokio::test]
async fn each_example_is_answered_in_the_shape_that_is_described() {
    let house = House::with_fleet();
    for question in QUESTIONS {
        let told = house.ask(&example(&house, question)).await;
        let answer = told.json();
        assert_eq!(told.header("content-type"), "application/json");
        assert_eq!(told.header("cache-control"), "no-store");
        assert_eq!(answer["question"], question.name());
        assert_eq!(answer["behind"], 0, "{}", question.name());
        assert!(answer["fresh_to"].is_string());
        let schema = shape(question);
        let top: BTreeSet<&str> = answer
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let described = schema["required"].as_array().unwrap().iter();
        assert_eq!(top, described.map(|name| name.as_str().unwrap()).collect());
        let row_schema = &schema["properties"]["rows"]["items"]["properties"];
        let rows = answer["rows"].as_array().unwrap();
        let may_be_empty = MAYBE_NONE.contains(&question.name());
        assert!(
            may_be_empty || !rows.is_empty(),
            "{}: {answer}",
            question.name()
        );
        for row in rows {
            let row = row.as_object().unwrap();
            assert_eq!(row.len(), question.columns.len(), "{}", question.name());
            for (name, value) in row {
                let kind = match value {
                    Value::Null => "null",
                    Value::Bool(_) => "boolean",
                    Value::Number(n) if n.is_f64() => "number",
                    Value::Number(_) => "integer",
                    Value::String(_) => "string",
                    _ => "neither",
                };
                let kinds = row_schema[name]["type"].as_array().unwrap();
                let fits = kinds
                    .iter()
                    .any(|one| *one == kind || (*one == "number" && kind == "integer"));
                assert!(fits, "{} {name}: {value} is not {kinds:?}", question.name());
            }
        }
    }
}

/// The report that a new server proposes to send makes every example of the document one that can be pasted.
#[tokio::test]
async fn after_the_first_report_each_example_can_be_asked_as_it_stands() {
    let house = House::empty();
    let line = crate::command::first_report("http://localhost");
    let body = line.split('\'').nth(1).unwrap().as_bytes().to_vec();
    house.take(report(Kind::Usage, "myproduct", Timestamp::now(), body));
    let document = house.send("/api/v1/openapi.json", &[]).await.json();
    let mut asked = 0;
    for question in QUESTIONS {
        let described = &document["paths"][question.path]["get"];
        let text = described["description"].as_str().unwrap();
        let (_, example) = text.split_once("For example `").unwrap();
        let (example, _) = example.split_once('`').unwrap();
        let told = house.ask(example).await;
        assert_eq!(told.status, 200, "{example}: {}", told.text);
        // What is an example of a parameter is the same.
        let mut said: Vec<(String, String)> = Vec::new();
        let mut names = BTreeSet::new();
        for one in described["parameters"].as_array().unwrap() {
            let name = one["name"].as_str().unwrap();
            assert!(names.insert(name), "{name} twice at {}", question.path);
            match &one["example"] {
                Value::Null => {}
                Value::String(text) => said.push((name.to_owned(), text.clone())),
                number => said.push((name.to_owned(), number.to_string())),
            }
        }
        if !said.is_empty() {
            asked += 1;
            let said = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(said)
                .finish();
            let told = house.ask(&format!("{}?{said}", question.path)).await;
            assert_eq!(told.status, 200, "{said}: {}", told.text);
        }
    }
    assert!(asked > 30, "{asked}");
}

#[tokio::test]
async fn each_answer_is_the_same_as_csv() {
    let house = House::with_fleet();
    for question in QUESTIONS {
        let example = example(&house, question);
        let rows = house.ask(&example).await.rows();
        let separator = if example.contains('?') { '&' } else { '?' };
        let told = house.ask(&format!("{example}{separator}format=csv")).await;
        assert_eq!(told.status, 200);
        assert_eq!(
            told.header("content-type"),
            "text/csv; charset=utf-8; header=present"
        );
        assert_eq!(told.header("usage-behind"), "0");
        assert!(!told.header("usage-fresh-to").is_empty());
        let saved_as = format!("filename=\"{}.csv\"", question.name());
        assert!(told.header("content-disposition").ends_with(&saved_as));
        let mut lines = told.text.split_terminator("\r\n");
        let names: Vec<&str> = question.columns.iter().map(|column| column.name).collect();
        assert_eq!(lines.next(), Some(names.join(",").as_str()));
        assert_eq!(lines.count(), rows.len(), "{}", question.name());
    }
}

#[tokio::test]
async fn the_questions_are_listed() {
    let house = House::empty();
    let list = house.ask("/api/v1/query").await.json();
    let listed = list["questions"].as_array().unwrap();
    assert_eq!(listed.len(), QUESTIONS.len());
    for (listed, question) in listed.iter().zip(QUESTIONS) {
        assert_eq!(listed["path"], question.path);
        assert_eq!(listed["question"], question.name());
        let parameters = listed["parameters"].as_array().unwrap();
        let takes = question.takes.iter().flat_map(|one| one.names());
        let names = parameters.iter().map(|name| name.as_str().unwrap());
        let takes: BTreeSet<&str> = takes.copied().collect();
        assert_eq!(parameters.len(), takes.len(), "{}", question.name());
        assert!(
            takes.into_iter().eq(BTreeSet::from_iter(names)),
            "{}",
            question.name()
        );
    }
}
