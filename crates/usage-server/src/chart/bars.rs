//! Bars over time, stacked where there are several series.

use std::fmt::Write;

use super::axis::Scale;
use super::drawing::{Drawing, HEIGHT, WIDTH};
use super::svg::number;
use super::time::Time;

/// Of a period's room what its bar takes.
const FILLED: f64 = 0.78;

/// A bar for each period; fainter for one that isn't over.
pub(crate) fn bars(time: &Time) -> Drawing {
    let scale = Scale::up_to(time.most_together(), time.unit);
    let mut drawing = Drawing::default();
    time.side(&scale, &mut drawing);
    time.bottom(|at| time.slot(at), &mut drawing);
    let count = time.periods.len();
    let width = WIDTH / count.max(1) as f64 * FILLED;
    let mut below = vec![0.0; count];
    for series in &time.series {
        let (mut over, mut open) = (String::new(), String::new());
        for (at, low) in below.iter_mut().enumerate() {
            let Some(Some(n)) = series.values.get(at) else {
                continue;
            };
            let (bottom, top) = (scale.part(*low), scale.part(*low + n));
            *low += n;
            if top <= bottom {
                continue;
            }
            let x = time.slot(at) * WIDTH - width / 2.0;
            let is_open = time.open && at + 1 == count;
            let into = if is_open { &mut open } else { &mut over };
            let _ = write!(
                into,
                "M{} {}H{}V{}H{}Z",
                number(x),
                number((1.0 - bottom) * HEIGHT),
                number(x + width),
                number((1.0 - top) * HEIGHT),
                number(x)
            );
        }
        let class = series.paint.class();
        for (path, class) in [(over, class.clone()), (open, format!("{class} open"))] {
            if !path.is_empty() {
                let _ = write!(drawing.shapes, r#"<path class="bar {class}" d="{path}"/>"#);
            }
        }
    }
    drawing.legend = match time.series.len() {
        0 | 1 => Vec::new(),
        _ => time.legend(),
    };
    time.columns(true, &mut drawing);
    drawing
}
