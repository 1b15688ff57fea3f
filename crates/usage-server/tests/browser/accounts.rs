//! People and their accounts: operators invite each other and help who forgot a password; each sees
//! where they are signed in; and all that is written down.

use crate::browser::Browser;
use crate::customers::PASSWORD;
use crate::first_visit::printed_link;
use crate::folder::Folder;

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

impl Browser {
    /// The link on the page that has this in it.
    fn shown_link(&mut self, part: &str) -> String {
        let text = self.text();
        let link = text.split_whitespace().find(|word| word.contains(part));
        link.unwrap_or_else(|| panic!("no {part} in {text}"))
            .to_owned()
    }
}

#[test]
fn operators_invite_each_other_and_help_who_forgot() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let mut server = folder.serve();
    let url = server.url();
    browser.open(&printed_link(&mut server));
    browser.fill("Email", ANN);
    browser.fill("Password", PASSWORD);
    browser.click("Create the account");
    browser.sees("No reports yet");

    browser.open(&format!("{url}/account"));
    browser.sees("Where you are signed in");
    browser.sees("this one");
    browser.looks_well("account");
    browser.click("Change it");
    browser.sees("8 characters or more");
    browser.looks_well("account-password");

    browser.open(&format!("{url}/operators"));
    browser.sees("Who sees everybody");
    browser.looks_well("operators");
    browser.click("Invite an operator");
    browser.sees("It works once");
    let invitation = browser.shown_link("/invite/");
    browser.looks_well("operators-invited");
    browser.fill("Their email", ANN);
    browser.click("Make a link");
    browser.sees("chooses a new password");
    let reset = browser.shown_link("/reset/");
    browser.open(&format!("{url}/api-keys"));
    browser.sees("No API keys yet");
    browser.fill("Name", "grafana");
    browser.tick("read: ask questions, such as how many servers are active");
    browser.click("Issue it");
    browser.sees("It is shown this once");
    browser.looks_well("api-keys");
    browser.open(&format!("{url}/audit"));
    browser.sees(ANN);
    browser.looks_well("audit");
    browser.click("Sign out");
    browser.sees("Password");

    browser.open(&invitation);
    browser.sees("You are invited");
    browser.looks_well("invite");
    browser.fill("Email", BOB);
    browser.fill("Password", PASSWORD);
    browser.click("Create the account and accept");
    browser.sees("No reports yet");
    browser.click("Sign out");
    browser.sees("Password");

    browser.open(&reset);
    browser.sees("Choose a new password");
    browser.looks_well("reset");
    browser.fill("New password", "another horse battery");
    browser.click("Set the password");
    browser.sees("No reports yet");
    browser.open(&reset);
    browser.sees("This link is over");
    browser.was_refused(410);
    browser.looks_well("reset-over");
    server.stop();
}
