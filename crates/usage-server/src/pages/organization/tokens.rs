//! `/organizations/{id}/tokens`: who may report for the organization. A new token is shown once.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::registry::{NewToken, OrganizationToken, Role, TokenId};
use usage_store::report::limits::NAME_BYTES_MAX;

use super::super::assets::COPY;
use super::super::figures::Moment;
use super::super::layout::{Layout, Part};
use super::super::{Failure, ask as ask_store, render};
use super::{go_to, home};
use crate::account::{Member, Once, draw_token, organization_name};
use crate::app::App;

/// Tokens on one page.
const TOKENS_SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "organization/tokens.html")]
struct Tokens {
    page: Layout,
    home: String,
    csrf: String,
    owner: bool,
    /// The one that was issued just now, to be shown this once.
    issued: Option<String>,
    /// It was issued, and shown before.
    shown_before: bool,
    script: String,
    tokens: Vec<TokenRow>,
    /// The list is of revoked ones.
    revoked: bool,
    further: bool,
    older: Option<i64>,
    /// How many there are of the other kind.
    others: usize,
    entered: Entered,
    problems: Problems,
}

struct TokenRow {
    id: i64,
    name: String,
    prefix: String,
    product: Option<String>,
    cluster: Option<String>,
    may_forget: bool,
    created_at: Moment,
    used: Option<String>,
    revoked_at: Option<Moment>,
}

impl TokenRow {
    fn new(token: OrganizationToken, now: Timestamp) -> TokenRow {
        TokenRow {
            id: token.id.0,
            name: token.name,
            prefix: token.prefix,
            product: token.product,
            cluster: token.cluster,
            may_forget: token.may_forget,
            created_at: Moment::new(token.created_at, now),
            used: token
                .used_at
                .map(|at| at.strftime("%Y-%m-%d %H:00").to_string()),
            revoked_at: token.revoked_at.map(|at| Moment::new(at, now)),
        }
    }

    /// What people call it, or how it begins.
    fn called(&self) -> String {
        match self.name.is_empty() {
            true => format!("{}…", self.prefix),
            false => self.name.clone(),
        }
    }
}

/// What the page is asked for.
#[derive(Deserialize, Default)]
pub(super) struct Asked {
    issued: Option<i64>,
    #[serde(default)]
    revoked: bool,
    before: Option<i64>,
}

/// What the form sends.
#[derive(Deserialize, Default, Clone)]
pub(super) struct Entered {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    product: String,
    #[serde(default)]
    cluster: String,
    may_forget: Option<String>,
}

/// What is wrong with what was entered.
#[derive(Default, PartialEq)]
struct Problems {
    name: Option<String>,
    product: Option<String>,
    cluster: Option<String>,
}

/// `GET /organizations/{id}/tokens`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Failure> {
    page(&app, member, asked, Entered::default(), Problems::default()).await
}

/// `POST /organizations/{id}/tokens`
pub(super) async fn issue(
    State(app): State<Arc<App>>,
    member: Member,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    member.check(&entered.csrf)?;
    let entered = Entered {
        name: organization_name::tidy(&entered.name),
        product: entered.product.trim().to_owned(),
        cluster: entered.cluster.trim().to_owned(),
        ..entered
    };
    if entered.may_forget.is_some() {
        member.must_own()?;
    }
    let problems = problems(&entered);
    if problems != Problems::default() {
        let page = page(&app, member, Asked::default(), entered, problems).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let issued = ask_store(&app, move |app| {
        let token = draw_token()?;
        let bound = |text| Some(text).filter(|text: &&str| !text.is_empty());
        let new = NewToken {
            secret: token.as_bytes(),
            drawn_here: true,
            organization: member.organization.id,
            name: &entered.name,
            product: bound(&entered.product),
            cluster: bound(&entered.cluster),
            may_forget: entered.may_forget.is_some(),
            by: &member.person.account.email,
        };
        let id = app.store.add_token(&new, Timestamp::now())?;
        let (session, once) = (member.person.session, Once::Token(id.0));
        let shown = &app.account.shown_once;
        shown.keep(session, once, token, Instant::now());
        Ok(go_to(app, &member, &format!("/tokens?issued={}", id.0)))
    });
    Ok(issued.await?.into_response())
}

fn problems(entered: &Entered) -> Problems {
    let name = Some(&entered.name).filter(|name| !name.is_empty());
    let too_long = |text: &str| {
        (text.len() > NAME_BYTES_MAX).then(|| format!("Use at most {NAME_BYTES_MAX} bytes."))
    };
    Problems {
        name: name.and_then(|name| organization_name::objection(name)),
        product: too_long(&entered.product),
        cluster: too_long(&entered.cluster),
    }
}

async fn page(
    app: &Arc<App>,
    member: Member,
    asked: Asked,
    entered: Entered,
    problems: Problems,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let page = ask_store(app, move |app| {
        let page = Layout::of_organization(app, &member, Part::Tokens, now)?;
        let once = |id| {
            let session = member.person.session;
            let shown = &app.account.shown_once;
            shown.take(session, Once::Token(id), Instant::now())
        };
        let issued = asked.issued.and_then(once);
        let all = app.store.tokens_of(member.organization.id)?;
        let (listed, others): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|token| token.revoked_at.is_some() == asked.revoked);
        let mut tokens: Vec<TokenRow> = listed
            .into_iter()
            .filter(|token| asked.before.is_none_or(|before| token.id.0 < before))
            .take(TOKENS_SHOWN + 1)
            .map(|token| TokenRow::new(token, now))
            .collect();
        let more = tokens.len() > TOKENS_SHOWN;
        tokens.truncate(TOKENS_SHOWN);
        Ok(Tokens {
            home: home(app, &member),
            script: format!("{}{}", page.base, COPY.path()),
            page,
            csrf: member.person.csrf,
            owner: member.role == Role::Owner,
            shown_before: asked.issued.is_some() && issued.is_none(),
            issued,
            older: tokens.last().filter(|_| more).map(|token| token.id),
            tokens,
            revoked: asked.revoked,
            further: asked.before.is_some(),
            others: others.len(),
            entered,
            problems,
        })
    });
    render(&page.await?)
}

