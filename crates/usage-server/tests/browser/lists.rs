//! An operator looks for a server: lists that are searched and sorted, page by page, and what one server and
//! one cluster did.

use crate::browser::Browser;
use crate::fleet::{demo, sign_in};
use crate::folder::{Folder, Running};
use crate::looks::{DESK, Theme};

/// Two machines with the same ids, which check in by turns; and a crowd for a second page.
fn report(server: &Running) {
    let mut sender = server.connect();
    for host in ["rack-1", "rack-2", "rack-1", "rack-2"] {
        let body = format!(
            r#"{{"cluster_id":"copied-image","server_id":"same","host":"{host}.example.com","product":"tidewater","version":"3.1"}}"#
        );
        assert_eq!(sender.post("/api/v1/servers", &[], body).status(), 201);
    }
    let one = |n: usize| {
        let long = "-of-the-large-cluster-in-the-north".repeat(n % 3);
        format!(
            r#"{{"tags":{{"version":"1.{n}.0","os":"linux"}},"values":{{"cluster_id":"crowd{long}-{n}","server_id":"s{n}","load":{n}.5}}}}"#
        )
    };
    let crowd: Vec<String> = (1..=60).map(one).collect();
    let body = format!("[{}]", crowd.join(","));
    let reply = sender.post("/api/v1/usage/crowded", &[], body);
    assert_eq!(reply.status(), 200, "{}", reply.text());
    let stats = r#"{"cluster_id":"crowd-3","server_id":"s3","stats":[{"name":"database","tags":{"name":"telegraf"},"values":{"series":123456,"load":0.25}}]}"#;
    let status = sender.post("/api/v1/stats/crowded", &[], stats).status();
    assert!([200, 201].contains(&status), "{status}");
}

fn tab(name: &str) -> String {
    format!("//nav[@class='tabs']/a[.='{name}']")
}

fn see_lists(browser: &mut Browser, with_pictures: bool) {
    let folder = Folder::new();
    let server = demo(&folder, 25, 30);
    report(&server);
    sign_in(browser, &folder, &server);
    browser.comes_to_see(&server.url(), "; 0 reports waiting");
    let look = |browser: &mut Browser, name: &str| {
        if with_pictures {
            browser.looks_well(name);
        } else {
            browser.wear(DESK, Theme::Light);
        }
    };
    browser.click("crowded");
    browser.follow(&tab("Servers"));
    browser.sees("1–50 of 60 servers");
    look(browser, "servers-first-page");
    browser.click("Behind these");
    browser.sees("51–60 of 60 servers");
    browser.click("Before these");
    browser.sees("1–50 of 60 servers");
    browser.fill("Search", "crowd-3");
    browser.click("Show");
    browser.sees("of 5 servers");
    assert!(
        browser.address().contains("search=crowd-3"),
        "{}",
        browser.address()
    );
    browser.follow("//a[.='Version']");
    browser.sees("of 5 servers");
    browser.follow("//a[.='crowd-3']");
    browser.sees("About this server");
    browser.sees("database series");
    look(browser, "server-with-stats");

    browser.follow("//nav[@aria-label='Main']//a[.='Overview']");
    browser.click("tidewater");
    browser.follow(&tab("Servers"));
    browser.sees("Cluster and server");
    look(browser, "servers");
    browser.follow("(//tbody//a)[1]");
    browser.sees("About this server");
    look(browser, "server-of-fleet");
    browser.follow("//p[@class='crumbs']/a[.='Servers']");
    browser.follow(&tab("Clusters"));
    browser.sees("Clusters of servers that reported in the window");
    look(browser, "clusters");
    browser.follow("(//tbody//a)[1]");
    browser.sees("Its servers");
    look(browser, "cluster");
    browser.follow("//p[@class='crumbs']/a[.='Clusters']");
    browser.follow(&tab("Ids"));
    browser.sees("took turns");
    look(browser, "ids");
    browser.follow("//nav[@aria-label='Main']//a[.='Organizations']");
    browser.sees("Every organization");
    look(browser, "organizations-of-operators");
    server.stop();
}

#[test]
fn lists_and_their_servers_look_well() {
    if let Some(mut browser) = Browser::start() {
        see_lists(&mut browser, true);
    }
}
