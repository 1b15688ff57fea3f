//! All of the program `usage-server`, as a library without an interface: so that what reads
//! strangers' bytes can be fuzzed. Reads the command line, runs one command, and turns its end
//! into an exit code. 0 done, 2 usage or configuration error, 1 anything else.

mod account;
mod api;
mod app;
mod chart;
mod cli;
mod command;
mod config;
mod demo;
mod export;
mod forward;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod health;
mod import;
mod ingest;
mod jobs;
mod limits;
mod live;
mod log;
mod mail;
mod openapi;
mod openid;
mod outage;
mod pages;
mod peer;
mod progress;
mod register;
mod request;
mod reserve;
mod route;
mod router;
mod serve;
mod watch;
mod webhook;

use std::io::Write;
use std::process::ExitCode;

/// The program, from its command line to its exit code.
#[doc(hidden)]
pub fn main() -> ExitCode {
    let command = match cli::parse() {
        Ok(command) => command,
        Err(stopped) => return stopped,
    };
    let done = command::run(command);
    log::finish();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Standard error may be closed; then there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "usage-server: {failure}");
            failure.exit_code()
        }
    }
}
