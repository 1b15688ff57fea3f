//! A person with a browser: cookies, links, forms with their hidden fields. Follows nothing by itself.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::folder::Running;
use crate::http::{Connection, Message, post};

pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) struct Person {
    connection: Connection,
    cookies: Vec<(String, String)>,
}

impl Person {
    pub(crate) fn new(server: &Running) -> Person {
        Person {
            connection: server.connect(),
            cookies: Vec::new(),
        }
    }

    /// Opens an address of the server: a path, or all of it.
    pub(crate) fn open(&mut self, address: &str) -> Message {
        let path = match address.strip_prefix("http://") {
            Some(rest) => &rest[rest.find('/').unwrap()..],
            None => address,
        };
        let cookies = self.cookie_line();
        self.go(format!("GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\n\r\n").as_bytes())
    }

    /// Sends the form of a page that goes to `action`, with these fields filled in.
    pub(crate) fn send(
        &mut self,
        page: &Message,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Message {
        let text = page.text();
        let (_, form) = text
            .split_once(&format!("action=\"{action}\""))
            .unwrap_or_else(|| panic!("no form to {action}: {text}"));
        let form = form.split("</form>").next().unwrap();
        let hidden = form
            .split("<input type=\"hidden\" name=\"")
            .skip(1)
            .map(|input| {
                let (name, rest) = input.split_once("\" value=\"").unwrap();
                (name.to_owned(), unescaped(rest.split('"').next().unwrap()))
            });
        let given = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let escape = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs: Vec<String> = hidden
            .filter(|(name, _)| !fields.iter().any(|(given, _)| given == name))
            .chain(given)
            .map(|(name, value)| format!("{}={}", escape(&name), escape(&value)))
            .collect();
        let headers = [
            ("Cookie", &*self.cookie_line()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        self.go(&post(action, &headers, pairs.join("&")))
    }

    /// Makes an account where a page offers it; where that leads.
    pub(crate) fn sign_up(&mut self, page: &Message, organization: &str) -> String {
        let link = link(page, "/sign-up");
        let form = self.open(&link);
        let email = format!("ada@{}.example", organization.to_lowercase());
        let fields = [
            ("organization", organization),
            ("email", &*email),
            ("password", PASSWORD),
        ];
        sent_to(&self.send(&form, "/sign-up", &fields))
    }

    pub(crate) fn cookie_line(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
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

/// The first link of a page to such a path.
pub(crate) fn link(page: &Message, path: &str) -> String {
    let text = page.text();
    let (_, rest) = text
        .split_once(&format!("href=\"{path}"))
        .unwrap_or_else(|| panic!("no link to {path}: {text}"));
    format!("{path}{}", unescaped(rest.split('"').next().unwrap()))
}

/// Where a reply sends the browser.
#[track_caller]
pub(crate) fn sent_to(reply: &Message) -> String {
    assert_eq!(reply.status(), 303, "{}", reply.text());
    reply.header("location").unwrap().to_owned()
}

/// As browsers read it, `&` last.
fn unescaped(text: &str) -> String {
    let entities = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ];
    entities
        .into_iter()
        .fold(text.to_owned(), |text, (entity, plain)| {
            text.replace(entity, plain)
        })
}
