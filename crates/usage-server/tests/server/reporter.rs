//! The client's reporter against a real server: what a product says by itself is there, once, even if the
//! server dies or an answer is lost; what an install asks to have forgotten is gone.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use usage_client::core::{Decider, Environment, RawReply, Request, Retry, Timing};
use usage_client::{
    Blocking, Error, Forgetting, MemoryToken, Reporter, ReporterBuilder, StatsData, Transport,
    TransportError, Usage, UsageData, values,
};

use crate::folder::Folder;
use crate::patience::{DEADLINE, until};

/// Less than the server takes from an anonymous address.
const OFTEN: Duration = Duration::from_millis(400);

/// Nobody waits for minutes in a test, nor does a server that asks for 12 hours get them.
fn hurried() -> Timing {
    let mut timing = Timing::default();
    timing.interval = OFTEN;
    timing.shortest_interval = OFTEN;
    timing.longest_interval = OFTEN;
    timing.check_in_spread = Duration::ZERO;
    timing.retry = Retry {
        base: Duration::from_millis(20),
        shortest: Duration::from_millis(5),
        ..Retry::default()
    };
    timing
}

/// An install's reporter. With an environment of its own: a build server's says that nobody reports.
fn jambox(url: &str, state: &Path) -> ReporterBuilder {
    Reporter::builder("jambox", "1.0")
        .url(url)
        .state_folder(state)
        .cluster_id("clus1")
        .server_id("serv1")
        .host("example.com")
        .environment(Environment::default())
        .timing(hurried())
        .timeout(DEADLINE)
}

fn usage(number: u32) -> Usage {
    let ids = values! { "cluster_id" => "clus1", "server_id" => "serv1", "n" => number };
    Usage::new("jambox").with(UsageData::new().values(ids))
}

/// The lines of `export reports`, whole.
fn exported(folder: &Folder) -> Vec<Json> {
    let export = folder.run(&["export", "reports"]).well();
    let lines = export.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn of_kind<'a>(lines: &'a [Json], kind: &str) -> Vec<&'a Json> {
    lines.iter().filter(|line| line["kind"] == kind).collect()
}

#[test]
fn what_a_product_says_by_itself_is_there() {
    let folder = Folder::new();
    let state = folder.beside("state");
    let server = folder.serve();
    let reporter = jambox(&server.url(), &state)
        .anonymous(true)
        .usage(|| values! { "num_databases" => 3 })
        .stats(Duration::from_secs(1), || {
            [StatsData::new("engine").values(values! { "writes" => 39 })]
        })
        .start()
        .unwrap();
    let lines = until("a report of each kind", || {
        let lines = exported(&folder);
        let there = |kind: &&str| !of_kind(&lines, kind).is_empty();
        ["servers", "usage", "stats"]
            .iter()
            .all(there)
            .then_some(lines)
    });
    assert!(reporter.shutdown(DEADLINE));
    server.stop();

    let check_ins = of_kind(&lines, "servers");
    assert_eq!(check_ins.len(), 1);
    assert_eq!(
        check_ins[0]["body"],
        json!({
            "cluster_id": "clus1",
            "server_id": "serv1",
            "host": "example.com",
            "product": "jambox",
            "version": "1.0",
        })
    );
    assert_eq!(
        of_kind(&lines, "usage")[0]["body"],
        json!([{
            "tags": { "version": "1.0" },
            "values": { "cluster_id": "clus1", "server_id": "serv1", "num_databases": 3 },
        }])
    );
    assert_eq!(
        of_kind(&lines, "stats")[0]["body"]["stats"],
        json!([{ "name": "engine", "tags": null, "values": { "writes": 39 } }])
    );
    for line in &lines {
        assert_eq!(line["organization"], Json::Null);
        assert_eq!(line["idempotency_key"].as_str().unwrap().len(), 36);
    }

    // The install's secret is kept as a hash only.
    let install = std::fs::read(state.join("install.json")).unwrap();
    let install: Json = serde_json::from_slice(&install).unwrap();
    let secret = install["install_key"].as_str().unwrap().as_bytes();
    assert_eq!(secret.len(), 64);
    for file in std::fs::read_dir(folder.data()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        let found = bytes.windows(secret.len()).any(|text| text == secret);
        assert!(!found, "{}", path.display());
    }
}

/// Reports arrive, but while it is switched on, answers don't come back.
struct Lossy(Arc<AtomicBool>);

impl Transport for Lossy {
    fn exchange(&self, request: &Request, timeout: Duration) -> Result<RawReply, TransportError> {
        let reply = Blocking::new().exchange(request, timeout)?;
        if self.0.load(Ordering::SeqCst) {
            return Err(TransportError::timed_out("the answer was lost"));
        }
        Ok(reply)
    }
}

