//! Every door of the server, tried by everybody who may not come in: strangers, customers of another organization, and
//! programs with a token, a key, or a key for something else. A door is for operators and members, unless it is
//! named here.

use jiff::Timestamp;
use usage_store::registry::{COMMAND_LINE, NewApiKey, NewToken, Scope};

use super::super::testing::{ACME_MEMBER, ACME_OWNER, Answer, House, UMBRELLA_OWNER};
use super::crown;
use crate::route::Route;

/// What only Acme and operators know.
const OURS: &str = "zanzibar";

/// Doors that are for anybody, by what their names begin with.
const FOR_ANYBODY: [&str; 17] = [
    "/api/v1/usage/",
    "/api/v1/servers",
    "/api/v1/stats/",
    "/api/v1/forget",
    "/api/v1/register/",
    "/api/v1/openapi.json",
    "/healthz",
    "/readyz",
    "/public/",
    "/theme",
    "/sign-",
    "/forgot",
    "/reset/",
    "/invite/",
    "/welcome/",
    "/start",
    "/assets/",
];

/// Doors that are for whoever is signed in, who sees their own there.
const FOR_ACCOUNTS: [&str; 3] = ["/", "/device", "/organizations"];

/// Fields that forms would do something with.
const FIELDS: [(&str, &str); 14] = [
    ("id", "1"),
    ("session", "1"),
    ("name", "evil"),
    ("host", "evil.example"),
    ("url", "https://evil.example"),
    ("email", ACME_MEMBER),
    ("role", "owner"),
    ("to", "operator"),
    ("sure", "on"),
    ("read", "on"),
    ("mode", "drop"),
    ("version", "evil"),
    ("password", "correct horse battery"),
    ("answer", "approve"),
];

/// Who comes, and what they show.
struct Comer {
    who: &'static str,
    email: Option<&'static str>,
    bearer: Option<&'static str>,
}

const COMERS: [Comer; 5] = [
    Comer {
        who: "a stranger",
        email: None,
        bearer: None,
    },
    Comer {
        who: "another's owner",
        email: Some(UMBRELLA_OWNER),
        bearer: None,
    },
    Comer {
        who: "a key that may read",
        email: None,
        bearer: Some("Bearer uak_reads"),
    },
    Comer {
        who: "a key that may export",
        email: None,
        bearer: Some("Bearer uak_exports"),
    },
    Comer {
        who: "another's token",
        email: None,
        bearer: Some("Bearer usage_umbrellas"),
    },
];

impl Comer {
    /// What this one is for.
    fn may(&self, door: &str) -> bool {
        let to_ask = door.starts_with("/api/v1/query");
        let to_export = door == "/api/v1/export/reports";
        match self.bearer {
            Some("Bearer uak_reads") => to_ask,
            Some("Bearer uak_exports") => to_export,
            _ => false,
        }
    }

    fn comes(&self, house: &House) {
        match self.email {
            Some(email) => house.enter_as(email),
            None => house.leave(),
        }
        match self.bearer {
            Some(bearer) => house.claims(&[("authorization", bearer)]),
            None => house.claims(&[]),
        }
    }
}

/// Acme's and the operators' things, all of which say whose they are.
fn house() -> House {
    let house = House::with_customers();
    house.furnish("Acme", OURS);
    crown(&house, ACME_MEMBER);
    let (store, now) = (&house.app.store, Timestamp::now());
    for (secret, scope) in [("uak_reads", Scope::Read), ("uak_exports", Scope::Export)] {
        let key = NewApiKey {
            secret: secret.as_bytes(),
            name: "key",
            scopes: [scope].into_iter().collect(),
            expires_at: None,
            by: COMMAND_LINE,
        };
        store.add_api_key(&key, now).unwrap();
    }
    let token = NewToken {
        secret: b"usage_umbrellas",
        drawn_here: true,
        organization: house.organization("Umbrella"),
        name: "",
        product: None,
        cluster: None,
        may_forget: true,
        by: COMMAND_LINE,
    };
    store.add_token(&token, now).unwrap();
    house.with_every_door()
}

