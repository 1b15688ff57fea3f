//! Is this a Usage API? Asks a server what the protocol has a binding answer to, and compares.

use std::fmt;
use std::io::{self, BufReader, ErrorKind, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::http::{self, Message, WithoutLength};
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

struct Question {
    name: String,
    method: &'static str,
    /// After the base.
    target: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    due: Due,
}

/// The answer that is due.
enum Due {
    /// This status, and JSON.
    Accepted(u16),
    /// `{"error": text}`
    Simple(u16),
    /// `{"error": text}`, and an `Allow` that names POST.
    NotAllowed,
    /// 422 with exactly these fields, each with exactly this message.
    Blank(&'static [(&'static str, &'static str)]),
    /// 422 with any messages.
    Invalid,
}

const FIELDS: &[(&str, &str)] = &[
    ("cluster_id", "ClusterID can not be blank."),
    ("server_id", "ServerID can not be blank."),
    ("host", "Host can not be blank."),
    ("product", "Product can not be blank."),
    ("version", "Version can not be blank."),
];

const SERVERS: &str = "/api/v1/servers";
const STATS: &str = "/api/v1/stats/conformance";
const USAGE: &str = "/api/v1/usage/conformance";

fn server() -> Json {
    json!({"cluster_id": "c", "server_id": "s", "host": "h", "product": "conformance", "version": "1"})
}

fn stats(points: &Json) -> Json {
    json!({"cluster_id": "c", "server_id": "s", "stats": points})
}

fn usage() -> Json {
    json!([{"tags": {"os": "linux"}, "values": {"cluster_id": "c", "server_id": "s", "n": 1}}])
}

fn post(name: &str, target: &str, body: impl ToString, due: Due) -> Question {
    Question {
        name: name.to_owned(),
        method: "POST",
        target: target.to_owned(),
        headers: vec![("Content-Type", "application/json".to_owned())],
        body: body.to_string().into_bytes(),
        due,
    }
}

impl Question {
    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn bytes(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }
}

fn questions(token: &str) -> Vec<Question> {
    let mut all = accepted();
    all.extend(tokens(token));
    all.extend(blank());
    all.extend(invalid());
    all.extend(paths());
    all
}

fn accepted() -> Vec<Question> {
    use Due::Accepted;
    let point = json!([{"name": "engine", "tags": {"path": "/"}, "values": {"n": 1, "f": 0.5}}]);
    let bare = json!([{"name": "engine", "tags": null, "values": null}]);
    let mut numbered = server();
    numbered["cluster_id"] = json!(9_223_372_036_854_775_807_u64);
    numbered["server_id"] = json!(u64::MAX);
    let mut extra = server();
    extra["more"] = json!({"a": [1, null]});
    let wide = json!([{"tags": null, "values": {"least": i64::MIN, "most": u64::MAX, "f": 1e300}}]);
    let without_type = |mut question: Question| {
        question.headers.clear();
        question
    };
    vec![
        post("a check-in", SERVERS, server(), Accepted(201)),
        post("the same check-in again", SERVERS, server(), Accepted(201)),
        post("ids that are numbers", SERVERS, numbered, Accepted(201)),
        post("keys nobody knows", SERVERS, extra, Accepted(201)),
        post("stats", STATS, stats(&point), Accepted(200)),
        post(
            "stats: null tags and values",
            STATS,
            stats(&bare),
            Accepted(200),
        ),
        post("stats: null", STATS, stats(&Json::Null), Accepted(200)),
        post("stats: none", STATS, stats(&json!([])), Accepted(200)),
        post("usage", USAGE, usage(), Accepted(200)),
        post("usage: null", USAGE, Json::Null, Accepted(200)),
        post("usage: none", USAGE, json!([]), Accepted(200)),
        post(
            "usage: the ends of the integers",
            USAGE,
            wide,
            Accepted(200),
        ),
        without_type(post("no Content-Type", USAGE, usage(), Accepted(200))),
        without_type(post("another Content-Type", USAGE, usage(), Accepted(200)))
            .header("Content-Type", "text/plain"),
    ]
}

fn tokens(token: &str) -> Vec<Question> {
    let asked = |name, due| post(name, SERVERS, server(), due);
    let escaped: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let in_query =
        |name, token: &str, due| post(name, &format!("{SERVERS}?token={token}"), server(), due);
    let unknown = "conformance-unknown-token";
    vec![
        asked("a blank token", Due::Accepted(201)).header("X-Authorization", "  "),
        asked("a known token", Due::Accepted(201)).header("X-Authorization", token),
        in_query("a known token in the query", &escaped, Due::Accepted(201)),
        asked("an unknown token", Due::Simple(401)).header("X-Authorization", unknown),
        in_query("an unknown token in the query", unknown, Due::Simple(401)),
        in_query("two tokens that differ", unknown, Due::Simple(401))
            .header("X-Authorization", token),
        post(
            "an unknown token with stats",
            STATS,
            stats(&json!([])),
            Due::Simple(401),
        )
        .header("X-Authorization", unknown),
        post(
            "an unknown token with usage",
            USAGE,
            usage(),
            Due::Simple(401),
        )
        .header("X-Authorization", unknown),
    ]
}

fn blank() -> Vec<Question> {
    let all = |text: &str| json!({"cluster_id": text, "server_id": text, "host": text, "product": text, "version": text});
    let mut one = server();
    one["host"] = json!("");
    vec![
        post("five blank fields", SERVERS, all(""), Due::Blank(FIELDS)),
        post("five of spaces", SERVERS, all(" \t "), Due::Blank(FIELDS)),
        post(
            "five missing fields",
            SERVERS,
            json!({}),
            Due::Blank(FIELDS),
        ),
        post("one blank field", SERVERS, one, Due::Blank(&FIELDS[2..3])),
        post(
            "stats: blank ids",
            STATS,
            json!({"cluster_id": "", "stats": []}),
            Due::Blank(&FIELDS[..2]),
        ),
    ]
}

fn invalid() -> Vec<Question> {
    use Due::Invalid;
    let long = "x".repeat(1025);
    let nested = |deep: usize| {
        format!(
            "[{{\"values\":{}1{}}}]",
            "{\"a\":".repeat(deep),
            "}".repeat(deep)
        )
    };
    let items = |count: usize| Json::from(vec![json!({"values": {"a": 1}}); count]);
    let keys: serde_json::Map<_, _> = (0..1001).map(|key| (key.to_string(), json!(1))).collect();
    let large = json!([{"values": {"a": " ".repeat(1024)}}]).to_string();
    let large = large.replace("[{", &format!("[{}{{", " ".repeat(1024 * 1024)));
    let mut long_id = server();
    long_id["cluster_id"] = json!(long);
    let mut host_is_list = server();
    host_is_list["host"] = json!([]);
    vec![
        post("a list instead of a check-in", SERVERS, "[]", Invalid),
        post("a list for a host", SERVERS, host_is_list, Invalid),
        post("stats that are text", STATS, stats(&json!("x")), Invalid),
        post("an object instead of usage", USAGE, "{}", Invalid),
        post("usage of numbers", USAGE, "[1]", Invalid),
        post(
            "tags that are no text",
            USAGE,
            r#"[{"tags":{"a":1}}]"#,
            Invalid,
        ),
        post(
            "values that are a list",
            USAGE,
            r#"[{"values":[1]}]"#,
            Invalid,
        ),
        post("no body", USAGE, "", Invalid),
        post("half of a body", USAGE, r#"[{"values":"#, Invalid),
        post("no UTF-8", USAGE, "", Invalid).bytes(b"[{\"values\":{\"a\":\"\xff\"}}]"),
        post("nested too deeply", USAGE, nested(40), Invalid),
        post(
            "nested, but not too deeply",
            USAGE,
            nested(20),
            Due::Accepted(200),
        ),
        post("too many items", USAGE, items(10_001), Invalid),
        post("too many keys", USAGE, json!([{ "values": keys }]), Invalid),
        post("too long an id", SERVERS, long_id, Invalid),
        post(
            "too long a text",
            USAGE,
            json!([{"values": {"a": "x".repeat(65_537)}}]),
            Invalid,
        ),
        post("too large a body", USAGE, large, Invalid),
        post("an unknown encoding", USAGE, usage(), Invalid).header("Content-Encoding", "morse"),
        post(
            "too long a product",
            &format!("/api/v1/usage/{long}"),
            "[]",
            Invalid,
        ),
        post(
            "a control character in the path",
            "/api/v1/usage/a%00b",
            "[]",
            Invalid,
        ),
        post(
            "a product that is no UTF-8",
            "/api/v1/usage/%ff",
            "[]",
            Invalid,
        ),
        post(
            "a broken escape in the path",
            "/api/v1/usage/%zz",
            "[]",
            Invalid,
        ),
    ]
}

fn paths() -> Vec<Question> {
    use Due::{Accepted, NotAllowed, Simple};
    let method = |name, method, target| post(name, target, "", NotAllowed).method(method);
    vec![
        post(
            "two slashes in front",
            &format!("/{USAGE}"),
            "[]",
            Accepted(200),
        ),
        post(
            "a slash at the end",
            &format!("{USAGE}/"),
            "[]",
            Accepted(200),
        ),
        post(
            "a product with escapes",
            "/api/v1/usage/a%20b+c%2Fd",
            "[]",
            Accepted(200),
        ),
        post(
            "a blank product, stats",
            "/api/v1/stats/",
            stats(&json!([])),
            Simple(404),
        ),
        post(
            "a blank product, usage",
            "/api/v1/usage/",
            "[]",
            Simple(404),
        ),
        post(
            "a product of spaces",
            "/api/v1/usage/%20",
            "[]",
            Simple(404),
        ),
        post(
            "a product of two segments",
            "/api/v1/usage/a/b",
            "[]",
            Simple(404),
        ),
        post("an unknown path", "/api/v1/nothing", "[]", Simple(404)),
        method("GET of servers", "GET", SERVERS),
        method("PUT of stats", "PUT", STATS),
        method("DELETE of usage", "DELETE", USAGE),
    ]
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
