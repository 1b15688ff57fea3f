//! `/organizations/{id}/end`: the last that an owner can do: everything that was reported goes, and with
//! it tokens, members and the name.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::super::figures::Count;
use super::super::layout::{Layout, Part, base_path};
use super::super::{Failure, ask as ask_store, render};
use super::delete::{TYPE_THE_NAME, TollView, is_name};
use super::home;
use crate::account::{Member, Secret};
use crate::app::App;

#[derive(Template)]
#[template(path = "organization/end.html")]
struct End {
    page: Layout,
    home: String,
    csrf: String,
    name: String,
    toll: TollView,
    members: Count,
    tokens: Count,
    problem: Option<&'static str>,
}

/// `GET /organizations/{id}/end`: what will go.
pub(super) async fn ask(
    State(app): State<Arc<App>>,
    member: Member,
) -> Result<Html<String>, Failure> {
    member.must_own()?;
    page(&app, member, None).await
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Entered {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    name: String,
}

/// `POST /organizations/{id}/end`
pub(super) async fn end(
    State(app): State<Arc<App>>,
    member: Member,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    member.check(&entered.csrf)?;
    member.must_own()?;
    if !is_name(&entered.name, &member) {
        let page = page(&app, member, Some(TYPE_THE_NAME)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let ended = ask_store(&app, move |app| {
        let (of, by) = (member.organization.id, &member.person.account.email);
        let (code, now) = (Secret::random()?.text(), Timestamp::now());
        let code = app.store.end_organization(of, by, &code, now)?;
        let base = base_path(&app.settings.public_url);
        Ok(Redirect::to(&format!("{base}/organizations?ended={code}")))
    });
    Ok(ended.await?.into_response())
}

async fn page(
    app: &Arc<App>,
    member: Member,
    problem: Option<&'static str>,
) -> Result<Html<String>, Failure> {
    let page = ask_store(app, move |app| {
        let (of, now) = (member.organization.id, Timestamp::now());
        let tokens = app.store.tokens_of(of)?.into_iter();
        let valid = tokens.filter(|token| token.revoked_at.is_none()).count();
        Ok(End {
            page: Layout::of_organization(app, &member, Part::Overview, now)?,
            home: home(app, &member),
            csrf: member.person.csrf,
            name: member.organization.name,
            toll: app.store.toll(of, None)?.into(),
            members: Count(app.store.members(of)?.len() as u64),
            tokens: Count(valid as u64),
            problem,
        })
    });
    render(&page.await?)
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::super::testing::{ACME_MEMBER, House};
    use super::*;

    #[tokio::test]
    async fn an_organization_ends_with_all_that_it_had() {
        let house = House::with_customers();
        let body = r#"[{"values":{"cluster_id":"c"}}]"#;
        house.append_for("Acme", Kind::Usage, "influxdb", body);
        house.append_for("Umbrella", Kind::Usage, "influxdb", body);
        let (home, acme) = (house.path_of("Acme"), house.organization("Acme"));
        let page = house.get(&format!("{home}/end")).await;
        assert!(page.text.contains("its members (2)") && page.text.contains("<li>1 report,"));
        let wrong = house
            .post_form(&page.action(), &page.filled(&[("name", "Acm")]))
            .await;
        assert_eq!(wrong.status, 422);
        let ended = house
            .post_form(&page.action(), &page.filled(&[("name", "Acme")]))
            .await;
        assert_eq!(ended.status, 303);
        let away = house.get(&ended.header("location")).await;
        assert!(away.text.contains("The organization has ended"));
        let status = away.link_with("/api/v1/forget/");
        let code = status.rsplit('/').next().unwrap().to_owned();
        while house.app.store.erase_next(Timestamp::now()).unwrap() {}
        let known = house.app.store.erasure_status(&code).unwrap().unwrap();
        assert_eq!((known.reports, known.done_at.is_some()), (1, true));
        assert_eq!(house.app.store.reports_from(0).unwrap().len(), 1);
        house.enter_as(ACME_MEMBER);
        assert_eq!(house.get(&home).await.status, 404);
        house.customer("Acme", "eve@acme.example");
        assert_ne!(house.organization("Acme"), acme);
    }
}
