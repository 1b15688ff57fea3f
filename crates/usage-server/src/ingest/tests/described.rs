//! The API's document against the server that it describes: the same doors and methods, examples
//! that do what they say, and answers of the shapes they should have.

use std::collections::BTreeSet;

use usage_store::registry::{Advisory, COMMAND_LINE, Severity};

use super::*;
use crate::api::{LIST, QUESTIONS};
use crate::ingest::extensions::IDEMPOTENCY_KEY;

/// All but HEAD, which is answered wherever GET is.
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "patch", "trace"];

/// A token that may do all that is described.
const TOKEN: (&str, &str) = ("X-Authorization", "may-all");

async fn document(house: &House) -> Value {
    let asked = request("GET", "/api/v1/openapi.json", &[], b"");
    let answer = house.send(&asked).await.must_be(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.header("cache-control").unwrap().contains("max-age"));
    answer.json()
}

/// Every operation: path, method, description.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    all.collect()
}

#[tokio::test]
async fn no_door_is_without_a_description_and_none_is_made_up() {
    let house = House::new().await;
    let document = document(&house).await;
    let described: BTreeSet<&str> = operations(&document).iter().map(|one| one.0).collect();
    let router = include_str!("../../router.rs");
    let doors = router.split(".route(").skip(1);
    let doors = doors.map(|rest| rest.split('"').nth(1).unwrap());
    let questions = QUESTIONS.iter().map(|question| question.path);
    let doors: BTreeSet<&str> = doors.chain([LIST]).chain(questions).collect();
    assert!(doors.len() >= 8, "looks in the wrong place: {doors:?}");
    assert_eq!(
        described, doors,
        "a door of router.rs and its description in a room's `operations` come and go together"
    );
}

#[tokio::test]
async fn each_path_answers_the_methods_that_are_described_and_no_others() {
    let house = House::new().await;
    let document = document(&house).await;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let target = path.replace("{product}", "a").replace("{code}", "c");
        for method in METHODS {
            let wanted = method.to_uppercase();
            let answer = house.send(&request(&wanted, &target, &[], b"")).await;
            let is_described = !methods[method].is_null();
            assert_eq!(
                answer.status != 405,
                is_described,
                "{wanted} {path}: {answer:?}"
            );
            if answer.status == 405 {
                let allowed = answer.header("allow").unwrap().split(',');
                let allowed: BTreeSet<&str> = allowed.filter(|method| *method != "head").collect();
                let described: BTreeSet<&str> = methods
                    .as_object()
                    .unwrap()
                    .keys()
                    .map(String::as_str)
                    .collect();
                assert_eq!(allowed, described, "{wanted} {path}");
            }
        }
    }
}

