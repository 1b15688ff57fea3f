//! What may be kept of a report that was refused. Its reasons quote what came, so of a product with a list
//! their quotes go; names of fields stay, as names that were removed are told to operators.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Lists;
use crate::quarantine::Refused;
use crate::report::Kind;

/// Stands for a body of which nobody can tell what of it may be kept.
const NOT_KEPT: &str =
    "(not kept: the product has an allowlist, and this can't be read as JSON, or is too long)";

/// The same where it can't be told of which product it is.
const NOT_KEPT_OF_NOBODY: &str =
    "(not kept: products here have allowlists, and this doesn't tell of which product it is)";

/// What takes the place of a quote.
const QUOTE: &str = "(not kept)";

impl Lists {
    /// A refused report as it may be kept; `None` for one that may be as it is.
    pub(crate) fn treat_refused(&mut self, one: &Refused) -> Option<Refused> {
        if self.are_none() {
            return None;
        }
        let json = is_json(one);
        let product = match one.kind {
            Kind::Servers => json.then(|| product_of_check_in(&one.body)).flatten(),
            Kind::Stats | Kind::Usage => one.product.clone(),
        };
        let body = match &product {
            Some(product) if !self.has(product) => return None,
            _ if one.body.is_empty() => Vec::new(),
            None => NOT_KEPT_OF_NOBODY.into(),
            Some(_) if !json => NOT_KEPT.into(),
            Some(product) => {
                let treated = self.treat_json(one.kind, product, &one.body, one.at);
                treated.flatten().unwrap_or_else(|| NOT_KEPT.into())
            }
        };
        Some(Refused {
            errors: without_quotes(&one.errors),
            // Not what came: a page would say that the rest was cut off.
            body_bytes: body.len() as u64,
            body,
            ..one.clone()
        })
    }
}

/// Whether all of it is there, and is JSON.
fn is_json(one: &Refused) -> bool {
    one.body.len() as u64 == one.body_bytes
        && std::str::from_utf8(&one.body).is_ok()
        && serde_json::from_slice::<IgnoredAny>(&one.body).is_ok()
}

fn product_of_check_in(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named(#[serde(default)] BTreeMap<String, serde_json::Value>);
    let Named(fields) = serde_json::from_slice(body).ok()?;
    match fields.get("product") {
        Some(serde_json::Value::String(product)) => Some(product.clone()),
        _ => None,
    }
}

/// The reasons, each up to where it quotes.
fn without_quotes(errors: &str) -> String {
    let mut fields: BTreeMap<String, Vec<String>> =
        serde_json::from_str(errors).unwrap_or_default();
    for message in fields.values_mut().flatten() {
        if let Some(at) = message.find('"') {
            message.truncate(at);
            message.push_str(QUOTE);
        }
    }
    serde_json::json!(fields).to_string()
}
