//! `/public/{name}`: what operators show of a product to anybody. Off until they choose otherwise. There is nothing
//! that a visitor could choose, no cookie is read or set, and all of it is kept in memory, made of what the store
//! published: rounded, and of each week the same for good.

mod drawing;
pub(super) mod settings;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, COOKIE};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::Semaphore;
use usage_store::public::{PublicChart, PublicPage, PublishedWeek};

use super::layout::Layout;
use super::panel::Shown;
use super::{Failure, ask};
use crate::app::App;
use crate::chart::Theme;
use crate::limits::{PUBLIC_FILES_MAX_AGE_SECONDS, PUBLIC_KEPT_FOR};

/// The public pages, as they are kept.
pub(crate) struct PublicPages {
    known: Mutex<Known>,
    /// Who works one out; others wait for it.
    turn: Semaphore,
}

impl Default for PublicPages {
    fn default() -> PublicPages {
        PublicPages {
            known: Mutex::default(),
            turn: Semaphore::new(1),
        }
    }
}

#[derive(Default)]
struct Known {
    read_at: Option<Instant>,
    /// Those that are shown, by product, and each as soon as somebody looked at it.
    pages: BTreeMap<String, (PublicPage, Option<Arc<Published>>)>,
}

/// A page as everybody gets it.
struct Published {
    product: String,
    page: PublicPage,
    weeks: Vec<PublishedWeek>,
    html: String,
}

/// What is known without asking the store.
enum Kept {
    Page(Arc<Published>),
    NotShown,
    Unknown,
}

impl PublicPages {
    /// Everything is asked anew, as something was changed here. What other processes change is noticed in time.
    pub(crate) fn forget(&self) {
        self.lock().read_at = None;
    }

    fn kept(&self, product: &str) -> Kept {
        let known = self.lock();
        if !known.is_fresh() {
            return Kept::Unknown;
        }
        match known.pages.get(product) {
            None => Kept::NotShown,
            Some((_, None)) => Kept::Unknown,
            Some((_, Some(page))) => Kept::Page(Arc::clone(page)),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn is_fresh(&self) -> bool {
        self.read_at
            .is_some_and(|read_at| read_at.elapsed() < PUBLIC_KEPT_FOR)
    }
}

#[derive(Template)]
#[template(path = "public/page.html")]
struct PublicHtml<'a> {
    page: Layout,
    name: &'a str,
    threshold: u32,
    panels: Vec<Shown>,
}

/// Nothing that a browser sends along says who looks: not to the page, and not to what stands in its place
/// where it is missing.
pub(super) async fn without_cookies(mut request: Request, next: Next) -> Response {
    request.headers_mut().remove(COOKIE);
    next.run(request).await
}

/// `GET /public/{name}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    let page = published(&app, &name).await?;
    Ok((for_all(), Html(page.html.clone())).into_response())
}

/// `GET /public/{name}/{chart}.svg` and `.csv`: one of its charts as a file, of the same numbers.
pub(super) async fn file(
    State(app): State<Arc<App>>,
    Path((name, file)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (chart, ending) = file.rsplit_once('.').ok_or(Failure::NotFound)?;
    let (chart, theme) = match chart.strip_suffix("-dark") {
        Some(chart) => (chart, Theme::Dark),
        None => (chart, Theme::Light),
    };
    let chart = PublicChart::named(chart).ok_or(Failure::NotFound)?;
    let page = published(&app, &name).await?;
    if !page.page.charts.contains(&chart) {
        return Err(Failure::NotFound);
    }
    let (kind, body) = match (ending, theme) {
        ("svg", theme) => ("image/svg+xml", page.svg(chart, theme)),
        ("csv", Theme::Light) => (
            "text/csv; charset=utf-8; header=present",
            drawing::csv(chart, &page.weeks),
        ),
        _ => return Err(Failure::NotFound),
    };
    let named = format!("attachment; filename=\"{}.{ending}\"", chart.name());
    let named = HeaderValue::try_from(named).map_err(|e| Failure::Broken(e.to_string()))?;
    let kind = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CONTENT_DISPOSITION, named),
    ];
    Ok((for_all(), kind, body).into_response())
}

