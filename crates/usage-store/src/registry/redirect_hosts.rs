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
        self.change_redirect_host(
            sql!("registry/add_redirect_host"),
            "add",
            [product, host],
            by,
            now,
        )
    }

    /// Takes a host off a product's list.
    pub fn remove_redirect_host(
        &self,
        product: &str,
        host: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.change_redirect_host(
            sql!("registry/remove_redirect_host"),
            "remove",
            [product, host],
            by,
            now,
        )
    }

    /// Notes it only where something changed.
    fn change_redirect_host(
        &self,
        query: &str,
        verb: &str,
        [product, host]: [&str; 2],
        by: &str,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|db| {
            let changed = db
                .prepare_cached(query)?
                .execute([product, &host.to_lowercase()])?;
            if changed == 0 {
                return Ok(());
            }
            let action = format!("{verb} redirect host");
            audit::write(db, now, by, &action, &format!("{product}: {host}"))
        })
    }
}
