//! What stands in the tables: names for what has none, periods that aren't over, texts that spreadsheets
//! would run.

use jiff::SignedDuration;
use usage_store::Day;

use super::*;

fn runs(server: &str, version: &str, at: Timestamp) -> NewReport {
    let element = serde_json::json!([{
        "tags": {"version": version},
        "values": {"cluster_id": "c", "server_id": server},
    }]);
    report(Kind::Usage, PRODUCT, at, element.to_string().into_bytes())
}

fn starts(server: &str, host: &str, at: Timestamp) -> NewReport {
    let body = serde_json::json!({
        "cluster_id": "c", "server_id": server, "host": host, "product": PRODUCT, "version": "1",
    });
    report(Kind::Servers, PRODUCT, at, body.to_string().into_bytes())
}

/// The moment of a test, so many days ago.
struct Ago(Timestamp);

impl Ago {
    fn now() -> Ago {
        Ago(Timestamp::now())
    }

    fn at(&self, days: i64) -> Timestamp {
        self.0 - SignedDuration::from_hours(24 * days)
    }
}

#[tokio::test]
async fn groups_have_names_and_shares_add_up_to_one() {
    let (house, ago) = (House::empty(), Ago::now());
    for (server, version) in [("a", "1.10"), ("b", "1.10"), ("c", "1.9"), ("d", "=1+1")] {
        house.take(runs(server, version, ago.at(1)));
    }
    house.take(report(
        Kind::Usage,
        PRODUCT,
        ago.at(1),
        br#"[{"values":{"cluster_id":"c","server_id":"none"}}]"#.to_vec(),
    ));
    let rows = house.question("shares", "top=1").await.rows();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row["group"].as_str(), row["servers"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [(Some("1.10"), 2), (Some("(other)"), 2), (None, 1)]);
    let all: f64 = rows.iter().map(|row| row["share"].as_f64().unwrap()).sum();
    assert!((all - 1.0).abs() < 1e-9);
    let csv = house.question("shares", "format=csv").await.text;
    assert!(csv.contains("\r\n'=1+1,1,0.2\r\n"), "{csv}");
    assert!(csv.ends_with("\r\n,1,0.2\r\n"), "{csv}");

    let rows = house.question("behind", "").await.rows();
    let told: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {} {}", row["behind"], row["release"], row["servers"]))
        .collect();
    assert_eq!(
        told,
        [
            "0 \"1.10\" 2",
            "1 \"1.9\" 1",
            "null \"(no version)\" 1",
            "null null 1"
        ]
    );
    let rows = house
        .question("releases", "filter[version]=1.9")
        .await
        .rows();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["first_seen"], Day::of(ago.at(1)).to_string());
    assert_eq!(rows[0]["days_to_90"], 0);
}

#[tokio::test]
async fn nobody_is_gone_while_the_period_is_not_over() {
    let (house, ago) = (House::empty(), Ago::now());
    house.take(runs("a", "1.9", ago.at(3)));
    house.take(runs("b", "1.9", ago.at(2)));
    house.take(runs("b", "1.8", ago.at(1)));
    let (from, to) = (Day::of(ago.at(3)), Day::of(ago.at(0)));
    let window = format!("from={from}&to={to}");
    let rows = house.question("lifecycle", &window).await.rows();
    let gone: Vec<_> = rows.iter().map(|row| row["gone"].as_u64()).collect();
    assert_eq!(gone.len(), 4);
    assert_eq!(gone[..3], [Some(0), Some(1), Some(0)]);
    // The last is today, unless midnight came meanwhile.
    assert!(gone[3].is_none() || Day::of(Timestamp::now()) > to);

    let rows = house.question("upgrades", &window).await.rows();
    let down: u64 = rows
        .iter()
        .map(|row| row["downgraded"].as_u64().unwrap())
        .sum();
    assert_eq!((rows.len(), down), (4, 1));
    let rows = house.question("upgrade-paths", &window).await.rows();
    let row = &rows[0];
    assert_eq!(
        (&row["old"], &row["new"], &row["change"], &row["servers"]),
        (&"1.9".into(), &"1.8".into(), &"downgrade".into(), &1.into())
    );
}

#[tokio::test]
async fn clones_are_listed_with_reasons_and_counted() {
    let (house, ago) = (House::empty(), Ago::now());
    for (n, host) in ["one", "two", "one", "two"].into_iter().enumerate() {
        let at = ago.at(1) + SignedDuration::from_secs(n as i64);
        house.take(starts("twin", host, at));
    }
    house.take(starts("once", "three", ago.at(1)));
    let rows = house.question("clones", "").await.rows();
    assert_eq!(rows.len(), 1);
    for (column, value) in [
        ("server_id", Value::from("twin")),
        ("reasons", "hosts".into()),
        ("host", "two".into()),
        ("other_host", "one".into()),
        ("host_returns", 2.into()),
        ("organization", Value::Null),
    ] {
        assert_eq!(rows[0][column], value, "{column}");
    }
    let day = Day::of(ago.at(1));
    let said = format!("from={day}&to={day}");
    let row = &house.question("ids", &said).await.rows()[0];
    assert_eq!(
        (
            &row["servers"],
            &row["clones"],
            &row["once"],
            &row["steady"]
        ),
        (&2.into(), &1.into(), &1.into(), &0.into())
    );
    let without = format!("{said}&clones=out&once=out");
    let row = &house.question("active", &without).await.rows()[0];
    assert_eq!(row["servers"], 0);
}

#[tokio::test]
async fn a_cohort_has_a_row_for_each_later_period() {
    let (house, ago) = (House::empty(), Ago::now());
    house.take(runs("a", "1.9", ago.at(70)));
    house.take(runs("a", "1.9", ago.at(0)));
    let rows = house.question("retention", "per=month").await.rows();
    let first = &rows[0];
    assert_eq!((&first["servers"], &first["after"]), (&1.into(), &0.into()));
    let share: Vec<_> = rows
        .iter()
        .filter(|row| row["cohort_from"] == first["cohort_from"])
        .map(|row| row["share"].as_f64().unwrap())
        .collect();
    assert!(share.len() >= 3, "{share:?}");
    assert_eq!((share[0], share[1]), (1.0, 0.0));
    assert_eq!(share.last(), Some(&1.0));
}
