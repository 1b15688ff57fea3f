//! The machine goes away. From what a server asked of the system, the files are made as a disk
//! may hold them at a moment: what was synced, and of the rest nothing, or any part. Each report
//! whose reply had begun to leave by then has to be in them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::load::{Answer, Chance, Load, Report, check};
use super::strace::{self, recorder, until_written};
use super::trace::{Acknowledged, Call, Moment, What, acknowledged, read};
use crate::folder::Folder;
use crate::model;
use crate::patience::until;

/// What a disk writes as a whole.
const SECTOR_BYTES: usize = 512;

/// Moments at which the machine goes away.
const CRASHES: u64 = 30;

/// A folder as it was, and all that was done to it.
struct Story {
    folder: Folder,
    load: Load,
    /// Stopped in good order: all of it is on disk.
    before: BTreeMap<PathBuf, Vec<u8>>,
    calls: Vec<Call>,
    /// For each call the moment from which on it is on disk; `MAX` for never.
    safe_from: Vec<Moment>,
    moments: Moment,
}

impl Story {
    fn begin() -> Story {
        let folder = Folder::new();
        let load = Load::on(&folder);
        folder.serve().stop();
        let before = ["usage.db", "model.db"]
            .map(|name| fs::canonicalize(folder.data().join(name)).unwrap())
            .map(|path| (path.clone(), fs::read(&path).unwrap()))
            .into();
        Story {
            folder,
            load,
            before,
            calls: Vec::new(),
            safe_from: Vec::new(),
            moments: 0,
        }
    }

    /// Adds what a server did that was killed.
    fn add(&mut self, log: &Path, server: u32) {
        let text = until_written(log, server);
        let data = fs::canonicalize(self.folder.data()).unwrap();
        self.calls.extend(read(&text, &data, self.moments));
        self.moments += text.lines().count();
        self.safe_from = self.calls.iter().map(|call| self.synced(call)).collect();
    }

    /// When the first sync that began after the call had come to its end. If that of its own
    /// descriptor failed, never: what the kernel could not write then, no later sync writes. (Another
    /// descriptor's failure would be told to this one, too; strace fails single calls.)
    fn synced(&self, call: &Call) -> Moment {
        let on = match call.what {
            What::Created | What::Removed => call.on.parent().unwrap(),
            What::Written { .. } | What::Cut { .. } => &call.on,
            _ => return Moment::MAX,
        };
        let decides = |sync: &&Call| match sync.what {
            What::Synced => true,
            What::SyncFailed => sync.by == call.by,
            _ => false,
        };
        let first = self
            .calls
            .iter()
            .filter(|sync| sync.on == on && sync.begin > call.end)
            .filter(decides)
            .min_by_key(|sync| sync.begin);
        match first {
            Some(sync) if matches!(sync.what, What::Synced) => sync.end,
            _ => Moment::MAX,
        }
    }

    /// The disk after a crash at this moment. `luck` decides of each write that wasn't synced,
    /// sector by sector, whether it is there even so.
    fn crash(&self, at: Moment, mut luck: impl FnMut() -> bool) -> Folder {
        let mut files = self.before.clone();
        for (call, safe_from) in self.calls.iter().zip(&self.safe_from) {
            let name = call.on.file_name().unwrap_or_default().to_string_lossy();
            // The first is made anew after a crash, the second is empty.
            if call.begin >= at || name.ends_with("-shm") || name == "usage.lock" {
                continue;
            }
            let mut is_there = || *safe_from < at || luck();
            match &call.what {
                What::Created if is_there() => {
                    files.entry(call.on.clone()).or_default();
                }
                What::Removed if is_there() => {
                    files.remove(&call.on);
                }
                What::Written { at: place, bytes } => {
                    if let Some(file) = files.get_mut(&call.on) {
                        write(file, *place as usize, bytes, is_there);
                    }
                }
                What::Cut { length } if is_there() => {
                    if let Some(file) = files.get_mut(&call.on) {
                        file.resize(*length as usize, 0);
                    }
                }
                _ => {}
            }
        }
        let folder = Folder::new();
        fs::create_dir(folder.data()).unwrap();
        for (path, bytes) in files {
            fs::write(folder.data().join(path.file_name().unwrap()), bytes).unwrap();
        }
        folder
    }

    fn acknowledged_at(&self, at: Moment) -> Vec<u64> {
        let all = acknowledged(&self.calls);
        let mut before: Vec<u64> = all
            .iter()
            .filter(|reply| reply.answered <= at)
            .map(|reply| reply.n)
            .collect();
        before.sort_unstable();
        before.dedup();
        before
    }
}

/// Writes those sectors that are there.
fn write(file: &mut Vec<u8>, mut place: usize, bytes: &[u8], mut is_there: impl FnMut() -> bool) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let room = SECTOR_BYTES - place % SECTOR_BYTES;
        let (sector, more) = rest.split_at(room.min(rest.len()));
        if is_there() {
            file.resize(file.len().max(place + sector.len()), 0);
            file[place..place + sector.len()].copy_from_slice(sector);
        }
        place += sector.len();
        rest = more;
    }
}

