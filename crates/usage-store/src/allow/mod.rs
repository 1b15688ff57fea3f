//! What of a product's reports is kept at all, where an operator said so: lists of names, and what
//! becomes of a body under one, before the journal and the quarantine have it. The verbs by which operators
//! change the lists are the registry's (`registry/allowlists.rs`).
//!
//! Always kept: `cluster_id`, `server_id` and `version`, and a check-in's `product`, as long as they are no
//! objects or arrays. Everything else needs its name on the list.

pub(crate) mod limits;
mod lists;
mod refused;
#[cfg(test)]
mod tests;
mod treat;
mod walk;

use std::collections::HashSet;

pub(crate) use lists::Lists;

/// On a list it stands for all names of its kind.
pub const EVERY_NAME: &str = "*";

/// Stands where something was masked.
pub const MASKED: &str = "(masked)";

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// A tag, or a value that is a text or a boolean; and the host of a check-in, by the name `host`.
    Dimension,
    /// A value that is a number.
    Value,
    /// A series of product stats. Its tags and values are dimensions and values.
    Stat,
}

impl Thing {
    /// All of them.
    pub const ALL: [Thing; 3] = [Thing::Dimension, Thing::Value, Thing::Stat];

    /// As it is said and kept.
    pub fn name(self) -> &'static str {
        match self {
            Thing::Dimension => "dimension",
            Thing::Value => "value",
            Thing::Stat => "stat",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Thing> {
        Thing::ALL.into_iter().find(|thing| thing.name() == name)
    }
}

/// What becomes of what is not on a product's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// It is kept: the list is not in force.
    #[default]
    Off,
    /// It is left out.
    Drop,
    /// Texts and booleans become [`MASKED`], so that it is seen that something came. Numbers are left
    /// out: whatever number stood for one would be counted and summed as one.
    Mask,
}

impl Mode {
    /// All of them.
    pub const ALL: [Mode; 3] = [Mode::Off, Mode::Drop, Mode::Mask];

    /// As it is said and kept.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::Drop => "drop",
            Mode::Mask => "mask",
        }
    }

    /// The mode of this name.
    pub fn named(name: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// Names of each kind.
#[derive(Debug, Clone, Default)]
struct Names([HashSet<String>; Thing::ALL.len()]);

impl Names {
    fn add(&mut self, thing: Thing, name: String) {
        self.0[thing as usize].insert(name);
    }

    fn have(&self, thing: Thing, name: &str) -> bool {
        self.0[thing as usize].contains(name)
    }

    fn len(&self) -> usize {
        self.0.iter().map(HashSet::len).sum()
    }
}

/// What a list leaves of a body that is JSON.
#[cfg(any(test, fuzzing))]
pub(crate) fn kept_of(
    kind: crate::report::Kind,
    body: &[u8],
    masks: bool,
    names: &[(Thing, &str)],
) -> Option<Vec<u8>> {
    let mut list = List {
        masks,
        ..List::default()
    };
    for (thing, name) in names {
        list.add(*thing, (*name).to_owned());
    }
    treat::treat(&list, kind, body, &mut |_, _| ()).map(|treated| treated.body)
}

/// A list that is in force.
#[derive(Debug, Clone, Default)]
pub(crate) struct List {
    /// Whether what is not on it is masked, where it can be.
    masks: bool,
    names: Names,
    /// Whether all names of a kind are on it.
    every: [bool; Thing::ALL.len()],
}

impl List {
    pub(crate) fn add(&mut self, thing: Thing, name: String) {
        self.every[thing as usize] |= name == EVERY_NAME;
        self.names.add(thing, name);
    }

    pub(crate) fn allows(&self, thing: Thing, name: &str) -> bool {
        self.every[thing as usize] || self.names.have(thing, name)
    }
}
