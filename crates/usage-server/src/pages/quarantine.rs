//! `/quarantine`: what was refused, why, and what to do about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::quarantine::Quarantined;

use super::figures::{Bytes, Moment};
use super::json_text;
use super::layout::{Layout, Section};
use super::{Failure, ask, render};
use crate::account::Operator;
use crate::app::App;

/// Refused reports on one page.
const SHOWN: usize = 25;

#[derive(Template)]
#[template(path = "quarantine.html")]
struct QuarantinePage {
    page: Layout,
    refused: Vec<RefusedRow>,
    further: bool,
    older: Option<i64>,
}

struct RefusedRow {
    kind: &'static str,
    product: Option<String>,
    at: Moment,
    /// What the sender was told: field and messages.
    errors: Vec<(String, Vec<String>)>,
    suggestion: &'static str,
    size: Bytes,
    body: String,
    cut: bool,
}

/// Where in the list.
#[derive(Deserialize)]
pub(super) struct Place {
    before: Option<i64>,
}

/// `GET /quarantine`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Query(place): Query<Place>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let quarantine = ask(&app, move |app| {
        let page = Layout::new(app, &operator, Section::Quarantine, now)?;
        let found = app.store.quarantined(place.before, SHOWN + 1)?;
        Ok(QuarantinePage::new(
            page,
            &found,
            place.before.is_some(),
            now,
        ))
    });
    render(&quarantine.await?)
}

impl QuarantinePage {
    /// `found` has one more than is shown where there are more.
    fn new(page: Layout, found: &[Quarantined], further: bool, now: Timestamp) -> QuarantinePage {
        let older = if found.len() > SHOWN {
            found.get(SHOWN - 1).map(|q| q.id)
        } else {
            None
        };
        let refused = found
            .iter()
            .take(SHOWN)
            .map(|q| RefusedRow::new(q, now))
            .collect();
        QuarantinePage {
            page,
            refused,
            further,
            older,
        }
    }
}

impl RefusedRow {
    fn new(quarantined: &Quarantined, now: Timestamp) -> RefusedRow {
        let refused = &quarantined.refused;
        let errors = errors(&refused.errors);
        let (body, cut) = json_text::shown(&refused.body);
        RefusedRow {
            kind: refused.kind.name(),
            product: refused.product.clone(),
            at: Moment::new(refused.at, now),
            suggestion: suggestion(&errors),
            errors,
            size: Bytes(refused.body_bytes),
            cut: cut || (refused.body.len() as u64) < refused.body_bytes,
            body,
        }
    }
}

/// Field by field; a text of another shape (cut short when it was kept) as it is.
fn errors(json: &str) -> Vec<(String, Vec<String>)> {
    match serde_json::from_str::<BTreeMap<String, Vec<String>>>(json) {
        Ok(fields) => fields.into_iter().collect(),
        Err(_) => vec![("body".to_owned(), vec![json.to_owned()])],
    }
}

/// What an operator can do, by the kind of mistake.
fn suggestion(errors: &[(String, Vec<String>)]) -> &'static str {
    let blank = errors
        .iter()
        .any(|(_, texts)| texts.iter().any(|text| text.contains("blank")));
    let says = |word: &str| {
        errors
            .iter()
            .any(|(_, texts)| texts.iter().any(|text| text.contains(word)))
    };
    if blank {
        "The program reports before it knows who it is. It should draw its cluster and server ids once, keep them on disk, and report only when it has them."
    } else if !says("too early") && says("too ") || says("limit") || says("more than") {
        "The report is larger than this server accepts. If it is honest, send less in one report or raise the limit; if not, look at who sends it."
    } else if errors.iter().any(|(field, _)| field == "body") {
        "The body is not the JSON it should be. Often it was cut off on its way (a proxy with a small limit, a program that ended while sending) or put together by hand: compare it with the protocol’s examples."
    } else {
        "A field has another type than the protocol’s. Compare the body below with the protocol’s examples, and fix it in the program’s next release."
    }
}

#[cfg(test)]
mod tests {
    use usage_store::quarantine::Refused;
    use usage_store::report::Kind;

    use super::super::testing::{HOSTILE, House, layout, now};
    use super::*;

    fn refused(product: &str, errors: &str, body: &str) -> Refused {
        Refused {
            at: now(),
            kind: Kind::Servers,
            product: Some(product.to_owned()),
            errors: errors.to_owned(),
            body: body.as_bytes().to_vec(),
            body_bytes: body.len() as u64,
        }
    }

    #[tokio::test]
    async fn a_broken_sender_is_seen_with_the_reason_and_a_way_out() {
        let house = House::signed_in();
        let empty = house.get("/quarantine").await;
        assert!(empty.text.contains("Nothing was refused"));
        let blank = refused(
            "tidewater",
            r#"{"cluster_id":["ClusterID can not be blank."],"host":["Host can not be blank."]}"#,
            r#"{"cluster_id":"","product":"tidewater"}"#,
        );
        house.app.store.quarantine(&[blank]).unwrap();
        let page = house.get("/quarantine").await;
        for seen in [
            "tidewater",
            "ClusterID can not be blank.",
            "Host can not be blank.",
            "keep them on disk",
        ] {
            assert!(page.text.contains(seen), "{seen}");
        }
    }

    #[test]
    fn each_kind_of_mistake_has_its_own_advice() {
        let advice = |json: &str| suggestion(&errors(json));
        let all = [
            advice(r#"{"server_id":["ServerID can not be blank."]}"#),
            advice(r#"{"body":["more than 10000 items"]}"#),
            advice(r#"{"body":["is not valid JSON: EOF (byte 17): the body ends too early"]}"#),
            advice(r#"{"stats":["must be a list"]}"#),
        ];
        let distinct: std::collections::BTreeSet<&str> = all.into_iter().collect();
        assert_eq!(distinct.len(), 4);
        assert_eq!(
            errors("{\"cut"),
            [("body".to_owned(), vec!["{\"cut".to_owned()])]
        );
    }

    #[test]
    fn what_was_refused_is_never_markup_and_says_when_it_is_cut() {
        let mut one = refused(
            HOSTILE,
            &format!(r#"{{"{HOSTILE}":["{HOSTILE}"]}}"#),
            HOSTILE,
        );
        one.body_bytes = 5_000_000;
        let found = [Quarantined {
            id: 1,
            refused: one,
        }];
        let html = QuarantinePage::new(layout(), &found, false, now())
            .render()
            .unwrap();
        assert!(!html.contains("<script>") && html.contains("&#60;script&#62;"));
        assert!(html.contains("4.8\u{a0}MiB"));
    }
}
