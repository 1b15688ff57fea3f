//! The pages of operators and customers: one file a page, with its handler, its template's struct and its
//! tests. Here is the list of doors, and what all pages share to get from a request to HTML.
//! A page asks the store and shows the answer; it computes no statistics of its own.

mod account;
mod ahead;
mod api_keys;
mod assets;
mod audit;
mod button;
mod device;
mod failure;
pub(crate) mod figures;
mod frame;
mod import;
mod json_text;
mod layout;
mod listing;
mod live;
mod openid;
mod operators;
mod organization;
mod organizations;
mod overview;
mod panel;
mod panels;
mod product;
mod public;
mod quarantine;
mod reader;
mod registration;
mod report_rows;
mod reports;
#[cfg(test)]
mod security;
mod server;
mod server_rows;
mod settings;
mod shown_once;
mod sign_in;
mod sign_up;
mod start;
#[cfg(test)]
mod testing;
mod theme;
mod too_often;
mod view;
mod visitor;
mod webhooks;
mod welcome;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Html;
use axum::routing::{get, post};

use usage_store::query::{ListedProduct, ProductId};

use crate::api::{self, Answered};
use crate::app::App;
use crate::ingest::Refusal;
use crate::limits::IMPORT_UPLOAD_MAX_BYTES;

pub(crate) use self::ahead::Ahead;
pub(crate) use self::failure::Failure;
pub(crate) use self::frame::not_found;
pub(crate) use self::layout::base_path;
pub(crate) use self::public::PublicPages;
use self::reader::Reader;

/// The longest form is an address and a password.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// Every page, with the headers and the error pages that all of them have.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let framed = axum::middleware::from_fn_with_state(Arc::clone(app), frame::frame);
    let for_anybody = Router::new()
        .route("/public/{name}", get(public::show))
        .route("/public/{name}/{chart}", get(public::file))
        .layer(framed.clone())
        .layer(axum::middleware::from_fn(public::without_cookies));
    Router::new()
        .route("/", get(overview::show))
        .route("/products/{id}", get(product::show))
        .route("/products/{id}/values", get(product::values::show))
        .route("/products/{id}/retention", get(product::retention::show))
        .route(
            "/products/{id}/public",
            get(public::settings::show).post(public::settings::submit),
        )
        .route("/charts/{panel}", get(panel::file))
        .route("/products/{id}/servers", get(product::servers::show))
        .route("/products/{id}/clusters", get(product::clusters::show))
        .route("/products/{id}/cluster", get(product::cluster::show))
        .route("/products/{id}/ids", get(product::ids::show))
        .route("/products/{id}/adopt", post(overview::adopt))
        .route("/settings", get(settings::show))
        .route("/settings/products", post(settings::adding::add))
        .route("/products/{id}/settings", get(settings::product::show))
        .route("/products/{id}/replies", post(settings::replies::tell))
        .route("/products/{id}/advisories", post(settings::replies::advise))
        .route(
            "/products/{id}/advisories/remove",
            post(settings::replies::retract),
        )
        .route("/products/{id}/allowlist", post(settings::allowlist::set))
        .route("/products/{id}/hosts", post(settings::hosts::add))
        .route("/products/{id}/hosts/remove", post(settings::hosts::remove))
        .route(
            "/products/{id}/dictionary",
            get(settings::dictionary::show).post(settings::note::save),
        )
        .route("/theme", post(theme::choose))
        .route("/servers/{id}", get(server::show))
        .route("/reports", get(reports::show))
        .route("/reports/{seq}", get(reports::body))
        .route(
            "/import",
            get(import::form)
                .post(import::submit)
                .layer(DefaultBodyLimit::max(IMPORT_UPLOAD_MAX_BYTES)),
        )
        .route("/quarantine", get(quarantine::show))
        .route("/sign-in", get(sign_in::form).post(sign_in::submit))
        .route("/sign-in/openid", get(openid::leave))
        .route("/sign-in/openid/back", get(openid::come_back))
        .route(
            "/sign-in/openid/new",
            get(openid::newcomer::form).post(openid::newcomer::submit),
        )
        .route("/sign-out", post(sign_in::leave))
        .route("/start", get(start::show).post(start::submit))
        .route("/start/token", get(start::shown::show))
        .route("/device", get(device::show).post(device::submit))
        .route("/sign-up", get(sign_up::form).post(sign_up::submit))
        .route(
            "/organizations",
            get(organizations::show).post(organizations::make),
        )
        .merge(organization::routes())
        .route("/account", get(account::show))
        .route("/account/sessions", post(account::end_sessions))
        .route("/account/identities", post(openid::linking::begin))
        .route("/account/identities/remove", post(openid::linking::remove))
        .route(
            "/account/password",
            get(account::password::form).post(account::password::submit),
        )
        .route(
            "/forgot",
            get(account::forgot::form).post(account::forgot::submit),
        )
        .route(
            "/sign-up/{code}",
            get(account::by_mail::form).post(account::by_mail::submit),
        )
        .route(
            "/reset/{code}",
            get(account::reset::form).post(account::reset::submit),
        )
        .route(
            "/invite/{code}",
            get(account::invite::form).post(account::invite::submit),
        )
        .route("/operators", get(operators::show))
        .route("/operators/invite", post(operators::invite))
        .route("/operators/withdraw", post(operators::withdraw))
        .route("/operators/remove", post(operators::remove))
        .route("/operators/reset", post(operators::reset))
        .route("/api-keys", get(api_keys::show).post(api_keys::issue))
        .route("/api-keys/revoke", post(api_keys::revoke))
        .route("/live", get(live::watch))
        .route("/webhooks", get(webhooks::show).post(webhooks::add))
        .route("/webhooks/test", post(webhooks::test))
        .route("/webhooks/remove", post(webhooks::remove))
        .route("/webhooks/again", post(webhooks::again))
        .route("/audit", get(audit::show))
        .route("/welcome/{code}", get(welcome::form).post(welcome::submit))
        .route("/assets/{name}", get(assets::serve))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(framed)
        .merge(for_anybody)
}

