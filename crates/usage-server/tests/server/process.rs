//! Child processes: what they write is read as it comes, their end is waited for with a
//! deadline, and none outlives its test.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::patience::DEADLINE;

/// A running program.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
    errors: Option<JoinHandle<()>>,
    said: Arc<Mutex<String>>,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The output of a command that has to work.
    pub(crate) fn well(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// The one line on standard error of a command that has to fail with this exit code.
    pub(crate) fn refused(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stdout, "", "a refusal says nothing on standard output");
        let lines: Vec<&str> = self.stderr.lines().collect();
        assert_eq!(lines.len(), 1, "one line that says what to do: {lines:?}");
        lines[0].to_owned()
    }
}

/// The server's own binary, with nothing set by the environment of whoever runs the tests.
pub(crate) fn usage_server() -> Command {
    usage_server_under(&[])
}

/// The same, started by another program: what its command line has before ours.
pub(crate) fn usage_server_under(prefix: &[String]) -> Command {
    let binary = env!("CARGO_BIN_EXE_usage-server");
    let mut command = match prefix {
        [] => Command::new(binary),
        [program, args @ ..] => {
            let mut command = Command::new(program);
            command.args(args).arg(binary);
            command
        }
    };
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("USAGE_") {
            command.env_remove(name);
        }
    }
    command
}

impl Process {
    /// Starts a program and gives it `input` on standard input.
    pub(crate) fn start(command: &mut Command, input: &[u8]) -> Process {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{command:?}: {e}"));
        // A program that doesn't want its input may be gone before it could read any.
        let _ = child.stdin.take().unwrap().write_all(input);
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (say, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if say.send(line).is_err() {
                    break;
                }
            }
        });
        let mut stderr = child.stderr.take().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let errors = std::thread::spawn({
            let said = said.clone();
            move || {
                let mut piece = [0; 4096];
                while let Ok(read @ 1..) = stderr.read(&mut piece) {
                    said.lock()
                        .unwrap()
                        .push_str(&String::from_utf8_lossy(&piece[..read]));
                }
            }
        });
        Process {
            child,
            lines,
            errors: Some(errors),
            said,
        }
    }

    /// Its id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said on standard error so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Leaves it alone until it says something, this long at most.
    pub(crate) fn leave_alone(&self, at_most: Duration) {
        let _ = self.lines.recv_timeout(at_most);
    }

    /// The next line on standard output that `wanted` makes something of.
    pub(crate) fn line<T>(&mut self, what: &str, wanted: impl Fn(&str) -> Option<T>) -> T {
        self.line_or_end(what, wanted)
            .unwrap_or_else(|said| panic!("ended before it said: {what}\n{said}"))
    }

    /// The same; where it ends before, all that it said on standard error.
    pub(crate) fn line_or_end<T>(
        &mut self,
        what: &str,
        wanted: impl Fn(&str) -> Option<T>,
    ) -> Result<T, String> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self
                .lines
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(line) => {
                    if let Some(found) = wanted(&line) {
                        return Ok(found);
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no line came: {what}"),
                Err(RecvTimeoutError::Disconnected) => {
                    let _ = self.child.wait();
                    self.errors.take().unwrap().join().unwrap();
                    return Err(self.said());
                }
            }
        }
    }

    /// The first line on standard output; `None` where it ends without one.
    pub(crate) fn first_line(&mut self) -> Option<String> {
        match self.lines.recv_timeout(DEADLINE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no line came, and no end"),
        }
    }

    /// Waits for its end, which shows by the end of its output.
    pub(crate) fn ended(mut self) -> Ended {
        let deadline = Instant::now() + DEADLINE;
        let mut stdout = String::new();
        loop {
            match self
                .lines
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(line) => stdout = stdout + &line + "\n",
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("doesn't end; it said: {stdout}"),
            }
        }
        let code = self.child.wait().unwrap().code();
        self.errors.take().unwrap().join().unwrap();
        let stderr = self.said();
        Ended {
            code,
            stdout,
            stderr,
        }
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Sends a signal by its name: "TERM", "INT".
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success(),
            "{kill}"
        );
    }

    /// What it holds in memory; `None` where there is no `/proc`.
    pub(crate) fn resident_bytes(&self) -> Option<usize> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib * 1024)
    }

    /// `kill -9`, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
