//! The story of an operator who watches the server: what is scraped tells exactly what was sent,
//! and to nobody else.

use std::io::Write;
use std::net::SocketAddr;

use crate::folder::{Folder, Running};
use crate::patience::{DEADLINE, until};
use crate::process::{Process, usage_server};
use crate::programs::program;
use crate::scrape::Scrape;

const CHECK_IN: &str =
    r#"{"cluster_id":"c","server_id":"s","host":"h","product":"influxdb","version":"1"}"#;
const STATS: &str = r#"{"cluster_id":"c","server_id":"s","stats":[]}"#;
const USAGE: &str = r#"[{"tags":null,"values":{"cluster_id":"c","os":"linux"}}]"#;

/// A server with a listener for metrics, and where that is.
pub(crate) fn watched(folder: &Folder, more: &[&str]) -> (Running, SocketAddr) {
    let mut command = usage_server();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.data())
        .args(["--metrics-listen", "127.0.0.1:0"])
        .args(more);
    let mut server = Running::start(&mut command);
    let metrics = server.line("where the metrics are", |line| {
        let url = line.trim_start().strip_prefix("Metrics")?.trim_start();
        let address = url.strip_prefix("http://")?.strip_suffix("/metrics")?;
        address.parse().ok()
    });
    (server, metrics)
}

/// A scrape after the read model has taken everything in.
fn settled(metrics: SocketAddr) -> Scrape {
    until("the read model to be up to date", || {
        let scrape = Scrape::of(metrics);
        let behind = scrape.number("usage_read_model_behind_reports");
        (behind == 0.0).then_some(scrape)
    })
}

