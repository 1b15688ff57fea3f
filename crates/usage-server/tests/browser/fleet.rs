//! An operator looks at a fleet: every page as it is seen on a phone and on a desk, and every link.

use crate::browser::Browser;
use crate::folder::{Folder, Running};
use crate::links::crawl;
use crate::looks::{DESK, PHONE, Theme};
use crate::process::usage_server;

const EMAIL: &str = "ann@example.com";

/// What a machine without a network wrote down.
const OLD: &str = r#"{"kind":"usage","product":"nextdb","reported_at":"2026-01-02T03:04:05Z","body":[{"values":{"cluster_id":"c"}}]}"#;

/// A made-up fleet of that many servers, over that many days.
pub(crate) fn demo(folder: &Folder, servers: u32, days: u32) -> Running {
    let mut command = usage_server();
    command.args(["demo", "--listen", "127.0.0.1:0"]);
    command.args([
        "--servers",
        &servers.to_string(),
        "--days",
        &days.to_string(),
    ]);
    Running::start(command.arg("--data-dir").arg(folder.data()))
}

/// Somebody who may see all of it signs in.
pub(crate) fn sign_in(browser: &mut Browser, folder: &Folder, server: &Running) {
    let said = folder.run(&["operator", "add", "--email", EMAIL]).well();
    browser.open(&format!("{}/sign-in", server.url()));
    browser.fill("Email", EMAIL);
    browser.fill("Password", said.trim_end());
    browser.click("Sign in");
    browser.sees("Sign out");
}

#[test]
fn every_page_of_a_fleet_looks_well() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = demo(&folder, 25, 30);
    let mut sender = server.connect();
    let cluster = "a-cluster-whose-name-is-long-".repeat(5);
    let usage = format!(
        r#"[{{"tags":{{"version":"9.8.7","host":"host-{0}"}},"values":{{"cluster_id":"{0}"}}}}]"#,
        cluster
    );
    for (name, body) in [
        ("somebodys-new-product", usage.as_str()),
        (
            "a-name-that-is-much-longer-than-any-column-of-any-table-is-wide",
            &usage,
        ),
        ("nextdb", r#"[{"values":{"cluster_id":" "}}]"#),
        ("nextdb", "{"),
    ] {
        let status = sender
            .post(&format!("/api/v1/usage/{name}"), &[], body)
            .status();
        assert!([200, 422].contains(&status), "{name}: {status}");
    }
    sign_in(&mut browser, &folder, &server);
    browser.comes_to_see(&server.url(), "; 0 reports waiting");
    browser.looks_well("overview");

    let first = |path: &str| format!("(//a[starts-with(@href, '{path}')])[1]");
    browser.follow(&first("/products/"));
    browser.sees("Version adoption");
    browser.looks_well("product");
    browser.follow("(//summary[normalize-space()='As a table'])[1]");
    browser.click("Days and filters");
    browser.looks_well("product-table");
    browser.click("version");
    browser.sees("has the most servers");
    browser.looks_well("product-split");
    browser.follow(&first("/servers/"));
    browser.sees("About this server");
    browser.looks_well("server");
    browser.click("Reports");
    browser.sees("Everything that was accepted");
    browser.looks_well("reports");
    browser.follow("(//summary)[1]");
    browser.sees("The body as received");
    browser.looks_well("reports-unfolded");
    browser.click("imported");
    browser.sees("From machines without a network");
    assert_eq!(browser.address(), format!("{}/import", server.url()));
    browser.looks_well("import");
    let file = folder.beside("reports.jsonl");
    std::fs::write(&file, format!("{OLD}\n{{\"kind\":\"usage\"}}\n")).unwrap();
    browser.tick("Believe the organizations that the file names");
    browser.attach("File, up to 64 MiB", &file);
    browser.click("Import");
    browser.sees("1 new, 0 were here before, 1 refused.");
    browser.looks_well("imported");
    browser.click("Quarantine");
    browser.sees("with what the sender was told");
    browser.follow("(//summary)[1]");
    browser.looks_well("quarantine");

    browser.click("Products");
    browser.sees("New names");
    browser.click("a-name-that-is-much-longer-than-any-column-of-any-table-is-wide");
    browser.sees("not adopted");
    browser.looks_well("product-new");
    browser.follow(&first("/servers/"));
    browser.sees("About this server");
    browser.looks_well("server-long-names");

    browser.open(&format!("{}/nowhere", server.url()));
    browser.sees("Page not found");
    browser.was_refused(404);
    browser.looks_well("not-found");
    server.stop();
}

#[test]
fn every_link_leads_to_a_page_that_fits() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = demo(&folder, 4, 3);
    sign_in(&mut browser, &folder, &server);
    let looked_at = crawl(&mut browser, &server.url(), |browser, link| {
        for width in [PHONE, DESK] {
            browser.wear(width, Theme::Light);
            assert_eq!(browser.beyond_the_edge(width), None, "{link} at {width}");
        }
    });
    assert!(looked_at.len() > 10, "{looked_at:?}");
    server.stop();
}
