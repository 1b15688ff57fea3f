//! A product with a reporter: what arrives, when, and what it is told.

use std::time::Duration;

use usage_client::core::{Environment, Retry, Timing, Token};
use usage_client::{
    Facts, FileToken, MemoryToken, RegistrationStatus, Reporter, ReporterBuilder, Severity, Stats,
    StatsData, TokenStore, Usage, UsageData, Values, tags, values,
};

use crate::listener::{Answer, Heard, Listener, PATIENCE};

/// Nobody waits for minutes in a test.
pub(crate) fn hurried() -> Timing {
    let mut timing = Timing::default();
    timing.check_in_spread = Duration::ZERO;
    timing.retry = Retry {
        base: Duration::from_millis(20),
        longest: Duration::from_millis(40),
        shortest: Duration::from_millis(5),
        ..Retry::default()
    };
    timing
}

/// Usage at each of these, from the start on.
pub(crate) fn usage_every(interval: Duration) -> Timing {
    let mut timing = hurried();
    timing.interval = interval;
    timing.shortest_interval = interval;
    timing
}

pub(crate) fn jambox(url: &str) -> ReporterBuilder {
    Reporter::builder("jambox", "1.0")
        .url(url)
        .cluster_id("clus1")
        .server_id("serv1")
        .host("example.com")
        .tokens(MemoryToken::new("secret-token"))
        .environment(Environment::default())
        .timing(hurried())
        .timeout(PATIENCE)
}

pub(crate) fn text(heard: &Heard, name: &str) -> Option<String> {
    let value = heard.header(name)?;
    Some(String::from_utf8(value.to_vec()).unwrap())
}

pub(crate) fn yes() -> Listener {
    Listener::start(|_| Answer::new(200, "{}"))
}

const SOON: Duration = Duration::from_millis(50);

#[test]
fn a_product_that_starts_checks_in_and_reports() {
    let listener = yes();
    let reporter = jambox(&listener.url())
        .facts(Facts::OS)
        .usage(|| values! { "num_databases" => 3 })
        .timing(usage_every(SOON))
        .start()
        .unwrap();

    let heard = listener.heard();
    assert_eq!(heard.target, "/api/v1/servers");
    assert_eq!(text(&heard, "x-authorization").unwrap(), "secret-token");
    assert_eq!(text(&heard, "idempotency-key").unwrap().len(), 36);
    assert_eq!(text(&heard, "x-reported-at"), None);
    assert_eq!(text(&heard, "x-install-key"), None);
    assert_eq!(
        String::from_utf8(heard.body).unwrap(),
        r#"{"cluster_id":"clus1","server_id":"serv1","host":"example.com","product":"jambox","version":"1.0"}"#
    );

    let (first, second) = (listener.heard(), listener.heard());
    for usage in [&first, &second] {
        assert_eq!(usage.target, "/api/v1/usage/jambox");
        let body = String::from_utf8(usage.body.clone()).unwrap();
        let os = std::env::consts::OS.replace("macos", "darwin");
        assert_eq!(
            body,
            format!(
                r#"[{{"tags":{{"os":"{os}","version":"1.0"}},"values":{{"cluster_id":"clus1","num_databases":3,"server_id":"serv1"}}}}]"#
            )
        );
    }
    assert_ne!(
        text(&first, "idempotency-key"),
        text(&second, "idempotency-key")
    );
    assert!(reporter.shutdown(PATIENCE));
    assert!(reporter.status().last_success.is_some());
}

#[test]
fn stats_go_as_often_as_the_product_likes() {
    let listener = yes();
    let reporter = jambox(&listener.url())
        .stats(Duration::from_secs(1), || {
            [StatsData::new("engine").values(values! { "blks_write" => 39 })]
        })
        .start()
        .unwrap();
    assert_eq!(listener.heard().target, "/api/v1/servers");
    let stats = listener.heard();
    assert_eq!(stats.target, "/api/v1/stats/jambox");
    assert_eq!(
        String::from_utf8(stats.body).unwrap(),
        r#"{"cluster_id":"clus1","server_id":"serv1","stats":[{"name":"engine","tags":null,"values":{"blks_write":39}}]}"#
    );
    assert!(reporter.shutdown(PATIENCE));
}

