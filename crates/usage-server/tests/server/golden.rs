//! Recorded requests of existing programs, replayed to the byte, and what PROTOCOL's section
//! "What we answer" says to each.

use std::collections::BTreeSet;

use data_encoding::BASE64;
use serde::Deserialize;

use crate::folder::{Folder, Ids, Running};
use crate::http::Message;

const REQUESTS: &str = include_str!("../../../usage-client/tests/golden/requests.jsonl");

/// What a product's stats and usage look like on the way in.
const ORGANIZATION: &str = "Acme";

#[derive(Deserialize)]
struct Recorded {
    case: String,
    token: String,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body_b64: String,
}

impl Recorded {
    fn all() -> Vec<Recorded> {
        REQUESTS
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn body(&self) -> Vec<u8> {
        BASE64.decode(self.body_b64.as_bytes()).unwrap()
    }

    /// The bytes as they went over the wire. A recorded header is text of one byte a character.
    fn bytes(&self, server: &Running) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            let value = value.replace("{HOST}", &server.address().to_string());
            bytes.extend(format!("{name}: {value}\r\n").chars().map(|c| c as u8));
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend(self.body());
        bytes
    }

    /// The token it carries, wherever it carries it.
    fn token(&self) -> &str {
        self.target
            .split_once("?token=")
            .map_or(&*self.token, |(_, token)| token)
    }

    /// The fields that a 422 has to name, all at once.
    fn fields_to_blame(&self) -> &[&str] {
        match self.case.as_str() {
            "server/blank-all" | "enterprise/server-blank" => {
                &["cluster_id", "server_id", "host", "product", "version"]
            }
            "server/blank-server_id" => &["server_id"],
            "server/whitespace-only" => &["cluster_id", "host"],
            "server/long-host" => &["host"],
            "stats/blank-ids" => &["cluster_id", "server_id"],
            _ => &[],
        }
    }

    fn expected_status(&self) -> u16 {
        if self.token() == "no-such-token" {
            401
        } else if ["usage/product-slash", "usage/product-dotdot"].contains(&&*self.case) {
            404
        } else if !self.fields_to_blame().is_empty() {
            422
        } else if self.target.starts_with("/api/v1/servers") {
            201
        } else {
            200
        }
    }

    /// Checks the answer to the last letter that a program could see.
    fn check(&self, reply: &Message) {
        let case = &self.case;
        let said = reply.text();
        assert_eq!(reply.status(), self.expected_status(), "{case}: {said}");
        let kind = reply.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/json"), "{case}: {kind}");
        let body = reply.json();
        match reply.status() {
            422 => {
                let errors = body["errors"].as_object().unwrap();
                let blamed: BTreeSet<&str> = errors.keys().map(String::as_str).collect();
                let expected: BTreeSet<&str> = self.fields_to_blame().iter().copied().collect();
                assert_eq!(blamed, expected, "{case}");
                for (field, texts) in errors.iter().filter(|_| case != "server/long-host") {
                    assert_eq!(texts[0], blank(field), "{case}");
                    assert_eq!(texts.as_array().unwrap().len(), 1, "{case}");
                }
            }
            401 | 404 => {
                assert!(
                    body["error"].as_str().is_some_and(|text| !text.is_empty()),
                    "{case}"
                );
            }
            _ => assert!(body["next_report_in"].is_u64(), "{case}: {said}"),
        }
    }
}

fn blank(field: &str) -> &'static str {
    match field {
        "cluster_id" => "ClusterID can not be blank.",
        "server_id" => "ServerID can not be blank.",
        "host" => "Host can not be blank.",
        "product" => "Product can not be blank.",
        _ => "Version can not be blank.",
    }
}

/// A server that knows the recorded tokens, save the one that is meant to be wrong.
fn server(folder: &Folder) -> Running {
    let tokens: BTreeSet<String> = Recorded::all()
        .iter()
        .map(|request| request.token().to_owned())
        .filter(|token| !["", "no-such-token"].contains(&token.as_str()))
        .collect();
    assert!(tokens.len() >= 3, "{tokens:?}");
    for token in tokens {
        folder.take_over(ORGANIZATION, &token);
    }
    folder.serve()
}

