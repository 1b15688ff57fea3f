//! `usage-server account reset`: a link for somebody who forgot their password. It goes to standard output
//! alone; beside a running server it works at once.

use std::io::Write;

use jiff::Timestamp;
use usage_store::registry::{COMMAND_LINE, Handed};
use usage_store::{Store, Writing};

use super::{Failure, io, say};
use crate::account::{Secret, links};
use crate::cli::AccountReset;
use crate::config;
use crate::limits::RESET_VALID_MINUTES;

/// Prints the link.
pub(crate) fn reset(options: &AccountReset) -> Result<(), Failure> {
    let url = config::public_url(options.public_url.clone());
    let url = url.map_err(|e| Failure::Usage(e.to_string()))?;
    let email = options.email.trim();
    let store = Store::open(&options.data.data_dir, Writing::Beside)?;
    let Some((account, _)) = store.account_by_email(email)? else {
        return Err(Failure::Failed(format!(
            "no account has the address {email:?}; the page of the operators and those of organizations' members list them"
        )));
    };
    let secret = Secret::random().map_err(|e| Failure::Failed(e.to_string()))?;
    let now = Timestamp::now();
    let path = links::reset(
        &store,
        &secret,
        account.id,
        Handed::OnByHand,
        COMMAND_LINE,
        now,
    )?;
    let email = account.email;
    say(&format!(
        "{email} chooses a new password with this link, once, within {RESET_VALID_MINUTES} minutes"
    ))?;
    writeln!(std::io::stdout(), "{url}{path}").map_err(io("standard output"))
}
