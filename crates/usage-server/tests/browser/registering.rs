//! A product sends its customer to `/start`: the customer registers in a browser, and the token arrives at
//! the product, in each of the ways that there are.

use std::sync::mpsc::channel;

use usage_client::core::Environment;
use usage_client::{Client, RegisterError, Registration};

use crate::browser::Browser;
use crate::folder::{Folder, Running};
use crate::hostile_texts::HOSTILE;
use crate::listener::{Listener, parameter};
use crate::patience::DEADLINE;

/// The link that a product shows.
fn link(server: &Running, registration: Registration) -> String {
    registration.url(&server.url().as_str().into()).unwrap()
}

/// What the server says to a check-in with this token, as a status.
fn checks_in(server: &Running, token: &str, product: &str, cluster: &str) -> u16 {
    let body = format!(
        r#"{{"cluster_id":"{cluster}","server_id":"serv1","host":"db.example.com","product":"{product}","version":"1.2.3"}}"#
    );
    let headers = [("X-Authorization", token)];
    let reply = server.connect().post("/api/v1/servers", &headers, body);
    reply.status()
}

/// Everything that a product of the first kind and its customer do until the token is there.
fn token_in_the_address(scripts: bool) {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    browser.scripts(scripts);
    let product = Listener::with_page("<p>Thank you for registering</p>");
    let back = product.url("callback?from=usage&token=old#top");
    let registration = Registration::new("clus1", "jambox").redirect_url(&back);
    browser.open(&link(&server, registration));
    browser.sees("A program of yours asks for a token");
    if scripts {
        browser.looks_well("start-hello");
    }
    browser.click("Create an account");
    browser.signs_up("Acme", "carl@example.com");
    browser.sees("Say yes only if");
    for shown in ["jambox", "clus1", "Acme", &product.host()] {
        assert!(browser.text().contains(shown), "{shown}");
    }
    if scripts {
        browser.looks_well("start");
    }
    browser.click(&format!("Register, and go to {}", product.host()));
    browser.sees("Thank you for registering");
    browser.has_no_complaints();

    let came = product.request_for("/callback");
    let token = parameter(&came, "token").unwrap();
    assert_eq!(parameter(&came, "from").unwrap(), "usage");
    assert_eq!(came.first_line.matches("token=").count(), 1, "{came:?}");
    assert_eq!(came.header("referer"), None, "{came:?}");
    assert!(browser.address().ends_with("#top"));
    assert_eq!(checks_in(&server, &token, "jambox", "clus1"), 201);
    for (product, cluster) in [("nextdb", "clus1"), ("jambox", "clus2")] {
        assert_eq!(checks_in(&server, &token, product, cluster), 401);
    }
    let log = server.stopped();
    assert!(log.contains("/start"), "{log}");
    assert!(!log.contains(&token), "{log}");
    let reports = folder.export();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].organization.as_deref(), Some("Acme"));
}

#[test]
fn a_product_of_the_first_kind_gets_its_token() {
    token_in_the_address(true);
}

#[test]
fn a_product_of_the_first_kind_gets_its_token_without_scripts() {
    token_in_the_address(false);
}

/// A page's policy can't name such a host: it names any at this port.
#[test]
fn a_product_at_an_ipv6_address_gets_its_token() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let Some(product) = Listener::with_page_over_ipv6("<p>Thank you for registering</p>") else {
        println!("skipped: this machine has no IPv6");
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    let registration = Registration::new("clus1", "jambox").redirect_url(product.url("callback"));
    browser.open(&link(&server, registration));
    browser.click("Create an account");
    browser.signs_up("Acme", "carl@example.com");
    browser.sees(&product.host());
    browser.click(&format!("Register, and go to {}", product.host()));
    browser.sees("Thank you for registering");
    browser.has_no_complaints();
    let token = parameter(&product.request_for("/callback"), "token").unwrap();
    assert_eq!(checks_in(&server, &token, "jambox", "clus1"), 201);
    server.stop();
}

