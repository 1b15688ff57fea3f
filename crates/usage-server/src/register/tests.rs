//! The two doors as programs find them: each answer, to the letter.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt;
use usage_store::registry::NewAccount;
use usage_store::registry::register::{Approval, NewCode};
use usage_store::{Store, Writing};

use super::{UserCode, challenge};
use crate::app::{App, Settings};
use crate::limits::{DEVICE_BURST_REQUESTS, EXCHANGE_BURST_REQUESTS};

const CODE: &str = "authorization_code";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

struct House {
    app: Arc<App>,
    router: Router,
    approval: Approval,
    _folder: tempfile::TempDir,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl House {
    fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path(), Writing::Alone).unwrap());
        let now = Timestamp::now();
        let ada = NewAccount {
            email: "ada@example.com",
            password_hash: "hash",
            verified: false,
            identity: None,
        };
        let (account, organization) = store.sign_up(&ada, "Acme", now).unwrap();
        let approval = Approval {
            organization,
            account,
            replaces: false,
        };
        let settings = Settings {
            public_url: "https://usage.example.com/base/".to_owned(),
            tls: true,
            ..Settings::for_tests()
        };
        let app = Arc::new(App::for_tests(store, settings));
        House {
            router: crate::router::router(Arc::clone(&app)),
            app,
            approval,
            _folder: folder,
        }
    }

    async fn post_from(&self, address: &str, path: &str, body: String) -> Answer {
        let peer: SocketAddr = address.parse().unwrap();
        let request = Request::post(format!("/api/v1/register/{path}"))
            .extension(ConnectInfo(peer))
            .header("content-type", "application/json")
            // Nobody looks at it.
            .header("x-authorization", "wrong")
            .body(Body::from(body));
        let answer = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap(),
        }
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_from("127.0.0.1:1", path, body.to_string()).await
    }

    async fn refused(&self, body: &Value, why: &str) {
        let answer = self.post("token", body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.body, json!({ "error": why }), "{body}");
    }

    fn code(&self, code: &str, verifier: &str) {
        let new = NewCode {
            secret: code.as_bytes(),
            product: "jambox",
            cluster: "c1",
            challenge: &challenge(verifier),
            approval: self.approval,
        };
        self.app
            .store
            .add_register_code(&new, Timestamp::now())
            .unwrap();
    }

    /// The token of an answer is valid, for this cluster only.
    fn is_granted(&self, answer: &Answer) -> bool {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.body.as_object().unwrap().len(), 1);
        let token = answer.body["token"].as_str().unwrap();
        assert!(token.starts_with("usage_") && token.len() == 49, "{token}");
        let grant = self
            .app
            .store
            .authenticate(token.as_bytes())
            .unwrap()
            .unwrap();
        assert_eq!(grant.organization, self.approval.organization);
        (grant.product.as_deref(), grant.cluster.as_deref()) == (Some("jambox"), Some("c1"))
    }
}

