//! A data folder, the side commands on it and the server that serves it. It outlives the
//! server, so that one can be started on what another left.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::value::RawValue;
use tempfile::TempDir;

use crate::http::Connection;
use crate::process::{Ended, Process, usage_server_under};

/// A data folder of its own, gone after the test.
pub(crate) struct Folder {
    around: TempDir,
    /// What our commands are started by; nothing, mostly.
    under: Vec<String>,
}

/// A server process that listens.
pub(crate) struct Running {
    process: Process,
    address: SocketAddr,
}

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// A line of `export reports`.
#[derive(Debug, Deserialize)]
pub(crate) struct Exported {
    pub(crate) kind: String,
    pub(crate) product: String,
    pub(crate) organization: Option<String>,
    pub(crate) ids: Vec<Ids>,
    pub(crate) idempotency_key: Option<String>,
    /// The bytes as they are written there: numbers keep their look.
    pub(crate) body: Box<RawValue>,
}

/// The ids of one observation.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Ids {
    pub(crate) cluster_id: Option<String>,
    pub(crate) server_id: Option<String>,
}

impl Ids {
    pub(crate) fn new(cluster: &str, server: Option<&str>) -> Ids {
        Ids {
            cluster_id: Some(cluster.to_owned()),
            server_id: server.map(str::to_owned),
        }
    }
}

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder::within(&std::env::temp_dir())
    }

    /// The same, where there is room for much.
    pub(crate) fn within(folder: &Path) -> Folder {
        Folder {
            around: TempDir::new_in(folder).unwrap(),
            under: Vec::new(),
        }
    }

    /// From now on its commands are started by another program: what its command line begins with.
    pub(crate) fn start_under(&mut self, prefix: &[String]) {
        self.under = prefix.to_vec();
    }

    /// The data folder: inside the temporary one, so that the server has to make it.
    pub(crate) fn data(&self) -> PathBuf {
        self.around.path().join("data")
    }

    /// Where a test may put other files.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.around.path().join(name)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.data().join("usage.db")
    }

    /// A command on this folder, with nothing on standard input.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        self.run_with(args, "")
    }

    /// A command on this folder, with `input` on standard input.
    pub(crate) fn run_with(&self, args: &[&str], input: &str) -> Ended {
        Process::start(&mut self.command(args), input.as_bytes()).ended()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.command_under(&self.under, args)
    }

    fn command_under(&self, prefix: &[String], args: &[&str]) -> Command {
        let mut command = usage_server_under(prefix);
        command.args(args).arg("--data-dir").arg(self.data());
        command
    }

    /// A new token of this organization.
    pub(crate) fn token(&self, organization: &str) -> String {
        let said = self
            .run(&["token", "issue", "--organization", organization])
            .well();
        said.trim_end().to_owned()
    }

    /// Takes a token over that exists elsewhere.
    pub(crate) fn take_over(&self, organization: &str, token: &str) {
        let args = [
            "token",
            "issue",
            "--organization",
            organization,
            "--token-stdin",
        ];
        assert_eq!(
            self.run_with(&args, token).well().trim_end_matches('\n'),
            token
        );
    }

    /// Every report accepted so far.
    pub(crate) fn export(&self) -> Vec<Exported> {
        read_lines(&self.run(&["export", "reports"]).well())
    }

    /// A server on this folder and a free port, as soon as it listens.
    pub(crate) fn serve(&self) -> Running {
        self.serve_with(&[])
    }

    /// The same, with more settings.
    pub(crate) fn serve_with(&self, settings: &[&str]) -> Running {
        Running::start(self.command(&SERVE).args(settings))
    }

    /// The same, started by another program.
    pub(crate) fn serve_under(&self, prefix: &[String]) -> Running {
        Running::start(&mut self.command_under(prefix, &SERVE))
    }

    /// The same, not waited for.
    pub(crate) fn begin_to_serve(&self) -> Process {
        Process::start(&mut self.command(&SERVE), b"")
    }
}

/// What an export wrote.
pub(crate) fn read_lines(text: &str) -> Vec<Exported> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

/// What an export wrote to a file.
pub(crate) fn read_file(path: &Path) -> Vec<Exported> {
    read_lines(&std::fs::read_to_string(path).unwrap())
}

impl Running {
    /// Starts a command that serves, and waits until it says where.
    pub(crate) fn start(command: &mut Command) -> Running {
        let mut process = Process::start(command, b"");
        let address = process.line("listening on http://ADDRESS", |line| {
            line.strip_prefix("listening on http://")?.parse().ok()
        });
        Running { process, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next line it prints that `wanted` makes something of.
    pub(crate) fn line<T>(&mut self, what: &str, wanted: impl Fn(&str) -> Option<T>) -> T {
        self.process.line(what, wanted)
    }

    /// A new connection to it.
    pub(crate) fn connect(&self) -> Connection {
        Connection::open(self.address).unwrap()
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it has logged so far, but for single requests.
    pub(crate) fn said(&self) -> String {
        let said = self.process.said();
        let lines = said.lines().filter(|line| !line.contains(" request "));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Whether it was ended already.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// Tells it to stop; it must do so in good order.
    pub(crate) fn stop(self) {
        self.stop_by("TERM");
    }

    /// Tells it to stop by this signal; it must do so in good order. What it said.
    pub(crate) fn stop_by(self, signal: &str) -> Ended {
        self.process.signal(signal);
        let ended = self.process.ended();
        assert_eq!(ended.code, Some(0), "after SIG{signal}: {ended:?}");
        ended
    }

    /// What it holds in memory at this moment; `None` where the system doesn't say.
    pub(crate) fn resident_bytes(&self) -> Option<usize> {
        self.process.resident_bytes()
    }

    /// Stops it in good order; what it logged.
    pub(crate) fn stopped(self) -> String {
        self.process.signal("TERM");
        let ended = self.process.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.stderr
    }

    /// `kill -9`.
    pub(crate) fn kill(self) {
        self.process.kill();
    }
}
