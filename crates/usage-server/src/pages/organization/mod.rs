//! The pages of an organization, for its members: what its servers reported, who may report and look,
//! and the way to take everything back. Here is the list of their doors. Every handler begins with
//! [`Member`], so that another's organization is not found.

mod charts;
mod clusters;
mod delete;
mod end;
mod export;
mod invitations;
mod log;
mod members;
mod overview;
mod reports;
mod server;
mod servers;
#[cfg(test)]
mod tests;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};

use super::layout::base_path;
use crate::account::Member;
use crate::app::App;

/// Every page of an organization.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/organizations/{id}", get(overview::show))
        .route("/organizations/{id}/servers", get(servers::show))
        .route("/organizations/{id}/servers/{server}", get(server::show))
        .route("/organizations/{id}/clusters", get(clusters::show))
        .route("/organizations/{id}/reports", get(reports::show))
        .route("/organizations/{id}/reports/{seq}", get(reports::body))
        .route("/organizations/{id}/export", get(export::download))
        .route(
            "/organizations/{id}/tokens",
            get(tokens::show).post(tokens::issue),
        )
        .route(
            "/organizations/{id}/tokens/{token}/revoke",
            get(tokens::ask).post(tokens::revoke),
        )
        .route("/organizations/{id}/members", get(members::show))
        .route(
            "/organizations/{id}/members/{account}/role",
            post(members::set_role),
        )
        .route(
            "/organizations/{id}/members/{account}/remove",
            get(members::ask).post(members::remove),
        )
        .route("/organizations/{id}/invitations", post(invitations::invite))
        .route(
            "/organizations/{id}/invitations/{invitation}/withdraw",
            post(invitations::withdraw),
        )
        .route("/organizations/{id}/log", get(log::show))
        .route(
            "/organizations/{id}/delete",
            get(delete::ask).post(delete::erase),
        )
        .route("/organizations/{id}/delete/{erasure}", get(delete::status))
        .route("/organizations/{id}/end", get(end::ask).post(end::end))
}

/// An organization's address, which all of its pages begin with.
fn home(app: &App, member: &Member) -> String {
    let base = base_path(&app.settings.public_url);
    format!("{base}/organizations/{}", member.organization.id.0)
}

/// To one of its pages, after a form was sent.
fn go_to(app: &App, member: &Member, below: &str) -> Redirect {
    Redirect::to(&format!("{}{below}", home(app, member)))
}