#[tokio::test]
async fn each_example_does_what_it_says() {
    let house = House::new().await;
    house.token_that_may_forget(TOKEN.1, None);
    house.api_key("uak_all");
    // What the example of a reply tells.
    let (store, now) = (&house.app.store, jiff::Timestamp::now());
    let advisory = Advisory {
        id: "CVE-2026-1234".to_owned(),
        severity: Severity::High,
        title: "Passwords show in the log".to_owned(),
        affected: ">=1.2, <1.4.3".to_owned(),
        link: "https://example.com/advisories/7".to_owned(),
    };
    for product in ["a", "myproduct"] {
        store
            .set_latest_version(product, Some("1.4.3"), COMMAND_LINE, now)
            .unwrap();
        store
            .save_advisory(product, &advisory, COMMAND_LINE, now)
            .unwrap();
    }
    let document = document(&house).await;
    let mut sent = 0;
    for (path, method, operation) in operations(&document) {
        let answers = operation["responses"].as_object().unwrap();
        let well = answers
            .keys()
            .find(|status| status.starts_with('2'))
            .unwrap();
        let target = path.replace("{product}", "a").replace("{code}", "c");
        let schema = |status: &str| &answers[status]["content"]["application/json"];
        let Some(body) = operation["requestBody"]["content"]["application/json"].as_object() else {
            if !path.contains('{') {
                let wants_key = operation["security"].to_string().contains("apiKey");
                let key = wants_key.then_some(("Authorization", "Bearer uak_all"));
                let key: Vec<_> = key.into_iter().collect();
                let answer = house
                    .send(&request(&method.to_uppercase(), &target, &key, b""))
                    .await;
                let status = answer.status.to_string();
                // Most questions need a product; the query API's own tests send their examples.
                let is_question = QUESTIONS.iter().any(|question| question.path == path);
                assert!(
                    status == *well || (is_question && status == "422"),
                    "{path}: {answer:?}"
                );
                let answer = house
                    .send(&request(&method.to_uppercase(), &target, &[], b""))
                    .await;
                assert_eq!(answer.status == 401, wants_key, "{path}");
            }
            continue;
        };
        for (name, example) in body["examples"].as_object().unwrap() {
            let example = &example["value"];
            fits(
                &document,
                &body["schema"],
                example,
                &format!("{path} {name}"),
            );
            let answer = house.post(&target, &[TOKEN], example.to_string()).await;
            assert_eq!(
                answer.status.to_string(),
                *well,
                "{path} {name}: {answer:?}"
            );
            fits(&document, &schema(well)["schema"], &answer.json(), path);
            // Some answers are new each time.
            if well != "202" && *path != *"/api/v1/register/device" {
                assert_eq!(answer.json(), schema(well)["example"], "{path}");
            }
            sent += 1;
        }
        // What is wrong with an empty object is what the example of a refusal says.
        let refused = if answers.contains_key("400") {
            "400"
        } else {
            "422"
        };
        let answer = house.post(&target, &[TOKEN], "{}").await;
        assert_eq!(answer.status.to_string(), refused, "{path}");
        assert_eq!(answer.json(), schema(refused)["example"], "{path}");
        fits(&document, &schema(refused)["schema"], &answer.json(), path);
        let wrong = [("X-Authorization", "wrong")];
        let answer = house.post(&target, &wrong, "{}").await;
        let looks_at_tokens = answers.contains_key("401");
        assert_eq!(answer.status == 401, looks_at_tokens, "{path}");
        if looks_at_tokens {
            assert_eq!(answer.json(), schema("401")["example"], "{path}");
        }
        // A description that holds of nothing would hold of all of these.
        let nonsense = misfit(&document, &body["schema"], &Value::from(true), path);
        assert!(nonsense.is_some(), "{path}");
    }
    assert!(sent >= 9, "only {sent} examples");
    for (path, _, operation) in operations(&document) {
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let json = &answer["content"]["application/json"];
            if !json["example"].is_null() {
                fits(
                    &document,
                    &json["schema"],
                    &json["example"],
                    &format!("{path} {status}"),
                );
            }
        }
    }
}

#[tokio::test]
async fn being_forgotten_is_told_in_the_shape_that_is_described() {
    let house = House::new().await;
    let document = document(&house).await;
    let key = [("X-Install-Key", "mine")];
    let about = r#"{"product":"a","cluster_id":"c"}"#;
    let url = house
        .post("/api/v1/forget", &key, about)
        .await
        .must_be(202)
        .json();
    let target = url["status_url"]
        .as_str()
        .unwrap()
        .replace("http://usage.example.com", "");
    for _ in 0..2 {
        let status = house
            .send(&request("GET", &target, &[], b""))
            .await
            .must_be(200)
            .json();
        let path = &document["paths"]["/api/v1/forget/{code}"]["get"]["responses"]["200"];
        fits(
            &document,
            &path["content"]["application/json"]["schema"],
            &status,
            "status",
        );
        while house.app.store.erase_next(jiff::Timestamp::now()).unwrap() {}
    }
}

#[tokio::test]
async fn the_headers_that_are_described_are_those_that_are_read() {
    let house = House::new().await;
    let document = document(&house).await;
    let described: BTreeSet<String> = operations(&document)
        .iter()
        .flat_map(|one| one.2["parameters"].as_array().into_iter().flatten())
        .filter(|parameter| parameter["in"] == "header")
        .map(|parameter| parameter["name"].as_str().unwrap().to_lowercase())
        .collect();
    assert!(described.contains(IDEMPOTENCY_KEY.as_str()));
    for name in described {
        // Each is refused when it is nonsense, and only read headers are.
        let long = "!".repeat(2_000);
        let answer = house
            .post("/api/v1/usage/a", &[(&name, &long)], USAGE)
            .await
            .must_be(422);
        let errors = answer.json()["errors"].as_object().unwrap().clone();
        assert!(
            errors.keys().all(|field| field.to_lowercase() == name),
            "{errors:?}"
        );
    }
}

