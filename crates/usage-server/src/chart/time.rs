//! What all charts over time share: periods, series, the hover columns and what stands along the edges.

use std::fmt::Write;

use usage_store::Day;

use super::axis::{Scale, Unit, day_ticks};
use super::colour::Paint;
use super::drawing::{Drawing, Entry, HEIGHT, WIDTH};
use super::svg::{escaped, number, percent, shortened};

/// Hover columns at most: more than that no pointer hits apart.
const COLUMNS_MAX: usize = 124;

/// Characters of a name beside a line's end.
const END_CHARACTERS: usize = 14;

/// Space that a name at a line's end takes, in the units of the sheet.
const END_HEIGHT: f64 = 17.0;

/// Numbers over time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Time {
    /// The first and the last day of each period.
    pub(crate) periods: Vec<(Day, Day)>,
    pub(crate) series: Vec<Series>,
    pub(crate) unit: Unit,
    /// The last period isn't over: what it counts will grow.
    pub(crate) open: bool,
    /// Days on which something happened.
    pub(crate) marks: Vec<Mark>,
}

/// One line, area or kind of bar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) paint: Paint,
    /// A number for each period; nothing where nothing is known.
    pub(crate) values: Vec<Option<f64>>,
}

/// Something that happened on a day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mark {
    pub(crate) day: Day,
    pub(crate) label: String,
}

impl Time {
    /// Whether there is anything to draw.
    pub(crate) fn is_empty(&self) -> bool {
        let mut values = self.series.iter().flat_map(|one| &one.values).flatten();
        self.periods.is_empty() || !values.any(|n| *n != 0.0)
    }

    /// A period's name: a day, or its first and last.
    pub(crate) fn label(&self, at: usize) -> String {
        let Some((from, to)) = self.periods.get(at) else {
            return String::new();
        };
        let open = match self.open && at + 1 == self.periods.len() {
            true => " so far",
            false => "",
        };
        match from == to {
            true => format!("{from}{open}"),
            false => format!("{from} to {to}{open}"),
        }
    }

    /// When a period was, in a sentence.
    pub(crate) fn on(&self, at: usize) -> String {
        match self.periods.get(at) {
            Some((from, to)) if from != to => format!("from {}", self.label(at)),
            _ => format!("on {}", self.label(at)),
        }
    }

    /// The largest number of any series.
    pub(super) fn most(&self) -> f64 {
        let values = self.series.iter().flat_map(|one| &one.values).flatten();
        values.copied().fold(0.0, f64::max)
    }

    /// The largest sum of a period.
    pub(super) fn most_together(&self) -> f64 {
        let sum = |at: usize| -> f64 {
            let values = self.series.iter().filter_map(|one| *one.values.get(at)?);
            values.sum()
        };
        (0..self.periods.len()).map(sum).fold(0.0, f64::max)
    }

    /// Where a period's point is, as a part of the width: from edge to edge.
    pub(super) fn along(&self, at: usize) -> f64 {
        match self.periods.len() {
            0 | 1 => 0.5,
            n => at as f64 / (n - 1) as f64,
        }
    }

    /// Where the middle of a period's bar is.
    pub(super) fn slot(&self, at: usize) -> f64 {
        (at as f64 + 0.5) / self.periods.len().max(1) as f64
    }

    /// Lines across at the scale's ticks, and the numbers beside them.
    pub(super) fn side(&self, scale: &Scale, drawing: &mut Drawing) {
        side(scale, self.unit, drawing);
    }

    /// Days along the bottom, at these places.
    pub(super) fn bottom(&self, place: impl Fn(usize) -> f64, drawing: &mut Drawing) {
        let days: Vec<Day> = self.periods.iter().map(|(from, _)| *from).collect();
        for tick in day_ticks(&days) {
            let at = place(tick.at);
            let anchor = match at {
                _ if at > 0.97 => " end",
                _ if at < 0.03 => " start",
                _ => "",
            };
            let minor = if tick.minor { " minor" } else { "" };
            let _ = write!(
                drawing.words,
                r#"<text class="day{anchor}{minor}" x="{}" y="100%" dy="18">{}</text>"#,
                percent(at),
                tick.label
            );
        }
    }

