//! `/quarantine`: what was refused, by reason and sender, with a sample and what to do about it; and the single
//! ones of a group. No sender's address is known here: who they say they are is all there is.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use jiff::Timestamp;
use serde::Deserialize;

use super::figures::{Bytes, Count, Moment};
use super::json_text;
use super::layout::{Layout, Section};
use super::server_rows::moment;
use super::{Failure, ask, asked, render};
use crate::account::Operator;
use crate::api::{Answered, Row};
use crate::app::App;

/// Groups, or refused reports of a group, on one page.
const SHOWN: usize = 25;

/// One more, to know whether there are any.
const ONE_MORE: &str = "26";

#[derive(Template)]
#[template(path = "quarantine.html")]
struct QuarantinePage {
    page: Layout,
    /// The product that the list is limited to; blank for all.
    product: String,
    products: Vec<String>,
    groups: Vec<GroupRow>,
    further: bool,
    older: Option<i64>,
}

#[derive(Template)]
#[template(path = "quarantine_group.html")]
struct GroupPage {
    page: Layout,
    group: GroupRow,
    refused: Vec<BodyRow>,
    further: bool,
    older: Option<i64>,
}

/// Reports refused alike, of one sender.
struct GroupRow {
    /// What the address of its page has.
    code: String,
    /// The last one's number.
    newest: i64,
    kind: String,
    product: Option<String>,
    cluster: Option<String>,
    refused: Count,
    /// Whether there are others than the sample.
    several: bool,
    first: Moment,
    last: Moment,
    /// What the sender was told: field and messages.
    errors: Vec<(String, Vec<String>)>,
    suggestion: &'static str,
    sample: Option<BodyRow>,
}

struct BodyRow {
    id: i64,
    at: Moment,
    size: Bytes,
    body: String,
    cut: bool,
}

/// What of the quarantine, and where in the list.
#[derive(Deserialize)]
pub(super) struct Place {
    #[serde(default)]
    product: String,
    #[serde(default)]
    group: String,
    before: Option<i64>,
}

impl Place {
    /// Asks a question about it; `said` is said besides.
    fn ask(
        &self,
        app: &App,
        question: &str,
        said: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<Answered, Failure> {
        let before = self.before.map(|before| before.to_string());
        let before = before.as_deref().unwrap_or_default();
        let said = [&[("before", before)], said].concat();
        asked(app, question, &said, now)
    }
}

/// `GET /quarantine`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Query(place): Query<Place>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    if !place.group.is_empty() {
        let group = ask(&app, move |app| {
            let page = Layout::new(app, &operator, Section::Quarantine, now)?;
            GroupPage::new(page, app, &place, now)
        });
        return render(&group.await?);
    }
    let quarantine = ask(&app, move |app| {
        let page = Layout::new(app, &operator, Section::Quarantine, now)?;
        QuarantinePage::new(page, app, place, now)
    });
    render(&quarantine.await?)
}

impl QuarantinePage {
    fn new(
        page: Layout,
        app: &App,
        place: Place,
        now: Timestamp,
    ) -> Result<QuarantinePage, Failure> {
        let mut products = app.store.product_names()?;
        let said = [("limit", ONE_MORE), ("product", place.product.as_str())];
        let answer = place.ask(app, "quarantine", &said, now)?;
        let rows = answer.rows.iter();
        let groups = rows.filter_map(|row| GroupRow::new(&answer, row, now));
        let mut groups: Vec<GroupRow> = groups.collect();
        // It may never have been accepted.
        if !place.product.is_empty() && !products.contains(&place.product) {
            products.push(place.product.clone());
        }
        let more = groups.len() > SHOWN;
        groups.truncate(SHOWN);
        for group in &mut groups {
            let below = (group.newest + 1).to_string();
            let said = [("before", below.as_str()), ("limit", "1")];
            let newest = asked(app, "quarantine-reports", &said, now)?;
            group.sample = BodyRow::all(&newest, now).pop();
        }
        Ok(QuarantinePage {
            older: groups.last().filter(|_| more).map(|group| group.newest),
            groups,
            products,
            product: place.product,
            further: place.before.is_some(),
            page,
        })
    }
}

impl GroupPage {
    fn new(page: Layout, app: &App, place: &Place, now: Timestamp) -> Result<GroupPage, Failure> {
        let group = [("group", place.group.as_str())];
        let answer = asked(app, "quarantine", &group, now)?;
        let of = answer.rows.first();
        let of = of.and_then(|row| GroupRow::new(&answer, row, now));
        let said = [&group[..], &[("limit", ONE_MORE)]].concat();
        let found = place.ask(app, "quarantine-reports", &said, now)?;
        let mut refused = BodyRow::all(&found, now);
        let more = refused.len() > SHOWN;
        refused.truncate(SHOWN);
        Ok(GroupPage {
            group: of.ok_or(Failure::NotFound)?,
            older: refused.last().filter(|_| more).map(|one| one.id),
            refused,
            further: place.before.is_some(),
            page,
        })
    }
}

