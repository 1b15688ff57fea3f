//! What is no longer kept: an answer says from which day on it has all.

use usage_store::{Day, Tier};

use super::*;

#[tokio::test]
async fn an_answer_says_from_which_day_on_it_has_all() {
    let house = House::with_fleet();
    let ask = async |question: &str, said: &str| house.question(question, said).await;
    for question in ["active", "releases"] {
        assert_eq!(ask(question, "").await.json()["complete_from"], Value::Null);
    }
    let csv = ask("active", "format=csv").await;
    assert_eq!(csv.header("usage-complete-from"), "");
    let today = Day::of(Timestamp::now());
    let (days, cells) = (today.plus(-5), today.plus(-10));
    for (tier, before) in [(Tier::Days, days), (Tier::Cells, cells)] {
        while house.app.store.age(tier, before).unwrap() {}
    }
    for (question, said, from) in [
        ("active", "", Some(cells)),
        ("retention", "", Some(cells)),
        ("values", "value=users", Some(days)),
        ("features", "", Some(days)),
        ("products", "", None),
    ] {
        let path = format!("/api/v1/query/{question}?product={PRODUCT}&{said}");
        let from = from.map(|day| day.to_string());
        let told = house.ask(&path).await.json();
        assert_eq!(
            told["complete_from"].as_str(),
            from.as_deref(),
            "{question}"
        );
        let csv = house.ask(&format!("{path}&format=csv")).await;
        let header = csv.header("usage-complete-from");
        assert_eq!(header, from.unwrap_or_default(), "{question}");
    }
}
