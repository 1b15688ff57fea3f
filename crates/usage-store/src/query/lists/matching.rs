//! What is searched for: ids by their beginning, through an index; hosts, versions and names of organizations
//! by any part of them, as each stands once in memory.

use roaring::RoaringBitmap;
use rusqlite::params;

use super::List;
use super::roster::Roster;
use super::texts::Texts;
use crate::Result;
use crate::query::fleet_reports::contains;
use crate::query::ground::Ground;
use crate::sqlite::sql;

/// Comes behind everything that may stand in a text.
const LAST: char = char::MAX;

/// Those of some servers that are meant.
pub(super) fn servers(
    ground: &Ground<'_>,
    roster: &Roster,
    list: &List,
    of: RoaringBitmap,
) -> Result<RoaringBitmap> {
    let text = list.search.trim();
    if text.is_empty() {
        return Ok(of);
    }
    let mut found = by_id(ground, list, text)? & &of;
    let versions = fitting(&roster.versions, text);
    let hosts = fitting(&roster.hosts, text);
    let organizations = organizations(ground, text)?;
    if !versions.contains(&true) && !hosts.contains(&true) && organizations.is_empty() {
        return Ok(found);
    }
    let has = |all: &[bool], one: Option<u32>| one.is_some_and(|one| all[one as usize]);
    let fits = of.iter().filter(|id| {
        roster.get(*id).is_some_and(|known| {
            has(&versions, known.version)
                || has(&hosts, known.host)
                || organizations.contains(ground.census.organization(*id))
        })
    });
    found |= RoaringBitmap::from_sorted_iter(fits).unwrap_or_default();
    Ok(found)
}

/// Servers whose id, or whose cluster's, begins so; as it is written, and in small and large letters.
fn by_id(ground: &Ground<'_>, list: &List, text: &str) -> Result<RoaringBitmap> {
    let mut found = RoaringBitmap::new();
    let mut written = vec![text.to_owned(), text.to_lowercase(), text.to_uppercase()];
    written.sort_unstable();
    written.dedup();
    for text in &written {
        let end = format!("{text}{LAST}");
        for query in [sql!("lists/by_cluster_id"), sql!("lists/by_server_id")] {
            let mut query = ground.db.prepare_cached(query)?;
            let ids = query.query_map(params![list.asked.product.0, text, end], |row| {
                row.get::<_, u32>(0)
            })?;
            found |= ids.collect::<rusqlite::Result<RoaringBitmap>>()?;
        }
    }
    Ok(found)
}

/// Of each text, by its number, whether it has that in it.
fn fitting(texts: &Texts, part: &str) -> Vec<bool> {
    let fits = texts
        .iter()
        .map(|text| contains(text.as_bytes(), part.as_bytes()));
    fits.collect()
}

/// The organizations with such a name.
pub(super) fn organizations(ground: &Ground<'_>, part: &str) -> Result<RoaringBitmap> {
    let part = part.to_lowercase();
    let mut found = RoaringBitmap::new();
    let mut query = ground.db.prepare_cached(sql!("lists/organizations"))?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let name: String = row.get(1)?;
        if name.to_lowercase().contains(&part) {
            found.insert(row.get(0)?);
        }
    }
    Ok(found)
}
