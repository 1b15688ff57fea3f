//! An operator looks at what numbers come to and at who stays, and shows some of a product to anybody.

use crate::browser::Browser;
use crate::fleet::{demo, sign_in};
use crate::folder::Folder;

#[test]
fn values_and_retention_look_well() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = demo(&folder, 40, 60);
    sign_in(&mut browser, &folder, &server);
    let at = format!("{}/products/1", server.url());
    browser.comes_to_see(&server.url(), "; 0 reports waiting");
    browser.open(&at);
    browser.click("Values");
    browser.sees("What is used");
    browser.looks_well("values");
    browser.open(&format!("{at}/values?value=num_series&by=version&days=30"));
    browser.sees("Median of num_series per day, by version");
    browser.looks_well("values-split");
    browser.click("Retention");
    browser.sees("New, returned and gone servers");
    browser.looks_well("retention");
    browser.open(&format!("{at}/retention?days=90"));
    browser.looks_well("retention-90-days");
    browser.open(&format!("{at}/values?value=nothing"));
    browser.sees("was not found");
    browser.looks_well("values-unknown");
    server.stop();
}

#[test]
fn a_public_page_looks_well() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = demo(&folder, 150, 60);
    sign_in(&mut browser, &folder, &server);
    browser.comes_to_see(&server.url(), "; 0 reports waiting");
    browser.open(&format!("{}/products/1", server.url()));
    browser.click("Public page");
    browser.sees("Nobody sees it");
    browser.looks_well("public-settings");
    browser.fill("Threshold, in customers", "5");
    browser.click("Look at it first");
    browser.sees("Not saved yet");
    browser.click("Save and show it to anybody");
    browser.sees("Anybody sees it at");
    browser.looks_well("public-settings-shown");
    browser.follow("//a[contains(@href, '/public/')][starts-with(., 'http')]");
    browser.sees("How these numbers are made");
    browser.looks_well("public");
    server.stop();
}