#[test]
fn an_operator_scrapes_exactly_what_was_sent() {
    let folder = Folder::new();
    let (server, metrics) = watched(&folder, &[]);
    let before = Scrape::of(metrics);
    assert_eq!(before.sum("usage_reports_accepted_total"), 0.0);
    assert_eq!(
        before.number(r#"usage_reports_accepted_total{kind="stats"}"#),
        0.0
    );
    assert_eq!(before.sum("usage_http_requests_total"), 0.0);

    let mut sender = server.connect();
    let mut bytes = 0;
    let mut post = |path: &str, headers: &[(&str, &str)], body: &str, status: u16| {
        bytes += body.len();
        let reply = sender.post(path, headers, body);
        assert_eq!(reply.status(), status, "{path}: {}", reply.text());
    };
    post("/api/v1/servers", &[], CHECK_IN, 201);
    for _ in 0..2 {
        post("/api/v1/stats/influxdb", &[], STATS, 200);
    }
    for product in ["influxdb", "kapacitor", "chronograf"] {
        post(&format!("/api/v1/usage/{product}"), &[], USAGE, 200);
    }
    let key = [("Idempotency-Key", "6f0c2f04-3a10-4a3b-8a59-0f5d6c1f9a01")];
    post("/api/v1/usage/influxdb", &key, USAGE, 200);
    post("/api/v1/usage/influxdb", &key, USAGE, 200);
    post(
        "/api/v1/usage/influxdb",
        &key,
        r#"[{"tags":null,"values":{"cluster_id":"c"}}]"#,
        422,
    );
    for _ in 0..3 {
        post("//api/v1/usage/influxdb", &[], "{", 422);
    }
    let before_bytes = bytes;
    let mut elsewhere = server.connect();
    let token = [("X-Authorization", "unknown")];
    assert_eq!(
        elsewhere.post("/api/v1/usage/p", &token, "[]").status(),
        401
    );
    assert_eq!(elsewhere.post("/api/v1/nothing", &[], "[]").status(), 404);
    assert_eq!(elsewhere.get("/api/v1/servers").status(), 405);
    assert_eq!(elsewhere.get("/healthz").status(), 200);

    let after = settled(metrics);
    for (name, expected) in [
        (
            r#"usage_http_requests_total{route="/api/v1/servers",status="201"}"#,
            1.0,
        ),
        (
            r#"usage_http_requests_total{route="/api/v1/servers",status="405"}"#,
            1.0,
        ),
        (
            r#"usage_http_requests_total{route="/api/v1/stats/{product}",status="200"}"#,
            2.0,
        ),
        (
            r#"usage_http_requests_total{route="/api/v1/usage/{product}",status="200"}"#,
            5.0,
        ),
        (
            r#"usage_http_requests_total{route="/api/v1/usage/{product}",status="422"}"#,
            4.0,
        ),
        (
            r#"usage_http_requests_total{route="/api/v1/usage/{product}",status="401"}"#,
            1.0,
        ),
        (
            r#"usage_http_requests_total{route="other",status="404"}"#,
            1.0,
        ),
        (
            r#"usage_http_requests_total{route="/healthz",status="200"}"#,
            1.0,
        ),
        (
            r#"usage_http_request_duration_seconds_count{route="/api/v1/usage/{product}"}"#,
            10.0,
        ),
        (r#"usage_refusals_total{reason="invalid"}"#, 4.0),
        (r#"usage_refusals_total{reason="token"}"#, 1.0),
        (r#"usage_refusals_total{reason="unknown_path"}"#, 1.0),
        (r#"usage_refusals_total{reason="wrong_method"}"#, 1.0),
        (r#"usage_reports_accepted_total{kind="servers"}"#, 1.0),
        (r#"usage_reports_accepted_total{kind="stats"}"#, 2.0),
        (r#"usage_reports_accepted_total{kind="usage"}"#, 4.0),
        (r#"usage_reports_repeated_total{kind="usage"}"#, 1.0),
        ("usage_read_model_applied_reports_total", 7.0),
        ("usage_read_model_behind_seconds", 0.0),
        ("usage_journal_places", 7.0),
        ("usage_received_bytes_total", before_bytes as f64),
        ("usage_decompressed_bytes_total", before_bytes as f64),
        ("usage_connections_accepted_total", 2.0),
        ("usage_connections_open", 2.0),
        ("usage_connections_refused_total", 0.0),
        ("usage_http_requests_in_flight", 0.0),
        ("usage_queue_reports", 0.0),
        ("usage_queue_bytes", 0.0),
        ("usage_bodies_in_flight_bytes", 0.0),
        ("usage_commit_failures_total", 0.0),
        ("usage_erasures_pending", 0.0),
        ("usage_log_lines_lost_total", 0.0),
        ("usage_store_up", 1.0),
    ] {
        assert_eq!(after.number(name), expected, "{name}\n{}", after.text);
    }
    // A sender alone waits for each commit, so each of these was one; the key's reuse was, too.
    assert_eq!(after.number("usage_commit_duration_seconds_count"), 9.0);
    assert_eq!(after.number("usage_commit_reports_sum"), 9.0);
    assert_eq!(after.sum("usage_http_requests_total"), 16.0);
    assert!(after.number("usage_journal_written_bytes_total") > 100.0);
    assert!(after.number("usage_database_bytes") > 0.0);
    for limit in [
        "usage_queue_limit_reports",
        "usage_queue_limit_bytes",
        "usage_bodies_in_flight_limit_bytes",
        "usage_connections_limit",
    ] {
        assert!(after.number(limit) > 100.0, "{limit}");
    }
    let version = format!(
        r#"usage_build_info{{version="{}"}}"#,
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(after.number(&version), 1.0);
    after.histograms_add_up();
    for product in ["influxdb", "kapacitor", "chronograf"] {
        assert!(
            !after.text.contains(product),
            "senders choose products: no labels"
        );
    }
    until("the refused reports to be in the quarantine", || {
        let scrape = Scrape::of(metrics);
        let kept = scrape.number("usage_quarantine_kept_total");
        (kept == 4.0 && scrape.number("usage_quarantine_reports") == 4.0).then_some(())
    });
    drop((sender, elsewhere));
    until("the connections to be gone", || {
        let open = Scrape::of(metrics).number("usage_connections_open");
        (open == 0.0).then_some(())
    });
    server.stop();
}

#[test]
fn bytes_are_counted_as_sent_and_as_meant() {
    let folder = Folder::new();
    let (server, metrics) = watched(&folder, &[]);
    let body = format!("[{}]", " ".repeat(10_000));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(body.as_bytes()).unwrap();
    let sent = gzip.finish().unwrap();
    let reply = server.connect().post(
        "/api/v1/usage/influxdb",
        &[("Content-Encoding", "gzip")],
        &sent,
    );
    assert_eq!(reply.status(), 200, "{}", reply.text());
    let scrape = Scrape::of(metrics);
    assert_eq!(
        scrape.number("usage_received_bytes_total"),
        sent.len() as f64
    );
    assert_eq!(
        scrape.number("usage_decompressed_bytes_total"),
        body.len() as f64
    );
    server.stop();
}

#[test]
fn a_sender_who_sends_too_much_shows() {
    let folder = Folder::new();
    let limited = [
        "--limit-loopback",
        "--sender-burst",
        "2",
        "--sender-rate",
        "1",
    ];
    let (server, metrics) = watched(&folder, &limited);
    let mut sender = server.connect();
    let mut refused = 0.0;
    // However slow this goes on: a burst of two and one a second more are used up at some time.
    until("two refusals", || {
        let status = sender.post("/api/v1/usage/influxdb", &[], "[]").status();
        refused += f64::from(u8::from(status == 429));
        (refused == 2.0).then_some(())
    });
    let scrape = Scrape::of(metrics);
    assert_eq!(
        scrape.number(r#"usage_refusals_total{reason="rate_limit"}"#),
        2.0
    );
    let name = r#"usage_http_requests_total{route="/api/v1/usage/{product}",status="429"}"#;
    assert_eq!(scrape.number(name), 2.0);
    server.stop();
}

#[test]
fn what_is_to_be_forgotten_is_counted_until_it_is() {
    let folder = Folder::new();
    let (server, metrics) = watched(&folder, &[]);
    let mut sender = server.connect();
    let install = [("X-Install-Key", "a-secret-of-this-install")];
    assert_eq!(
        sender.post("/api/v1/usage/p", &install, USAGE).status(),
        200
    );
    let subject = r#"{"product":"p","cluster_id":"c"}"#;
    assert_eq!(
        sender.post("/api/v1/forget", &install, subject).status(),
        202
    );
    until("the erasure", || {
        let scrape = Scrape::of(metrics);
        let done = scrape.number("usage_erasures_done_total") == 1.0;
        (done && scrape.number("usage_erasures_pending") == 0.0).then_some(())
    });
    server.stop();
}

#[test]
fn a_database_that_does_not_answer_shows_and_hides_nothing_else() {
    let folder = Folder::new();
    let (server, metrics) = watched(&folder, &["--log", "off"]);
    let mut sender = server.connect();
    assert_eq!(sender.post("/api/v1/usage/p", &[], USAGE).status(), 200);
    settled(metrics);
    let database = rusqlite::Connection::open(folder.database()).unwrap();
    database.busy_timeout(DEADLINE).unwrap();
    let rename = |from: &str, to: &str| {
        let rename = format!("ALTER TABLE {from} RENAME TO {to}");
        database.execute_batch(&rename).unwrap();
    };
    rename("mark", "mark_gone");
    rename("journal", "journal_gone");
    assert_eq!(sender.post("/api/v1/usage/p", &[], USAGE).status(), 503);
    let broken = until("the read model to fail", || {
        let scrape = Scrape::of(metrics);
        let failures = scrape.number("usage_read_model_failures_total");
        (failures > 0.0).then_some(scrape)
    });
    assert_eq!(broken.number("usage_store_up"), 0.0);
    assert!(broken.number("usage_commit_failures_total") > 0.0);
    assert!(broken.number(r#"usage_refusals_total{reason="not_stored"}"#) > 0.0);
    assert_eq!(
        broken.number(r#"usage_reports_accepted_total{kind="usage"}"#),
        1.0
    );
    assert!(!broken.kinds.contains_key("usage_read_model_behind_reports"));

    rename("journal_gone", "journal");
    rename("mark_gone", "mark");
    until("reports to be taken again", || {
        let status = sender.post("/api/v1/usage/p", &[], USAGE).status();
        (status == 200).then_some(())
    });
    let well = settled(metrics);
    assert_eq!(well.number("usage_store_up"), 1.0);
    assert_eq!(well.number("usage_journal_places"), 2.0);
    server.stop();
}

#[test]
fn metrics_have_a_listener_of_their_own_or_none() {
    let folder = Folder::new();
    let (server, metrics) = watched(&folder, &[]);
    assert_eq!(
        server.connect().get("/metrics").status(),
        404,
        "not for the world"
    );
    let mut watcher = crate::http::Connection::open(metrics).unwrap();
    assert_eq!(watcher.get("/healthz").status(), 200);
    for elsewhere in ["/", "/readyz", "/sign-in", "/reports", "/metrics/"] {
        assert_eq!(watcher.get(elsewhere).status(), 404, "{elsewhere}");
    }
    assert_eq!(watcher.post("/api/v1/usage/p", &[], "[]").status(), 404);
    assert_eq!(watcher.post("/metrics", &[], "").status(), 405);
    // It stops although the watcher stays connected.
    server.stop();

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--metrics-listen"];
    let line = folder.run(&[&serve[..], &[&address]].concat()).refused(1);
    assert!(
        line.contains(&address) && line.contains("--metrics-listen"),
        "{line}"
    );
    let line = folder.run(&[&serve[..], &["nonsense"]].concat()).refused(2);
    assert!(line.contains("metrics-listen"), "{line}");
}

#[test]
fn prometheus_own_check_has_nothing_to_say() {
    let Some(promtool) = program("promtool", "prometheus") else {
        return;
    };
    let folder = Folder::new();
    let (server, metrics) = watched(&folder, &[]);
    let mut sender = server.connect();
    assert_eq!(sender.post("/api/v1/servers", &[], CHECK_IN).status(), 201);
    assert_eq!(sender.post("/api/v1/usage/p", &[], "{").status(), 422);
    let scrape = settled(metrics);
    let mut check = std::process::Command::new(promtool);
    let checked = Process::start(check.args(["check", "metrics"]), scrape.text.as_bytes()).ended();
    let said = format!("{}{}", checked.stdout, checked.stderr);
    assert_eq!(
        (checked.code, said.as_str()),
        (Some(0), ""),
        "{}",
        scrape.text
    );
    server.stop();
}
