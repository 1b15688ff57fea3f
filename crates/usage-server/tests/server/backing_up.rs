//! Backups beside a server at work: what was acknowledged before one began is in it, and what it
//! has is the beginning of the whole.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};

use crate::folder::Folder;
use crate::http::Connection;
use crate::model;
use crate::patience::DEADLINE;
use crate::process::{Process, usage_server};

const SENDERS: usize = 6;

/// Reports that are acknowledged before the backup begins.
const BEFORE: usize = 600;

fn body(n: u64) -> String {
    format!(
        r#"[{{"tags":{{"version":"1.{}"}},"values":{{"cluster_id":"c{}","server_id":"s{}","n":{n}}}}}]"#,
        n % 5,
        n % 7,
        n % 31
    )
}

/// Sends until it is enough; tells of each report that was acknowledged.
fn send(to: SocketAddr, next: &AtomicU64, enough: &AtomicBool, tell: &Sender<String>) {
    let mut connection = Connection::open(to).unwrap();
    while !enough.load(Ordering::Relaxed) {
        let body = body(next.fetch_add(1, Ordering::Relaxed));
        let reply = connection.post("/api/v1/usage/influxdb", &[], &body);
        assert_eq!(reply.status(), 200, "{}", reply.text());
        let _ = tell.send(body);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_backup_at_full_speed_has_all_that_was_acknowledged_before_it_began() {
    let folder = Folder::new();
    let target = folder.beside("backup");
    let server = folder.serve();
    // Under load the read model may be far behind: it has counted this one in any case.
    let first = r#"[{"tags":null,"values":{"cluster_id":"first"}}]"#;
    let answer = server.connect().post("/api/v1/usage/first", &[], first);
    assert_eq!(answer.status(), 200);
    model::followed(&folder);
    let (next, enough) = (AtomicU64::new(0), AtomicBool::new(false));
    let (tell, acknowledged) = channel();
    let before = std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            let (tell, next, enough) = (tell.clone(), &next, &enough);
            let to = server.address();
            scope.spawn(move || send(to, next, enough, &tell));
        }
        let hear = || acknowledged.recv_timeout(DEADLINE);
        let before: Vec<Option<String>> = (0..BEFORE).map(|_| hear().ok()).collect();
        let backup = folder.run(&["backup", text(&target), "--verify"]);
        let after = hear();
        // Before anything is asserted: the senders wait for it.
        enough.store(true, Ordering::Relaxed);
        after.expect("ingest goes on");
        assert_eq!(backup.code, Some(0), "{backup:?}");
        assert_eq!(backup.stdout, format!("{}\n", text(&target)));
        assert!(backup.stderr.contains("everything up to"), "{backup:?}");
        before
    });
    model::followed(&folder);
    let whole = folder.run(&["export", "reports"]).well();
    server.stop();

    let restored = Folder::new();
    restored.run(&["restore", text(&target)]).well();
    assert!(model::has_counted(&restored) > 0, "the read model is in it");
    let part = restored.run(&["export", "reports"]).well();
    assert!(whole.starts_with(&part), "it is the beginning of the whole");
    assert!(part.len() < whole.len(), "more came while it was made");
    for body in before {
        let body = body.expect("reports are acknowledged");
        assert!(part.contains(&body), "acknowledged before: {body}");
    }
    // What it has is counted like what it came from.
    let server = restored.serve();
    model::followed(&restored);
    let step_by_step = model::dump(&restored);
    restored.run(&["rebuild"]).well();
    model::followed(&restored);
    assert_eq!(model::dump(&restored), step_by_step);
    let reply = server
        .connect()
        .post("/api/v1/usage/influxdb", &[], body(0));
    assert_eq!(reply.status(), 200);
    server.stop();
}

