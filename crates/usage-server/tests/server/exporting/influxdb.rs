//! Line protocol, written into a real InfluxDB: what can be asked of it then is what was reported.

use serde_json::{Value, json};

use super::{PRODUCTS, elements, fleet, reports};
use crate::folder::Folder;
use crate::http::Connection;
use crate::influx_database::Influxd;

/// A database of one test.
struct Database(Influxd);

impl Database {
    /// `None` where none is installed.
    fn start(folder: &Folder) -> Option<Database> {
        let influxd = Influxd::start(folder)?;
        influxd.make_database();
        Some(Database(influxd))
    }

    fn post(&self, target: &str, body: &str) -> String {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let mut connection = Connection::open(self.0.address).unwrap();
        let answer = connection.post(target, &form, body);
        assert!(answer.status() / 100 == 2, "{target}: {}", answer.text());
        answer.text()
    }

    /// The rows of a query.
    fn ask(&self, query: &str) -> Value {
        let escaped =
            percent_encoding::utf8_percent_encode(query, percent_encoding::NON_ALPHANUMERIC);
        let text = self.post("/query?db=usage", &format!("q={escaped}"));
        let answer: Value = serde_json::from_str(&text).unwrap();
        let series = &answer["results"][0]["series"];
        assert!(series[1].is_null(), "{text}");
        series[0]["values"].clone()
    }
}

#[test]
fn every_point_arrives_with_its_types() {
    let folder = fleet(600);
    let Some(database) = Database::start(&folder) else {
        return;
    };
    let lines = folder
        .run(&["export", "reports", "--format", "line-protocol"])
        .well();
    let reports = reports(&folder);
    let elements = elements(&reports);
    assert_eq!(lines.lines().count(), elements.len());
    database.post("/write?db=usage", &lines);
    // The same again are the same points.
    database.post("/write?db=usage", &lines);
    for product in PRODUCTS {
        let own: Vec<_> = elements
            .iter()
            .filter(|(report, _)| report["product"] == product)
            .collect();
        let measurement = format!("\"{}\"", product.replace('\\', "\\\\").replace('"', "\\\""));
        let one = |what: &str, rest: &str| {
            let rows = database.ask(&format!("SELECT {what} FROM {measurement} {rest}"));
            rows[0][1].clone()
        };
        assert_eq!(one("count(observed)", ""), own.len(), "{product}");
        let of_kind = own
            .iter()
            .filter(|(report, _)| report["kind"] == "servers")
            .count();
        assert_eq!(one("count(observed)", "WHERE kind = 'servers'"), of_kind);
        let values = |name: &str| {
            let found = own
                .iter()
                .map(|(_, element)| element["values"][name].clone());
            found.filter(|value| !value.is_null()).collect::<Vec<_>>()
        };
        let sum = |name: &str| values(name).iter().filter_map(Value::as_i64).sum::<i64>();
        assert_eq!(one("sum(\"databases\")", ""), sum("databases"));
        assert_eq!(one("sum(\"delta\")", ""), sum("delta"));
        let load: f64 = values("load").iter().filter_map(Value::as_f64).sum();
        assert_eq!(one("sum(\"load\")", "").as_f64(), Some(load));
        let strange = "WHERE odd = 'a=b, c/ /' AND host = 'rack 7' AND os = 'linux'";
        let linux = own
            .iter()
            .filter(|(_, one)| one["tags"]["os"] == "linux")
            .count();
        assert_eq!(one("count(observed)", strange), linux);
        let acme = own
            .iter()
            .filter(|(report, _)| report["organization"] == "+Acme, Inc.")
            .count();
        assert_eq!(
            one("count(observed)", "WHERE organization = '+Acme, Inc.'"),
            acme
        );
        let kinds = database.ask(&format!("SHOW FIELD KEYS FROM {measurement}"));
        let kind = |name: &str| {
            let rows = kinds.as_array().unwrap();
            let found = rows.iter().find(|row| row[0] == name);
            found.unwrap_or_else(|| panic!("{name}: {kinds}"))[1].clone()
        };
        for (name, wanted) in [
            ("observed", "integer"),
            ("databases", "integer"),
            ("load", "float"),
            ("big", "float"),
            ("up", "boolean"),
            ("mixed", "string"),
            ("value_mixed", "integer"),
            ("value_time", "integer"),
        ] {
            assert_eq!(kind(name), json!(wanted), "{name}");
        }
    }
}
