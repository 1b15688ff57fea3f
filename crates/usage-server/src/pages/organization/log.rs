//! `/organizations/{id}/log`: who did what about the organization, for its owners.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::registry::Entry;

use super::super::figures::Moment;
use super::super::layout::{Layout, Part};
use super::super::{Failure, ask, render};
use super::home;
use crate::account::Member;
use crate::app::App;

/// Entries on one page.
const ENTRIES_SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "organization/log.html")]
struct Log {
    page: Layout,
    home: String,
    entries: Vec<EntryRow>,
    further: bool,
    older: Option<i64>,
}

struct EntryRow {
    id: i64,
    at: Moment,
    actor: String,
    action: String,
    subject: String,
}

impl EntryRow {
    fn new(entry: Entry, now: Timestamp) -> EntryRow {
        // The subject of an erasure is the code by which its status is found: nobody reads that.
        let coded = entry.action.contains("erasure");
        EntryRow {
            id: entry.id,
            at: Moment::new(entry.at, now),
            actor: entry.actor,
            subject: if coded { String::new() } else { entry.subject },
            action: entry.action,
        }
    }
}

/// Where in the log.
#[derive(Deserialize)]
pub(super) struct Place {
    before: Option<i64>,
}

/// `GET /organizations/{id}/log`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Query(place): Query<Place>,
) -> Result<Html<String>, Failure> {
    member.must_own()?;
    let now = Timestamp::now();
    let page = ask(&app, move |app| {
        let (of, at_most) = (Some(member.organization.id), ENTRIES_SHOWN as u32 + 1);
        let mut found = app.store.audit_entries(of, place.before, at_most)?;
        let more = found.len() > ENTRIES_SHOWN;
        found.truncate(ENTRIES_SHOWN);
        let rows = found.into_iter().map(|entry| EntryRow::new(entry, now));
        let entries: Vec<EntryRow> = rows.collect();
        Ok(Log {
            page: Layout::of_organization(app, &member, Part::Overview, now)?,
            home: home(app, &member),
            older: entries.last().filter(|_| more).map(|entry| entry.id),
            entries,
            further: place.before.is_some(),
        })
    });
    render(&page.await?)
}
