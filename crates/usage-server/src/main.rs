//! The binary `usage-server`: reads the command line, runs one command, maps its error to
//! an exit code. No command's work is done here.

mod account;
mod app;
mod demo;
mod limits;
mod pages;
mod request;

fn main() {}
