//! A fresh server: its printed link makes the first operator, who signs out and in again. All of it
//! without scripts, too.

use crate::browser::Browser;
use crate::folder::{Folder, Running};

const EMAIL: &str = "ann@example.com";
const PASSWORD: &str = "correct horse battery";

#[test]
fn a_first_password_needs_no_more_than_the_page_says() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let mut server = folder.serve();
    let link = printed_link(&mut server);
    browser.scripts(false);
    browser.open(&link);
    browser.sees("8 characters or more");
    browser.fill("Email", EMAIL);
    browser.fill("Password", "8 chars.");
    browser.click("Create the account");
    browser.sees("No reports yet");
    browser.has_no_complaints();
    server.stop();
}

#[test]
fn the_printed_link_makes_the_first_operator() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let mut server = folder.serve();
    let link = printed_link(&mut server);

    browser.open(&server.url());
    browser.sees("Nobody can sign in yet");
    browser.looks_well("sign-in-nobody-yet");

    browser.open(&link);
    browser.sees("This server is new");
    browser.looks_well("welcome");
    browser.fill("Email", EMAIL);
    browser.fill("Password", PASSWORD);
    browser.click("Create the account");
    browser.sees("No reports yet");
    browser.looks_well("overview-empty");

    browser.click("Sign out");
    browser.sees("Password");
    browser.looks_well("sign-in");
    browser.fill("Email", EMAIL);
    browser.fill("Password", "wrong horse battery");
    browser.click("Sign in");
    browser.sees("The address or the password is wrong.");
    browser.was_refused(401);
    browser.looks_well("sign-in-refused");
    browser.fill("Password", PASSWORD);
    browser.click("Sign in");
    browser.sees("No reports yet");

    browser.open(&link);
    browser.sees("This link is over");
    browser.was_refused(410);
    browser.looks_well("welcome-over");
    server.stop();
}

/// Where the server's first line leads, as it listens now.
pub(crate) fn printed_link(server: &mut Running) -> String {
    let code = server.line("the first visit's link", |line| {
        let (_, code) = line.split_once("/welcome/")?;
        Some(code.trim().to_owned())
    });
    format!("{}/welcome/{code}", server.url())
}
