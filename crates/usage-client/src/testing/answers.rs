//! What a Usage API says, by the protocol's rules, of one request: the mock's unscripted answers.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::{MockReply, Recorded};
use crate::ValidationErrors;

const BODY_BYTES: usize = 1024 * 1024;
const DEPTH: usize = 32;
const ITEMS: usize = 10_000;
const KEYS: usize = 1_000;
const NAME_BYTES: usize = 1024;
const TEXT_BYTES: usize = 64 * 1024;

/// The fields that may not be blank, and what is said if they are.
const SERVER_FIELDS: &[(&str, &str)] = &[
    ("cluster_id", "ClusterID can not be blank."),
    ("server_id", "ServerID can not be blank."),
    ("host", "Host can not be blank."),
    ("product", "Product can not be blank."),
    ("version", "Version can not be blank."),
];

/// Messages by field.
type Errors = BTreeMap<String, Vec<String>>;

enum Kind {
    Server,
    Stats,
    Usage,
}

pub(super) fn answer(request: &Recorded, tokens: &[Vec<u8>]) -> MockReply {
    judge(request, tokens).unwrap_or_else(|refusal| refusal)
}

/// Whatever is wrong first is what is said.
fn judge(request: &Recorded, tokens: &[Vec<u8>]) -> Result<MockReply, MockReply> {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let (kind, product) = route(path).ok_or_else(|| simple(404, "there is nothing here"))?;
    if request.method != "POST" {
        return Err(simple(405, "reports are posted").with_header("Allow", "POST"));
    }
    if let Some(product) = product {
        check_product(product)?;
    }
    check_token(request, query, tokens)?;
    let encoding = request.header("content-encoding").unwrap_or(b"identity");
    if encoding != b"identity" {
        return Err(invalid("body", "has an encoding that the mock can't read"));
    }
    if request.body.len() > BODY_BYTES {
        return Err(invalid("body", "is larger than 1 MiB"));
    }
    let body: Json = serde_json::from_slice(&request.body)
        .map_err(|error| invalid("body", &format!("is no JSON: {error}")))?;
    if depth(&body) > DEPTH {
        return Err(invalid("body", "is nested too deeply"));
    }
    let mut errors = Errors::new();
    match kind {
        Kind::Server => check_fields(&body, SERVER_FIELDS, &mut errors),
        Kind::Stats => {
            check_fields(&body, &SERVER_FIELDS[..2], &mut errors);
            check_items(&body["stats"], "stats", &mut errors);
        }
        Kind::Usage => check_items(&body, "body", &mut errors),
    }
    if !errors.is_empty() {
        return Err(MockReply::new(422).with_json(&ValidationErrors { errors }));
    }
    let status = if matches!(kind, Kind::Server) {
        201
    } else {
        200
    };
    Ok(MockReply::new(status).with_json(&json!({ "next_report_in": 43_200 })))
}

/// Slashes in front of `/api` and one at the end are overlooked.
fn route(path: &str) -> Option<(Kind, Option<&str>)> {
    let path = path.trim_start_matches('/').strip_prefix("api/v1/")?;
    let path = path.strip_suffix('/').unwrap_or(path);
    if path == "servers" {
        return Some((Kind::Server, None));
    }
    let (kind, product) = path.split_once('/')?;
    let kind = match kind {
        "stats" => Kind::Stats,
        "usage" => Kind::Usage,
        _ => return None,
    };
    (!product.contains('/')).then_some((kind, Some(product)))
}

fn check_product(segment: &str) -> Result<(), MockReply> {
    let wrong = |what| invalid("product", what);
    let decoded = percent_decoded(segment).ok_or_else(|| wrong("has a broken % escape"))?;
    let product = String::from_utf8(decoded).map_err(|_| wrong("is not UTF-8"))?;
    if product.chars().any(char::is_control) {
        return Err(wrong("has a control character"));
    }
    if product.trim().is_empty() {
        return Err(simple(404, "the product in the path is blank"));
    }
    if product.len() > NAME_BYTES {
        return Err(wrong("is longer than 1024 bytes"));
    }
    Ok(())
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        out.push((digit(digits[0])? * 16 + digit(digits[1])?) as u8);
        rest = after;
    }
    Some(out)
}

