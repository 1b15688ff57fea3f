//! One cluster: what any question says of its servers alone, and its own history.

use usage_store::Day;

use super::*;
use crate::api::parameter::Parameter;
use crate::api::questions::QUESTIONS;

/// Two servers of one cluster and one of another: numbers, check-ins and stats.
fn three_servers() -> House {
    let house = House::empty();
    let now = Timestamp::now();
    for (cluster, server, n) in [("c1", "s1", 3), ("c1", "s2", 4), ("c2", "s1", 50)] {
        let ids = format!(r#""cluster_id":"{cluster}","server_id":"{server}""#);
        let start = format!(r#"{{{ids},"host":"h","product":"{PRODUCT}","version":"1"}}"#);
        let usage = format!(r#"[{{"tags":{{"version":"1.{n}"}},"values":{{{ids},"users":{n}}}}}]"#);
        let stats = format!(r#"{{{ids},"stats":[{{"name":"http","values":{{"n":{n}}}}}]}}"#);
        for (kind, body) in [
            (Kind::Servers, start.clone()),
            (Kind::Servers, start),
            (Kind::Usage, usage),
            (Kind::Stats, stats),
        ] {
            house.take(report(kind, PRODUCT, now, body.into_bytes()));
        }
    }
    house
}

#[tokio::test]
async fn any_question_may_be_about_one_cluster() {
    let house = three_servers();
    for question in QUESTIONS {
        if question.takes.contains(&Parameter::Filter) {
            assert!(
                crate::api::takes(question.name(), "cluster"),
                "{}",
                question.name()
            );
        }
    }
    let first =
        async |question: &str, said: &str| house.question(question, said).await.rows().remove(0);
    assert_eq!(first("active", "days=1&cluster=c1").await["servers"], 2);
    assert_eq!(first("active", "days=1").await["servers"], 3);
    assert_eq!(
        first("values", "days=1&value=users&cluster=c1").await["sum"],
        7
    );
    assert_eq!(
        first("value-now", "value=users&cluster=c2").await["max"],
        50
    );
    let shares = house.question("shares", "cluster=c1").await.rows();
    assert_eq!(shares.len(), 2, "{shares:?}");
    let clusters = house.question("clusters", "cluster=c2").await.rows();
    assert_eq!(clusters.len(), 1, "{clusters:?}");
    assert_eq!(clusters[0]["cluster_id"], "c2");
    let silent = house.question("silent-clusters", "cluster=c1").await;
    assert_eq!(silent.rows().len(), 0);
}

#[tokio::test]
async fn a_cluster_has_its_servers_starts_and_stats() {
    let house = three_servers();
    let today = Day::of(Timestamp::now()).to_string();
    let starts = async |said: &str| {
        let rows = house.question("cluster-starts", said).await.rows();
        let last = rows.last().unwrap();
        // Unless it was midnight just now.
        assert!(last["day"].as_str().unwrap() >= today.as_str());
        last["starts"].clone()
    };
    if Day::of(Timestamp::now()).to_string() == today {
        assert_eq!(starts("cluster=c1").await, 4);
        assert_eq!(starts("cluster=c2&days=1").await, 2);
        assert_eq!(starts("cluster=c1&filter[version]=1.3").await, 2);
        assert_eq!(starts("cluster=c1&who=organizations").await, 0);
    }
    let stats = async |said: &str| {
        let rows = house.question("cluster-stats", said).await.rows();
        let told = rows.iter().map(|row| {
            let stats = row["stats"].as_str().unwrap();
            let stats: Value = serde_json::from_str(stats).unwrap();
            format!("{} {stats}", row["server_id"].as_str().unwrap())
        });
        told.collect::<Vec<String>>()
    };
    let both = stats("cluster=c1").await;
    assert_eq!(both.len(), 2, "{both:?}");
    assert!(
        both[0].starts_with("s1 ") && both[0].contains("3"),
        "{both:?}"
    );
    assert!(
        both[1].starts_with("s2 ") && both[1].contains("4"),
        "{both:?}"
    );
    assert_eq!(stats("cluster=c1&limit=1").await, both[..1]);
    assert_eq!(stats("cluster=c1&filter[version]=1.4").await, both[1..]);
}