/// All that is not for whoever comes to change.
fn state(house: &House) -> String {
    let (store, now) = (&house.app.store, Timestamp::now());
    let acme = house.organization("Acme");
    let keys: Vec<_> = store.api_keys().unwrap();
    let keys: Vec<_> = keys.iter().map(|key| (key.id, &key.name)).collect();
    format!(
        "{:?} {keys:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        store.operators().unwrap(),
        store.webhooks().unwrap(),
        store.listed_products().unwrap(),
        store.tokens_of(acme).unwrap(),
        store.members(acme).unwrap(),
        store.members(house.organization("Umbrella")).unwrap(),
        store.invitations(Some(acme), now).unwrap(),
        store.invitations(None, now).unwrap(),
        store.own_erasures(acme, 99).unwrap(),
        store.redirect_hosts(OURS).unwrap(),
        store.allowlist(OURS).unwrap(),
        store.all_news().unwrap(),
    )
}

/// Where a door may lead to something of Acme's, or to it beside one's own organization.
fn paths(house: &House, door: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let homes = [house.path_of("Acme"), house.path_of("Umbrella")];
    for (n, home) in ["1", "2"]
        .iter()
        .flat_map(|n| homes.iter().map(move |home| (n, home)))
    {
        // One's own house is one's own.
        if door == "/organizations/{id}" && *home == homes[1] {
            continue;
        }
        let path = door.replace("/organizations/{id}", home);
        let path = path.replace("{question}", "servers");
        let path = path.replace("/public/{name}", &format!("/public/{OURS}"));
        let parts = path.split('/').map(|part| match part {
            "{product}" => OURS,
            part if part.starts_with('{') => n,
            part => part,
        });
        let path = parts.collect::<Vec<_>>().join("/");
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

fn refuses(answer: &Answer) -> bool {
    let location = answer.header("location");
    let to_sign_in = answer.status == 303 && location.starts_with("/sign-in");
    to_sign_in || [401, 403, 404, 405].contains(&answer.status.as_u16())
}

#[tokio::test]
async fn whoever_comes_by_whatever_door_sees_and_changes_nothing_of_others() {
    let house = house();
    let before = state(&house);
    let mut refused = 0;
    for comer in &COMERS {
        for door in Route::names() {
            if comer.may(door) {
                continue;
            }
            // The door before may have ended the session.
            comer.comes(&house);
            let own_form = if comer.email.is_some() {
                "/account"
            } else {
                "/sign-in"
            };
            let csrf = house.get(own_form).await.field("csrf");
            let fields = [&[("csrf", &*csrf)], &FIELDS[..]].concat();
            let is_open = FOR_ANYBODY.iter().any(|open| door.starts_with(open))
                || (comer.email.is_some()
                    && (FOR_ACCOUNTS.contains(door) || door.starts_with("/account")));
            // Within one's own organization, Acme's things are looked for by their numbers.
            let own = house.path_of("Umbrella");
            for path in paths(&house, door) {
                // Pages repeat what they were asked for.
                let asked = match door.starts_with("/api/") {
                    true => format!("{path}?product={OURS}"),
                    false => format!("{path}?product=1&cluster_id=c1&issued=1"),
                };
                for answer in [house.get(&asked).await, house.post(&path, &fields).await] {
                    let (who, status) = (comer.who, answer.status);
                    let location = answer.header("location");
                    // The way back is told, which they said.
                    let (location, _) = location.split_once('?').unwrap_or((&location, ""));
                    let said = [&*answer.text, location].concat().to_lowercase();
                    let told_back = path.contains(OURS);
                    assert!(
                        told_back || !said.contains(OURS),
                        "{who} at {path}: {status} {said}"
                    );
                    assert!(!said.contains(ACME_OWNER), "{who} at {path}: {said}");
                    let is_own = comer.email.is_some() && path.starts_with(&own);
                    if !is_open && !is_own {
                        assert!(refuses(&answer), "{who} at {path}: {status}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(refused > 500, "{refused}");
    assert_eq!(state(&house), before);
}

#[tokio::test]
async fn what_is_for_operators_is_refused_to_customers_as_such_and_asks_strangers_to_sign_in() {
    let house = house();
    for (email, status) in [(Some(UMBRELLA_OWNER), 403), (None, 303)] {
        match email {
            Some(email) => house.enter_as(email),
            None => house.leave(),
        }
        for path in [
            "/products/1",
            "/servers/1",
            "/reports",
            "/reports/1",
            "/quarantine",
            "/settings",
            "/products/1/dictionary",
            "/products/1/settings",
            "/products/1/public",
            "/webhooks",
            "/api-keys",
            "/operators",
            "/audit",
            "/live",
            "/import",
        ] {
            assert_eq!(house.get(path).await.status, status, "{path}");
        }
    }
    house.enter_as(ACME_MEMBER);
    let page = house.get("/products/1/dictionary").await;
    assert!(page.text.contains(OURS), "an operator sees it");
}