#[test]
fn a_hook_slower_than_its_interval_holds_up_no_report() {
    let listener = yes();
    let (_nobody, slow) = std::sync::mpsc::channel::<()>();
    let reporter = jambox(&listener.url())
        .usage(move || {
            // Nobody ever tells: this takes its time.
            let _ = slow.recv_timeout(SOON * 2);
            values! { "num_databases" => 3 }
        })
        .timing(usage_every(SOON))
        .start()
        .unwrap();
    let targets = [listener.heard().target, listener.heard().target];
    assert!(targets.contains(&"/api/v1/usage/jambox".to_owned()));
    assert!(reporter.shutdown(PATIENCE));
}

#[test]
fn what_the_product_saves_itself_goes_at_once() {
    let listener = yes();
    let reporter = jambox(&listener.url()).start().unwrap();
    let stats = Stats::new("jambox").with(StatsData::new("m").tags(tags! { "a" => "b" }));
    reporter.save(&stats).unwrap();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
    let targets = [listener.heard().target, listener.heard().target];
    assert!(
        targets.contains(&"/api/v1/stats/jambox".to_owned()),
        "{targets:?}"
    );
    assert!(reporter.shutdown(PATIENCE));
    assert!(matches!(
        reporter.save(&stats),
        Err(usage_client::Error::Stopped)
    ));
}

#[test]
fn a_preview_is_what_is_sent_to_the_byte() {
    let listener = yes();
    let mut waiting = hurried();
    waiting.check_in_spread = Duration::from_secs(3600);
    let reporter = jambox(&listener.url())
        .timing(waiting)
        .usage(|| values! { "num_databases" => 3 })
        .start()
        .unwrap();
    let preview = reporter.preview().unwrap();
    assert_eq!(listener.connections(), 0);
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);

    let heard = listener.heard();
    let targets: Vec<_> = preview.iter().map(|request| request.target()).collect();
    assert_eq!(targets, ["/api/v1/servers", "/api/v1/usage/jambox"]);
    assert_eq!(preview[0].body(), heard.body);
    for (name, value) in preview[0].headers() {
        assert_eq!(heard.header(name), Some(value.as_slice()), "{name}");
    }
    // The next check-in is another one.
    assert_ne!(
        reporter.preview().unwrap()[0].headers(),
        preview[0].headers()
    );
    assert!(reporter.shutdown(PATIENCE));
}

