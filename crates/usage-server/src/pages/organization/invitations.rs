//! The forms on the page of members that invite somebody by a link, and take an invitation back.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Extension, Form, Path, State};
use axum::response::Redirect;
use jiff::Timestamp;
use usage_store::registry::{InvitationId, InvitedTo, Role};

use super::super::button::Pressed;
use super::super::shown_once;
use super::super::{Failure, ask as ask_store};
use super::go_to;
use super::members::NewRole;
use crate::account::{Member, Once, Secret, links, password};
use crate::app::App;
use crate::mail::Errand;
use crate::request::ClientAddress;

/// `POST /organizations/{id}/invitations`
pub(super) async fn invite(
    State(app): State<Arc<App>>,
    address: Option<Extension<ClientAddress>>,
    member: Member,
    Form(new): Form<NewRole>,
) -> Result<Redirect, Failure> {
    let role = new.check(&member)?;
    let email = new.email.trim().to_owned();
    if !email.is_empty() && !password::is_address(&email) {
        return Ok(go_to(&app, &member, "/members?mail=wrong"));
    }
    let address = address.map(|Extension(ClientAddress(address))| address);
    let mailed = match &app.mail {
        Some(_) if !email.is_empty() => {
            // Whoever has mail sent anywhere: as many as who signs up there.
            match app.account.mails.sign_up(address, Instant::now()) {
                Ok(()) => "&mail=sent",
                Err(_) => "&mail=later",
            }
        }
        _ => "",
    };
    ask_store(&app, move |app| {
        let (secret, now) = (Secret::random()?, Timestamp::now());
        let to = InvitedTo::Organization(member.organization.id, role);
        let by = &member.person.account.email;
        let (made, path) = links::invitation(&app.store, &secret, to, by, now)?;
        let link = format!("{}{path}", app.settings.public_url.trim_end_matches('/'));
        let once = Once::Invitation(made.0);
        shown_once::keep(app, member.person.session, once, link);
        if let Some(mail) = app.mail.as_ref().filter(|_| mailed == "&mail=sent") {
            let name = &member.organization.name;
            mail.send(Errand::Invite {
                email,
                by: by.clone(),
                to: match role {
                    Role::Owner => format!("{name}, as an owner"),
                    Role::Member => format!("{name}, as a member"),
                },
                path,
            });
        }
        let path = format!("/members?invited={}{mailed}", made.0);
        Ok(go_to(app, &member, &path))
    })
    .await
}

/// `POST /organizations/{id}/invitations/{invitation}/withdraw`
pub(super) async fn withdraw(
    State(app): State<Arc<App>>,
    member: Member,
    Path((_, invitation)): Path<(i64, i64)>,
    Form(pressed): Form<Pressed>,
) -> Result<Redirect, Failure> {
    member.check(&pressed.csrf)?;
    member.must_own()?;
    ask_store(&app, move |app| {
        let (id, by) = (member.organization.id, &member.person.account.email);
        let (which, now) = (InvitationId(invitation), Timestamp::now());
        app.store.withdraw_invitation(Some(id), which, by, now)?;
        Ok(go_to(app, &member, "/members"))
    })
    .await
}
