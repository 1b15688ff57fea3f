//! Restoring: what it refuses, and that data which was there before is never lost. Upgrading: what
//! there was before is backed up.

use std::path::Path;

use crate::backing_up::with_a_report;
use crate::folder::Folder;
use crate::model;
use rusqlite::Connection;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn backed_up() -> (Folder, std::path::PathBuf) {
    let folder = with_a_report();
    let target = folder.beside("backup");
    folder.run(&["backup", text(&target)]).well();
    (folder, target)
}

#[test]
fn where_a_server_runs_nothing_is_restored() {
    let (folder, backup) = backed_up();
    let server = folder.serve();
    let line = folder
        .run(&["restore", text(&backup), "--force"])
        .refused(1);
    assert!(line.contains("stop it first"), "{line}");
    assert_eq!(server.connect().get("/readyz").status(), 200);
    server.stop();
    assert_eq!(folder.export().len(), 1);
}

#[test]
fn data_that_is_there_is_kept_or_moved_aside() {
    let (folder, backup) = backed_up();
    let server = folder.serve();
    let reply = server.connect().post(
        "/api/v1/usage/influxdb",
        &[],
        r#"[{"values":{"cluster_id":"later"}}]"#,
    );
    assert_eq!(reply.status(), 200);
    server.kill();
    let line = folder.run(&["restore", text(&backup)]).refused(1);
    assert!(line.contains("--force"), "{line}");
    assert_eq!(folder.export().len(), 2);

    let restored = folder.run(&["restore", text(&backup), "--force"]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    assert_eq!(folder.export().len(), 1);
    let aside = restored
        .stderr
        .split_once("what was there before is in ")
        .and_then(|(_, rest)| rest.split_once(';'))
        .map(|(path, _)| path.to_owned())
        .unwrap_or_else(|| panic!("{restored:?}"));
    // It is whole, with what the kill had left in the WAL.
    let old = Folder::new();
    old.run(&["restore", &aside]).well();
    assert_eq!(old.export().len(), 2);
    let left: Vec<String> = std::fs::read_dir(folder.data())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| {
            name.contains("restored") || name.contains("replaced") && name.ends_with("wal")
        })
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn damaged_data_gives_way_to_a_backup() {
    let (folder, backup) = backed_up();
    std::fs::write(folder.database(), "not a database at all").unwrap();
    folder.run(&["restore", text(&backup), "--force"]).well();
    assert_eq!(folder.export().len(), 1);
    folder.serve().stop();
}

#[test]
fn data_that_a_side_command_is_using_is_not_moved() {
    let (folder, backup) = backed_up();
    let beside = model::open(&folder);
    let one: i64 = beside
        .query_row("SELECT count(*) FROM token", [], |row| row.get(0))
        .unwrap();
    assert_eq!(one, 1);
    let line = folder.run(&["restore", text(&backup), "--force"]);
    assert_eq!(line.code, Some(1), "{line:?}");
    assert!(line.stderr.contains("another command"), "{line:?}");
    drop(beside);
    assert_eq!(folder.export().len(), 1);
}

#[test]
fn what_is_no_sound_backup_is_refused_and_changes_nothing() {
    let (source, backup) = backed_up();
    let folder = Folder::new();
    let refused = |path: &Path, why: &str| {
        let ended = folder.run(&["restore", text(path)]);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(why), "{ended:?}");
        assert!(!folder.database().exists());
        assert!(!folder.data().join("usage.db.restored").exists());
    };
    // A copy of the backup with another of these files.
    let with = |name: &str, file: &str, bytes: &[u8]| {
        let copy = source.beside(name);
        std::fs::create_dir(&copy).unwrap();
        for file in ["usage.db", "model.db"] {
            std::fs::copy(backup.join(file), copy.join(file)).unwrap();
        }
        std::fs::write(copy.join(file), bytes).unwrap();
        copy
    };
    refused(&source.beside("nothing"), "there is no such folder");
    refused(&backup.join("usage.db"), "it is no folder");
    refused(
        source.data().parent().unwrap(),
        "there is no usage.db in it",
    );
    let text = b"some text, long enough to be looked at as if it had pages";
    refused(
        &with("text", "usage.db", text),
        "can't be read as a database",
    );
    refused(
        &with("texts", "model.db", text),
        "can't be read as a database",
    );
    let theirs = source.beside("theirs.db");
    Connection::open(&theirs)
        .unwrap()
        .execute_batch("CREATE TABLE theirs (a)")
        .unwrap();
    let theirs = std::fs::read(theirs).unwrap();
    let why = "not a database of usage-server";
    refused(&with("theirs", "usage.db", &theirs), why);
    refused(&with("theirs-too", "model.db", &theirs), why);
    for file in ["usage.db", "model.db"] {
        let bytes = std::fs::read(backup.join(file)).unwrap();
        let newer = with(&format!("newer-{file}"), file, &bytes);
        Connection::open(newer.join(file))
            .unwrap()
            .pragma_update(None, "user_version", 99)
            .unwrap();
        refused(&newer, "99");
        let half = &bytes[..bytes.len() / 2];
        refused(&with(&format!("cut-{file}"), file, half), "");
    }
    let alone = with(
        "alone",
        "usage.db",
        &std::fs::read(backup.join("usage.db")).unwrap(),
    );
    std::fs::remove_file(alone.join("model.db")).unwrap();
    refused(&alone, "there is no model.db in it");
    let mixed = with(
        "mixed",
        "usage.db",
        &std::fs::read(backup.join("usage.db")).unwrap(),
    );
    Connection::open(mixed.join("model.db"))
        .unwrap()
        .execute("UPDATE applied SET seq = 1000", [])
        .unwrap();
    refused(&mixed, "of two backups");
    model::damage(&backup.join("usage.db"), "journal");
    refused(&backup, "is damaged");
}

