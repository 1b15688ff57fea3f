//! What forms send that are only a button: that it was meant here, and maybe which of a list it stands beside.

use serde::Deserialize;

/// A button that needs nothing else.
#[derive(Deserialize)]
pub(super) struct Pressed {
    #[serde(default)]
    pub(super) csrf: String,
}

/// A button beside something that has an id.
#[derive(Deserialize)]
pub(super) struct Meant {
    #[serde(default)]
    pub(super) csrf: String,
    pub(super) id: i64,
}