    /// A column for each period that says its exact numbers where a pointer or the arrow keys come, in the order of
    /// the legend.
    pub(super) fn columns(&self, slots: bool, drawing: &mut Drawing) {
        let count = self.periods.len();
        let step = count.div_ceil(COLUMNS_MAX).max(1);
        let mut at = (count.saturating_sub(1)) % step;
        while at < count {
            let (middle, width) = match slots {
                true => (self.slot(at), 1.0 / count as f64),
                false => (self.along(at), 1.0 / (count.max(2) - 1) as f64),
            };
            let half = width * step as f64 / 2.0;
            let (left, right) = ((middle - half).max(0.0), (middle + half).min(1.0));
            let _ = write!(
                drawing.columns,
                r#"<g class="column" data-at="{}"><title>{}</title><rect x="{}" y="0" width="{}" height="100%"/></g>"#,
                number(middle * 100.0),
                self.told(at, &drawing.legend),
                percent(left),
                percent(right - left),
            );
            at += step;
        }
    }

    /// A period's numbers in words, a line each.
    fn told(&self, at: usize, order: &[Entry]) -> String {
        let place = |series: &&Series| order.iter().position(|one| one.name == series.name);
        let mut all: Vec<&Series> = self.series.iter().collect();
        all.sort_by_key(place);
        let mut told = escaped(&self.label(at));
        for series in all {
            let Some(Some(n)) = series.values.get(at) else {
                continue;
            };
            let n = self.unit.exact(*n);
            match series.name.is_empty() {
                true => told.push_str(&format!("\n{n}")),
                false => told.push_str(&format!("\n{}: {n}", escaped(&series.name))),
            }
        }
        told
    }

    /// Names beside the right edge at these heights (parts of 1 from the bottom), moved apart where they would lie
    /// over each other; none where they don't fit.
    pub(super) fn ends(&self, heights: &[Option<f64>], drawing: &mut Drawing) {
        let named = self.series.iter().zip(heights);
        let mut ends: Vec<(f64, &Series)> = named
            .filter(|(series, _)| !series.name.is_empty())
            .filter_map(|(series, height)| Some(((1.0 - (*height)?) * HEIGHT, series)))
            .collect();
        if ends.is_empty() || ends.len() as f64 * END_HEIGHT > HEIGHT {
            return;
        }
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut floor = f64::NEG_INFINITY;
        for end in &mut ends {
            end.0 = end.0.max(floor);
            floor = end.0 + END_HEIGHT;
        }
        let mut ceiling = HEIGHT;
        for end in ends.iter_mut().rev() {
            end.0 = end.0.min(ceiling);
            ceiling = end.0 - END_HEIGHT;
        }
        for (y, series) in ends {
            let y = percent(y / HEIGHT);
            let _ = write!(
                drawing.words,
                r#"<circle class="dot {} end-label" cx="100%" cy="{y}" r="4" transform="translate(12)"/><text class="end-label" x="100%" dx="22" y="{y}" dy="4">{}</text>"#,
                series.paint.class(),
                escaped(&shortened(&series.name, END_CHARACTERS))
            );
        }
        drawing.has_ends = true;
    }

    /// Lines down at what happened.
    pub(super) fn marks(&self, drawing: &mut Drawing) {
        let mut free_from = f64::NEG_INFINITY;
        for mark in &self.marks {
            let at = self
                .periods
                .iter()
                .position(|(from, to)| (from.0..=to.0).contains(&mark.day.0));
            let Some(at) = at else { continue };
            let x = self.along(at);
            let _ = write!(
                drawing.over,
                r#"<path class="mark" d="M{} 0V{HEIGHT}"/>"#,
                number(x * WIDTH)
            );
            // A label over another tells nothing.
            if x * WIDTH >= free_from {
                let label = shortened(&mark.label, END_CHARACTERS);
                let anchor = if x > 0.92 { " end" } else { "" };
                let _ = write!(
                    drawing.words,
                    r#"<text class="mark-label{anchor}" x="{}" y="0" dy="-6">{}</text>"#,
                    percent(x),
                    escaped(&label)
                );
                free_from = x * WIDTH + 16.0 + label.chars().count() as f64 * 9.0;
            }
        }
    }

    /// Names and colours.
    pub(super) fn legend(&self) -> Vec<Entry> {
        let named = self.series.iter().filter(|one| !one.name.is_empty());
        named
            .map(|one| Entry {
                name: one.name.clone(),
                paint: one.paint,
            })
            .collect()
    }
}

/// Lines across at the scale's ticks, and the numbers beside them.
pub(super) fn side(scale: &Scale, unit: Unit, drawing: &mut Drawing) {
    for tick in &scale.ticks {
        let y = (1.0 - scale.part(*tick)) * HEIGHT;
        let _ = write!(drawing.grid, r#"<path d="M0 {}H{WIDTH}"/>"#, number(y));
        let _ = write!(
            drawing.words,
            r#"<text class="side" x="0" dx="-8" y="{}" dy="4">{}</text>"#,
            percent(y / HEIGHT),
            unit.short(*tick)
        );
    }
}
