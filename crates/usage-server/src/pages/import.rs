//! `/import`: takes in a file of reports, from a machine without a network or from another server.
//! The file is read as it comes; the work is `crate::import`'s.

use std::sync::Arc;

use askama::Template;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Multipart, State};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;

use super::figures::Count;
use super::layout::{Layout, Section};
use super::{Failure, ask, render};
use crate::account::Operator;
use crate::app::App;
use crate::import::{Attribution, Importer, Refusal, Tally};
use crate::limits::{IMPORT_LINES_SHOWN_MAX, IMPORT_UPLOAD_MAX_BYTES};

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    page: Layout,
    csrf: String,
    limit_mib: usize,
    imported: Option<Imported>,
}

/// What became of a file.
struct Imported {
    taken: Count,
    repeated: Count,
    refused: Count,
    /// The first of the refused lines.
    refusals: Vec<Refusal>,
    empty: bool,
    all_shown: bool,
}

/// The form's fields, which come before the file.
#[derive(Default)]
struct Choices {
    csrf: String,
    organization: String,
    keep_organizations: bool,
}

/// `GET /import`
pub(super) async fn form(
    State(app): State<Arc<App>>,
    operator: Operator,
) -> Result<Html<String>, Failure> {
    show(&app, operator, None).await
}

/// `POST /import`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    operator: Operator,
    mut form: Multipart,
) -> Result<Html<String>, Response> {
    let mut choices = Choices::default();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name().unwrap_or_default() {
            "csrf" => choices.csrf = field.text().await.map_err(broken)?,
            "organization" => choices.organization = field.text().await.map_err(broken)?,
            "keep_organizations" => choices.keep_organizations = true,
            "file" => {
                let refused = |failure: Failure| failure.into_response();
                operator.check(&choices.csrf).map_err(refused)?;
                let importer = begin(&app, choices, operator.account.email.clone())
                    .await
                    .map_err(refused)?;
                let imported = import(&app, importer, field).await?;
                let page = show(&app, operator, Some(imported)).await;
                return page.map_err(refused);
            }
            _ => {}
        }
    }
    Err(Failure::ForeignForm.into_response())
}

/// The upload ended early or is too large: the bare status, around which `frame` puts a page.
fn broken(e: MultipartError) -> Response {
    e.status().into_response()
}

async fn begin(app: &Arc<App>, choices: Choices, by: String) -> Result<Importer, Failure> {
    if app.settings.reserve.is_in_use() {
        return Err(Failure::NoRoom);
    }
    ask(app, move |app| {
        let now = Timestamp::now();
        let attribution = match choices.organization.trim() {
            "" if choices.keep_organizations => Attribution::AsWritten,
            "" => Attribution::Nobody,
            name => Attribution::Organization(app.store.organization(name, now)?),
        };
        Ok(Importer::new(Arc::clone(&app.store), attribution, by, now))
    })
    .await
}

async fn import(
    app: &Arc<App>,
    mut importer: Importer,
    mut file: Field<'_>,
) -> Result<Imported, Response> {
    let mut refusals = Vec::new();
    let mut empty = true;
    let refused = |failure: Failure| failure.into_response();
    while let Some(piece) = file.chunk().await.map_err(broken)? {
        if app.settings.reserve.is_in_use() {
            return Err(Failure::NoRoom.into_response());
        }
        empty &= piece.is_empty();
        importer = ask(app, move |_| {
            importer.take(&piece)?;
            Ok(importer)
        })
        .await
        .map_err(refused)?;
        refusals.extend(importer.refusals());
        refusals.truncate(IMPORT_LINES_SHOWN_MAX);
    }
    importer = ask(app, move |_| {
        importer.end_of_file()?;
        Ok(importer)
    })
    .await
    .map_err(refused)?;
    refusals.extend(importer.refusals());
    refusals.truncate(IMPORT_LINES_SHOWN_MAX);
    Ok(Imported::new(importer.tally(), refusals, empty))
}

async fn show(
    app: &Arc<App>,
    operator: Operator,
    imported: Option<Imported>,
) -> Result<Html<String>, Failure> {
    let page = ask(app, move |app| {
        Ok(ImportPage {
            page: Layout::new(app, &operator, Section::Settings, Timestamp::now())?,
            csrf: operator.csrf,
            limit_mib: IMPORT_UPLOAD_MAX_BYTES / (1024 * 1024),
            imported,
        })
    });
    render(&page.await?)
}

impl Imported {
    fn new(tally: Tally, refusals: Vec<Refusal>, empty: bool) -> Imported {
        Imported {
            taken: Count(tally.taken),
            repeated: Count(tally.repeated),
            refused: Count(tally.refused),
            all_shown: refusals.len() as u64 == tally.refused,
            refusals,
            empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::House;

    const LINE: &str = r#"{"kind":"usage","product":"jambox","path":"/usage/jambox","reported_at":"2026-11-20T10:30:00.000Z","idempotency_key":"123e4567-e89b-42d3-a456-426614174000","body":[{"values":{"cluster_id":"c","n":1}}]}"#;

    #[tokio::test]
    async fn a_file_is_taken_in_once_and_its_bad_lines_are_told() {
        let house = House::signed_in();
        let csrf = house.get("/import").await.field("csrf");
        let file = format!("{LINE}\n\n<script>\n{}", LINE.replace("usage\",", "x\","));
        let fields = [("csrf", csrf.as_str()), ("organization", " Acme ")];
        let page = house.upload("/import", &fields, &file).await;
        assert_eq!(page.status, 200);
        for seen in [
            "1 new",
            "0 were here before",
            "2 refused",
            "line 3",
            "line 4",
        ] {
            assert!(page.text.contains(seen), "{seen}: {}", page.text);
        }
        let again = house.upload("/import", &fields, LINE).await;
        assert!(again.text.contains("0 new"), "{}", again.text);
        let store = &house.app.store;
        let reports = store.reports_from(0).unwrap();
        assert_eq!(reports.len(), 1);
        assert_eq!(
            reports[0].received_at.to_string(),
            "2026-11-20T10:30:00Z",
            "it counts when it was made"
        );
        let acme = store.find_organization("acme").unwrap();
        assert!(acme.is_some() && reports[0].organization == acme.map(|acme| acme.id));
        assert_eq!(store.quarantined(None, 10).unwrap().len(), 2);
    }

    #[tokio::test]
    async fn only_our_own_form_imports() {
        let house = House::signed_in();
        for fields in [&[][..], &[("csrf", "guess")]] {
            let answer = house.upload("/import", fields, LINE).await;
            assert_eq!(answer.status, 403);
        }
        assert_eq!(house.app.store.next_seq().unwrap(), 0);
        house.set_cookies(Default::default());
        assert_eq!(house.get("/import").await.status, 303);
        assert_eq!(house.upload("/import", &[], LINE).await.status, 303);
    }

    #[tokio::test]
    async fn organizations_in_a_file_are_believed_only_where_the_operator_says_so() {
        let house = House::signed_in();
        let csrf = house.get("/import").await.field("csrf");
        let named = LINE.replace("\"path\"", "\"organization\":\"Acme\",\"path\"");
        let refused = house.upload("/import", &[("csrf", &csrf)], &named).await;
        assert!(refused.text.contains("1 refused"), "{}", refused.text);
        let believed = [("csrf", csrf.as_str()), ("keep_organizations", "on")];
        let taken = house.upload("/import", &believed, &named).await;
        assert!(taken.text.contains("1 new"), "{}", taken.text);
        let reports = house.app.store.reports_from(0).unwrap();
        assert!(reports[0].organization.is_some());
    }
}
