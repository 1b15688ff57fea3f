//! How long the questions of operators take: on a fleet of 119,000 servers over 100 days, some nine
//! million reports, made once and kept; beside DuckDB and plain SQLite with the same data as rows.
//! Each peer's answer is held against ours. Prints the README's table.
//!
//! `cargo bench -p usage-store --bench questions -- [--servers 1190000] [--ours-only] [--anew] [--rebuild] [--steps] [--only NAME]`
//!
//! `--servers 1190000` is ten times as many: a hundred million reports. `--anew` makes the data again,
//! `--rebuild` only the read model. `--steps` asks each question once more right after 500 reports came: they are
//! the newest ones again, so that no answer changes but how many ids were seen once; they stay in the data.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used
)]

mod build;
mod duckdb;
mod fleet;
mod options;
mod questions;
mod rows;
mod table;

use usage_store::{Store, Writing};

fn main() {
    let options = options::Options::parse(std::env::args().skip(1));
    let data = build::made(&build::Wanted {
        name: format!("questions-{}", options.servers),
        servers: options.servers,
        last_day: questions::LAST_DAY,
        rows: !options.ours_only,
        anew: options.anew,
        rebuild: options.rebuild,
    });
    table::facts(&data);
    let ours = questions::ours(&data, &options);
    let (duckdb, sqlite) = match options.ours_only {
        true => (None, None),
        false => (
            duckdb::answers(&data, &options),
            Some(rows::answers(&data, &options)),
        ),
    };
    table::print(&ours, duckdb.as_deref(), sqlite.as_deref());
    table::memory();
}

/// The data, as the server would open it; a fresh one remembers nothing.
fn open(data: &build::Data) -> Store {
    Store::open(&data.store, Writing::Beside).expect("the data opens")
}
