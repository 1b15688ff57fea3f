//! Whoever forwards reports keeps its place here, and finds where to begin.

use usage_store::NewReport;

use crate::fleet::*;

#[test]
fn each_target_has_a_place_that_survives_a_restart() {
    let world = World::new();
    assert_eq!(world.store.forward_position("here").unwrap(), None);
    world.store.set_forward_position("here", 3).unwrap();
    world.store.set_forward_position("there", 5).unwrap();
    world.store.set_forward_position("here", 4).unwrap();
    let world = world.restart();
    assert_eq!(world.store.forward_position("here").unwrap(), Some(4));
    assert_eq!(world.store.forward_position("there").unwrap(), Some(5));
    assert_eq!(world.store.forward_position("repack").unwrap(), None);
}

#[test]
fn a_place_is_found_by_the_time_of_receipt() {
    let world = World::new();
    assert_eq!(world.store.journal_first().unwrap(), 0);
    assert_eq!(world.store.place_received(noon(0)).unwrap(), 0);
    for day in 0..5 {
        let reports: Vec<NewReport> = (0..700)
            .map(|n| usage("c", &format!("s{n}"), "1.0", noon(day)))
            .collect();
        world.store.append(&reports).unwrap();
    }
    world.apply_all();
    while world.store.repack().unwrap() {}
    for day in 0..5 {
        let place = 700 * day as u64;
        assert_eq!(world.store.place_received(noon(day)).unwrap(), place);
    }
    assert_eq!(world.store.place_received(noon(9)).unwrap(), 3_500);
    while world.store.retire(noon(2)).unwrap() {}
    assert_eq!(world.store.journal_first().unwrap(), 1_024);
    assert_eq!(world.store.place_received(noon(0)).unwrap(), 1_024);
    assert_eq!(world.store.place_received(noon(3)).unwrap(), 2_100);
}
