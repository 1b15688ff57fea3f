//! `/quarantine`: what was refused, by reason and sender, with a sample and what to do about it; and the single
//! ones of a group. No sender's address is known here: who they say they are is all there is.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use usage_store::Store;
use usage_store::quarantine::{Alike, Quarantined};

use super::figures::{Bytes, Count, Moment};
use super::json_text;
use super::layout::{Layout, Section};
use super::{Failure, ask, render};
use crate::account::Operator;
use crate::app::App;

/// Groups, or refused reports of a group, on one page.
const SHOWN: usize = 25;

/// Groups looked at for one that an address names: as many as there can be.
const GROUPS_MAX: usize = 10_000;

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
    kind: &'static str,
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
            GroupPage::new(page, &app.store, &place, now)
        });
        return render(&group.await?);
    }
    let quarantine = ask(&app, move |app| {
        let page = Layout::new(app, &operator, Section::Quarantine, now)?;
        QuarantinePage::new(page, &app.store, place, now)
    });
    render(&quarantine.await?)
}

impl QuarantinePage {
    fn new(
        page: Layout,
        store: &Store,
        place: Place,
        now: Timestamp,
    ) -> Result<QuarantinePage, Failure> {
        let product = Some(place.product.as_str()).filter(|product| !product.is_empty());
        let mut found = store.quarantine_groups(product, place.before, SHOWN + 1)?;
        let more = found.len() > SHOWN;
        found.truncate(SHOWN);
        let older = found.last().filter(|_| more).map(|group| group.newest);
        let groups = found.iter().map(|group| {
            let sample = store.quarantined_alike(group, None, 1)?;
            Ok(GroupRow::new(group, sample.first(), now))
        });
        let mut products = store.product_names()?;
        // It may never have been accepted.
        if product.is_some() && !products.contains(&place.product) {
            products.push(place.product.clone());
        }
        Ok(QuarantinePage {
            groups: groups.collect::<Result<_, Failure>>()?,
            products,
            product: place.product,
            further: place.before.is_some(),
            older,
            page,
        })
    }
}

impl GroupPage {
    fn new(
        page: Layout,
        store: &Store,
        place: &Place,
        now: Timestamp,
    ) -> Result<GroupPage, Failure> {
        let groups = store.quarantine_groups(None, None, GROUPS_MAX)?;
        let group = groups.iter().find(|group| code(group) == place.group);
        let group = group.ok_or(Failure::NotFound)?;
        let mut found = store.quarantined_alike(group, place.before, SHOWN + 1)?;
        let more = found.len() > SHOWN;
        found.truncate(SHOWN);
        Ok(GroupPage {
            group: GroupRow::new(group, None, now),
            older: found.last().filter(|_| more).map(|one| one.id),
            refused: found.iter().map(|one| BodyRow::new(one, now)).collect(),
            further: place.before.is_some(),
            page,
        })
    }
}

/// What a group is called in addresses: its reasons may be long, and it has no number.
fn code(group: &Alike) -> String {
    let named = serde_json::json!([group.product, group.kind.name(), group.alike, group.cluster]);
    let digest = Sha256::digest(named.to_string().as_bytes());
    HEXLOWER.encode(digest.get(..12).unwrap_or_default())
}

impl GroupRow {
    fn new(group: &Alike, sample: Option<&Quarantined>, now: Timestamp) -> GroupRow {
        let errors = errors(&group.errors);
        GroupRow {
            code: code(group),
            kind: group.kind.name(),
            product: group.product.clone(),
            cluster: group.cluster.clone(),
            refused: Count(group.refused),
            several: group.refused > 1,
            first: Moment::new(group.first, now),
            last: Moment::new(group.last, now),
            suggestion: suggestion(&errors),
            errors,
            sample: sample.map(|one| BodyRow::new(one, now)),
        }
    }
}

impl BodyRow {
    fn new(quarantined: &Quarantined, now: Timestamp) -> BodyRow {
        let refused = &quarantined.refused;
        let (body, cut) = json_text::shown(&refused.body);
        BodyRow {
            at: Moment::new(refused.at, now),
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
