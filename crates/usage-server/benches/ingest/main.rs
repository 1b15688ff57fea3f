//! How near ingest comes to this machine's limit. In one run, interleaved: a bare hyper server
//! that keeps nothing, our server as it is shipped, without and with idempotency keys, and what
//! else is installed here. Prints the README's table.
//!
//! `cargo bench -p usage-server --bench ingest -- [--rounds 5] [--seconds 2] [--connections 1,8,64]
//! [--ours-only] [--grown REPORTS] [--soak SECONDS]`

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used
)]

#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod grown;
#[cfg(target_os = "linux")]
mod influx;
#[cfg(target_os = "linux")]
mod limit;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod ours;
#[cfg(target_os = "linux")]
mod postgres;
#[cfg(target_os = "linux")]
mod request;
#[cfg(target_os = "linux")]
mod rounds;
#[cfg(target_os = "linux")]
mod table;

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("this bench reads what Linux says of processes; nothing was measured");
}

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["limit"] => limit::serve(),
        ["postgres", socket] => postgres::serve(socket),
        _ => rounds::run(&options::Options::parse(&arguments)?),
    }
}
