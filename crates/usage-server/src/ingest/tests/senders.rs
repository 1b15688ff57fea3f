//! Tokens, and the optional headers.

use super::*;

const KEY: &str = "123e4567-e89b-12d3-a456-426614174000";

#[tokio::test]
async fn a_token_counts_for_its_organization_however_it_comes() {
    let house = House::new().await;
    house.token("token-goes-here", None, None);
    for (target, headers) in [
        (
            "/api/v1/usage/a",
            &[("X-Authorization", "token-goes-here")][..],
        ),
        (
            "/api/v1/usage/a",
            &[("Authorization", "Bearer token-goes-here")],
        ),
        ("/api/v1/usage/a?token=token-goes-here", &[]),
        (
            "/api/v1/usage/a/?token=token%2Dgoes-here",
            &[("Authorization", "Basic dTpw")],
        ),
        (
            "//api/v1/usage/a?token=token-goes-here",
            &[("X-Authorization", "token-goes-here")],
        ),
    ] {
        house.post(target, headers, USAGE).await.must_be(200);
        assert!(
            house.stored().last().unwrap().organization.is_some(),
            "{target} {headers:?}"
        );
    }
    for headers in [
        &[][..],
        &[("X-Authorization", "")],
        &[("X-Authorization", "  ")],
        &[("Authorization", "Basic dTpw")],
    ] {
        house
            .post("/api/v1/usage/a?token=", headers, USAGE)
            .await
            .must_be(200);
        assert!(
            house.stored().last().unwrap().organization.is_none(),
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn a_wrong_token_stores_nothing() {
    let house = House::new().await;
    house.token("good", None, None);
    house.token("revoked", None, None);
    house
        .app
        .store
        .revoke_token("revoked", jiff::Timestamp::now())
        .unwrap();
    for (target, headers) in [
        ("/api/v1/usage/a", &[("X-Authorization", "nobody's")][..]),
        ("/api/v1/usage/a", &[("X-Authorization", "revoked")]),
        ("/api/v1/usage/a", &[("X-Authorization", "Bearer good")]),
        ("/api/v1/usage/a?token=GOOD", &[]),
    ] {
        house
            .post(target, headers, USAGE)
            .await
            .must_be_error(401, "unknown or was revoked");
    }
    for (target, headers) in [
        (
            "/api/v1/usage/a?token=other",
            &[("X-Authorization", "good")][..],
        ),
        (
            "/api/v1/usage/a",
            &[
                ("X-Authorization", "good"),
                ("Authorization", "Bearer other"),
            ],
        ),
    ] {
        house
            .post(target, headers, USAGE)
            .await
            .must_be_error(401, "two tokens");
    }
    // Said before anything about the body.
    house
        .post("/api/v1/usage/a?token=x", &[], "nonsense")
        .await
        .must_be(401);
    assert!(house.stored().is_empty());
    assert!(house.quarantined().await.is_empty());
}

#[tokio::test]
async fn a_bound_token_reports_for_its_own_only() {
    let house = House::new().await;
    house.token("p", Some("influxdb"), None);
    house.token("c", None, Some("c"));
    house
        .post("/api/v1/usage/influxdb?token=p", &[], USAGE)
        .await
        .must_be(200);
    house
        .post("/api/v1/usage/kapacitor?token=p", &[], USAGE)
        .await
        .must_be_error(401, "product influxdb only");
    house
        .post("/api/v1/servers?token=p", &[], CHECK_IN)
        .await
        .must_be(201);
    let other = CHECK_IN.replace("influxdb", "other");
    house
        .post("/api/v1/servers?token=p", &[], other)
        .await
        .must_be_error(401, "product");
    house
        .post("/api/v1/usage/any?token=c", &[], USAGE)
        .await
        .must_be(200);
    house
        .post("/api/v1/stats/any?token=c", &[], STATS)
        .await
        .must_be(200);
    let two = r#"[{"values":{"cluster_id":"c"}},{"values":{"cluster_id":"d"}}]"#;
    house
        .post("/api/v1/usage/any?token=c", &[], two)
        .await
        .must_be_error(401, "cluster c only");
    assert_eq!(house.stored().len(), 4);
}

#[tokio::test]
async fn the_same_key_counts_once() {
    let house = House::new().await;
    house.token("t", None, None);
    let key = [("Idempotency-Key", KEY)];
    for _ in 0..3 {
        house
            .post("/api/v1/usage/a", &key, USAGE)
            .await
            .must_be(200);
    }
    assert_eq!(house.stored().len(), 1);
    let changed = USAGE.replace("linux", "plan9");
    house
        .post("/api/v1/usage/a", &key, &changed)
        .await
        .must_blame("Idempotency-Key", "another body");
    // Other scopes: another product, another server, a token, another kind.
    house
        .post("/api/v1/usage/b", &key, USAGE)
        .await
        .must_be(200);
    house
        .post("/api/v1/usage/a", &key, USAGE.replace("\"c\"", "\"d\""))
        .await
        .must_be(200);
    house
        .post("/api/v1/usage/a?token=t", &key, &changed)
        .await
        .must_be(200);
    house
        .post("/api/v1/stats/a?token=t", &key, STATS)
        .await
        .must_be(200);
    assert_eq!(house.stored().len(), 5);
    for wrong in ["7", "not-a-uuid", "123e4567e89b12d3a456426614174000"] {
        house
            .post("/api/v1/usage/a", &[("Idempotency-Key", wrong)], USAGE)
            .await
            .must_blame("Idempotency-Key", "UUID");
    }
    let refused = house.quarantined().await;
    assert_eq!(
        refused.last().unwrap().body,
        changed.as_bytes(),
        "its body is kept to be seen"
    );
}

#[tokio::test]
async fn late_reports_say_when_they_were_made() {
    let house = House::new().await;
    // A sender whose clock stands in 1999.
    let late = [
        ("Date", "Thu, 02 Dec 1999 12:00:00 GMT"),
        ("X-Reported-At", "1999-12-02T11:00:00.250Z"),
    ];
    house
        .post("/api/v1/usage/a", &late, USAGE)
        .await
        .must_be(200);
    let report = house.stored().pop().unwrap();
    let age = report
        .received_at
        .duration_since(report.reported_at.unwrap());
    assert_eq!(age.as_millis(), 3_599_750);
    house
        .post("/api/v1/usage/a", &[("Date", late[0].1)], USAGE)
        .await
        .must_be(200);
    assert_eq!(house.stored().pop().unwrap().reported_at, None);
    for (at, message) in [
        ("yesterday", "RFC 3339"),
        ("1999-12-02T12:01:00Z", "future"),
        ("1999-11-20T12:00:00Z", "more than 7 days"),
    ] {
        let headers = [late[0], ("X-Reported-At", at)];
        house
            .post("/api/v1/usage/a", &headers, USAGE)
            .await
            .must_blame("X-Reported-At", message);
    }
    house.token("t", None, None);
    let headers = [late[0], ("X-Reported-At", "1999-11-20T12:00:00Z")];
    house
        .post("/api/v1/usage/a?token=t", &headers, USAGE)
        .await
        .must_be(200);
}

#[tokio::test]
async fn an_install_key_is_kept_hashed_for_the_anonymous() {
    let house = House::new().await;
    house.token("t", None, None);
    let key = [("X-Install-Key", "install-secret")];
    house
        .post("/api/v1/usage/a", &key, USAGE)
        .await
        .must_be(200);
    house
        .post("/api/v1/usage/a?token=t", &key, USAGE)
        .await
        .must_be(200);
    let stored = house.stored();
    assert!(stored[0].install_key.is_some());
    assert!(stored[1].install_key.is_none());
}
