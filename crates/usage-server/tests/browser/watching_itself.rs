//! The checks of these tests see what they are for: each is shown a page that is wrong.

use crate::accessible::violations;
use crate::browser::Browser;
use crate::hostile_texts::HOSTILE;
use crate::looks::Theme;

/// A page of ours that is wrong in every way we look for.
const WRONG: &str = "data:text/html,<!doctype html><html><head>\
    <meta http-equiv=Content-Security-Policy content=\"script-src 'none'\"></head>\
    <body><script>document.title = 'ran'</script><p>Wrong</p>\
    <img src=x><div style='width: 500px'>wide</div></body></html>";

#[test]
fn what_is_wrong_is_seen() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    browser.open(WRONG);
    browser.sees("Wrong");
    let complaints = browser.complaints().join("\n");
    assert!(
        complaints.contains("Content Security Policy"),
        "{complaints}"
    );
    assert!(browser.complaints().is_empty(), "each is told once");

    browser.wear(390, Theme::Dark);
    let wide = browser
        .driver
        .evaluate("document.scrollingElement.scrollWidth");
    assert!(wide.as_u64().unwrap() > 390, "{wide}");
    let dark = browser
        .driver
        .evaluate("matchMedia('(prefers-color-scheme: dark)').matches");
    assert_eq!(dark, true);
    let found = violations(&mut browser).join("\n");
    if found.is_empty() {
        // Without axe-core, which was said.
        return;
    }
    assert!(found.contains("image-alt"), "{found}");
    assert!(found.contains("html-has-lang"), "{found}");
}

#[test]
fn a_text_that_becomes_markup_is_seen() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    browser.open(&format!(
        "data:text/html,<h1>Hello</h1><title>{HOSTILE}</title>"
    ));
    browser.sees("Hello");
    let became = browser.became_of_texts();
    assert_eq!(
        became.len(),
        3,
        "a script, an image, and it ran: {became:?}"
    );
    browser.open("data:text/html,<h1>Hello</h1><a href='javascript:window.ran=1'>x</a>");
    browser.sees("Hello");
    assert_eq!(browser.became_of_texts().len(), 1);
}

#[test]
fn scripts_run_or_not_and_pages_are_read_either_way() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let page = "data:text/html,<p>Here</p><script>document.body.append('ran')</script>";
    browser.open(page);
    browser.sees("ran");
    browser.scripts(false);
    browser.open(page);
    browser.sees("Here");
    assert_eq!(browser.text(), "Here");
    browser.scripts(true);
    browser.open(page);
    browser.sees("ran");
}