/// Our own client: it listens, shows the address, and exchanges what the browser brings.
fn loopback(approves: bool) {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    browser.open(&format!("{}/sign-up", server.url()));
    browser.signs_up("Acme", "carl@example.com");
    browser.sees("Sign out");
    let client = client(&server);
    let (show, shown) = channel();
    let program = std::thread::spawn(move || {
        client.register_loopback(&Registration::new("clus1", "jambox"), DEADLINE * 2, |url| {
            show.send(url.to_owned()).unwrap();
        })
    });
    browser.open(&shown.recv_timeout(DEADLINE).unwrap());
    browser.sees("Say yes only if");
    browser.looks_well("start-loopback");
    if approves {
        browser.follow("//button[starts-with(normalize-space(), 'Register, and go to')]");
        browser.sees("go back to the program");
    } else {
        browser.click("Don’t register");
        browser.sees("You said no");
    }
    let came = program.join().unwrap();
    browser.has_no_complaints();
    assert!(
        !browser.address().contains("token="),
        "{}",
        browser.address()
    );
    if approves {
        let token = came.unwrap();
        let token = std::str::from_utf8(token.expose()).unwrap();
        assert_eq!(checks_in(&server, token, "jambox", "clus1"), 201);
        assert_eq!(checks_in(&server, token, "jambox", "clus2"), 401);
    } else {
        assert!(matches!(came, Err(RegisterError::Denied)), "{came:?}");
    }
    server.stop();
}

#[test]
fn our_client_gets_its_token_by_a_browser_on_the_same_machine() {
    loopback(true);
}

#[test]
fn our_client_hears_a_no() {
    loopback(false);
}

/// Our own client shows a code, and asks until somebody has typed it.
fn device(scripts: bool) {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    browser.scripts(scripts);
    let looks_well = |browser: &mut Browser, name: &str| {
        if scripts {
            browser.looks_well(name);
        }
    };
    let folder = Folder::new();
    let server = folder.serve();
    let client = client(&server);
    let (show, shown) = channel();
    let program = std::thread::spawn(move || {
        client.register_device(
            &Registration::new("clus1", "jambox"),
            DEADLINE * 2,
            |code| {
                let parts = (
                    code.verification_uri().to_owned(),
                    code.user_code().to_owned(),
                );
                show.send(parts).unwrap();
            },
        )
    });
    let (address, code) = shown.recv_timeout(DEADLINE).unwrap();
    browser.open(&address);
    browser.sees("Password");
    browser.click("Sign up");
    browser.signs_up("Acme", "carl@example.com");
    browser.sees("Enter the code");
    looks_well(&mut browser, "device");
    browser.fill("Code", "BCDFG-BCDFG");
    browser.click("Continue");
    browser.sees("No program waits for this code");
    browser.was_refused(422);
    looks_well(&mut browser, "device-refused");
    browser.fill("Code", &code.to_lowercase());
    browser.click("Continue");
    browser.sees("shows this very code");
    for shown in ["jambox", "clus1", "Acme", &code] {
        assert!(browser.text().contains(shown), "{shown}");
    }
    looks_well(&mut browser, "device-asks");
    browser.click("Register");
    browser.sees("gets its token when it asks the next time");
    looks_well(&mut browser, "device-done");
    let token = program.join().unwrap().unwrap();
    let token = std::str::from_utf8(token.expose()).unwrap();
    assert_eq!(checks_in(&server, token, "jambox", "clus1"), 201);
    browser.has_no_complaints();
    server.stop();
}

#[test]
fn our_client_gets_its_token_by_a_code_that_is_typed_elsewhere() {
    device(true);
}

#[test]
fn our_client_gets_its_token_by_a_code_without_scripts() {
    device(false);
}

