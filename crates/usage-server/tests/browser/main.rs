//! The pages in a real browser, against the built program: what people see and do, and what only
//! a browser can tell. A binary of its own, as it is the one part that needs a browser.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

mod accessible;
mod accounts;
mod browser;
mod charts;
mod customers;
mod driver;
mod first_visit;
mod fleet;
mod hostile_texts;
mod links;
mod listener;
mod lists;
mod long_names;
mod looks;
mod news;
#[cfg(feature = "openid")]
mod openid;
mod registering;
mod settings;
mod strangers;
mod taken_back;
mod values;
mod watching_itself;

// What starts programs and speaks HTTP is the other tests' own; not all of it is used here.
#[allow(dead_code)]
#[path = "../server/folder.rs"]
mod folder;
#[allow(dead_code)]
#[path = "../server/http.rs"]
mod http;
#[allow(dead_code)]
#[path = "../server/patience.rs"]
mod patience;
#[allow(dead_code)]
#[path = "../server/process.rs"]
mod process;
#[allow(dead_code)]
#[path = "../server/programs.rs"]
mod programs;
#[cfg(feature = "openid")]
#[allow(dead_code)]
#[path = "../server/provider.rs"]
mod provider;
