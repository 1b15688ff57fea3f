//! The command line: what the library does, for scripts and for people. Nothing is decided here that the
//! library doesn't decide.

// What a command says is its purpose.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod daemon;
mod input;
mod install;
mod report;
mod said;
mod source;

use std::io;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command};
use said::{Failure, Said};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let json = arguments.common.json;
    match run(arguments) {
        Ok(said) => {
            said.print(json);
            ExitCode::SUCCESS
        }
        Err(failure) => {
            failure.print(json);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<Said, Failure> {
    let Arguments { common, command } = arguments;
    match command {
        Command::Send { report } => report::send(&common, &report),
        Command::Preview { report } => report::preview(&common, &report),
        Command::Report(asked) => daemon::report(&common, &asked),
        Command::Register(asked) => install::register(&common, &asked),
        Command::Consent { answer, install } => install::consent(&common, &install, answer),
        Command::Status(install) => install::status(&common, &install),
        Command::Flush(install) => install::flush(&common, &install),
        Command::Forget(install) => install::forget(&common, &install),
        Command::Completions { shell } => {
            let name = env!("CARGO_BIN_NAME");
            clap_complete::generate(shell, &mut Arguments::command(), name, &mut io::stdout());
            Ok(Said::nothing())
        }
        Command::Man => {
            clap_mangen::Man::new(Arguments::command()).render(&mut io::stdout())?;
            Ok(Said::nothing())
        }
    }
}
