//! `/organizations/{id}/members`: who belongs to the organization, as what; and who is invited. Owners
//! change that; everybody may leave.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Html, Redirect};
use jiff::Timestamp;
use serde::Deserialize;
use usage_store::registry::{AccountId, Invitation, InvitedTo, Member as Colleague, Role};

use super::super::button::Pressed;
use super::super::figures::Moment;
use super::super::layout::{Layout, Part};
use super::super::shown_once::Shown;
use super::super::{Failure, ask as ask_store, render};
use super::{go_to, home};
use crate::account::{Member, Once};
use crate::app::App;
use crate::limits::INVITATION_VALID_DAYS;

#[derive(Template)]
#[template(path = "organization/members.html")]
struct Members {
    page: Layout,
    home: String,
    csrf: String,
    owner: bool,
    /// The link of the invitation that was made just now.
    invited: Shown,
    /// Whether an invitation can be mailed, and what became of the one that was to be.
    by_mail: bool,
    mailed: Option<&'static str>,
    members: Vec<MemberRow>,
    invitations: Vec<InvitationRow>,
}

struct MemberRow {
    account: i64,
    email: String,
    role: Role,
    since: Moment,
    /// It is who is looking.
    own: bool,
}

struct InvitationRow {
    id: i64,
    role: &'static str,
    made_by: String,
    created_at: Moment,
    ends: String,
}

impl MemberRow {
    fn new(colleague: Colleague, viewer: AccountId, now: Timestamp) -> MemberRow {
        MemberRow {
            account: colleague.account.0,
            own: colleague.account == viewer,
            email: colleague.email,
            role: colleague.role,
            since: Moment::new(colleague.since, now),
        }
    }
}

impl InvitationRow {
    fn new(invitation: Invitation, now: Timestamp) -> InvitationRow {
        let role = match invitation.to {
            InvitedTo::Organization(_, role) => role,
            InvitedTo::Operators | InvitedTo::SignUp => Role::Member,
        };
        InvitationRow {
            id: invitation.id.0,
            role: role.word(),
            made_by: invitation.made_by,
            created_at: Moment::new(invitation.created_at, now),
            ends: invitation.expires_at.strftime("%Y-%m-%d").to_string(),
        }
    }
}

/// Which invitation was made just now.
#[derive(Deserialize)]
pub(super) struct Asked {
    invited: Option<i64>,
    #[serde(default)]
    mail: String,
}

/// `GET /organizations/{id}/members`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    member: Member,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Failure> {
    let now = Timestamp::now();
    let page = ask_store(&app, move |app| {
        let (id, viewer) = (member.organization.id, member.person.account.id);
        let mut page = Layout::of_organization(app, &member, Part::Members, now)?;
        let owner = member.role == Role::Owner;
        let invited = asked.invited.map(Once::Invitation);
        let invited = Shown::on(&mut page, app, member.person.session, invited);
        let invitations = match owner {
            true => app.store.invitations(Some(id), now)?,
            false => Vec::new(),
        };
        Ok(Members {
            home: home(app, &member),
            page,
            csrf: member.person.csrf,
            owner,
            invited,
            by_mail: app.mail.is_some(),
            mailed: match asked.mail.as_str() {
                "sent" => Some("The invitation is on its way by mail, too."),
                "later" => Some(
                    "Nothing was mailed: too many mails were asked for from here. Hand the link on yourself.",
                ),
                "wrong" => Some("That is no mail address, so nobody was invited."),
                _ => None,
            },
            members: app
                .store
                .members(id)?
                .into_iter()
                .map(|colleague| MemberRow::new(colleague, viewer, now))
                .collect(),
            invitations: invitations
                .into_iter()
                .map(|invitation| InvitationRow::new(invitation, now))
                .collect(),
        })
    });
    render(&page.await?)
}

/// What the form of a role sends.
#[derive(Deserialize)]
pub(super) struct NewRole {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    pub(super) role: String,
    /// Where an invitation is to be mailed.
    #[serde(default)]
    pub(super) email: String,
}

impl NewRole {
    pub(super) fn check(&self, member: &Member) -> Result<Role, Failure> {
        member.check(&self.csrf)?;
        member.must_own()?;
        Role::parse(&self.role).ok_or(Failure::ForeignForm)
    }
}

