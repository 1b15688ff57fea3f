//! What pages show and programs can have, too: a product's head, raw reports, what was refused, a server's starts.

use usage_store::quarantine::Refused;

use super::*;

fn refused(n: u32, product: &str, why: &str) -> Refused {
    Refused {
        at: Timestamp::now(),
        kind: Kind::Usage,
        product: Some(product.to_owned()),
        errors: format!(r#"{{"body":["{why}"]}}"#),
        body: format!("[{n}").into_bytes(),
        body_bytes: 2,
    }
}

fn numbers(told: &Told, column: &str) -> Vec<u64> {
    let rows = told.rows().into_iter();
    rows.map(|row| row[column].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn one_product_is_told_alone_and_an_unknown_one_is_none() {
    let house = House::with_fleet();
    let all = house.ask("/api/v1/query/products").await.rows();
    let one = house.question("products", "").await.rows();
    assert!(all.len() > 1 && one.len() == 1);
    assert!(all.contains(&one[0]) && one[0]["product"] == PRODUCT);
    let none = house.ask("/api/v1/query/products?product=nothing").await;
    none.must_blame("product", "no product is named");
    let dimensions = house.question("dimensions", "").await.rows();
    assert!(dimensions.iter().any(|row| row["dimension"] == "os"));
}

#[tokio::test]
async fn raw_reports_are_told_newest_first_and_page_by_page() {
    let house = House::with_fleet();
    let newest = house.question("reports", "limit=3").await;
    let first = numbers(&newest, "report");
    assert!(first.is_sorted_by(|a, b| a > b) && first.len() == 3);
    assert!(newest.rows().iter().all(|row| row["product"] == PRODUCT));
    let before = format!("limit=2&before={}", first[0]);
    let older = house.question("reports", &before).await;
    assert_eq!(numbers(&older, "report"), first[1..]);
    let body = newest.rows()[0]["body"].as_str().unwrap().to_owned();
    assert!(serde_json::from_str::<Value>(&body).is_ok(), "{body}");
}

#[tokio::test]
async fn what_was_refused_is_told_by_group_and_one_by_one() {
    let house = House::empty();
    let many: Vec<Refused> = (0..5)
        .map(|n| refused(n, "never accepted", "is not JSON"))
        .chain([refused(5, "other", "is too large")])
        .collect();
    house.app.store.quarantine(&many).unwrap();
    let groups = house.ask("/api/v1/query/quarantine").await;
    assert_eq!(numbers(&groups, "refused"), [1, 5]);
    let newest = numbers(&groups, "newest")[0];
    let older = format!("/api/v1/query/quarantine?before={newest}");
    let older = house.ask(&older).await.rows();
    assert_eq!(older, groups.rows()[1..]);
    let named = "/api/v1/query/quarantine?product=never%20accepted";
    assert_eq!(house.ask(named).await.rows(), older);
    let code = older[0]["group"].as_str().unwrap();
    let group = format!("/api/v1/query/quarantine?group={code}");
    assert_eq!(house.ask(&group).await.rows(), older);
    let bodies = format!("/api/v1/query/quarantine-reports?group={code}&limit=3");
    let first = house.ask(&bodies).await.rows();
    let told: Vec<&str> = first
        .iter()
        .map(|row| row["body"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["[4", "[3", "[2"]);
    let rest = house
        .ask(&format!("{bodies}&before={}", first[2]["report"]))
        .await;
    assert_eq!(rest.rows().len(), 2);
    let all = house.ask("/api/v1/query/quarantine-reports").await;
    assert_eq!(all.rows().len(), 6);
    for question in ["quarantine", "quarantine-reports"] {
        let none = house
            .ask(&format!("/api/v1/query/{question}?group=0123"))
            .await;
        none.must_blame("query", "was not found");
    }
}

#[tokio::test]
async fn a_servers_starts_are_told_for_each_day() {
    let house = House::empty();
    let now = Timestamp::now();
    let body = serde_json::json!({
        "cluster_id": "c", "server_id": "s", "host": "h", "product": PRODUCT, "version": "1",
    });
    for _ in 0..2 {
        let body = body.to_string().into_bytes();
        house.take(report(Kind::Servers, PRODUCT, now, body));
    }
    let told = house
        .ask("/api/v1/query/server-starts?server=1&days=3")
        .await;
    let days = told.rows();
    let starts: Vec<Option<u64>> = days.iter().map(|day| day["starts"].as_u64()).collect();
    assert_eq!(starts.len(), 3);
    let all: u64 = starts.iter().flatten().sum();
    // Midnight may have come meanwhile, but not two.
    assert!(all == 2 && starts[0] == Some(0), "{starts:?}");
    let about = house.ask("/api/v1/query/server?server=1").await.rows();
    let number = about.iter().find(|row| row["name"] == "product_number");
    assert_eq!(number.unwrap()["number"], 1);
}
