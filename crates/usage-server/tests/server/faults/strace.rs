//! strace, which makes system calls of a running server fail for as long as it is attached, or
//! writes down what a server asks of the system.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::folder::Running;
use crate::patience::until;
use crate::process::Process;
use crate::programs;

/// A fault, while this lives.
pub(super) struct Fault {
    strace: Option<Process>,
    server: u32,
}

/// Whether there is one and it may trace our servers; said where not.
pub(super) fn is_there() -> bool {
    // Some systems let nobody trace programs that aren't their own children, but for root.
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    let free = matches!(scope.trim(), "" | "0") || may_trace_all();
    programs::program("strace", "strace").is_some()
        && programs::permitted(free, "strace may not trace our servers here (Yama)")
}

fn may_trace_all() -> bool {
    const CAP_SYS_PTRACE: u64 = 1 << 19;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok())
        .is_some_and(|set| set & CAP_SYS_PTRACE != 0)
}

/// From now on these calls of the server on these files go wrong: `fsync,fdatasync` and
/// `error=EIO`, say. All threads are under it when this returns.
pub(super) fn inject(server: &Running, files: &[PathBuf], calls: &str, wrong: &str) -> Fault {
    let mut command = Command::new("strace");
    command
        .args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-p",
            &server.id().to_string(),
        ])
        .args(["-e", &format!("trace={calls}")])
        .args(["-e", &format!("inject={calls}:{wrong}")]);
    for file in files {
        command.arg("-P").arg(file);
    }
    let strace = Process::start(&mut command, b"");
    until("strace has attached to all threads", || {
        if let Some(said) = Some(strace.said()).filter(|said| !said.is_empty()) {
            panic!("strace says: {said}");
        }
        tracers(server.id()).all(|tracer| tracer != 0).then_some(())
    });
    Fault {
        strace: Some(strace),
        server: server.id(),
    }
}

impl Fault {
    /// Its cause is gone.
    pub(super) fn end(self) {}
}

impl Drop for Fault {
    fn drop(&mut self) {
        let Some(strace) = self.strace.take() else {
            return;
        };
        // Told to end it leaves every thread in good order.
        strace.signal("TERM");
        if !std::thread::panicking() {
            strace.ended();
            until("nobody traces the server", || {
                tracers(self.server).all(|tracer| tracer == 0).then_some(())
            });
        }
    }
}

/// Who traces each thread of a process; 0 is nobody.
fn tracers(process: u32) -> impl Iterator<Item = u32> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task"));
    threads
        .into_iter()
        .flatten()
        .flatten()
        // A thread that is gone meanwhile is not traced any more.
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("status")).ok())
        .map(|status| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("TracerPid:"));
            line.unwrap().trim().parse().unwrap()
        })
}

/// What to start a server by, so that everything it asks of the system about files and sockets
/// is written to `log` with all bytes. The server stays our own child. `more` is for strace.
pub(super) fn recorder(log: &Path, more: &[&str]) -> Vec<String> {
    let calls = "trace=openat,creat,unlink,unlinkat,rename,renameat,renameat2,lseek,write,pwrite64,\
                 writev,pwritev,pwritev2,fallocate,ftruncate,truncate,fsync,fdatasync,\
                 sync_file_range,recvfrom,sendto,sendmsg,sendmmsg";
    [
        "-D", "-f", "-qq", "-y", "-xx", "-s", "16777216", "-e", calls,
    ]
    .iter()
    .chain(more)
    .map(|arg| (*arg).to_owned())
    .fold(vec!["strace".to_owned()], |mut args, arg| {
        args.push(arg);
        args
    })
    .into_iter()
    .chain(["-o".to_owned(), log.display().to_string()])
    .collect()
}

/// Waits until all that a killed server did is in its log.
pub(super) fn until_written(log: &Path, server: u32) -> String {
    let server = server.to_string();
    until("strace has written it all", || {
        let text = std::fs::read_to_string(log).unwrap();
        // The first thread is the last to end. Its id is padded to five characters.
        let last = text.lines().next_back().unwrap_or_default();
        let mut words = last.split_whitespace();
        (words.next() == Some(&server) && words.eq(["+++", "killed", "by", "SIGKILL", "+++"]))
            .then_some(text)
    })
}
