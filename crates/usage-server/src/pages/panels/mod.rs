//! The panels that pages are made of, one file each: what is asked, and the answer as summary, drawing and table.
//! To add one: a file with a `Panel`, a line in `PANELS`, and `desk.show(&panels::it::PANEL, &[])` on a page.

mod pivot;

pub(super) mod active;
pub(super) mod shares;

use super::panel::Panel;

/// All of them: each is also a file, `/charts/{name}.svg`.
pub(super) static PANELS: &[&Panel] = &[&active::PANEL, &shares::PANEL];
