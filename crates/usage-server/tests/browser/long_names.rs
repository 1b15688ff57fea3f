//! Names as long as anybody may report them, without a blank to break at: no page is wider than the window for them.

use serde_json::json;

use crate::browser::Browser;
use crate::fleet::sign_in;
use crate::folder::{Folder, Running};
use crate::looks::{DESK, PHONE, Theme};

/// Tables that are rows of cards on a phone, and scroll sideways all the same.
const SCROLLS: &str = "[...document.querySelectorAll('.scroll:has(.stacked)')]
    .filter(one => one.scrollWidth > one.clientWidth + 1)
    .map(one => one.getAttribute('aria-label'))";

/// Anything that scrolls sideways, so that something of it is hidden.
const SCROLL: &str = "[...document.querySelectorAll('.scroll')]
    .filter(one => one.scrollWidth > one.clientWidth + 1)
    .map(one => one.getAttribute('aria-label'))";

/// Reports, with these headers, in which every name is long; and one that is refused.
fn send(server: &Running, headers: &[(&str, &str)]) {
    let mut sender = server.connect();
    let long = |what: &str| format!("{what}{}", "averyverylongnamewithoutanybreak".repeat(6));
    let product = long("product");
    let usage = json!([{
        "tags": {
            "version": format!("1.8-{}", long("version")), "os": long("os"),
            "host": long("host"), long("tag"): long("value"),
        },
        "values": {"cluster_id": long("cluster"), "server_id": long("server"), long("number"): 1},
    }]);
    let start = json!({
        "cluster_id": long("cluster"), "server_id": long("server"), "host": long("host"),
        "product": product, "version": long("version"),
    });
    let wrong = json!({"product": product, "cluster_id": "", "server_id": long("server")});
    for (path, body) in [
        (format!("/api/v1/usage/{product}"), &usage),
        ("/api/v1/servers".to_owned(), &start),
        ("/api/v1/servers".to_owned(), &wrong),
    ] {
        sender.post(&path, headers, body.to_string());
    }
}

#[test]
fn no_name_is_wider_than_the_window() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    send(&server, &[]);
    sign_in(&mut browser, &folder, &server);
    browser.comes_to_see(&server.url(), "; 0 reports waiting");
    let mut problems = Vec::new();
    for page in [
        "/",
        "/products/1",
        "/products/1?by=version",
        "/products/1/values",
        "/products/1/retention",
        "/products/1/servers",
        "/products/1/clusters",
        "/products/1/ids",
        "/products/1/dictionary",
        "/products/1/public",
        "/products/1/settings",
        "/servers/1",
        "/settings",
        "/reports",
        "/quarantine",
        "/audit",
    ] {
        browser.open(&format!("{}{page}", server.url()));
        for width in [PHONE, DESK] {
            browser.wear(width, Theme::Light);
            if let Some(which) = browser.beyond_the_edge(width) {
                problems.push(format!("{page} at {width}: {which}"));
            }
            let scrolls = browser.driver.evaluate(SCROLLS);
            if width == PHONE && scrolls != json!([]) {
                problems.push(format!("{page} scrolls sideways: {scrolls}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    server.stop();
}

#[test]
fn no_name_hides_what_stands_beside_it_from_a_customer() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    let base = server.url();
    browser.open(&format!("{base}/sign-up"));
    let email = format!("{0}@{1}.{1}.example", "a".repeat(60), "b".repeat(60));
    browser.signs_up(&"E".repeat(98), &email);
    browser.sees("No reports yet");
    let home = browser.address();
    browser.open(&format!("{home}/members"));
    browser.click("Make a link");
    browser.sees("The invitation");
    browser.open(&format!("{home}/tokens"));
    browser.fill("Name", &"n".repeat(100));
    browser.click("Issue it");
    browser.sees("The new token");
    let token = "document.querySelector('#token').value";
    let token = browser.driver.evaluate(token);
    send(&server, &[("X-Authorization", token.as_str().unwrap())]);
    browser.open(&format!("{home}/tokens"));
    browser.fill("Only for the product", &"p".repeat(1000));
    browser.fill("Only for the cluster", &"c".repeat(1000));
    browser.click("Issue it");
    browser.sees("The new token");
    browser.comes_to_see(&home, "; 0 reports waiting");
    let mut problems = Vec::new();
    for page in [
        &home,
        &format!("{home}/servers"),
        &format!("{home}/servers/1"),
        &format!("{home}/clusters"),
        &format!("{home}/reports"),
        &format!("{home}/tokens"),
        &format!("{home}/tokens/2/revoke"),
        &format!("{home}/members"),
        &format!("{home}/delete"),
        &format!("{home}/delete?server=1"),
        &format!("{home}/end"),
        &format!("{home}/log"),
        &format!("{base}/organizations"),
        &format!("{base}/account"),
    ] {
        browser.open(page);
        for width in [PHONE, DESK] {
            browser.wear(width, Theme::Light);
            if let Some(which) = browser.beyond_the_edge(width) {
                problems.push(format!("{page} at {width}: {which}"));
            }
            let scrolls = browser.driver.evaluate(SCROLL);
            if scrolls != json!([]) {
                problems.push(format!("{page} at {width} scrolls sideways: {scrolls}"));
            }
        }
        browser.has_no_complaints();
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    server.stop();
}
