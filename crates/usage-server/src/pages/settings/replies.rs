//! The forms that say what replies tell the programs of a product: its latest version, when to report, advisories.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::response::Response;
use serde::Deserialize;
use usage_store::registry::{
    Advisory, Objection, ProductNews, Severity, latest_version_objection, report_interval_objection,
};

use super::product::{Again, Problems, again};
use super::{back, change, in_hours};
use crate::account::Operator;
use crate::app::App;
use crate::pages::Failure;

/// What the form of version and interval sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::pages) struct EnteredReplies {
    csrf: String,
    pub(super) latest_version: String,
    pub(super) hours: String,
}

impl EnteredReplies {
    /// What is told now.
    pub(super) fn of(news: &ProductNews) -> EnteredReplies {
        EnteredReplies {
            latest_version: news.latest_version.clone().unwrap_or_default(),
            hours: news.report_interval.map(in_hours).unwrap_or_default(),
            ..EnteredReplies::default()
        }
    }
}

/// `POST /products/{id}/replies`
pub(in crate::pages) async fn tell(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    Form(entered): Form<EnteredReplies>,
) -> Result<Response, Failure> {
    operator.check(&entered.csrf)?;
    let version = entered.latest_version.trim().to_owned();
    let version = Some(version).filter(|version| !version.is_empty());
    let wrong_version = version.as_deref().and_then(latest_version_objection);
    let (interval, wrong_interval) = match seconds(&entered.hours) {
        Ok(interval) => (interval, interval.and_then(report_interval_objection)),
        Err(wrong) => (None, Some(wrong)),
    };
    let problems: Vec<Objection> = [("latest_version", wrong_version), ("hours", wrong_interval)]
        .into_iter()
        .filter_map(|(field, message)| {
            Some(Objection {
                field,
                message: message?,
            })
        })
        .collect();
    if !problems.is_empty() {
        let shown = Again {
            replies: Some(entered),
            problems: Problems(problems),
            ..Again::default()
        };
        return again(&app, operator, id, shown).await;
    }
    change(&app, id, move |app, product, now| {
        let by = &operator.account.email;
        app.store
            .set_latest_version(product, version.as_deref(), by, now)?;
        app.store.set_report_interval(product, interval, by, now)
    })
    .await?;
    Ok(back(&app, id, "#replies"))
}

/// Hours in seconds; blank: none.
fn seconds(hours: &str) -> Result<Option<u32>, String> {
    let hours = hours.trim();
    if hours.is_empty() {
        return Ok(None);
    }
    match hours.parse::<f64>() {
        // Too many end at the most there are, which is too many, too.
        Ok(hours) if hours.is_finite() && hours >= 0.0 => {
            Ok(Some((hours * 3_600.0).round() as u32))
        }
        _ => Err("must be a number of hours, such as 12".to_owned()),
    }
}

/// What the form of an advisory sends.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::pages) struct EnteredAdvisory {
    csrf: String,
    pub(super) id: String,
    pub(super) severity: String,
    pub(super) title: String,
    pub(super) affected: String,
    pub(super) link: String,
}

impl EnteredAdvisory {
    /// One that is there.
    pub(super) fn of(one: &Advisory) -> EnteredAdvisory {
        EnteredAdvisory {
            csrf: String::new(),
            id: one.id.clone(),
            severity: one.severity.name().to_owned(),
            title: one.title.clone(),
            affected: one.affected.clone(),
            link: one.link.clone(),
        }
    }

    fn read(&self) -> Result<Advisory, Vec<Objection>> {
        let text = |text: &str| text.trim().to_owned();
        let severity = Severity::named(&self.severity);
        let advisory = Advisory {
            id: text(&self.id),
            severity: severity.unwrap_or(Severity::Critical),
            title: text(&self.title),
            affected: text(&self.affected),
            link: text(&self.link),
        };
        let mut wrong = advisory.objections();
        if severity.is_none() {
            wrong.push(Objection {
                field: "severity",
                message: "must be chosen".to_owned(),
            });
        }
        match wrong.is_empty() {
            true => Ok(advisory),
            false => Err(wrong),
        }
    }
}