/// `POST /organizations/{id}/members/{account}/role`
pub(super) async fn set_role(
    State(app): State<Arc<App>>,
    member: Member,
    Path((_, account)): Path<(i64, i64)>,
    Form(new): Form<NewRole>,
) -> Result<Redirect, Failure> {
    let role = new.check(&member)?;
    ask_store(&app, move |app| {
        let (id, by) = (member.organization.id, &member.person.account.email);
        let now = Timestamp::now();
        app.store.set_role(id, AccountId(account), role, by, now)?;
        Ok(go_to(app, &member, "/members"))
    })
    .await
}

#[derive(Template)]
#[template(path = "organization/remove_member.html")]
struct Remove {
    page: Layout,
    home: String,
    csrf: String,
    name: String,
    member: MemberRow,
    /// Nobody else owns the organization: they can't go.
    last_owner: bool,
}

/// `GET /organizations/{id}/members/{account}/remove`: what removing them, or leaving, means.
pub(super) async fn ask(
    State(app): State<Arc<App>>,
    member: Member,
    Path((_, account)): Path<(i64, i64)>,
) -> Result<Html<String>, Failure> {
    may_remove(&member, account)?;
    let now = Timestamp::now();
    let page = ask_store(&app, move |app| {
        let viewer = member.person.account.id;
        let members = app.store.members(member.organization.id)?;
        let owners = members.iter().filter(|one| one.role == Role::Owner).count();
        let found = members.into_iter().find(|one| one.account.0 == account);
        let going = MemberRow::new(found.ok_or(Failure::NotFound)?, viewer, now);
        Ok(Remove {
            page: Layout::of_organization(app, &member, Part::Members, now)?,
            home: home(app, &member),
            csrf: member.person.csrf,
            name: member.organization.name,
            last_owner: going.role == Role::Owner && owners == 1,
            member: going,
        })
    });
    render(&page.await?)
}

/// `POST /organizations/{id}/members/{account}/remove`
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    member: Member,
    Path((_, account)): Path<(i64, i64)>,
    Form(pressed): Form<Pressed>,
) -> Result<Redirect, Failure> {
    member.check(&pressed.csrf)?;
    may_remove(&member, account)?;
    let leaves = member.person.account.id.0 == account;
    ask_store(&app, move |app| {
        let (id, by) = (member.organization.id, &member.person.account.email);
        let now = Timestamp::now();
        app.store.remove_member(id, AccountId(account), by, now)?;
        Ok(match leaves {
            true => Redirect::to(&format!(
                "{}/organizations",
                super::base_path(&app.settings.public_url)
            )),
            false => go_to(app, &member, "/members"),
        })
    })
    .await
}

