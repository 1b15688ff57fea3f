//! `/products/{id}/dictionary`: everything that a product reports, what it means, and whether it is kept. What the
//! question `dictionary` of the query API answers, with a form for one name at a time.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use usage_store::registry::Sensitivity;
use usage_store::{Mode, Thing};

use super::entries::{Entry, Listed, Others, edited, key, unreported};
use super::note::Entered;
use crate::account::Operator;
use crate::app::App;
use crate::pages::figures::Count;
use crate::pages::layout::{Layout, Section};
use crate::pages::panel::{Ask, Days, Desk};
use crate::pages::product::tabs::{Tab, tabs};
use crate::pages::view::{Choice, View};
use crate::pages::{Failure, ask, listed, render};

/// Names on one page.
const NAMES_SHOWN: usize = 100;

const QUESTION: Ask = Ask {
    question: "dictionary",
    window: Days::OfPage,
    fixed: &[],
};

#[derive(Template)]
#[template(path = "settings/dictionary.html")]
struct Dictionary {
    page: Layout,
    id: i64,
    name: String,
    adopted: bool,
    tabs: Vec<Choice>,
    csrf: String,
    /// What is searched for.
    search: String,
    /// What the search's form hands on.
    kept: Vec<(String, String)>,
    mode: Mode,
    /// Kinds of which every name is on the list.
    every: Vec<&'static str>,
    entries: Vec<Entry>,
    all: Count,
    /// What is not told apart, of each kind.
    others: Vec<Others>,
    found: Count,
    /// Which of those that were found are shown.
    range: String,
    first: Option<String>,
    previous: Option<String>,
    next: Option<String>,
    refused: Option<String>,
    /// The one that is edited.
    edit: Option<Entered>,
    /// Its name is still to be said.
    is_new: bool,
    /// It is on the list by a sign for every name of its kind.
    listed_by_every: bool,
    problem: Option<String>,
    sensitivities: Vec<&'static str>,
    kinds: Vec<&'static str>,
    /// The page without an edit.
    here: String,
    /// The form for a name that is still to be said.
    edit_at: String,
    csv: String,
}

impl Dictionary {
    /// Where the form comes back to, below the base.
    fn to(&self) -> &str {
        self.here.strip_prefix(&self.page.base).unwrap_or_default()
    }
}

/// A form that is shown again.
#[derive(Default)]
pub(super) struct Again {
    pub(super) entered: Option<Entered>,
    pub(super) problem: Option<String>,
}

/// `GET /products/{id}/dictionary`
pub(in crate::pages) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let view = View::read(query.as_deref());
    page(&app, operator, id, view, Again::default()).await
}

