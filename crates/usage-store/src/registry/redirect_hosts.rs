//! Hosts that operators let a product send tokens to. What a host is allowed to look like is decided
//! where redirects are.

use jiff::Timestamp;

use super::audit;
use crate::sqlite::sql;
use crate::{Result, Store};

/// Redirect hosts.
impl Store {
    /// The hosts listed for a product, by name.
    pub fn redirect_hosts(&self, product: &str) -> Result<Vec<String>> {
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("registry/redirect_hosts"))?
                .query_map([product], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Lists a host for a product; in lower case, as it is compared.
    pub fn add_redirect_host(
        &self,
        product: &str,
        host: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|db| {
            let added = db
                .prepare_cached(sql!("registry/add_redirect_host"))?
                .execute([product, &host.to_lowercase()])?;
            match added {
                0 => Ok(()),
                _ => audit::write(
                    db,
                    now,
                    by,
                    "add redirect host",
                    &format!("{product}: {host}"),
                ),
            }
        })
    }

    /// Takes a host off a product's list.
    pub fn remove_redirect_host(
        &self,
        product: &str,
        host: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|db| {
            let removed = db
                .prepare_cached(sql!("registry/remove_redirect_host"))?
                .execute([product, &host.to_lowercase()])?;
            match removed {
                0 => Ok(()),
                _ => audit::write(
                    db,
                    now,
                    by,
                    "remove redirect host",
                    &format!("{product}: {host}"),
                ),
            }
        })
    }
}
