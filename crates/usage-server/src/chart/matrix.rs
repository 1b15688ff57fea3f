//! A matrix as a heat map: a row for each cohort, a column for each period after it. A page shows it as a table whose
//! cells have the same shades; this is the drawing for a file of its own.

use std::fmt::Write;

use super::axis::Unit;
use super::colour::Paint;
use super::drawing::{Drawing, WIDTH};
use super::svg::{escaped, number, percent};

/// How many shades there are, the strongest for all.
const SHADES: u8 = 10;

/// A row's height, in pixels.
const ROW: f64 = 26.0;

/// How strong the strongest shade is: what stands on it is read in both themes.
const STRONGEST: f64 = 0.55;

/// Room for the rows' names, in pixels.
const LEFT: f64 = 120.0;

/// A cohort.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cohort {
    pub(crate) name: String,
    /// What part of it is there in each period, from its own on. Fewer than others have for younger ones.
    pub(crate) shares: Vec<Option<f64>>,
}

/// The shade of a share: 0, none, to the strongest.
pub(crate) fn shade(share: f64) -> u8 {
    match share > 0.0 {
        true => ((share * f64::from(SHADES)).ceil() as u8).clamp(1, SHADES),
        false => 0,
    }
}

/// A cell for each share, with its number in it.
pub(crate) fn matrix(cohorts: &[Cohort]) -> Drawing {
    let columns = cohorts
        .iter()
        .map(|one| one.shares.len())
        .max()
        .unwrap_or(0);
    let height = cohorts.len() as f64 * ROW;
    let mut drawing = Drawing {
        height: height.max(ROW),
        left: LEFT,
        ..Drawing::default()
    };
    let slot = 1.0 / columns.max(1) as f64;
    for (row, cohort) in cohorts.iter().enumerate() {
        let middle = (row as f64 + 0.5) * ROW / drawing.height;
        let _ = write!(
            drawing.words,
            r#"<text class="bar-name" x="0" dx="-10" y="{}" dy="4">{}</text>"#,
            percent(middle),
            escaped(&cohort.name)
        );
        for (column, share) in cohort.shares.iter().enumerate() {
            let Some(share) = *share else { continue };
            let opacity = f64::from(shade(share)) / f64::from(SHADES) * STRONGEST;
            let _ = write!(
                drawing.shapes,
                r#"<rect class="bar {}" fill-opacity="{}" x="{}" y="{}" width="{}" height="{}"/>"#,
                Paint::Series(0).class(),
                number(opacity),
                number(column as f64 * slot * WIDTH + 1.0),
                number(row as f64 * ROW + 1.0),
                number((slot * WIDTH - 2.0).max(1.0)),
                number(ROW - 2.0)
            );
            // Where there are many, no number fits.
            if slot * WIDTH >= 40.0 {
                let _ = write!(
                    drawing.words,
                    r#"<text class="name at" x="{}" y="{}" dy="4">{}</text>"#,
                    percent((column as f64 + 0.5) * slot),
                    percent(middle),
                    Unit::Share.short((share * 100.0).round() / 100.0)
                );
            }
        }
    }
    let step = columns.div_ceil(14).max(1);
    for column in (0..columns).step_by(step) {
        let _ = write!(
            drawing.words,
            r#"<text class="day" x="{}" y="100%" dy="18">{column}</text>"#,
            percent((column as f64 + 0.5) * slot)
        );
    }
    drawing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_a_shade_and_only_none_has_none() {
        let shades = [0.0, 0.001, 0.1, 0.101, 0.5, 1.0, 1.5, f64::NAN].map(shade);
        assert_eq!(shades, [0, 1, 1, 2, 5, 10, 10, 0]);
    }

    #[test]
    fn younger_cohorts_have_fewer_cells() {
        let cohort = |name: &str, shares: &[f64]| Cohort {
            name: name.to_owned(),
            shares: shares.iter().map(|n| Some(*n)).collect(),
        };
        let drawing = matrix(&[cohort("2026-10-05", &[1.0, 0.5]), cohort("<b>", &[1.0])]);
        assert_eq!(
            drawing.shapes,
            concat!(
                r#"<rect class="bar s1" fill-opacity="0.55" x="1" y="1" width="398" height="24"/>"#,
                r#"<rect class="bar s1" fill-opacity="0.28" x="401" y="1" width="398" height="24"/>"#,
                r#"<rect class="bar s1" fill-opacity="0.55" x="1" y="27" width="398" height="24"/>"#,
            )
        );
        assert_eq!(drawing.height, 52.0);
        assert!(drawing.words.contains("50\u{a0}%") && drawing.words.contains("&lt;b&gt;"));
        assert!(matrix(&[]).shapes.is_empty());
    }
}
