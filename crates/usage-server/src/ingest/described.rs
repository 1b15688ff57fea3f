//! What the doors of this room say of themselves in the API's document. Beside the handlers, so that
//! whoever changes a door sees it.

use serde_json::{Value, json};
use usage_store::report::fields::{
    CLUSTER_ID, HOST, PRODUCT, SERVER_ID, STATS, TAGS, VALUES, VERSION,
};
use usage_store::report::limits::NAME_BYTES_MAX;
use usage_store::report::{Kind, decode};

use super::forget::{Subject, unknown_code};
use super::replies::{Accepted, Advisory};
use super::{Refusal, path, sender};
use crate::app::Settings;
use crate::limits::{
    FORGET_BODY_MAX_BYTES, FORGET_BURST_REQUESTS, INSTALL_KEY_MAX_BYTES, LATE_ANONYMOUS_MAX,
    LATE_WITH_TOKEN_MAX,
};
use crate::openapi::{Access, Answer, Body, Operation, in_header, in_path};

const UUID: &str = "123e4567-e89b-12d3-a456-426614174000";

/// Not blank, and no control characters, which are welcome in JSON only.
const PRODUCT_PATTERN: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";

/// Every door of this room.
pub(crate) fn operations(settings: &Settings) -> Vec<Operation> {
    vec![
        report(settings, Kind::Servers, servers_body()),
        report(settings, Kind::Stats, stats_body()),
        report(settings, Kind::Usage, usage_body()),
        forget(settings),
        forget_status(),
    ]
}

fn report(
    settings: &Settings,
    kind: Kind,
    body: (&'static str, Vec<(&'static str, Value)>),
) -> Operation {
    let (at, id, summary, status) = match kind {
        Kind::Servers => ("/api/v1/servers", "checkIn", "A server checks in", 201),
        Kind::Stats => ("/api/v1/stats/{product}", "saveStats", "Product stats", 200),
        Kind::Usage => ("/api/v1/usage/{product}", "saveUsage", "Usage", 200),
    };
    let limits = &settings.per_sender;
    let mut parameters = Vec::new();
    let mut answers = vec![
        Answer::json(
            status,
            "It is on disk, and counts once.",
            "Accepted",
            json!(accepted(settings)),
        ),
        unauthorized(),
        wrong(decode(kind, b"{}").err().unwrap_or_default().into()),
        too_many(),
        failed(),
        unavailable(),
    ];
    if kind != Kind::Servers {
        parameters.push(in_path(
            "product",
            "Its name: one segment, percent-encoded once. New names are taken.",
            json!({"type": "string", "pattern": PRODUCT_PATTERN, "maxLength": NAME_BYTES_MAX}),
        ));
        answers.push(refused(path::blank(), "The product is blank."));
    }
    parameters.extend(extensions());
    Operation {
        path: at,
        method: "post",
        id,
        summary,
        description: format!(
            "Without a token it counts for no organization. Each sender may send {} requests at once, refilled at {} a second.",
            limits.burst_requests, limits.requests_per_second
        ),
        parameters,
        body: Some(Body {
            schema: body.0,
            description: format!(
                "At most {} bytes as sent and {} decompressed, in UTF-8. Accepted or refused whole; of repeated keys the last counts.",
                limits.body_max_bytes, limits.decompressed_max_bytes
            ),
            examples: body.1,
        }),
        access: Access::TokenOrNobody,
        answers,
    }
}

/// With everything that may be told.
fn accepted(settings: &Settings) -> Accepted<'static> {
    let advisory = Advisory {
        id: "CVE-2026-1234",
        severity: "high",
        title: "Passwords show in the log",
        affected: ">=1.2, <1.4.3",
        link: Some("https://example.com/advisories/7"),
    };
    Accepted {
        next_report_in: settings.next_report_in,
        latest_version: Some("1.4.3"),
        advisories: vec![advisory],
    }
}

fn servers_body() -> (&'static str, Vec<(&'static str, Value)>) {
    let server = json!({CLUSTER_ID: "clus1", SERVER_ID: "serv1", HOST: "db1:8086", PRODUCT: "myproduct", VERSION: "1.4.2"});
    let mut numeric = server.clone();
    numeric[CLUSTER_ID] = json!(8_674_665_223_082_153_551_u64);
    ("CheckIn", vec![("server", server), ("numericId", numeric)])
}

fn stats_body() -> (&'static str, Vec<(&'static str, Value)>) {
    let series = json!({"name": "engine", TAGS: {"path": "/var/lib"}, VALUES: {"series": 12}});
    let stats = |series: Value| json!({CLUSTER_ID: "clus1", SERVER_ID: "serv1", STATS: series});
    (
        "Stats",
        vec![
            ("series", stats(json!([series]))),
            ("none", stats(Value::Null)),
        ],
    )
}

fn usage_body() -> (&'static str, Vec<(&'static str, Value)>) {
    let tags = json!({"os": "linux", VERSION: "1.4.2"});
    let values =
        json!({CLUSTER_ID: "clus1", SERVER_ID: "serv1", "num_databases": 3, "uptime": 86_400.25});
    let server = json!([{TAGS: tags, VALUES: values}]);
    let all_in_values = json!([{TAGS: null, VALUES: {CLUSTER_ID: "clus1", "os": "linux"}}]);
    (
        "Usage",
        vec![
            ("server", server),
            ("allInValues", all_in_values),
            ("nothing", json!([])),
        ],
    )
}

