//! The panels that pages are made of, one file each: what is asked, and the answer as summary, drawing and table.
//! To add one: a file with a `Panel`, a line in `PANELS`, and `desk.show(&panels::it::PANEL, &[])` on a page.

mod lane;

pub(super) mod active;
pub(super) mod adoption;
pub(super) mod behind;
pub(super) mod cluster;
pub(super) mod features;
pub(super) mod histogram;
pub(super) mod ids;
pub(super) mod lifecycle;
pub(super) mod paths;
pub(super) mod penetration;
pub(super) mod pivot;
pub(super) mod releases;
pub(super) mod retention;
pub(super) mod server;
pub(super) mod shares;
pub(super) mod upgrades;
pub(super) mod value_groups;
pub(super) mod values;

use super::panel::Panel;

/// All of them: each is also a file, `/charts/{name}.svg`.
pub(super) static PANELS: &[&Panel] = &[
    &active::PANEL,
    &values::PANEL,
    &value_groups::PANEL,
    &histogram::PANEL,
    &penetration::PANEL,
    &features::PANEL,
    &retention::PANEL,
    &lifecycle::PANEL,
    &adoption::PANEL,
    &behind::PANEL,
    &releases::PANEL,
    &upgrades::PANEL,
    &paths::PANEL,
    &shares::PANEL,
    &ids::PANEL,
    &cluster::SERVERS,
    &cluster::VERSIONS,
    &server::PANEL,
];
