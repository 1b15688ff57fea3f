//! What clusters are called: their ids and organizations never change, and are kept as far as somebody asked.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension};

use super::limits::CLUSTER_NAMES_KEPT;
use crate::Result;
use crate::sqlite::sql;

/// What a store knows of it.
#[derive(Default)]
pub(crate) struct ClusterNames(Mutex<HashMap<u32, (Box<str>, i64)>>);

impl ClusterNames {
    /// A cluster's id and its organization's name, which may change.
    pub(crate) fn name(&self, db: &Connection, cluster: u32) -> Result<(String, Option<String>)> {
        let Some((id, organization)) = self.look_up(db, cluster)? else {
            return Ok((String::new(), None));
        };
        let name = match organization {
            0 => None,
            organization => db
                .prepare_cached(sql!("registry/organization_name"))?
                .query_row([organization], |row| row.get(0))
                .optional()?,
        };
        Ok((id, name))
    }

    fn look_up(&self, db: &Connection, cluster: u32) -> Result<Option<(String, i64)>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((id, organization)) = known.get(&cluster) {
            return Ok(Some((id.to_string(), *organization)));
        }
        let found: Option<(String, i64)> = db
            .prepare_cached(sql!("query/cluster"))?
            .query_row([cluster], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((id, organization)) = &found {
            if known.len() == CLUSTER_NAMES_KEPT {
                known.clear();
            }
            known.insert(cluster, (id.as_str().into(), *organization));
        }
        Ok(found)
    }
}
