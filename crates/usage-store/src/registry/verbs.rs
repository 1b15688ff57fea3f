//! The registry's verbs, as the store's users call them.

use jiff::Timestamp;

use super::{
    Account, AccountId, Grant, NewToken, OrganizationId, Revoked, Session, TokenId, accounts,
    audit, organizations, tokens,
};
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
        self.write(|db| tokens::add(db, new, "command line", now))
    }

    /// Revokes the token given whole or by its beginning; at once, on running servers too.
    pub fn revoke_token(&self, token: &str, now: Timestamp) -> Result<Revoked> {
        let revoked = self.write(|db| tokens::revoke(db, token, now))?;
        self.grants.clear();
        Ok(revoked)
    }

    /// The organization of this name, made if new.
    pub fn organization(&self, name: &str, now: Timestamp) -> Result<OrganizationId> {
        self.write(|db| organizations::find_or_add(db, name, now))
    }

    /// The organization of this name, if there is one.
    pub fn find_organization(&self, name: &str) -> Result<Option<OrganizationId>> {
        self.readers.read(|db| organizations::find(db, name))
    }

    /// An organization's name.
    pub fn organization_name(&self, id: OrganizationId) -> Result<Option<String>> {
        self.readers.read(|db| organizations::name(db, id))
    }

    /// An operator adopts a product.
    pub fn adopt_product(&self, id: ProductId, by: AccountId, now: Timestamp) -> Result<()> {
        self.write(|db| {
            products::adopt(db, id, now).and_then(|name| match name {
                None => Ok(()),
                Some(name) => audit::write(
                    db,
                    now,
                    &format!("account {}", by.0),
                    "adopt product",
                    &name,
                ),
            })
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

    /// Whether there is an operator yet.
    pub fn has_operator(&self) -> Result<bool> {
        self.readers.read(accounts::has_operator)
    }

    /// Makes an operator account; `Error::Taken` where the address has one.
    pub fn add_operator(
        &self,
        email: &str,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<AccountId> {
        self.write(|db| accounts::add_operator(db, email, password_hash, now))
    }

    /// The same, only where there is no operator yet, in one transaction; `None` where there is.
    pub fn add_first_operator(
        &self,
        email: &str,
        password_hash: &str,
        now: Timestamp,
    ) -> Result<Option<AccountId>> {
        self.write(|db| {
            if accounts::has_operator(db)? {
                return Ok(None);
            }
            accounts::add_operator(db, email, password_hash, now).map(Some)
        })
    }

    /// An account and its password's hash, by address without regard to case.
    pub fn account_by_email(&self, email: &str) -> Result<Option<(Account, String)>> {
        self.readers.read(|db| accounts::by_email(db, email))
    }

    /// Signs a browser in: keeps the SHA-256 of its secret.
    pub fn start_session(
        &self,
        secret: &[u8],
        account: AccountId,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        self.write(|db| accounts::start_session(db, secret, account, now, expires_at))
    }

    /// The session of a secret, where it is still valid.
    pub fn session(&self, secret: &[u8], now: Timestamp) -> Result<Option<Session>> {
        self.readers.read(|db| accounts::session(db, secret, now))
    }

    /// Signs a browser out.
    pub fn end_session(&self, secret: &[u8]) -> Result<()> {
        self.write(|db| accounts::end_session(db, secret))
    }
}
