//! Lines out of a file that comes in pieces, each bounded.

use crate::limits::IMPORT_LINE_MAX_BYTES;

/// The end of the last piece, and where it is.
#[derive(Debug, Default)]
pub(super) struct Lines {
    begun: Vec<u8>,
    /// The line is longer than is taken: its rest is passed over.
    too_long: bool,
    number: u64,
}

/// A line of more bytes than the limit; its beginning.
#[derive(Debug, PartialEq)]
pub(super) struct TooLong<'a>(pub(super) &'a [u8]);

impl Lines {
    /// Takes the next piece, and hands out each line that ends in it with its number, from 1 on.
    pub(super) fn take<E>(
        &mut self,
        mut piece: &[u8],
        mut each: impl FnMut(u64, Result<&[u8], TooLong<'_>>) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(end) = piece.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = (&piece[..end], &piece[end + 1..]);
            piece = rest;
            self.keep(line);
            self.end(&mut each)?;
        }
        self.keep(piece);
        Ok(())
    }

    /// The file is over: hands out its last line, if that has no end.
    pub(super) fn over<E>(
        &mut self,
        mut each: impl FnMut(u64, Result<&[u8], TooLong<'_>>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.begun.is_empty() {
            return Ok(());
        }
        self.end(&mut each)
    }

    fn keep(&mut self, part: &[u8]) {
        let room = IMPORT_LINE_MAX_BYTES - self.begun.len();
        self.too_long |= part.len() > room;
        self.begun.extend_from_slice(&part[..part.len().min(room)]);
    }

    fn end<E>(
        &mut self,
        each: &mut impl FnMut(u64, Result<&[u8], TooLong<'_>>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.number += 1;
        let done = each(
            self.number,
            if self.too_long {
                Err(TooLong(&self.begun))
            } else {
                Ok(&self.begun)
            },
        );
        self.begun.clear();
        self.too_long = false;
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pieces: &[&[u8]]) -> Vec<(u64, Result<String, usize>)> {
        let (mut lines, mut all) = (Lines::default(), Vec::new());
        let mut each = |number, line: Result<&[u8], TooLong<'_>>| {
            let line = line.map(|line| String::from_utf8_lossy(line).into_owned());
            all.push((number, line.map_err(|long| long.0.len())));
            Ok::<(), ()>(())
        };
        for piece in pieces {
            lines.take(piece, &mut each).unwrap();
        }
        lines.over(&mut each).unwrap();
        all
    }

    #[test]
    fn lines_are_the_same_however_the_file_is_cut() {
        let expected = vec![
            (1, Ok("one".to_owned())),
            (2, Ok(String::new())),
            (3, Ok("three".to_owned())),
        ];
        assert_eq!(all(&[b"one\n\nthree"]), expected);
        assert_eq!(all(&[b"o", b"ne", b"\n\nth", b"ree\n"]), expected);
    }

    #[test]
    fn a_line_without_end_costs_bounded_memory_and_only_itself() {
        let long = vec![b'x'; IMPORT_LINE_MAX_BYTES];
        assert_eq!(
            all(&[&long, b"y", &long, b"\nnext\n"]),
            [(1, Err(IMPORT_LINE_MAX_BYTES)), (2, Ok("next".to_owned()))]
        );
        assert!(all(&[&long, b"\n"])[0].1.is_ok());
    }
}