#[test]
fn the_example_of_the_standard() {
    assert_eq!(
        challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
}

#[tokio::test]
async fn a_code_and_its_verifier_become_a_token_once() {
    let house = House::new();
    house.code("code", "verifier");
    let body = json!({"grant_type": CODE, "code": "code", "code_verifier": "verifier"});
    assert!(house.is_granted(&house.post("token", &body).await));
    house.refused(&body, "invalid_grant").await;

    house.code("next", "verifier");
    let wrong = json!({"grant_type": CODE, "code": "next", "code_verifier": "verifier "});
    house.refused(&wrong, "invalid_grant").await;
    let late = json!({"grant_type": CODE, "code": "next", "code_verifier": "verifier"});
    house.refused(&late, "invalid_grant").await;

    house.code("last", "");
    for body in [
        json!({"grant_type": CODE}),
        json!({"grant_type": CODE, "code": 7, "code_verifier": []}),
        json!({"grant_type": CODE, "code": "last", "code_verifier": "x"}),
    ] {
        house.refused(&body, "invalid_grant").await;
    }
}

#[tokio::test]
async fn a_program_shows_a_code_and_asks_until_there_is_an_answer() {
    let house = House::new();
    let asked = json!({"cluster_id": "c1", "product": "jambox"});
    let begun = house.post("device", &asked).await;
    assert_eq!(begun.status, 200);
    assert_eq!(begun.headers["cache-control"], "no-store");
    let text = |key: &str| begun.body[key].as_str().unwrap().to_owned();
    let shown = text("user_code");
    assert_eq!(
        text("verification_uri"),
        "https://usage.example.com/base/device"
    );
    assert_eq!(
        text("verification_uri_complete"),
        format!("https://usage.example.com/base/device?code={shown}")
    );
    assert_eq!(
        (&begun.body["expires_in"], &begun.body["interval"]),
        (&json!(600), &json!(5))
    );
    let question = json!({"grant_type": DEVICE, "device_code": text("device_code")});
    house.refused(&question, "authorization_pending").await;
    // At once again; a slow machine needs more tries to be that fast.
    let mut hurried = None;
    for _ in 0..50 {
        let answer = house.post("token", &question).await;
        if answer.body != json!({"error": "authorization_pending"}) {
            hurried = Some(answer);
            break;
        }
    }
    assert_eq!(hurried.unwrap().body, json!({"error": "slow_down"}));
    let user_code = UserCode::typed(&shown).unwrap();
    let store = &house.app.store;
    let now = Timestamp::now();
    store
        .approve_device(user_code.letters(), &house.approval, now)
        .unwrap();
    assert!(house.is_granted(&house.post("token", &question).await));
    house.refused(&question, "expired_token").await;
}

#[tokio::test]
async fn a_no_is_told_and_what_nobody_knows_is_over() {
    let house = House::new();
    let asked = json!({"cluster_id": 17, "product": "jambox"});
    let begun = house.post("device", &asked).await.body;
    let user_code = UserCode::typed(begun["user_code"].as_str().unwrap()).unwrap();
    let by = house.approval.account;
    house
        .app
        .store
        .deny_device(user_code.letters(), by, Timestamp::now())
        .unwrap();
    let question = json!({"grant_type": DEVICE, "device_code": begun["device_code"]});
    house.refused(&question, "access_denied").await;
    house.refused(&question, "access_denied").await;
    for code in [
        json!("guess"),
        begun["user_code"].clone(),
        json!(""),
        json!(null),
    ] {
        house
            .refused(
                &json!({"grant_type": DEVICE, "device_code": code}),
                "expired_token",
            )
            .await;
    }
    house
        .refused(&json!({"grant_type": DEVICE}), "expired_token")
        .await;
    for grant_type in ["", "password", "client_credentials", "AUTHORIZATION_CODE"] {
        house
            .refused(
                &json!({ "grant_type": grant_type }),
                "unsupported_grant_type",
            )
            .await;
    }
    house.refused(&json!({}), "unsupported_grant_type").await;
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_in_the_protocols_words() {
    let house = House::new();
    let errors = |answer: &Answer| answer.body["errors"].clone();
    for body in [
        json!({}),
        json!({"cluster_id": " ", "product": ""}),
        json!({"product": null}),
    ] {
        let answer = house.post("device", &body).await;
        assert_eq!(answer.status, 422, "{body}");
        let blank = json!({
            "cluster_id": ["ClusterID can not be blank."],
            "product": ["Product can not be blank."],
        });
        assert_eq!(errors(&answer), blank);
    }
    let answer = house
        .post(
            "device",
            &json!({"cluster_id": "a\u{1b}[2J", "product": "p"}),
        )
        .await;
    assert_eq!(answer.status, 422);
    assert!(
        errors(&answer)["cluster_id"][0]
            .as_str()
            .unwrap()
            .contains("control character")
    );
    let long = json!({"cluster_id": "x".repeat(1_025), "product": "p"});
    assert_eq!(house.post("device", &long).await.status, 422);
    for body in ["", "[]", "null", "{", "\"x\""] {
        for path in ["device", "token"] {
            let answer = house.post_from("127.0.0.1:1", path, body.to_owned()).await;
            assert_eq!(answer.status, 422, "{path} {body}");
            assert!(errors(&answer)["body"][0].is_string());
        }
    }
    let huge = format!("{{\"x\":\"{}\"}}", "x".repeat(20_000));
    assert_eq!(
        house.post_from("127.0.0.1:1", "token", huge).await.status,
        422
    );
}

#[tokio::test]
async fn an_address_asks_only_so_often() {
    let house = House::new();
    let question = json!({"grant_type": DEVICE, "device_code": "guess"}).to_string();
    let asked = json!({"cluster_id": "c1", "product": "jambox"}).to_string();
    for (path, body, burst) in [
        ("token", &question, EXCHANGE_BURST_REQUESTS),
        ("device", &asked, DEVICE_BURST_REQUESTS),
    ] {
        let mut refused = None;
        // A slow machine's bucket refills meanwhile.
        for _ in 0..burst * 20 {
            let answer = house.post_from("192.0.2.1:1", path, body.clone()).await;
            if answer.status == 429 {
                refused = Some(answer);
                break;
            }
        }
        let refused = refused.expect("no end to it");
        let seconds = refused.headers["retry-after"].to_str().unwrap();
        assert!(seconds.parse::<u64>().unwrap() > 0, "{seconds}");
        let other = house.post_from("192.0.2.2:1", path, body.clone()).await;
        assert_ne!(other.status, 429);
    }
    for _ in 0..DEVICE_BURST_REQUESTS + 5 {
        let own = house
            .post_from("127.0.0.1:1", "device", asked.clone())
            .await;
        assert_eq!(own.status, 200, "loopback is exempt");
    }
}
