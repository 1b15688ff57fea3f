//! All pages of an organization together: nobody else gets in by any of their doors, which the list of
//! all doors names, and nothing that was reported is markup on any of them.

use jiff::{SignedDuration, Timestamp};
use usage_store::registry::{InvitedTo, Role};
use usage_store::report::Kind;

use super::super::testing::{ACME_MEMBER, ACME_OWNER, HOSTILE, House, UMBRELLA_OWNER};
use crate::route::Route;

/// Every door of an organization's pages.
fn doors() -> Vec<&'static str> {
    let own = |name: &&&str| name.starts_with("/organizations/{id}");
    let found: Vec<&str> = Route::names().iter().filter(own).copied().collect();
    assert!(found.len() >= 18, "{found:?}");
    found
}

/// What is in an organization, by the names that doors have for it.
struct Inside(Vec<(&'static str, String)>);

impl Inside {
    /// Fills a door's parameters in.
    fn path(&self, door: &str) -> String {
        let mut path = door.to_owned();
        for (name, value) in &self.0 {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        assert!(!path.contains('{'), "{door}: what is to be filled in?");
        path
    }

    /// The same things, looked for in another organization.
    fn within(&self, organization: i64) -> Inside {
        let mut all = self.0.clone();
        all[0].1 = organization.to_string();
        Inside(all)
    }
}

/// Fills an organization with one of everything that doors lead to.
fn furnish(house: &House, organization: &str, text: &str) -> Inside {
    let (store, now) = (&house.app.store, Timestamp::now());
    let of = house.organization(organization);
    let json = serde_json::to_string(text).unwrap();
    let usage = format!(
        r#"[{{"tags":{{"version":{json},{json}:{json}}},"values":{{"cluster_id":{json},"server_id":{json},"n":1}}}}]"#
    );
    let check_in = format!(
        r#"{{"cluster_id":{json},"server_id":{json},"host":{json},"product":{json},"version":{json}}}"#
    );
    house.append_for(organization, Kind::Servers, text, &check_in);
    let seq = house.append_for(organization, Kind::Usage, text, &usage);
    let found = store.fleet_servers(of, "", None, 1).unwrap();
    let token = usage_store::registry::NewToken {
        secret: text.as_bytes(),
        drawn_here: true,
        organization: of,
        name: text,
        product: Some(text),
        cluster: Some(text),
        may_forget: true,
        by: text,
    };
    let token = store.add_token(&token, now).unwrap();
    let to = InvitedTo::Organization(of, Role::Member);
    let later = now + SignedDuration::from_hours(1);
    let invitation = store.invite(text.as_bytes(), to, text, now, later).unwrap();
    let member = store.members(of).unwrap()[0].account;
    let erasure = store
        .request_own_erasure(of, None, text, &format!("code {text}"), now)
        .unwrap();
    Inside(vec![
        ("id", of.0.to_string()),
        ("server", found.servers[0].id.0.to_string()),
        ("seq", seq.to_string()),
        ("token", token.0.to_string()),
        ("account", member.0.to_string()),
        ("invitation", invitation.0.to_string()),
        ("erasure", erasure.to_string()),
    ])
}

/// All that forms could change in an organization.
fn state(house: &House, organization: &str) -> String {
    let (store, of) = (&house.app.store, house.organization(organization));
    format!(
        "{:?} {:?} {:?} {:?} {:?}",
        store.tokens_of(of).unwrap(),
        store.members(of).unwrap(),
        store.invitations(Some(of), Timestamp::now()).unwrap(),
        store.own_erasures(of, 99).unwrap(),
        store.audit_entries(Some(of), None, 99).unwrap().len(),
    )
}

/// Everything that any form asks for, with this browser's token.
async fn everything(house: &House, email: &str, name: &str) -> Vec<(String, String)> {
    house.enter_as(email);
    let fields = [("role", "owner"), ("sure", "on"), ("name", name)];
    house.get("/organizations").await.filled(&fields)
}

#[tokio::test]
async fn nobody_else_gets_in_by_any_door() {
    let house = House::with_customers();
    let inside = furnish(&house, "Acme", "ours");
    let theirs = inside.within(house.organization("Umbrella").0);
    let nothing = house.get("/organizations/999999").await;
    let before = (state(&house, "Acme"), state(&house, "Umbrella"));
    for door in doors() {
        let path = inside.path(door);
        house.enter_as(ACME_OWNER);
        let own = house.get(&path).await.status;
        assert!(own == 200 || own == 405, "{door}: {own} for the owner");

        let form = everything(&house, UMBRELLA_OWNER, "Acme").await;
        // Another's organization, and another's things in one's own.
        let mut paths = vec![path.clone()];
        paths.extend(
            door.contains("}/")
                .then(|| theirs.path(door))
                .filter(|_| door.matches('{').count() > 1),
        );
        for path in &paths {
            let mut refused = 0;
            for answer in [house.get(path).await, house.post_form(path, &form).await] {
                assert!(
                    answer.status == 404 || answer.status == 405,
                    "{path}: {}",
                    answer.status
                );
                if answer.status == 404 {
                    assert_eq!(answer.main(), nothing.main(), "{path}");
                    assert!(!answer.text.contains("Acme"), "{path}");
                    refused += 1;
                }
            }
            assert!(refused > 0, "{path} has no door");
        }
        house.leave();
        for answer in [house.get(&path).await, house.post_form(&path, &form).await] {
            let away = answer.header("location");
            let asks = answer.status == 303 && away.starts_with("/sign-in");
            assert!(
                asks || answer.status == 405,
                "{path}: {} {away}",
                answer.status
            );
        }
        let after = (state(&house, "Acme"), state(&house, "Umbrella"));
        assert_eq!(after, before, "{door}");
    }
    let operator = house.let_in("op@example.com");
    for door in doors() {
        let answer = operator.get(&inside.path(door)).await;
        assert!(
            answer.status == 404 || answer.status == 405,
            "{door}: {}",
            answer.status
        );
    }
}

#[tokio::test]
async fn every_form_needs_this_sessions_token() {
    let house = House::with_customers();
    let inside = furnish(&house, "Acme", "ours");
    let mut form = everything(&house, ACME_OWNER, "Acme").await;
    let before = state(&house, "Acme");
    let mut forms = 0;
    for wrong in [None, Some("guess")] {
        form.retain(|(name, _)| name != "csrf");
        form.extend(wrong.map(|csrf| ("csrf".to_owned(), csrf.to_owned())));
        for door in doors() {
            let path = inside.path(door);
            let answer = house.post_form(&path, &form).await;
            assert!(
                answer.status == 403 || answer.status == 405,
                "{path}: {}",
                answer.status
            );
            forms += u32::from(answer.status == 403);
        }
    }
    assert!(forms >= 16, "{forms}");
    assert_eq!(state(&house, "Acme"), before);
}

#[tokio::test]
async fn what_is_the_owners_to_do_is_refused_to_members_and_not_offered() {
    let house = House::with_customers();
    let inside = furnish(&house, "Acme", "ours");
    let acme = house.path_of("Acme");
    for below in ["delete", "delete/1", "end", "log"] {
        house.enter_as(ACME_MEMBER);
        let path = format!("{acme}/{below}");
        assert_eq!(house.get(&path).await.status, 403, "{path}");
    }
    let form = everything(&house, ACME_MEMBER, "Acme").await;
    let before = state(&house, "Acme");
    for below in ["delete", "end"] {
        let path = format!("{acme}/{below}");
        assert_eq!(house.post_form(&path, &form).await.status, 403, "{path}");
    }
    assert_eq!(state(&house, "Acme"), before);
    for door in doors() {
        let page = house.get(&inside.path(door)).await;
        let grave = |link: &String| link.contains("/delete") || link.ends_with("/end");
        assert_eq!(page.links().into_iter().find(grave), None, "{door}");
    }
}

#[tokio::test]
async fn nothing_that_was_reported_or_entered_is_markup() {
    let house = House::new();
    house.customer(HOSTILE, HOSTILE);
    house.enter_as(HOSTILE);
    let inside = furnish(&house, HOSTILE, HOSTILE);
    let query: String =
        percent_encoding::utf8_percent_encode(HOSTILE, percent_encoding::NON_ALPHANUMERIC)
            .to_string();
    let mut paths: Vec<String> = doors().iter().map(|door| inside.path(door)).collect();
    let home = house.path_of(HOSTILE);
    let fleet = house
        .app
        .store
        .fleet_clusters(house.organization(HOSTILE), None, 1);
    let product = fleet.unwrap()[0].product.0;
    for below in [
        format!("servers?q={query}"),
        format!("servers?product={product}&cluster={query}"),
        format!("reports?q={query}&product={query}&cluster={query}&server={query}&kind={query}"),
        "tokens?revoked=true".to_owned(),
        format!("delete?product={product}&cluster={query}"),
        format!("delete?server={}", inside.0[1].1),
    ] {
        paths.push(format!("{home}/{below}"));
    }
    let mut pages = 0;
    for path in paths {
        let page = house.get(&path).await;
        if page.status == 405 || !page.header("content-type").starts_with("text/html") {
            continue;
        }
        assert_eq!(page.status, 200, "{path}");
        assert!(
            !page.text.contains("<script>") && !page.text.contains("style="),
            "{path}"
        );
        assert!(
            page.text.contains("&#60;script&#62;"),
            "{path} shows nothing of it"
        );
        pages += 1;
    }
    assert!(pages >= 17, "{pages}");
}
