//! The store's stories, each on a real SQLite file: what is appended is kept, counted and
//! found again. One binary, as linking is what takes long.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod aging;
mod allowing;
mod asking;
mod counting;
mod crowding;
mod dictionary;
mod erasing;
mod fleet;
mod folding;
mod forwarding;
mod keeping;
mod keys;
mod leaving;
mod naming;
mod own;
mod people;
mod publishing;
mod questions;
mod rebuilding;
mod registering;
mod remembering;
mod retaining;
mod telling;
mod tokens;
mod valuing;