/// A server under load for so long that the WAL was copied into the database.
fn busy_server(inject: &[&str]) -> Option<Story> {
    if !strace::is_there() {
        return None;
    }
    let mut story = Story::begin();
    let (load, database) = (&story.load, story.folder.database());
    let log = story.folder.beside("strace.log");
    let server = story.folder.serve_under(&recorder(&log, inject));
    let id = server.id();
    let written = || fs::metadata(&database).unwrap().modified().unwrap();
    load.run(server.address(), 4, || {
        for _ in 0..2 {
            load.until_stored(40);
            let before = written();
            until("the WAL is copied", || (written() > before).then_some(()));
        }
        load.until_stored(40);
        server.kill();
    });
    story.add(&log, id);
    Some(story)
}

#[test]
fn no_reply_leaves_before_the_sync_that_covers_its_report() {
    let Some(story) = busy_server(&[]) else {
        return;
    };
    let wal = |call: &&Call| call.on.ends_with("usage.db-wal");
    let syncs: Vec<&Call> = story
        .calls
        .iter()
        .filter(wal)
        .filter(|call| matches!(call.what, What::Synced))
        .collect();
    let writes: Vec<&Call> = story
        .calls
        .iter()
        .filter(wal)
        .filter(|call| matches!(call.what, What::Written { .. }))
        .collect();
    let replies = acknowledged(&story.calls);
    assert!(replies.len() >= 120, "{}", replies.len());
    for Acknowledged { n, read, answered } in replies {
        let covered = syncs.iter().any(|sync| {
            sync.end < answered
                && writes
                    .iter()
                    .any(|write| read < write.begin && write.end < sync.begin)
        });
        assert!(
            covered,
            "report {n}: read at {read}, answered at {answered}"
        );
    }
}

#[test]
fn what_was_answered_is_on_disk_whenever_the_machine_goes_away() {
    if let Some(story) = busy_server(&[]) {
        crash_again_and_again(&story);
    }
}

/// Every seventh sync fails, and what it should have written is gone: nothing may rest on it.
#[test]
fn what_was_answered_is_on_disk_though_other_syncs_failed() {
    if let Some(story) = busy_server(&["-e", "inject=fsync,fdatasync:error=EIO:when=20+7"]) {
        let failed = |call: &&Call| matches!(call.what, What::SyncFailed);
        assert!(story.calls.iter().filter(failed).count() >= 5);
        crash_again_and_again(&story);
    }
}

fn crash_again_and_again(story: &Story) {
    let mut chance = Chance::new();
    let answered: Vec<Moment> = acknowledged(&story.calls)
        .iter()
        .map(|reply| reply.answered)
        .collect();
    for crash in 0..CRASHES {
        // Just when a reply leaves, or at any moment.
        let at = match crash % 3 {
            0 => chance.below(story.moments as u64) as usize,
            _ => answered[chance.below(answered.len() as u64) as usize],
        };
        let stored = story.acknowledged_at(at);
        let folder = match crash % 2 {
            0 => story.crash(at, || false),
            _ => story.crash(at, || chance.below(2) == 0),
        };
        if crash % 10 == 0 {
            let server = folder.serve();
            let mut connection = server.connect();
            let usage = r#"[{"tags":null,"values":{"cluster_id":"c1"}}]"#;
            assert_eq!(
                connection.post("/api/v1/usage/new", &[], usage).status(),
                200
            );
            model::followed(&folder);
            server.stop();
        }
        let mut exported = folder.export();
        exported.retain(|report| report.product != "new");
        check(&exported, &stored, None);
    }
}

/// A server is killed as it syncs, or as a sync has failed: what it had written is in the kernel's
/// memory alone. The next server knows the keys in there and answers "stored": then it must be
/// on disk.
#[test]
fn a_key_known_from_a_killed_server_is_on_disk_when_it_is_answered() {
    if !strace::is_there() {
        return;
    }
    for how in [
        "signal=KILL:when=20",
        "error=EIO:when=20+",
        "error=EIO:when=25+",
    ] {
        let mut story = Story::begin();
        let [first, second] = ["first.log", "second.log"].map(|name| story.folder.beside(name));
        let inject = format!("inject=fsync,fdatasync:{how}");
        let mut server = story
            .folder
            .serve_under(&recorder(&first, &["-e", &inject]));
        let id = server.id();
        let mut connection = server.connect();
        let mut sent = Vec::new();
        let beside = model::open(&story.folder);
        for report in (0..).step_by(15).map(Report::new) {
            let answer = report.send(&mut connection, story.load.token());
            sent.push(report);
            if answer != Answer::Stored {
                break;
            }
            // So that it doesn't write over what is refused next.
            until("the read model rests", || {
                let failed = server.said().contains("counting what was reported fails");
                (failed || server.has_ended() || model::is_at_the_end(&beside)).then_some(())
            });
        }
        drop(beside);
        server.kill();
        story.add(&first, id);

        // Syncs take long, so that upkeep doesn't save by chance what was answered too early.
        let slow = ["-e", "inject=fsync,fdatasync:delay_enter=300000"];
        let server = story.folder.serve_under(&recorder(&second, &slow));
        let id = server.id();
        let mut connection = server.connect();
        for report in sent.iter().rev() {
            let answer = report.send(&mut connection, story.load.token());
            assert_eq!(answer, Answer::Stored, "{report:?}");
        }
        server.kill();
        story.add(&second, id);

        for reply in acknowledged(&story.calls) {
            let folder = story.crash(reply.answered, || false);
            let stored = story.acknowledged_at(reply.answered);
            check(&folder.export(), &stored, None);
        }
    }
}
