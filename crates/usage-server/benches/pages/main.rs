//! How long every page that an operator sees takes, and how many bytes it has: on 119,000 servers over 100 days,
//! some nine million reports, made once and kept. Pages are found by following links from the front page, so
//! that a new one is measured, too; each of a server that has just started, of one that has asked pages ahead
//! since, again, and while reports come in. Prints the README's table.
//!
//! `cargo bench -p usage-server --bench pages -- [--servers 119000] [--only PART] [--times 100] [--anew]`

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used
)]

mod data;
mod links;
mod looking;
mod options;
mod table;

// The data is that of the questions' bench, which uses more of it.
#[allow(dead_code)]
#[path = "../../../usage-store/benches/questions/build.rs"]
mod build;
#[path = "../../../usage-store/benches/questions/fleet.rs"]
mod fleet;

// What starts programs and speaks HTTP is the tests' own; not all of it is used here.
#[allow(dead_code)]
#[path = "../../tests/server/folder.rs"]
mod folder;
#[allow(dead_code)]
#[path = "../../tests/server/http.rs"]
mod http;
#[allow(dead_code)]
#[path = "../../tests/server/patience.rs"]
mod patience;
#[allow(dead_code)]
#[path = "../../tests/server/person.rs"]
mod person;
#[allow(dead_code)]
#[path = "../../tests/server/process.rs"]
mod process;

fn main() {
    let options = options::Options::parse(std::env::args().skip(1));
    let folder = data::folder(&options);
    let password = folder
        .run(&["operator", "add", "--email", looking::EMAIL])
        .well();
    let server = folder.serve();
    let cookie = looking::sign_in(&server, password.trim_end());
    let pages = links::kinds(server.address(), &cookie);
    server.stop();
    let wanted = pages.into_iter().filter(|page| options.wants(page));
    let wanted: Vec<String> = wanted.collect();
    let ahead = looking::first_looks(&folder, &cookie, &wanted);
    let looks = wanted
        .iter()
        .zip(ahead)
        .map(|(page, ahead)| looking::look(&folder, &cookie, (page, ahead), options.times));
    let looks = looks.collect();
    table::print(looks);
}
