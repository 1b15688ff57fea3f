//! What each kind of request is answered: paths, methods, replies, health, stopping.

use super::*;

#[tokio::test]
async fn an_accepted_report_hears_when_to_come_again() {
    let house = House::new().await;
    for (path, body, status) in [
        ("/api/v1/servers", CHECK_IN, 201),
        ("/api/v1/servers", CHECK_IN, 201),
        ("/api/v1/stats/influxdb", STATS, 200),
        ("/api/v1/usage/influxdb", USAGE, 200),
        ("/api/v1/usage/influxdb", "null", 200),
        ("/api/v1/usage/influxdb", "[]", 200),
    ] {
        let answer = house.post(path, &[], body).await.must_be(status);
        assert_eq!(
            answer.body,
            r#"{"next_report_in":43200,"latest_version":null,"advisories":[]}"#
        );
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("x-request-id").unwrap().len(), 16);
    }
    let stored = house.stored();
    assert_eq!(stored.len(), 6);
    assert!(stored.iter().all(|report| &*report.product == "influxdb"));
    assert!(stored.iter().all(|report| report.organization.is_none()));
}

#[tokio::test]
async fn paths_as_people_and_old_programs_write_them() {
    let house = House::new().await;
    for (path, product) in [
        ("/api/v1/usage/influxdb", "influxdb"),
        ("//api/v1/usage/influxdb", "influxdb"),
        ("///api/v1/usage/influxdb/", "influxdb"),
        ("/api/v1/usage/influxdb/?x=1", "influxdb"),
        ("/api/v1/usage/a+b", "a+b"),
        ("/api/v1/usage/a%2Fb", "a/b"),
        ("/api/v1/usage/..", ".."),
        ("/api/v1/usage/A?b=c", "A"),
        ("/api/v1/usage/%E5%8C%97", "北"),
    ] {
        house.post(path, &[], USAGE).await.must_be(200);
        assert_eq!(&*house.stored().last().unwrap().product, product, "{path}");
    }
    for path in [
        "/api/v1/usage",
        "/api/v1/usage/",
        "//api/v1/usage/",
        "/api/v1/usage/%20",
        "/api/v1/usage/a/b",
        "/api/v1/usage/../servers",
        "/api/v1/usage/a//",
        "/api//v1/usage/a",
        "/api/v1/servers/x",
        "/api/v2/usage/a",
        "/api/v1",
        "/nowhere",
        "//nowhere/",
    ] {
        let answer = house.post(path, &[], USAGE).await.must_be_error(404, "");
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "{path}"
        );
    }
    for path in [
        "/api/v1/usage/a%00",
        "/api/v1/stats/%ff",
        "/api/v1/usage/%0a",
        "/api/v1/usage/%zz",
    ] {
        house
            .post(path, &[], USAGE)
            .await
            .must_blame("product", "in the path");
    }
    let long = format!("/api/v1/usage/{}", "x".repeat(1_025));
    house
        .post(&long, &[], USAGE)
        .await
        .must_blame("product", "1025 bytes");
}

