//! The shapes of the bodies, in JSON Schema: fields and limits are those that the readers read by.

use serde_json::{Value, json};
use usage_store::registry::Severity;
use usage_store::report::fields::{
    CLUSTER_ID, HOST, NAME, PRODUCT, SERVER_ID, STATS, TAGS, VALUES, VERSION,
};
use usage_store::report::limits::{
    ITEMS_MAX, JSON_DEPTH_MAX, KEYS_PER_OBJECT_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX,
};

use crate::limits::REPLY_ADVISORIES_MAX;

/// All of them, by name.
pub(super) fn schemas() -> Value {
    json!({
        "Id": id(),
        "CheckIn": check_in(),
        "Stats": stats(),
        "Usage": {
            "description": "An observation for each element, of the server that its own ids name. null and [] are reports that say nothing.",
            "type": ["array", "null"],
            "maxItems": ITEMS_MAX,
            "items": element(false),
        },
        "Tags": tags(),
        "Values": values(),
        "Accepted": accepted(),
        "Advisory": advisory(),
        "Error": {
            "type": "object",
            "required": ["error"],
            "properties": {"error": {"type": "string", "minLength": 1}},
            "additionalProperties": false,
        },
        "FieldErrors": {
            "description": "What is wrong, by field (`host`, `[0].values.x`, `Idempotency-Key`) or by `body`, all at once.",
            "type": "object",
            "required": ["errors"],
            "properties": {"errors": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
            }},
            "additionalProperties": false,
        },
        "RegisterDevice": register_device(),
        "RegisterDeviceBegun": {
            "type": "object",
            "required": ["device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval"],
            "properties": {
                "device_code": {"type": "string", "minLength": 1, "description": "The program's secret."},
                "user_code": {"type": "string", "minLength": 1, "description": "To be shown, and typed at verification_uri."},
                "verification_uri": {"type": "string", "format": "uri"},
                "verification_uri_complete": {"type": "string", "format": "uri"},
                "expires_in": {"type": "integer", "minimum": 1, "description": "Seconds."},
                "interval": {"type": "integer", "minimum": 1, "description": "Seconds between two questions."},
            },
        },
        "RegisterToken": register_token(),
        "RegisterGranted": {
            "type": "object",
            "required": ["token"],
            "properties": {"token": {"type": "string", "minLength": 1}},
        },
        "ForgetRequest": forget_request(),
        "ForgetAccepted": {
            "type": "object",
            "required": ["status_url"],
            "properties": {"status_url": {"type": "string", "format": "uri", "description": "Where to ask whether it is done; whoever knows it may."}},
        },
        "ForgetStatus": {
            "type": "object",
            "required": ["status", "requested_at", "done_at", "reports"],
            "properties": {
                "status": {"enum": ["pending", "done"]},
                "requested_at": {"type": "string", "format": "date-time"},
                "done_at": {"type": ["string", "null"], "format": "date-time"},
                "reports": {"type": "integer", "minimum": 0, "description": "Reports erased so far."},
            },
        },
    })
}

/// Text of at most this many bytes; characters of more than one byte count for more.
fn text(bytes: usize) -> Value {
    json!({"type": "string", "maxLength": bytes})
}

fn not_blank() -> Value {
    json!({"type": "string", "pattern": "\\S", "maxLength": NAME_BYTES_MAX})
}

