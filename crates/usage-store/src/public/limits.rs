//! Every limit of the public pages, each with its reason.

/// Weeks that are published: half a year shows several releases.
pub const PUBLIC_WEEKS: i32 = 26;

/// Days after its last that a week is published: most reports that were late have come then.
pub const PUBLIC_SETTLED_DAYS: i32 = 2;

/// The threshold where none was chosen.
pub const PUBLIC_THRESHOLD: u32 = 10;

/// The smallest threshold: of fewer customers each could be recognized by the others.
pub const PUBLIC_THRESHOLD_MIN: u32 = 5;

/// The largest threshold: a page that hides more is empty.
pub const PUBLIC_THRESHOLD_MAX: u32 = 10_000;

/// Groups of a week and chart that are published: more than are drawn, so that what is drawn may change.
pub(super) const PUBLIC_PARTS_MAX: usize = 50;

/// Characters of a published name: anybody can report under any, and a version is no sentence.
pub(super) const PUBLIC_NAME_MAX_CHARS: usize = 32;