#[derive(Template)]
#[template(path = "organization/revoke.html")]
struct Revoke {
    page: Layout,
    home: String,
    csrf: String,
    token: TokenRow,
}

/// `GET /organizations/{id}/tokens/{token}/revoke`: what revoking it means.
pub(super) async fn ask(
    State(app): State<Arc<App>>,
    member: Member,
    Path((_, token)): Path<(i64, i64)>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let page = ask_store(&app, move |app| {
        let all = app.store.tokens_of(member.organization.id)?;
        let found = all.into_iter().find(|known| known.id.0 == token);
        Ok(Revoke {
            page: Layout::of_organization(app, &member, Part::Tokens, now)?,
            home: home(app, &member),
            csrf: member.person.csrf,
            token: TokenRow::new(found.ok_or(Failure::NotFound)?, now),
        })
    });
    render(&page.await?)
}

/// The form of a button that needs nothing else.
#[derive(Deserialize)]
pub(super) struct Agreed {
    #[serde(default)]
    pub(super) csrf: String,
}

/// `POST /organizations/{id}/tokens/{token}/revoke`
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    member: Member,
    Path((_, token)): Path<(i64, i64)>,
    Form(agreed): Form<Agreed>,
) -> Result<Redirect, Failure> {
    member.check(&agreed.csrf)?;
    let (id, by) = (member.organization.id, &member.person.account.email);
    let (id, by) = (id, by.clone());
    ask_store(&app, move |app| {
        let now = Timestamp::now();
        Ok(app.store.revoke_token_of(id, TokenId(token), &by, now)?)
    })
    .await?;
    Ok(go_to(&app, &member, "/tokens"))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ACME_MEMBER, ACME_OWNER, HOSTILE, House, UMBRELLA_OWNER};
    use super::*;

    /// Issues a token by the page's form; the page that shows it.
    async fn issue(house: &House, fields: &[(&str, &str)]) -> super::super::super::testing::Answer {
        let path = format!("{}/tokens", house.path_of("Acme"));
        let form = house.get(&path).await;
        let answer = house.post_form(&path, &form.filled(fields)).await;
        assert_eq!(answer.status, 303);
        house.get(&answer.header("location")).await
    }

    #[tokio::test]
    async fn a_token_is_shown_once_works_at_once_and_until_it_is_revoked() {
        let house = House::with_customers();
        let page = issue(&house, &[("name", "rack 7"), ("product", "influxdb")]).await;
        let token = page.field_of_id("token");
        assert!(token.starts_with("usage_") && page.text.contains("/assets/copy-"));
        let grant = || house.app.store.authenticate(token.as_bytes()).unwrap();
        let known = grant().expect("valid");
        assert_eq!(known.organization, house.organization("Acme"));
        assert_eq!(known.product.as_deref(), Some("influxdb"));
        assert_eq!((known.cluster, known.may_forget), (None, false));

        let again = house.get(&page.path).await;
        assert!(!again.text.contains(&token) && again.text.contains("shown before"));
        assert!(again.text.contains("rack 7") && again.text.contains(&token[..16]));
        assert!(again.text.contains("not yet"), "never used");
        let at = "2026-11-22T12:03:04Z".parse().unwrap();
        house.app.store.note_token_use(known.token, at);
        house.app.store.save_token_uses().unwrap();
        let used = house.get(&page.path).await;
        assert!(used.text.contains("2026-11-22 12:00"));

        let ask = house.get(&used.link_with("/revoke")).await;
        assert!(ask.text.contains("refused from then on"));
        let revoke = ask.action();
        assert_eq!(house.post(&revoke, &[("csrf", "guess")]).await.status, 403);
        assert!(grant().is_some());
        let done = house.post_form(&revoke, &ask.filled(&[])).await;
        assert_eq!(done.status, 303);
        assert_eq!(grant(), None);
        let list = house.get(&done.header("location")).await;
        assert!(!list.text.contains("rack 7"));
        let revoked = house.get(&list.link_with("revoked=true")).await;
        assert!(revoked.text.contains("rack 7"));
        let acts = house
            .app
            .store
            .audit_entries(Some(house.organization("Acme")), None, 2)
            .unwrap();
        let acts: Vec<_> = acts.iter().map(|act| (&*act.actor, &*act.action)).collect();
        assert_eq!(
            acts,
            [(ACME_OWNER, "revoke token"), (ACME_OWNER, "issue token")]
        );
    }

    #[tokio::test]
    async fn who_may_have_reports_erased_is_the_owners_to_say() {
        let house = House::with_customers();
        let page = issue(&house, &[("may_forget", "on"), ("cluster", "c1")]).await;
        let token = page.field_of_id("token");
        let grant = house.app.store.authenticate(token.as_bytes()).unwrap();
        let grant = grant.unwrap();
        assert_eq!(
            (grant.may_forget, grant.cluster.as_deref()),
            (true, Some("c1"))
        );

        house.enter_as(ACME_MEMBER);
        let path = format!("{}/tokens", house.path_of("Acme"));
        let form = house.get(&path).await;
        assert!(!form.text.contains("may_forget"));
        let refused = house
            .post_form(&path, &form.filled(&[("may_forget", "on")]))
            .await;
        assert_eq!(refused.status, 403);
        assert!(refused.text.contains("For owners only"));
        assert_eq!(
            house
                .post_form(&path, &form.filled(&[("name", "mine")]))
                .await
                .status,
            303
        );
    }

    #[tokio::test]
    async fn anothers_token_is_not_found() {
        let house = House::with_customers();
        issue(&house, &[("name", "ours")]).await;
        let acme = house.organization("Acme");
        let token = house.app.store.tokens_of(acme).unwrap()[0].id.0;
        house.enter_as(UMBRELLA_OWNER);
        let theirs = house.path_of("Umbrella");
        let form = house.get(&format!("{theirs}/tokens")).await;
        let path = format!("{theirs}/tokens/{token}/revoke");
        assert_eq!(house.get(&path).await.status, 404);
        assert_eq!(house.post_form(&path, &form.filled(&[])).await.status, 404);
        assert_eq!(house.app.store.tokens_of(acme).unwrap()[0].revoked_at, None);
        let stolen = format!("{theirs}/tokens?issued={token}");
        assert!(!house.get(&stolen).await.text.contains("usage_"));
    }

    #[tokio::test]
    async fn a_name_is_what_people_can_see_and_never_markup() {
        let house = House::with_customers();
        let path = format!("{}/tokens", house.path_of("Acme"));
        let form = house.get(&path).await;
        let long = "x".repeat(1025);
        for (field, wrong) in [
            ("name", "a\u{202e}b"),
            ("product", &long),
            ("cluster", &long),
        ] {
            let answer = house
                .post_form(&path, &form.filled(&[(field, wrong)]))
                .await;
            assert_eq!(answer.status, 422, "{field}");
            assert!(answer.text.contains(&format!("{field}-problem")));
        }
        let fields = [
            ("name", HOSTILE),
            ("product", HOSTILE),
            ("cluster", HOSTILE),
        ];
        let page = issue(&house, &fields).await;
        let ask = house.get(&page.link_with("/revoke")).await;
        for page in [&page, &ask] {
            assert!(!page.text.contains("<script>") && page.text.contains("&#60;script&#62;"));
        }
    }

    #[tokio::test]
    async fn long_lists_come_in_pages() {
        let house = House::with_customers();
        let acme = house.organization("Acme");
        for n in 0..=TOKENS_SHOWN {
            let name = format!("token {n}.");
            let new = NewToken {
                secret: name.as_bytes(),
                drawn_here: true,
                organization: acme,
                name: &name,
                product: None,
                cluster: None,
                may_forget: false,
                by: ACME_OWNER,
            };
            house.app.store.add_token(&new, Timestamp::now()).unwrap();
        }
        let first = house
            .get(&format!("{}/tokens", house.path_of("Acme")))
            .await;
        assert!(first.text.contains("token 100.") && !first.text.contains("token 0."));
        let older = house.get(&first.link_with("before=")).await;
        assert!(older.text.contains("token 0.") && !older.text.contains("token 1."));
    }
}
