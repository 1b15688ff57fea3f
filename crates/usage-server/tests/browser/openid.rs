//! Signing in with OpenID Connect: there and back again in a browser, which follows redirects as its policies
//! allow and carries cookies as they say.

use crate::browser::Browser;
use crate::folder::Folder;
use crate::provider::Provider;

#[test]
fn a_customer_comes_by_their_provider_and_links_nothing_twice() {
    let Some(provider) = Provider::with_a_button("ada") else {
        return;
    };
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = provider.serve_well(&folder);
    let url = server.url();
    browser.open(&format!("{url}/sign-in"));
    browser.sees("Go on with Example");
    browser.looks_well("openid-sign-in");
    at_the_provider(&mut browser);
    browser.sees("As ada@acme.example");
    browser.looks_well("openid-new");
    browser.fill("Organization", "Acme");
    browser.click("Create the account");
    browser.sees("Acme");
    browser.open(&format!("{url}/account"));
    browser.sees("the only way into this account");
    browser.looks_well("openid-account");
    browser.click("Sign out");
    browser.sees("Go on with Example");
    at_the_provider(&mut browser);
    browser.sees("ada@acme.example");
    browser.open(&format!("{url}/sign-in/openid/back?error=access_denied"));
    browser.sees("Please begin again");
    browser.was_refused(400);
    browser.looks_well("openid-over");
    server.stop();
}

#[test]
fn who_has_a_password_links_their_provider() {
    let Some(provider) = Provider::with_a_button("ada") else {
        return;
    };
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = provider.serve_well(&folder);
    let url = server.url();
    let add = ["operator", "add", "--email", "op@example.com"];
    let password = folder.run(&add).well();
    browser.open(&format!("{url}/sign-in"));
    browser.fill("Email", "op@example.com");
    browser.fill("Password", password.trim_end());
    browser.click("Sign in");
    browser.sees("No reports yet");
    browser.open(&format!("{url}/account"));
    browser.click("Link Example");
    browser.sees("Whoever you are there");
    browser.looks_well("openid-link");
    at_the_provider_by(&mut browser, "Go on to Example");
    browser.sees("From now on you can sign in with it");
    browser.looks_well("openid-linked");
    browser.follow("//button[normalize-space()='Unlink']");
    browser.sees("It lets nobody in here any more");
    server.stop();
}

fn at_the_provider(browser: &mut Browser) {
    at_the_provider_by(browser, "Go on with Example");
}

fn at_the_provider_by(browser: &mut Browser, link: &str) {
    browser.click(link);
    browser.sees("Authorize Client");
    // Of the provider's page, which is none of ours.
    browser.complaints();
    browser.click("ada");
}
