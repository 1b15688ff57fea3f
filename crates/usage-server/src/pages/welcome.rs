//! `/welcome/{code}`: the one-time link, printed at the first start, that makes the first
//! operator and signs them in.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;

use super::layout::Layout;
use super::sign_in::go_to;
use super::visitor::{self, Entered, Fields, Problems};
use super::{Failure, ask};
use crate::account;
use crate::app::App;

#[derive(Template)]
#[template(path = "welcome.html")]
struct Welcome {
    page: Layout,
    csrf: String,
    code: String,
    entered: Entered,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "welcome_over.html")]
struct WelcomeOver {
    page: Layout,
}

/// `GET /welcome/{code}`
pub(super) async fn form(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(code): Path<String>,
) -> Result<Response, Failure> {
    if !app.account.first_visit.admits(&code) {
        return over(&app);
    }
    show(
        &app,
        &headers,
        code,
        Entered::default(),
        Problems::default(),
    )
}

/// `POST /welcome/{code}`
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Path(code): Path<String>,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    let entered = entered.checked(&app, &headers)?;
    if !app.account.first_visit.admits(&code) {
        return over(&app);
    }
    let asked = Fields {
        email: true,
        password: true,
        ..Fields::default()
    };
    let problems = entered.problems(asked);
    if problems.any() {
        let page = show(&app, &headers, code, entered, problems)?;
        return Ok(visitor::refused(page));
    }
    let Entered {
        email, password, ..
    } = entered;
    let hash = app.account.passwords.hash(password).await?;
    let tls = app.settings.tls;
    let made = ask(&app, move |app| {
        let now = Timestamp::now();
        let Some(account) = app.store.add_first_operator(&email, &hash, now)? else {
            return Ok(None);
        };
        let cookie = account::start(&app.store, &headers, account, tls, now)?;
        Ok(Some(cookie))
    })
    .await?;
    app.account.first_visit.close();
    match made {
        Some(cookie) => Ok(go_to(&app, cookie, "/")),
        None => over(&app),
    }
}

fn show(
    app: &App,
    headers: &HeaderMap,
    code: String,
    entered: Entered,
    problems: Problems,
) -> Result<Response, Failure> {
    visitor::form(app, headers, |csrf| Welcome {
        page: Layout::plain(app),
        csrf,
        code,
        entered,
        problems,
    })
}

fn over(app: &App) -> Result<Response, Failure> {
    visitor::over(&WelcomeOver {
        page: Layout::plain(app),
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::House;
    use super::*;

    #[tokio::test]
    async fn the_link_makes_the_first_operator_and_then_never_works_again() {
        let house = House::new();
        let link = house.app.account.first_visit.path().unwrap();
        let form = house.get(&link).await;
        assert_eq!(form.status, 200);
        let entered = form.filled(&[
            ("email", " ada@example.com"),
            ("password", "correct horse battery"),
        ]);
        let inside = house.post_form(&link, &entered).await;
        assert_eq!(
            (inside.status.as_u16(), inside.header("location").as_str()),
            (303, "/")
        );
        let overview = house.get("/").await;
        assert!(overview.text.contains("ada@example.com"));

        for again in [
            house.get(&link).await,
            house.post_form(&link, &entered).await,
        ] {
            assert_eq!(again.status, 410);
            assert!(again.text.contains("operator add"));
        }
        let (account, _) = house
            .app
            .store
            .account_by_email("ada@example.com")
            .unwrap()
            .unwrap();
        assert!(account.operator);
        let entries = house.app.store.audit_entries(None, None, 10).unwrap();
        let made = entries.iter().find(|entry| entry.action == "add operator");
        assert_eq!(made.unwrap().actor, "ada@example.com", "by themselves");
    }

    #[tokio::test]
    async fn a_guessed_link_is_no_link() {
        let house = House::new();
        assert_eq!(house.get("/welcome/guess").await.status, 410);
        let form = house.get("/sign-in").await;
        let entered = form.filled(&[
            ("email", "eve@example.com"),
            ("password", "correct horse battery"),
        ]);
        assert_eq!(
            house.post_form("/welcome/guess", &entered).await.status,
            410
        );
        assert!(!house.app.store.has_operator().unwrap());
    }

    #[tokio::test]
    async fn an_operator_made_elsewhere_meanwhile_ends_the_link() {
        let house = House::new();
        let link = house.app.account.first_visit.path().unwrap();
        let form = house.get(&link).await;
        house
            .app
            .store
            .add_operator("grace@example.com", "hash", Timestamp::now())
            .unwrap();
        let entered = form.filled(&[
            ("email", "ada@example.com"),
            ("password", "correct horse battery"),
        ]);
        assert_eq!(house.post_form(&link, &entered).await.status, 410);
        assert!(
            house
                .app
                .store
                .account_by_email("ada@example.com")
                .unwrap()
                .is_none()
        );
    }

    #[tokio::test]
    async fn mistakes_are_named_beside_their_fields_and_the_link_stays() {
        let house = House::new();
        let link = house.app.account.first_visit.path().unwrap();
        let form = house.get(&link).await;
        let answer = house
            .post_form(
                &link,
                &form.filled(&[("email", "ada"), ("password", "short")]),
            )
            .await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains("such as ada@example.com"));
        assert!(answer.text.contains("8 characters or more"));
        assert_eq!(answer.field("email"), "ada");
        assert!(
            !answer.text.contains("short\""),
            "a password is never sent back"
        );
        assert_eq!(
            house.post(&link, &[("email", "a@b.c")]).await.status,
            403,
            "no token"
        );
        assert_eq!(house.get(&link).await.status, 200);
    }
}
