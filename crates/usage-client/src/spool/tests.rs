//! The spool on real folders: what stays, what goes, and who may send what.

use std::time::Duration;

use super::*;
use crate::core::IdempotencyKey;
use crate::limits;
use crate::{Stats, Usage};

const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);
const BOUNDS: SpoolBounds = SpoolBounds {
    reports: 3,
    bytes: 10_000,
};

fn usage(number: u8) -> Report {
    let key = IdempotencyKey::from_random([number; 16]);
    let at = NOW + Duration::from_secs(number.into());
    Report::new("jambox", &Usage::new("jambox"), at, key).unwrap()
}

fn spool(folder: &tempfile::TempDir) -> Spool {
    let mut spool = Spool::new(Some(folder.path().join("spool")), BOUNDS);
    spool.look(NOW);
    spool
}

fn files(folder: &tempfile::TempDir) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder.path().join("spool")) else {
        return Vec::new();
    };
    let name =
        |entry: io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

#[test]
fn what_is_sent_at_once_never_sees_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = spool(&folder);
    spool.push(usage(1));
    let claim = spool.take(NOW).unwrap();
    spool.done(claim);
    assert!(spool.take(NOW).is_none());
    assert!(!folder.path().join("spool").exists());
}

#[test]
fn what_is_not_accepted_waits_for_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = spool(&folder);
    first.push(usage(1));
    first.push(usage(2));
    let claim = first.take(NOW).unwrap();
    first.put_back(claim, Turn::First);
    first.keep();
    drop(first);
    assert_eq!(files(&folder).len(), 2);

    let mut second = spool(&folder);
    assert_eq!(second.reports(), [usage(1), usage(2)]);
    for number in [1, 2] {
        let claim = second.take(NOW).unwrap();
        assert_eq!(claim.report, usage(number));
        second.done(claim);
    }
    assert!(files(&folder).is_empty());
}

#[test]
fn two_processes_never_send_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = spool(&folder);
    for number in 1..=3 {
        first.push(usage(number));
    }
    first.keep();
    let mut second = spool(&folder);
    assert_eq!((first.len(), second.len()), (3, 3));

    let one = first.take(NOW).unwrap();
    let two = second.take(NOW).unwrap();
    let three = first.take(NOW).unwrap();
    assert!(second.take(NOW).is_none());
    let numbers = [&one, &two, &three].map(|claim| claim.report.reported_at.get() - NOW.get());
    assert_eq!(numbers, [1000, 2000, 3000]);
    // One gives up, the other can have it.
    first.put_back(one, Turn::First);
    second.look(NOW);
    assert_eq!(second.take(NOW).unwrap().report, usage(1));
    // One dies: after a while it is free, however the clock went.
    drop(three);
    for later in [NOW + limits::CLAIM * 2, NOW.before(limits::CLAIM * 2)] {
        let mut third = Spool::new(Some(folder.path().join("spool")), BOUNDS);
        third.look(NOW);
        assert_eq!(third.len(), 0);
        third.look(later);
        assert_eq!(third.len(), 3);
        let claims: Vec<_> = std::iter::from_fn(|| third.take(NOW)).collect();
        assert_eq!(claims.len(), 3);
    }
}

#[test]
fn what_is_too_much_goes_and_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = spool(&folder);
    for number in 1..=5 {
        spool.push(usage(number));
        spool.keep();
    }
    assert_eq!(
        (spool.len(), spool.take_dropped(), spool.take_dropped()),
        (3, 2, 0)
    );
    assert_eq!(files(&folder).len(), 3);
    assert_eq!(spool.reports(), [usage(3), usage(4), usage(5)]);
    // Made by a process with larger bounds.
    let few = SpoolBounds {
        reports: 1,
        ..BOUNDS
    };
    let mut other = Spool::new(Some(folder.path().join("spool")), few);
    other.look(NOW);
    assert_eq!((other.len(), other.take_dropped()), (1, 2));
}

#[test]
fn a_corrupt_file_is_set_aside_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = spool(&folder);
    first.push(usage(1));
    first.push(usage(2));
    first.keep();
    let broken = folder.path().join("spool").join(&files(&folder)[0]);
    for bytes in [&b""[..], b"{\"kind\":", b"\0\0\0\0"] {
        std::fs::write(&broken, bytes).unwrap();
        let mut spool = spool(&folder);
        let claim = spool.take(NOW).unwrap();
        assert_eq!(claim.report, usage(2));
        assert_eq!(spool.corrupt(), 1);
        spool.put_back(claim, Turn::Last);
        assert_eq!(
            files(&folder)
                .iter()
                .filter(|name| name.ends_with(".corrupt"))
                .count(),
            1
        );
    }
}

#[test]
fn one_that_the_server_stumbles_over_doesn_t_hold_up_the_others() {
    let mut spool = Spool::new(None, BOUNDS);
    spool.push(usage(1));
    spool.push(usage(2));
    let claim = spool.take(NOW).unwrap();
    spool.put_back(claim, Turn::Last);
    assert_eq!(spool.take(NOW).unwrap().report, usage(2));
}

#[test]
fn a_folder_that_can_t_be_written_costs_nothing_but_the_restart() {
    let folder = tempfile::tempdir().unwrap();
    // A file where the folder should be: works for root too, unlike rights.
    std::fs::write(folder.path().join("spool"), "in the way").unwrap();
    let mut spool = spool(&folder);
    spool.push(usage(1));
    spool.keep();
    assert!(spool.trouble().is_some());
    let claim = spool.take(NOW).unwrap();
    spool.put_back(claim, Turn::First);
    assert_eq!(spool.reports(), [usage(1)]);
}

#[test]
fn emptied_is_empty_whoever_comes_later() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = spool(&folder);
    first.push(usage(1));
    first.push(Report::new("jambox", &Stats::new("jambox"), NOW, usage(9).key).unwrap());
    first.keep();
    let claim = first.take(NOW).unwrap();
    std::fs::write(folder.path().join("spool").join("notes.txt"), "a person's").unwrap();
    first.clear();
    assert_eq!(files(&folder), ["notes.txt"]);
    // What was on its way doesn't come back.
    first.put_back(claim, Turn::First);
    assert_eq!((first.len(), spool(&folder).len()), (0, 0));
}
