//! The API described for programs: an OpenAPI document at `/api/v1/openapi.json`, made of what the
//! rooms say of their own doors. Fields, limits and examples come from the code that reads and
//! answers. A test of ingest's holds it against the router: no door without a description, none
//! described that isn't there.

mod operation;
mod schemas;

use std::sync::Arc;

use axum::http::header;
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use serde_json::{Map, Value, json};

pub(crate) use self::operation::{
    Access, Answer, Body, Content, Operation, in_header, in_path, in_query,
};
use crate::app::{App, Settings};
use crate::limits::{HEADERS_MAX_BYTES, OPENAPI_CACHED_SECONDS, TOKEN_MAX_BYTES};
use crate::{api, export, health, ingest, register};

/// All doors that programs use. A room that has one adds its own here.
fn operations(settings: &Settings) -> Vec<Operation> {
    let mut all = ingest::operations(settings);
    all.extend(register::operations(settings));
    all.extend(api::operations(settings));
    all.extend(export::operations());
    all.extend(health::operations());
    all.push(Operation {
        path: "/api/v1/openapi.json",
        method: "get",
        id: "describe",
        summary: "This document",
        description: "What is answered here, with the limits that are set.".to_owned(),
        parameters: Vec::new(),
        body: None,
        access: Access::Anybody,
        answers: vec![Answer {
            status: 200,
            description: "An OpenAPI document.".to_owned(),
            content: Content::AnyJson,
            headers: Vec::new(),
        }],
    });
    all
}

/// `GET /api/v1/openapi.json`: the document, made once.
pub(crate) fn door(settings: &Settings) -> MethodRouter<Arc<App>> {
    let text = Bytes::from(document(settings).to_string());
    get(move || {
        let headers = [
            (header::CONTENT_TYPE, "application/json".to_owned()),
            (
                header::CACHE_CONTROL,
                format!("public, max-age={OPENAPI_CACHED_SECONDS}"),
            ),
        ];
        let answer = (headers, text.clone());
        async move { answer }
    })
}

fn document(settings: &Settings) -> Value {
    let mut paths = Map::new();
    for operation in operations(settings) {
        let path = paths
            .entry(operation.path)
            .or_insert_with(|| Value::Object(Map::new()));
        path[operation.method] = operation.described();
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Usage API",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": env!("CARGO_PKG_LICENSE")},
            "description": format!(
                "Takes usage reports. A 2xx means that the report is on disk. Slashes before /api and one at the \
                 end of a path are taken; any Content-Type is, if the body is JSON. Another method than \
                 those here is 405 with Allow; headers of more than {HEADERS_MAX_BYTES} bytes are 431."
            ),
        },
        "servers": [{"url": settings.public_url}],
        "paths": paths,
        "components": {
            "schemas": schemas::schemas(),
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Authorization", "description": format!("The token as it is, at most {TOKEN_MAX_BYTES} bytes. Blank is none; two that differ are refused.")},
                "bearer": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key of an operator (`usage-server api-key issue`)."},
                "tokenInQuery": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
    })
}
