//! All of it: a product sends its customer, gets its token and reports; the customer sees what was
//! reported, and takes it back.

use usage_client::core::Environment;
use usage_client::{Client, Error, Registration, Server, Usage, UsageData, tags, values};

use crate::browser::Browser;
use crate::folder::Folder;
use crate::listener::{Listener, parameter};
use crate::patience::{DEADLINE, until, until_well};

/// All that the product and its customer do.
fn seen_and_taken_back(scripts: bool) {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    browser.scripts(scripts);
    let looks_well = |browser: &mut Browser, name: &str| match scripts {
        true => browser.looks_well(name),
        false => browser.has_no_complaints(),
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
    let other = Server::new("jambox", "1.2.4")
        .cluster_id("clus1")
        .server_id("serv2")
        .host("other.example.com");
    client.save(&other).unwrap();
    let servers = |folder: &Folder| {
        let reports = folder.export().into_iter();
        let mut named: Vec<String> = reports.map(|report| report.body.to_string()).collect();
        named.sort();
        named
    };
    let before = servers(&folder);
    assert_eq!(before.len(), 3, "{before:?}");

    // The customer sees it.
    browser.comes_to_see(&server.url(), "; 0 reports waiting");
    browser.sees("Active servers per day");
    for shown in ["clus1", "serv1", "jambox", "db.example.com", "1.2.3"] {
        assert!(browser.text().contains(shown), "{shown}");
    }
    looks_well(&mut browser, "organization");
    browser.click("By cluster");
    browser.sees("By product");
    looks_well(&mut browser, "organization-clusters");
    browser.click("Reports");
    browser.sees("The download has a report on each line");
    browser.fill("Text in the body", "num_databases");
    browser.click("Search");
    browser.sees("There are no older ones.");
    browser.follow("(//summary[contains(., 'jambox')])[1]");
    browser.sees("\"num_databases\": 3");
    looks_well(&mut browser, "organization-reports");
    browser.click("Tokens");
    browser.sees("Valid tokens, the newest first");
    looks_well(&mut browser, "organization-tokens");
    browser.click("Members");
    browser.sees("Those longest here first");
    looks_well(&mut browser, "organization-members");
    browser.click("Make a link");
    browser.sees("The invitation");
    looks_well(&mut browser, "organization-invited");
    browser.click("Servers");
    browser.sees("Id, host, product or version");
    looks_well(&mut browser, "organization-servers");
    browser.follow("//tr[contains(., 'serv1')]//a");
    browser.sees("About this server");
    looks_well(&mut browser, "organization-server");

    // And takes it back.
    browser.click("Delete what it reported");
    browser.sees("This will go, for good");
    browser.sees("2 reports");
    looks_well(&mut browser, "organization-delete");
    browser.tick("I am sure. Nobody can bring it back.");
    browser.click("Delete it");
    let deletion = until_well("the deletion's page", || match browser.address() {
        there if there.contains("/delete/") => Ok(there),
        elsewhere => Err(elsewhere),
    });
    // While it waits the page says when it is gone by.
    browser.comes_to_see(&deletion, "2 reports were deleted");
    looks_well(&mut browser, "organization-deletion");
    browser.open(&server.url());
    browser.sees("serv2");
    for gone in ["serv1", "db.example.com"] {
        assert!(!browser.text().contains(gone), "{gone}");
    }
    let left = servers(&folder);
    assert!(
        matches!(&left[..], [one] if one.contains("serv2") && before.contains(one)),
        "in an export made later: {left:?}"
    );
    browser.click("Who did what");
    browser.sees("The newest first");
    looks_well(&mut browser, "organization-log");

    // At last the rest goes, and the organization with it.
    browser.open(&server.url());
    browser.click("End this organization");
    browser.sees("Nobody can bring it back.");
    looks_well(&mut browser, "organization-end");
    browser.fill("To confirm, type Acme", "Acme");
    browser.click("End it");
    browser.sees("The organization has ended");
    looks_well(&mut browser, "organization-ended");
    let refused = client.save(&check_in).unwrap_err();
    assert!(matches!(refused, Error::Unauthorized { .. }), "{refused:?}");
    until("an export without its reports", || {
        servers(&folder).is_empty().then_some(())
    });
    server.stop();
}

#[test]
fn what_a_product_reports_is_seen_and_taken_back() {
    seen_and_taken_back(true);
}

#[test]
fn what_a_product_reports_is_seen_and_taken_back_without_scripts() {
    seen_and_taken_back(false);
}