/// `POST /products/{id}/advisories`
pub(in crate::pages) async fn advise(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    Form(entered): Form<EnteredAdvisory>,
) -> Result<Response, Failure> {
    operator.check(&entered.csrf)?;
    let advisory = match entered.read() {
        Ok(advisory) => advisory,
        Err(problems) => return refuse(&app, operator, id, entered, problems).await,
    };
    let by = operator.account.email.clone();
    let saved = change(&app, id, move |app, product, now| {
        match app.store.save_advisory(product, &advisory, &by, now) {
            Err(full @ usage_store::Error::TooMany { .. }) => Ok(Err(full.to_string())),
            saved => saved.map(Ok),
        }
    });
    match saved.await? {
        Ok(_) => Ok(back(&app, id, "#advisories")),
        Err(full) => {
            let problem = Objection {
                field: "id",
                message: full,
            };
            refuse(&app, operator, id, entered, vec![problem]).await
        }
    }
}

async fn refuse(
    app: &Arc<App>,
    operator: Operator,
    id: i64,
    entered: EnteredAdvisory,
    problems: Vec<Objection>,
) -> Result<Response, Failure> {
    let shown = Again {
        advisory: Some(entered),
        problems: Problems(problems),
        ..Again::default()
    };
    again(app, operator, id, shown).await
}

/// The form of a button that removes an advisory.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::pages) struct Removed {
    csrf: String,
    id: String,
}

