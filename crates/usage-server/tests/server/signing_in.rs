//! A product reports, and an operator sees it: the first one by the link that the server
//! prints, another by the password that a command prints.

use crate::folder::{Folder, Running};
use crate::http::{Connection, Message, post};
use crate::model;

/// As much of a browser as forms need: cookies, and the hidden field that comes back.
pub(crate) struct Browser {
    connection: Connection,
    cookies: Vec<(String, String)>,
}

impl Browser {
    pub(crate) fn new(server: &Running) -> Browser {
        Browser {
            connection: server.connect(),
            cookies: Vec::new(),
        }
    }

    fn cookie_line(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    pub(crate) fn open(&mut self, path: &str) -> Message {
        let cookies = self.cookie_line();
        self.go(format!("GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\n\r\n").as_bytes())
    }

    /// Fills in the form of a page.
    fn fill_in(&mut self, path: &str, email: &str, password: &str) -> Message {
        self.send(path, &format!("email={email}&password={password}"))
    }

    /// The same with other fields, escaped.
    pub(crate) fn send(&mut self, path: &str, fields: &str) -> Message {
        let page = self.open(path).text();
        let csrf = page
            .split_once(r#"name="csrf" value=""#)
            .unwrap()
            .1
            .split('"')
            .next()
            .unwrap();
        let form = format!("csrf={csrf}&{fields}");
        let headers = [
            ("Cookie", &*self.cookie_line()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        self.go(&post(path, &headers, form))
    }

    fn go(&mut self, request: &[u8]) -> Message {
        let reply = self.connection.exchange(request).unwrap();
        for (_, cookie) in reply
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie")
        {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        reply
    }
}

/// A report, visible by now.
fn report(folder: &Folder, server: &Running) {
    let mut connection = server.connect();
    let usage = r#"[{"tags":{"version":"9.8.7"},"values":{"cluster_id":"c1"}}]"#;
    assert_eq!(
        connection.post("/api/v1/usage/jambox", &[], usage).status(),
        200
    );
    model::followed(folder);
}

#[test]
fn the_first_operator_comes_by_the_printed_link_and_sees_what_was_reported() {
    let folder = Folder::new();
    let mut server = folder.serve();
    let link = server.line("the first visit's link", |line| {
        line.split_once("/welcome/")
            .map(|(_, code)| format!("/welcome/{}", code.trim()))
    });
    report(&folder, &server);

    let mut browser = Browser::new(&server);
    assert_eq!(
        browser.open("/").status(),
        303,
        "nobody sees anything before signing in"
    );
    assert_eq!(
        browser
            .open("/welcome/guessed")
            .text()
            .matches("name=\"password\"")
            .count(),
        0
    );
    let welcomed = browser.fill_in(&link, "ann%40example.com", "correct+horse+battery");
    assert_eq!(welcomed.status(), 303, "{}", welcomed.text());
    let dashboard = browser.open("/");
    assert_eq!(dashboard.status(), 200);
    assert!(dashboard.text().contains("jambox"), "{}", dashboard.text());
    for path in ["/reports", "/quarantine"] {
        assert_eq!(browser.open(path).status(), 200, "{path}");
    }

    let mut another = Browser::new(&server);
    assert_eq!(
        another
            .open(&link)
            .text()
            .matches("name=\"password\"")
            .count(),
        0,
        "the link works once"
    );
    let wrong = another.fill_in("/sign-in", "ann%40example.com", "wrong+horse+battery");
    assert_ne!(wrong.status(), 303);
    assert_eq!(another.open("/").status(), 303);
    server.stop();
}

#[test]
fn an_operator_added_beside_the_running_server_signs_in_with_the_printed_password() {
    let folder = Folder::new();
    let server = folder.serve();
    report(&folder, &server);
    let said = folder
        .run(&["operator", "add", "--email", "bob@example.com"])
        .well();
    let mut browser = Browser::new(&server);
    let entered = browser.fill_in("/sign-in", "bob%40example.com", said.trim_end());
    assert_eq!(entered.status(), 303, "{}", entered.text());
    assert!(browser.open("/").text().contains("jambox"));
    server.stop();
}

#[test]
fn a_link_that_a_command_prints_lets_somebody_choose_a_new_password_beside_the_running_server() {
    let folder = Folder::new();
    let server = folder.serve();
    let add = ["operator", "add", "--email", "bob@example.com"];
    folder.run(&add).well();
    let reset = |email: &str| {
        let url = "https://usage.example.com/";
        folder.run(&["account", "reset", "--email", email, "--public-url", url])
    };
    let printed = reset("Bob@example.com").well();
    let link = printed.trim_end().strip_prefix("https://usage.example.com");
    let link = link.expect("the link and nothing else");
    let mut browser = Browser::new(&server);
    let inside = browser.send(link, "password=another+horse+battery");
    assert_eq!(inside.status(), 303, "{}", inside.text());
    assert_eq!(browser.open("/account").status(), 200);
    let again = browser.open(link).text();
    assert!(!again.contains("name=\"password\""), "once");
    let said = reset("nobody@example.com").refused(1);
    assert!(said.contains("no account has the address"), "{said}");
    assert!(!server.said().contains(&link["/reset/".len()..]));
    server.stop();
}
