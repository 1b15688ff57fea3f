//! `kill -9` under load, again and again, for as long as `USAGE_KILL_SECONDS` says. What was
//! answered is there, once; what wasn't may be; a key makes the second try harmless; and the
//! numbers are those of a rebuild.

use std::time::{Duration, Instant};

use super::load::{Chance, Load};
use crate::folder::Folder;
use crate::model;

/// Without the variable: long enough to see that it works.
const SECONDS: u64 = 5;

const SENDERS: usize = 12;

/// Kills of one folder, until it is looked at as a whole and the next one begins.
const CYCLES_OF_A_FOLDER: u64 = 150;

/// Accepted reports before a kill, at most: some kills come early in a server's life.
const LIFETIME: u64 = 200;

/// One in so many is killed while it starts.
const KILLED_AT_START: u64 = 6;

/// Longer than a start takes.
const START_MICROS: u64 = 150_000;

/// Sent again after each restart although they were answered.
const SENT_AGAIN: usize = 5;

fn allowed() -> Duration {
    let said = std::env::var("USAGE_KILL_SECONDS").ok();
    Duration::from_secs(said.map_or(SECONDS, |said| {
        said.parse().expect("USAGE_KILL_SECONDS is a number")
    }))
}

#[test]
fn what_was_answered_survives_and_is_counted_once() {
    let (begin, allowed) = (Instant::now(), allowed());
    let mut chance = Chance::new();
    let (mut cycles, mut reports) = (0, 0);
    while cycles == 0 || begin.elapsed() < allowed {
        let folder = Folder::new();
        let load = Load::on(&folder);
        let mut here = 0;
        while here == 0 || (here < CYCLES_OF_A_FOLDER && begin.elapsed() < allowed) {
            cycle(&folder, &load, &mut chance);
            here += 1;
        }
        check_all(&folder, &load);
        (cycles, reports) = (cycles + here, reports + load.sent());
        println!(
            "{} of {} s: {cycles} kills, {reports} reports, none lost, none doubled",
            begin.elapsed().as_secs(),
            allowed.as_secs()
        );
    }
}

fn cycle(folder: &Folder, load: &Load, chance: &mut Chance) {
    if chance.below(KILLED_AT_START) == 0 {
        let starting = folder.begin_to_serve();
        starting.leave_alone(Duration::from_micros(chance.below(START_MICROS)));
        starting.kill();
    }
    let server = folder.serve();
    load.try_again(&server, SENT_AGAIN);
    let address = server.address();
    load.run(address, SENDERS, || {
        load.until_stored(chance.below(LIFETIME) + 1);
        server.kill();
    });
}

fn check_all(folder: &Folder, load: &Load) {
    // A side command may be the first to open what a kill left behind.
    load.check(folder);
    let server = folder.serve();
    load.try_again(&server, SENT_AGAIN);
    load.check(folder);

    model::is_that_of_a_rebuild(folder, server);
}
