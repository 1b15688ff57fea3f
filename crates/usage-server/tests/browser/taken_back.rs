//! All of it: a product sends its customer, gets its token and reports; the customer sees what was
//! reported, and takes it back.

use usage_client::core::Environment;
use usage_client::{Client, Registration, Server, Usage, UsageData, tags, values};

use crate::browser::Browser;
use crate::folder::Folder;
use crate::listener::{Listener, parameter};
use crate::patience::{DEADLINE, until_well};

#[test]
fn what_a_product_reports_is_seen_and_taken_back() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    // The product says where to go, and waits for its token.
    let product = Listener::with_page("<p>Thank you for registering</p>");
    let registration = Registration::new("clus1", "jambox").redirect_url(product.url("back"));
    let link = registration.url(&server.url().as_str().into()).unwrap();
    browser.open(&link);
    browser.sees("A program of yours asks for a token");
    browser.click("Create an account");
    browser.signs_up("Acme", "carl@example.com");
    browser.sees("Say yes only if");
    browser.click(&format!("Register, and go to {}", product.host()));
    browser.sees("Thank you for registering");
    let token = parameter(&product.request_for("/back"), "token").unwrap();

    // It checks in, and reports its usage.
    let client = Client::new(token.as_str())
        .with_url(server.url())
        .with_timeout(DEADLINE)
        .with_environment(Environment::default());
    let check_in = Server::new("jambox", "1.2.3")
        .cluster_id("clus1")
        .server_id("serv1")
        .host("db.example.com");
    client.save(&check_in).unwrap();
    let usage = UsageData::new()
        .tags(tags! { "version" => "1.2.3", "os" => "linux" })
        .values(values! { "cluster_id" => "clus1", "server_id" => "serv1", "num_databases" => 3 });
    client.save(&Usage::new("jambox").with(usage)).unwrap();

    // The customer sees it.
    browser.comes_to_see(&server.url(), "; 0 reports waiting");
    browser.sees("Active servers per day");
    for shown in ["clus1", "serv1", "jambox", "db.example.com", "1.2.3"] {
        assert!(browser.text().contains(shown), "{shown}");
    }
    browser.looks_well("organization");
    browser.click("By cluster");
    browser.sees("By product");
    browser.looks_well("organization-clusters");
    browser.click("Reports");
    browser.sees("The download has a report on each line");
    browser.fill("Text in the body", "num_databases");
    browser.click("Search");
    browser.sees("There are no older ones.");
    browser.follow("(//summary[contains(., 'jambox')])[1]");
    browser.sees("\"num_databases\": 3");
    browser.looks_well("organization-reports");
    browser.click("Tokens");
    browser.sees("Valid tokens, the newest first");
    browser.looks_well("organization-tokens");
    browser.click("Members");
    browser.sees("Those longest here first");
    browser.looks_well("organization-members");
    browser.click("Make a link");
    browser.sees("The invitation");
    browser.looks_well("organization-invited");
    browser.click("Servers");
    browser.sees("Id, host, product or version");
    browser.looks_well("organization-servers");
    browser.click("clus1");
    browser.sees("About this server");
    browser.looks_well("organization-server");

    // And takes it back.
    browser.click("Delete what it reported");
    browser.sees("This will go, for good");
    browser.sees("2 reports");
    browser.looks_well("organization-delete");
    browser.tick("I am sure. Nobody can bring it back.");
    browser.click("Delete it");
    let deletion = until_well("the deletion's page", || match browser.address() {
        there if there.contains("/delete/") => Ok(there),
        elsewhere => Err(elsewhere),
    });
    // While it waits the page says when it is gone by.
    browser.comes_to_see(&deletion, "2 reports were deleted");
    browser.looks_well("organization-deletion");
    browser.open(&server.url());
    browser.sees("No reports yet");
    for gone in ["clus1", "serv1", "jambox", "db.example.com"] {
        assert!(!browser.text().contains(gone), "{gone}");
    }
    browser.click("Who did what");
    browser.sees("The newest first");
    browser.looks_well("organization-log");
    browser.open(&server.url());
    browser.click("End this organization");
    browser.sees("Nobody can bring it back.");
    browser.looks_well("organization-end");
    server.stop();
    assert!(folder.export().is_empty(), "it is in no export made later");
}
