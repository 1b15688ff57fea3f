//! What must hold of whatever a file brings. See `crate::fuzzing`.

use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

use super::format::Record;
use super::lines::{Lines, TooLong};
use crate::fuzzing::readable;
use crate::limits::{FUTURE_SKEW_MAX, IMPORTED_AGE_MAX};

/// A file, after a byte that says into how large pieces it is cut.
pub fn import(bytes: &[u8]) {
    let Some((piece_bytes, file)) = bytes.split_first() else {
        return;
    };
    let lines = lines(&[file]);
    let pieces: Vec<&[u8]> = file.chunks(usize::from(*piece_bytes).max(1)).collect();
    assert_eq!(self::lines(&pieces), lines);
    let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365 * 57);
    for line in &lines {
        match Record::read(line, now) {
            Ok(record) => {
                assert!(serde_json::from_slice::<&RawValue>(&record.body).is_ok());
                assert!(record.received_at <= now + FUTURE_SKEW_MAX);
                assert!(record.received_at >= now - IMPORTED_AGE_MAX);
            }
            Err(errors) => readable(&errors),
        }
    }
}

fn lines(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let (mut lines, mut all) = (Lines::default(), Vec::new());
    let mut each = |number: u64, line: Result<&[u8], TooLong<'_>>| -> Result<(), ()> {
        all.push(line.unwrap_or_default().to_vec());
        assert_eq!(all.len() as u64, number);
        Ok(())
    };
    for piece in pieces {
        let _ = lines.take(piece, &mut each);
    }
    let _ = lines.over(&mut each);
    all
}
