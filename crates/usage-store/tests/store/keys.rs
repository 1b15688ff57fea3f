//! The same idempotency key within 30 days counts once; and that costs little.

use std::time::Instant;

use jiff::Timestamp;
use usage_store::{NewReport, Outcome};

use crate::fleet::*;

#[test]
fn the_same_key_counts_once_for_thirty_days() {
    let world = World::new();
    let at = noon(0);
    let first = keyed(usage("c", "s", "1.0", at), 7);
    assert_eq!(world.append(first.clone()), Outcome::Accepted(0));
    assert_eq!(world.append(first.clone()), Outcome::Repeated);
    let other_body = keyed(usage("c", "s", "2.0", at), 7);
    assert_eq!(world.append(other_body), Outcome::KeyReused);
    let world = world.restart();
    let came_at = |at| keyed(usage("c", "s", "1.0", at), 7);
    let late = came_at(at + hours(24 * 30));
    assert_eq!(
        world.append(late),
        Outcome::Repeated,
        "on the thirtieth day"
    );
    let late = came_at(at + hours(24 * 30 + 1));
    assert_eq!(world.append(late.clone()), Outcome::Accepted(1), "after it");
    assert_eq!(
        world.append(late),
        Outcome::Repeated,
        "and the window starts anew"
    );
    assert_eq!(world.journal().len(), 2);
}

#[test]
fn the_same_key_twice_in_one_batch_counts_once() {
    let world = World::new();
    let report = keyed(usage("c", "s", "1.0", noon(0)), 9);
    let outcomes = world.store.append(&[report.clone(), report]).unwrap();
    assert_eq!(outcomes, [Outcome::Accepted(0), Outcome::Repeated]);
}

#[test]
fn keys_are_known_when_they_are_many_and_after_a_restart() {
    const COUNT: u64 = 150_000;
    let world = World::new();
    for batch in many_keyed(0..COUNT, noon(0)).chunks(1_000) {
        world.store.append(batch).unwrap();
    }
    while world.store.tidy_keys(noon(0)).unwrap() {}
    let world = world.restart();
    let again: Vec<u64> = (0..COUNT).step_by(97).collect();
    let known = |world: &World| {
        for n in &again {
            let outcome = world.append(many_keyed(*n..n + 1, noon(29)).remove(0));
            assert_eq!(outcome, Outcome::Repeated, "{n}");
        }
    };
    known(&world);
    while world.store.tidy_keys(noon(1)).unwrap() {}
    known(&world);
    let new = world
        .store
        .append(&many_keyed(COUNT..COUNT + 1_000, noon(1)))
        .unwrap();
    assert_eq!(new.len(), 1_000);
    assert!(new.iter().all(|one| matches!(one, Outcome::Accepted(_))));
}

/// Reports with keys as random as real ones.
fn many_keyed(numbers: std::ops::Range<u64>, at: Timestamp) -> Vec<NewReport> {
    let random = |n: u64, salt: u64| {
        let mut z = (n + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31).to_be_bytes()
    };
    let with_key = |n: u64| {
        let mut report = keyed(usage("c", &format!("s{n}"), "1.0", at), 0);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&random(n, 1 << 40));
        bytes[8..].copy_from_slice(&random(n, 1 << 50));
        if let Some(idempotency) = &mut report.idempotency {
            idempotency.key = Some(bytes);
            idempotency.digest = bytes;
        }
        report
    };
    numbers.map(with_key).collect()
}

/// What keys cost, for a person to read: run it optimized, alone, with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
#[allow(clippy::print_stdout)]
fn what_keys_cost() {
    const EXISTING: u64 = 1_000_000;
    const BATCH: u64 = 60;
    let world = World::new();
    let size = || {
        let file = world.path().join("usage.db");
        world.store.checkpoint().unwrap();
        std::fs::metadata(file).unwrap().len()
    };
    let tidy = |at| while world.store.tidy_keys(at).unwrap() {};
    let append = |numbers: std::ops::Range<u64>, with_keys: bool, batch: u64| {
        let mut took = std::time::Duration::ZERO;
        let mut tidying = std::time::Duration::ZERO;
        for begin in numbers.clone().step_by(batch as usize) {
            let mut reports = many_keyed(begin..(begin + batch).min(numbers.end), noon(0));
            if !with_keys {
                reports.iter_mut().for_each(|one| one.idempotency = None);
            }
            let began = Instant::now();
            world.store.append(&reports).unwrap();
            took += began.elapsed();
            let began = Instant::now();
            if (begin / batch).is_multiple_of(1_000) {
                tidy(noon(0));
                world.store.checkpoint().unwrap();
            }
            tidying += began.elapsed();
        }
        let each = |all: std::time::Duration| all.as_nanos() as u64 / (numbers.end - numbers.start);
        (each(took), each(tidying))
    };
    append(0..EXISTING, false, 4_000);
    let without = size();
    append(EXISTING..2 * EXISTING, true, 4_000);
    tidy(noon(0));
    let keyed = size().saturating_sub(without).saturating_sub(without);
    println!(
        "{} bytes a key, its journal's 16 included",
        keyed / EXISTING
    );
    let mut medians = [Vec::new(), Vec::new()];
    let from = 2 * EXISTING;
    for begin in (from..from + 400 * 2 * BATCH).step_by(2 * BATCH as usize) {
        medians[0].push(append(begin..begin + BATCH, false, BATCH).0);
        medians[1].push(append(begin + BATCH..begin + 2 * BATCH, true, BATCH).0);
    }
    for all in &mut medians {
        all.sort_unstable();
    }
    let [plain, keyed] = medians.map(|all| all[all.len() / 2]);
    println!("median ns a report: {plain} without keys, {keyed} with");
    let (took, tidying) = append(from + 1_000_000..from + 1_300_000, true, BATCH);
    println!("ns a report over 300,000 with keys: {took}, and {tidying} of upkeep beside");
}