impl GroupRow {
    fn new(answer: &Answered, row: &Row, now: Timestamp) -> Option<GroupRow> {
        let text = |column| answer.text(row, column).map(str::to_owned);
        let errors = errors(answer.text(row, "reasons")?);
        let refused = answer.count(row, "refused")?;
        Some(GroupRow {
            code: text("group")?,
            newest: i64::try_from(answer.count(row, "newest")?).ok()?,
            kind: text("kind")?,
            product: text("product"),
            cluster: text("cluster"),
            refused: Count(refused),
            several: refused > 1,
            first: moment(answer.cell(row, "first"), now)?,
            last: moment(answer.cell(row, "last"), now)?,
            suggestion: suggestion(&errors),
            errors,
            sample: None,
        })
    }
}

impl BodyRow {
    fn all(answer: &Answered, now: Timestamp) -> Vec<BodyRow> {
        let rows = answer.rows.iter().filter_map(|row| {
            let (kept, bytes) = (answer.text(row, "body")?, answer.count(row, "bytes")?);
            let (body, cut) = json_text::shown(kept.as_bytes());
            Some(BodyRow {
                id: i64::try_from(answer.count(row, "report")?).ok()?,
                at: moment(answer.cell(row, "refused_at"), now)?,
                size: Bytes(bytes),
                cut: cut || (kept.len() as u64) < bytes,
                body,
            })
        });
        rows.collect()
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

    use super::super::testing::{HOSTILE, House, now};
    use super::*;

    fn refused(product: &str, errors: &str, body: &str) -> Refused {
        Refused {
            at: now(),
            kind: Kind::Usage,
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
        let blank = Refused {
            kind: Kind::Servers,
            product: None,
            ..refused(
                "",
                r#"{"cluster_id":["ClusterID can not be blank."],"host":["Host can not be blank."]}"#,
                r#"{"cluster_id":"","product":"tidewater"}"#,
            )
        };
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

    #[tokio::test]
    async fn what_is_refused_alike_stands_together_and_leads_to_the_single_ones() {
        let house = House::signed_in();
        let why = r#"{"body":["is not valid JSON"]}"#;
        let body = |cluster: &str, n: u32| {
            format!(r#"[{{"tags":{{"n":"number{n}."}},"values":{{"cluster_id":"{cluster}"}}}}]"#)
        };
        let of = |product, cluster, n| refused(product, why, &body(cluster, n));
        let store = &house.app.store;
        // The same but for where: as bodies are that were cut off.
        let many = (0..30).map(|n| Refused {
            errors: format!(r#"{{"body":["is not valid JSON (byte {n})"]}}"#),
            ..of("influxdb", "alpha", n)
        });
        let many: Vec<_> = many.collect();
        store.quarantine(&many).unwrap();
        store
            .quarantine(&[of("influxdb", "beta", 77), of("kapacitor", "alpha", 88)])
            .unwrap();
        let page = house.get("/quarantine").await;
        assert_eq!(page.text.matches("What to do:").count(), 3, "by sender");
        assert!(page.text.contains("number29.") && !page.text.contains("number28."));
        let group = house.get(&page.link_with("group=")).await;
        let all = page
            .links()
            .into_iter()
            .filter(|link| link.contains("group="));
        assert_eq!(all.count(), 1, "of one there is nothing more to see");
        assert!(group.text.contains("alpha") && group.text.contains("number5."));
        assert!(!group.text.contains("number4.") && !group.text.contains("number77."));
        let older = house.get(&group.link_with("before=")).await;
        assert!(older.text.contains("number4.") && !older.text.contains("number5."));
        let one = house.get("/quarantine?product=kapacitor").await;
        assert!(one.text.contains("number88.") && !one.text.contains("number29."));
        assert_eq!(house.get("/quarantine?group=0123").await.status, 404);
    }

    #[tokio::test]
    async fn many_groups_are_turned_over() {
        let house = House::signed_in();
        let some: Vec<_> = (0..30)
            .map(|n| refused(&format!("p{n}."), r#"{"body":["is wrong"]}"#, "{"))
            .collect();
        house.app.store.quarantine(&some).unwrap();
        let first = house.get("/quarantine").await;
        assert!(first.text.contains("p29.") && !first.text.contains("p4."));
        let second = house.get(&first.link_with("before=")).await;
        assert!(second.text.contains("p4.") && !second.text.contains("p5."));
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

    #[tokio::test]
    async fn what_was_refused_is_never_markup_and_says_when_it_is_cut() {
        let house = House::signed_in();
        let errors = serde_json::json!({HOSTILE: [HOSTILE]}).to_string();
        let body = serde_json::json!([{"values": {"cluster_id": HOSTILE}}]).to_string();
        let mut one = refused(HOSTILE, &errors, &body);
        one.body_bytes = 5_000_000;
        house.app.store.quarantine(&[one.clone(), one]).unwrap();
        let page = house.get("/quarantine").await;
        let group = house.get(&page.link_with("group=")).await;
        for page in [page, group] {
            assert!(!page.text.contains("<script>alert") && page.text.contains("&#60;script&#62;"));
            assert!(page.text.contains("4.8\u{a0}MiB"));
        }
    }
}