fn id() -> Value {
    json!({
        "description": "A text that is not blank, or a number, which stands for its digits as sent.",
        "anyOf": [not_blank(), {"type": "number"}],
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn check_in() -> Value {
    json!({
        "description": "A server, at each start of the program. Other fields are ignored, and kept in the report.",
        "type": "object",
        "required": [CLUSTER_ID, SERVER_ID, HOST, PRODUCT, VERSION],
        "maxProperties": KEYS_PER_OBJECT_MAX,
        "properties": {
            CLUSTER_ID: reference("Id"),
            SERVER_ID: reference("Id"),
            HOST: not_blank(),
            PRODUCT: not_blank(),
            VERSION: not_blank(),
        },
    })
}

fn stats() -> Value {
    json!({
        "description": "Product stats of one server.",
        "type": "object",
        "required": [CLUSTER_ID, SERVER_ID],
        "maxProperties": KEYS_PER_OBJECT_MAX,
        "properties": {
            CLUSTER_ID: reference("Id"),
            SERVER_ID: reference("Id"),
            STATS: {"type": ["array", "null"], "maxItems": ITEMS_MAX, "items": element(true)},
        },
    })
}

fn element(named: bool) -> Value {
    let mut properties = json!({TAGS: reference("Tags"), VALUES: reference("Values")});
    if named {
        properties[NAME] = json!({"type": ["string", "null"], "maxLength": NAME_BYTES_MAX});
    }
    json!({
        "type": "object",
        "description": format!("Tags and values have at most {KEYS_PER_OBJECT_MAX} keys together. Where a key is in both, the value wins."),
        "maxProperties": KEYS_PER_OBJECT_MAX,
        "properties": properties,
    })
}

fn tags() -> Value {
    let id = json!({"type": ["string", "number"], "maxLength": NAME_BYTES_MAX});
    json!({
        "description": "Texts that describe the server; the ids may be numbers.",
        "type": ["object", "null"],
        "maxProperties": KEYS_PER_OBJECT_MAX,
        "propertyNames": {"maxLength": NAME_BYTES_MAX},
        "properties": {CLUSTER_ID: id, SERVER_ID: id},
        "additionalProperties": text(TEXT_BYTES_MAX),
    })
}

fn values() -> Value {
    let id = json!({"maxLength": NAME_BYTES_MAX});
    json!({
        "description": format!("Numbers are values, exact over int64 and uint64; texts and booleans describe the server. The body may be nested {JSON_DEPTH_MAX} levels deep."),
        "type": ["object", "null"],
        "maxProperties": KEYS_PER_OBJECT_MAX,
        "propertyNames": {"maxLength": NAME_BYTES_MAX},
        "properties": {CLUSTER_ID: id, SERVER_ID: id},
        "additionalProperties": {"maxLength": TEXT_BYTES_MAX},
    })
}

fn accepted() -> Value {
    json!({
        "description": "The report is on disk.",
        "type": "object",
        "required": ["next_report_in", "latest_version", "advisories"],
        "properties": {
            "next_report_in": {"type": "integer", "minimum": 0, "description": "Seconds until the next report is wanted."},
            "latest_version": {"type": ["string", "null"], "description": "The product's newest version, as its operators say."},
            "advisories": {
                "type": "array",
                "maxItems": REPLY_ADVISORIES_MAX,
                "description": "What its users should know: those that affect the version that the report names, or all where it names none that can be compared. What matters most comes first.",
                "items": reference("Advisory"),
            },
        },
    })
}

fn advisory() -> Value {
    let severities = Severity::ALL.map(Severity::name);
    json!({
        "type": "object",
        "required": ["id", "severity", "title", "affected", "link"],
        "properties": {
            "id": {"type": "string"},
            "severity": {"enum": severities},
            "title": {"type": "string"},
            "affected": {"type": "string", "description": "Ranges of versions: <1.8.4, or >=2.0, <2.3.1 || 1.9.0, or * for every one."},
            "link": {"type": ["string", "null"], "format": "uri", "description": "An https address with more about it."},
        },
    })
}

fn register_device() -> Value {
    let plain = |id: Value| json!({"allOf": [id, {"not": {"type": "string", "pattern": "[\\u0000-\\u001f\\u007f-\\u009f]"}}]});
    json!({
        "description": "For which cluster of which product. Without control characters, as people are shown it.",
        "type": "object",
        "required": [PRODUCT, CLUSTER_ID],
        "properties": {PRODUCT: plain(reference("Id")), CLUSTER_ID: plain(reference("Id"))},
    })
}

fn register_token() -> Value {
    let text = json!({"type": "string"});
    json!({
        "description": "grant_type authorization_code with code and code_verifier, or urn:ietf:params:oauth:grant-type:device_code with device_code.",
        "type": "object",
        "properties": {"grant_type": text, "code": text, "code_verifier": text, "device_code": text},
    })
}

fn forget_request() -> Value {
    json!({
        "description": "What to forget: a server, or without a server_id the whole cluster.",
        "type": "object",
        "required": [PRODUCT, CLUSTER_ID],
        "properties": {
            PRODUCT: reference("Id"),
            CLUSTER_ID: reference("Id"),
            SERVER_ID: {"anyOf": [reference("Id"), {"type": "null"}]},
        },
    })
}
