//! The data dictionary: all that a product reports, since when, by how many servers, with an example, and what
//! operators noted about it and allow.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use roaring::RoaringBitmap;
use rusqlite::{OptionalExtension, params};

use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use super::limits::{DICTIONARY_KEPT_DAYS, SAMPLE_MAX_CHARS};
use super::memo::Weigh;
use super::numbers::compare;
use super::products;
use crate::allow::{List, Mode, Thing};
use crate::model::cells::{self, bitmap};
use crate::model::columns::{self, Key};
use crate::registry::{Allowlist, Note, allowlists, notes};
use crate::report::Number;
use crate::report::fields::VERSION;
use crate::sqlite::sql;
use crate::{Day, Result};

/// Something that a product reports.
#[derive(Debug, Clone, PartialEq)]
pub struct DictionaryEntry {
    /// The product's name.
    pub product: String,
    /// Of which kind it is.
    pub thing: Thing,
    /// Its name.
    pub name: String,
    /// What was seen of it; `None` where it is only noted, or was removed before it was kept.
    pub seen: Option<Seen>,
    /// Since when it is reported, or removed.
    pub first_day: Option<Day>,
    /// What operators noted.
    pub note: Note,
    /// Whether the product's allowlist lets it be kept; `None` where no list is in force.
    pub allowed: Option<bool>,
}

/// What was seen of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// What its values are.
    pub of: ValueType,
    /// Servers that reported it within the window: in their latest usage report of any day.
    pub servers: u64,
    /// Different values on the last day of the window that had any.
    pub values: u64,
    /// Whether there were more than are told apart.
    pub more_values: bool,
    /// The value that most servers had on that day; of equals the one first seen, or the smallest.
    pub sample: Option<Sample>,
}

/// A value, as an example.
#[derive(Debug, Clone, PartialEq)]
pub enum Sample {
    /// Of a dimension; the beginning, where it is long.
    Text(String),
    /// Of a numeric value.
    Number(Number),
}

/// What values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// Texts, and booleans as `true` and `false`.
    Text,
    /// Whole numbers.
    Int,
    /// Numbers with a fraction.
    Float,
    /// Both were seen.
    Mixed,
}

impl ValueType {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            ValueType::Text => "text",
            ValueType::Int => "int",
            ValueType::Float => "float",
            ValueType::Mixed => "mixed",
        }
    }
}

/// What a dimension or a number is to the read model.
pub(super) type Id = (Thing, i64);

/// One thing on a day.
pub(super) struct OnDay {
    pub(super) servers: RoaringBitmap,
    values: u64,
    more_values: bool,
    sample: Common,
}

impl OnDay {
    fn new(servers: RoaringBitmap) -> OnDay {
        OnDay {
            servers,
            values: 0,
            more_values: false,
            sample: Common::None,
        }
    }
}

/// The value that most servers have.
#[derive(Clone, Copy)]
enum Common {
    /// A dimension's, by its id.
    Text(i64),
    Number(Number),
    None,
}

/// All that a product reported on a day. Under the id [`BEYOND`] what is not told apart.
pub(super) struct Reported(pub(super) BTreeMap<Id, OnDay>);

/// No name has it.
pub(super) const BEYOND: i64 = 0;

impl Weigh for Reported {
    fn bytes(&self) -> usize {
        let sets = self.0.values().map(|one| one.servers.serialized_size());
        sets.sum::<usize>() + self.0.len() * size_of::<(Id, OnDay)>()
    }
}

/// All that a product reports, or all products: dimensions, then values, then stats, each by name.
pub(crate) fn dictionary(
    ground: &Ground<'_>,
    asked: &Asked,
    product: &str,
    window: Window,
) -> Result<Vec<DictionaryEntry>> {
    let product = product.to_owned();
    let keys = columns::keys(ground.db, asked.product)?;
    let seen = seen(ground, asked, &keys, window)?;
    let list = allowlists::of(ground.db, &product)?;
    let mut entries: BTreeMap<(Thing, String), DictionaryEntry> = BTreeMap::new();
    let mut add = |thing, name: String, first_day, seen| {
        let entry = DictionaryEntry {
            product: product.clone(),
            thing,
            name: name.clone(),
            seen,
            first_day,
            note: Note::default(),
            allowed: None,
        };
        entries.entry((thing, name)).or_insert(entry);
    };
    let mut query = ground.db.prepare_cached(sql!("query/dictionary"))?;
    let mut rows = query.query([asked.product.0])?;
    while let Some(row) = rows.next()? {
        let (id, first_day) = (row.get(0)?, row.get::<_, Option<i32>>(2)?.map(Day));
        let seen = told(ground, seen.0.get(&(Thing::Dimension, id)), ValueType::Text)?;
        add(Thing::Dimension, row.get(1)?, first_day, Some(seen));
    }
    for key in keys {
        let of = match key.kinds {
            1 => ValueType::Int,
            2 => ValueType::Float,
            _ => ValueType::Mixed,
        };
        let seen = told(ground, seen.0.get(&(Thing::Value, key.id.into())), of)?;
        add(Thing::Value, key.name, Some(key.first_day), Some(seen));
    }
    for (thing, name, since) in &list.removed {
        add(*thing, name.clone(), Some(Day::of(*since)), None);
    }
    let notes = notes::of_product(ground.db, &product)?;
    for ((thing, name), _) in &notes {
        add(*thing, name.clone(), None, None);
    }
    for (of, note) in notes {
        if let Some(entry) = entries.get_mut(&of) {
            entry.note = note;
        }
    }
    let allows = allows(&list);
    Ok(entries
        .into_values()
        .map(|mut entry| {
            entry.allowed = allows.as_ref().map(|list| {
                (entry.thing != Thing::Stat && entry.name == VERSION)
                    || list.allows(entry.thing, &entry.name)
            });
            entry
        })
        .collect())
}

