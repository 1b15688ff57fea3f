//! The binary `usage-server`: reads the command line, runs one command, and turns its end
//! into an exit code. 0 done, 2 usage or configuration error, 1 anything else.

mod account;
mod app;
mod cli;
mod command;
mod config;
mod demo;
mod health;
mod import;
mod ingest;
mod jobs;
mod limits;
mod log;
mod pages;
mod progress;
mod request;
mod reserve;
mod router;
mod serve;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = match cli::parse() {
        Ok(command) => command,
        Err(stopped) => return stopped,
    };
    match command::run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Standard error may be closed; then there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "usage-server: {failure}");
            failure.exit_code()
        }
    }
}
