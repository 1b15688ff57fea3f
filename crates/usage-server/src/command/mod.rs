//! The commands, one file each, and what can go wrong with them.

mod account;
mod allowlist;
mod api_key;
mod backup;
mod demo;
mod dictionary;
mod export;
mod forget;
mod import;
mod news;
mod operator;
mod organization;
mod product;
mod ready;
mod rebuild;
mod restore;
mod serve;
mod token;
mod webhook;

#[cfg(test)]
pub(crate) use export::reports as export_reports;
pub(crate) use serve::first_report;

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use usage_store::{Store, Writing};

use crate::cli::{Account, Advisory, ApiKey, Command, Export, Operator, Product, Token, Webhook};

/// Why a command ended early: one line that says what to do.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was asked for makes no sense as it was asked.
    Usage(String),
    /// It made sense, and went wrong.
    Failed(String),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Usage(_) => ExitCode::from(2),
            Failure::Failed(_) => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(text) | Failure::Failed(text) => f.write_str(text),
        }
    }
}

impl From<usage_store::Error> for Failure {
    fn from(e: usage_store::Error) -> Self {
        Failure::Failed(e.to_string())
    }
}

/// Something on standard input or output, or in a file, failed.
fn io(what: &'static str) -> impl Fn(std::io::Error) -> Failure {
    move |e| Failure::Failed(format!("{what}: {e}"))
}

/// Tells the person: standard output is for what scripts take.
fn say(line: &str) -> Result<(), Failure> {
    writeln!(std::io::stderr(), "{line}").map_err(io("standard error"))
}

fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Runs one command to its end.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(options) => serve::run(options),
        Command::Demo(options) => demo::run(options),
        Command::Forget(options) => forget::run(&options),
        Command::Import(options) => import::run(&options),
        Command::Rebuild(data) => rebuild::run(&data.data_dir),
        Command::Ready(options) => ready::run(&options),
        Command::Backup(options) => backup::run(&options),
        Command::Restore(options) => restore::run(&options),
        Command::Token(Token::Issue(options)) => token::issue(&options),
        Command::Token(Token::Revoke(options)) => token::revoke(&options),
        Command::Operator(Operator::Add(options)) => operator::add(&options),
        Command::ApiKey(ApiKey::Issue(options)) => api_key::issue(&options),
        Command::ApiKey(ApiKey::List(data)) => api_key::list(&data),
        Command::ApiKey(ApiKey::Revoke(options)) => api_key::revoke(&options),
        Command::Webhook(Webhook::Add(options)) => webhook::add(&options),
        Command::Webhook(Webhook::List(data)) => webhook::list(&data),
        Command::Webhook(Webhook::Remove(options)) => webhook::remove(&options),
        Command::Webhook(Webhook::Test(options)) => webhook::test(&options),
        Command::Account(Account::Reset(options)) => account::reset(&options),
        Command::Product(Product::List(options)) => allowlist::list(&options),
        Command::Product(Product::Allowlist(options)) => allowlist::set(&options),
        Command::Product(Product::Allow(options)) => allowlist::allow(&options),
        Command::Product(Product::Disallow(options)) => allowlist::disallow(&options),
        Command::Product(Product::Describe(options)) => dictionary::describe(&options),
        Command::Product(Product::Hosts(options)) => product::hosts(&options),
        Command::Product(Product::Latest(options)) => news::latest(&options),
        Command::Product(Product::Interval(options)) => news::interval(&options),
        Command::Product(Product::Advisory(Advisory::Add(options))) => news::add(&options),
        Command::Product(Product::Advisory(Advisory::List(options))) => news::list(&options),
        Command::Product(Product::Advisory(Advisory::Remove(options))) => news::remove(&options),
        Command::Export(Export::Reports(options)) => export::reports(&options),
    }
}

/// Opens the data beside a server that may be running; makes it where there is none yet, so that
/// tokens and operators can be made before the first start.
fn open_beside_or_new(data_dir: &Path) -> Result<Store, Failure> {
    match Store::open(data_dir, Writing::Beside) {
        Err(usage_store::Error::NoDatabase(_)) => Ok(Store::open(data_dir, Writing::Alone)?),
        opened => Ok(opened?),
    }
}
