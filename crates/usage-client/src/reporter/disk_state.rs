//! The engine's state on disk.

use std::io;
use std::path::Path;

use super::identity::read_small;
use crate::core::State;
use crate::disk;

const NAME: &str = "state.json";

/// What an earlier process left; nothing where there is none, or it is broken.
pub(super) fn load(folder: Option<&Path>) -> State {
    let bytes = folder.and_then(|folder| read_small(&folder.join(NAME)).ok());
    bytes
        .and_then(|bytes| State::from_json(&bytes))
        .unwrap_or_default()
}

pub(super) fn save(folder: Option<&Path>, state: &State) -> io::Result<()> {
    let Some(folder) = folder else { return Ok(()) };
    disk::create_folder(folder)?;
    disk::replace(&folder.join(NAME), &state.to_json())
}