/// The optional headers of a report.
fn extensions() -> Vec<Value> {
    let days = |limit: std::time::Duration| limit.as_secs() / 86_400;
    vec![
        in_header(
            "Idempotency-Key",
            "The same key again within 30 days is answered as before and counted once. With another body it is refused.",
            or_blank(json!({"type": "string", "format": "uuid", "examples": [UUID]})),
        ),
        in_header(
            "X-Reported-At",
            format!(
                "When a late report was made, by the clock that Date tells: at most {} days ago with a token, {} without.",
                days(LATE_WITH_TOKEN_MAX),
                days(LATE_ANONYMOUS_MAX)
            ),
            or_blank(json!({"type": "string", "format": "date-time"})),
        ),
        in_header(
            "X-Install-Key",
            "A random secret of the install, kept as a digest: the right to have its anonymous reports erased.",
            install_key(),
        ),
        content_encoding(),
    ]
}

/// A header without a value is as good as none.
fn or_blank(schema: Value) -> Value {
    json!({"anyOf": [schema, {"const": ""}]})
}

fn install_key() -> Value {
    json!({"type": "string", "maxLength": INSTALL_KEY_MAX_BYTES})
}

fn content_encoding() -> Value {
    in_header(
        "Content-Encoding",
        "How the body is compressed.",
        json!({"enum": ["gzip", "zstd", "identity"]}),
    )
}

fn forget(settings: &Settings) -> Operation {
    let status_url = format!("{}/api/v1/forget/CODE", settings.public_url);
    let cluster = json!({PRODUCT: "myproduct", CLUSTER_ID: "clus1"});
    let mut server = cluster.clone();
    server[SERVER_ID] = json!("serv1");
    Operation {
        path: "/api/v1/forget",
        method: "post",
        id: "forget",
        summary: "Be forgotten",
        description: format!(
            "Erases what was reported up to now: under a token what its organization reported, with an install's key what came with it. At most {FORGET_BURST_REQUESTS} requests an hour."
        ),
        parameters: vec![
            in_header(
                "X-Install-Key",
                "Whoever has no token sends the key that the reports came with. Whether it is known is not told.",
                install_key(),
            ),
            content_encoding(),
        ],
        body: Some(Body {
            schema: "ForgetRequest",
            description: format!("At most {FORGET_BODY_MAX_BYTES} bytes."),
            examples: vec![("cluster", cluster), ("server", server)],
        }),
        access: Access::TokenOrNobody,
        answers: vec![
            Answer::json(
                202,
                "It is noted and will be done.",
                "ForgetAccepted",
                json!({ "status_url": status_url }),
            ),
            unauthorized(),
            wrong(Subject::read(b"{}").err().unwrap_or(Refusal::Failed)),
            too_many(),
            failed(),
            unavailable(),
        ],
    }
}

fn forget_status() -> Operation {
    let done = json!({"status": "done", "requested_at": "2026-11-22T10:30:00Z", "done_at": "2026-11-22T10:30:02Z", "reports": 7});
    Operation {
        path: "/api/v1/forget/{code}",
        method: "get",
        id: "forgetStatus",
        summary: "Whether it is done",
        description: "Kept for 90 days after it is.".to_owned(),
        parameters: vec![in_path(
            "code",
            "The end of status_url.",
            json!({"type": "string", "minLength": 1}),
        )],
        body: None,
        access: Access::Anybody,
        answers: vec![
            Answer::json(200, "How far it is.", "ForgetStatus", done),
            refused(unknown_code(), "No such code."),
            too_many(),
            failed(),
            unavailable(),
        ],
    }
}

/// An answer as it is given in code.
pub(crate) fn refused(refusal: Refusal, description: &str) -> Answer {
    let (status, body, retry_after) = refusal.told();
    let schema = match body["errors"].is_null() {
        true => "Error",
        false => "FieldErrors",
    };
    let answer = Answer::json(status.as_u16(), description, schema, body);
    match retry_after {
        None => answer,
        Some(_) => answer.header("Retry-After", "Seconds to wait before trying again."),
    }
}

fn unauthorized() -> Answer {
    let what = "The token is unknown, revoked, not for this, or there are two; nothing was stored.";
    refused(sender::unknown_token(), what)
}

pub(crate) fn wrong(refusal: Refusal) -> Answer {
    refused(
        refusal,
        "Something in the request is wrong; all of it is told at once.",
    )
}

pub(crate) fn too_many() -> Answer {
    let refusal = Refusal::TooMany {
        retry_after_seconds: 7,
    };
    refused(refusal, "Too many requests from this sender.")
}

pub(crate) fn failed() -> Answer {
    refused(Refusal::Failed, "Our own failure.")
}

pub(crate) fn unavailable() -> Answer {
    refused(
        Refusal::NotStored,
        "Too much to do, or it could not be stored.",
    )
}
