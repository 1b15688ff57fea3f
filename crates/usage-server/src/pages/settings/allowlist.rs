//! The form that puts a product's allowlist in force or out of it. What is on it is changed in the dictionary.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::response::Response;
use serde::Deserialize;
use usage_store::Mode;

use super::{back, change};
use crate::account::Operator;
use crate::app::App;
use crate::pages::Failure;

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::pages) struct Entered {
    csrf: String,
    mode: String,
}

/// `POST /products/{id}/allowlist`
pub(in crate::pages) async fn set(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    operator.check(&entered.csrf)?;
    // No form of ours sends anything else: then nothing is kept less than before.
    let mode = Mode::named(&entered.mode);
    change(&app, id, move |app, product, now| match mode {
        Some(mode) if app.store.allowlist(product)?.mode != mode => {
            app.store
                .set_allowlist(product, mode, &operator.account.email, now)
        }
        _ => Ok(()),
    })
    .await?;
    Ok(back(&app, id, "#kept"))
}

#[cfg(test)]
mod tests {
    use usage_store::Mode;
    use usage_store::report::Kind;

    use super::super::super::testing::House;

    #[tokio::test]
    async fn a_list_is_put_in_force_and_out_of_it() {
        let house = House::signed_in();
        house.append(Kind::Usage, "jambox", r#"[{"values":{"cluster_id":"c"}}]"#);
        let page = house.get("/products/1/settings").await;
        let mode = || house.app.store.allowlist("jambox").unwrap().mode;
        for (said, then) in [
            ("mask", Mode::Mask),
            ("nonsense", Mode::Mask),
            ("", Mode::Mask),
            ("drop", Mode::Drop),
            ("drop", Mode::Drop),
            ("off", Mode::Off),
        ] {
            let form = page.filled(&[("mode", said)]);
            let answer = house.post_form("/products/1/allowlist", &form).await;
            assert_eq!(answer.header("location"), "/products/1/settings#kept");
            assert_eq!(mode(), then, "{said}");
            let shown = house.get("/products/1/settings").await;
            let checked = format!("value=\"{}\" checked", then.name());
            assert!(shown.text.contains(&checked), "{}", shown.text);
        }
        let entries = house.app.store.audit_entries(None, None, 9).unwrap();
        let changes = entries.iter().filter(|one| one.action == "set allowlist");
        assert_eq!(changes.count(), 3, "what changed nothing is not noted");
    }
}
