//! Our server as it is shipped: the release binary with its default configuration, a real data
//! folder, every check, every commit on disk before its answers.

use std::io;
use std::process::Command;

use crate::child::Server;
use crate::request::{Template, USAGE};

/// Starts it; `keyed` reports come with an idempotency key each.
pub(crate) fn start(keyed: bool) -> io::Result<Server> {
    let data = tempfile::tempdir()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_usage-server"));
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data.path());
    let (name, headers) = match keyed {
        false => ("usage-server", ""),
        true => (
            "usage-server, with keys",
            "Idempotency-Key: KKKKKKKK-KKKK-KKKK-KKKK-KKKKKKKKKKKK\r\n",
        ),
    };
    let template = Template::post("/api/v1/usage/influxdb", headers, USAGE);
    Server::start(name, &mut command, template, Some(data))
}
