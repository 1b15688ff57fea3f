//! Whose turn it is to write. Commits of reports go first, as senders wait for them; the read
//! model, upkeep and what people do take what is left, but at least every ninth turn. Among these
//! whoever came first goes first: work of many steps must not keep a person waiting.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Commits in a row while somebody patient waits.
const URGENT_IN_A_ROW: u32 = 8;

#[derive(Default)]
pub(crate) struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    taken: bool,
    urgent_waiting: u32,
    patient_waiting: u32,
    urgent_in_a_row: u32,
    /// Who of the patient comes next, and the number for whoever comes last.
    patient_next: u64,
    patient_last: u64,
}

impl State {
    fn patient_is_due(&self) -> bool {
        self.patient_waiting > 0 && self.urgent_in_a_row >= URGENT_IN_A_ROW
    }
}

/// A turn; it ends when this is dropped.
pub(crate) struct Turn<'a>(&'a Turns);

impl Turns {
    /// For a commit that senders wait for.
    pub(crate) fn urgent(&self) -> Turn<'_> {
        let mut state = self.lock();
        state.urgent_waiting += 1;
        while state.taken || state.patient_is_due() {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.urgent_waiting -= 1;
        state.urgent_in_a_row += 1;
        state.taken = true;
        Turn(self)
    }

    /// For everything else.
    pub(crate) fn patient(&self) -> Turn<'_> {
        let mut state = self.lock();
        state.patient_waiting += 1;
        let number = state.patient_last;
        state.patient_last += 1;
        while state.taken
            || state.patient_next != number
            || (state.urgent_waiting > 0 && !state.patient_is_due())
        {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.patient_waiting -= 1;
        state.patient_next += 1;
        state.urgent_in_a_row = 0;
        state.taken = true;
        Turn(self)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().taken = false;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_commit_goes_before_upkeep_that_came_first() {
        let turns = Turns::default();
        let (tell, order) = mpsc::channel();
        std::thread::scope(|scope| {
            let first = turns.patient();
            let patient = tell.clone();
            scope.spawn(|| {
                let _turn = turns.patient();
                let _ = { patient }.send("patient");
            });
            while turns.lock().patient_waiting == 0 {
                std::thread::yield_now();
            }
            scope.spawn(|| {
                let _turn = turns.urgent();
                let _ = { tell }.send("urgent");
            });
            while turns.lock().urgent_waiting == 0 {
                std::thread::yield_now();
            }
            drop(first);
        });
        assert_eq!(order.iter().collect::<Vec<_>>(), ["urgent", "patient"]);
    }

    #[test]
    fn work_of_many_steps_lets_others_in_between() {
        let turns = Turns::default();
        let (tell, order) = mpsc::channel();
        std::thread::scope(|scope| {
            let first = turns.patient();
            let person = tell.clone();
            let waiting = scope.spawn(|| {
                let _turn = turns.patient();
                let _ = { person }.send("person");
            });
            while turns.lock().patient_waiting == 0 {
                std::thread::yield_now();
            }
            drop(first);
            let next_step = turns.patient();
            let _ = tell.send("next step");
            drop((next_step, tell));
            let _ = waiting.join();
        });
        assert_eq!(order.iter().collect::<Vec<_>>(), ["person", "next step"]);
    }

    #[test]
    fn upkeep_is_not_starved() {
        let turns = Turns::default();
        std::thread::scope(|scope| {
            let first = turns.urgent();
            let patient = scope.spawn(|| drop(turns.patient()));
            while turns.lock().patient_waiting == 0 {
                std::thread::yield_now();
            }
            drop(first);
            // Without its due turn this would go on for ever.
            while !patient.is_finished() {
                drop(turns.urgent());
            }
        });
    }
}
