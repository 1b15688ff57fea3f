//! What a Usage API is asked, and what it has to say: the rows of the protocol, in order.

use serde_json::{Value as Json, json};

/// A request, and the answer that is due.
pub(super) struct Question {
    pub(super) name: String,
    pub(super) method: &'static str,
    /// After the base.
    pub(super) target: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) due: Due,
}

/// The answer that is due.
pub(super) enum Due {
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

pub(super) fn questions(token: &str) -> Vec<Question> {
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