#[test]
fn a_person_of_several_organizations_chooses() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    browser.open(&format!("{}/sign-up", server.url()));
    browser.signs_up("Acme", "carl@example.com");
    browser.sees("No reports yet");
    browser.click("Acme");
    browser.sees("Make another one");
    browser.fill("Name", HOSTILE);
    browser.click("Make it");
    browser.sees("No reports yet");

    let link = link(&server, Registration::new(HOSTILE, "<jambox>"));
    browser.open(&link);
    browser.sees("Say yes only if");
    assert_eq!(browser.became_of_texts(), [""; 0]);
    browser.looks_well("start-choice");
    // The browser itself holds the form back.
    browser.click("Register, and show the token");
    assert_eq!(browser.address(), link);
    browser.choose("It will report for", HOSTILE);
    browser.click("Register, and show the token");
    browser.sees("The cluster is registered");
    assert_eq!(browser.became_of_texts(), [""; 0]);
    let token = browser.shown_token();
    let body = serde_json::json!([{"values": {"cluster_id": HOSTILE}}]).to_string();
    let headers = [("X-Authorization", token.as_str())];
    let mut sender = server.connect();
    let reply = sender.post("/api/v1/usage/%3Cjambox%3E", &headers, body);
    assert_eq!(reply.status(), 200, "{}", reply.text());
    server.stop();
    assert_eq!(folder.export()[0].organization.as_deref(), Some(HOSTILE));
}

#[test]
fn a_person_without_a_redirect_sees_the_token_once_and_registers_again() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    let link = link(&server, Registration::new("clus1", "jambox"));
    browser.open(&link);
    browser.sees("A program of yours asks for a token");
    browser.click("Create an account");
    browser.signs_up("Acme", "carl@example.com");
    browser.sees("Say yes only if");
    browser.click("Register, and show the token");
    browser.sees("The cluster is registered");
    let first = browser.shown_token();
    browser.click("Copy");
    browser.sees("Copied");
    browser.looks_well("start-token");
    browser.driver.evaluate("location.reload()");
    browser.sees("was shown before");
    browser.looks_well("start-token-before");
    assert_eq!(checks_in(&server, &first, "jambox", "clus1"), 201);

    browser.open(&link);
    browser.sees("The cluster has a token already");
    browser.looks_well("start-again");
    browser.tick("A new one in their place; whoever reports with them is refused from then on");
    browser.click("Register, and show the token");
    browser.sees("The cluster is registered");
    let second = browser.shown_token();
    assert_eq!(checks_in(&server, &first, "jambox", "clus1"), 401);
    assert_eq!(checks_in(&server, &second, "jambox", "clus1"), 201);
    server.stop();
}

impl Browser {
    /// The token that the page shows.
    pub(crate) fn shown_token(&mut self) -> String {
        self.sees("The cluster is registered");
        let token = self
            .driver
            .evaluate("document.getElementById('token').value");
        token.as_str().unwrap().to_owned()
    }
}

#[test]
fn a_public_host_that_nobody_listed_needs_a_tick() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    let registration =
        Registration::new("clus1", "jambox").redirect_url("https://shop.example.com/back");
    let link = link(&server, registration);
    browser.open(&link);
    browser.sees("A program of yours asks for a token");
    browser.click("Create an account");
    browser.signs_up("Acme", "carl@example.com");
    browser.sees("have not listed it for this product");
    browser.looks_well("start-public-host");
    browser.click("Register, and go to shop.example.com");
    // The browser itself holds the form back.
    browser.sees("have not listed it for this product");
    assert_eq!(browser.address(), link);
    browser.click("Sign out");
    browser.sees("Password");
    browser.open(&link);
    browser.sees("A program of yours asks for a token");
    browser.click("Sign in");
    browser.signs_in("carl@example.com");
    browser.sees("have not listed it for this product");
    server.stop();
}

#[test]
fn a_link_that_is_wrong_says_what_is_wrong() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let folder = Folder::new();
    let server = folder.serve();
    let start = format!(
        "{}/start?product=jambox&redirect_url=javascript:alert(1)",
        server.url()
    );
    browser.open(&start);
    browser.sees("The cluster_id is missing.");
    browser.was_refused(400);
    browser.looks_well("start-wrong");
    server.stop();
}

/// A program's, that a person runs on purpose.
fn client(server: &Running) -> Client {
    Client::new("")
        .with_url(server.url())
        .with_timeout(DEADLINE)
        .with_environment(Environment::default())
}
