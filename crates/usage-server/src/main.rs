//! The binary `usage-server`: reads the command line, runs one command, maps its error to
//! an exit code. No command's work is done here.

mod app;
mod demo;
mod limits;

fn main() {}
