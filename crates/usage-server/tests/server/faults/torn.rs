//! Files that were cut or overwritten: what stands before the damage is there, what is damaged is
//! said, and the server starts and takes reports.

use std::fs;

use super::load::{Answer, Chance, Load, check};
use crate::folder::Folder;
use crate::model;
use crate::patience::until;

const REPORTS: usize = 120;

const CUTS: usize = 30;

/// A report beside those of the load.
const NEW: &str = "/api/v1/usage/new";
const USAGE: &str = r#"[{"tags":null,"values":{"cluster_id":"c1"}}]"#;

/// What a crash left: the two files, and after each answered report how long the WAL was.
struct Left {
    database: Vec<u8>,
    wal: Vec<u8>,
    ends: Vec<(u64, u64)>,
}

fn wal_of(folder: &Folder) -> std::path::PathBuf {
    folder.data().join("usage.db-wal")
}

/// One report after the other, while a reader keeps the WAL from starting anew: it only grows.
fn crash() -> Left {
    let folder = Folder::new();
    let load = Load::on(&folder);
    let server = folder.serve();
    let reader = model::open(&folder);
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM journal")
        .unwrap();
    let mut connection = server.connect();
    let mut ends = Vec::new();
    for n in 0..REPORTS as u64 {
        assert_eq!(load.send_next(&mut connection), Answer::Stored);
        ends.push((n, fs::metadata(wal_of(&folder)).unwrap().len()));
    }
    server.kill();
    Left {
        database: fs::read(folder.database()).unwrap(),
        wal: fs::read(wal_of(&folder)).unwrap(),
        ends,
    }
}

impl Left {
    /// The reports that end before this place.
    fn before(&self, place: u64) -> Vec<u64> {
        let before = self.ends.iter().filter(|(_, end)| *end <= place);
        before.map(|(n, _)| *n).collect()
    }

    /// A folder with this WAL.
    fn with(&self, wal: &[u8]) -> Folder {
        let folder = Folder::new();
        fs::create_dir(folder.data()).unwrap();
        fs::write(folder.database(), &self.database).unwrap();
        fs::write(wal_of(&folder), wal).unwrap();
        folder
    }
}

#[test]
fn a_torn_end_of_the_wal_costs_nothing_that_stands_before_it() {
    let left = crash();
    let mut chance = Chance::new();
    let last = left.wal.len() as u64;
    for cut in 0..CUTS {
        // Also right at the end: within the last page, and in its frame's head.
        let place = match cut {
            0 => last - 1,
            1 => last - 4096 - 12,
            _ => chance.below(last),
        };
        let (head, tail) = left.wal.split_at(place as usize);
        let noise: Vec<u8> = tail.iter().map(|_| chance.below(256) as u8).collect();
        let zeroes = vec![0; tail.len()];
        let mut one_bit = tail.to_vec();
        one_bit[0] ^= 1 << chance.below(8);
        let torn = [&[][..], &noise, &zeroes, &one_bit][cut % 4];
        let folder = left.with(&[head, torn].concat());
        if cut % 5 == 0 {
            let server = folder.serve();
            assert_eq!(server.connect().post(NEW, &[], USAGE).status(), 200);
            server.kill();
            let (new, old): (Vec<_>, Vec<_>) = folder
                .export()
                .into_iter()
                .partition(|report| report.product == "new");
            assert_eq!(new.len(), 1);
            check(&old, &left.before(place), None);
        } else {
            check(&folder.export(), &left.before(place), None);
        }
    }
}

/// Bits that turned in the middle of the journal: everything else works, and the log and the
/// export say what to do.
#[test]
fn a_damaged_block_of_the_journal_is_said_and_does_not_stop_ingest() {
    let folder = Folder::new();
    let server = folder.serve();
    for _ in 0..10 {
        assert_eq!(server.connect().post(NEW, &[], USAGE).status(), 200);
    }
    server.stop();
    let damaged = model::open(&folder)
        .execute(
            "UPDATE journal
             SET packed = CAST(substr(packed, 1, 20) || x'0102030405' || substr(packed, 26) AS BLOB)
             WHERE seq = 5",
            [],
        )
        .unwrap();
    assert_eq!(damaged, 1);
    // As after a rebuild that was interrupted: the read model is to read it again.
    model::open(&folder)
        .execute("UPDATE applied SET seq = 0", [])
        .unwrap();

    let server = folder.serve();
    let advice = "the journal block of report 5 is damaged";
    until("the damage is in the log", || {
        server.said().contains(advice).then_some(())
    });
    assert_eq!(server.connect().post(NEW, &[], USAGE).status(), 200);
    assert_eq!(server.connect().get("/readyz").status(), 200);
    assert_eq!(server.connect().get("/healthz").status(), 200);
    let ended = folder.run(&["export", "reports"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for words in [advice, "restore the newest backup"] {
        assert!(ended.stderr.contains(words), "{words}: {ended:?}");
    }
    assert_eq!(server.said().matches(advice).count(), 1, "said once");
    server.stop();
}

/// Pages of the database itself, overwritten while no server ran.
#[test]
fn a_database_overwritten_with_noise_is_refused_with_advice() {
    let folder = Folder::new();
    let server = folder.serve();
    assert_eq!(server.connect().post(NEW, &[], USAGE).status(), 200);
    server.stop();
    let mut chance = Chance::new();
    let mut bytes = fs::read(folder.database()).unwrap();
    // The first page's head is left: without it, it is not a database at all.
    for byte in &mut bytes[100..] {
        *byte = chance.below(256) as u8;
    }
    fs::write(folder.database(), &bytes).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let said = folder.run(&serve).refused(1);
    assert!(said.contains("restore the newest backup"), "{said}");

    fs::write(folder.database(), &bytes[100..]).unwrap();
    let said = folder.run(&serve).refused(1);
    assert!(said.contains("restore the newest backup"), "{said}");
}
