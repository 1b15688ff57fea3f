//! A disk that answers with errors, for a while, under load: what can't be stored is refused with
//! 503, `/readyz` says so, and once the disk is well again the server finds out by itself.

use std::path::PathBuf;

use super::load::{Load, until_ready};
use super::strace::{self, inject};
use crate::folder::{Folder, Running};
use crate::model;
use crate::patience::until;

const SENDERS: usize = 3;

const WRITES: &str = "pwrite64,pwritev,fallocate,ftruncate";
const SYNCS: &str = "fsync,fdatasync";

fn wal(folder: &Folder) -> PathBuf {
    folder.data().join("usage.db-wal")
}

/// An outage from its begin to its end, with load before, in and after it.
fn outage(server: &Running, load: &Load, files: &[PathBuf], calls: &str, wrong: &str) {
    load.run(server.address(), SENDERS, || load.until_stored(20));
    let fault = inject(server, files, calls, wrong);
    load.run(server.address(), SENDERS, || load.until_refused(20));
    until_ready(server, 503);
    fault.end();
    // Nobody sends now.
    until_ready(server, 200);
    load.run(server.address(), SENDERS, || load.until_stored(20));
}

#[test]
fn what_a_failing_disk_does_not_take_is_refused_and_goes_on_by_itself() {
    if !strace::is_there() {
        return;
    }
    let folder = Folder::new();
    let load = Load::on(&folder);
    let server = folder.serve();
    let faults = [
        (WRITES, "error=EIO"),
        (WRITES, "error=ENOSPC"),
        (WRITES, "error=EROFS"),
        (SYNCS, "error=EIO"),
        (SYNCS, "error=ENOSPC"),
    ];
    for (calls, wrong) in faults {
        outage(&server, &load, &[wal(&folder)], calls, wrong);
        load.try_again(&server, 5);
        load.check(&folder);
    }
    let said = server.said();
    let count = |text: &str| said.matches(text).count();
    assert_eq!(count("storing reports fails"), faults.len(), "{said}");
    assert_eq!(count("storing reports works again"), faults.len(), "{said}");
    for advice in ["make space", "see the system's log"] {
        assert!(said.contains(advice), "{advice}: {said}");
    }

    model::is_that_of_a_rebuild(&folder, server);
}

/// Every third sync fails, over and over: each commit is either answered or not there.
#[test]
fn a_disk_that_fails_now_and_then_loses_nothing() {
    if !strace::is_there() {
        return;
    }
    let folder = Folder::new();
    let load = Load::on(&folder);
    let server = folder.serve();
    load.run(server.address(), SENDERS, || {
        load.until_stored(20);
        let fault = inject(&server, &[wal(&folder)], SYNCS, "error=EIO:when=2+3");
        load.until_stored(60);
        load.until_refused(20);
        fault.end();
        let fault = inject(&server, &[wal(&folder)], WRITES, "error=EIO:when=7+40");
        load.until_stored(60);
        load.until_refused(20);
        fault.end();
    });
    until_ready(&server, 200);
    load.try_again(&server, 20);
    load.check(&folder);
    model::is_that_of_a_rebuild(&folder, server);
    load.check(&folder);
}

/// Reports are refused as their sync fails, and the machine goes on with another process: it must
/// not take for stored what is in the kernel's memory alone, nor count anything twice.
#[test]
fn what_was_refused_before_a_crash_counts_once_when_sent_again() {
    if !strace::is_there() {
        return;
    }
    let folder = Folder::new();
    let load = Load::on(&folder);
    for _ in 0..3 {
        let server = folder.serve();
        let fault = load.run(server.address(), SENDERS, || {
            load.until_stored(10);
            let fault = inject(&server, &[wal(&folder)], SYNCS, "error=EIO");
            load.until_refused(10);
            fault
        });
        server.kill();
        fault.end();
        let server = folder.serve();
        load.try_again(&server, 5);
        server.kill();
        load.check(&folder);
    }
    model::is_that_of_a_rebuild(&folder, folder.serve());
}

/// Copying the WAL into the database may wait: reports are taken all the while.
#[test]
fn reports_are_stored_while_the_database_itself_can_not_be_written() {
    if !strace::is_there() {
        return;
    }
    let folder = Folder::new();
    let load = Load::on(&folder);
    let server = folder.serve();
    for (calls, wrong) in [(WRITES, "error=ENOSPC"), (SYNCS, "error=EIO")] {
        load.run(server.address(), SENDERS, || {
            let fault = inject(&server, &[folder.database()], calls, wrong);
            let fails = "copying the WAL into the database fails";
            let before = server.said().matches(fails).count();
            until("a copy that fails", || {
                (server.said().matches(fails).count() > before).then_some(())
            });
            load.until_stored(50);
            fault.end();
            let works = "copying the WAL into the database works again";
            until("a copy that works", || {
                (server.said().matches(works).count() > before).then_some(())
            });
        });
    }
    assert_eq!(server.connect().get("/readyz").status(), 200);
    server.kill();
    load.check(&folder);
    model::is_that_of_a_rebuild(&folder, folder.serve());
}
