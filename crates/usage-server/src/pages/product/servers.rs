//! `/products/{id}/servers`: a product's servers, searched, sorted, a page at a time.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::super::layout::Layout;
use super::super::listing::{Listing, ROWS_SHOWN};
use super::super::panel::{Ask, Days};
use super::super::server_rows::{SERVERS, ServerRow};
use super::super::view::{Choice, Controls, View};
use super::super::{Failure, ask, render};
use super::around::Around;
use super::tabs::Tab;
use crate::account::Operator;
use crate::app::App;

/// The list's question.
pub(super) const ASK: Ask = Ask {
    question: "servers",
    window: Days::OfPage,
    fixed: &[("limit", ROWS_SHOWN)],
};

#[derive(Template)]
#[template(path = "product/server_list.html")]
struct Servers {
    page: Layout,
    name: String,
    adopted: bool,
    tabs: Vec<Choice>,
    controls: Controls,
    listing: Listing,
    servers: Vec<ServerRow>,
}

/// `GET /products/{id}/servers`
pub(in super::super) async fn show(
    State(app): State<Arc<App>>,
    operator: Operator,
    Path(id): Path<i64>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let now = Timestamp::now();
    let view = View::read(query.as_deref());
    if let Some(elsewhere) = super::tidied(&app, &format!("/products/{id}/servers"), &view) {
        return Ok(elsewhere);
    }
    let servers = ask(&app, move |app| {
        let around = Around::new(app, &operator, (id, "/servers", Tab::Servers), &view, now)?;
        let desk = around.desk(app, &view, now);
        let answer = desk.ask(&ASK, &[]);
        let listing = around.listing(&SERVERS, &view, &answer);
        Ok(Servers {
            listing: listing.with_values(numbers(app, &around.name, now)),
            servers: answer.map_or_else(|_| Vec::new(), |answer| ServerRow::all(&answer, now)),
            page: around.page,
            name: around.name,
            adopted: around.adopted,
            tabs: around.tabs,
            controls: around.controls,
        })
    });
    Ok(render(&servers.await?)?.into_response())
}

/// The names of a product's numeric values, of those of the last day that is over.
pub(super) fn numbers(app: &App, product: &str, now: Timestamp) -> Vec<String> {
    let day = usage_store::Day::of(now).plus(-1);
    let product = [("product".to_owned(), product.to_owned())];
    let query = super::super::view::encoded(&product);
    let query = format!("{query}&from={day}&to={day}");
    let Ok(entries) = crate::api::ask(&app.store, "dictionary", &query, now) else {
        return Vec::new();
    };
    let names = entries.rows.iter().filter_map(|row| {
        let is_there = entries.text(row, "kind") == Some("value")
            && entries
                .count(row, "servers")
                .is_some_and(|servers| servers > 0);
        is_there.then(|| entries.text(row, "name"))?
    });
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use usage_store::report::Kind;

    use super::super::super::testing::{HOSTILE, House};

    /// A house with that many servers, each in a cluster of its own.
    fn crowd(servers: usize) -> House {
        let house = House::signed_in();
        for n in 1..=servers {
            let body = format!(
                r#"[{{"tags":{{"version":"1.{n}"}},"values":{{"cluster_id":"c{n:03}"}}}}]"#
            );
            house.append(Kind::Usage, "a", &body);
        }
        house
    }

    /// Where a link of this name leads.
    fn link(html: &str, name: &str) -> Option<String> {
        let before = html.split(&format!("\">{name}</a>")).next()?;
        let found = before.len() < html.len();
        let to = before.rsplit("href=\"").next()?;
        found.then(|| to.replace("&#38;", "&"))
    }

    #[tokio::test]
    async fn one_goes_through_all_pages_and_back() {
        let house = crowd(120);
        let mut path = "/products/1/servers?sort=version&order=asc".to_owned();
        let mut pages = Vec::new();
        loop {
            let page = house.get(&path).await;
            assert_eq!(page.status, 200, "{}", page.text);
            let next = link(&page.text, "Behind these");
            pages.push((path, page.text));
            match next {
                Some(next) => path = next,
                None => break,
            }
        }
        assert_eq!(pages.len(), 3);
        for (n, range) in ["1–50 of 120", "51–100 of 120", "101–120 of 120"]
            .iter()
            .enumerate()
        {
            let (_, html) = &pages[n];
            assert!(html.contains(&format!("{range} servers")), "{range}");
            let first = format!(">c{:03}<", n * 50 + 1);
            assert!(html.contains(&first), "{first}");
        }
        let back = house.get(&link(&pages[2].1, "Before these").unwrap()).await;
        assert!(back.text.contains("51–100 of 120 servers"), "{}", back.text);
        assert!(back.text.contains(">c051<") && back.text.contains(">c100<"));
        let first = link(&back.text, "First").unwrap();
        assert!(house.get(&first).await.text.contains("1–50 of 120 servers"));
    }

    #[tokio::test]
    async fn one_searches_by_a_form_and_shares_the_address() {
        let house = crowd(30);
        let answer = house
            .get("/products/1/servers?search=C02&state=&sort=last_seen&order=")
            .await;
        let to = answer.header("location");
        assert_eq!(to, "/products/1/servers?search=C02&sort=last_seen");
        let page = house.get(&to).await;
        assert!(page.text.contains("1–10 of 10 servers"), "{}", page.text);
        assert!(page.text.contains(r#"value="C02""#));
        let nothing = house.get("/products/1/servers?search=zzz").await;
        assert!(nothing.text.contains("No server fits"));
        let wrong = house.get("/products/1/servers?sort=colour&state=x").await;
        assert_eq!(wrong.status, 200);
        assert!(
            wrong.text.contains("is none of: last_seen"),
            "{}",
            wrong.text
        );
    }

    #[tokio::test]
    async fn nothing_that_was_reported_or_searched_is_markup() {
        let house = House::signed_in();
        let text = serde_json::to_string(HOSTILE).unwrap();
        let body = format!(
            r#"[{{"tags":{{"version":{text}}},"values":{{"cluster_id":{text},"server_id":{text},{text}:1}}}}]"#
        );
        house.append(Kind::Usage, "a", &body);
        let hostile =
            super::super::super::view::encoded(&[("search".to_owned(), HOSTILE.to_owned())]);
        for page in ["servers", "clusters", "ids"] {
            for query in ["", "sort=version", &hostile] {
                let page = house.get(&format!("/products/1/{page}?{query}")).await;
                assert_eq!(page.status, 200, "{}", page.text);
                assert!(!page.text.contains("<script>"), "{}", page.text);
            }
        }
        let cluster =
            super::super::super::view::encoded(&[("cluster".to_owned(), HOSTILE.to_owned())]);
        for path in [
            "/servers/1".to_owned(),
            format!("/products/1/cluster?{cluster}"),
        ] {
            let page = house.get(&path).await;
            assert_eq!(page.status, 200, "{}", page.text);
            assert!(!page.text.contains("<script>"), "{}", page.text);
            assert!(page.text.contains("script&"), "{}", page.text);
        }
    }
}