/// In one of three places; blank is none; two that differ are refused.
fn check_token(request: &Recorded, query: &str, tokens: &[Vec<u8>]) -> Result<(), MockReply> {
    let named = |wanted: &str, (name, value): &(String, Vec<u8>)| {
        name.eq_ignore_ascii_case(wanted).then(|| value.clone())
    };
    let headers = || request.headers.iter();
    let raw = headers().filter_map(|header| named("x-authorization", header));
    let bearer = headers()
        .filter_map(|header| named("authorization", header))
        .filter_map(|value| {
            let (scheme, token) = value.split_at_checked(7)?;
            let is_bearer = scheme.eq_ignore_ascii_case(b"bearer ");
            is_bearer.then(|| token.to_vec())
        });
    let in_query = query.split('&').filter_map(|pair| {
        let value = pair.strip_prefix("token=")?.replace('+', " ");
        Some(percent_decoded(&value).unwrap_or_else(|| value.into_bytes()))
    });
    let all = raw.chain(bearer).chain(in_query);
    let mut sent: Vec<_> = all
        .map(|token| token.trim_ascii().to_vec())
        .filter(|token| !token.is_empty())
        .collect();
    sent.dedup();
    match sent.as_slice() {
        [] => Ok(()),
        [token] if tokens.contains(token) => Ok(()),
        [_] => Err(simple(401, "this token is unknown or was revoked")),
        _ => Err(simple(401, "the request has two tokens that differ")),
    }
}

/// Text that isn't blank, or a number, as the first programs sent.
fn check_fields(body: &Json, fields: &[(&str, &str)], errors: &mut Errors) {
    let Some(object) = body.as_object() else {
        add(errors, "body", "must be an object");
        return;
    };
    for (field, when_blank) in fields {
        match object.get(*field) {
            None | Some(Json::Null) => add(errors, field, when_blank),
            Some(Json::String(text)) if text.trim().is_empty() => add(errors, field, when_blank),
            Some(Json::String(text)) if text.len() > NAME_BYTES => {
                add(errors, field, "is longer than 1024 bytes");
            }
            Some(Json::String(_)) => {}
            Some(Json::Number(_)) if field.ends_with("_id") => {}
            Some(_) => add(errors, field, "must be text"),
        }
    }
}

/// What is said of these fields where one is blank.
pub(super) fn blank(body: &Json, names: &[&str]) -> Option<MockReply> {
    let fields = SERVER_FIELDS.iter().copied();
    let fields: Vec<_> = fields.filter(|(name, _)| names.contains(name)).collect();
    let mut errors = Errors::new();
    check_fields(body, &fields, &mut errors);
    (!errors.is_empty()).then(|| MockReply::new(422).with_json(&ValidationErrors { errors }))
}

/// Points or observations: a list of objects with names, tags and values, each of which may be missing.
fn check_items(items: &Json, field: &str, errors: &mut Errors) {
    let items = match items {
        Json::Null => return,
        Json::Array(items) => items,
        _ => return add(errors, field, "must be a list"),
    };
    if items.len() > ITEMS {
        add(errors, field, "has more than 10,000 items");
    }
    for item in items {
        if !item.is_object() {
            return add(errors, field, "must be a list of objects");
        }
        if !matches!(item["name"], Json::Null | Json::String(_)) {
            return add(errors, "name", "must be text");
        }
        for part in ["tags", "values"] {
            match &item[part] {
                Json::Null => {}
                Json::Object(pairs) => check_pairs(pairs, part, errors),
                _ => return add(errors, part, "must be an object"),
            }
        }
    }
}

fn check_pairs(pairs: &Map<String, Json>, part: &str, errors: &mut Errors) {
    if pairs.len() > KEYS {
        add(errors, part, "has more than 1,000 keys");
    }
    for (key, value) in pairs {
        if key.len() > NAME_BYTES {
            add(errors, part, "has a key longer than 1024 bytes");
        }
        match value {
            Json::String(text) if text.len() > TEXT_BYTES => {
                add(errors, part, "has a text longer than 64 KiB");
            }
            Json::String(_) => {}
            _ if part == "tags" => add(errors, part, "must be text, by key"),
            _ => {}
        }
    }
}

fn depth(value: &Json) -> usize {
    match value {
        Json::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Json::Object(pairs) => 1 + pairs.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn add(errors: &mut Errors, field: &str, message: &str) {
    let messages = errors.entry(field.to_owned()).or_default();
    if !messages.iter().any(|known| known == message) {
        messages.push(message.to_owned());
    }
}

fn simple(status: u16, message: &str) -> MockReply {
    MockReply::new(status).with_error(message)
}

fn invalid(field: &str, message: &str) -> MockReply {
    let mut errors = Errors::new();
    add(&mut errors, field, message);
    MockReply::new(422).with_json(&ValidationErrors { errors })
}
