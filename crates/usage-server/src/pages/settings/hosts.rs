//! `/products/{id}/hosts`: the hosts that operators let a product send tokens to, so that nobody has to
//! vouch for them. The list is among the product's settings.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::{back, change};
use crate::account::Operator;
use crate::app::App;
use crate::pages::Failure;
use crate::register::public_host;

/// What the forms send.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(in crate::pages) struct Entered {
    csrf: String,
    host: String,
}

/// `POST /products/{id}/hosts`
pub(in crate::pages) async fn add(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    operator.check(&entered.csrf)?;
    let Some(host) = public_host(entered.host.trim()) else {
        return Ok(back(&app, id, "?not_a_host=1#hosts"));
    };
    change(&app, id, move |app, product, now| {
        let by = &operator.account.email;
        app.store.add_redirect_host(product, &host, by, now)
    })
    .await?;
    Ok(back(&app, id, "#hosts"))
}

/// `POST /products/{id}/hosts/remove`
pub(in crate::pages) async fn remove(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    operator.check(&entered.csrf)?;
    change(&app, id, move |app, product, now| {
        let (host, by) = (&entered.host, &operator.account.email);
        app.store.remove_redirect_host(product, host, by, now)
    })
    .await?;
    Ok(back(&app, id, "#hosts"))
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::super::testing::{ACME_OWNER, House};

    #[tokio::test]
    async fn an_operator_lists_hosts_and_takes_them_off_again() {
        let house = House::signed_in();
        house.append(Kind::Usage, "jambox", r#"[{"values":{"cluster_id":"c"}}]"#);
        let page = house.get("/products/1/settings").await;
        let csrf = page.field("csrf");
        let add = async |host: &str| {
            let fields = [("csrf", csrf.as_str()), ("host", host)];
            let answer = house.post("/products/1/hosts", &fields).await;
            house
                .get(answer.header("location").split('#').next().unwrap())
                .await
        };
        let page = add(" Console.Example.com ").await;
        assert!(
            page.text.contains(">console.example.com</th>"),
            "{}",
            page.text
        );
        for wrong in [
            "",
            "https://a.example",
            "a.example/x",
            "a.example:443",
            "*.example",
            "127.0.0.1",
            "localhost",
            "a@b.example",
            "a b",
        ] {
            let page = add(wrong).await;
            assert!(page.text.contains("Enter the name of a host"), "{wrong}");
        }
        let store = &house.app.store;
        assert_eq!(
            store.redirect_hosts("jambox").unwrap(),
            ["console.example.com"]
        );
        let fields = [("csrf", csrf.as_str()), ("host", "console.example.com")];
        house.post("/products/1/hosts/remove", &fields).await;
        assert!(store.redirect_hosts("jambox").unwrap().is_empty());
        assert_eq!(house.post("/products/7/hosts", &fields).await.status, 404);
    }

    #[tokio::test]
    async fn nobody_else_does() {
        let house = House::signed_in();
        house.append(Kind::Usage, "jambox", r#"[{"values":{"cluster_id":"c"}}]"#);
        let forged = [("csrf", "guess"), ("host", "evil.example")];
        for path in ["/products/1/hosts", "/products/1/hosts/remove"] {
            assert_eq!(house.post(path, &forged).await.status, 403, "{path}");
        }
        house.customer("Acme", ACME_OWNER);
        house.enter_as(ACME_OWNER);
        let csrf = house.get("/organizations").await.field("csrf");
        let fields = [("csrf", csrf.as_str()), ("host", "evil.example")];
        for path in ["/products/1/hosts", "/products/1/hosts/remove"] {
            assert_eq!(house.post(path, &fields).await.status, 403, "{path}");
        }
        assert!(house.app.store.redirect_hosts("jambox").unwrap().is_empty());
    }
}
