//! What is written in mails. The subject is always ours; what people chose stands in the text only.

/// A mail before it is encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) subject: &'static str,
    pub(crate) text: String,
}

/// Below each letter that anybody can have sent by naming an address.
const UNASKED: &str = "If it wasn't you who asked for this, do nothing: nothing happens.";

impl Letter {
    pub(super) fn reset(to: &str, link: &str) -> Letter {
        Letter::new(
            to,
            "Choose a new password",
            &format!(
                "With this link you choose a new password for your account {to}:\n\n{link}\n\nIt works once, within an hour. {UNASKED}"
            ),
        )
    }

    pub(super) fn sign_up(to: &str, link: &str) -> Letter {
        Letter::new(
            to,
            "Go on with your sign-up",
            &format!(
                "With this link you go on with your sign-up as {to}:\n\n{link}\n\nIt works within a day. {UNASKED}"
            ),
        )
    }

    pub(super) fn known_already(to: &str, sign_in: &str, forgot: &str) -> Letter {
        Letter::new(
            to,
            "You have an account already",
            &format!(
                "Somebody wanted to sign up as {to}, which has an account already. Sign in with it:\n\n{sign_in}\n\nIf you forgot your password:\n\n{forgot}\n\n{UNASKED}"
            ),
        )
    }

    pub(super) fn invitation(to: &str, by: &str, what: &str, link: &str) -> Letter {
        Letter::new(
            to,
            "You are invited",
            &format!(
                "{by} invites you to {what}:\n\n{link}\n\nIt works once, within a week. If you don't know who this is, do nothing."
            ),
        )
    }

    fn new(to: &str, subject: &'static str, text: &str) -> Letter {
        Letter {
            to: to.to_owned(),
            subject,
            text: format!("{text}\n"),
        }
    }
}
