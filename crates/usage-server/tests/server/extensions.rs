//! What goes beyond the old protocol, each optional: the ways to carry a token, keys that make
//! a second try harmless, late delivery, and the reply.

use jiff::{SignedDuration, Timestamp};

use crate::folder::{Folder, Running};
use crate::http::Message;

const USAGE: &str = r#"[{"tags":null,"values":{"cluster_id":"c1","server_id":"s1"}}]"#;
const KEY: &str = "0190f2a4-5f0e-7c3a-9c1d-2b7f6e1a0001";

fn usage(server: &Running, headers: &[(&str, &str)], body: &str) -> Message {
    server
        .connect()
        .post("/api/v1/usage/influxdb", headers, body)
}

#[test]
fn a_token_comes_in_a_header_or_in_the_query() {
    let folder = Folder::new();
    let server = folder.serve();
    let (acme, other) = (folder.token("Acme"), folder.token("Other"));
    let (bearer, basic) = (format!("Bearer {acme}"), "Basic YTpi");
    let raw = ("X-Authorization", acme.as_str());
    let in_query = format!("/api/v1/usage/influxdb?token={acme}");
    let plain = "/api/v1/usage/influxdb".to_owned();
    type Headers<'a> = &'a [(&'a str, &'a str)];
    let cases: [(&str, Headers<'_>, u16, Option<&str>); 9] = [
        (&plain, &[raw], 200, Some("Acme")),
        (&plain, &[("Authorization", &bearer)], 200, Some("Acme")),
        (&in_query, &[], 200, Some("Acme")),
        (
            &in_query,
            &[raw, ("Authorization", &bearer)],
            200,
            Some("Acme"),
        ),
        (&plain, &[("Authorization", basic)], 200, None),
        (&plain, &[("X-Authorization", "  ")], 200, None),
        (&plain, &[raw, ("Authorization", basic)], 200, Some("Acme")),
        (
            &plain,
            &[("X-Authorization", &other), ("Authorization", &bearer)],
            401,
            None,
        ),
        (&in_query, &[("X-Authorization", "unknown")], 401, None),
    ];
    for (target, headers, status, organization) in cases {
        let reply = server.connect().post(target, headers, USAGE);
        assert_eq!(reply.status(), status, "{headers:?}: {}", reply.text());
        if status == 200 {
            let last = folder.export().pop().unwrap();
            assert_eq!(last.organization.as_deref(), organization, "{headers:?}");
        }
    }
    assert_eq!(
        folder.export().len(),
        7,
        "what was refused isn't kept, for nobody"
    );
    server.stop();
}

#[test]
fn the_same_key_again_is_answered_as_before_and_counted_once() {
    let folder = Folder::new();
    let server = folder.serve();
    let token = folder.token("Acme");
    let keyed = [("Idempotency-Key", KEY)];
    assert_eq!(usage(&server, &keyed, USAGE).status(), 200);
    assert_eq!(usage(&server, &keyed, USAGE).status(), 200);
    assert_eq!(
        usage(&server, &[("Idempotency-Key", &KEY.to_uppercase())], USAGE).status(),
        200
    );
    assert_eq!(folder.export().len(), 1);
    assert_eq!(folder.export()[0].idempotency_key.as_deref(), Some(KEY));

    let other_body = USAGE.replace("null", "{}");
    for (headers, body) in [
        (&keyed, other_body.as_str()),
        (&[("Idempotency-Key", "1")], USAGE),
    ] {
        let reply = usage(&server, headers, body);
        assert_eq!(reply.status(), 422, "{}", reply.text());
        assert!(
            reply.json()["errors"]["Idempotency-Key"][0].is_string(),
            "{}",
            reply.text()
        );
    }

    // Another sender, organization or kind has keys of its own.
    let other_server = USAGE.replace("s1", "s2");
    assert_eq!(usage(&server, &keyed, &other_server).status(), 200);
    let under_token = [keyed[0], ("X-Authorization", token.as_str())];
    assert_eq!(usage(&server, &under_token, USAGE).status(), 200);
    let stats = r#"{"cluster_id":"c1","server_id":"s1","stats":[]}"#;
    assert_eq!(
        server
            .connect()
            .post("/api/v1/stats/influxdb", &keyed, stats)
            .status(),
        200
    );
    assert_eq!(folder.export().len(), 4);

    server.stop();
    let server = folder.serve();
    assert_eq!(usage(&server, &keyed, USAGE).status(), 200);
    assert_eq!(folder.export().len(), 4, "keys outlive a restart");
    server.stop();
}

#[test]
fn a_late_report_keeps_its_time_whatever_the_senders_clock_says() {
    let folder = Folder::new();
    let server = folder.serve();
    let token = folder.token("Acme");
    let hours = |hours: i64| SignedDuration::from_hours(hours);
    // Ten years slow: only the distance between the two counts.
    let clock = Timestamp::now() - hours(24 * 3_650);
    let date = clock.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let late = |by: SignedDuration, under_token: bool| {
        let at = (clock - by).to_string();
        let mut headers = vec![("Date", date.as_str()), ("X-Reported-At", at.as_str())];
        if under_token {
            headers.push(("X-Authorization", token.as_str()));
        }
        usage(&server, &headers, USAGE).status()
    };
    let before = Timestamp::now();
    assert_eq!(late(hours(48), false), 200);
    let after = Timestamp::now();
    let export = folder.run(&["export", "reports"]).well();
    let line: serde_json::Value = serde_json::from_str(&export).unwrap();
    let reported: Timestamp = line["reported_at"].as_str().unwrap().parse().unwrap();
    let slack = SignedDuration::from_secs(2);
    assert!(
        before - hours(48) - slack < reported && reported < after - hours(48) + slack,
        "{line}"
    );

    assert_eq!(
        [late(hours(24 * 6), false), late(hours(24 * 8), false)],
        [200, 422]
    );
    assert_eq!(
        [late(hours(24 * 89), true), late(hours(24 * 91), true)],
        [200, 422]
    );
    assert_eq!(
        late(hours(-1), true),
        422,
        "nothing is reported from the future"
    );
    assert_eq!(
        usage(&server, &[("X-Reported-At", "yesterday")], USAGE).status(),
        422
    );
    server.stop();
}

#[test]
fn the_reply_says_when_to_report_next() {
    let folder = Folder::new();
    let server = folder.serve();
    let reply = usage(&server, &[], USAGE);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.json()["next_report_in"], 43_200);
    assert!(
        reply
            .header("x-request-id")
            .is_some_and(|id| !id.is_empty())
    );
    server.stop();
}

#[test]
fn the_same_key_on_two_connections_at_the_same_moment_counts_once() {
    const ROUNDS: usize = 25;
    let folder = Folder::new();
    let server = folder.serve();
    let start = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        for mut connection in [server.connect(), server.connect()] {
            let start = &start;
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let key = format!("0190f2a4-5f0e-7c3a-9c1d-{round:012x}");
                    start.wait();
                    let reply = connection.post(
                        "/api/v1/usage/influxdb",
                        &[("Idempotency-Key", &key)],
                        USAGE,
                    );
                    assert_eq!(reply.status(), 200, "{}", reply.text());
                }
            });
        }
    });
    server.kill();
    assert_eq!(folder.export().len(), ROUNDS);
}
