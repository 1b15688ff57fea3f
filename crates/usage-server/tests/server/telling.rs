//! The story of an operator who has something to tell: said on the command line, heard at once by the programs it is
//! about, from the server that runs, and by nobody else.

use std::path::Path;
use std::time::Duration;

use usage_client::core::{Environment, Timing};
use usage_client::{Client, Reporter, Server, Severity, Stats, StatsData, Usage, UsageData};
use usage_client::{tags, values};

use crate::folder::Folder;
use crate::patience::{DEADLINE, until};

fn said(folder: &Folder, args: &[&str]) -> String {
    let ended = folder.run(args);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stderr
}

/// An advisory, added.
fn add(folder: &Folder, id: &str, severity: &str, affected: &str) -> String {
    let link = format!("https://example.com/{id}");
    said(
        folder,
        &[
            "product",
            "advisory",
            "add",
            "jambox",
            "--id",
            id,
            "--severity",
            severity,
            "--title",
            "Passwords show in the log",
            "--affected",
            affected,
            "--link",
            &link,
        ],
    )
}

fn check_in(version: &str) -> Server {
    Server::new("jambox", version)
        .cluster_id("clus1")
        .server_id("serv1")
        .host("db1")
}

fn usage(version: Option<&str>) -> Usage {
    let ids = values! { "cluster_id" => "clus1", "server_id" => "serv1" };
    let data = UsageData::new().values(ids);
    Usage::new("jambox").with(match version {
        Some(version) => data.tags(tags! { "version" => version }),
        None => data,
    })
}

#[test]
fn each_program_hears_what_is_about_its_version() {
    let folder = Folder::new();
    // Before the first start, even.
    let told = said(&folder, &["product", "latest", "jambox", "1.8.4"]);
    assert!(told.contains("1.8.4 is the latest version"), "{told}");
    let server = folder.serve();
    let client = Client::new("").with_url(server.url());
    let reply = client.save(&check_in("1.8.3")).unwrap();
    assert_eq!(reply.latest_version(), Some("1.8.4"));
    assert_eq!(reply.advisories(), []);
    assert_eq!(reply.next_report_in(), Some(Duration::from_secs(43_200)));

    let told = add(&folder, "JB-7", "high", ">=1.2, <1.8.4");
    assert!(told.contains("added JB-7"), "{told}");
    add(&folder, "JB-8", "critical", "1.8.4");
    said(&folder, &["product", "interval", "jambox", "7200"]);
    // The very next report.
    let reply = client.save(&check_in("1.8.3")).unwrap();
    assert_eq!(reply.next_report_in(), Some(Duration::from_secs(7_200)));
    let [told] = reply.advisories() else {
        panic!("{reply:?}");
    };
    assert_eq!((&*told.id, told.severity), ("JB-7", Severity::High));
    assert_eq!(told.title, "Passwords show in the log");
    assert_eq!(told.affected, ">=1.2, <1.8.4");
    assert_eq!(told.link.as_deref(), Some("https://example.com/JB-7"));
    let ids = |reply: usage_client::Reply| {
        let ids: Vec<String> = reply
            .advisories()
            .iter()
            .map(|one| one.id.clone())
            .collect();
        ids.join(" ")
    };
    assert_eq!(ids(client.save(&check_in("1.8.4")).unwrap()), "JB-8");
    assert_eq!(ids(client.save(&check_in("1.9")).unwrap()), "");
    assert_eq!(ids(client.save(&usage(Some("v1.8.3"))).unwrap()), "JB-7");
    // Whose version isn't known hears of all, the gravest first.
    assert_eq!(ids(client.save(&usage(None)).unwrap()), "JB-8 JB-7");
    assert_eq!(ids(client.save(&check_in("nightly")).unwrap()), "JB-8 JB-7");
    let stats = Stats::new("jambox").cluster_id("clus1").server_id("serv1");
    let stats = stats.with(StatsData::new("engine").values(values! { "n" => 1 }));
    assert_eq!(ids(client.save(&stats).unwrap()), "JB-8 JB-7");
    // Another product hears nothing of it.
    let other = Server::new("juicer", "1.8.3")
        .cluster_id("c")
        .server_id("s")
        .host("h");
    let reply = client.save(&other).unwrap();
    assert_eq!(
        reply.body(),
        br#"{"next_report_in":43200,"latest_version":null,"advisories":[]}"#
    );

    let list = folder
        .run(&["product", "advisory", "list", "jambox"])
        .well();
    assert_eq!(
        list,
        "jambox\tJB-8\tcritical\t1.8.4\tPasswords show in the log\thttps://example.com/JB-8\n\
         jambox\tJB-7\thigh\t>=1.2, <1.8.4\tPasswords show in the log\thttps://example.com/JB-7\n"
    );
    assert_eq!(
        folder.run(&["product", "latest", "jambox"]).well(),
        "1.8.4\n"
    );
    assert_eq!(
        folder.run(&["product", "interval", "jambox"]).well(),
        "7200\n"
    );

    for id in ["JB-7", "JB-8"] {
        said(
            &folder,
            &["product", "advisory", "remove", "jambox", "--id", id],
        );
    }
    said(&folder, &["product", "latest", "jambox", "--none"]);
    said(
        &folder,
        &["product", "interval", "jambox", "--as-configured"],
    );
    let reply = client.save(&check_in("1.8.3")).unwrap();
    assert_eq!(
        reply.body(),
        br#"{"next_report_in":43200,"latest_version":null,"advisories":[]}"#
    );
    assert_eq!(folder.run(&["product", "latest", "jambox"]).well(), "");
    assert_eq!(
        folder.run(&["product", "interval", "jambox"]).well(),
        "as configured\n"
    );
    assert_eq!(folder.run(&["product", "advisory", "list"]).well(), "");
}

