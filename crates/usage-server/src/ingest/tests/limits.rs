//! Limits of the request around a report: sizes, encodings, rates, heads.

use std::io::Write;

use super::*;
use crate::limits::*;

fn of_size(bytes: usize) -> String {
    // White space, so that no limit of the content comes first.
    format!("[{}]", " ".repeat(bytes - 2))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn bodies_are_bounded_as_sent() {
    let house = House::new().await;
    house
        .post("/api/v1/usage/a", &[], of_size(BODY_SENT_MAX_BYTES))
        .await
        .must_be(200);
    for bytes in [BODY_SENT_MAX_BYTES + 1, 8 * BODY_SENT_MAX_BYTES] {
        let answer = house.post("/api/v1/usage/a", &[], of_size(bytes)).await;
        answer.must_blame("body", "larger than 1048576 bytes as sent");
    }
}

#[tokio::test]
async fn bodies_may_be_compressed_within_bounds() {
    let house = House::new().await;
    let fits = of_size(BODY_DECOMPRESSED_MAX_BYTES).into_bytes();
    let bomb = of_size(BODY_DECOMPRESSED_MAX_BYTES + 1).into_bytes();
    for (encoding, sent) in [
        ("gzip", gzip(USAGE.as_bytes())),
        ("gzip", gzip(&fits)),
        ("zstd", zstd::encode_all(USAGE.as_bytes(), 3).unwrap()),
        ("zstd", zstd::encode_all(&fits[..], 1).unwrap()),
        ("identity", USAGE.into()),
    ] {
        house
            .post("/api/v1/usage/a", &[("Content-Encoding", encoding)], sent)
            .await
            .must_be(200);
    }
    assert_eq!(
        house.stored()[0].body,
        USAGE.as_bytes(),
        "stored decompressed"
    );
    for (encoding, sent, message) in [
        (
            "gzip",
            gzip(&bomb),
            "larger than 4194304 bytes after decompression",
        ),
        (
            "zstd",
            zstd::encode_all(&bomb[..], 1).unwrap(),
            "larger than 4194304 bytes",
        ),
        ("gzip", USAGE.into(), "is not valid gzip"),
        ("zstd", USAGE.into(), "is not valid zstd"),
    ] {
        house
            .post("/api/v1/usage/a", &[("Content-Encoding", encoding)], sent)
            .await
            .must_blame("body", message);
    }
    house
        .post("/api/v1/usage/a", &[("Content-Encoding", "br")], USAGE)
        .await
        .must_blame("Content-Encoding", "one of gzip, zstd and identity");
}

#[tokio::test]
async fn heads_are_bounded() {
    let house = House::new().await;
    let padding = "x".repeat(HEADERS_MAX_BYTES - 1_024);
    house
        .post("/api/v1/usage/a", &[("X-Padding", &padding)], USAGE)
        .await
        .must_be(200);
    let padding = "x".repeat(HEADERS_MAX_BYTES);
    house
        .post("/api/v1/usage/a", &[("X-Padding", &padding)], USAGE)
        .await
        .must_be(431);
}

#[tokio::test]
async fn a_sender_has_a_burst_and_then_hears_when_to_come_again() {
    let house = House::with(|settings| {
        settings.limit_loopback = true;
        settings.trusted_proxies = vec![("127.0.0.0".parse().unwrap(), 8)];
    })
    .await;
    house.token("t", None, None);
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let one = request(
        "POST",
        "/api/v1/usage/a",
        &[("X-Forwarded-For", "192.0.2.1")],
        b"[]",
    );
    let mut taken = 0;
    // The bucket refills while it is emptied: a little more than the burst.
    let refused = loop {
        stream.write_all(&one).await.unwrap();
        let answer = Answer::read(&mut stream).await;
        if answer.status != 200 {
            break answer;
        }
        taken += 1;
    };
    assert!(taken >= SENDER_BURST_REQUESTS, "{taken}");
    let refused = refused.must_be_error(429, "too many requests");
    assert_eq!(refused.header("retry-after"), Some("1"));
    for headers in [
        [("X-Forwarded-For", "192.0.2.2")],
        [("X-Forwarded-For", "2001:db8::1")],
    ] {
        house
            .post("/api/v1/usage/a", &headers, "[]")
            .await
            .must_be(200);
    }
    let other = [("X-Forwarded-For", "192.0.2.1")];
    house
        .post("/api/v1/usage/a?token=t", &other, "[]")
        .await
        .must_be(200);
}

#[tokio::test]
async fn loopback_is_exempt_unless_told() {
    let house = House::new().await;
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let one = request("POST", "/api/v1/usage/a?token=wrong", &[], b"[]");
    for _ in 0..SENDER_BURST_REQUESTS + 100 {
        stream.write_all(&one).await.unwrap();
        Answer::read(&mut stream).await.must_be(401);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_on_which_nothing_happens_is_closed() {
    // Paused time runs ahead as soon as everybody waits: no test sleeps.
    let house = House::new().await;
    for begun in [
        &b""[..],
        b"P",
        b"PRI * HTTP/2.0\r\n",
        b"POST /api/v1/usage/a HTTP/1.1\r\nHost: x\r\n",
        b"POST /api/v1/usage/a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n[",
    ] {
        let mut stream = TcpStream::connect(house.address).await.unwrap();
        stream.write_all(begun).await.unwrap();
        let closed = stream.read(&mut [0; 64]).await;
        assert!(matches!(closed, Ok(0) | Err(_)), "{begun:?}");
    }
}