#[tokio::test]
async fn the_limits_that_are_described_are_those_that_are_set() {
    let house = House::with(|settings| {
        settings.per_sender.body_max_bytes = 7_777;
        settings.per_sender.burst_requests = 333;
        settings.next_report_in = 55;
        settings.public_url = "https://usage.example.com/base".to_owned();
    })
    .await;
    let document = document(&house).await;
    assert_eq!(
        document["servers"][0]["url"],
        "https://usage.example.com/base"
    );
    let usage = &document["paths"]["/api/v1/usage/{product}"]["post"];
    let said = usage["requestBody"]["description"].as_str().unwrap();
    assert!(said.contains("7777 bytes as sent"), "{said}");
    let said = usage["description"].as_str().unwrap();
    assert!(said.contains("333 requests at once"), "{said}");
    let accepted = &usage["responses"]["200"]["content"]["application/json"]["example"];
    assert_eq!(accepted["next_report_in"], 55);
}

#[tokio::test]
async fn names_within_the_document_lead_somewhere() {
    let house = House::new().await;
    let document = document(&house).await;
    let text = document.to_string();
    let referred = text.split("\"#/components/").skip(1);
    let referred: BTreeSet<&str> = referred
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    for name in &referred {
        assert!(
            document.pointer(&format!("/components/{name}")).is_some(),
            "{name}"
        );
    }
    for schema in document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        assert!(
            referred.contains(format!("schemas/{schema}").as_str()),
            "{schema} is unused"
        );
    }
    let all = operations(&document);
    let ids: BTreeSet<_> = all
        .iter()
        .map(|one| one.2["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), all.len(), "each has a name of its own");
    for (path, _, operation) in all {
        for part in path
            .split('{')
            .skip(1)
            .map(|part| part.split('}').next().unwrap())
        {
            let parameters = operation["parameters"].as_array().unwrap();
            let found = parameters
                .iter()
                .any(|one| one["name"] == part && one["in"] == "path");
            assert!(found, "{path}: {part}");
        }
    }
}

/// A value has the shape of its schema.
#[track_caller]
fn fits(document: &Value, schema: &Value, value: &Value, place: &str) {
    assert_eq!(misfit(document, schema, value, place), None);
}

/// Where a value doesn't fit a schema, as far as ours use JSON Schema.
fn misfit(document: &Value, schema: &Value, value: &Value, place: &str) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
        return misfit(document, schema, value, place);
    }
    let wrong = |fits: bool| (!fits).then(|| format!("{place}: {value} is not {schema}"));
    let any = |any: &Vec<Value>| {
        let mut any = any.iter();
        any.any(|one| misfit(document, one, value, place).is_none())
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is_kind = |one: &Value| *one == kind || (kind == "integer" && *one == "number");
    let kinds = &schema["type"];
    let has = |name: &Value| value.get(name.as_str().unwrap()).is_some();
    wrong(schema["anyOf"].as_array().is_none_or(any))
        .or(wrong(
            kinds.is_null()
                || is_kind(kinds)
                || kinds.as_array().is_some_and(|all| all.iter().any(is_kind)),
        ))
        .or(wrong(
            schema["enum"]
                .as_array()
                .is_none_or(|all| all.contains(value)),
        ))
        .or(wrong(
            schema["required"]
                .as_array()
                .is_none_or(|all| all.iter().all(has)),
        ))
        .or_else(|| {
            let mut items = value.as_array()?.iter();
            items.find_map(|item| misfit(document, &schema["items"], item, &format!("{place}[]")))
        })
        .or_else(|| {
            value.as_object()?.iter().find_map(|(name, inner)| {
                let place = format!("{place}.{name}");
                match (&schema["properties"][name], &schema["additionalProperties"]) {
                    (Value::Null, Value::Bool(false)) => Some(format!("{place} is too much")),
                    (Value::Null, other) => misfit(document, other, inner, &place),
                    (property, _) => misfit(document, property, inner, &place),
                }
            })
        })
}
