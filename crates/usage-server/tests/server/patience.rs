//! Waiting for a condition, with a deadline. The only place that decides how long is too long.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Far beyond what anything here takes, also on a busy machine: past it, something hangs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(240);

/// Between two looks at a condition that nothing announces.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Looks until there is something to see; panics with `what` at the deadline.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    until_well(what, || look().ok_or(""))
}

/// Tries until it goes well; panics with `what` and the last reason at the deadline.
pub(crate) fn until_well<T, E: std::fmt::Display>(
    what: &str,
    mut attempt: impl FnMut() -> Result<T, E>,
) -> T {
    let begin = Instant::now();
    // Nobody ever sends: receiving is a pause.
    let (_nobody, pause) = channel::<()>();
    loop {
        match attempt() {
            Ok(done) => return done,
            Err(why) => assert!(
                begin.elapsed() < DEADLINE,
                "waited too long for: {what} {why}"
            ),
        }
        let _ = pause.recv_timeout(BETWEEN_LOOKS);
    }
}
