//! Stacked areas: how parts of a whole change over time.

use std::fmt::Write;

use super::axis::{Scale, Unit};
use super::drawing::{Drawing, HEIGHT, WIDTH};
use super::svg::{number, path};
use super::time::Time;

/// An area for each series, the first at the bottom.
pub(crate) fn areas(time: &Time) -> Drawing {
    let scale = match time.unit {
        Unit::Share => Scale::shares(),
        unit => Scale::up_to(time.most_together(), unit),
    };
    let mut drawing = Drawing::default();
    time.side(&scale, &mut drawing);
    time.bottom(|at| time.along(at), &mut drawing);
    let count = time.periods.len();
    let mut below = vec![0.0; count];
    let mut ends = Vec::new();
    for series in &time.series {
        let value = |at: usize| series.values.get(at).copied().flatten().unwrap_or(0.0);
        let above: Vec<f64> = below
            .iter()
            .enumerate()
            .map(|(at, n)| n + value(at))
            .collect();
        let last = (below.last(), above.last());
        ends.push(match last {
            // Too thin to be named beside.
            (Some(low), Some(high)) if scale.part(high - low) * HEIGHT >= 5.0 => {
                Some(scale.part((low + high) / 2.0))
            }
            _ => None,
        });
        if above.iter().zip(&below).any(|(high, low)| high > low) {
            let _ = write!(
                drawing.shapes,
                r#"<path class="area {}" d="{}Z"/>"#,
                series.paint.class(),
                outline(time, &scale, &above, &below)
            );
        }
        below = above;
    }
    time.marks(&mut drawing);
    time.ends(&ends, &mut drawing);
    // As they lie.
    drawing.legend = time.legend();
    drawing.legend.reverse();
    time.columns(false, &mut drawing);
    drawing
}

/// Along the top edge and back along the bottom one; a single period fills the sheet.
fn outline(time: &Time, scale: &Scale, above: &[f64], below: &[f64]) -> String {
    let y = |n: f64| (1.0 - scale.part(n)) * HEIGHT;
    if let ([high], [low]) = (above, below) {
        let (high, low) = (number(y(*high)), number(y(*low)));
        return format!("M0 {high}H{WIDTH}V{low}H0");
    }
    let over = above.iter().enumerate();
    let over = over.map(|(at, n)| (time.along(at) * WIDTH, y(*n)));
    let back = below.iter().enumerate().rev();
    let back = back.map(|(at, n)| (time.along(at) * WIDTH, y(*n)));
    path(over.chain(back).map(Some))
}
