//! What real programs sent, byte for byte.

use std::path::Path;

use serde_json::Value;

use super::*;

/// What the protocol demands for a recorded request.
fn expected(case: &str, target: &str) -> u16 {
    match case {
        "server/blank-all"
        | "server/blank-server_id"
        | "server/whitespace-only"
        | "stats/blank-ids"
        | "enterprise/server-blank" => 422,
        // A host of 64 KiB: over the limit of 1,024 bytes.
        "server/long-host" => 422,
        "influxdb-2015-10/server-wrong-token" => 401,
        "usage/product-slash" | "usage/product-dotdot" => 404,
        _ if target.contains("/servers") => 201,
        _ => 200,
    }
}

#[tokio::test]
async fn every_recorded_request_gets_what_the_protocol_demands() {
    let house = House::new().await;
    for token in ["token-goes-here", "a\tb", "tökén"] {
        house.token(token, None, None);
    }
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../usage-client/tests/golden/requests.jsonl");
    let recorded = std::fs::read_to_string(path).unwrap();
    let mut accepted = Vec::new();
    for line in recorded.split('\n').filter(|line| !line.is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let name = case["case"].as_str().unwrap();
        let method = case["method"].as_str().unwrap();
        let target = case["target"].as_str().unwrap();
        if method != "POST" {
            continue;
        }
        let body = data_encoding::BASE64
            .decode(case["body_b64"].as_str().unwrap().as_bytes())
            .unwrap();
        let mut bytes = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
        for header in case["headers"].as_array().unwrap() {
            let (header, value) = (header[0].as_str().unwrap(), header[1].as_str().unwrap());
            let value = value.replace("{HOST}", &house.address.to_string());
            // Recorded as Latin-1: a character is a byte.
            let line = format!("{header}: {value}\r\n");
            bytes.extend(line.chars().map(|byte| u8::try_from(byte).unwrap()));
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&body);
        let answer = house.send(&bytes).await;
        assert_eq!(answer.status, expected(name, target), "{name}: {answer:?}");
        if answer.status < 300 {
            assert_eq!(answer.json()["next_report_in"], 43_200, "{name}");
            accepted.push((name.to_owned(), body));
        }
    }
    assert!(accepted.len() > 60, "only {}", accepted.len());
    let stored = house.stored();
    assert_eq!(stored.len(), accepted.len(), "each is stored once");
    for (stored, (name, body)) in stored.iter().zip(&accepted) {
        assert_eq!(&stored.body, body, "{name}: stored as sent");
    }
}

#[tokio::test]
async fn a_blank_server_hears_all_five() {
    let house = House::new().await;
    let blank = r#"{"cluster_id":"","server_id":"","host":"","product":"","version":""}"#;
    let answer = house.post("/api/v1/servers", &[], blank).await.must_be(422);
    assert_eq!(
        answer.json(),
        serde_json::json!({ "errors": {
            "cluster_id": ["ClusterID can not be blank."],
            "server_id": ["ServerID can not be blank."],
            "host": ["Host can not be blank."],
            "product": ["Product can not be blank."],
            "version": ["Version can not be blank."],
        }})
    );
    assert!(house.stored().is_empty());
}
