//! `usage-server operator add`: makes a person who may see the dashboard.

use std::io::{IsTerminal, Read, Write};

use jiff::Timestamp;

use super::{Failure, io, open_beside_or_new};
use crate::account::{Secret, password};
use crate::cli::OperatorAdd;

/// Adds an operator; a password that had to be drawn is printed, alone, on standard output.
pub(crate) fn add(options: &OperatorAdd) -> Result<(), Failure> {
    let address = options.email.trim();
    if !password::is_address(address) {
        return Err(Failure::Usage(format!(
            "--email: {address:?} is not a mail address"
        )));
    }
    let given = from_stdin()?;
    let drawn = match given {
        Some(_) => None,
        None => Some(
            Secret::random()
                .map_err(|e| Failure::Failed(e.to_string()))?
                .text(),
        ),
    };
    let password = given.or_else(|| drawn.clone()).unwrap_or_default();
    if let Some(objection) = password::objection(&password) {
        return Err(Failure::Usage(format!(
            "the password on standard input won't do: {objection}"
        )));
    }
    let hash = password::hash(&password).map_err(|e| Failure::Failed(e.to_string()))?;
    let store = open_beside_or_new(&options.data.data_dir)?;
    store.add_operator(address, &hash, Timestamp::now())?;
    writeln!(std::io::stderr(), "{address} may sign in now").map_err(io("standard error"))?;
    match drawn {
        Some(password) => writeln!(std::io::stdout(), "{password}").map_err(io("standard output")),
        None => Ok(()),
    }
}

/// The first line of standard input; `None` where it is empty or a person's terminal, as what is
/// typed there would be seen.
fn from_stdin() -> Result<Option<String>, Failure> {
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Ok(None);
    }
    let mut text = String::new();
    stdin
        .by_ref()
        .take(64 * 1024)
        .read_to_string(&mut text)
        .map_err(io("standard input"))?;
    let line = text.lines().next().unwrap_or_default();
    Ok((!line.is_empty()).then(|| line.to_owned()))
}