#[test]
fn every_recorded_report_is_answered_and_kept_as_the_protocol_says() {
    let folder = Folder::new();
    let server = server(&folder);
    let reports: Vec<_> = Recorded::all()
        .into_iter()
        .filter(|request| request.method == "POST")
        .collect();
    assert!(reports.len() > 60);
    for request in &reports {
        // Existing programs open a connection for each report.
        request.check(&server.connect().exchange(&request.bytes(&server)).unwrap());
    }

    let accepted: Vec<_> = reports
        .iter()
        .filter(|request| request.expected_status() < 300)
        .collect();
    let export = folder.export();
    assert_eq!(export.len(), accepted.len());
    for (report, request) in export.iter().zip(&accepted) {
        assert_eq!(
            report.body.get().as_bytes(),
            request.body(),
            "{}",
            request.case
        );
        let organization = (!request.token().is_empty()).then_some(ORGANIZATION);
        assert_eq!(
            report.organization.as_deref(),
            organization,
            "{}",
            request.case
        );
    }
    server.stop();
}

#[test]
fn recorded_reports_over_one_connection_are_answered_alike() {
    let folder = Folder::new();
    let server = server(&folder);
    let mut connection = server.connect();
    for request in Recorded::all()
        .iter()
        .filter(|request| request.method == "POST")
    {
        request.check(&connection.exchange(&request.bytes(&server)).unwrap());
    }
    server.stop();
}

#[test]
fn products_and_ids_are_read_as_they_were_meant() {
    let folder = Folder::new();
    let server = server(&folder);
    let all = Recorded::all();
    let exported = |case: &str| {
        let request = all.iter().find(|request| request.case == case).unwrap();
        request.check(&server.connect().exchange(&request.bytes(&server)).unwrap());
        folder.export().pop().unwrap()
    };
    for (case, product) in [
        ("usage/product-angle", "<b>"),
        ("usage/product-capital", "InfluxDB"),
        ("stats/product-colon", "a:b"),
        ("usage/product-pipe-brackets", "a|b[c]{d}^`"),
        ("usage/product-plus", "a+b"),
        ("usage/product-question", "a"),
        ("usage/product-quote", "a\"b"),
        ("usage/product-semicolon", "a;b"),
        ("stats/product-space", "influxdb cluster"),
        ("stats/product-trailing-slash", "influxdb"),
        ("usage/product-trailing-slash", "influxdb"),
        ("server/html", "<b>&\"'</b>"),
    ] {
        assert_eq!(exported(case).product, product, "{case}");
    }
    for (case, ids) in [
        ("server/readme", vec![Ids::new("clus1", Some("serv1"))]),
        ("stats/readme", vec![Ids::new("clus1", Some("serv1"))]),
        ("usage/readme", vec![Ids::new("23423", Some("1"))]),
        (
            "influxdb-0.9.5/usage",
            vec![Ids::new("8674665223082153551", Some("1"))],
        ),
        (
            "influxdb-1.8/usage",
            vec![Ids::new("8674665223082153551", None)],
        ),
        ("usage/nil-tags", vec![]),
        ("usage/empty-data", vec![]),
    ] {
        assert_eq!(exported(case).ids, ids, "{case}");
    }
    server.stop();
}

#[test]
fn no_recorded_registration_harms_the_server() {
    let folder = Folder::new();
    let server = server(&folder);
    for request in Recorded::all()
        .iter()
        .filter(|request| request.method == "GET")
    {
        let reply = server.connect().exchange(&request.bytes(&server)).unwrap();
        assert!(
            (200..500).contains(&reply.status()),
            "{}: {}",
            request.case,
            reply.first_line
        );
        assert_eq!(reply.header("x-injected"), None, "{}", request.case);
    }
    server.stop();
}
