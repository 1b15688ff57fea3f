//! Who is looking: passwords, sessions, protection of forms, the first operator's link, and the
//! extractors [`SignedIn`] (anybody with an account), [`Operator`], [`Member`] (of the organization
//! of the path), and [`Asker`] (a program, by an API key). No pages here.

mod api;
pub(crate) mod api_key;
pub(crate) mod cookie;
mod csrf;
mod first_visit;
pub(crate) mod links;
mod member;
mod noted;
mod operator;
pub(crate) mod organization_name;
pub(crate) mod password;
mod person;
mod secret;
mod session;
mod shown_once;
mod throttle;

pub(crate) use self::api::{Asker, Export, Read};
pub(crate) use self::csrf::{FormGuard, is_cross_site};
pub(crate) use self::first_visit::FirstVisit;
pub(crate) use self::member::Member;
pub(crate) use self::noted::Noted;
pub(crate) use self::operator::Operator;
pub(crate) use self::password::{Busy, Passwords};
pub(crate) use self::person::{SignedIn, local_path};
pub(crate) use self::secret::{Secret, draw_api_key, draw_token};
pub(crate) use self::session::{end, start};
pub(crate) use self::shown_once::{Once, ShownOnce};
pub(crate) use self::throttle::Throttle;

use usage_store::registry::AccountId;

/// What signing in needs to remember while the server runs.
pub(crate) struct AccountState {
    /// Hashes and checks passwords, two at a time.
    pub(crate) passwords: Passwords,
    /// Slows down who guesses.
    pub(crate) throttle: Throttle,
    /// Slows down who has mail sent.
    pub(crate) mails: Throttle,
    /// Bounds what sign-ins write into the audit log.
    pub(crate) noted: Noted<AccountId>,
    /// The same of exports.
    pub(crate) exports_noted: Noted<String>,
    /// The same for codes that programs show.
    pub(crate) user_codes: Throttle,
    /// The same for what browsers bring back from a provider.
    pub(crate) openid: Throttle,
    /// The link that makes the first operator.
    pub(crate) first_visit: FirstVisit,
    /// Secrets on their way from the form that made them to the page that shows them.
    pub(crate) shown_once: ShownOnce,
}

impl AccountState {
    /// For a server with this link, if it has no operator yet.
    pub(crate) fn new(first_visit: FirstVisit) -> AccountState {
        AccountState {
            passwords: Passwords::default(),
            throttle: Throttle::default(),
            mails: Throttle::default(),
            noted: Noted::default(),
            exports_noted: Noted::default(),
            user_codes: Throttle::default(),
            openid: Throttle::default(),
            first_visit,
            shown_once: ShownOnce::default(),
        }
    }
}
