//! Parts of a whole as bars below each other, a name before and numbers behind each.

use std::fmt::Write;

use super::colour::Paint;
use super::drawing::{Drawing, WIDTH};
use super::svg::{escaped, number, percent, shortened};

/// Pixels from bar to bar.
const ROW: f64 = 26.0;
const THICK: f64 = 12.0;
/// Of the sheet, what a bar of all takes; the rest is for its numbers.
const LONGEST: f64 = 0.78;
/// Characters of a name.
const NAME_CHARACTERS: usize = 26;

/// One part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bar {
    pub(crate) name: String,
    /// Of 1.
    pub(crate) share: f64,
    /// Its numbers.
    pub(crate) words: String,
    pub(crate) paint: Paint,
}

/// A bar for each part.
pub(crate) fn shares(bars: &[Bar]) -> Drawing {
    let height = bars.len() as f64 * ROW;
    let mut drawing = Drawing {
        height,
        left: 220.0,
        ..Drawing::default()
    };
    for (n, bar) in bars.iter().enumerate() {
        let top = n as f64 * ROW + (ROW - THICK) / 2.0;
        let width = bar.share.clamp(0.0, 1.0) * LONGEST;
        let _ = write!(
            drawing.shapes,
            r#"<path class="bar {}" d="M0 {top}H{}V{}H0Z"/>"#,
            bar.paint.class(),
            number(width * WIDTH),
            number(top + THICK)
        );
        let y = percent((n as f64 + 0.5) * ROW / height);
        let _ = write!(
            drawing.words,
            r#"<text class="bar-name" x="0" dx="-10" y="{y}" dy="4">{}</text><text class="amount" x="{}" dx="8" y="{y}" dy="4">{}</text>"#,
            escaped(&shortened(&bar.name, NAME_CHARACTERS)),
            percent(width),
            escaped(&bar.words)
        );
    }
    drawing
}
