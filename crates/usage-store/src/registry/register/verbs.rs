//! The verbs of registrations, as the store's users call them. Codes that don't exist never come to
//! the writer, so that guessing holds nobody up.

use jiff::Timestamp;

use super::{
    Approval, DeviceBegun, KnownToken, NewCode, NewDevice, Polled, Scope, WaitingDevice, codes,
    devices,
};
use crate::registry::{AccountId, TokenId};
use crate::{Result, Store};

/// Registrations under way.
impl Store {
    /// The valid tokens that are bound to just this product and cluster, newest first.
    pub fn cluster_tokens(&self, scope: &Scope<'_>) -> Result<Vec<KnownToken>> {
        self.readers.read(|db| super::cluster_tokens(db, scope))
    }

    /// Makes a token valid that was just drawn, bound to this product and cluster; where it takes the
    /// place of others, these are revoked in the same transaction.
    pub fn register_token(
        &self,
        approval: &Approval,
        product: &str,
        cluster: &str,
        secret: &[u8],
        now: Timestamp,
    ) -> Result<TokenId> {
        let granted = self.write(|db| super::grant(db, approval, product, cluster, secret, now))?;
        self.grants.clear();
        Ok(granted)
    }

    /// Keeps a one-time code for [`limits::CODE_LIFETIME_SECONDS`](super::limits::CODE_LIFETIME_SECONDS).
    /// `Error::TooMany` where no token could come of it.
    pub fn add_register_code(&self, new: &NewCode<'_>, now: Timestamp) -> Result<()> {
        self.write(|db| codes::add(db, new, now))
    }

    /// Uses a one-time code up. The token given is valid now, where the code was good and `challenge`,
    /// made of the verifier that came with it, is its own; `None` where not.
    pub fn exchange_register_code(
        &self,
        code: &[u8],
        challenge: &str,
        token: &[u8],
        now: Timestamp,
    ) -> Result<Option<TokenId>> {
        if !self.readers.read(|db| codes::is_known(db, code))? {
            return Ok(None);
        }
        let granted = self.write(|db| codes::exchange(db, code, challenge, token, now))?;
        self.grants.clear();
        Ok(granted)
    }

    /// Keeps a device code for as long, if there is room.
    pub fn add_device(&self, new: &NewDevice<'_>, now: Timestamp) -> Result<DeviceBegun> {
        self.write(|db| devices::add(db, new, now))
    }

    /// Who waits for this user code; `None` where nobody does, or it was entered too often.
    pub fn enter_user_code(
        &self,
        user_code: &str,
        now: Timestamp,
    ) -> Result<Option<WaitingDevice>> {
        self.write(|db| devices::enter(db, user_code, now))
    }

    /// The same without counting as a try: for whoever has entered the code already.
    pub fn waiting_device(&self, user_code: &str, now: Timestamp) -> Result<Option<WaitingDevice>> {
        self.readers.read(|db| devices::waiting(db, user_code, now))
    }

    /// A person says yes to the program with this user code; `Error::NotFound` where none waits,
    /// `Error::TooMany` where no token could come of it: then it still waits.
    pub fn approve_device(
        &self,
        user_code: &str,
        approval: &Approval,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|db| devices::approve(db, user_code, approval, now))
    }

    /// A person says no.
    pub fn deny_device(&self, user_code: &str, by: AccountId, now: Timestamp) -> Result<()> {
        self.write(|db| devices::deny(db, user_code, by, now))
    }

    /// The program with this device code asks for its token; the one given becomes valid if somebody
    /// has said yes.
    pub fn poll_device(&self, device_code: &[u8], token: &[u8], now: Timestamp) -> Result<Polled> {
        let is_known = |db: &_| devices::is_known(db, device_code, now);
        if !self.readers.read(is_known)? {
            return Ok(Polled::Expired);
        }
        let polled = self.write(|db| devices::poll(db, device_code, token, now))?;
        if let Polled::Granted(_) = polled {
            self.grants.clear();
        }
        Ok(polled)
    }
}
