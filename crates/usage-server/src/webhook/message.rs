//! What webhooks are told, as JSON; docs/webhooks.md describes each.

use jiff::Timestamp;
use serde_json::{Value, json};
use usage_store::query::SilentCluster;
use usage_store::webhook::{Event, Growth, NewCluster, NewOrganization, News};

use super::limits::REASON_MAX_BYTES;

/// A message of this data.
fn news(event: Event, now: Timestamp, data: Value) -> Result<News, getrandom::Error> {
    let mut drawn = [0; 16];
    getrandom::fill(&mut drawn)?;
    let body = json!({"type": event.name(), "timestamp": told(now), "data": data});
    Ok(News {
        event,
        message: format!("msg_{}", data_encoding::HEXLOWER.encode(&drawn)),
        body: body.to_string(),
    })
}

fn told(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(super) fn first_report(one: &NewCluster, now: Timestamp) -> Result<News, getrandom::Error> {
    let data = json!({
        "product": one.product,
        "cluster_id": one.cluster_id,
        "organization": one.organization,
        "servers": one.servers,
        "first_seen": one.first_seen.map(told),
    });
    news(Event::ClusterFirstReport, now, data)
}

pub(super) fn silent(
    product: &str,
    hours: u32,
    one: &SilentCluster,
    now: Timestamp,
) -> Result<News, getrandom::Error> {
    let data = json!({
        "product": product,
        "cluster_id": one.cluster_id,
        "organization": one.organization,
        "servers": one.servers,
        "last_seen": told(one.last_seen),
        "hours": hours,
    });
    news(Event::ClusterSilent, now, data)
}

pub(super) fn registered(one: &NewOrganization, now: Timestamp) -> Result<News, getrandom::Error> {
    let data = json!({
        "organization": one.name,
        "id": one.id.0,
        "created_at": told(one.created_at),
        "self_registered": one.self_registered,
    });
    news(Event::OrganizationRegistered, now, data)
}

pub(super) fn growing(
    growth: &Growth,
    since: Timestamp,
    now: Timestamp,
) -> Result<News, getrandom::Error> {
    let reasons = growth.reasons.iter().map(|one| {
        let mut kept = one.errors.len().min(REASON_MAX_BYTES);
        while !one.errors.is_char_boundary(kept) {
            kept -= 1;
        }
        json!({
            "product": one.product,
            "kind": one.kind.name(),
            "reason": &one.errors[..kept],
            "refused": one.refused,
        })
    });
    let data = json!({
        "refused": growth.refused,
        "since": told(since),
        "reasons": reasons.collect::<Vec<_>>(),
    });
    news(Event::QuarantineGrowing, now, data)
}

/// Somebody pressed the button.
pub(crate) fn test(by: &str, now: Timestamp) -> Result<News, getrandom::Error> {
    news(Event::Test, now, json!({"asked_by": by}))
}
