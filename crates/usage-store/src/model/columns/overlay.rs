//! The numbers of one server and day as a row of `day_numbers`, until they are packed: keys in order, each
//! with its number.
//!
//! ```text
//! numbers := { key delta, tag, number }     whole numbers are LEB128, signed ones zigzag; floats 8 bytes
//! ```

use rusqlite::{Connection, params};

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

/// Takes a server's numbers of a day out.
pub(crate) fn forget(
    db: &Connection,
    (product, day, server): (ProductId, Day, ServerId),
) -> Result<()> {
    db.prepare_cached(sql!("erasure/forget_numbers"))?
        .execute(params![product.0, day.0, server.0])?;
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
                put(&mut out, ((n << 1) ^ (n >> 63)) as u64);
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

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