/// A folder with a token and a report.
pub(crate) fn with_a_report() -> Folder {
    let folder = Folder::new();
    let server = folder.serve();
    let token = folder.token("Acme");
    let reply = server.connect().post(
        "/api/v1/usage/influxdb",
        &[("X-Authorization", &token)],
        body(7),
    );
    assert_eq!(reply.status(), 200);
    server.stop();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_backup_is_one_folder_for_its_owner_alone_and_replaces_nothing() {
    let folder = with_a_report();
    let backups = folder.beside("backups");
    std::fs::create_dir(&backups).unwrap();
    let target = backups.join("mine");
    folder.run(&["backup", text(&target)]).well();
    assert_eq!(names(&backups), ["mine"]);
    assert_eq!(names(&target), ["model.db", "usage.db"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&target), 0o700);
        for name in names(&target) {
            assert_eq!(mode(&target.join(name)), 0o600, "hashes of passwords");
        }
    }
    let bytes = || std::fs::read(target.join("usage.db")).unwrap();
    let first = bytes();
    let refused = folder.run(&["backup", text(&target)]).refused(1);
    assert!(refused.contains("--force"), "{refused}");
    assert_eq!(bytes(), first);
    // One that was killed leaves this; what somebody may still be writing isn't taken from them.
    let other = backups.join("other");
    std::fs::create_dir(backups.join("other.partial")).unwrap();
    std::fs::write(backups.join("other.partial/usage.db"), "half").unwrap();
    let refused = folder.run(&["backup", text(&other)]).refused(1);
    assert!(refused.contains("other.partial"), "{refused}");
    folder.run(&["backup", text(&other), "--force"]).well();
    std::fs::remove_dir_all(&other).unwrap();
    folder.token("Another");
    folder.run(&["backup", text(&target), "--force"]).well();
    assert_ne!(bytes(), first);
    assert_eq!(names(&backups), ["mine"]);
    // What is no backup is never replaced: the data itself, here.
    let line = folder.run(&["backup", text(&folder.data()), "--force"]);
    assert_eq!(
        line.code,
        Some(0),
        "a folder with other things is one to put backups in"
    );
    folder.run(&["export", "reports"]).well();
    std::fs::write(backups.join("notes"), "mine").unwrap();
    let line = folder
        .run(&["backup", text(&backups.join("notes")), "--force"])
        .refused(1);
    assert!(line.contains("is no backup"), "{line}");
}

#[test]
fn in_a_folder_it_gets_a_name_with_the_time_and_old_ones_go() {
    let folder = with_a_report();
    let backups = folder.beside("backups");
    std::fs::create_dir(&backups).unwrap();
    for old in ["usage-20200101T000000Z", "usage-20200102T000000Z"] {
        std::fs::create_dir(backups.join(old)).unwrap();
        std::fs::write(backups.join(old).join("usage.db"), "old").unwrap();
    }
    std::fs::write(backups.join("notes"), "mine").unwrap();
    let said = folder
        .run(&["backup", text(&backups), "--keep", "2"])
        .well();
    let written = PathBuf::from(said.trim_end());
    assert_eq!(written.parent().unwrap(), backups);
    let name = written.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(names(&backups), ["notes", "usage-20200102T000000Z", &name]);
}

#[test]
fn what_can_not_be_backed_up_leaves_nothing() {
    let folder = Folder::new();
    let target = folder.beside("backup");
    let nothing = folder.run(&["backup", text(&target)]).refused(1);
    assert!(nothing.contains("holds no data yet"), "{nothing}");
    assert!(!folder.data().exists() && !target.exists());
    let folder = with_a_report();
    let nowhere = folder
        .run(&["backup", text(&folder.beside("no/backup"))])
        .refused(1);
    assert!(nowhere.contains("is no folder"), "{nowhere}");
    let target = folder.beside("backup");
    folder
        .run(&["backup", text(&target), "--keep", "2"])
        .refused(2);
    // A page of the journal is overwritten, as a dying disk does.
    model::damage(&folder.database(), "journal");
    let damaged = folder.run(&["backup", text(&target)]);
    assert_eq!(damaged.code, Some(1), "{damaged:?}");
    assert!(damaged.stderr.contains("is damaged"), "{damaged:?}");
    assert!(!target.exists());
    assert!(!folder.beside("backup.partial").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_target_that_can_not_be_written_is_named() {
    let folder = with_a_report();
    // No files can be made there, not by root either.
    let line = folder.run(&["backup", "/proc/self/backup"]).refused(1);
    assert!(line.contains("/proc/self/backup"), "{line}");
}

#[test]
fn a_backup_that_is_stopped_leaves_nothing() {
    let folder = with_a_report();
    model::grow(&folder.database(), 200 << 20);
    let target = folder.beside("backup");
    let partial = folder.beside("backup.partial");
    let mut command = usage_server();
    command
        .args(["backup", text(&target), "--data-dir"])
        .arg(folder.data());
    // One that is done before the signal comes proves nothing, so there are several tries.
    for _ in 0..20 {
        let backup = Process::start(&mut command, b"");
        crate::patience::until("a part of a backup", || {
            let begun =
                std::fs::metadata(partial.join("usage.db")).is_ok_and(|file| file.len() > 0);
            (begun || target.exists()).then_some(())
        });
        backup.signal("INT");
        let ended = backup.ended();
        if !target.exists() {
            assert_eq!(ended.code, Some(1), "{ended:?}");
            assert!(ended.stderr.contains("no backup was made"), "{ended:?}");
            assert!(!partial.exists());
            return;
        }
        std::fs::remove_dir_all(&target).unwrap();
    }
    panic!("all were done before they were stopped");
}