#[test]
fn a_reporter_hands_on_what_is_about_its_version() {
    let folder = Folder::new();
    said(&folder, &["product", "latest", "jambox", "1.8.4"]);
    add(&folder, "JB-7", "high", "<1.8.4");
    add(&folder, "JB-8", "critical", ">=1.8.4");
    let server = folder.serve();
    let reporter = jambox(&server.url(), &folder.beside("install"));
    assert_eq!(reporter.flush(DEADLINE).unwrap(), 0);
    until("the check-in's reply", || {
        reporter
            .latest_version()
            .filter(|version| version == "1.8.4")
    });
    let ids = || {
        let told = reporter.advisories().into_iter();
        told.map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(), ["JB-7"]);
    // What is said of all versions to somebody who names none is not about this one.
    reporter.save(&usage(None)).unwrap();
    assert_eq!(reporter.flush(DEADLINE).unwrap(), 0);
    assert_eq!(ids(), ["JB-7"]);
    assert!(reporter.shutdown(DEADLINE));
}

fn jambox(url: &str, state: &Path) -> Reporter {
    let mut timing = Timing::default();
    timing.check_in_spread = Duration::ZERO;
    Reporter::builder("jambox", "1.8.3")
        .url(url)
        .state_folder(state)
        .cluster_id("clus1")
        .server_id("serv1")
        .host("example.com")
        .environment(Environment::default())
        .timing(timing)
        .anonymous(true)
        .timeout(DEADLINE)
        .start()
        .unwrap()
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_write() {
    let folder = Folder::new();
    let refused = |args: &[&str], code: i32, says: &str| {
        let ended = folder.run(&[&["product"], args].concat());
        assert_eq!(ended.code, Some(code), "{args:?}: {ended:?}");
        assert!(ended.stderr.contains(says), "{args:?}: {}", ended.stderr);
    };
    let advisory = |id: &'static str, affected: &'static str, link: &'static str| {
        [
            "advisory",
            "add",
            "jambox",
            "--id",
            id,
            "--severity",
            "low",
            "--title",
            "t",
            "--affected",
            affected,
            "--link",
            link,
        ]
    };
    let fine = "https://a.example/";
    refused(&advisory("A 7", "*", fine), 2, "--id: must have no spaces");
    refused(
        &advisory("A", "^1.2", fine),
        2,
        "--affected: \"^1.2\" can't be read; write ranges such as",
    );
    refused(
        &advisory("A", "*", "http://a.example/"),
        2,
        "--link: must be an address such as https://",
    );
    refused(
        &advisory("", "", fine),
        2,
        "--id: must not be blank; --affected: must not be blank",
    );
    refused(&["advisory", "add", "jambox", "--id", "A"], 2, "--severity");
    refused(
        &["latest", "jambox", " "],
        2,
        "the version must not be blank",
    );
    refused(&["latest", " ", "1"], 2, "the product must not be blank");
    refused(&["interval", "jambox", "60"], 2, "from 1 hour to 7 days");
    refused(&["interval", "jambox", "often"], 2, "SECONDS");
    // Nothing was made by what was refused.
    refused(&["advisory", "list"], 1, "holds no data yet");
    said(&folder, &["product", "latest", "jambox", "1"]);
    refused(
        &["advisory", "remove", "jambox", "--id", "A"],
        1,
        "jambox has no advisory A",
    );
}
