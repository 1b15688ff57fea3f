//! Sign-ups that wait for the link in a mail to be opened: a secret in the link, its hash here.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::limits::SIGN_UPS_WAITING_MAX;
use super::tokens::hash;
use crate::sqlite::{millis, sql};
use crate::{Result, Store};

/// Somebody who says that this is their address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingSignUp {
    /// The address.
    pub email: String,
    /// Where they go afterwards.
    pub next: String,
    /// The secret of the invitation they hold.
    pub invitation: Option<[u8; 32]>,
}

/// An invitation's secret as it is kept, or as it was: only who has the link can tell which it is.
fn covered(invitation: &[u8; 32], secret: &[u8]) -> [u8; 32] {
    let pad: [u8; 32] = Sha256::digest([b"invitation of a sign-up\0", secret].concat()).into();
    std::array::from_fn(|at| invitation[at] ^ pad[at])
}

/// Sign-ups that wait.
impl Store {
    /// Keeps one until then. Past the bound the oldest have to sign up again.
    pub fn keep_sign_up(
        &self,
        secret: &[u8],
        pending: &PendingSignUp,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        let invitation = pending.invitation.as_ref();
        self.write(|db| {
            db.prepare_cached(sql!("registry/add_sign_up"))?
                .execute(params![
                    hash(secret),
                    pending.email,
                    pending.next,
                    invitation.map(|invitation| covered(invitation, secret)),
                    millis(expires_at),
                ])?;
            db.prepare_cached(sql!("registry/trim_sign_ups"))?
                .execute(params![millis(now), SIGN_UPS_WAITING_MAX])?;
            Ok(())
        })
    }

    /// The sign-up of a secret, while it may go on.
    pub fn pending_sign_up(&self, secret: &[u8], now: Timestamp) -> Result<Option<PendingSignUp>> {
        self.readers.read(|db| {
            Ok(db
                .prepare_cached(sql!("registry/sign_up"))?
                .query_row(params![hash(secret), millis(now)], |row| {
                    let invitation: Option<[u8; 32]> = row.get(2)?;
                    Ok(PendingSignUp {
                        email: row.get(0)?,
                        next: row.get(1)?,
                        invitation: invitation.map(|kept| covered(&kept, secret)),
                    })
                })
                .optional()?)
        })
    }

    /// It was used.
    pub fn end_sign_up(&self, secret: &[u8]) -> Result<()> {
        self.write(|db| {
            db.prepare_cached(sql!("registry/end_sign_up"))?
                .execute([hash(secret)])?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn past_the_bound_the_oldest_go() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(sql!("schema/008_sign_ups")).unwrap();
        for n in [3_u8, 1, 5, 2, 4] {
            let nothing: Option<Vec<u8>> = None;
            db.execute(
                sql!("registry/add_sign_up"),
                params![[n], "a@b.c", "/", nothing, i64::from(n)],
            )
            .unwrap();
        }
        let left = |now: i64, most: u32| {
            db.execute(sql!("registry/trim_sign_ups"), params![now, most])
                .unwrap();
            let all =
                "SELECT group_concat(expires_at) FROM (SELECT expires_at FROM sign_up ORDER BY 1)";
            db.query_row(all, [], |row| row.get::<_, String>(0))
                .unwrap()
        };
        assert_eq!(left(0, 5), "1,2,3,4,5");
        assert_eq!(left(0, 3), "3,4,5");
        assert_eq!(left(3, 3), "4,5", "what is over");
    }
}
