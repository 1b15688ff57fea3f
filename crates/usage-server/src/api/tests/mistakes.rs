//! Who may not ask, and what isn't understood: each hears what would be right.

use super::*;
use crate::api::questions::QUESTIONS;

#[tokio::test]
async fn who_has_no_key_hears_so_of_every_question() {
    let house = House::empty();
    let paths = QUESTIONS.iter().map(|question| question.path);
    for path in paths.chain(["/api/v1/query"]) {
        for headers in [&[][..], &[("authorization", "Bearer uak_wrong")][..]] {
            let told = house.send(path, headers).await;
            assert_eq!(told.status, 401, "{path}: {}", told.text);
            let told: Value = serde_json::from_str(&told.text).unwrap();
            assert!(told["error"].is_string());
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_named_with_what_there_is() {
    let house = House::with_fleet();
    let told = house.ask("/api/v1/query/active?product=tidwater").await;
    told.must_blame(
        "product",
        "no product is named \\\"tidwater\\\"; there is: ",
    );
    told.must_blame("product", PRODUCT);
    let ask = async |said: &str| house.question("adoption", said).await;
    ask("dimension=vers")
        .await
        .must_blame("dimension", "version");
    ask("filter[plan]=pro")
        .await
        .must_blame("filter[plan]", "there is: arch, ");
    ask("dimensions=os")
        .await
        .must_blame("dimensions", "there is: ");
    ask("by=os").await.must_blame("by", "dimension");
    house
        .question("shares", "by=@cluster")
        .await
        .must_blame("by", "no dimension is named");
    let told = ask("per=year&top=0&from=2026-13-01&to=yesterday&who=me").await;
    told.must_blame("per", "none of: day, week, month");
    told.must_blame("top", "whole number from 1 to 1000");
    told.must_blame("from", "no day like 2026-11-23");
    told.must_blame("to", "no day like 2026-11-23");
    told.must_blame("who", "none of: all, anonymous, organizations");
    let empty = House::empty();
    let told = empty.ask("/api/v1/query/shares?product=tidewater").await;
    told.must_blame("product", "nothing was reported yet");
    let told = empty.ask("/api/v1/query/shares").await;
    told.must_blame("product", "is needed");
}

#[tokio::test]
async fn windows_are_bounded_and_run_forwards() {
    let house = House::with_fleet();
    let ask = async |question: &str, said: &str| house.question(question, said).await;
    for question in [
        "shares",
        "releases",
        "lifecycle",
        "retention",
        "ids",
        "upgrades",
    ] {
        let told = ask(question, "from=2010-01-01&to=2026-01-01").await;
        told.must_blame("from", "at most 3660 days at once");
        let told = ask(question, "from=2026-01-02&to=2026-01-01").await;
        told.must_blame("from", "is after `to`");
    }
    let told = ask("active", "days=3&from=2026-01-01").await;
    told.must_blame("days", "say one of them");
    let told = ask("active", "days=3661").await;
    told.must_blame("days", "whole number from 1 to 3660");
    let rows = ask("active", "days=3&to=2026-01-03").await.rows();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["from"], "2026-01-01");
    let told = ask("retention", "from=2017-01-01&to=2026-01-01").await;
    told.must_blame("from", "at most 120 weeks at once");
    let said = "from=2017-01-01&to=2026-01-01&per=month";
    assert_eq!(ask("retention", said).await.status, 200);
    let told = ask("retention", "per=day").await;
    told.must_blame("per", "none of: week, month");
}

#[tokio::test]
async fn what_is_unknown_or_said_twice_is_blamed_under_its_name() {
    let house = House::with_fleet();
    let ask = async |question: &str, said: &str| house.question(question, said).await;
    for (question, said, field, says) in [
        (
            "active",
            "organization=999",
            "organization",
            "`organizations` lists them",
        ),
        ("active", "cluster=nobodys", "cluster", "nobodys"),
        (
            "active",
            "format=json&format=csv",
            "format",
            "more than once",
        ),
        ("values", "value=nothing", "value", "stored_bytes"),
        ("penetration", "value=os", "value", "was not found"),
        (
            "cluster-history",
            "cluster=nobodys",
            "cluster",
            "was not found",
        ),
        (
            "cluster-starts",
            "cluster=nobodys",
            "cluster",
            "was not found",
        ),
        (
            "cluster-stats",
            "cluster=nobodys",
            "cluster",
            "was not found",
        ),
    ] {
        ask(question, said).await.must_blame(field, says);
    }
    let told = house.ask("/api/v1/query/server-history?server=99999").await;
    told.must_blame("server", "was not found");
    assert_eq!(ask("penetration", "value=encrypted").await.status, 200);
}