/// The same of every product.
pub(crate) fn all(
    ground: &Ground<'_>,
    asked: &Asked,
    window: Window,
) -> Result<Vec<DictionaryEntry>> {
    let mut all = Vec::new();
    for name in products::names(ground.db)? {
        if let Some(product) = products::named(ground.db, &name)? {
            let filter = asked.filter.clone();
            all.extend(dictionary(
                ground,
                &Asked { product, filter },
                &name,
                window,
            )?);
        }
    }
    Ok(all)
}

/// The list, where it is in force.
fn allows(list: &Allowlist) -> Option<List> {
    if list.mode == Mode::Off {
        return None;
    }
    let mut allows = List::default();
    for (thing, name) in &list.allowed {
        allows.add(*thing, name.clone());
    }
    Some(allows)
}

/// What the days of the window have; of values those of the last day.
pub(super) fn seen(
    ground: &Ground<'_>,
    asked: &Asked,
    keys: &[Key],
    window: Window,
) -> Result<Arc<Reported>> {
    let series = ground.series("dictionary", String::new(), asked, (window, Per::Day))?;
    series.get(window, || {
        let keeps = window.to.0 - window.from.0 < DICTIONARY_KEPT_DAYS;
        let mut cut = ground.cut(asked);
        let mut seen: BTreeMap<Id, OnDay> = BTreeMap::new();
        for day in window.days() {
            let mut read = || {
                let active = cut.get()?.active(ground.db, day)?;
                on_day(ground, asked, keys, day, &active)
            };
            let reported = match keeps && window.from < window.to {
                true => series.get(Per::Day.around(day), read)?,
                // All of a year would take the place of every other answer.
                false => read()?.into(),
            };
            for (id, one) in &reported.0 {
                let new = || OnDay::new(RoaringBitmap::new());
                let all = seen.entry(*id).or_insert_with(new);
                all.servers |= &one.servers;
                all.values = one.values;
                all.more_values = one.more_values;
                all.sample = one.sample;
            }
        }
        Ok(Reported(seen))
    })
}

fn on_day(
    ground: &Ground<'_>,
    asked: &Asked,
    keys: &[Key],
    day: Day,
    active: &RoaringBitmap,
) -> Result<Reported> {
    let mut reported = BTreeMap::new();
    if active.is_empty() {
        return Ok(Reported(reported));
    }
    let mut most: HashMap<i64, u64> = HashMap::new();
    let mut query = ground.db.prepare_cached(sql!("query/day_cells"))?;
    let mut rows = query.query(params![asked.product.0, day.0])?;
    while let Some(row) = rows.next()? {
        let (dimension, value): (i64, i64) = (row.get(0)?, row.get(1)?);
        let servers = bitmap(row.get_ref(2)?)? & active;
        if servers.is_empty() {
            continue;
        }
        let one = reported
            .entry((Thing::Dimension, dimension))
            .or_insert_with(|| OnDay::new(RoaringBitmap::new()));
        // 0 is all that are not told apart.
        if value == 0 {
            one.more_values = true;
        } else {
            one.values += 1;
            let most = most.entry(dimension).or_default();
            if servers.len() > *most {
                *most = servers.len();
                one.sample = Common::Text(value);
            }
        }
        one.servers |= servers;
    }
    for key in keys {
        let numbers = columns::numbers(ground.db, asked.product, day, key.id, active)?;
        if numbers.is_empty() {
            continue;
        }
        let mut values: Vec<Number> = numbers.iter().map(|(_, number)| *number).collect();
        values.sort_unstable_by(compare);
        let same = values.chunk_by(|one, other| compare(one, other).is_eq());
        let (mut different, mut most, mut sample) = (0, 0, Common::None);
        for same in same {
            different += 1;
            if same.len() > most {
                most = same.len();
                sample = same.first().map_or(Common::None, |n| Common::Number(*n));
            }
        }
        let one = OnDay {
            values: different,
            sample,
            ..OnDay::new(numbers.iter().map(|(server, _)| *server).collect())
        };
        reported.insert((Thing::Value, key.id.into()), one);
    }
    let (of, all) = (asked.product, active);
    let texts = cells::read(ground.db, (of, day, cells::BEYOND))? & all;
    let numbers = columns::numbers(ground.db, of, day, columns::BEYOND, all)?;
    let numbers = numbers.iter().map(|(server, _)| *server).collect();
    for (thing, servers) in [(Thing::Dimension, texts), (Thing::Value, numbers)] {
        if !servers.is_empty() {
            reported.insert((thing, BEYOND), OnDay::new(servers));
        }
    }
    Ok(Reported(reported))
}

/// What was seen, as it is told.
fn told(ground: &Ground<'_>, seen: Option<&OnDay>, of: ValueType) -> Result<Seen> {
    let Some(seen) = seen else {
        return Ok(Seen {
            of,
            servers: 0,
            values: 0,
            more_values: false,
            sample: None,
        });
    };
    let sample = match seen.sample {
        Common::None => None,
        Common::Number(number) => Some(Sample::Number(number)),
        Common::Text(id) => {
            let text: Option<String> = ground
                .db
                .prepare_cached(sql!("query/value_text"))?
                .query_row([id], |row| row.get(0))
                .optional()?;
            text.map(|text| Sample::Text(text.chars().take(SAMPLE_MAX_CHARS).collect()))
        }
    };
    Ok(Seen {
        of,
        servers: seen.servers.len(),
        values: seen.values,
        more_values: seen.more_values,
        sample,
    })
}
