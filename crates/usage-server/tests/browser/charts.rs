//! An operator reads a product's charts: by eye, by the arrow keys, with and without scripts, and narrows down
//! what they show.

use serde_json::json;

use crate::browser::Browser;
use crate::fleet::{demo, sign_in};
use crate::folder::Folder;

/// WebDriver's names of keys.
const LEFT: &str = "\u{e012}";
const ESCAPE: &str = "\u{e00c}";

/// What the read-out beside the first chart says.
const READ_OUT: &str = "[...document.querySelectorAll('#active .read-out:not([hidden]) > *')].map(one => one.textContent)";

fn press(browser: &mut Browser, keys: &str) {
    let found = browser
        .driver
        .find("//*[@id='active']//*[@tabindex='0'][1]");
    let plot = found.unwrap().remove(0);
    let typed = browser
        .driver
        .command(&plot.path("value"), &json!({"text": keys}));
    typed.unwrap();
}

#[test]
fn exact_values_are_read_by_the_arrow_keys() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = demo(&folder, 25, 20);
    sign_in(&mut browser, &folder, &server);
    browser.comes_to_see(&server.url(), "; 0 reports waiting");
    browser.follow("(//a[starts-with(@href, '/products/')])[1]");
    browser.sees("Split by");
    browser.click("os");
    browser.sees("has the most servers");
    assert_eq!(browser.driver.evaluate(READ_OUT), json!([]));
    press(&mut browser, LEFT);
    let last = browser.driver.evaluate(READ_OUT);
    assert!(last[0].as_str().unwrap().ends_with(" so far"), "{last}");
    assert!(last.to_string().contains("linux: "), "{last}");
    press(&mut browser, LEFT);
    let before = browser.driver.evaluate(READ_OUT);
    assert_ne!(before[0], last[0]);
    // The same numbers as in the table, whose newest row is the last column.
    let row = "[...document.querySelectorAll('#active tbody tr')[1].children].map(one => one.textContent)";
    let row = browser.driver.evaluate(row);
    assert_eq!(row[0], before[0]);
    let value = before[1].as_str().unwrap().rsplit(": ").next().unwrap();
    assert_eq!(row[1], value, "{before} {row}");
    press(&mut browser, ESCAPE);
    assert_eq!(browser.driver.evaluate(READ_OUT), json!([]));
    browser.has_no_complaints();
    server.stop();
}

#[test]
fn without_scripts_a_page_is_narrowed_down_and_read_all_the_same() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = demo(&folder, 25, 20);
    sign_in(&mut browser, &folder, &server);
    browser.comes_to_see(&server.url(), "; 0 reports waiting");
    browser.scripts(false);
    browser.follow("(//a[starts-with(@href, '/products/')])[1]");
    browser.click("Days and filters");
    browser.choose("Who", "Anonymous");
    browser.follow("//option[normalize-space()='os is linux']");
    browser.click("Show");
    browser.sees("os is linux");
    browser.sees("anonymous only");
    assert!(
        browser
            .address()
            .ends_with("?who=anonymous&filter%5Bos%5D=linux")
    );
    browser.click("7 days");
    browser.sees("os is linux");
    assert!(browser.address().contains("days=7"));
    let title = "//*[@id='active']//*[local-name()='title']";
    assert!(!browser.driver.find(title).unwrap().is_empty());
    browser.follow("//a[contains(., 'anonymous only')]");
    browser.sees("Remove all");
    assert!(!browser.address().contains("who="));
    browser.click("Remove all");
    browser.sees("Version adoption");
    assert!(browser.address().ends_with("?days=7"));
    browser.scripts(true);
    browser.has_no_complaints();
    server.stop();
}
