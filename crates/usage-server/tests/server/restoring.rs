//! Restoring: what it refuses, and that data which was there before is never lost. Upgrading: what
//! there was before is backed up.

use std::path::Path;

use crate::backing_up::with_a_report;
use crate::folder::Folder;
use crate::model;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn backed_up() -> (Folder, std::path::PathBuf) {
    let folder = with_a_report();
    let target = folder.beside("backup.db");
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
    let beside = model::open(&folder.database());
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
    refused(&source.beside("nothing.db"), "there is no such file");
    let other = source.beside("other.db");
    std::fs::write(
        &other,
        "some text, long enough to be looked at as if it had pages",
    )
    .unwrap();
    refused(&other, "can't be read as a database");
    model::open(&source.beside("theirs.db"))
        .execute_batch("CREATE TABLE theirs (a)")
        .unwrap();
    refused(
        &source.beside("theirs.db"),
        "not a database of usage-server",
    );
    let newer = source.beside("newer.db");
    std::fs::copy(&backup, &newer).unwrap();
    model::open(&newer)
        .pragma_update(None, "user_version", 99)
        .unwrap();
    refused(&newer, "99");
    let cut = source.beside("cut.db");
    let bytes = std::fs::read(&backup).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    refused(&cut, "");
    model::damage(&backup, "journal");
    refused(&backup, "is damaged");
}

#[test]
fn an_upgrade_backs_the_data_up_first() {
    let folder = Folder::new();
    std::fs::create_dir(folder.data()).unwrap();
    let first = include_str!("../../../usage-store/sql/sqlite/schema/001_first.sql");
    let db = model::open(&folder.database());
    db.execute_batch(&format!(
        "BEGIN; {first}; PRAGMA user_version = 1; PRAGMA application_id = 0x75736167;
         INSERT INTO organization (name, name_key, created_at) VALUES ('Old', 'old', 0); COMMIT;"
    ))
    .unwrap();
    drop(db);
    let line = folder.run(&["export", "reports"]).refused(1);
    assert!(line.contains("start `usage-server serve` once"), "{line}");
    let server = folder.serve();
    let said = server.stop_and_tell();
    assert!(said.contains("of an older version"), "{said}");
    let kept = folder.data().join("usage.db.before-migration-from-1");
    let old = model::open(&kept);
    let (version, name): (i64, String) = old
        .query_row(
            "SELECT user_version, name FROM pragma_user_version, organization",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!((version, name.as_str()), (1, "Old"));
    drop(old);
    let said = folder.serve().stop_and_tell();
    assert!(!said.contains("of an older version"), "{said}");

    // The way back, and forth again.
    folder.run(&["restore", text(&kept), "--force"]).well();
    let line = folder.run(&["export", "reports"]).refused(1);
    assert!(line.contains("schema version 1"), "{line}");
    folder.serve().stop();
    assert_eq!(folder.export().len(), 0);
}
