//! An operator decides about a product, page by page and without scripts: what replies tell, what names mean, what is
//! kept. And anybody chooses a theme.

use serde_json::json;

use crate::browser::Browser;
use crate::fleet::{demo, sign_in};
use crate::folder::Folder;
use crate::looks::{DESK, PHONE, Theme};
use crate::patience::until;

#[test]
fn an_operator_settles_a_product_without_scripts() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = demo(&folder, 20, 8);
    sign_in(&mut browser, &folder, &server);
    browser.comes_to_see(&server.url(), "; 0 reports waiting");
    let save = |form: &str| format!("//form[contains(@action, '{form}')]//button[text()='Save']");

    browser.scripts(false);
    browser.click("Settings");
    browser.sees("How long what is kept is kept");
    browser.follow("(//table//a[contains(@href, '/settings')])[1]");
    browser.sees("What replies tell");
    browser.fill("Latest version", "9.9.1");
    browser.fill("Hours until the next report", "half a day");
    browser.follow(&save("/replies"));
    browser.sees("It must be a number of hours, such as 12.");
    browser.was_refused(422);
    browser.fill("Hours until the next report", "6");
    browser.follow(&save("/replies"));
    comes_back(&mut browser, "#replies");

    advise(&mut browser, "CVE-2026-1234", "critical", "^9");
    browser.sees("write ranges such as");
    browser.was_refused(422);
    with_scripts(&mut browser, |browser| {
        browser.looks_well("settings-refused")
    });
    advise(
        &mut browser,
        "CVE-2026-1234",
        "critical",
        ">=9.0, <9.9.1 || 8.4.2",
    );
    browser.sees("<9.9.1");
    advise(
        &mut browser,
        "ADVISORY-WITH-A-LONG-ID-2026-0007",
        "low",
        "*",
    );
    browser.sees("ADVISORY-WITH-A-LONG-ID");
    browser.tick("Mask texts that are not on it, and leave out numbers");
    browser.follow(&save("/allowlist"));
    comes_back(&mut browser, "#kept");
    browser.fill("Host", "console.example.com");
    browser.click("List it");
    browser.sees("console.example.com");
    with_scripts(&mut browser, |browser| {
        browser.looks_well("settings-product")
    });
    browser.click("Change CVE-2026-1234");
    browser.fill("What it is about, in a line", "Passwords show in some logs");
    browser.click("Change it");
    browser.sees("Passwords show in some logs");
    let told = folder.run(&["product", "advisory", "list"]).well();
    assert!(told.contains("Passwords show in some logs"), "{told}");

    browser.click("Dictionary");
    browser.sees("other texts are masked");
    with_scripts(&mut browser, |browser| browser.looks_well("dictionary"));
    browser.fill("Name, meaning, unit or owner", "version");
    browser.click("Search");
    browser.follow("(//a[text()='Edit'])[1]");
    browser.fill(
        "What it means",
        "The release that runs, as its makers call it",
    );
    browser.fill("Unit", "release");
    browser.fill("Who knows more", "release-team@example.com");
    browser.choose("Who may know it", "public");
    with_scripts(&mut browser, |browser| {
        browser.looks_well("dictionary-edit")
    });
    browser.follow(&save("/dictionary"));
    browser.sees("The release that runs");
    browser.sees("release-team@example.com");
    browser.follow("//header//a[text()='Settings']");
    browser.sees("what is listed, the rest masked");
    with_scripts(&mut browser, |browser| browser.looks_well("settings"));
}

/// The form was taken.
fn comes_back(browser: &mut Browser, to: &str) {
    until("the way back to the form", || {
        browser.address().ends_with(to).then_some(())
    });
}

/// Fills in the form of an advisory, and sends it.
fn advise(browser: &mut Browser, id: &str, severity: &str, affected: &str) {
    browser.fill("Id", id);
    browser.choose("Severity", severity);
    browser.fill(
        "What it is about, in a line",
        "Passwords show in the log of whoever asks for it",
    );
    browser.fill("Affected versions", affected);
    browser.fill("Where more is said", "https://example.com/advisories/7");
    browser.click("Add it");
}

/// Pictures are taken by a script of the driver's own.
fn with_scripts(browser: &mut Browser, look: impl FnOnce(&mut Browser)) {
    browser.scripts(true);
    look(browser);
    browser.scripts(false);
}

#[test]
fn a_theme_is_chosen_whatever_the_system_prefers() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = demo(&folder, 4, 3);
    let ground = |browser: &mut Browser| {
        let colour = "getComputedStyle(document.body).backgroundColor";
        browser.driver.evaluate(colour)
    };
    let (light, dark) = (json!("rgb(246, 247, 248)"), json!("rgb(16, 20, 24)"));
    // Before there is a session, too.
    browser.open(&format!("{}/sign-in", server.url()));
    browser.wear(DESK, Theme::Light);
    assert_eq!(ground(&mut browser), light);
    browser.click("Dark");
    browser.sees("Password");
    assert_eq!(ground(&mut browser), dark);
    sign_in(&mut browser, &folder, &server);
    browser.wear(PHONE, Theme::Light);
    browser.open(&format!("{}/settings", server.url()));
    assert_eq!(ground(&mut browser), dark);
    browser.picture("theme-dark-by-choice.png");
    browser.wear(PHONE, Theme::Dark);
    browser.click("Light");
    browser.sees("How long what is kept is kept");
    assert_eq!(ground(&mut browser), light);
    browser.picture("theme-light-by-choice.png");
    browser.click("System");
    browser.sees("How long what is kept is kept");
    assert_eq!(ground(&mut browser), dark);
    browser.has_no_complaints();
}
