//! The data dictionary: all that a product reports, since when, by how many servers, with an example, and what
//! operators noted about it and allow.

use std::collections::{BTreeMap, HashMap};

use roaring::RoaringBitmap;
use rusqlite::{OptionalExtension, params};

use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use super::limits::SAMPLE_MAX_CHARS;
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

/// Who reported what within some days, and the last of them on which anybody did. Under the id [`BEYOND`] what is not
/// told apart.
#[derive(Default)]
pub(super) struct Reported(pub(super) BTreeMap<Id, (RoaringBitmap, Day)>);

/// No name has it.
pub(super) const BEYOND: i64 = 0;

impl Reported {
    /// These reported it on a day, which is no earlier than those before.
    fn add(&mut self, id: Id, servers: &RoaringBitmap, day: Day) {
        if !servers.is_empty() {
            let (all, last) = self.0.entry(id).or_insert((RoaringBitmap::new(), day));
            *all |= servers;
            *last = day;
        }
    }
}

impl Weigh for Reported {
    fn bytes(&self) -> usize {
        let sets = self
            .0
            .values()
            .map(|(servers, _)| servers.serialized_size());
        sets.sum::<usize>() + self.0.len() * size_of::<(Id, RoaringBitmap, Day)>()
    }
}

/// The values of something on a day.
#[derive(Clone, Copy)]
struct Values {
    different: u64,
    more: bool,
    sample: Common,
}

/// The value that most servers have.
#[derive(Clone, Copy)]
enum Common {
    /// A dimension's, by its id.
    Text(i64),
    Number(Number),
    None,
}

