//! Who may ask: keys with and without the scope, revoked and expired ones, operators and others, and what
//! each hears that may not.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::routing::{get, post};
use jiff::SignedDuration;
use serde_json::Value;
use tower::ServiceExt;
use usage_store::registry::{ApiKeyId, COMMAND_LINE, NewAccount, NewApiKey};
use usage_store::{Store, Writing};

use super::*;
use crate::account;
use crate::app::Settings;

const READ_KEY: &str = "uak_reads";
const EXPORT_KEY: &str = "uak_exports";
const ADMIN_KEY: &str = "uak_all";

struct House {
    app: Arc<App>,
    doors: Router,
    _folder: tempfile::TempDir,
}

/// What was answered: the status, the text, and what is to be sent with the next try.
struct Told {
    status: u16,
    text: String,
    wants: Option<String>,
}

impl House {
    fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path(), Writing::Alone).unwrap());
        let settings = Settings {
            limit_loopback: true,
            ..Settings::for_tests()
        };
        let app = Arc::new(App::for_tests(store, settings));
        let doors = Router::new()
            .route("/read", get(async |asker: Asker<Read>| asker.name))
            .route("/read-by-post", post(async |asker: Asker<Read>| asker.name))
            .route("/export", get(async |asker: Asker<Export>| asker.name))
            .with_state(Arc::clone(&app));
        let house = House {
            app,
            doors,
            _folder: folder,
        };
        house.key(READ_KEY, &[Scope::Read], None);
        house.key(EXPORT_KEY, &[Scope::Export], None);
        house.key(ADMIN_KEY, &[Scope::Admin], None);
        house
    }

    fn key(&self, secret: &str, scopes: &[Scope], expires_at: Option<Timestamp>) -> ApiKeyId {
        let new = NewApiKey {
            secret: secret.as_bytes(),
            name: secret.trim_start_matches("uak_"),
            scopes: scopes.iter().copied().collect(),
            expires_at,
            by: COMMAND_LINE,
        };
        self.app.store.add_api_key(&new, Timestamp::now()).unwrap()
    }

    /// The cookie of somebody who is signed in.
    fn signed_in(&self, email: &str, operator: bool) -> String {
        let (store, now) = (&self.app.store, Timestamp::now());
        let id = if operator {
            store.add_operator(email, "no password", now).unwrap()
        } else {
            let new = NewAccount {
                email,
                password_hash: "no password",
                verified: false,
                identity: None,
            };
            store.add_account(&new, email, now).unwrap()
        };
        let cookie = account::start(store, &HeaderMap::new(), id, false, now).unwrap();
        let cookie = cookie.unwrap().to_str().unwrap().to_owned();
        cookie.split(';').next().unwrap().to_owned()
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Told {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = self.doors.clone().oneshot(request).await.unwrap();
        let header = |name| Some(response.headers().get(name)?.to_str().unwrap().to_owned());
        let (status, wants) = (response.status().as_u16(), header("www-authenticate"));
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Told {
            status,
            text: String::from_utf8(body.to_vec()).unwrap(),
            wants,
        }
    }

    async fn get(&self, path: &str, key: &str) -> Told {
        let header = format!("Bearer {key}");
        self.ask("GET", path, &[("authorization", &header)]).await
    }
}

impl Told {
    /// A refusal in JSON, which says this.
    #[track_caller]
    fn refused(&self, status: u16, says: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        let told: Value = serde_json::from_str(&self.text).unwrap();
        let text = told["error"].as_str().unwrap();
        assert!(text.contains(says), "{text}");
        let wanted = (status == 401).then_some("Bearer");
        assert_eq!(self.wants.as_deref(), wanted);
    }
}

#[tokio::test]
async fn a_key_opens_what_its_scopes_say() {
    let house = House::new();
    for (path, key, may) in [
        ("/read", READ_KEY, true),
        ("/read", EXPORT_KEY, false),
        ("/read", ADMIN_KEY, true),
        ("/export", READ_KEY, false),
        ("/export", EXPORT_KEY, true),
        ("/export", ADMIN_KEY, true),
    ] {
        let told = house.get(path, key).await;
        if may {
            assert_eq!(told.status, 200, "{path} {key}");
            assert!(told.text.starts_with("API key "), "{}", told.text);
        } else {
            told.refused(403, &format!("the scope {}", &path[1..]));
        }
    }
    let by_post = [("authorization", "bearer  uak_reads ")];
    let told = house.ask("POST", "/read-by-post", &by_post).await;
    assert_eq!((told.status, &*told.text), (200, "API key reads"));
}

#[tokio::test]
async fn who_has_no_valid_key_hears_what_to_do() {
    let house = House::new();
    let none = house.ask("GET", "/read", &[]).await;
    none.refused(401, "Authorization: Bearer uak_");
    for blank in ["Bearer ", "Basic dXNlcjpwYXNz"] {
        let told = house.ask("GET", "/read", &[("authorization", blank)]).await;
        told.refused(401, "send an API key");
    }
    house
        .get("/read", "uak_guess")
        .await
        .refused(401, "unknown");
    house
        .get("/read", "usage_token")
        .await
        .refused(401, "no API key");
    let two = [("authorization", "Bearer uak_reads"); 2];
    let told = house.ask("GET", "/read", &two).await;
    told.refused(401, "two API keys");
}

#[tokio::test]
async fn a_key_ends_at_once_when_it_is_revoked_and_by_itself_at_its_end() {
    let house = House::new();
    let id = house.key("uak_short", &[Scope::Read], None);
    assert_eq!(house.get("/read", "uak_short").await.status, 200);
    let now = Timestamp::now();
    let store = &house.app.store;
    store.revoke_api_key(id, COMMAND_LINE, now).unwrap();
    house
        .get("/read", "uak_short")
        .await
        .refused(401, "revoked");
    let ended = now - SignedDuration::from_secs(1);
    house.key("uak_over", &[Scope::Read], Some(ended));
    house.get("/read", "uak_over").await.refused(401, "expired");
}

#[tokio::test]
async fn an_operators_browser_may_look_and_nobody_elses() {
    let house = House::new();
    let operator = house.signed_in("op@example.com", true);
    let told = house.ask("GET", "/read", &[("cookie", &operator)]).await;
    assert_eq!((told.status, &*told.text), (200, "op@example.com"));
    let told = house.ask("GET", "/export", &[("cookie", &operator)]).await;
    assert_eq!(told.status, 200);
    let told = house
        .ask("POST", "/read-by-post", &[("cookie", &operator)])
        .await;
    told.refused(401, "send an API key");
    let both = [
        ("cookie", &*operator),
        ("authorization", "Bearer uak_guess"),
    ];
    let told = house.ask("GET", "/read", &both).await;
    told.refused(401, "unknown");
    let customer = house.signed_in("ada@acme.example", false);
    let told = house.ask("GET", "/read", &[("cookie", &customer)]).await;
    told.refused(403, "operators");
}

#[tokio::test]
async fn guesses_are_slowed_down_and_keys_are_not() {
    let house = House::new();
    let burst = house.app.settings.per_sender.burst_requests;
    for _ in 0..2 * burst {
        if house.get("/read", "uak_guess").await.status == 429 {
            assert_eq!(house.get("/read", READ_KEY).await.status, 200);
            return;
        }
    }
    panic!("{burst} guesses and more");
}
