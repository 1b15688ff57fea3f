//! Whatever is reported and whatever people call themselves stays text, on every page.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::json;
use usage_client::Registration;

use crate::browser::Browser;
use crate::fleet::sign_in;
use crate::folder::{Folder, Running};
use crate::links::crawl;

/// Ends whatever stands before it, and would run in many ways. An organization's name can be as long.
pub(crate) const HOSTILE: &str = r#"'"--></title></script><script data-evil>window.ran=1</script><img data-evil src=/x onerror=ran=1>"#;

/// What a hostile text has become of: an element, a script that ran, a link that would.
const WHAT_BECAME: &str = "[...document.querySelectorAll('[data-evil], [onerror]'),
    ...[...document.querySelectorAll('[href], [src], [action]')].filter(one =>
        /^\\s*(javascript|data):/i.test(one.getAttribute('href') || one.getAttribute('src')
            || one.getAttribute('action')))]
    .map(one => one.outerHTML).concat(window.ran === undefined ? [] : ['ran'])";

impl Browser {
    /// What hostile texts became on the page as it is now; nothing, if it is well made.
    pub(crate) fn became_of_texts(&mut self) -> Vec<String> {
        let became = self.driver.evaluate(WHAT_BECAME);
        let became = became.as_array().unwrap().iter();
        became.map(|one| one.as_str().unwrap().to_owned()).collect()
    }

    /// From the next page on, pages may do what their policy forbids. So a page shows whether it
    /// is well made, not only well guarded.
    pub(crate) fn without_policies(&mut self) {
        let parameters = json!({"enabled": true});
        self.driver
            .browser_command("Page.setBypassCSP", &parameters);
    }
}

/// Reports in which every text is hostile, of all kinds, accepted and refused.
fn report(server: &Running, token: &str, products: &[&str]) {
    let escaped = |name: &str| {
        name.bytes().fold(String::new(), |mut text, byte| {
            write!(text, "%{byte:02X}").unwrap();
            text
        })
    };
    let headers = [("X-Authorization", token)];
    let mut sender = server.connect();
    let blank = json!({"cluster_id": "", "server_id": HOSTILE, "host": HOSTILE, HOSTILE: HOSTILE});
    let usage = json!([{
        "tags": {HOSTILE: HOSTILE, "version": HOSTILE, "host": HOSTILE, "url": "javascript:window.ran=1"},
        "values": {"cluster_id": HOSTILE, "server_id": HOSTILE, HOSTILE: 1, "text": HOSTILE},
    }]);
    let servers = json!({
        "cluster_id": HOSTILE, "server_id": HOSTILE, "host": HOSTILE,
        "product": HOSTILE, "version": HOSTILE,
    });
    let stats = json!({
        "cluster_id": HOSTILE, "server_id": HOSTILE,
        "stats": [{"name": HOSTILE, "tags": {HOSTILE: HOSTILE}, "values": {HOSTILE: 1}}],
    });
    let mut post = |path: String, body: &serde_json::Value, taken: bool| {
        let reply = sender.post(&path, &headers, body.to_string());
        let wanted = if taken { 2 } else { 4 };
        assert_eq!(reply.status() / 100, wanted, "{path}: {}", reply.text());
    };
    for product in products.iter().copied().map(escaped) {
        post(format!("/api/v1/usage/{product}"), &usage, true);
        post(format!("/api/v1/stats/{product}"), &stats, true);
        post(format!("/api/v1/stats/{product}"), &blank, false);
        post(
            format!("/api/v1/usage/{product}"),
            &json!([{"tags": {HOSTILE: {HOSTILE: [HOSTILE]}}}]),
            false,
        );
    }
    post("/api/v1/servers".to_owned(), &servers, true);
    post(
        "/api/v1/servers".to_owned(),
        &json!({HOSTILE: HOSTILE}),
        false,
    );
}

#[test]
fn whatever_is_reported_stays_text_on_every_page() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    let products = [HOSTILE, "javascript:window.ran=1"];
    report(&server, &folder.token(HOSTILE), &products);
    sign_in(&mut browser, &folder, &server);
    browser.comes_to_see(&server.url(), "; 0 reports waiting");
    browser.sees(HOSTILE);
    let looked_at = nothing_became_of_texts(&mut browser, &server);
    for page in [
        "/products/",
        "/servers/",
        "/servers?",
        "/clusters",
        "/cluster?",
        "/ids",
        "/organizations",
        "/reports",
        "/quarantine",
        "/import",
    ] {
        assert!(
            looked_at.iter().any(|link| link.contains(page)),
            "{page}: {looked_at:?}"
        );
    }
    server.stop();
}

#[test]
fn customers_see_texts_as_texts() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    let registration = Registration::new(HOSTILE, HOSTILE);
    let link = registration.url(&server.url().as_str().into()).unwrap();
    browser.open(&link);
    browser.sees("A program of yours asks for a token");
    browser.click("Create an account");
    browser.signs_up(HOSTILE, "carl@example.com");
    browser.sees("Say yes only if");
    browser.click("Register, and show the token");
    let token = browser.shown_token();
    report(&server, &token, &[HOSTILE]);
    browser.comes_to_see(&server.url(), "; 0 reports waiting");
    let looked_at = nothing_became_of_texts(&mut browser, &server);
    assert!(looked_at.len() > 1, "{looked_at:?}");
    server.stop();
}

/// On all pages that whoever is signed in is led to, whatever the pages' policies would forbid.
fn nothing_became_of_texts(browser: &mut Browser, server: &Running) -> BTreeSet<String> {
    browser.without_policies();
    crawl(browser, &server.url(), |browser, link| {
        assert_eq!(browser.became_of_texts(), [""; 0], "{link}");
        let policy_is_off = "{ const one = document.createElement('script');
            one.textContent = 'window.obeyed = 1'; document.body.append(one); } window.obeyed";
        assert_eq!(browser.driver.evaluate(policy_is_off), 1, "{link}");
    })
}
