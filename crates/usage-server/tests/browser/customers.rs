//! A customer makes an account and an organization, and finds home. All of it without scripts, too.

use crate::browser::Browser;
use crate::folder::Folder;

/// The one that all of them have.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// As long as a name may be, in letters that are wide.
const LONG: &str = "Women’s Wholesale Wines & Waterworks of Westwater-Wolverhampton and Wrexham, Limited, WM Branch 7";

impl Browser {
    /// Makes an account, wherever a page led to the form.
    pub(crate) fn signs_up(&mut self, organization: &str, email: &str) {
        self.sees("8 characters or more");
        self.fill("Organization", organization);
        self.fill("Email", email);
        self.fill("Password", PASSWORD);
        self.click("Create the account");
    }

    /// With an account that there is, wherever a page led to the form.
    pub(crate) fn signs_in(&mut self, email: &str) {
        self.sees("Password");
        self.fill("Email", email);
        self.fill("Password", PASSWORD);
        self.click("Sign in");
    }
}

#[test]
fn a_customer_signs_up_and_comes_back() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    browser.open(&server.url());
    browser.sees("Password");
    browser.click("Sign up");
    browser.sees("8 characters or more");
    browser.looks_well("sign-up");
    browser.fill("Organization", "A\u{200b}cme");
    browser.fill("Email", "carl@example.com");
    browser.fill("Password", "carl@example.com");
    browser.click("Create the account");
    browser.sees("can’t be seen");
    browser.was_refused(422);
    browser.looks_well("sign-up-refused");
    browser.fill("Organization", LONG);
    browser.fill("Password", PASSWORD);
    browser.click("Create the account");
    browser.sees("No reports yet");
    browser.looks_well("organization-empty");

    browser.click(LONG);
    browser.sees("Make another one");
    browser.looks_well("organizations");
    browser.fill("Name", LONG);
    browser.click("Make it");
    browser.sees("has this name already");
    browser.was_refused(422);
    browser.looks_well("organizations-refused");
    browser.fill("Name", "株式会社");
    browser.click("Make it");
    browser.sees("Servers report for 株式会社");
    browser.looks_well("organization-of-several");
    browser.click("株式会社");
    browser.sees("All organizations");
    browser.looks_well("organization-switch");

    for hidden in ["/quarantine", "/reports", "/import"] {
        browser.open(&format!("{}{hidden}", server.url()));
        browser.sees("operator");
        browser.was_refused(403);
    }
    browser.looks_well("for-operators");
    browser.open(&server.url());
    browser.click("Sign out");
    browser.signs_in("carl@example.com");
    browser.sees("Choose whose you want to see");
    server.stop();
}

#[test]
fn a_customer_needs_no_scripts() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    browser.scripts(false);
    browser.open(&server.url());
    browser.sees("Password");
    browser.click("Sign up");
    browser.signs_up("Acme", "carl@example.com");
    browser.sees("No reports yet");
    browser.click("Sign out");
    browser.signs_in("carl@example.com");
    browser.sees("No reports yet");
    browser.has_no_complaints();
    server.stop();
}

#[test]
fn where_sign_up_is_by_invitation_the_page_says_so() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve_with(&["--sign-up", "invited"]);
    browser.open(&format!("{}/sign-up", server.url()));
    browser.sees("by invitation only");
    browser.looks_well("sign-up-invited");
    server.stop();
}
