//! Charts: pure functions from numbers to SVG text. They know no store and no HTTP, and say nothing in words
//! but what stands on axes and beside lines; titles, summaries and tables belong to `pages/panel.rs`.
//!
//! ```text
//! Time (periods, series) -> lines, areas, bars --.
//! Part (name, number)    -> shares              --+-> Drawing -> in_page: part of a page, coloured by its style sheet
//!                                                               -> alone: a file of its own, with its colours in it
//! ```
//!
//! A drawing has two layers. Shapes are drawn on a sheet of 800 by 240 that stretches to whatever room there
//! is; words, dots and hover columns are placed by percent, so they keep their size from a phone to a wall.

mod areas;
mod axis;
mod bands;
mod bars;
mod colour;
mod drawing;
mod flows;
mod histogram;
mod lanes;
mod lines;
mod matrix;
mod shares;
mod spans;
mod sparkline;
mod svg;
mod time;

pub(crate) use self::areas::areas;
pub(crate) use self::axis::Unit;
pub(crate) use self::bands::{bands, medians};
pub(crate) use self::bars::bars;
pub(crate) use self::colour::{Paint, Theme};
pub(crate) use self::drawing::Drawing;
pub(crate) use self::flows::flows;
pub(crate) use self::histogram::{Bucket, histogram};
pub(crate) use self::lanes::{Happened, lanes};
pub(crate) use self::lines::lines;
pub(crate) use self::matrix::{Cohort, matrix, shade};
pub(crate) use self::shares::{Bar, shares};
pub(crate) use self::spans::{Span, spans};
pub(crate) use self::sparkline::sparkline;
pub(crate) use self::time::{Mark, Series, Time};

#[cfg(test)]
mod tests;