/// Owners remove anybody, everybody else themselves.
fn may_remove(member: &Member, account: i64) -> Result<(), Failure> {
    match member.person.account.id.0 == account {
        true => Ok(()),
        false => member.must_own(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ACME_MEMBER, ACME_OWNER, HOSTILE, House, UMBRELLA_OWNER};
    use super::*;

    fn roles(house: &House) -> Vec<(String, Role)> {
        let acme = house.organization("Acme");
        let members = house.app.store.members(acme).unwrap();
        members
            .into_iter()
            .map(|one| (one.email, one.role))
            .collect()
    }

    #[tokio::test]
    async fn an_owner_invites_by_a_link_that_is_shown_once() {
        let house = House::with_customers();
        let path = format!("{}/members", house.path_of("Acme"));
        let form = house.get(&path).await;
        let invite = format!("{}/invitations", house.path_of("Acme"));
        let entered = form.filled(&[("role", "owner")]);
        let made = house.post_form(&invite, &entered).await;
        assert_eq!(made.status, 303);
        let page = house.get(&made.header("location")).await;
        let link = page.field_of_id("link");
        let code = link
            .strip_prefix("http://127.0.0.1:8087/invite/")
            .expect("a link to here");
        let secret = crate::account::Secret::parse(code).unwrap();
        let now = Timestamp::now();
        let found = house.app.store.invitation(secret.bytes(), now).unwrap();
        let found = found.expect("valid");
        let acme = house.organization("Acme");
        assert_eq!(found.to, InvitedTo::Organization(acme, Role::Owner));
        let hours = (found.expires_at.as_second() - now.as_second()) / 3600;
        assert!((167..=168).contains(&hours), "{hours}");
        let again = house.get(&made.header("location")).await;
        assert!(!again.text.contains(code) && again.text.contains("shown before"));

        let withdraw = again
            .actions()
            .into_iter()
            .find(|a| a.ends_with("/withdraw"));
        let withdraw = withdraw.expect("a way to withdraw it");
        assert_eq!(house.post(&withdraw, &[]).await.status, 403);
        house.enter_as(UMBRELLA_OWNER);
        let theirs = house
            .get(&format!("{}/members", house.path_of("Umbrella")))
            .await;
        let elsewhere = withdraw.replace(&house.path_of("Acme"), &house.path_of("Umbrella"));
        let answer = house.post_form(&elsewhere, &theirs.filled(&[])).await;
        assert_eq!(answer.status, 404);
        house.enter_as(ACME_OWNER);
        let form = house.get(&path).await;
        house.post_form(&withdraw, &form.filled(&[])).await;
        let gone = house.app.store.invitation(secret.bytes(), now).unwrap();
        assert_eq!(gone, None);
    }

    #[tokio::test]
    async fn roles_change_and_people_go() {
        let house = House::with_customers();
        let path = format!("{}/members", house.path_of("Acme"));
        let page = house.get(&path).await;
        let bob = house.account_of(ACME_MEMBER).0;
        let role = format!("{path}/{bob}/role");
        for wrong in ["emperor", ""] {
            let answer = house
                .post_form(&role, &page.filled(&[("role", wrong)]))
                .await;
            assert_eq!(answer.status, 403, "{wrong}");
        }
        house
            .post_form(&role, &page.filled(&[("role", "owner")]))
            .await;
        assert_eq!(roles(&house)[1], (ACME_MEMBER.to_owned(), Role::Owner));
        house
            .post_form(&role, &page.filled(&[("role", "member")]))
            .await;
        assert_eq!(roles(&house)[1].1, Role::Member);
        let ask = house.get(&format!("{path}/{bob}/remove")).await;
        assert!(ask.text.contains("Tokens that they issued stay valid"));
        let done = house.post_form(&ask.action(), &ask.filled(&[])).await;
        assert_eq!(done.header("location"), path);
        assert_eq!(roles(&house).len(), 1);
        assert_eq!(house.get(&format!("{path}/{bob}/remove")).await.status, 404);
    }

    #[tokio::test]
    async fn members_see_who_is_there_and_may_only_leave() {
        let house = House::with_customers();
        let path = format!("{}/members", house.path_of("Acme"));
        let owner = house.get(&path).await;
        let ada = house.account_of(ACME_OWNER).0;
        let bob = house.account_of(ACME_MEMBER).0;
        house.enter_as(ACME_MEMBER);
        let page = house.get(&path).await;
        assert!(page.text.contains(ACME_OWNER) && page.text.contains("Leave"));
        for owners in ["Make owner", "Invite", "Remove"] {
            assert!(
                owner.text.contains(owners) && !page.text.contains(owners),
                "{owners}"
            );
        }
        let entered = page.filled(&[("role", "owner")]);
        for act in [
            format!("{path}/{bob}/role"),
            format!("{path}/{ada}/remove"),
            format!("{}/invitations", house.path_of("Acme")),
            format!("{}/invitations/1/withdraw", house.path_of("Acme")),
        ] {
            assert_eq!(house.post_form(&act, &entered).await.status, 403, "{act}");
        }
        assert_eq!(house.get(&format!("{path}/{ada}/remove")).await.status, 403);
        let ask = house.get(&page.link_with("/remove")).await;
        assert!(ask.text.contains("Leave Acme"));
        let left = house.post_form(&ask.action(), &ask.filled(&[])).await;
        assert_eq!(left.header("location"), "/organizations");
        assert_eq!(house.get(&path).await.status, 404);
    }

    #[tokio::test]
    async fn the_last_owner_stays() {
        let house = House::with_customers();
        let path = format!("{}/members", house.path_of("Acme"));
        let ada = house.account_of(ACME_OWNER).0;
        let ask = house.get(&format!("{path}/{ada}/remove")).await;
        assert!(ask.text.contains("You are the only owner"));
        let form = house.get(&path).await;
        let entered = form.filled(&[("role", "member")]);
        for act in ["role", "remove"] {
            let answer = house
                .post_form(&format!("{path}/{ada}/{act}"), &entered)
                .await;
            assert_eq!(answer.status, 409, "{act}");
            assert!(answer.text.contains("The last owner can"), "{act}");
        }
        assert_eq!(roles(&house).len(), 2);
    }

    #[tokio::test]
    async fn an_address_is_never_markup() {
        let house = House::with_customers();
        let acme = house.organization("Acme");
        let eve = house.colleague(acme, HOSTILE, Role::Member).0;
        let path = format!("{}/members", house.path_of("Acme"));
        for path in [path.clone(), format!("{path}/{eve}/remove")] {
            let page = house.get(&path).await;
            assert!(!page.text.contains("<script>") && page.text.contains("&#60;script&#62;"));
        }
    }
}
