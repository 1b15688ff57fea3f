//! The registry's verbs about tokens and products, as the store's users call them. Those about people
//! stand beside their work.

use jiff::Timestamp;

use super::{Grant, NewToken, Revoked, TokenId, audit, tokens};
use crate::query::{ProductId, products};
use crate::{Result, Store};

/// The registry.
impl Store {
    /// What a token allows; `None` where it is unknown or revoked. A revocation by another process
    /// may be noticed only at the commit: [`Store::append`] has the last word.
    pub fn authenticate(&self, token: &[u8]) -> Result<Option<Grant>> {
        self.grants.find(token, |hash| {
            self.readers.read(|db| tokens::grant(db, hash))
        })
    }

    /// Whether a token is valid at this moment, whatever a grant said before.
    pub fn token_is_valid(&self, token: TokenId) -> Result<bool> {
        self.readers.read(|db| tokens::token_is_valid(db, token))
    }

    /// Adds a token; `Error::Taken` where it is known already.
    pub fn add_token(&self, new: &NewToken<'_>, now: Timestamp) -> Result<TokenId> {
        self.write(|db| tokens::add(db, new, now))
    }

    /// Revokes the token given whole or by its beginning; at once, on running servers too.
    pub fn revoke_token(&self, token: &str, now: Timestamp) -> Result<Revoked> {
        let revoked = self.write(|db| tokens::revoke(db, token, now))?;
        self.grants.clear();
        Ok(revoked)
    }

    /// An operator adopts a product.
    pub fn adopt_product(&self, id: ProductId, by: &str, now: Timestamp) -> Result<()> {
        self.write(|db| {
            products::adopt(db, id, now).and_then(|name| match name {
                None => Ok(()),
                Some(name) => audit::write(db, now, by, "adopt product", &name),
            })
        })
    }

    /// An operator adopts a product by its name, before its first report or after; which it is.
    pub fn add_product(&self, name: &str, by: &str, now: Timestamp) -> Result<ProductId> {
        self.write(|db| {
            let (id, new) = match products::named(db, name)? {
                Some(id) => (id, products::adopt(db, id, now)?.is_some()),
                None => (products::add(db, name, now)?, true),
            };
            if new {
                audit::write(db, now, by, "adopt product", name)?;
            }
            Ok(id)
        })
    }

    /// Adopts products by name, in nobody's name: for a demo's fleet.
    pub fn adopt_products(&self, names: &[&str], now: Timestamp) -> Result<()> {
        self.write(|db| {
            names
                .iter()
                .try_for_each(|name| products::adopt_by_name(db, name, now))
        })
    }

    /// Notes in the audit log who did what to what, where no other verb does so.
    pub fn note(&self, actor: &str, action: &str, subject: &str, now: Timestamp) -> Result<()> {
        self.write(|db| audit::write(db, now, actor, action, subject))
    }
}
