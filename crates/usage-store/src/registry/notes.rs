//! What operators note about what products report: what it means, in which unit, who knows, and how
//! sensitive it is.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::audit;
use super::limits::NOTE_MAX_BYTES;
use crate::allow::Thing;
use crate::sqlite::sql;
use crate::{Error, Result, Store};

/// How sensitive something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensitivity {
    /// Anybody may know it.
    Public,
    /// Not for the world.
    Internal,
    /// It may tell something about a person.
    Personal,
}

impl Sensitivity {
    /// All of them.
    pub const ALL: [Sensitivity; 3] = [
        Sensitivity::Public,
        Sensitivity::Internal,
        Sensitivity::Personal,
    ];

    /// As it is said and kept.
    pub fn name(self) -> &'static str {
        match self {
            Sensitivity::Public => "public",
            Sensitivity::Internal => "internal",
            Sensitivity::Personal => "personal",
        }
    }

    /// The sensitivity of this name.
    pub fn named(name: &str) -> Option<Sensitivity> {
        let mut all = Sensitivity::ALL.into_iter();
        all.find(|one| one.name() == name)
    }
}

/// What is noted about one thing; empty texts where nothing is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note {
    /// What it means.
    pub description: String,
    /// What its numbers count.
    pub unit: String,
    /// Who knows more.
    pub owner: String,
    /// How sensitive it is.
    pub sensitivity: Option<Sensitivity>,
}

/// Notes of the data dictionary.
impl Store {
    /// Changes what is noted about a thing that a product reports, or will. A note without anything in it
    /// goes.
    pub fn describe(
        &self,
        product: &str,
        (thing, name): (Thing, &str),
        change: impl FnOnce(&mut Note),
        by: &str,
        now: Timestamp,
    ) -> Result<Note> {
        self.write(|db| {
            let before = one(db, product, (thing, name))?;
            let mut note = before.clone();
            change(&mut note);
            for text in [&note.description, &note.unit, &note.owner] {
                if text.len() > NOTE_MAX_BYTES {
                    return Err(Error::TooMany {
                        what: "bytes in a note",
                        most: NOTE_MAX_BYTES as u32,
                    });
                }
            }
            if note == before {
                return Ok(note);
            }
            let kind = thing.name();
            match note == Note::default() {
                true => db
                    .prepare_cached(sql!("registry/forget_note"))?
                    .execute([product, kind, name])?,
                false => db
                    .prepare_cached(sql!("registry/save_note"))?
                    .execute(params![
                        product,
                        kind,
                        name,
                        note.description,
                        note.unit,
                        note.owner,
                        note.sensitivity.map_or("", Sensitivity::name),
                    ])?,
            };
            let subject = format!("{product}: {kind} {name}");
            audit::write(db, now, by, "describe", &subject)?;
            Ok(note)
        })
    }
}

fn one(db: &Connection, product: &str, (thing, name): (Thing, &str)) -> Result<Note> {
    let note = db
        .prepare_cached(sql!("registry/note"))?
        .query_row([product, thing.name(), name], |row| read(row, 0))
        .optional()?;
    Ok(note.unwrap_or_default())
}

/// All notes of a product.
pub(crate) fn of_product(db: &Connection, product: &str) -> Result<Vec<((Thing, String), Note)>> {
    let mut query = db.prepare_cached(sql!("registry/notes"))?;
    let mut rows = query.query([product])?;
    let mut notes = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(0)?;
        if let Some(thing) = Thing::named(&kind) {
            notes.push(((thing, row.get(1)?), read(row, 2)?));
        }
    }
    Ok(notes)
}

fn read(row: &Row<'_>, from: usize) -> rusqlite::Result<Note> {
    let sensitivity: String = row.get(from + 3)?;
    Ok(Note {
        description: row.get(from)?,
        unit: row.get(from + 1)?,
        owner: row.get(from + 2)?,
        sensitivity: Sensitivity::named(&sensitivity),
    })
}
