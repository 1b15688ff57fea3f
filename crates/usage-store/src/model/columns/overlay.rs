//! The numbers of one server and day as a row of `day_numbers`, until they are packed: keys in order, each
//! with its number.
//!
//! ```text
//! numbers := { key delta, tag, number }
//! ```
//! Key deltas and whole numbers are LEB128, signed ones zigzag; floats have 8 bytes.

use rusqlite::{Connection, params};

use super::damaged;
use crate::leb128::{put, put_signed, take, take_signed};
use crate::query::{ProductId, ServerId};
use crate::report::Number;
use crate::sqlite::sql;
use crate::{Day, Result};

/// Sorted by key, keys unique.
pub(crate) type Numbers = Vec<(u32, Number)>;

const INT: u8 = 0;
const UINT: u8 = 1;
const FLOAT: u8 = 2;

/// Writes a server's numbers of a day: they replace what is packed.
pub(crate) fn save(
    db: &Connection,
    (product, day, server): (ProductId, Day, ServerId),
    numbers: &[(u32, Number)],
) -> Result<()> {
    db.prepare_cached(sql!("model/save_numbers"))?
        .execute(params![product.0, day.0, server.0, encode(numbers)])?;
    Ok(())
}

/// The rows of a day's servers from one id up to another, in order.
pub(super) fn rows(
    db: &Connection,
    (product, day): (ProductId, Day),
    servers: std::ops::Range<u32>,
) -> Result<Vec<(u32, Numbers)>> {
    let mut query = db.prepare_cached(sql!("columns/overlay"))?;
    let mut rows = query.query(params![product.0, day.0, servers.start, servers.end])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let server = row.get(0)?;
        let numbers = decode(row.get_ref(1)?.as_blob().unwrap_or_default());
        let numbers = numbers.ok_or_else(|| damaged(product, day, &format!("server {server}")))?;
        found.push((server, numbers));
    }
    Ok(found)
}

/// Takes the rows of these servers out.
pub(super) fn forget(
    db: &Connection,
    (product, day): (ProductId, Day),
    servers: std::ops::Range<u32>,
) -> Result<()> {
    db.prepare_cached(sql!("columns/forget_overlay"))?
        .execute(params![product.0, day.0, servers.start, servers.end])?;
    Ok(())
}

fn encode(numbers: &[(u32, Number)]) -> Vec<u8> {
    let mut out = Vec::with_capacity(numbers.len() * 5);
    let mut last = 0;
    for (key, number) in numbers {
        put(&mut out, u64::from(key - last));
        last = *key;
        match *number {
            Number::Int(n) => {
                out.push(INT);
                put_signed(&mut out, n);
            }
            Number::UInt(n) => {
                out.push(UINT);
                put(&mut out, n);
            }
            Number::Float(n) => {
                out.push(FLOAT);
                out.extend_from_slice(&n.to_le_bytes());
            }
        }
    }
    out
}

/// `None` where the bytes don't follow the format.
fn decode(bytes: &[u8]) -> Option<Numbers> {
    let mut input = bytes;
    let mut numbers = Numbers::new();
    let mut last = None;
    while !input.is_empty() {
        let delta = u32::try_from(take(&mut input)?).ok()?;
        let key = match last {
            None => delta,
            Some(_) if delta == 0 => return None,
            Some(last) => delta.checked_add(last)?,
        };
        last = Some(key);
        let (&tag, rest) = input.split_first()?;
        input = rest;
        let number = match tag {
            INT => Number::Int(take_signed(&mut input)?),
            UINT => Number::UInt(take(&mut input)?),
            FLOAT => {
                let (float, rest) = input.split_first_chunk()?;
                input = rest;
                Number::Float(f64::from_le_bytes(*float))
            }
            _ => return None,
        };
        numbers.push((key, number));
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_numbers() -> impl Strategy<Value = Numbers> {
        let number = prop_oneof![
            any::<i64>().prop_map(Number::Int),
            (-9i64..9).prop_map(Number::Int),
            any::<u64>().prop_map(Number::UInt),
            (-1e300f64..1e300).prop_map(Number::Float),
        ];
        prop::collection::btree_map(any::<u32>(), number, 0..20)
            .prop_map(|numbers| numbers.into_iter().collect())
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(numbers in any_numbers()) {
            prop_assert_eq!(decode(&encode(&numbers)), Some(numbers));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Some(numbers) = decode(&bytes) {
                prop_assert!(numbers.is_sorted_by(|a, b| a.0 < b.0));
            }
        }
    }
}
