//! Lines over time.

use std::fmt::Write;

use super::axis::{Scale, Unit};
use super::colour::Paint;
use super::drawing::{Drawing, HEIGHT, WIDTH};
use super::svg::{number, path, percent};
use super::time::{Series, Time};

/// A line for each series; where there is only one, what is below it is tinted. The way to a period that isn't over
/// is dashed.
pub(crate) fn lines(time: &Time) -> Drawing {
    let scale = match time.unit {
        Unit::Share if time.most() > 0.5 => Scale::shares(),
        unit => Scale::up_to(time.most(), unit),
    };
    let mut drawing = Drawing::default();
    time.side(&scale, &mut drawing);
    time.bottom(|at| time.along(at), &mut drawing);
    if let [only] = time.series.as_slice() {
        wash(time, only, &scale, &mut drawing);
    }
    // The first series lies on top.
    for series in time.series.iter().rev() {
        line(time, series, &scale, &mut drawing);
    }
    if time.periods.len() == 1 {
        dots(time, &scale, &mut drawing);
    }
    let last = |series: &Series| {
        let known = series.values.iter().rev().find_map(|n| *n);
        known.map(|n| scale.part(n))
    };
    let ends: Vec<Option<f64>> = time.series.iter().map(last).collect();
    time.marks(&mut drawing);
    time.ends(&ends, &mut drawing);
    drawing.legend = time.legend();
    time.columns(false, &mut drawing);
    drawing
}

/// Of a single period there is no line to be seen.
fn dots(time: &Time, scale: &Scale, drawing: &mut Drawing) {
    for series in &time.series {
        if let Some(Some(n)) = series.values.first() {
            let _ = write!(
                drawing.words,
                r#"<circle class="dot {}" cx="{}" cy="{}" r="4.5"/>"#,
                series.paint.class(),
                percent(time.along(0)),
                percent(1.0 - scale.part(*n))
            );
        }
    }
}

fn point(time: &Time, scale: &Scale, at: usize, n: Option<f64>) -> Option<(f64, f64)> {
    let y = (1.0 - scale.part(n?)) * HEIGHT;
    Some((time.along(at) * WIDTH, y))
}

fn line(time: &Time, series: &Series, scale: &Scale, drawing: &mut Drawing) {
    let points: Vec<Option<(f64, f64)>> = series
        .values
        .iter()
        .enumerate()
        .map(|(at, n)| point(time, scale, at, *n))
        .collect();
    let sure = match time.open {
        true => points.len().saturating_sub(1),
        false => points.len(),
    };
    let class = series.paint.class();
    let (over, rest) = points.split_at(sure);
    let _ = write!(
        drawing.shapes,
        r#"<path class="line {class}" d="{}"/>"#,
        path(over.iter().copied())
    );
    if let (Some(Some(from)), Some(Some(to))) = (over.last(), rest.first()) {
        let way = path([Some(*from), Some(*to)].into_iter());
        let _ = write!(
            drawing.shapes,
            r#"<path class="line open {class}" d="{way}"/>"#
        );
    } else if let Some(Some(to)) = rest.first() {
        let _ = write!(
            drawing.shapes,
            r#"<path class="line {class}" d="{}"/>"#,
            path([Some(*to)].into_iter())
        );
    }
}

/// The tint below a line, from known point to known point.
fn wash(time: &Time, series: &Series, scale: &Scale, drawing: &mut Drawing) {
    let class = match series.paint {
        Paint::Series(n) => Paint::Series(n).class(),
        Paint::Other => return,
    };
    let points: Vec<(f64, f64)> = series
        .values
        .iter()
        .enumerate()
        .filter_map(|(at, n)| point(time, scale, at, *n))
        .collect();
    if let (Some(first), Some(last)) = (points.first(), points.last()) {
        let _ = write!(
            drawing.shapes,
            r#"<path class="wash {class}" d="{}L{} {HEIGHT}L{} {HEIGHT}Z"/>"#,
            path(points.iter().copied().map(Some)),
            number(last.0),
            number(first.0)
        );
    }
}