#[test]
fn what_a_dead_server_missed_comes_late_and_once() {
    let folder = Folder::new();
    let state = folder.beside("state");
    let token = folder.token("Acme");
    let server = folder.serve();
    let lossy = Arc::new(AtomicBool::new(false));
    let reporter = jambox(&server.url(), &state)
        .tokens(MemoryToken::new(token.clone()))
        .transport(Lossy(Arc::clone(&lossy)))
        .start()
        .unwrap();
    assert_eq!(reporter.flush(DEADLINE).unwrap(), 0);

    // The first arrives, but the install never hears of it; the second finds nobody.
    lossy.store(true, Ordering::SeqCst);
    reporter.save(&usage(1)).unwrap();
    until("the first report", || {
        (of_kind(&exported(&folder), "usage").len() == 1).then_some(())
    });
    server.kill();
    reporter.save(&usage(2)).unwrap();
    assert_eq!(reporter.flush(Duration::from_millis(100)).unwrap(), 2);
    // It tries to the end of its time.
    assert!(reporter.shutdown(Duration::from_secs(1)));

    // Half an hour later both are back.
    const LATER: Duration = Duration::from_secs(30 * 60);
    let server = folder.serve();
    let reporter = jambox(&server.url(), &state)
        .tokens(MemoryToken::new(token))
        .clock(|| SystemTime::now() + LATER)
        .start()
        .unwrap();
    assert_eq!(reporter.flush(DEADLINE).unwrap(), 0);
    assert_eq!(reporter.status().dropped, 0);
    assert!(reporter.shutdown(DEADLINE));
    server.stop();

    let lines = exported(&folder);
    assert_eq!(of_kind(&lines, "servers").len(), 1);
    let usages = of_kind(&lines, "usage");
    let numbers: Vec<_> = usages
        .iter()
        .map(|line| &line["body"][0]["values"]["n"])
        .collect();
    assert_eq!(numbers, [1, 2], "each once");
    assert!(lines.iter().all(|line| line["organization"] == "Acme"));
    assert_eq!(usages[0]["reported_at"], Json::Null);
    let time = |name: &str| -> Timestamp { usages[1][name].as_str().unwrap().parse().unwrap() };
    let late = time("received_at").duration_since(time("reported_at"));
    let slack = SignedDuration::try_from(DEADLINE).unwrap();
    let least = SignedDuration::try_from(LATER).unwrap() - SignedDuration::from_secs(2);
    assert!(least <= late && late <= least + slack, "{late:?}");
}

#[test]
fn an_install_that_asks_is_forgotten_and_keeps_silent() {
    let folder = Folder::new();
    let state = folder.beside("state");
    let server = folder.serve();
    let start = || {
        jambox(&server.url(), &state)
            .anonymous(true)
            .start()
            .unwrap()
    };
    let reporter = start();
    reporter.save(&usage(1)).unwrap();
    assert_eq!(reporter.flush(DEADLINE).unwrap(), 0);
    assert_eq!(exported(&folder).len(), 2);

    let forgetting = reporter.forget_me(DEADLINE).unwrap();
    let Forgetting::Accepted {
        status_url: Some(url),
    } = forgetting
    else {
        panic!("{forgetting:?}");
    };
    let target = url.strip_prefix(&server.url()).unwrap();
    let erased = until("it is erased", || {
        let status = server.connect().get(target).json();
        (status["status"] == "done").then(|| status["reports"].clone())
    });
    assert_eq!(erased, 2);
    assert!(exported(&folder).is_empty());
    assert!(reporter.shutdown(DEADLINE));

    // After a restart, too.
    let reporter = start();
    assert!(reporter.flush(DEADLINE).is_err());
    assert!(matches!(
        reporter.save(&usage(2)),
        Err(Error::ConsentOff {
            by: Decider::Forgotten
        })
    ));
    assert!(reporter.shutdown(DEADLINE));
    assert!(exported(&folder).is_empty());
    server.stop();
}

#[test]
fn a_machine_without_a_network_reports_by_a_file() {
    let folder = Folder::new();
    let reporter = jambox("https://usage.example.com", &folder.beside("state"))
        .offline(true)
        .anonymous(true)
        .start()
        .unwrap();
    reporter.save(&usage(1)).unwrap();
    until("check-in and usage wait", || {
        (reporter.status().waiting == 2).then_some(())
    });
    let file = folder.beside("reports.jsonl");
    assert_eq!(reporter.export_file(&file).unwrap(), 2);
    assert!(reporter.shutdown(DEADLINE));

    let import = || folder.run(&["import", file.to_str().unwrap()]);
    for said in [
        "imported 2 reports; 0 were here before",
        "imported 0 reports; 2 were here before",
    ] {
        let ended = import();
        assert!(ended.stderr.contains(said), "{ended:?}");
        ended.well();
    }
    let lines = exported(&folder);
    assert_eq!(lines.len(), 2);
    for line in &lines {
        let ids = json!([{ "cluster_id": "clus1", "server_id": "serv1" }]);
        assert_eq!((&line["product"], &line["ids"]), (&json!("jambox"), &ids));
        assert_eq!(line["idempotency_key"].as_str().unwrap().len(), 36);
    }
    assert_eq!(of_kind(&lines, "usage")[0]["body"][0]["values"]["n"], 1);
}