/// Of each thing who reported it within the window, and its values on the last day that had any.
struct Known {
    reported: Reported,
    values: HashMap<Id, Values>,
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
        let seen = told(ground, &seen, (Thing::Dimension, id), ValueType::Text)?;
        add(Thing::Dimension, row.get(1)?, first_day, Some(seen));
    }
    for key in keys {
        let of = match key.kinds {
            1 => ValueType::Int,
            2 => ValueType::Float,
            _ => ValueType::Mixed,
        };
        let seen = told(ground, &seen, (Thing::Value, key.id.into()), of)?;
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

/// Who reported what within the window. A month that is over stays what it is, and so do the days of this one before
/// the newest.
pub(super) fn reported(
    ground: &Ground<'_>,
    asked: &Asked,
    keys: &[Key],
    window: Window,
) -> Result<Reported> {
    let series = ground.series("dictionary", String::new(), asked, (window, Per::Day))?;
    let mut cut = ground.cut(asked);
    let mut reported = Reported::default();
    for part in parts(window, series.newest(window)) {
        let its = series.get(part, || {
            let mut reported = Reported::default();
            for day in part.days() {
                let active = cut.get()?.active(ground.db, day)?;
                if !active.is_empty() {
                    report(ground, asked, keys, (day, &active), &mut reported)?;
                }
            }
            Ok(reported)
        })?;
        for (id, (servers, last)) in &its.0 {
            reported.add(*id, servers, *last);
        }
    }
    Ok(reported)
}

/// What the days of the window have.
fn seen(ground: &Ground<'_>, asked: &Asked, keys: &[Key], window: Window) -> Result<Known> {
    let reported = reported(ground, asked, keys, window)?;
    let mut cut = ground.cut(asked);
    let mut on_days: BTreeMap<Day, Vec<Id>> = BTreeMap::new();
    let told_apart = reported.0.iter().filter(|((_, id), _)| *id != BEYOND);
    for (id, (_, last)) in told_apart {
        on_days.entry(*last).or_default().push(*id);
    }
    let mut known = Known {
        reported,
        values: HashMap::new(),
    };
    for (day, ids) in on_days {
        let about = format!("{ids:?}");
        let series = ground.series("dictionary's values", about, asked, (window, Per::Day))?;
        let values = series.get(Per::Day.around(day), || {
            let active = cut.get()?.active(ground.db, day)?;
            values(ground, asked, (day, &active), &ids)
        })?;
        known.values.extend(values.iter().copied());
    }
    Ok(known)
}

/// The window in parts, cut at the ends of months and before its newest day.
fn parts(window: Window, newest: Option<Day>) -> Vec<Window> {
    let mut parts = Vec::new();
    let Some(newest) = newest else { return parts };
    let mut from = window.from;
    while from <= newest {
        let mut to = Per::Month.around(from).to.min(newest);
        if from < newest && to == newest {
            to = newest.plus(-1);
        }
        parts.push(Window { from, to });
        from = to.plus(1);
    }
    parts
}

/// Who reported what on a day.
fn report(
    ground: &Ground<'_>,
    asked: &Asked,
    keys: &[Key],
    (day, active): (Day, &RoaringBitmap),
    reported: &mut Reported,
) -> Result<()> {
    let mut dimensions: BTreeMap<i64, RoaringBitmap> = BTreeMap::new();
    let mut query = ground.db.prepare_cached(sql!("query/day_cells"))?;
    let mut rows = query.query(params![asked.product.0, day.0])?;
    while let Some(row) = rows.next()? {
        *dimensions.entry(row.get(0)?).or_default() |= bitmap(row.get_ref(2)?)?;
    }
    for (dimension, servers) in dimensions {
        reported.add((Thing::Dimension, dimension), &(servers & active), day);
    }
    for key in keys {
        let servers = columns::servers(ground.db, asked.product, day, key.id)?;
        reported.add((Thing::Value, key.id.into()), &(servers & active), day);
    }
    let texts = cells::read(ground.db, (asked.product, day, cells::BEYOND))?;
    let numbers = columns::servers(ground.db, asked.product, day, columns::BEYOND)?;
    for (thing, servers) in [(Thing::Dimension, texts), (Thing::Value, numbers)] {
        reported.add((thing, BEYOND), &(servers & active), day);
    }
    Ok(())
}

/// The values of some things on a day.
fn values(
    ground: &Ground<'_>,
    asked: &Asked,
    (day, active): (Day, &RoaringBitmap),
    ids: &[Id],
) -> Result<Vec<(Id, Values)>> {
    let mut most: BTreeMap<i64, (u64, Values)> = BTreeMap::new();
    if ids.iter().any(|(thing, _)| *thing == Thing::Dimension) {
        let mut query = ground.db.prepare_cached(sql!("query/day_cells"))?;
        let mut rows = query.query(params![asked.product.0, day.0])?;
        while let Some(row) = rows.next()? {
            let (dimension, value): (i64, i64) = (row.get(0)?, row.get(1)?);
            if !ids.contains(&(Thing::Dimension, dimension)) {
                continue;
            }
            let servers = bitmap(row.get_ref(2)?)?.intersection_len(active);
            if servers == 0 {
                continue;
            }
            let none = Values {
                different: 0,
                more: false,
                sample: Common::None,
            };
            let (most, values) = most.entry(dimension).or_insert((0, none));
            // 0 is all that are not told apart.
            if value == 0 {
                values.more = true;
                continue;
            }
            values.different += 1;
            if servers > *most {
                *most = servers;
                values.sample = Common::Text(value);
            }
        }
    }
    let dimensions = most.into_iter();
    let dimensions = dimensions.map(|(id, (_, values))| ((Thing::Dimension, id), values));
    let mut all: Vec<(Id, Values)> = dimensions.collect();
    let numbers = ids.iter().filter(|(thing, _)| *thing == Thing::Value);
    for id in numbers {
        let key = u32::try_from(id.1).unwrap_or_default();
        let numbers = columns::numbers(ground.db, asked.product, day, key, active)?;
        let (different, sample) = different(&numbers);
        let values = Values {
            different,
            more: false,
            sample: sample.map_or(Common::None, Common::Number),
        };
        all.push((*id, values));
    }
    Ok(all)
}

/// How many different ones there are, and the smallest of those that are there most often.
fn different(numbers: &[(u32, Number)]) -> (u64, Option<Number>) {
    let whole = numbers.iter().map(|(_, number)| match number {
        Number::Int(n) => Some(*n),
        _ => None,
    });
    // Mostly all are, and those are put in order some times faster.
    match whole.collect::<Option<Vec<i64>>>() {
        Some(mut whole) => {
            whole.sort_unstable();
            let (different, most) = runs(whole.chunk_by(|one, other| one == other));
            (different, most.map(Number::Int))
        }
        None => {
            let mut numbers: Vec<Number> = numbers.iter().map(|(_, number)| *number).collect();
            numbers.sort_unstable_by(compare);
            runs(numbers.chunk_by(|one, other| compare(one, other).is_eq()))
        }
    }
}

/// How many runs there are, and the first of the first of the longest.
fn runs<'a, T: Copy + 'a>(runs: impl Iterator<Item = &'a [T]>) -> (u64, Option<T>) {
    let (mut different, mut longest, mut first) = (0, 0, None);
    for run in runs {
        different += 1;
        if run.len() > longest {
            (longest, first) = (run.len(), run.first().copied());
        }
    }
    (different, first)
}

/// What was seen, as it is told.
fn told(ground: &Ground<'_>, known: &Known, id: Id, of: ValueType) -> Result<Seen> {
    let servers = known
        .reported
        .0
        .get(&id)
        .map_or(0, |(servers, _)| servers.len());
    let Some(values) = known.values.get(&id) else {
        return Ok(Seen {
            of,
            servers,
            values: 0,
            more_values: false,
            sample: None,
        });
    };
    let sample = match values.sample {
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
        servers,
        values: values.different,
        more_values: values.more,
        sample,
    })
}
