//! `/settings/products`: a product is added by its name, before its first report, so that all about it can be decided.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::{back, page};
use crate::account::Operator;
use crate::app::App;
use crate::ingest::named;
use crate::pages::{Failure, ask};

/// What the form has.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::pages) struct Entered {
    csrf: String,
    pub(super) product: String,
    #[serde(skip)]
    pub(super) problem: Option<String>,
}

impl Entered {
    /// The name, or what is wrong with it: what ingest would refuse.
    fn name(&self) -> Result<String, String> {
        // Blanks within it count, as they do in what programs send.
        let name = self.product.trim();
        if name.is_empty() {
            return Err("Enter the name that the product reports under.".to_owned());
        }
        match named(name.to_owned()) {
            Ok(name) => Ok(name.to_string()),
            Err(wrong) => {
                let told = wrong.0.into_values().flatten();
                let told: Vec<String> = told.map(|message| message.to_string()).collect();
                Err(format!("The name {}.", told.join("; ")))
            }
        }
    }
}

/// `POST /settings/products`
pub(in crate::pages) async fn add(
    State(app): State<Arc<App>>,
    operator: Operator,
    Form(mut entered): Form<Entered>,
) -> Result<Response, Failure> {
    operator.check(&entered.csrf)?;
    let name = match entered.name() {
        Ok(name) => name,
        Err(problem) => {
            entered.problem = Some(problem);
            let page = page(&app, operator, entered).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let added = ask(&app, move |app| {
        let by = &operator.account.email;
        Ok(app.store.add_product(&name, by, Timestamp::now())?)
    });
    Ok(back(&app, added.await?.0, ""))
}

#[cfg(test)]
mod tests {
    use usage_store::registry::COMMAND_LINE;
    use usage_store::report::Kind;

    use super::super::super::testing::{ACME_OWNER, HOSTILE, House, now};

    #[tokio::test]
    async fn a_product_is_settled_before_its_first_report_and_stays_itself_with_it() {
        let house = House::signed_in();
        let store = &house.app.store;
        let version = Some("2.0");
        store
            .set_latest_version("jambox", version, COMMAND_LINE, now())
            .unwrap();
        let hub = house.get("/settings").await;
        assert!(hub.text.contains("not reported yet"), "{}", hub.text);
        for name in ["jambox", " tide water "] {
            let form = hub.filled(&[("product", name)]);
            let to = house.post_form("/settings/products", &form).await;
            assert_eq!(to.status, 303, "{}", to.text);
            let page = house.get(&to.header("location")).await;
            assert!(page.text.contains(name.trim()), "{}", page.text);
            assert_eq!(page.text.contains("value=\"2.0\""), name == "jambox");
        }
        let again = hub.filled(&[("product", "jambox")]);
        let to = house.post_form("/settings/products", &again).await;
        assert_eq!(to.header("location"), "/products/1/settings");
        for path in [
            "/",
            "/products/1",
            "/products/1/servers",
            "/products/1/dictionary",
        ] {
            let page = house.get(path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text);
            assert!(page.text.contains("jambox"), "{path}");
        }
        assert!(house.get("/").await.text.contains("No reports yet"));
        house.append(Kind::Usage, "jambox", r#"[{"values":{"cluster_id":"c"}}]"#);
        let overview = house.get("/").await;
        assert!(!overview.text.contains("New names") && !overview.text.contains("No reports yet"));
        let servers = house.get("/products/1/servers").await;
        assert!(servers.text.contains("1–1 of 1"), "{}", servers.text);
        let log = store.audit_entries(None, None, 9).unwrap();
        let added = log.iter().filter(|one| one.action == "adopt product");
        assert_eq!(added.count(), 2, "{log:?}");
    }

    #[tokio::test]
    async fn a_name_that_no_program_could_report_under_is_refused() {
        let house = House::signed_in();
        let hub = house.get("/settings").await;
        for (name, why) in [
            (" ", "Enter the name"),
            ("a\u{7}b", "control character"),
            (&"x".repeat(2_000), "at most 1024"),
        ] {
            let form = hub.filled(&[("product", name)]);
            let page = house.post_form("/settings/products", &form).await;
            assert_eq!(page.status, 422);
            assert!(page.text.contains(why), "{why}: {}", page.text);
        }
        let form = hub.filled(&[("product", HOSTILE)]);
        assert_eq!(
            house.post_form("/settings/products", &form).await.status,
            303
        );
        let page = house.get("/settings").await;
        assert!(!page.text.contains("<script>"), "{}", page.text);
        let forged = [("csrf", "guess"), ("product", "x")];
        assert_eq!(house.post("/settings/products", &forged).await.status, 403);
        house.customer("Acme", ACME_OWNER);
        house.enter_as(ACME_OWNER);
        let csrf = house.get("/organizations").await.field("csrf");
        let fields = [("csrf", csrf.as_str()), ("product", "x")];
        assert_eq!(house.post("/settings/products", &fields).await.status, 403);
        assert_eq!(house.app.store.product_names().unwrap(), [HOSTILE]);
    }
}
