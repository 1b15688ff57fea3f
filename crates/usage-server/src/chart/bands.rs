//! What a value comes to over time: the median with the bands up to other percentiles, or medians of groups. On an
//! axis of powers of ten where the largest would press all others to the ground.

use std::fmt::Write;

use super::axis::Unit;
use super::drawing::{Drawing, HEIGHT, WIDTH};
use super::svg::{number, path, percent};
use super::time::{Series, Time};

/// From this many times the lowest number of the first series on, the axis is one of powers of ten.
const POWERS_FROM: f64 = 40.0;

/// Ticks of an axis of powers of ten at most.
const POWERS_TICKS: i32 = 6;

/// The first series with what lies between it and each further one tinted: all in ascending order.
pub(crate) fn bands(time: &Time) -> Drawing {
    draw(time, true)
}

/// A line for each series, on the same axis.
pub(crate) fn medians(time: &Time) -> Drawing {
    draw(time, false)
}

fn draw(time: &Time, tinted: bool) -> Drawing {
    let heights = Heights::of(time);
    let mut drawing = Drawing::default();
    heights.side(time.unit, &mut drawing);
    time.bottom(|at| time.along(at), &mut drawing);
    if let (true, Some((first, others))) = (tinted, time.series.split_first()) {
        for other in others.iter().rev() {
            tint(time, &heights, (first, other), &mut drawing);
        }
    }
    for series in time.series.iter().rev() {
        let (over, open) = points(time, &heights, series);
        let class = series.paint.class();
        let _ = write!(
            drawing.shapes,
            r#"<path class="line {class}" d="{}"/>"#,
            path(over.into_iter())
        );
        if let Some(way) = open {
            let way = path(way.into_iter().map(Some));
            let _ = write!(
                drawing.shapes,
                r#"<path class="line open {class}" d="{way}"/>"#
            );
        }
    }
    let last = |series: &Series| {
        let known = series.values.iter().rev().find_map(|n| *n);
        known.map(|n| heights.part(n))
    };
    let ends: Vec<Option<f64>> = time.series.iter().map(last).collect();
    time.ends(&ends, &mut drawing);
    time.columns(false, &mut drawing);
    drawing.legend = time.legend();
    drawing
}

type Point = (f64, f64);

/// The points of periods that are over, and the way to the one that isn't.
fn points(
    time: &Time,
    heights: &Heights,
    series: &Series,
) -> (Vec<Option<Point>>, Option<[Point; 2]>) {
    let point = |(at, n): (usize, &Option<f64>)| Some((time.along(at) * WIDTH, heights.y((*n)?)));
    let mut points: Vec<Option<Point>> = series.values.iter().enumerate().map(point).collect();
    if !time.open || points.len() < 2 {
        return (points, None);
    }
    let last = points.pop().flatten();
    let before = points.last().copied().flatten();
    match (before, last) {
        (Some(before), Some(last)) => (points, Some([before, last])),
        (None, Some(_)) => {
            points.push(last);
            (points, None)
        }
        (_, None) => (points, None),
    }
}

