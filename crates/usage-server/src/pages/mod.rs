//! The operators' pages: one file a page, with its handler, its template's struct and its
//! tests. Here is the list of doors, and what all pages share to get from a request to HTML.
//! A page asks the store and shows the answer; it computes no statistics of its own.

mod assets;
mod chart;
mod failure;
mod figures;
mod frame;
mod json_text;
mod layout;
mod overview;
mod product;
mod quarantine;
mod report_rows;
mod reports;
mod server;
mod sign_in;
#[cfg(test)]
mod testing;
mod welcome;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Html;
use axum::routing::{get, post};

use crate::app::App;

pub(crate) use self::failure::Failure;
pub(crate) use self::frame::not_found;
pub(crate) use self::layout::base_path;

/// The longest form is an address and a password.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// Every page, with the headers and the error pages that all of them have.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/", get(overview::show))
        .route("/products/{id}", get(product::show))
        .route("/products/{id}/adopt", post(overview::adopt))
        .route("/servers/{id}", get(server::show))
        .route("/reports", get(reports::show))
        .route("/reports/{seq}", get(reports::body))
        .route("/quarantine", get(quarantine::show))
        .route("/sign-in", get(sign_in::form).post(sign_in::submit))
        .route("/sign-out", post(sign_in::leave))
        .route("/welcome/{code}", get(welcome::form).post(welcome::submit))
        .route("/assets/{name}", get(assets::serve))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(app),
            frame::frame,
        ))
}

/// Asks the store on a thread where waiting for it holds up nobody.
pub(crate) async fn ask<T: Send + 'static>(
    app: &Arc<App>,
    question: impl FnOnce(&App) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let app = Arc::clone(app);
    let answer = tokio::task::spawn_blocking(move || question(&app)).await;
    answer.map_err(|e| Failure::Broken(format!("a page's question was cut short: {e}")))?
}

/// A page's HTML.
fn render(page: &impl Template) -> Result<Html<String>, Failure> {
    let html = page
        .render()
        .map_err(|e| Failure::Broken(format!("template: {e}")))?;
    Ok(Html(html))
}