/// `POST /products/{id}/advisories/remove`
pub(in crate::pages) async fn retract(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    Form(removed): Form<Removed>,
) -> Result<Response, Failure> {
    operator.check(&removed.csrf)?;
    change(&app, id, move |app, product, now| {
        let by = &operator.account.email;
        app.store.remove_advisory(product, &removed.id, by, now)
    })
    .await?;
    Ok(back(&app, id, "#advisories"))
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::super::testing::{Answer, HOSTILE, House};

    fn house() -> House {
        let house = House::signed_in();
        house.append(Kind::Usage, "jambox", r#"[{"values":{"cluster_id":"c"}}]"#);
        house
    }

    async fn send(house: &House, at: &str, fields: &[(&str, &str)]) -> Answer {
        let page = house.get("/products/1/settings").await;
        let answer = house
            .post_form(&format!("/products/1/{at}"), &page.filled(fields))
            .await;
        match answer.header("location").split('#').next() {
            None | Some("") => answer,
            Some(location) => house.get(location).await,
        }
    }

    const ADVISORY: [(&str, &str); 5] = [
        ("id", "JB-7"),
        ("severity", "high"),
        ("title", "Passwords show in the log"),
        ("affected", ">=1.2, <1.8.4"),
        ("link", "https://example.com/7"),
    ];

    #[tokio::test]
    async fn an_operator_says_what_replies_tell() {
        let house = house();
        let page = send(
            &house,
            "replies",
            &[("latest_version", " 1.8.4 "), ("hours", "1.5")],
        )
        .await;
        assert_eq!(page.field("latest_version"), "1.8.4");
        assert_eq!(page.field("hours"), "1.5");
        let told = house.app.store.news_of("jambox").unwrap();
        assert_eq!(told.latest_version.as_deref(), Some("1.8.4"));
        assert_eq!(told.report_interval, Some(5_400));
        let page = send(
            &house,
            "replies",
            &[("latest_version", "blue"), ("hours", "")],
        )
        .await;
        assert!(page.text.contains("can’t be put in order"), "{}", page.text);
        send(&house, "replies", &[]).await;
        assert_eq!(
            house.app.store.news_of("jambox").unwrap(),
            Default::default()
        );
        for (version, hours, says) in [
            ("1", "often", "a number of hours"),
            ("1", "-1", "a number of hours"),
            ("1", "NaN", "a number of hours"),
            ("1", "0.5", "from 1 hour to 7 days"),
            ("1", "1e99", "from 1 hour to 7 days"),
            (&"1.".repeat(40), "2", "at most 64 bytes"),
        ] {
            let page = send(
                &house,
                "replies",
                &[("latest_version", version), ("hours", hours)],
            )
            .await;
            assert_eq!(page.status, 422);
            assert!(page.text.contains(says), "{says}: {}", page.text);
            assert_eq!(
                (page.field("latest_version"), page.field("hours")),
                (version.to_owned(), hours.to_owned())
            );
        }
        assert_eq!(
            house.app.store.news_of("jambox").unwrap(),
            Default::default()
        );
    }

    #[tokio::test]
    async fn an_advisory_is_added_changed_and_removed() {
        let house = house();
        let page = send(&house, "advisories", &ADVISORY).await;
        assert!(
            page.text.contains(r#"href="https://example.com/7""#),
            "{}",
            page.text
        );
        let form = house.get("/products/1/settings?advisory=JB-7").await;
        assert_eq!(form.field_of_id("affected"), "&#62;=1.2, &#60;1.8.4");
        assert!(form.text.contains("Change JB-7"), "{}", form.text);
        let changed = [&ADVISORY[..3], &[("affected", "*"), ("link", "")]].concat();
        send(&house, "advisories", &changed).await;
        let told = house.app.store.news_of("jambox").unwrap().advisories;
        assert_eq!(
            (told.len(), &*told[0].0.affected, &*told[0].0.link),
            (1, "*", "")
        );
        let page = send(&house, "advisories/remove", &[("id", "JB-7")]).await;
        assert!(page.text.contains("No advisories"), "{}", page.text);
        let entries = house.app.store.audit_entries(None, None, 3).unwrap();
        assert!(
            entries.iter().all(|entry| entry.actor == "ada@example.com"),
            "{entries:?}"
        );
    }

    #[tokio::test]
    async fn what_is_wrong_with_an_advisory_is_said_beside_it() {
        let house = house();
        for (field, value, says) in [
            ("id", "a b", "no spaces"),
            ("severity", "grave", "must be chosen"),
            ("title", " ", "must not be blank"),
            ("affected", "^1", "write ranges such as"),
            (
                "link",
                "http://example.com",
                "https://example.com/advisories/7",
            ),
        ] {
            let mut fields = ADVISORY.to_vec();
            fields.retain(|(name, _)| *name != field);
            fields.push((field, value));
            let page = send(&house, "advisories", &fields).await;
            assert_eq!(page.status, 422);
            assert!(page.text.contains(says), "{says}: {}", page.text);
            assert!(
                page.text.contains(&format!("id=\"{field}-problem\"")),
                "{field}"
            );
        }
        assert!(
            house
                .app
                .store
                .news_of("jambox")
                .unwrap()
                .advisories
                .is_empty()
        );
        assert_eq!(send(&house, "advisories", &ADVISORY).await.status, 200);
    }

    #[tokio::test]
    async fn nothing_that_was_entered_is_markup() {
        let house = house();
        let mut fields = ADVISORY.to_vec();
        fields.retain(|(name, _)| *name != "title");
        fields.push(("title", HOSTILE));
        let page = send(&house, "advisories", &fields).await;
        assert!(!page.text.contains("<script>"), "{}", page.text);
        assert_eq!(page.status, 200);
        send(&house, "replies", &[("latest_version", HOSTILE)]).await;
        for path in ["/settings", "/products/1/settings", "/audit"] {
            let page = house.get(path).await;
            assert!(!page.text.contains("<script>"), "{path}");
        }
    }

    #[tokio::test]
    async fn a_product_that_is_not_there_has_no_settings() {
        let house = house();
        let csrf = house.get("/products/1/settings").await.field("csrf");
        assert_eq!(house.get("/products/9/settings").await.status, 404);
        let fields = [&[("csrf", csrf.as_str())], &ADVISORY[..]].concat();
        for at in [
            "replies",
            "advisories",
            "advisories/remove",
            "allowlist",
            "dictionary",
        ] {
            let answer = house.post(&format!("/products/9/{at}"), &fields).await;
            assert!(
                answer.status == 404 || answer.status == 422,
                "{at}: {}",
                answer.status
            );
        }
    }
}
