//! The erasure of everything that an organization reported: the same steps, but by the organization
//! alone, and its servers leave the read model together.

use std::collections::HashSet;

use rusqlite::{Connection, TransactionBehavior, params};

use super::steps::{Erasure, is_counted};
use crate::Result;
use crate::journal::{SPAN_REPORTS, Seq};
use crate::model::cells::bitmap;
use crate::model::replay::{self, Subject};
use crate::model::{self, Model, leaving, unused};
use crate::query::fleet_spans::Spans;
use crate::query::{ProductId, ServerId, fleet};
use crate::registry::OrganizationId;
use crate::sqlite::sql;

/// Servers that leave in one transaction: some ten milliseconds.
const SERVERS_A_STEP: usize = 500;

/// The spans before `until` that may have reports of an organization.
pub(super) fn spans(db: &Connection, id: OrganizationId, until: Seq) -> Result<Vec<u64>> {
    let known = Spans::new(db, id)?;
    let mut spans = Vec::new();
    let mut from = 0;
    while let Some(span) = known.up(from)?.filter(|span| span * SPAN_REPORTS < until) {
        spans.push(span);
        from = span + 1;
    }
    Ok(spans)
}

/// What is in the quarantine and names one of an organization's clusters. To be asked before its servers
/// leave the read model, which nobody could tell it from afterwards.
pub(super) fn refused(db: &Connection, id: OrganizationId) -> Result<Vec<i64>> {
    let mut own = HashSet::new();
    let mut query = db.prepare_cached(sql!("erasure/own_servers"))?;
    let mut rows = query.query(params![id.0, 0, "", 0, i64::MAX])?;
    while let Some(row) = rows.next()? {
        let (product, cluster_id): (String, String) = (row.get(3)?, row.get(1)?);
        if cluster_id.bytes().all(|byte| byte.is_ascii_digit()) {
            own.insert((product.clone(), cluster_id.clone()));
        }
        let quoted = serde_json::Value::from(cluster_id).to_string();
        own.insert((product, quoted));
    }
    let products: HashSet<String> = own.iter().map(|(product, _)| product.clone()).collect();
    let mut query = db.prepare_cached(sql!("erasure/refused"))?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let product: Option<String> = row.get(1)?;
        let text = String::from_utf8_lossy(row.get_ref(2)?.as_blob().unwrap_or_default());
        let named = |product: &str| {
            words(&text).any(|word| own.contains(&(product.to_owned(), word.to_owned())))
        };
        let names_own = match &product {
            Some(product) => products.contains(product) && named(product),
            None => products.iter().any(|product| named(product)),
        };
        if names_own {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

/// The texts of JSON, with their quotes, and its numbers; of broken JSON, too.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut left = text;
    std::iter::from_fn(move || {
        let at = left.find(|c: char| c == '"' || c.is_ascii_digit())?;
        let rest = &left[at..];
        let mut escaped = false;
        let end = if rest.starts_with('"') {
            rest.char_indices()
                .skip(1)
                .find(|(_, c)| {
                    let ends = *c == '"' && !escaped;
                    escaped = *c == '\\' && !escaped;
                    ends
                })
                .map_or(rest.len(), |(at, _)| at + 1)
        } else {
            rest.find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len())
        };
        let (word, further) = rest.split_at(end);
        left = further;
        Some(word)
    })
}

/// Takes refused reports out of the quarantine.
pub(super) fn forget_refused(db: &mut Connection, ids: &[i64]) -> Result<()> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for id in ids {
        step.prepare_cached(sql!("erasure/forget_refused"))?
            .execute([id])?;
    }
    step.commit()?;
    Ok(())
}

/// The organization's servers leave the read model; those that reported since come back with what they
/// reported since. `false` where the read model was reset meanwhile.
pub(super) fn leave(model: &mut Model, erasure: &Erasure, id: OrganizationId) -> Result<bool> {
    for (product, servers) in fleet::own_servers(&model.db, id)? {
        for day in leaving::days_of(&model.db, product, &servers)? {
            let step = model::begin(&mut model.db)?;
            if !is_counted(&step, erasure)? {
                return Ok(false);
            }
            leaving::day(&step, product, day, &servers)?;
            step.commit()?;
        }
    }
    let mut after = (0, String::new(), 0);
    loop {
        let servers = own_servers(&model.db, id, &after)?;
        let Some(last) = servers.last() else { break };
        after = (
            last.product.0,
            last.cluster_id.clone(),
            i64::from(last.server.0),
        );
        let Model { db, dictionary } = &mut *model;
        let step = model::begin(db)?;
        if !is_counted(&step, erasure)? {
            return Ok(false);
        }
        dictionary.clear();
        for subject in &servers {
            // A report since the request may stand in the span that the request ends in.
            let newest = subject.spans.last();
            if newest.is_some_and(|span| *span >= erasure.until / SPAN_REPORTS) {
                replay::server(&step, dictionary, subject)?;
            } else {
                replay::forget(&step, subject)?;
            }
        }
        step.commit()?;
    }
    model.dictionary.clear();
    let step = model::begin(&mut model.db)?;
    if !is_counted(&step, erasure)? {
        return Ok(false);
    }
    unused::forget_unused(&step)?;
    step.prepare_cached(sql!("erasure/forget_spans"))?
        .execute(params![id.0, (erasure.until / SPAN_REPORTS) as i64])?;
    step.prepare_cached(sql!("erasure/forget_uncounted"))?
        .execute([erasure.id])?;
    step.commit()?;
    Ok(true)
}

fn own_servers(
    db: &Connection,
    id: OrganizationId,
    (product, cluster_id, server): &(i64, String, i64),
) -> Result<Vec<Subject>> {
    let mut query = db.prepare_cached(sql!("erasure/own_servers"))?;
    let at_most = SERVERS_A_STEP as i64;
    let mut rows = query.query(params![id.0, product, cluster_id, server, at_most])?;
    let mut subjects = Vec::new();
    while let Some(row) = rows.next()? {
        let spans = match row.get_ref(5)? {
            rusqlite::types::ValueRef::Null => Vec::new(),
            column => bitmap(column)?.iter().map(u64::from).collect(),
        };
        subjects.push(Subject {
            product: ProductId(row.get(0)?),
            product_name: row.get(3)?,
            cluster_id: row.get(1)?,
            server_id: row.get(4)?,
            organization: Some(id),
            server: ServerId(row.get(2)?),
            spans,
        });
    }
    Ok(subjects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_are_found_in_what_is_hardly_json() {
        let found: Vec<&str> = words(r#"{"a\"b": 17, x "c" "cut"#).collect();
        assert_eq!(found, [r#""a\"b""#, "17", r#""c""#, r#""cut"#]);
        assert_eq!(words("\"\\").collect::<Vec<_>>(), ["\"\\"]);
        assert_eq!(words("ü").count(), 0);
    }
}
