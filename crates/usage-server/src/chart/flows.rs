//! Bars over time that go up for who comes and down for who goes, each stacked.

use std::fmt::Write;

use super::axis::Scale;
use super::drawing::{Drawing, HEIGHT, WIDTH};
use super::svg::{number, percent};
use super::time::Time;

/// Of a period's room what its bar takes.
const FILLED: f64 = 0.78;

/// The first `up` series go up from zero, the others down.
pub(crate) fn flows(time: &Time, up: usize) -> Drawing {
    let together = |downwards: bool| -> f64 {
        let of = |at: usize| -> f64 {
            let series = time.series.iter().enumerate();
            let series = series.filter(|(n, _)| (*n >= up) == downwards);
            let values = series.filter_map(|(_, one)| *one.values.get(at)?);
            values.sum()
        };
        (0..time.periods.len()).map(of).fold(0.0, f64::max)
    };
    let (most_up, most_down) = (together(false), together(true));
    // Half as many lines on each side as one side alone would have.
    let scale = Scale::up_to(most_up.max(most_down), time.unit);
    let step = scale.ticks.get(1).copied().unwrap_or(1.0);
    let steps = |most: f64| (most / step - 1e-9).ceil().max(0.0);
    let (above, below) = (steps(most_up).max(1.0), steps(most_down));
    let lines = above + below;
    let y = |n: f64| (above - n / step) / lines * HEIGHT;
    let mut drawing = Drawing::default();
    let mut line = -(below as i32);
    while line <= above as i32 {
        let at = y(f64::from(line) * step);
        let _ = write!(drawing.grid, r#"<path d="M0 {}H{WIDTH}"/>"#, number(at));
        // What is below zero is as many, in the other direction.
        let _ = write!(
            drawing.words,
            r#"<text class="side" x="0" dx="-8" y="{}" dy="4">{}</text>"#,
            percent(at / HEIGHT),
            time.unit.short(f64::from(line.abs()) * step)
        );
        line += 1;
    }
    time.bottom(|at| time.slot(at), &mut drawing);
    let width = WIDTH / time.periods.len().max(1) as f64 * FILLED;
    let mut ends = vec![(0.0, 0.0); time.periods.len()];
    for (n, series) in time.series.iter().enumerate() {
        let (mut over, mut open) = (String::new(), String::new());
        for (at, (high, low)) in ends.iter_mut().enumerate() {
            let Some(Some(count)) = series.values.get(at) else {
                continue;
            };
            let (from, to) = match n < up {
                true => (*high, *high + count),
                false => (*low, *low - count),
            };
            match n < up {
                true => *high = to,
                false => *low = to,
            }
            if *count <= 0.0 {
                continue;
            }
            let x = time.slot(at) * WIDTH - width / 2.0;
            let is_open = time.open && at + 1 == time.periods.len();
            let into = if is_open { &mut open } else { &mut over };
            let _ = write!(
                into,
                "M{} {}H{}V{}H{}Z",
                number(x),
                number(y(from)),
                number(x + width),
                number(y(to)),
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
    let _ = write!(
        drawing.over,
        r#"<path class="zero" d="M0 {}H{WIDTH}"/>"#,
        number(y(0.0))
    );
    time.columns(true, &mut drawing);
    drawing.legend = time.legend();
    drawing
}

#[cfg(test)]
mod tests {
    use usage_store::Day;

    use super::super::axis::Unit;
    use super::super::colour::Paint;
    use super::super::time::Series;
    use super::*;

    #[test]
    fn who_comes_goes_up_and_who_goes_goes_down() {
        let series = [
            ("New", [2.0, 1.0]),
            ("Back", [1.0, 0.0]),
            ("Gone", [0.0, 1.0]),
        ];
        let series = series.iter().enumerate().map(|(n, (name, values))| Series {
            name: (*name).to_owned(),
            paint: Paint::Series(n),
            values: values.iter().map(|n| Some(*n)).collect(),
        });
        let time = Time {
            periods: vec![(Day(20_780), Day(20_780)), (Day(20_781), Day(20_781))],
            series: series.collect(),
            unit: Unit::Count,
            open: true,
            marks: Vec::new(),
        };
        let drawing = flows(&time, 2);
        assert_eq!(
            drawing.shapes,
            concat!(
                r#"<path class="bar s1" d="M44 180H356V60H44Z"/><path class="bar s1 open" d="M444 180H756V120H444Z"/>"#,
                r#"<path class="bar s2" d="M44 60H356V0H44Z"/>"#,
                r#"<path class="bar s3 open" d="M444 180H756V240H444Z"/>"#,
            )
        );
        assert!(drawing.over.contains("M0 180H800"));
        assert!(
            drawing.words.contains(r#"y="100%" dy="4">1</text>"#),
            "no minus"
        );
    }

    #[test]
    fn nothing_has_an_axis() {
        let none = Time {
            periods: Vec::new(),
            series: Vec::new(),
            unit: Unit::Count,
            open: false,
            marks: Vec::new(),
        };
        assert!(!flows(&none, 1).grid.contains("NaN"));
    }
}
