//! `usage-server backup`: all data in one folder, beside a server at full speed. Says on standard
//! output which one it wrote.

use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use usage_store::backup::{self, Contents, Look, Step};

use super::{Failure, io, say};
use crate::cli::Backup;
use crate::progress::Progress;
use crate::serve::told_to_stop;

/// How backups in a folder are named. By their names they sort by age.
const NAME: &str = "usage-%Y%m%dT%H%M%SZ";

/// Writes it, and says what it holds.
pub(crate) fn run(options: &Backup) -> Result<(), Failure> {
    // One that is a backup itself is to be replaced, or not.
    let folder = options.target.is_dir() && !backup::is_backup(&options.target);
    if options.keep.is_some() && !folder {
        return Err(Failure::Usage(format!(
            "--keep needs a folder that backups go into, and {} is none",
            options.target.display()
        )));
    }
    let target = match folder {
        true => options
            .target
            .join(Timestamp::now().strftime(NAME).to_string()),
        false => options.target.clone(),
    };
    if let Some(parent) = target.parent()
        && parent != Path::new("")
        && !parent.is_dir()
    {
        return Err(Failure::Failed(format!(
            "{} is no folder; make it first, or name another target",
            parent.display()
        )));
    }
    leave_nothing_when_stopped(&target)?;
    let mut shown = Shown::new("Backing up");
    let look = look(options.verify);
    let contents = backup::back_up(
        &options.data.data_dir,
        &target,
        options.force,
        look,
        &mut |step| shown.at(step),
    )?;
    shown.done();
    writeln!(std::io::stdout(), "{}", target.display()).map_err(io("standard output"))?;
    say(&held(&contents))?;
    match options.keep {
        Some(keep) => prune(&options.target, keep as usize),
        None => Ok(()),
    }
}

pub(super) fn look(verify: bool) -> Look {
    match verify {
        true => Look::Everything,
        false => Look::Sample,
    }
}

/// What a backup holds, in words.
pub(super) fn held(contents: &Contents) -> String {
    match contents.last_received_at {
        Some(at) => format!(
            "holds everything up to report {}, received at {at}",
            contents.next_seq
        ),
        None => "holds no reports".to_owned(),
    }
}

/// A person who presses Ctrl-C, or a system that shuts down, shall find no half of a backup.
fn leave_nothing_when_stopped(target: &Path) -> Result<(), Failure> {
    let partial = backup::partial_of(target);
    // What is there already is somebody else's; that is told later.
    if partial.exists() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(io("listening for signals"))?;
    let told = runtime
        .block_on(async { told_to_stop() })
        .map_err(io("listening for signals"))?;
    std::thread::spawn(move || {
        runtime.block_on(told);
        if partial.exists() && backup::remove(&partial).is_ok() {
            let said = "usage-server: stopped; no backup was made";
            let _ = writeln!(std::io::stderr(), "{said}");
        }
        std::process::exit(STOPPED);
    });
    Ok(())
}

/// The exit code of what was stopped: as of anything that went wrong.
const STOPPED: i32 = 1;

/// Removes all but the newest backups in a folder, and what killed ones left there. What has other
/// names is not ours.
fn prune(folder: &Path, keep: usize) -> Result<(), Failure> {
    let named = |e| Failure::Failed(format!("{}: {e}", folder.display()));
    let mut backups: Vec<(String, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(named)? {
        let path = entry.map_err(named)?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str())
            && is_ours(name.strip_suffix(".partial").unwrap_or(name))
        {
            backups.push((name.to_owned(), path));
        }
    }
    backups.sort_unstable();
    backups.reverse();
    let mut complete = 0;
    for (name, path) in backups {
        complete += usize::from(!name.ends_with(".partial"));
        if complete > keep || (complete == keep && name.ends_with(".partial")) {
            backup::remove(&path)?;
        }
    }
    Ok(())
}

/// Whether a name is one that we give.
fn is_ours(name: &str) -> bool {
    jiff::civil::DateTime::strptime(NAME, name).is_ok()
}

/// The progress of a copy and of its check.
pub(super) struct Shown {
    what: &'static str,
    copying: Option<Progress>,
    checking: Option<Progress>,
}

impl Shown {
    pub(super) fn new(what: &'static str) -> Shown {
        Shown {
            what,
            copying: None,
            checking: None,
        }
    }

    pub(super) fn at(&mut self, step: Step) {
        match step {
            Step::Copied { done, all } => self
                .copying
                .get_or_insert_with(|| Progress::start(self.what, "KiB", all >> 10))
                .at(done >> 10),
            Step::Checking => {
                self.copied();
                self.checking = Some(Progress::waiting("Checking the copy"));
            }
        }
    }

    pub(super) fn done(mut self) {
        self.copied();
        if let Some(checking) = self.checking {
            checking.clear();
        }
    }

    fn copied(&mut self) {
        if let Some(copying) = self.copying.take() {
            copying.done();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_named_is_pruned() {
        let folder = tempfile::tempdir().unwrap();
        let named = [
            "usage-20261120T000000Z",
            "usage-20261121T000000Z.partial",
            "usage-20261122T000000Z",
            "usage-20261123T000000Z",
            "usage-20261123T000001Z.partial",
            "usage-before-the-move",
            "usage-20261101T000000Z.bak",
            "notes",
        ];
        for name in named {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("usage.db"), "").unwrap();
        }
        prune(folder.path(), 2).unwrap();
        let mut left: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(
            left,
            [
                "notes",
                "usage-20261101T000000Z.bak",
                "usage-20261122T000000Z",
                "usage-20261123T000000Z",
                "usage-20261123T000001Z.partial",
                "usage-before-the-move",
            ]
        );
        prune(folder.path(), 9).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 6);
    }
}