#[test]
fn an_install_keeps_its_ids_and_doesn_t_check_in_at_each_restart() {
    let listener = yes();
    let scratch = tempfile::tempdir().unwrap();
    let start = || {
        Reporter::builder("jambox", "1.0")
            .url(listener.url())
            .state_folder(scratch.path())
            .tokens(MemoryToken::new("secret-token"))
            .environment(Environment::default())
            .timing(hurried())
            .start()
            .unwrap()
    };
    let first = start();
    assert_eq!(first.flush(PATIENCE).unwrap(), 0);
    let ids = (first.status().cluster_id, first.status().server_id);
    assert!(first.shutdown(PATIENCE));
    let body = String::from_utf8(listener.heard().body).unwrap();
    assert!(body.contains(&ids.0) && body.contains(&ids.1), "{body}");
    assert!(body.contains(r#""host":"unnamed""#));

    let second = start();
    assert_eq!(second.flush(PATIENCE).unwrap(), 0);
    assert_eq!((second.status().cluster_id, second.status().server_id), ids);
    assert!(second.status().last_success.is_some());
    assert!(second.shutdown(PATIENCE));
    assert_eq!(listener.connections(), 1);
}

#[test]
fn without_a_token_reports_wait_and_a_person_is_asked() {
    let listener = yes();
    let scratch = tempfile::tempdir().unwrap();
    let (tell, asked) = std::sync::mpsc::channel();
    let store = FileToken::new(scratch.path().join("token"));
    let reporter = jambox(&listener.url())
        .state_folder(scratch.path())
        .tokens(store.clone())
        .on_registration_needed(move |needed| {
            let _ = tell.send(needed.url.clone());
        })
        .start()
        .unwrap();

    let url = format!("{}/start?cluster_id=clus1&product=jambox", listener.url());
    assert_eq!(asked.recv_timeout(PATIENCE).unwrap(), url);
    let RegistrationStatus::Needed(needed) = reporter.registration(PATIENCE) else {
        panic!("{:?}", reporter.status());
    };
    assert_eq!(needed.url, url);
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 1);
    assert_eq!(listener.connections(), 0);

    // The person did it.
    store.save(&Token::from("new-token")).unwrap();
    reporter.wake();
    assert_eq!(
        text(&listener.heard(), "x-authorization").unwrap(),
        "new-token"
    );
    assert_eq!(
        reporter.registration(PATIENCE),
        RegistrationStatus::Registered
    );
    assert!(reporter.shutdown(PATIENCE));
}

#[test]
fn a_token_that_is_refused_is_not_tried_again_until_it_is_another() {
    let listener = Listener::start(|heard| match heard.header("x-authorization") {
        Some(b"good") => Answer::new(201, ""),
        _ => Answer::new(401, r#"{"error":"revoked"}"#),
    });
    let scratch = tempfile::tempdir().unwrap();
    let store = FileToken::new(scratch.path().join("token"));
    store.save(&Token::from("bad")).unwrap();
    let start = || {
        let builder = jambox(&listener.url()).state_folder(scratch.path());
        builder.tokens(store.clone()).start().unwrap()
    };
    let reporter = start();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 1);
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 1);
    assert!(matches!(
        reporter.status().registration,
        RegistrationStatus::Refused(_)
    ));
    assert!(reporter.status().last_error.unwrap().contains("revoked"));
    assert!(reporter.shutdown(PATIENCE));
    assert_eq!(listener.connections(), 1);

    // Not even after a restart; but with a new one at once.
    let reporter = start();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 1);
    assert_eq!(listener.connections(), 1);
    store.save(&Token::from("good")).unwrap();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
    assert_eq!(
        reporter.status().registration,
        RegistrationStatus::Registered
    );
    assert!(reporter.shutdown(PATIENCE));
}

#[test]
fn the_anonymous_have_a_secret_of_their_own() {
    let listener = yes();
    let scratch = tempfile::tempdir().unwrap();
    let keys: Vec<_> = ["1.0", "1.1"]
        .into_iter()
        .map(|version| {
            let reporter = Reporter::builder("jambox", version)
                .url(listener.url())
                .state_folder(scratch.path())
                .anonymous(true)
                .environment(Environment::default())
                .timing(hurried())
                .start()
                .unwrap();
            assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
            assert_eq!(
                reporter.status().registration,
                RegistrationStatus::Anonymous
            );
            assert!(reporter.shutdown(PATIENCE));
            let heard = listener.heard();
            assert_eq!(text(&heard, "x-authorization"), None);
            text(&heard, "x-install-key").unwrap()
        })
        .collect();
    assert_eq!(keys[0].len(), 64);
    assert_eq!(keys[0], keys[1]);
}

#[test]
fn what_the_server_says_reaches_the_product() {
    let listener = Listener::start(|_| {
        Answer::new(
            200,
            r#"{"next_report_in":3600,"latest_version":"1.2","advisories":[{"id":"JB-1","severity":"high"}]}"#,
        )
    });
    let reporter = jambox(&listener.url()).start().unwrap();
    assert_eq!(reporter.latest_version(), None);
    assert_eq!(reporter.advisories(), []);
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
    assert_eq!(reporter.latest_version().unwrap(), "1.2");
    let told = reporter.advisories();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&*told[0].id, told[0].severity), ("JB-1", Severity::High));
    assert!(reporter.shutdown(PATIENCE));
}

