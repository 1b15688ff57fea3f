//! A server under load as a process of its own: where it listens, what it costs. Ends with its
//! handle.

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::request::Template;

/// Says where a server listens, in the words that [`Server::start`] waits for.
pub(crate) fn announce(address: SocketAddr) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "listening on http://{address}")?;
    out.flush()
}

/// A server under load.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) template: Template,
    /// Where it keeps what it was sent, if it does.
    pub(crate) data: Option<TempDir>,
    /// Its processes; all cost.
    pub(crate) children: Vec<Running>,
}

impl Server {
    /// Starts a program that announces its address.
    pub(crate) fn start(
        name: &'static str,
        command: &mut Command,
        template: Template,
        data: Option<TempDir>,
    ) -> io::Result<Server> {
        let mut child = Running::start(command.stdout(Stdio::piped()))?;
        let output = child.0.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut lines = BufReader::new(output).lines();
        let address = loop {
            let line = lines.next().ok_or(io::ErrorKind::UnexpectedEof)??;
            if let Some(address) = line.strip_prefix("listening on http://") {
                break address.parse().map_err(io::Error::other)?;
            }
        };
        // What else it says is read and dropped, so that it never waits for us.
        std::thread::spawn(move || lines.count());
        Ok(Server {
            name,
            address,
            template,
            data,
            children: vec![child],
        })
    }

    /// Processor time of all its processes so far, in seconds.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        self.children.iter().map(Running::cpu_seconds).sum()
    }

    /// The most memory it ever held, in MiB.
    pub(crate) fn peak_mib(&self) -> f64 {
        self.children.iter().map(Running::peak_mib).sum()
    }

    /// Bytes of its files.
    pub(crate) fn disk_bytes(&self) -> u64 {
        self.data.as_ref().map_or(0, |data| bytes_in(data.path()))
    }

    /// Waits until it has nothing left to do: read models, compactions.
    pub(crate) fn settle(&self) {
        loop {
            let before = self.cpu_seconds();
            std::thread::park_timeout(Duration::from_millis(500));
            if self.cpu_seconds() - before < 0.02 {
                return;
            }
        }
    }
}

/// A process that ends with its handle.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> io::Result<Running> {
        command
            .stdin(Stdio::null())
            .spawn()
            .map(Running)
            .map_err(|e| io::Error::new(e.kind(), format!("{command:?}: {e}")))
    }

    /// Of the process and those of its children that have ended or still run.
    fn cpu_seconds(&self) -> f64 {
        let ticks: u64 = family(self.0.id()).iter().map(|id| ticks(*id)).sum();
        // Fixed at 100 a second in what Linux shows to programs.
        ticks as f64 / 100.0
    }

    fn peak_mib(&self) -> f64 {
        let peaks = family(self.0.id()).into_iter().filter_map(|id| {
            let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("VmHWM:"))?;
            line.trim_end_matches("kB").trim().parse::<f64>().ok()
        });
        peaks.sum::<f64>() / 1024.0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A process and all that it started.
fn family(id: u32) -> Vec<u32> {
    let mut all = vec![id];
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    for child in children.unwrap_or_default().split_whitespace() {
        if let Ok(child) = child.parse() {
            all.extend(family(child));
        }
    }
    all
}

fn ticks(id: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // After the name, which may hold anything, in parentheses: utime and stime are the 12th and 13th.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let times = fields.split_whitespace().skip(11).take(2);
    times.filter_map(|time| time.parse::<u64>().ok()).sum()
}

fn bytes_in(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| match entry.metadata().ok()? {
            folder if folder.is_dir() => Some(bytes_in(&entry.path())),
            file => Some(file.len()),
        })
        .sum()
}
