//! Mail: links to choose a password, to sign up, invitations. Whoever hands something over never waits, and
//! what is mailed is decided apart: an answer takes the same time and has the same words whether or not an
//! address has an account. Sent by `smtp` (feature `mail`); without it nothing is, and pages say what to do.

// Without a way to send, all of this only waits for one.
#![cfg_attr(not(feature = "mail"), allow(dead_code))]

mod bounds;
mod letter;
#[cfg(test)]
mod mailbox;
mod pending;
#[cfg(feature = "mail")]
mod smtp;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use jiff::Timestamp;
use usage_store::Store;
use usage_store::registry::Handed;

pub(crate) use self::letter::Letter;
#[cfg(test)]
pub(crate) use self::mailbox::mailbox;
pub(crate) use self::pending::{Pending, SignUps};
#[cfg(feature = "mail")]
pub(crate) use self::smtp::Smtp;
use crate::account::{Secret, links};
use crate::limits::MAIL_WAITING_MAX;

/// What takes a letter to a mail server.
pub(crate) trait Carrier: Send {
    /// Why it didn't get there, for the log.
    fn carry(&self, letter: &Letter) -> Result<(), String>;
}

/// What is to be mailed.
#[derive(Debug)]
pub(crate) enum Errand {
    /// Somebody says that this is their address, and that they forgot their password.
    Forgot { email: String },
    /// Somebody says that this is their address, and wants an account.
    SignUp(Pending),
    /// An invitation, by somebody who may invite.
    Invite {
        email: String,
        by: String,
        to: String,
        path: String,
    },
}

/// Where pages hand letters over.
pub(crate) struct Mail {
    errands: SyncSender<Errand>,
}

impl Mail {
    /// Starts the thread that mails. `url` goes before each link.
    pub(crate) fn start(
        store: Arc<Store>,
        url: String,
        carrier: Box<dyn Carrier>,
    ) -> std::io::Result<Mail> {
        let (errands, received) = sync_channel(MAIL_WAITING_MAX);
        let clerk = Clerk {
            store,
            url,
            carrier,
        };
        std::thread::Builder::new()
            .name("mail".to_owned())
            .spawn(move || clerk.work(&received))?;
        Ok(Mail { errands })
    }

    /// Hands something over. Past the bound of what waits it is dropped, and the log says so.
    pub(crate) fn send(&self, errand: Errand) {
        if self.errands.try_send(errand).is_err() {
            tracing::warn!("too many mails wait to be sent: one was dropped");
        }
    }
}

/// Makes letters of errands, one after the other.
struct Clerk {
    store: Arc<Store>,
    url: String,
    carrier: Box<dyn Carrier>,
}

impl Clerk {
    fn work(&self, errands: &Receiver<Errand>) {
        let mut bounds = bounds::Bounds::default();
        for errand in errands {
            let email = errand.email().to_lowercase();
            if !bounds.allow(&email, std::time::Instant::now()) {
                tracing::warn!("one address was to be mailed too often: left out");
                continue;
            }
            // The log never names an address: who reads it needn't know who asked for what.
            let sent = self
                .letter(errand)
                .and_then(|letter| letter.map_or(Ok(()), |letter| self.carrier.carry(&letter)));
            if let Err(cause) = sent {
                tracing::error!(cause, "a mail wasn't sent");
            }
        }
    }

    /// What is to be written; nothing to who asks for the password of no account.
    fn letter(&self, errand: Errand) -> Result<Option<Letter>, String> {
        let secret = Secret::random().map_err(|e| e.to_string())?;
        let now = Timestamp::now();
        let account = |email: &str| {
            let found = self.store.account_by_email(email);
            let found = found.map_err(|e| e.to_string())?;
            Ok::<_, String>(found.map(|(account, _)| account))
        };
        Ok(match errand {
            Errand::Forgot { email } => match account(&email)? {
                None => None,
                Some(account) => {
                    let by = &account.email;
                    let made =
                        links::reset(&self.store, &secret, account.id, Handed::ByMail, by, now);
                    let path = made.map_err(|e| e.to_string())?;
                    Some(Letter::reset(&account.email, &self.link(&path)))
                }
            },
            Errand::SignUp(pending) => Some(match account(&pending.email)? {
                Some(account) => {
                    let path = match &pending.invitation {
                        Some(code) => format!("/sign-in?next=%2Finvite%2F{code}"),
                        None => "/sign-in".to_owned(),
                    };
                    Letter::known_already(&account.email, &self.link(&path), &self.link("/forgot"))
                }
                None => {
                    let link = self.link(&format!("/sign-up/{}", secret.text()));
                    let letter = Letter::sign_up(&pending.email, &link);
                    let kept = SignUps(&self.store).keep(&secret, pending, now);
                    kept.map_err(|e| e.to_string())?;
                    letter
                }
            }),
            Errand::Invite {
                email,
                by,
                to,
                path,
            } => Some(Letter::invitation(&email, &by, &to, &self.link(&path))),
        })
    }

    fn link(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

impl Errand {
    fn email(&self) -> &str {
        match self {
            Errand::Forgot { email } | Errand::Invite { email, .. } => email,
            Errand::SignUp(pending) => &pending.email,
        }
    }
}