/// What lies between two lines, where both are known.
fn tint(time: &Time, heights: &Heights, (low, high): (&Series, &Series), drawing: &mut Drawing) {
    let known = |at: usize| {
        Some((
            low.values.get(at).copied()??,
            high.values.get(at).copied()??,
        ))
    };
    let count = time.periods.len();
    let mut at = 0;
    let mut data = String::new();
    while at < count {
        let run: Vec<(f64, f64, f64)> = (at..count)
            .map_while(|at| known(at).map(|(low, high)| (time.along(at) * WIDTH, low, high)))
            .collect();
        if run.len() > 1 {
            let top = run.iter().map(|(x, _, high)| Some((*x, heights.y(*high))));
            data.push_str(&path(top));
            for (x, low, _) in run.iter().rev() {
                let _ = write!(data, "L{} {}", number(*x), number(heights.y(*low)));
            }
            data.push('Z');
        }
        at += run.len().max(1);
    }
    if !data.is_empty() {
        let class = low.paint.class();
        let _ = write!(drawing.shapes, r#"<path class="wash {class}" d="{data}"/>"#);
    }
}

/// Where a number is, from the bottom to the top.
#[derive(Debug, Clone, PartialEq)]
struct Heights {
    low: f64,
    top: f64,
    powers: bool,
    ticks: Vec<f64>,
}

impl Heights {
    fn of(time: &Time) -> Heights {
        let all = || {
            time.series
                .iter()
                .flat_map(|one| one.values.iter().flatten().copied())
        };
        let known = all().filter(|n| n.is_finite());
        let (least, most) = known.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, top), n| {
            (low.min(n), top.max(n))
        });
        if least > most {
            return Heights::even(0.0, 1.0, time.unit);
        }
        match least > 0.0 && most / least >= POWERS_FROM && time.unit == Unit::Number {
            true => Heights::powers(least, most),
            false => Heights::even(least.min(0.0), most.max(0.0), time.unit),
        }
    }

    /// Even steps that zero is one of.
    fn even(least: f64, most: f64, unit: Unit) -> Heights {
        let most = if least == 0.0 && most == 0.0 {
            1.0
        } else {
            most
        };
        // Each half alone, as the difference of two large ones may be too large.
        let raw = (most / 4.0 - least / 4.0).max(f64::MIN_POSITIVE);
        let power = 10f64.powf(raw.log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|one| one * power);
        let whole = |step: f64| unit != Unit::Count || step.fract() == 0.0;
        let step = steps
            .into_iter()
            .find(|&step| step >= raw * 0.999 && whole(step))
            .unwrap_or(1.0_f64.max(power * 10.0));
        let first = (least / step + 1e-9).floor().min(0.0);
        let last = (most / step - 1e-9).ceil().max(0.0);
        let ticks = (first as i32..=last as i32).map(|n| f64::from(n) * step);
        let ticks = ticks.filter(|tick| tick.is_finite());
        Heights {
            low: (first * step).max(f64::MIN),
            top: (last * step).min(f64::MAX),
            powers: false,
            ticks: ticks.collect(),
        }
    }

    fn powers(least: f64, most: f64) -> Heights {
        let (first, last) = (least.log10().floor() as i32, most.log10().ceil() as i32);
        let last = last.max(first + 1);
        let step = ((last - first) / POWERS_TICKS).max(0) + 1;
        let ticks = (first..=last).step_by(step as usize);
        let power = |n: i32| format!("1e{n}").parse().unwrap_or(f64::MAX);
        Heights {
            low: power(first),
            top: power(last),
            powers: true,
            ticks: ticks.map(power).collect(),
        }
    }

    /// As a part of 1 from the bottom.
    fn part(&self, n: f64) -> f64 {
        let part = match self.powers {
            true => (n / self.low).log10() / (self.top / self.low).log10(),
            // Halves, as above.
            false => (n / 2.0 - self.low / 2.0) / (self.top / 2.0 - self.low / 2.0),
        };
        match part.is_finite() {
            true => part.clamp(0.0, 1.0),
            false => 0.0,
        }
    }

    fn y(&self, n: f64) -> f64 {
        (1.0 - self.part(n)) * HEIGHT
    }

    /// Lines across, and the numbers beside them.
    fn side(&self, unit: Unit, drawing: &mut Drawing) {
        for tick in &self.ticks {
            let y = self.y(*tick);
            let _ = write!(drawing.grid, r#"<path d="M0 {}H{WIDTH}"/>"#, number(y));
            let _ = write!(
                drawing.words,
                r#"<text class="side" x="0" dx="-8" y="{}" dy="4">{}</text>"#,
                percent(y / HEIGHT),
                unit.short(*tick)
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use usage_store::Day;

    use super::super::colour::Paint;
    use super::*;

    fn time(series: &[(&str, &[f64])], unit: Unit) -> Time {
        let days = series.first().map_or(0, |(_, values)| values.len());
        let series = series.iter().enumerate().map(|(n, (name, values))| Series {
            name: (*name).to_owned(),
            paint: Paint::Series(n),
            values: values.iter().map(|n| (!n.is_nan()).then_some(*n)).collect(),
        });
        Time {
            periods: (0..days as i32)
                .map(|n| (Day(20_780 + n), Day(20_780 + n)))
                .collect(),
            series: series.collect(),
            unit,
            open: true,
            marks: Vec::new(),
        }
    }

    #[test]
    fn bands_reach_from_the_median_up_and_break_where_nothing_is_known() {
        let none = f64::NAN;
        let time = time(
            &[
                ("median", &[10.0, 20.0, none, 20.0, 10.0]),
                ("p90", &[40.0, 40.0, none, 40.0, 40.0]),
            ],
            Unit::Number,
        );
        let drawing = bands(&time);
        assert_eq!(
            drawing.shapes,
            concat!(
                r#"<path class="wash s1" d="M0 0L200 0L200 120L0 180ZM600 0L800 0L800 180L600 120Z"/>"#,
                r#"<path class="line s2" d="M0 0L200 0M600 0h0"/><path class="line open s2" d="M600 0L800 0"/>"#,
                r#"<path class="line s1" d="M0 180L200 120M600 120h0"/><path class="line open s1" d="M600 120L800 180"/>"#,
            )
        );
        assert!(drawing.words.contains(r#"dy="4">40</text>"#));
        assert!(drawing.has_ends && drawing.words.contains("p90"));
        assert!(drawing.columns.contains("median: 20\np90: 40"));
        assert!(!medians(&time).shapes.contains("wash"));
    }

    #[test]
    fn where_the_largest_is_far_off_the_axis_has_powers_of_ten() {
        let wide = Heights::of(&time(
            &[("median", &[3.0, 8.0]), ("p99", &[70_000.0, 90_000.0])],
            Unit::Number,
        ));
        assert_eq!(wide.ticks, [1.0, 10.0, 100.0, 1e3, 1e4, 1e5]);
        assert_eq!(wide.part(1.0), 0.0);
        assert_eq!(wide.part(1e5), 1.0);
        let below = Heights::of(&time(&[("median", &[-30.0, 50.0])], Unit::Number));
        assert_eq!(below.ticks, [-40.0, -20.0, 0.0, 20.0, 40.0, 60.0]);
        let same = Heights::of(&time(&[("median", &[7.0, 7.0])], Unit::Number));
        assert_eq!((same.low, same.top), (0.0, 8.0));
    }

    #[test]
    fn nothing_draws_nothing() {
        let drawing = bands(&time(&[("median", &[f64::NAN, f64::NAN])], Unit::Number));
        assert!(!drawing.shapes.contains("NaN"), "{}", drawing.shapes);
    }

    proptest! {
        #[test]
        fn every_number_has_a_place_and_few_ticks_do(
            values in prop::collection::vec(any::<f64>().prop_filter("finite", |n| n.is_finite()), 1..9),
            positive in any::<bool>(),
        ) {
            let values: Vec<f64> = values.iter().map(|n| if positive { n.abs() } else { *n }).collect();
            let time = time(&[("median", &values)], Unit::Number);
            let heights = Heights::of(&time);
            prop_assert!((1..=12).contains(&heights.ticks.len()), "{:?}", heights);
            let drawing = bands(&time);
            let text = [drawing.shapes, drawing.words, drawing.columns].concat();
            prop_assert!(!text.contains("NaN") && !text.contains("inf"), "{}", text);
        }
    }
}