#[test]
fn a_restore_that_was_killed_between_the_two_files_is_completed() {
    let (folder, backup) = backed_up();
    folder.run(&["restore", text(&backup), "--force"]).well();
    // As it is when the model has its place and the journal has not.
    let server = folder.serve();
    let report = r#"[{"values":{"cluster_id":"later"}}]"#;
    let reply = server.connect().post("/api/v1/usage/influxdb", &[], report);
    assert_eq!(reply.status(), 200);
    model::followed(&folder);
    server.stop();
    let arrived = folder.data().join("restored");
    std::fs::create_dir(&arrived).unwrap();
    std::fs::create_dir(arrived.join("replaced")).unwrap();
    std::fs::copy(backup.join("usage.db"), arrived.join("usage.db")).unwrap();
    std::fs::rename(
        folder.data().join("model.db"),
        arrived.join("replaced/model.db"),
    )
    .unwrap();
    std::fs::copy(backup.join("model.db"), folder.data().join("model.db")).unwrap();
    let log = folder.serve().stopped();
    assert!(!log.contains("made anew"), "they belong together: {log}");
    assert_eq!(folder.export().len(), 1);
    assert!(!arrived.exists());
    // What was there is whole.
    let replaced = std::fs::read_dir(folder.data())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("replaced-")
        })
        .max()
        .unwrap();
    let old = Folder::new();
    old.run(&["restore", text(&replaced)]).well();
    assert_eq!(old.export().len(), 2);
}

#[test]
fn a_model_of_later_data_than_the_journal_is_made_anew() {
    let (folder, backup) = backed_up();
    let server = folder.serve();
    model::followed(&folder);
    let report = r#"[{"values":{"cluster_id":"later"}}]"#;
    for _ in 0..3 {
        let reply = server.connect().post("/api/v1/usage/influxdb", &[], report);
        assert_eq!(reply.status(), 200);
    }
    model::followed(&folder);
    server.stop();
    assert_eq!(model::has_counted(&folder), 4);
    // Somebody copies one file only.
    std::fs::copy(backup.join("usage.db"), folder.database()).unwrap();
    let server = folder.serve();
    model::followed(&folder);
    let log = server.stopped();
    assert!(log.contains("made anew"), "{log}");
    assert_eq!(model::has_counted(&folder), 1);
}

#[test]
fn an_upgrade_backs_the_data_up_first() {
    let folder = Folder::new();
    std::fs::create_dir(folder.data()).unwrap();
    let first = include_str!("../../../usage-store/sql/sqlite/schema/001_first.sql");
    let db = Connection::open(folder.database()).unwrap();
    db.execute_batch(&format!(
        "BEGIN; {first}; PRAGMA user_version = 1; PRAGMA application_id = 0x75736167;
         INSERT INTO organization (name, name_key, created_at) VALUES ('Old', 'old', 0); COMMIT;"
    ))
    .unwrap();
    drop(db);
    let line = folder.run(&["export", "reports"]).refused(1);
    assert!(line.contains("start `usage-server serve` once"), "{line}");
    let server = folder.serve();
    let said = server.stopped();
    assert!(said.contains("of an older version"), "{said}");
    let kept = std::fs::read_dir(folder.data())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("before-migration-from-1-")
        })
        .unwrap();
    let old = Connection::open(kept.join("usage.db")).unwrap();
    let (version, name): (i64, String) = old
        .query_row(
            "SELECT user_version, name FROM pragma_user_version, organization",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!((version, name.as_str()), (1, "Old"));
    drop(old);
    let said = folder.serve().stopped();
    assert!(!said.contains("of an older version"), "{said}");

    // The way back, and forth again.
    folder.run(&["restore", text(&kept), "--force"]).well();
    let line = folder.run(&["export", "reports"]).refused(1);
    assert!(line.contains("schema version 1"), "{line}");
    folder.serve().stop();
    assert_eq!(folder.export().len(), 0);
}
