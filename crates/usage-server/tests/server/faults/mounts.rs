//! File systems of a test's own, in a mount namespace of their own: nobody else sees them, and
//! they are gone with the last process in it.

use std::process::Command;

use crate::folder::Folder;
use crate::process::Process;
use crate::programs::program;

/// Keeps the namespace.
pub(super) struct Mounts {
    _keeper: Process,
    enter: Vec<String>,
}

/// Whether one must be root of the machine, or of a user namespace only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    Namespace,
    Root,
}

impl Mounts {
    /// Runs `mount`, a shell command, and lets the folder's commands see what it mounted on `$DATA`.
    /// `None`, said on standard output, where mounting is not permitted: in many containers it is
    /// not, and no package helps.
    pub(super) fn on(folder: &mut Folder, needs: Needs, mount: &str) -> Option<Mounts> {
        program("unshare", "util-linux")?;
        std::fs::create_dir(folder.data()).unwrap();
        let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--user", "--map-root-user"]];
        let mut why = String::new();
        for way in ways {
            let in_user_namespace = way.len() > 1;
            if in_user_namespace && needs == Needs::Root {
                continue;
            }
            // Ends with the tests, even if they are killed.
            let script = format!(
                "{mount} && echo mounted && exec tail --pid={} -f /dev/null",
                std::process::id()
            );
            let mut unshare = Command::new("unshare");
            unshare.args(way).args(["sh", "-ec", &script]);
            unshare
                .env("DATA", folder.data())
                .env("BESIDE", folder.beside(""));
            let mut keeper = Process::start(&mut unshare, b"");
            match keeper.first_line() {
                Some(_) => {
                    let mut enter: Vec<String> = ["nsenter", "--target"].map(str::to_owned).into();
                    enter.push(keeper.id().to_string());
                    enter.push("--mount".to_owned());
                    if in_user_namespace {
                        enter.extend(["--user", "--preserve-credentials"].map(str::to_owned));
                    }
                    folder.start_under(&enter);
                    return Some(Mounts {
                        _keeper: keeper,
                        enter,
                    });
                }
                None => why += keeper.ended().stderr.trim(),
            }
        }
        println!("skipped: mounting is not permitted here: {why}");
        None
    }

    /// A shell command that has to work, within.
    pub(super) fn run(&self, folder: &Folder, script: &str) {
        let mut command = Command::new(&self.enter[0]);
        command.args(&self.enter[1..]).args(["sh", "-ec", script]);
        command
            .env("DATA", folder.data())
            .env("BESIDE", folder.beside(""));
        let ended = Process::start(&mut command, b"").ended();
        assert_eq!(ended.code, Some(0), "{script}: {ended:?}");
    }
}