/// A question of the query API that a page cannot do without, said by names and values.
fn asked(
    app: &App,
    question: &str,
    said: &[(&str, &str)],
    now: jiff::Timestamp,
) -> Result<Answered, Failure> {
    let said = said.iter();
    let said: Vec<(String, String)> = said
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    api::ask(&app.store, question, &view::encoded(&said), now).map_err(|refusal| match refusal {
        // What an address names isn't there, or never was.
        Refusal::Fields(_) => Failure::NotFound,
        _ => Failure::Broken(format!("the question {question} was not answered")),
    })
}

/// A product by its number, as addresses have it.
fn listed(app: &App, id: i64) -> Result<ListedProduct, Failure> {
    let product = app.store.listed_product(ProductId(id))?;
    product.ok_or(Failure::NotFound)
}

/// Asks the store on a thread where waiting for it holds up nobody.
pub(crate) async fn ask<T: Send + 'static>(
    app: &Arc<App>,
    question: impl FnOnce(&App) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (app, reader) = (Arc::clone(app), Reader::now());
    let answer = tokio::task::spawn_blocking(move || reader.work(|| question(&app))).await;
    answer.map_err(|e| Failure::Broken(format!("a page's question was cut short: {e}")))?
}

/// A page's HTML.
fn render(page: &impl Template) -> Result<Html<String>, Failure> {
    let html = page
        .render()
        .map_err(|e| Failure::Broken(format!("template: {e}")))?;
    Ok(Html(html))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::testing::House;

    /// What a view of a page says of it, whatever that is: views are as many as their combinations.
    fn kind_of_view(link: &str) -> (String, BTreeSet<String>) {
        let (path, query) = link.split_once('?').unwrap_or((link, ""));
        let names = form_urlencoded::parse(query.as_bytes());
        let names = names.map(|(name, _)| name.into_owned()).collect();
        (path.to_owned(), names)
    }

    /// Every page that links lead to, from the front page on; and of each page's other views one of each kind.
    async fn crawl(house: &House, base: &str) -> Vec<(String, String)> {
        let mut known = BTreeSet::from([format!("{base}/")]);
        let mut waiting: Vec<String> = known.iter().cloned().collect();
        let mut pages = Vec::new();
        let mut kinds = BTreeSet::new();
        while let Some(link) = waiting.pop() {
            let path = link
                .strip_prefix(base)
                .unwrap_or_else(|| panic!("{link} leaves {base}"));
            let answer = house.get(path.split('#').next().unwrap()).await;
            assert_eq!(answer.status, 200, "{link}");
            if answer.header("content-type").starts_with("text/html") {
                let views: BTreeSet<String> = answer.views().into_iter().collect();
                let is_view = link.contains('?');
                waiting.extend(answer.links().into_iter().filter(|link| {
                    let mut new_view = || !is_view && kinds.insert(kind_of_view(link));
                    !link.starts_with('#')
                        && (!views.contains(link) || new_view())
                        && known.insert(link.clone())
                }));
                pages.push((link, answer.text));
            }
        }
        pages
    }

    #[tokio::test]
    async fn every_link_of_a_living_fleet_leads_somewhere() {
        let house = House::signed_in();
        house.settle_demo_fleet(12, 4);
        let pages = crawl(&house, "").await;
        for part in ["/products/", "/servers/", "/reports?", "/quarantine"] {
            assert!(pages.iter().any(|(link, _)| link.contains(part)), "{part}");
        }
        for (link, html) in &pages {
            assert!(
                !html.contains("style=") && !html.contains("<script>"),
                "{link} breaks our policy"
            );
            assert!(html.len() < 100_000, "{link} has {} bytes", html.len());
            let mut ids = BTreeSet::new();
            for id in html
                .split(" id=\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
            {
                assert!(ids.insert(id), "{link} has two elements {id}");
            }
        }
    }

    #[tokio::test]
    async fn behind_a_proxys_subpath_every_link_and_form_stays_below_it() {
        let house = House::reached_at("https://example.com/usage").let_in("ada@example.com");
        house.settle_demo_fleet(3, 2);
        let pages = crawl(&house, "/usage").await;
        assert!(pages.len() > 5);
        for (link, html) in &pages {
            for address in html
                .split("action=\"")
                .skip(1)
                .chain(html.split("src=\"").skip(1))
            {
                assert!(address.starts_with("/usage/"), "{link}");
            }
        }
        house.set_cookies(Default::default());
        assert_eq!(
            house.get("/reports").await.header("location"),
            "/usage/sign-in?next=%2Freports"
        );
        let cookie = house.get("/sign-in").await.header("set-cookie");
        assert!(
            cookie.starts_with("__Host-usage_form=") && cookie.ends_with("; Secure"),
            "{cookie}"
        );
    }
}
