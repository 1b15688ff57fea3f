//! Who uses a feature: on how many servers a value is above zero, or a flag is true.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use roaring::RoaringBitmap;
use rusqlite::params;

use super::asked::{Asked, Per, Window};
use super::ground::Ground;
use super::numbers::is_positive;
use crate::model::cells::bitmap;
use crate::model::columns;
use crate::report::Number;
use crate::sqlite::sql;
use crate::{Day, Error, Result};

/// What a flag says where a feature is in use.
const TRUE: &str = "true";

/// And where it isn't.
const FALSE: &str = "false";

/// A feature on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Penetration {
    /// The day.
    pub day: Day,
    /// Servers that reported anything.
    pub servers: u64,
    /// Those of them that said anything about it.
    pub saying: u64,
    /// Those that use it.
    pub using: u64,
}

/// Something that can be used: a number or a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// Whether it is a flag: true or false.
    pub flag: bool,
    /// How it is used.
    pub of: Penetration,
}

/// Each day of the window, by the servers' latest usage reports of the day. The name is a number's, a flag's,
/// or both.
pub(crate) fn penetration(
    ground: &Ground<'_>,
    asked: &Asked,
    name: &str,
    window: Window,
) -> Result<Vec<Penetration>> {
    let keys = columns::keys(ground.db, asked.product)?;
    let key = keys.iter().find(|key| key.name == name).map(|key| key.id);
    if key.is_none() && !is_flag(ground, asked, name)? {
        return Err(Error::NotFound(format!("a value or a flag {name:?}")));
    }
    let series = ground.series("penetration", name.to_owned(), asked, (window, Per::Day))?;
    let mut cut = ground.cut(asked);
    let mut days = Vec::new();
    for day in window.days() {
        let one = series.get(Per::Day.around(day), || {
            let servers = cut.get()?.active(ground.db, day)?;
            Ok(vec![on(ground, asked, (name, key), day, &servers)?])
        })?;
        days.extend(one.iter());
    }
    Ok(days)
}

/// Everything that can be used on a day, by how many use it.
pub(crate) fn features(ground: &Ground<'_>, asked: &Asked, day: Day) -> Result<Vec<Feature>> {
    let window = Window { from: day, to: day };
    let series = ground.series("features", String::new(), asked, (window, Per::Day))?;
    let features = series.get(window, || {
        let mut cut = ground.cut(asked);
        let servers = cut.get()?.active(ground.db, day)?;
        let mut names: BTreeMap<String, Option<u32>> = BTreeMap::new();
        let mut query = ground.db.prepare_cached(sql!("query/flags"))?;
        let mut rows = query.query(params![asked.product.0, day.0])?;
        while let Some(row) = rows.next()? {
            names.insert(row.get(0)?, None);
        }
        for key in columns::keys(ground.db, asked.product)? {
            names.insert(key.name, Some(key.id));
        }
        let mut features = Vec::new();
        for (name, key) in names {
            let of = on(ground, asked, (&name, key), day, &servers)?;
            if of.saying > 0 {
                let flag = key.is_none();
                features.push(Feature { name, flag, of });
            }
        }
        features.sort_by_key(|one| Reverse(one.of.using));
        Ok(features)
    })?;
    Ok(features.to_vec())
}

/// One on a day, on these servers.
fn on(
    ground: &Ground<'_>,
    asked: &Asked,
    (name, key): (&str, Option<u32>),
    day: Day,
    servers: &RoaringBitmap,
) -> Result<Penetration> {
    let (mut saying, mut using) = flags(ground, asked, name, day)?;
    if let Some(key) = key {
        let numbers = columns::numbers(ground.db, asked.product, day, key, servers)?;
        let positive = numbers.iter().filter(|(_, number)| is_positive(*number));
        saying |= ids(numbers.iter());
        using |= ids(positive);
    }
    Ok(Penetration {
        day,
        servers: servers.len(),
        saying: saying.intersection_len(servers),
        using: using.intersection_len(servers),
    })
}

/// The servers of numbers, which are in their order.
fn ids<'a>(numbers: impl Iterator<Item = &'a (u32, Number)>) -> RoaringBitmap {
    let ids = numbers.map(|(server, _)| *server);
    RoaringBitmap::from_sorted_iter(ids).unwrap_or_default()
}

/// Whether anybody ever said true or false of it: what has other texts only can't be used.
fn is_flag(ground: &Ground<'_>, asked: &Asked, name: &str) -> Result<bool> {
    let mut query = ground.db.prepare_cached(sql!("query/place"))?;
    for said in [TRUE, FALSE] {
        if query.exists(params![asked.product.0, name, said])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Servers with the flag, and those where it is true.
fn flags(
    ground: &Ground<'_>,
    asked: &Asked,
    name: &str,
    day: Day,
) -> Result<(RoaringBitmap, RoaringBitmap)> {
    let mut query = ground.db.prepare_cached(sql!("query/shares"))?;
    let mut rows = query.query(params![asked.product.0, name, day.0])?;
    let mut saying = RoaringBitmap::new();
    let mut using = RoaringBitmap::new();
    while let Some(row) = rows.next()? {
        let value: Option<String> = row.get(0)?;
        let servers = bitmap(row.get_ref(1)?)?;
        if value.as_deref() == Some(TRUE) {
            using |= &servers;
        }
        saying |= servers;
    }
    Ok((saying, using))
}
