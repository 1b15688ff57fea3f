//! From a program without a token to one that reports for its customer's organization, with the real
//! client and everything over sockets: by a browser on the same machine, by a code that somebody types
//! elsewhere, and in the way that the protocol's first programs know.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use usage_client::core::Token;
use usage_client::{Client, RegisterError, Registration};

use crate::folder::{Folder, Running};
use crate::patience::DEADLINE;
use crate::person::{Person, link, sent_to};

fn client(server: &Running) -> Client {
    Client::new("")
        .with_url(server.url())
        .with_timeout(DEADLINE)
}

/// A minute for a code that takes seconds to be asked for.
const WITHIN: Duration = DEADLINE;

fn cluster() -> Registration {
    Registration::new("c1", "jambox")
}

/// The browser follows a redirect to the program's own listener; what it shows there.
fn visit(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The status and text of a check-in under a token.
fn check_in(server: &Running, token: &Token, product: &str, cluster: &str) -> (u16, String) {
    let token = String::from_utf8(token.expose().to_vec()).unwrap();
    let body = json!({"cluster_id": cluster, "server_id": "s", "host": "h", "product": product, "version": "1"});
    let headers = [("X-Authorization", &*token)];
    let reply = server
        .connect()
        .post("/api/v1/servers", &headers, body.to_string());
    (reply.status(), reply.text())
}

/// The token works, for this cluster and nothing else.
#[track_caller]
fn is_bound(server: &Running, token: &Token) {
    assert_eq!(check_in(server, token, "jambox", "c1").0, 201);
    let (status, text) = check_in(server, token, "otherbox", "c1");
    assert_eq!(status, 401);
    assert!(
        text.contains("may report for the product jambox only"),
        "{text}"
    );
    let (status, text) = check_in(server, token, "jambox", "c2");
    assert_eq!(status, 401);
    assert!(
        text.contains("may report for the cluster c1 only"),
        "{text}"
    );
}

#[test]
fn a_browser_on_the_same_machine_brings_a_code() {
    let folder = Folder::new();
    let server = folder.serve_with(&["--log", "debug"]);
    let mut person = Person::new(&server);
    let mut register = |first: bool| {
        let shown = |url: &str| {
            let mut page = person.open(url);
            if first {
                let back = person.sign_up(&page, "Acme");
                page = person.open(&back);
            }
            for named in ["jambox", "c1", "127.0.0.1:", "Acme"] {
                assert!(page.text().contains(named), "{named}: {}", page.text());
            }
            let answer = [("answer", "approve"), ("tokens", "replace")];
            let to = sent_to(&person.send(&page, "/start", &answer));
            assert!(to.contains("?code=") && !to.contains("token="), "{to}");
            assert!(visit(&to).contains("go back to the program"));
        };
        client(&server)
            .register_loopback(&cluster(), WITHIN, shown)
            .unwrap()
    };
    let first = register(true);
    is_bound(&server, &first);
    let second = register(false);
    is_bound(&server, &second);
    assert_eq!(check_in(&server, &first, "jambox", "c1").0, 401, "replaced");
    let log = server.stopped();
    for token in [&first, &second] {
        let token = String::from_utf8(token.expose().to_vec()).unwrap();
        assert!(
            !log.contains(&token[6..]) && !log.contains("state="),
            "{log}"
        );
    }
    assert!(log.contains("/start"), "looks where requests are: {log}");
    let reports = folder.export();
    assert_eq!(reports.len(), 2);
    assert!(
        reports
            .iter()
            .all(|report| report.organization.as_deref() == Some("Acme"))
    );
}

#[test]
fn who_says_no_in_the_browser_is_understood() {
    let folder = Folder::new();
    let server = folder.serve();
    let mut person = Person::new(&server);
    let refused = client(&server).register_loopback(&cluster(), WITHIN, |url| {
        let page = person.open(url);
        let back = person.sign_up(&page, "Acme");
        let page = person.open(&back);
        let to = sent_to(&person.send(&page, "/start", &[("answer", "refuse")]));
        assert!(visit(&to).contains("You said no"));
    });
    assert!(matches!(refused, Err(RegisterError::Denied)), "{refused:?}");
    server.stop();
}

#[test]
fn somebody_types_a_code_elsewhere() {
    let folder = Folder::new();
    let server = folder.serve();
    let mut person = Person::new(&server);
    let token = client(&server).register_device(&cluster(), WITHIN, |code| {
        assert_eq!(code.verification_uri(), format!("{}/device", server.url()));
        let sign_in = sent_to(&person.open(code.verification_uri_complete().unwrap()));
        let page = person.open(&sign_in);
        let back = person.sign_up(&page, "Acme");
        let page = person.open(&back);
        assert!(page.text().contains(code.user_code()), "filled in already");
        let typed = code.user_code().to_lowercase();
        let page = person.send(&page, "/device", &[("code", &typed)]);
        for named in ["jambox", "c1", "Acme", code.user_code()] {
            assert!(page.text().contains(named), "{named}: {}", page.text());
        }
        let done = sent_to(&person.send(&page, "/device", &[("answer", "approve")]));
        assert!(person.open(&done).text().contains("Registered"));
    });
    is_bound(&server, &token.unwrap());
    server.stop();
}

#[test]
fn who_says_no_to_a_code_is_understood() {
    let folder = Folder::new();
    let server = folder.serve();
    let mut person = Person::new(&server);
    let page = person.open("/start?cluster_id=x&product=x");
    person.sign_up(&page, "Acme");
    let refused = client(&server).register_device(&cluster(), WITHIN, |code| {
        let page = person.open("/device");
        let page = person.send(&page, "/device", &[("code", code.user_code())]);
        sent_to(&person.send(&page, "/device", &[("answer", "refuse")]));
    });
    assert!(matches!(refused, Err(RegisterError::Denied)), "{refused:?}");
    server.stop();
}

#[test]
fn a_program_of_the_first_kind_is_sent_its_token() {
    let folder = Folder::new();
    let server = folder.serve();
    let mut person = Person::new(&server);
    let own = "http://127.0.0.1:8888/usage?step=2&token=old#done";
    let url = client(&server)
        .registration_url(&cluster().redirect_url(own))
        .unwrap();
    let page = person.open(&url);
    let back = person.sign_up(&page, "Acme");
    let page = person.open(&back);
    let csp = page.header("content-security-policy").unwrap();
    assert!(
        csp.contains("form-action 'self' http://127.0.0.1:8888;"),
        "{csp}"
    );
    let reply = person.send(&page, "/start", &[("answer", "approve")]);
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
    let to = sent_to(&reply);
    let token = to.strip_prefix("http://127.0.0.1:8888/usage?step=2&token=");
    let token = token
        .and_then(|rest| rest.strip_suffix("#done"))
        .unwrap_or_else(|| panic!("{to}"));
    is_bound(&server, &Token::from(token));

    // Without a redirect it is shown; the cluster has one already.
    let page = person.open(&client(&server).registration_url(&cluster()).unwrap());
    assert!(page.text().contains("has a token already"));
    let answer = [("answer", "approve"), ("tokens", "keep")];
    let sent = person.send(&page, "/start", &answer);
    let shown = person.open(&sent_to(&sent));
    let text = shown.text();
    let (_, field) = text.split_once("id=\"token\"").unwrap();
    let (_, value) = field.split_once("value=\"").unwrap();
    is_bound(&server, &Token::from(value.split('"').next().unwrap()));
    is_bound(&server, &Token::from(token));
    assert!(link(&shown, "/organizations").starts_with("/organizations"));
    server.stop();
}