impl Published {
    fn svg(&self, chart: PublicChart, theme: Theme) -> String {
        let drawn = drawing::drawn(chart, &self.weeks, self.page.threshold);
        let title = format!("{}: {}", self.product, drawing::title(chart));
        let summary = drawn.empty.unwrap_or(drawn.summary);
        drawn.drawing.alone(&title, &summary, theme)
    }
}

/// Whoever stands between may keep it, too.
fn for_all() -> [(HeaderName, HeaderValue); 1] {
    let age = format!("public, max-age={PUBLIC_FILES_MAX_AGE_SECONDS}");
    let age = HeaderValue::try_from(age).unwrap_or(HeaderValue::from_static("no-store"));
    [(CACHE_CONTROL, age)]
}

async fn published(app: &Arc<App>, product: &str) -> Result<Arc<Published>, Failure> {
    match app.public.kept(product) {
        Kept::Page(page) => return Ok(page),
        Kept::NotShown => return Err(Failure::NotFound),
        Kept::Unknown => {}
    }
    let turn = app.public.turn.acquire().await;
    let _turn = turn.map_err(|_| Failure::Busy)?;
    // Whoever had the turn before may have found out.
    match app.public.kept(product) {
        Kept::Page(page) => return Ok(page),
        Kept::NotShown => return Err(Failure::NotFound),
        Kept::Unknown => {}
    }
    let product = product.to_owned();
    ask(app, move |app| find_out(app, &product)).await
}

fn find_out(app: &App, product: &str) -> Result<Arc<Published>, Failure> {
    if !app.public.lock().is_fresh() {
        let read_at = Some(Instant::now());
        let shown = app.store.public_pages()?.into_iter();
        let pages = shown.map(|(product, page)| (product, (page, None)));
        *app.public.lock() = Known {
            read_at,
            pages: pages.collect(),
        };
    }
    let page = app
        .public
        .lock()
        .pages
        .get(product)
        .map(|(page, _)| page.clone());
    let page = page.ok_or(Failure::NotFound)?;
    let id = app.store.product_named(product)?;
    let now = Timestamp::now();
    let weeks = match id {
        Some(id) => app
            .store
            .published((id, product), page.threshold, true, now)?,
        None => Vec::new(),
    };
    let layout = Layout::plain(app);
    let at = format!("{}/public/{}", layout.base, encoded_part(product));
    let html = PublicHtml {
        name: product,
        threshold: page.threshold,
        panels: panels(&page, &weeks, Some(&at)),
        page: layout,
    };
    let html = html
        .render()
        .map_err(|e| Failure::Broken(format!("template: {e}")))?;
    let published = Arc::new(Published {
        product: product.to_owned(),
        page,
        weeks,
        html,
    });
    if let Some((_, kept)) = app.public.lock().pages.get_mut(product) {
        *kept = Some(Arc::clone(&published));
    }
    Ok(published)
}

/// A product's name in a path.
fn encoded_part(product: &str) -> String {
    utf8_percent_encode(product, NON_ALPHANUMERIC).to_string()
}

/// The chosen charts; `at` is where their files are.
fn panels(page: &PublicPage, weeks: &[PublishedWeek], at: Option<&str>) -> Vec<Shown> {
    let panels = page.charts.iter().map(|chart| {
        let drawn = drawing::drawn(*chart, weeks, page.threshold);
        let file = |ending| at.map(|at| format!("{at}/{}.{ending}", chart.name()));
        let files = (
            file("csv").unwrap_or_default(),
            file("svg").unwrap_or_default(),
        );
        Shown::drawn(chart.name(), drawing::title(*chart), drawn, files)
    });
    panels.collect()
}

#[cfg(test)]
mod tests;
