//! What changed since yesterday, and what was refused: to the last server, at any hour of the day.

use jiff::SignedDuration;
use usage_store::Day;
use usage_store::quarantine::Refused;

use super::*;

/// A cluster of one server reports, so many hours ago.
fn runs(cluster: &str, version: &str, now: Timestamp, hours_ago: i64) -> NewReport {
    let element = serde_json::json!([{
        "tags": {"version": version},
        "values": {"cluster_id": cluster, "server_id": "s"},
    }]);
    let at = now - SignedDuration::from_hours(hours_ago);
    report(Kind::Usage, PRODUCT, at, element.to_string().into_bytes())
}

fn refused(product: Option<&str>, kind: Kind, body: &str, at: Timestamp) -> Refused {
    Refused {
        at,
        kind,
        product: product.map(str::to_owned),
        errors: r#"{"body":["is wrong"]}"#.to_owned(),
        body: body.as_bytes().to_vec(),
        body_bytes: body.len() as u64,
    }
}

#[tokio::test]
async fn a_product_says_what_changed_since_yesterday() {
    let (house, now) = (House::empty(), Timestamp::now());
    for hours in [72, 48, 24, 0] {
        house.take(runs("steady", "1.0", now, hours));
    }
    for hours in [24, 0] {
        house.take(runs("new", "2.0", now, hours));
    }
    house.take(runs("silent-since-yesterday", "1.0", now, 48));
    house.take(runs("silent-for-long", "1.0", now, 72));
    let old = now - SignedDuration::from_hours(25);
    let store = &house.app.store;
    store
        .quarantine(&[
            refused(Some(PRODUCT), Kind::Usage, "{", old),
            refused(Some(PRODUCT), Kind::Usage, "{", now),
            refused(Some("another"), Kind::Usage, "{", now),
        ])
        .unwrap();
    let before = house.ask("/api/v1/query/products").await.rows();
    assert_eq!(before[0]["adopted"], false);
    assert!(before[0]["yesterday"].is_null() && before[0]["refused"].is_null());
    store.adopt_products(&[PRODUCT], now).unwrap();
    let row = house.ask("/api/v1/query/products").await.rows().remove(0);
    let daily = house
        .ask("/api/v1/query/products-daily?days=4")
        .await
        .rows();
    if Day::of(now) != Day::of(Timestamp::now()) {
        // Midnight came in between: these are another day's answers.
        return;
    }
    for (column, count) in [
        ("active", 2),
        ("yesterday", 2),
        ("day_before", 2),
        ("new_servers", 1),
        ("new_versions", 1),
        ("silent_clusters", 1),
        ("refused", 1),
    ] {
        assert_eq!(row[column], count, "{column}: {row}");
    }
    let servers: Vec<u64> = daily
        .iter()
        .map(|row| row["servers"].as_u64().unwrap())
        .collect();
    assert_eq!(servers, [2, 2, 2, 2]);
}

#[tokio::test]
async fn what_was_refused_is_told_by_reason_and_sender_and_without_bodies() {
    let (house, now) = (House::empty(), Timestamp::now());
    let of =
        |cluster: &str| format!(r#"[{{"values":{{"cluster_id":"{cluster}","secret":"sesame"}}}}]"#);
    let check_in = r#"{"cluster_id":17,"product":"of-the-body"}"#;
    let store = &house.app.store;
    store
        .quarantine(&[
            refused(Some("p"), Kind::Usage, &of("c1"), now),
            refused(Some("p"), Kind::Usage, &of("c2"), now),
            refused(Some("p"), Kind::Usage, &of("c1"), now),
            refused(Some("p"), Kind::Usage, "no JSON", now),
            refused(None, Kind::Servers, check_in, now),
        ])
        .unwrap();
    let told = house.ask("/api/v1/query/quarantine").await;
    assert!(!told.text.contains("sesame"), "{}", told.text);
    let rows = told.rows();
    let sender = |row: &Value| {
        let text = |column: &str| row[column].as_str().unwrap_or("-").to_owned();
        let refused = row["refused"].as_u64().unwrap();
        (text("product"), text("cluster"), refused)
    };
    let senders: Vec<_> = rows.iter().map(sender).collect();
    let one =
        |product: &str, cluster: &str, refused| (product.to_owned(), cluster.to_owned(), refused);
    let expected = [
        one("of-the-body", "17", 1),
        one("p", "-", 1),
        one("p", "c1", 2),
        one("p", "c2", 1),
    ];
    assert_eq!(senders, expected);
    assert_eq!(rows[2]["reasons"], r#"{"body":["is wrong"]}"#);
}
