//! Sign-ups that wait for the link in a mail to be opened. In the store, so that a restart ends none.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use usage_store::registry::PendingSignUp;
use usage_store::{Result, Store};

use crate::account::Secret;
use crate::limits::SIGN_UP_VALID_HOURS;

/// Somebody who says that this is their address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) email: String,
    /// Where to go afterwards.
    pub(crate) next: String,
    /// The code of the invitation they hold.
    pub(crate) invitation: Option<String>,
}

/// All that wait. Blocks on the store.
pub(crate) struct SignUps<'a>(pub(crate) &'a Arc<Store>);

impl SignUps<'_> {
    pub(super) fn keep(&self, secret: &Secret, pending: Pending, now: Timestamp) -> Result<()> {
        let invitation = pending.invitation.as_deref().and_then(Secret::parse);
        let kept = PendingSignUp {
            email: pending.email,
            next: pending.next,
            invitation: invitation.and_then(|code| code.bytes().try_into().ok()),
        };
        let until = now.checked_add(SignedDuration::from_hours(SIGN_UP_VALID_HOURS));
        let until = until.unwrap_or(Timestamp::MAX);
        self.0.keep_sign_up(secret.bytes(), &kept, now, until)
    }

    /// Whose link this is, while it works.
    pub(crate) fn find(&self, code: &str, now: Timestamp) -> Result<Option<PendingSignUp>> {
        match Secret::parse(code) {
            Some(code) => self.0.pending_sign_up(code.bytes(), now),
            None => Ok(None),
        }
    }

    /// The link was used.
    pub(crate) fn end(&self, code: &str) -> Result<()> {
        match Secret::parse(code) {
            Some(code) => self.0.end_sign_up(code.bytes()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use usage_store::Writing;

    use super::*;

    #[test]
    fn a_link_works_until_it_is_used_or_old_and_over_a_restart() {
        let (folder, now) = (tempfile::tempdir().unwrap(), Timestamp::now());
        let open = || Arc::new(Store::open(folder.path(), Writing::Alone).unwrap());
        let (one, invitation) = (Secret::random().unwrap(), Secret::random().unwrap());
        let pending = Pending {
            email: "ada@example.com".to_owned(),
            next: "/".to_owned(),
            invitation: Some(invitation.text()),
        };
        SignUps(&open()).keep(&one, pending, now).unwrap();
        let store = open();
        let sign_ups = SignUps(&store);
        let found = sign_ups.find(&one.text(), now).unwrap().unwrap();
        assert_eq!(found.email, "ada@example.com");
        assert_eq!(found.invitation.unwrap()[..], *invitation.bytes());
        for wrong in [&*invitation.text(), "guess"] {
            assert_eq!(sign_ups.find(wrong, now).unwrap(), None);
        }
        let later = now + SignedDuration::from_hours(SIGN_UP_VALID_HOURS);
        assert_eq!(sign_ups.find(&one.text(), later).unwrap(), None);
        sign_ups.end(&one.text()).unwrap();
        assert_eq!(sign_ups.find(&one.text(), now).unwrap(), None);
    }
}
