//! Links that let somebody in: to choose a new password, to accept an invitation. What is made here is the
//! path; whoever shows it puts the public URL before it. Each is shown once, and only its hash is kept.

use jiff::{SignedDuration, Timestamp};
use usage_store::registry::{AccountId, Handed, InvitationId, InvitedTo};
use usage_store::{Result, Store};

use super::Secret;
use crate::limits::{INVITATION_VALID_DAYS, RESET_VALID_MINUTES};

/// A link to choose a new password; those made earlier for the account end. Blocks on the store.
pub(crate) fn reset(
    store: &Store,
    secret: &Secret,
    account: AccountId,
    handed: Handed,
    by: &str,
    now: Timestamp,
) -> Result<String> {
    let until = later(now, SignedDuration::from_mins(RESET_VALID_MINUTES));
    store.make_reset(secret.bytes(), account, handed, by, now, until)?;
    Ok(format!("/reset/{}", secret.text()))
}

/// A link to accept an invitation, and what it is listed as. Blocks on the store.
pub(crate) fn invitation(
    store: &Store,
    secret: &Secret,
    to: InvitedTo,
    by: &str,
    now: Timestamp,
) -> Result<(InvitationId, String)> {
    let until = later(now, SignedDuration::from_hours(24 * INVITATION_VALID_DAYS));
    let id = store.invite(secret.bytes(), to, by, now, until)?;
    Ok((id, format!("/invite/{}", secret.text())))
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}
