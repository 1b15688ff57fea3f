//! What was so on which days: a lane for each thing, filled where it was, and what happened how often in a lane of dots.

use std::fmt::Write;

use super::colour::Paint;
use super::drawing::{Drawing, WIDTH};
use super::svg::{escaped, number, percent, shortened};
use super::time::Time;

/// Pixels from lane to lane.
const ROW: f64 = 26.0;
const THICK: f64 = 14.0;
/// Characters of a lane's name.
const NAME_CHARACTERS: usize = 13;
/// Hover columns at most.
const COLUMNS_MAX: usize = 124;
/// Periods up to which there is room for a number beside a dot.
const NUMBERED_MAX: usize = 45;

/// How often something happened in each period; nothing where that isn't known.
pub(crate) struct Happened<'a> {
    pub(crate) name: &'a str,
    pub(crate) counts: &'a [Option<u64>],
}

/// A lane for each series, the first on top: filled in the periods that have a number. `none` says what a period
/// is in which no lane is. Below them dots where something happened.
pub(crate) fn lanes(time: &Time, none: &str, happened: Option<&Happened<'_>>) -> Drawing {
    let lanes = time.series.len() + usize::from(happened.is_some());
    let height = lanes.max(1) as f64 * ROW;
    let mut drawing = Drawing {
        height,
        left: 180.0,
        has_names: true,
        ..Drawing::default()
    };
    time.bottom(|at| time.slot(at), &mut drawing);
    let count = time.periods.len();
    let slot = WIDTH / count.max(1) as f64;
    for (n, series) in time.series.iter().enumerate() {
        let middle = (n as f64 + 0.5) * ROW;
        let (top, bottom) = (middle - THICK / 2.0, middle + THICK / 2.0);
        let _ = write!(
            drawing.grid,
            r#"<path d="M0 {0}H{WIDTH}"/>"#,
            number(middle)
        );
        let is_there = |at: usize| matches!(series.values.get(at), Some(Some(_)));
        let mut path = String::new();
        let mut at = 0;
        while at < count {
            let begin = at;
            while at < count && is_there(at) {
                at += 1;
            }
            if at > begin {
                let (left, right) = (begin as f64 * slot, at as f64 * slot);
                let _ = write!(
                    path,
                    "M{} {top}H{}V{bottom}H{}Z",
                    number(left),
                    number(right),
                    number(left)
                );
            }
            at += 1;
        }
        let _ = write!(
            drawing.shapes,
            r#"<path class="bar {}" d="{path}"/>"#,
            series.paint.class()
        );
        let _ = write!(
            drawing.words,
            r#"<text class="bar-name" x="0" dx="-10" y="{}" dy="4">{}</text>"#,
            percent(middle / height),
            escaped(&shortened(&series.name, NAME_CHARACTERS))
        );
    }
    if let Some(happened) = happened {
        dots(time, happened, height, &mut drawing);
    }
    let step = count.div_ceil(COLUMNS_MAX).max(1);
    for at in (0..count).step_by(step) {
        let there = time.series.iter().filter_map(|one| {
            one.values.get(at).copied().flatten()?;
            Some(escaped(&one.name))
        });
        let mut there: Vec<String> = there.collect();
        if there.is_empty() {
            there.push(escaped(none));
        }
        if let Some(happened) = happened {
            let count = happened.counts.get(at).copied().flatten();
            let count = count.map_or("not known".to_owned(), |count| count.to_string());
            there.push(escaped(&format!("{}: {count}", happened.name)));
        }
        let width = step as f64 / count as f64;
        let _ = write!(
            drawing.columns,
            r#"<g class="column" data-at="{}"><title>{}
{}</title><rect x="{}" y="0" width="{}" height="100%"/></g>"#,
            number(time.slot(at) * 100.0),
            escaped(&time.label(at)),
            there.join("\n"),
            percent(at as f64 / count as f64),
            percent(width.min(1.0 - at as f64 / count as f64)),
        );
    }
    drawing
}

/// The lowest lane: a line where it is known how often it happened, and a dot where it did.
fn dots(time: &Time, happened: &Happened<'_>, height: f64, drawing: &mut Drawing) {
    let count = time.periods.len();
    let slot = WIDTH / count.max(1) as f64;
    let middle = height - ROW / 2.0;
    let at_height = percent(middle / height);
    for (at, times) in happened.counts.iter().enumerate() {
        let Some(times) = times else { continue };
        let _ = write!(
            drawing.grid,
            r#"<path d="M{} {middle}h{}"/>"#,
            number(at as f64 * slot),
            number(slot)
        );
        if *times == 0 {
            continue;
        }
        let x = percent(time.slot(at));
        let _ = write!(
            drawing.words,
            r#"<circle class="dot {}" cx="{x}" cy="{at_height}" r="{}"/>"#,
            Paint::Other.class(),
            if *times == 1 { 3.5 } else { 5.0 }
        );
        if *times > 1 && count <= NUMBERED_MAX {
            let _ = write!(
                drawing.words,
                r#"<text class="day minor" x="{x}" y="{at_height}" dy="-8">{times}</text>"#
            );
        }
    }
    let _ = write!(
        drawing.words,
        r#"<text class="bar-name" x="0" dx="-10" y="{at_height}" dy="4">{}</text>"#,
        escaped(happened.name)
    );
}

#[cfg(test)]
mod tests {
    use usage_store::Day;

    use super::super::axis::Unit;
    use super::super::colour::Paint;
    use super::super::time::Series;
    use super::*;

    #[test]
    fn a_lane_is_filled_on_its_days_and_gaps_are_named() {
        let time = Time {
            periods: (0..4).map(|n| (Day(20_780 + n), Day(20_780 + n))).collect(),
            series: vec![
                Series {
                    name: "1.9 <".to_owned(),
                    paint: Paint::Series(0),
                    values: vec![None, None, None, Some(1.0)],
                },
                Series {
                    name: "1.8".to_owned(),
                    paint: Paint::Series(1),
                    values: vec![Some(1.0), Some(1.0), None, None],
                },
            ],
            unit: Unit::Count,
            open: false,
            marks: Vec::new(),
        };
        let starts = Happened {
            name: "starts",
            counts: &[None, Some(0), Some(1), Some(3)],
        };
        let drawing = lanes(&time, "no report", Some(&starts));
        assert_eq!(drawing.words.matches("<circle").count(), 2);
        assert_eq!(drawing.grid.matches("h200").count(), 3, "where it is known");
        assert!(
            drawing.words.contains(r#"dy="-8">3</text>"#),
            "{}",
            drawing.words
        );
        assert!(drawing.columns.contains("1.8\nstarts: not known</title>"));
        assert!(
            drawing
                .shapes
                .contains(r#"class="bar s1" d="M600 6H800V20H600Z""#),
            "{}",
            drawing.shapes
        );
        assert!(
            drawing
                .shapes
                .contains(r#"class="bar s2" d="M0 32H400V46H0Z""#),
            "{}",
            drawing.shapes
        );
        assert!(drawing.words.contains("1.9 &lt;</text>"));
        assert!(
            drawing
                .columns
                .contains("2026-11-25\nno report\nstarts: 1</title>"),
            "{}",
            drawing.columns
        );
        assert!(
            drawing
                .columns
                .contains("2026-11-26\n1.9 &lt;\nstarts: 3</title>")
        );
    }
}
