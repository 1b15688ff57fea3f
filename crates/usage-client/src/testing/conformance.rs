//! Is this a Usage API? Asks a server what the protocol has a binding answer to, and compares.

use std::fmt;
use std::io::{self, BufReader, ErrorKind, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::http::{self, Message, WithoutLength};
use super::questions::{Due, Question, questions};
use crate::core::{BaseUrl, Token};
use crate::{Error, Server};

/// For each question.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What a server was asked, and what it made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    checks: Vec<Check>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// What was asked.
    pub name: String,
    /// What is wrong with the answer, if anything is.
    pub problem: Option<String>,
}

impl Report {
    /// All questions, in order.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Those with a wrong answer.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.problem.is_some())
    }

    /// Whether every answer is right.
    pub fn passed(&self) -> bool {
        self.failures().next().is_none()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Check { name, problem } in &self.checks {
            match problem {
                None => writeln!(f, "ok    {name}")?,
                Some(problem) => writeln!(f, "WRONG {name}: {problem}")?,
            }
        }
        Ok(())
    }
}

/// Asks the server at `base_url` (plain http) everything that the Usage API v1 has a binding answer to;
/// `token` is one that it knows.
///
/// The server gets reports of the product `conformance`: use one that is there for tests.
///
/// # Errors
///
/// Where the URL can't be used. A server that doesn't answer is a wrong answer, not an error.
///
/// ```
/// use usage_client::testing::{MockServer, TOKEN, conformance};
///
/// let api = MockServer::start()?;
/// let report = conformance(&api.url(), TOKEN)?;
/// assert!(report.passed(), "{report}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn conformance(base_url: &str, token: &str) -> Result<Report, Error> {
    let base = BaseUrl::from(base_url);
    let request = crate::core::encode(&base, &Token::default(), &Server::default())?;
    let target = request.target();
    let server = Target {
        authority: request.authority(),
        base: target.trim_end_matches("/api/v1/servers").to_owned(),
    };
    let questions = questions(token).into_iter();
    let checks = questions.map(|question| Check {
        problem: server.ask(&question).err(),
        name: question.name,
    });
    Ok(Report {
        checks: checks.collect(),
    })
}

struct Target {
    /// `host:port`
    authority: String,
    /// The base URL's path, without a slash at its end.
    base: String,
}

impl Target {
    fn ask(&self, question: &Question) -> Result<(), String> {
        let reply = self
            .exchange(question)
            .map_err(|error| format!("no answer: {error}"))?;
        let status = reply.first_line.split(' ').nth(1).unwrap_or_default();
        let due = match question.due {
            Due::Accepted(status) | Due::Simple(status) => status,
            Due::NotAllowed => 405,
            Due::Blank(_) | Due::Invalid => 422,
        };
        if status != due.to_string() {
            let text = String::from_utf8_lossy(&reply.body);
            let start: String = text.chars().take(200).collect();
            return Err(format!("{status} instead of {due}: {start}"));
        }
        let body: Json = serde_json::from_slice(&reply.body)
            .map_err(|error| format!("{status} with a body that is no JSON: {error}"))?;
        judge(&question.due, &reply, &body)
    }

    fn exchange(&self, question: &Question) -> io::Result<Message> {
        let with_port = match self.authority.rsplit_once(':') {
            Some((_, port)) if port.parse::<u16>().is_ok() => self.authority.clone(),
            _ => format!("{}:80", self.authority),
        };
        let mut addresses = with_port.to_socket_addrs()?;
        let address = addresses.next().ok_or(ErrorKind::NotFound)?;
        let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        let (method, target) = (question.method, &question.target);
        let mut head = format!("{method} {}{target} HTTP/1.1\r\n", self.base);
        head += &format!("Host: {}\r\nConnection: close\r\n", self.authority);
        for (name, value) in &question.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n", question.body.len());
        // A server that has seen enough may answer before it has read all.
        let _ = stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(&question.body));
        http::read(&mut BufReader::new(&stream), WithoutLength::UntilClosed)?
            .ok_or_else(|| ErrorKind::UnexpectedEof.into())
    }
}

/// Whether the body is what goes with its status.
fn judge(due: &Due, reply: &Message, body: &Json) -> Result<(), String> {
    let shape_is = |right: bool, what: &str| {
        let wrong = || format!("the body is not {what}: {body}");
        right.then_some(()).ok_or_else(wrong)
    };
    match due {
        Due::Accepted(_) => shape_is(body.is_object(), "an object"),
        Due::Simple(_) => shape_is(says_why(body), "{\"error\": text}"),
        Due::NotAllowed => {
            let allow = http::header(&reply.headers, "allow").unwrap_or_default();
            let mut methods = allow.split(|&byte| byte == b',');
            if !methods.any(|method| method.trim_ascii() == b"POST") {
                return Err("there is no Allow header that names POST".to_owned());
            }
            shape_is(says_why(body), "{\"error\": text}")
        }
        Due::Blank(fields) => {
            let errors: serde_json::Map<_, _> = fields
                .iter()
                .map(|(field, text)| ((*field).to_owned(), json!([text])))
                .collect();
            let right = json!({ "errors": errors });
            shape_is(*body == right, &right.to_string())
        }
        Due::Invalid => {
            let fields = body["errors"].as_object();
            let is_list = |messages: &Json| {
                let messages = messages.as_array();
                messages.is_some_and(|all| !all.is_empty() && all.iter().all(Json::is_string))
            };
            let right = fields.is_some_and(|all| !all.is_empty() && all.values().all(is_list));
            shape_is(right, "{\"errors\": {field: [text]}}")
        }
    }
}

fn says_why(body: &Json) -> bool {
    body["error"].as_str().is_some_and(|text| !text.is_empty())
}
