//! `/audit`: who did what to whom, and when, for operators.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::registry::Entry;

use super::figures::Moment;
use super::layout::{Layout, Section};
use super::{Failure, ask, render};
use crate::account::Operator;
use crate::app::App;
use crate::limits::AUDIT_ENTRIES_SHOWN;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    page: Layout,
    entries: Vec<Row>,
    further: bool,
    older: Option<i64>,
}

struct Row {
    at: Moment,
    actor: String,
    action: String,
    subject: String,
}

impl Row {
    fn new(entry: Entry, now: Timestamp) -> Row {
        Row {
            at: Moment::new(entry.at, now),
            actor: entry.actor,
            action: entry.action,
            subject: entry.subject,
        }
    }
}

/// Where in the log.
#[derive(Deserialize)]
pub(super) struct Place {
    before: Option<i64>,
}

/// `GET /audit`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Query(place): Query<Place>,
) -> Result<Html<String>, Failure> {
    let page = ask(&app, move |app| {
        let now = Timestamp::now();
        let shown = AUDIT_ENTRIES_SHOWN as usize;
        let store = &app.store;
        // One more tells whether there are older ones.
        let mut entries = store.audit_entries(None, place.before, AUDIT_ENTRIES_SHOWN + 1)?;
        let more = entries.len() > shown;
        entries.truncate(shown);
        let last = entries.last().map(|entry| entry.id);
        Ok(AuditPage {
            page: Layout::new(app, &operator, Section::Settings, now)?,
            further: place.before.is_some(),
            older: last.filter(|_| more),
            entries: entries
                .into_iter()
                .map(|entry| Row::new(entry, now))
                .collect(),
        })
    });
    render(&page.await?)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ACME_OWNER, HOSTILE, House};
    use super::*;

    #[tokio::test]
    async fn who_did_what_is_there_and_older_entries_are_a_link_away() {
        let house = House::with_customers().let_in("op@example.com");
        for n in 0..AUDIT_ENTRIES_SHOWN {
            let subject = format!("subject {n}.");
            let now = Timestamp::now();
            house.app.store.note(HOSTILE, "try", &subject, now).unwrap();
        }
        let newest = house.get("/audit").await;
        assert!(newest.text.contains("subject 99.") && newest.text.contains("subject 0."));
        assert!(!newest.text.contains("<script>") && !newest.text.contains("add owner"));
        let older = house.get(&newest.link_with("/audit?before=")).await;
        assert!(older.text.contains("add owner") && older.text.contains(ACME_OWNER));
        assert!(!older.text.contains("subject 0.") && !older.text.contains("before="));
        house.enter_as(ACME_OWNER);
        assert_eq!(house.get("/audit").await.status, 403);
    }
}