#[test]
fn advisories_about_other_versions_are_not_taken_for_this_ones() {
    // Who doesn't say a version hears of all; who does, of what affects it.
    let listener = Listener::start(|heard| {
        let of_this_version = String::from_utf8_lossy(&heard.body).contains(r#""version":"1.0""#);
        let ids = match of_this_version {
            true => r#"{"id":"JB-1"}"#,
            false => r#"{"id":"JB-1"},{"id":"JB-2"}"#,
        };
        Answer::new(200, format!(r#"{{"advisories":[{ids}]}}"#))
    });
    let reporter = jambox(&listener.url()).start().unwrap();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
    reporter
        .save(&Stats::new("jambox").with(StatsData::new("engine").values(values! { "n" => 1 })))
        .unwrap();
    let others = UsageData::new().values(values! { "cluster_id" => "c", "n" => 1 });
    reporter.save(&Usage::new("jambox").with(others)).unwrap();
    assert_eq!(reporter.flush(PATIENCE).unwrap(), 0);
    assert_eq!(listener.unheard(), 3, "the check-in, stats and usage");
    let ids: Vec<String> = reporter
        .advisories()
        .into_iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(ids, ["JB-1"]);
    assert!(reporter.shutdown(PATIENCE));
}

#[test]
fn a_machine_without_a_network_writes_a_file() {
    let scratch = tempfile::tempdir().unwrap();
    let listener = yes();
    let offline = jambox(&listener.url())
        .state_folder(scratch.path().join("state"))
        .offline(true)
        .usage(|| UsageData::new().values(values! { "num_databases" => 3 }))
        .timing(usage_every(SOON))
        .start()
        .unwrap();
    let file = scratch.path().join("reports.jsonl");
    // A check-in and some usage, when it is time.
    let started = std::time::Instant::now();
    while offline.export_file(&file).unwrap() < 3 {
        assert!(started.elapsed() < PATIENCE);
        let _ = offline.registration(Duration::ZERO);
    }
    assert!(offline.shutdown(PATIENCE));
    assert_eq!(listener.connections(), 0);

    let text = std::fs::read_to_string(&file).unwrap();
    let reports: Vec<_> = text
        .lines()
        .map(|line| usage_client::core::Report::from_line(line.as_bytes()).unwrap())
        .collect();
    assert_eq!(reports[0].path, "/servers");
    assert_eq!(reports[1].path, "/usage/jambox");
    assert!(!text.contains("secret-token"));
    assert!(
        text.lines().next().unwrap().starts_with(
            r#"{"kind":"servers","product":"jambox","path":"/servers","reported_at":""#
        )
    );
}

#[test]
fn settings_that_can_t_work_are_said_at_start() {
    let start = |url: Option<&str>, environment: &[(&str, &str)], product: &str| {
        let environment: Environment = environment.iter().copied().collect();
        let builder = Reporter::builder(product, "1.0").environment(environment);
        let builder = url
            .into_iter()
            .fold(builder, |builder, url| builder.url(url));
        builder.start().map(drop).map_err(|error| error.to_string())
    };
    let error = start(None, &[], "jambox").unwrap_err();
    assert!(
        error.contains("nobody set it") && error.contains("USAGE_URL"),
        "{error}"
    );
    assert!(
        start(Some("usage.example.com"), &[], "jambox")
            .unwrap_err()
            .contains("http://")
    );
    assert!(
        start(Some("http://usage.invalid"), &[], " ")
            .unwrap_err()
            .contains("blank")
    );
    start(
        None,
        &[("USAGE_URL", "http://usage.invalid"), ("DO_NOT_TRACK", "1")],
        "jambox",
    )
    .unwrap();
    let nothing: fn() -> Values = Values::new;
    assert_eq!(
        UsageData::from(nothing()),
        UsageData::new().values(values! {})
    );
}
