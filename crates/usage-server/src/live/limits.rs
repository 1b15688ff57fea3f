//! Limits of looking at reports as they come, each with its reason.

use std::time::Duration;

/// Who may look at once: every operator in a few windows. Each is asked for their session twice a second.
pub(super) const WATCHERS_MAX: usize = 50;

/// Between two looks at the journal: nobody reads faster.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Lines of a look; what is more is counted. Ten a second are more than anybody reads.
pub(super) const LINES_A_LOOK: usize = 5;

/// Frames that wait for a watcher; who is behind by more is let go, and comes back if they like.
pub(super) const FRAMES_WAITING: usize = 8;

/// A sign of life, so that no proxy takes the silence for the end; and the longest that a session which ended
/// is noticed late.
pub(super) const BEAT_EVERY: Duration = Duration::from_secs(10);

/// Lines that a page shows at first, and the script keeps.
pub(crate) const LINES_SHOWN: usize = 20;
