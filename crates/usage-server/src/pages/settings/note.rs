//! The form of the data dictionary: what a name means, and whether it is kept where the product has an allowlist.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::registry::{Note, Sensitivity};
use usage_store::report::limits::NAME_BYTES_MAX;
use usage_store::{EVERY_NAME, Error, Thing};

use super::{dictionary, product};
use crate::account::{Operator, local_path};
use crate::app::App;
use crate::pages::{Failure, ask, base_path};

/// What the form sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::pages) struct Entered {
    csrf: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) unit: String,
    pub(super) owner: String,
    pub(super) sensitivity: String,
    /// On the allowlist.
    pub(super) listed: Option<String>,
    /// The page with its search, below the base.
    to: String,
}

impl Entered {
    /// Nothing yet about a name.
    pub(super) fn about(kind: &str, name: &str) -> Entered {
        Entered {
            kind: kind.to_owned(),
            name: name.to_owned(),
            ..Entered::default()
        }
    }

    /// What the page was asked for.
    pub(super) fn query(&self) -> Option<&str> {
        self.to.split_once('?').map(|(_, query)| query)
    }

    fn read(&self) -> Result<(Thing, &str, Note), &'static str> {
        let thing = Thing::named(&self.kind).ok_or("Choose what it is.")?;
        let name = self.name.as_str();
        if name.trim().is_empty() || name.len() > NAME_BYTES_MAX || name == EVERY_NAME {
            return Err("Enter the name as it is reported.");
        }
        let text = |text: &str| text.trim().to_owned();
        let note = Note {
            description: text(&self.description),
            unit: text(&self.unit),
            owner: text(&self.owner),
            sensitivity: Sensitivity::named(&self.sensitivity),
        };
        let texts = [&note.description, &note.unit, &note.owner];
        match texts.iter().any(|text| text.chars().any(char::is_control)) {
            true => Err("Write each on one line, without control characters."),
            false => Ok((thing, name, note)),
        }
    }
}

/// `POST /products/{id}/dictionary`
pub(in crate::pages) async fn save(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    Form(entered): Form<Entered>,
) -> Result<Response, Failure> {
    operator.check(&entered.csrf)?;
    let by = operator.account.email.clone();
    let saved = ask(&app, move |app| {
        let product = product::named(app, id)?;
        let wrong = match entered.read() {
            Ok((thing, name, note)) => keep(app, &product, (thing, name), note, &entered, &by)?,
            Err(wrong) => Some(wrong.to_owned()),
        };
        Ok((entered, wrong))
    });
    match saved.await? {
        (entered, Some(wrong)) => dictionary::again(&app, operator, id, entered, wrong).await,
        (entered, None) => {
            let base = base_path(&app.settings.public_url);
            let own = format!("/products/{id}/dictionary");
            let to = Some(local_path(&entered.to)).filter(|to| to.starts_with(&own));
            let to = to.unwrap_or(&own);
            Ok(Redirect::to(&format!("{base}{to}")).into_response())
        }
    }
}

