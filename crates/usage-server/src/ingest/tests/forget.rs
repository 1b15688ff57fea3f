//! Being forgotten: who may ask, for what, how often, and what they hear.

use super::*;
use crate::limits::FORGET_BURST_REQUESTS;

const DOOR: &str = "/api/v1/forget";
const ABOUT: &str = r#"{"product":"a","cluster_id":"c"}"#;

impl House {
    pub(super) fn token_that_may_forget(&self, secret: &str, cluster: Option<&str>) {
        let now = jiff::Timestamp::now();
        let new = NewToken {
            secret: secret.as_bytes(),
            drawn_here: false,
            organization: self.app.store.organization("Example", now).unwrap(),
            name: "",
            product: None,
            cluster,
            may_forget: true,
            by: usage_store::registry::COMMAND_LINE,
        };
        self.app.store.add_token(&new, now).unwrap();
    }

    async fn forget(&self, headers: &[(&str, &str)]) -> Answer {
        self.post(DOOR, headers, ABOUT).await
    }

    /// What the background does.
    fn erase(&self) {
        let store = &self.app.store;
        while store.apply().unwrap() > 0 {}
        while store.erase_next(jiff::Timestamp::now()).unwrap() {}
    }

    async fn status(&self, answer: &Answer) -> Value {
        let json = answer.json();
        let url = json["status_url"].as_str().unwrap();
        let target = url.strip_prefix("http://usage.example.com").unwrap();
        let asked = self.send(&request("GET", target, &[], b"")).await;
        asked.must_be(200).json()
    }
}

#[tokio::test]
async fn an_install_has_its_anonymous_reports_erased_by_its_key() {
    let house = House::new().await;
    let mine = [("X-Install-Key", "mine")];
    house
        .post("/api/v1/usage/a", &mine, USAGE)
        .await
        .must_be(200);
    house.post("/api/v1/usage/a", &[], USAGE).await.must_be(200);
    let wrong = house.forget(&[("X-Install-Key", "guess")]).await;
    house.erase();
    assert_eq!(house.stored().len(), 2, "a wrong key erases nothing");
    let right = house.forget(&mine).await;
    assert_eq!((wrong.status, right.status), (202, 202), "and is not told");
    assert_eq!(house.status(&right).await["status"], "pending");
    house.erase();
    let done = house.status(&right).await;
    assert_eq!(
        (&done["status"], &done["reports"]),
        (&"done".into(), &1.into())
    );
    let time = |key: &str| -> jiff::Timestamp { done[key].as_str().unwrap().parse().unwrap() };
    assert!(time("done_at") >= time("requested_at"));
    assert_eq!(house.stored().len(), 1, "what came without the key stays");
}

#[tokio::test]
async fn a_token_needs_the_right_to_ask() {
    let house = House::new().await;
    house.token("reports-only", None, None);
    house.token("of-the-cluster", None, Some("c"));
    house.token("of-another", None, Some("d"));
    house.token("of-another-product", Some("b"), Some("c"));
    house.token_that_may_forget("may", None);
    house.token_that_may_forget("may-elsewhere", Some("d"));
    for (token, why) in [
        ("reports-only", "--may-forget"),
        ("of-another", "the cluster d only"),
        ("of-another-product", "the product b only"),
        ("may-elsewhere", "the cluster d only"),
        ("unknown", "unknown or was revoked"),
    ] {
        let answer = house.forget(&[("X-Authorization", token)]).await;
        answer.must_be_error(401, why);
    }
    let nobody = house.forget(&[]).await;
    nobody.must_be_error(401, "X-Install-Key");
    for token in ["of-the-cluster", "may"] {
        let headers = [("X-Authorization", token)];
        house
            .post("/api/v1/usage/a", &headers, USAGE)
            .await
            .must_be(200);
        house.post("/api/v1/usage/a", &[], USAGE).await.must_be(200);
        house.forget(&headers).await.must_be(202);
        house.erase();
        let left = house.stored();
        assert!(left.iter().all(|one| one.organization.is_none()), "{token}");
    }
    assert_eq!(house.stored().len(), 2, "the anonymous ones prove nothing");
}

#[tokio::test]
async fn asking_again_leads_to_the_same_address() {
    let house = House::new().await;
    let key = [("X-Install-Key", "mine")];
    let first = house.forget(&key).await.must_be(202).json();
    assert_eq!(house.forget(&key).await.json(), first);
    let other = [("X-Install-Key", "another")];
    assert_ne!(house.forget(&other).await.json(), first);
    house.erase();
    assert_ne!(house.forget(&key).await.json(), first, "that one is done");
}

#[tokio::test]
async fn what_is_asked_must_make_sense() {
    let house = House::new().await;
    let key = [("X-Install-Key", "mine")];
    house.post(DOOR, &key, "{}").await.must_be(422);
    let answer = house.post(DOOR, &key, r#"{"product":"a"}"#).await;
    answer.must_blame("cluster_id", "ClusterID can not be blank.");
    house.post(DOOR, &key, "x").await.must_blame("body", "JSON");
    let numbers = r#"{"product":"a","cluster_id":8674665223082153551,"server_id":"s"}"#;
    house
        .post("//api/v1/forget/", &key, numbers)
        .await
        .must_be(202);
    let get = house.send(&request("GET", DOOR, &[], b"")).await;
    assert!(get.head.to_lowercase().contains("allow: post"), "{get:?}");
    get.must_be_error(405, "see Allow");
    for unknown in ["/api/v1/forget/guess", "/api/v1/forget/%ff"] {
        let answer = house.send(&request("GET", unknown, &[], b"")).await;
        answer.must_be_error(404, "under this code");
    }
}

#[tokio::test]
async fn asking_has_a_limit_of_its_own() {
    let house = House::with(|settings| settings.limit_loopback = true).await;
    let key = [("X-Install-Key", "mine")];
    for _ in 0..FORGET_BURST_REQUESTS {
        house.forget(&key).await.must_be(202);
    }
    let answer = house.forget(&key).await;
    assert!(
        answer.head.to_lowercase().contains("retry-after: 36"),
        "{answer:?}"
    );
    answer.must_be_error(429, "too many requests");
    house
        .post("/api/v1/usage/a", &key, USAGE)
        .await
        .must_be(200);
    house.token("of-the-cluster", None, Some("c"));
    let token = [("X-Authorization", "of-the-cluster")];
    house.forget(&token).await.must_be(202);
}