#[tokio::test]
async fn wrong_methods_hear_the_right_ones() {
    let house = House::new().await;
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        for path in ["/api/v1/servers", "/api/v1/usage/a", "//api/v1/stats/a/"] {
            let answer = house.send(&request(method, path, &[], b"")).await;
            let answer = answer.must_be_error(405, "other methods");
            assert_eq!(answer.header("allow"), Some("post"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn people_who_are_lost_get_a_page() {
    let house = House::new().await;
    let accept = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    let answer = house
        .send(&request("GET", "/nowhere", &accept, b""))
        .await
        .must_be(404);
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    house
        .send(&request("GET", "/nowhere", &[], b""))
        .await
        .must_be_error(404, "nothing answers");
}

#[tokio::test]
async fn a_content_type_is_not_needed() {
    let house = House::new().await;
    for kind in [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "???",
    ] {
        house
            .post("/api/v1/usage/a", &[("Content-Type", kind)], USAGE)
            .await
            .must_be(200);
    }
}

#[tokio::test]
async fn malformed_bodies_hear_where() {
    let house = House::new().await;
    for (body, message) in [
        (&b""[..], "is empty"),
        (
            b"[{\"tags\":",
            "is not valid JSON: EOF while parsing a value at line 1 column 9",
        ),
        (b"[{}] []", "trailing characters"),
        (b"\xff", "is not UTF-8"),
        (b"{\"tags\":null}", "wrap it in [ ]"),
    ] {
        house
            .post("/api/v1/usage/a", &[], body)
            .await
            .must_blame("body", message);
    }
    let wrong = r#"{"cluster_id":true,"server_id":"","stats":[{"tags":{"a":1}}]}"#;
    let answer = house.post("/api/v1/stats/a", &[], wrong).await.must_be(422);
    let fields: Vec<_> = answer.json()["errors"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(fields, ["cluster_id", "server_id", "stats[0].tags.a"]);

    let refused = house.quarantined().await;
    assert_eq!(refused.len(), 6);
    let newest = &refused[0];
    assert_eq!(newest.product.as_deref(), Some("a"));
    assert_eq!(newest.body, wrong.as_bytes());
    assert!(newest.errors.contains("ServerID can not be blank."));
}

#[tokio::test]
async fn chunked_bodies_and_kept_connections_are_served() {
    let house = House::new().await;
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let chunked = format!(
        "POST /api/v1/usage/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{USAGE}\r\n0\r\n\r\n",
        USAGE.len()
    );
    stream.write_all(chunked.as_bytes()).await.unwrap();
    Answer::read(&mut stream).await.must_be(200);
    for _ in 0..3 {
        stream
            .write_all(&request(
                "POST",
                "/api/v1/servers",
                &[],
                CHECK_IN.as_bytes(),
            ))
            .await
            .unwrap();
        Answer::read(&mut stream).await.must_be(201);
    }
    assert_eq!(house.stored().len(), 4);
}

#[tokio::test]
async fn a_short_plain_request_id_is_taken_over() {
    let house = House::new().await;
    let id = async |given: &str| {
        let answer = house
            .post("/api/v1/usage/a", &[("X-Request-Id", given)], USAGE)
            .await;
        answer.header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(id("abc-1.2_3").await, "abc-1.2_3");
    for odd in ["", "a b", "<b>", &"x".repeat(65)] {
        assert_eq!(id(odd).await.len(), 16);
    }
}

#[tokio::test]
async fn health_is_told() {
    let house = House::new().await;
    house
        .send(&request("GET", "/healthz", &[], b""))
        .await
        .must_be(200);
    house
        .send(&request("GET", "/readyz", &[], b""))
        .await
        .must_be(200);
}

#[tokio::test]
async fn a_stop_finishes_what_was_begun_and_takes_no_more() {
    let house = House::new().await;
    let mut idle = TcpStream::connect(house.address).await.unwrap();
    idle.write_all(&request("GET", "/healthz", &[], b""))
        .await
        .unwrap();
    Answer::read(&mut idle).await.must_be(200);

    let bytes = request(
        "POST",
        "/api/v1/usage/a",
        &[("Expect", "100-continue")],
        USAGE.as_bytes(),
    );
    let (head, body) = bytes.split_at(bytes.len() - USAGE.len());
    let mut begun = TcpStream::connect(house.address).await.unwrap();
    begun.write_all(head).await.unwrap();
    // The server asks for the body: so the request is under way.
    let mut asked = [0; 25];
    begun.read_exact(&mut asked).await.unwrap();
    assert!(asked.starts_with(b"HTTP/1.1 100"));

    house.stop.send(()).unwrap();
    assert_eq!(
        idle.read(&mut [0; 1]).await.unwrap(),
        0,
        "an idle connection is closed"
    );
    begun.write_all(body).await.unwrap();
    Answer::read(&mut begun).await.must_be(200);
    house.served.await.unwrap();
    assert!(TcpStream::connect(house.address).await.is_err());
    assert_eq!(house.app.store.reports_from(0).unwrap().len(), 1);
}
