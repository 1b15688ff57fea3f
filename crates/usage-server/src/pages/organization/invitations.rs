//! The forms on the page of members that invite somebody by a link, and take an invitation back.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Form, Path, State};
use axum::response::Redirect;
use jiff::{SignedDuration, Timestamp};
use usage_store::registry::{InvitationId, InvitedTo};

use super::super::{Failure, ask as ask_store};
use super::go_to;
use super::members::NewRole;
use super::tokens::Agreed;
use crate::account::{Member, Once, Secret};
use crate::app::App;

/// How long an invitation can be accepted: over a weekend and a few days off.
const VALID_HOURS: i64 = 7 * 24;

/// `POST /organizations/{id}/invitations`
pub(super) async fn invite(
    State(app): State<Arc<App>>,
    member: Member,
    Form(new): Form<NewRole>,
) -> Result<Redirect, Failure> {
    let role = new.check(&member)?;
    ask_store(&app, move |app| {
        let (secret, now) = (Secret::random()?, Timestamp::now());
        let to = InvitedTo::Organization(member.organization.id, role);
        let by = &member.person.account.email;
        let until = now.saturating_add(SignedDuration::from_hours(VALID_HOURS));
        let until = until.unwrap_or(Timestamp::MAX);
        let made = app.store.invite(secret.bytes(), to, by, now, until)?;
        let (session, once) = (member.person.session, Once::Invitation(made.0));
        let shown = &app.account.shown_once;
        shown.keep(session, once, secret.text(), Instant::now());
        Ok(go_to(app, &member, &format!("/members?invited={}", made.0)))
    })
    .await
}

/// `POST /organizations/{id}/invitations/{invitation}/withdraw`
pub(super) async fn withdraw(
    State(app): State<Arc<App>>,
    member: Member,
    Path((_, invitation)): Path<(i64, i64)>,
    Form(agreed): Form<Agreed>,
) -> Result<Redirect, Failure> {
    member.check(&agreed.csrf)?;
    member.must_own()?;
    ask_store(&app, move |app| {
        let (id, by) = (member.organization.id, &member.person.account.email);
        let (which, now) = (InvitationId(invitation), Timestamp::now());
        app.store.withdraw_invitation(Some(id), which, by, now)?;
        Ok(go_to(app, &member, "/members"))
    })
    .await
}