/// Writes it down, as far as it changed; what is too much of it.
fn keep(
    app: &App,
    product: &str,
    (thing, name): (Thing, &str),
    note: Note,
    entered: &Entered,
    by: &str,
) -> Result<Option<String>, Failure> {
    let (store, now) = (&app.store, Timestamp::now());
    let list = store.allowlist(product)?;
    let was_listed = list
        .allowed
        .iter()
        .any(|(of, listed)| (*of, listed.as_str()) == (thing, name));
    let every = list
        .allowed
        .iter()
        .any(|(of, listed)| *of == thing && listed == EVERY_NAME);
    let noted = store.describe(product, (thing, name), |was| *was = note, by, now);
    let kept = noted.and_then(|_| match (entered.listed.is_some(), was_listed) {
        // By the sign for all it is on the list either way: the form can't take it off.
        (true, false) if !every => store.allow(product, &[(thing, name)], by, now).map(|_| ()),
        (false, true) if !every => store
            .disallow(product, &[(thing, name)], by, now)
            .map(|_| ()),
        _ => Ok(()),
    });
    match kept {
        Ok(()) => Ok(None),
        Err(full @ Error::TooMany { .. }) => Ok(Some(format!("That is too much: {full}."))),
        Err(cause) => Err(cause.into()),
    }
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;
    use usage_store::{Mode, Thing};

    use super::super::super::testing::{Answer, House};
    use super::*;

    fn house() -> House {
        let house = House::signed_in();
        let body = r#"[{"tags":{"os":"linux"},"values":{"cluster_id":"c","size":3}}]"#;
        house.append(Kind::Usage, "jambox", body);
        house
    }

    async fn save(house: &House, fields: &[(&str, &str)]) -> Answer {
        let form = house
            .get("/products/1/dictionary?edit=value&name=size")
            .await;
        house
            .post_form("/products/1/dictionary", &form.filled(fields))
            .await
    }

    const SIZE: [(&str, &str); 6] = [
        ("kind", "value"),
        ("name", "size"),
        ("description", " How much is stored "),
        ("unit", "bytes"),
        ("owner", "storage team"),
        ("sensitivity", "internal"),
    ];

    #[tokio::test]
    async fn a_name_is_described_and_put_on_the_list() {
        let house = house();
        let to = "/products/1/dictionary?q=si";
        let listed = [&SIZE[..], &[("listed", "on"), ("to", to)]].concat();
        assert_eq!(save(&house, &listed).await.header("location"), to);
        let page = house.get(to).await;
        for part in [
            "How much is stored",
            "bytes",
            "storage team",
            "internal",
            "on the list",
        ] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        let store = &house.app.store;
        let allowed = || store.allowlist("jambox").unwrap().allowed;
        assert_eq!(allowed(), [(Thing::Value, "size".to_owned())]);
        let form = house
            .get("/products/1/dictionary?edit=value&name=size")
            .await;
        assert_eq!(form.field("unit"), "bytes");
        assert!(
            form.text.contains("name=\"listed\" checked"),
            "{}",
            form.text
        );
        store
            .set_allowlist("jambox", Mode::Drop, "op", Timestamp::now())
            .unwrap();
        save(&house, &[("kind", "value"), ("name", "size")]).await;
        assert_eq!(allowed(), []);
        let page = house.get("/products/1/dictionary").await;
        assert!(!page.text.contains("storage team") && page.text.contains("left out"));
        let entries = store.audit_entries(None, None, 9).unwrap();
        let acts: Vec<_> = entries
            .iter()
            .rev()
            .map(|one| one.action.as_str())
            .collect();
        assert_eq!(
            acts,
            [
                "add operator",
                "describe",
                "allow",
                "set allowlist",
                "describe",
                "disallow"
            ]
        );
    }

    #[tokio::test]
    async fn a_name_can_be_described_before_it_is_reported() {
        let house = house();
        let form = house
            .get("/products/1/dictionary?edit=dimension&name=")
            .await;
        assert!(form.text.contains("Describe a name"), "{}", form.text);
        let fields = [
            ("kind", "stat"),
            ("name", "engine"),
            ("description", "The engine's"),
        ];
        save(&house, &fields).await;
        let page = house.get("/products/1/dictionary?q=engine").await;
        assert!(page.text.contains("The engine&#39;s"), "{}", page.text);
    }

    #[tokio::test]
    async fn a_sign_for_every_name_is_left_alone() {
        let house = house();
        let (store, now) = (&house.app.store, Timestamp::now());
        store
            .allow("jambox", &[(Thing::Value, EVERY_NAME)], "op", now)
            .unwrap();
        let page = house
            .get("/products/1/dictionary?edit=value&name=size")
            .await;
        assert!(
            page.text.contains("every value is on the list"),
            "{}",
            page.text
        );
        save(&house, &SIZE).await;
        assert_eq!(store.allowlist("jambox").unwrap().allowed.len(), 1);
    }

    #[tokio::test]
    async fn what_makes_no_sense_is_said_and_nothing_is_lost() {
        let house = house();
        for (field, value, says) in [
            ("kind", "nonsense", "Choose what it is"),
            ("name", " ", "Enter the name"),
            ("name", "*", "Enter the name"),
            ("description", "a\u{7}b", "control characters"),
            ("description", &"a".repeat(2_001), "too much"),
        ] {
            let mut fields = SIZE.to_vec();
            fields.retain(|(name, _)| *name != field);
            fields.push((field, value));
            let page = save(&house, &fields).await;
            assert_eq!(page.status, 422, "{field}");
            assert!(page.text.contains(says), "{says}: {}", page.text);
            assert_eq!(page.field("unit"), "bytes");
        }
        let elsewhere = [
            &SIZE[..],
            &[("to", "https://evil.example/products/1/dictionary")],
        ]
        .concat();
        let answer = save(&house, &elsewhere).await;
        assert_eq!(answer.header("location"), "/products/1/dictionary");
    }
}
