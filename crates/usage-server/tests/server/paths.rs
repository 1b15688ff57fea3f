//! Paths as programs join them: which are answered, with what, and which product they mean.

use crate::folder::{Folder, Running};
use crate::http::Message;

const CHECK_IN: &str =
    r#"{"cluster_id":"c1","server_id":"s1","host":"h","product":"influxdb","version":"1.0"}"#;
const USAGE: &str = r#"[{"tags":null,"values":{"cluster_id":"c1"}}]"#;

fn post(server: &Running, target: &str) -> Message {
    let body = if target.contains("servers") {
        CHECK_IN
    } else {
        USAGE
    };
    server.connect().post(target, &[], body)
}

#[test]
fn slashes_in_front_and_one_at_the_end_are_accepted() {
    let folder = Folder::new();
    let server = folder.serve();
    for (target, status) in [
        ("//api/v1/servers", 201),
        ("////api/v1/servers", 201),
        ("/api/v1/servers/", 201),
        ("//api/v1/servers/", 201),
        ("//api/v1/usage/influxdb", 200),
        ("/api/v1/usage/influxdb/", 200),
        ("/api/v1/usage/influxdb/?token=", 200),
    ] {
        let reply = post(&server, target);
        assert_eq!(reply.status(), status, "{target}: {}", reply.text());
    }
    assert!(
        folder
            .export()
            .iter()
            .all(|report| report.product == "influxdb")
    );
    server.stop();
}

#[test]
fn other_paths_are_404_with_an_error_to_read() {
    let folder = Folder::new();
    let server = folder.serve();
    for target in [
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v2/servers",
        "/API/v1/servers",
        "/base/api/v1/servers",
        "/api/v1/servers/influxdb",
        "/api/v1/usage",
        "/api/v1/usage/",
        "/api/v1/usage//",
        "/api/v1/usage/%20",
        "/api/v1/usage/%20%20/",
        "/api/v1/usage/a/b",
        "/api/v1/usage/../servers",
        "/api/v1/usage/influxdb//",
        "/api/v1/stats/",
    ] {
        let reply = post(&server, target);
        assert_eq!(reply.status(), 404, "{target}: {}", reply.text());
        assert!(
            reply.json()["error"].is_string(),
            "{target}: {}",
            reply.text()
        );
    }
    assert_eq!(folder.export().len(), 0);
    server.stop();
}

#[test]
fn a_product_is_one_segment_decoded_once() {
    let folder = Folder::new();
    let server = folder.serve();
    let products = [
        ("influxdb", "influxdb"),
        ("InfluxDB", "InfluxDB"),
        ("a+b", "a+b"),
        ("a%2Bb", "a+b"),
        ("a%20b", "a b"),
        ("a%252Fb", "a%2Fb"),
        ("..", ".."),
        (".", "."),
        ("%E5%8C%97%E4%BA%AC", "北京"),
    ];
    for (written, _) in products {
        let reply = post(&server, &format!("/api/v1/usage/{written}"));
        assert_eq!(reply.status(), 200, "{written}: {}", reply.text());
    }
    let kept: Vec<_> = folder
        .export()
        .into_iter()
        .map(|report| report.product)
        .collect();
    assert_eq!(kept, products.map(|(_, product)| product.to_owned()));
    server.stop();
}

#[test]
fn control_characters_and_invalid_utf8_in_a_path_are_422() {
    let folder = Folder::new();
    let server = folder.serve();
    for product in ["%00", "a%0Ab", "%7F", "%FF", "a%C3"] {
        let reply = post(&server, &format!("/api/v1/usage/{product}"));
        assert_eq!(reply.status(), 422, "{product}: {}", reply.text());
        assert!(
            reply.json()["errors"]["product"][0].is_string(),
            "{product}: {}",
            reply.text()
        );
    }
    let long = format!("/api/v1/usage/{}", "p".repeat(1_025));
    assert_eq!(post(&server, &long).status(), 422);
    assert_eq!(post(&server, &long[..long.len() - 1]).status(), 200);
    server.stop();
}

#[test]
fn other_methods_are_405_and_told_which_are_allowed() {
    let folder = Folder::new();
    let server = folder.serve();
    for target in [
        "/api/v1/servers",
        "/api/v1/stats/influxdb",
        "/api/v1/usage/influxdb/",
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let request =
                format!("{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
            let reply = server.connect().exchange(request.as_bytes()).unwrap();
            assert_eq!(reply.status(), 405, "{method} {target}");
            assert_eq!(reply.header("allow"), Some("POST"), "{method} {target}");
            assert!(reply.json()["error"].is_string(), "{method} {target}");
        }
    }
    server.stop();
}

#[test]
fn the_content_type_does_not_matter() {
    let folder = Folder::new();
    let server = folder.serve();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/vnd.x+json",
        "",
    ] {
        let reply =
            server
                .connect()
                .post("/api/v1/usage/influxdb", &[("Content-Type", kind)], USAGE);
        assert_eq!(reply.status(), 200, "{kind:?}: {}", reply.text());
    }
    server.stop();
}
