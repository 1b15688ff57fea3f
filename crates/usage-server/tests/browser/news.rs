//! An operator sees what is new: the overview with reports as they come, what was refused and why, and who is told
//! of it elsewhere. With scripts, and without.

use crate::browser::Browser;
use crate::fleet::{demo, sign_in};
use crate::folder::{Folder, Running};
use crate::listener::Listener;

const BLANK: &str =
    r#"{"cluster_id":"","server_id":"s1","product":"influxdb","host":"h","version":"1"}"#;
const NO_TAGS: &str =
    r#"[{"tags":7,"values":{"cluster_id":"alpha-7f3e","server_id":"s1","users":1}}]"#;

fn post(server: &Running, product: &str, body: &str) -> u16 {
    let at = format!("/api/v1/usage/{product}");
    server.connect().post(&at, &[], body).status()
}

#[test]
fn the_overview_shows_reports_as_they_come_until_it_is_paused() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = demo(&folder, 120, 45);
    sign_in(&mut browser, &folder, &server);
    browser.comes_to_see(&server.url(), "; 0 reports waiting");
    browser.sees("Live.");
    let usage = |cluster: &str| {
        format!(
            r#"[{{"tags":{{"version":"9.0"}},"values":{{"cluster_id":"{cluster}","server_id":"s"}}}}]"#
        )
    };
    assert_eq!(post(&server, "brand-new", &usage("comes-live")), 200);
    browser.sees("comes-live");
    browser.looks_well("overview-live");
    browser.click("Pause");
    browser.sees("Paused.");
    assert_eq!(post(&server, "brand-new", &usage("while-paused")), 200);
    browser.sees("1 more report came since.");
    assert!(!browser.text().contains("while-paused"));
    browser.click("Go on");
    browser.sees("while-paused");
    browser.has_no_complaints();

    browser.scripts(false);
    browser.open(&server.url());
    browser.sees("As of when this page was loaded.");
    let text = browser.text();
    assert!(
        text.contains("while-paused") && !text.contains("Pause\n"),
        "{text}"
    );
    browser.click("All reports");
    browser.sees("Everything that was accepted");
    server.stop();
}

#[test]
fn what_was_refused_is_seen_by_reason_and_sender_and_one_by_one() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = demo(&folder, 10, 3);
    for _ in 0..30 {
        assert_eq!(post(&server, "influxdb", NO_TAGS), 422);
    }
    let check_in = server.connect().post("/api/v1/servers", &[], BLANK);
    assert_eq!(check_in.status(), 422);
    assert_eq!(
        post(
            &server,
            "a-name-that-is-much-longer-than-any-column-is-wide",
            "{"
        ),
        422
    );
    browser.scripts(false);
    sign_in(&mut browser, &folder, &server);
    browser.comes_to_see(&format!("{}/quarantine", server.url()), "alpha-7f3e");
    browser.scripts(true);
    browser.open(&format!("{}/quarantine", server.url()));
    browser.sees("30 times");
    browser.follow("(//summary)[1]");
    browser.looks_well("quarantine-groups");
    browser.click("All 30, one by one");
    browser.sees("30 refused alike");
    browser.looks_well("quarantine-group");
    browser.click("Older ones");
    browser.sees("Newest");
    server.stop();
}

#[test]
fn a_webhook_is_added_tried_and_removed() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve_with(&["--webhook-networks", "127.0.0.1"]);
    sign_in(&mut browser, &folder, &server);
    browser.open(&format!("{}/settings", server.url()));
    browser.follow("//a[contains(@href, '/webhooks')]");
    browser.sees("No webhooks yet");
    browser.looks_well("webhooks-none");
    browser.fill("Name", "Chat");
    browser.fill("Address", "http://10.0.0.1/hook");
    browser.click("Add it");
    browser.sees("This is a private address");
    browser.was_refused(422);
    browser.looks_well("webhooks-refused");
    // Nothing listens there.
    browser.fill("Address", "http://127.0.0.1:1/hooks/secret");
    browser.click("Add it");
    browser.sees("The webhook’s secret");
    browser.looks_well("webhooks-added");
    assert!(!browser.text().contains("/hooks/secret"));
    let receiver = Listener::with_page("taken");
    let url = receiver.elsewhere();
    browser.fill(
        "Name",
        "A program with a rather long name that somebody gave it",
    );
    browser.fill("Address", &url);
    browser.click("Add it");
    browser.sees("The webhook’s secret");
    browser.follow("(//button[.='Send a test'])[2]");
    browser.sees("is sent within seconds");
    browser.comes_to_see(&format!("{}/webhooks", server.url()), "onnection refused");
    browser.looks_well("webhooks");
    browser.scripts(false);
    browser.open(&format!("{}/webhooks", server.url()));
    browser.follow("(//button[.='Remove'])[2]");
    browser.sees("Add a webhook");
    browser.follow("(//button[.='Remove'])[1]");
    browser.sees("No webhooks yet");
    server.stop();
}