/// The page once more, with what was entered and what is wrong with it.
pub(super) async fn again(
    app: &Arc<App>,
    operator: Operator,
    id: i64,
    entered: Entered,
    problem: String,
) -> Result<Response, Failure> {
    let view = View::read(entered.query());
    let again = Again {
        entered: Some(entered),
        problem: Some(problem),
    };
    let page = page(app, operator, id, view, again).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn page(
    app: &Arc<App>,
    operator: Operator,
    id: i64,
    view: View,
    again: Again,
) -> Result<Response, Failure> {
    let dictionary = ask(app, move |app| {
        let now = Timestamp::now();
        let page = Layout::new(app, &operator, Section::Products, now)?;
        let product = listed(app, id)?;
        let path = format!("/products/{id}/dictionary");
        let desk = Desk::new(app, &page.base, &path, &product.name, &view, now);
        let answer = desk.ask(&QUESTION, &[]);
        let csv = desk.csv(&QUESTION);
        let list = app.store.allowlist(&product.name)?;
        let listed = Listed::new(&list);
        let search = view.said("q").unwrap_or_default().trim().to_owned();
        let plain = view.with(&[("edit", None), ("name", None)]);
        let top = plain.with(&[("after", None)]);
        let here = format!("{}{path}", page.base);
        let link = |kind: &str, name: &str| {
            let edited = plain.with(&[("edit", Some(kind)), ("name", Some(name))]);
            format!("{here}{}#edit", edited.link())
        };
        let (answer, refused) = match answer {
            Ok(answer) => (Some(answer), None),
            Err(why) => (None, Some(why)),
        };
        let (mut entries, mut others) = (Vec::new(), Vec::new());
        for (answer, row) in answer
            .iter()
            .flat_map(|one| one.rows.iter().map(move |row| (one, row)))
        {
            match answer.text(row, "name") {
                Some(_) => entries.push(Entry::new(answer, row, &listed, &link)),
                None => others.push(Others::new(answer, row)),
            }
        }
        entries.extend(unreported(&list, &entries, &link));
        entries.sort_by(|one, other| one.key().cmp(&other.key()));
        let all = Count(entries.len() as u64);
        entries.retain(|entry| entry.has(&search.to_lowercase()));
        let found = Count(entries.len() as u64);
        let edit = again.entered.or_else(|| edited(&view, &entries));
        let is_new = edit.as_ref().is_some_and(|edit| {
            !entries
                .iter()
                .any(|one| one.kind == edit.kind && one.name == edit.name)
        });
        for entry in &mut entries {
            let this = |edit: &Entered| edit.kind == entry.kind && edit.name == entry.name;
            entry.edited = edit.as_ref().is_some_and(this);
        }
        let after = view.said("after").and_then(|after| after.split_once(' '));
        let begin = after.map_or(0, |after| {
            entries.partition_point(|one| one.key() <= key(after))
        });
        // Nothing stands behind that name any more.
        let begin = if begin < entries.len() { begin } else { 0 };
        let end = entries.len().min(begin + NAMES_SHOWN);
        // Where a page begins is behind the last name before it.
        let page_from = |at: usize| {
            let before = at.checked_sub(1).and_then(|at| entries.get(at));
            let before = before.map(|one| format!("{} {}", one.kind, one.name));
            let to = top.with(&[("after", before.as_deref())]);
            format!("{here}{}", to.link())
        };
        let first = (begin > 0).then(|| page_from(0));
        let previous = (begin > NAMES_SHOWN).then(|| page_from(begin - NAMES_SHOWN));
        let next = (end < entries.len()).then(|| page_from(end));
        let entries: Vec<Entry> = entries.drain(begin..end).collect();
        let kept = top.with(&[("q", None)]);
        Ok(Dictionary {
            tabs: tabs(&page.base, id, Tab::Dictionary, &view),
            id,
            adopted: product.adopted,
            csrf: operator.csrf,
            search,
            kept: kept.pairs().to_vec(),
            mode: list.mode,
            every: listed.every(),
            entries,
            all,
            range: match (begin == 0 && end as u64 == found.0, found.0) {
                (true, 1) => "1 name".to_owned(),
                (true, _) => format!("{found} names"),
                _ => format!(
                    "{}–{} of {found} names",
                    Count(begin as u64 + 1),
                    Count(end as u64)
                ),
            },
            others,
            found,
            first,
            previous,
            next,
            refused,
            is_new,
            listed_by_every: edit
                .as_ref()
                .is_some_and(|edit| listed.every().contains(&&*edit.kind)),
            edit,
            problem: again.problem,
            sensitivities: Sensitivity::ALL.map(Sensitivity::name).into(),
            kinds: Thing::ALL.map(Thing::name).into(),
            edit_at: link("dimension", ""),
            here: format!("{here}{}", plain.link()),
            csv,
            name: product.name,
            page,
        })
    });
    Ok(render(&dictionary.await?)?.into_response())
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::super::testing::{HOSTILE, House};

    #[tokio::test]
    async fn all_that_is_reported_is_found() {
        let house = House::signed_in();
        house.settle_demo_fleet(6, 3);
        let page = house.get("/products/1/dictionary").await;
        assert_eq!(page.status, 200);
        for part in [
            "version",
            "<th scope=\"row\"",
            "/api/v1/query/dictionary?product=",
        ] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        let rows = |html: &str| html.matches("<th scope=\"row\"").count();
        let found = house.get("/products/1/dictionary?q=VERSION").await;
        assert!(rows(&found.text) >= 1 && rows(&found.text) < rows(&page.text));
        let none = house.get("/products/1/dictionary?q=zzz").await;
        assert!(none.text.contains("No name"), "{}", none.text);
        let refused = house.get("/products/1/dictionary?from=yesterday").await;
        assert!(refused.text.contains("from:"), "{}", refused.text);
        assert_eq!(house.get("/products/9/dictionary").await.status, 404);
    }

    #[tokio::test]
    async fn nothing_that_was_reported_is_markup() {
        let house = House::signed_in();
        let text = serde_json::to_string(HOSTILE).unwrap();
        let body =
            format!(r#"[{{"tags":{{{text}:{text}}},"values":{{"cluster_id":"c",{text}:3}}}}]"#);
        house.append(Kind::Usage, "a", &body);
        let page = house.get("/products/1/dictionary").await;
        let edit = page.link_with("edit=");
        for path in [edit.split('#').next().unwrap(), "/products/1/dictionary"] {
            let page = house.get(path).await;
            assert_eq!(page.status, 200);
            assert!(
                !page.text.contains("<script>") && page.text.contains("script&"),
                "{}",
                page.text
            );
        }
    }

    #[tokio::test]
    async fn what_is_not_told_apart_is_said() {
        let house = House::signed_in();
        house.app.store.tell_names_apart(1);
        let text = serde_json::to_string(HOSTILE).unwrap();
        let body = format!(
            r#"[{{"tags":{{"a":"b","z":{text}}},"values":{{"cluster_id":"c","n":1,{text}:3,"o":2}}}}]"#
        );
        house.append(Kind::Usage, "a", &body);
        let page = house.get("/products/1/dictionary").await;
        let said = |kind: &str| {
            let at = page.text.find(&format!("a reports more {kind}s than"));
            at.map(|at| &page.text[at..at + 150]).unwrap_or_default()
        };
        assert!(
            said("dimension").contains(": 1 name is only in"),
            "{}",
            page.text
        );
        assert!(
            said("value").contains(": 2 names are only in"),
            "{}",
            page.text
        );
        assert!(page.text.contains("2 names</caption>"), "{}", page.text);
        assert!(!page.text.contains("<script>"));
        let values = house.get("/products/1/values").await;
        assert_eq!(values.status, 200);
        assert!(
            !values.text.contains("<option value=\"\">"),
            "{}",
            values.text
        );
    }

    #[tokio::test]
    async fn many_names_are_turned_over_and_found_by_searching() {
        let house = House::signed_in();
        let values: Vec<_> = (0..250).map(|n| format!("\"n{n:03}\":1")).collect();
        let body = format!(
            r#"[{{"values":{{"cluster_id":"c",{}}}}}]"#,
            values.join(",")
        );
        house.append(Kind::Usage, "a", &body);
        let page = house.get("/products/1/dictionary").await;
        assert!(page.text.contains("n099") && !page.text.contains("n100"));
        assert!(page.text.contains("1–100 of 250 names"), "{}", page.text);
        let second = house.get(&page.link_with("after=")).await;
        assert!(
            second.text.contains("101–200 of 250 names"),
            "{}",
            second.text
        );
        assert!(second.text.contains(">n100<") && !second.text.contains(">n099<"));
        let links = second.links();
        let to = |part: &str| links.iter().filter(|link| link.contains(part)).count();
        assert_eq!(to("after=value+n199"), 1, "{links:?}");
        let last = house.get("/products/1/dictionary?after=value+n199").await;
        assert!(last.text.contains("201–250 of 250 names"), "{}", last.text);
        assert!(last.text.contains("n200") && last.text.contains("n249"));
        let before = last.link_with("after=value+n099");
        assert!(house.get(&before).await.text.contains("101–200 of 250"));
        let beyond = house.get("/products/1/dictionary?after=value+z").await;
        assert!(beyond.text.contains("1–100 of 250"), "{}", beyond.text);
        let found = house.get("/products/1/dictionary?q=n149").await;
        assert!(found.text.contains("n149") && !found.text.contains("n099"));
    }
}
