//! How a value is spread: a bar for each part of the number line, all of the same width.

use std::fmt::Write;

use super::axis::{Scale, Unit};
use super::drawing::{Drawing, HEIGHT, WIDTH};
use super::svg::{escaped, number, percent};
use super::time::side;

/// Of a bucket's room what its bar takes.
const FILLED: f64 = 0.9;

/// On a phone the sheet is this much narrower than its words are.
const NARROWED: f64 = 2.6;

/// Labels along the bottom at most.
const EDGES: usize = 12;

/// A part of the number line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bucket {
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) servers: u64,
}

impl Bucket {
    /// In words: `0`, or `20 to 50`.
    pub(crate) fn label(&self) -> String {
        let exact = |n| Unit::Number.exact(n);
        match self.from == self.to {
            true => exact(self.from),
            false => format!("{} to {}", exact(self.from), exact(self.to)),
        }
    }
}

/// The buckets in order, and numbers that have a name, such as the median.
pub(crate) fn histogram(buckets: &[Bucket], named: &[(&str, f64)]) -> Drawing {
    let most = buckets.iter().map(|one| one.servers).max().unwrap_or(0);
    let scale = Scale::up_to(most as f64, Unit::Count);
    let all: u64 = buckets.iter().map(|one| one.servers).sum();
    let mut drawing = Drawing::default();
    side(&scale, Unit::Count, &mut drawing);
    let slot = 1.0 / buckets.len().max(1) as f64;
    let mut bars = String::new();
    for (n, bucket) in buckets.iter().enumerate() {
        let left = n as f64 * slot;
        let height = scale.part(bucket.servers as f64) * HEIGHT;
        if bucket.servers > 0 {
            let x = (left + slot * (1.0 - FILLED) / 2.0) * WIDTH;
            let _ = write!(
                bars,
                "M{} {HEIGHT}H{}V{}H{}Z",
                number(x),
                number(x + slot * FILLED * WIDTH),
                // One of a million is seen, too.
                number(HEIGHT - height.max(1.0)),
                number(x)
            );
        }
        let share = bucket.servers as f64 / all.max(1) as f64;
        let _ = write!(
            drawing.columns,
            r#"<g class="column" data-at="{}"><title>{}&#10;{} {}&#10;{}</title><rect x="{}" y="0" width="{}" height="100%"/></g>"#,
            number((left + slot / 2.0) * 100.0),
            escaped(&bucket.label()),
            Unit::Count.exact(bucket.servers as f64),
            if bucket.servers == 1 {
                "server"
            } else {
                "servers"
            },
            Unit::Share.exact(share),
            percent(left),
            percent(slot)
        );
    }
    if !bars.is_empty() {
        let _ = write!(drawing.shapes, r#"<path class="bar s1" d="{bars}"/>"#);
    }
    edges(buckets, slot, &mut drawing);
    marks(buckets, slot, named, &mut drawing);
    drawing
}

/// Where buckets begin; of zero its own place.
fn edges(buckets: &[Bucket], slot: f64, drawing: &mut Drawing) {
    let mut edges: Vec<(f64, f64)> = Vec::new();
    for (n, bucket) in buckets.iter().enumerate() {
        match bucket.from == bucket.to {
            true => edges.push(((n as f64 + 0.5) * slot, bucket.from)),
            false => edges.push((n as f64 * slot, bucket.from)),
        }
    }
    if let Some(last) = buckets.last().filter(|last| last.from != last.to) {
        edges.push((1.0, last.to));
    }
    // Zero and the smallest number beside it would lie over each other.
    let step = edges.len().div_ceil(EDGES).max(1);
    for (n, (at, edge)) in edges.into_iter().step_by(step).enumerate() {
        let anchor = match at {
            _ if at > 0.97 => " end",
            _ if at < 0.03 => " start",
            _ => "",
        };
        let minor = if n % 2 == 1 { " minor" } else { "" };
        let _ = write!(
            drawing.words,
            r#"<text class="day{anchor}{minor}" x="{}" y="100%" dy="18">{}</text>"#,
            percent(at),
            Unit::Number.short(edge)
        );
    }
}

/// Lines down at numbers that have a name; one beside another stays without.
fn marks(buckets: &[Bucket], slot: f64, named: &[(&str, f64)], drawing: &mut Drawing) {
    let (mut free_from, mut free_on_a_phone) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for (name, n) in named {
        let within = |bucket: &Bucket| bucket.from <= *n && *n <= bucket.to;
        // On an edge: the one above it, but below zero.
        let found = match *n < 0.0 {
            true => buckets.iter().position(within),
            false => buckets.iter().rposition(within),
        };
        let Some(at) = found else { continue };
        let Some(bucket) = buckets.get(at) else {
            continue;
        };
        let inside = match bucket.to - bucket.from {
            width if width > 0.0 && width.is_finite() => (n - bucket.from) / width,
            _ => 0.5,
        };
        let x = (at as f64 + inside) * slot;
        let _ = write!(
            drawing.over,
            r#"<path class="mark" d="M{} 0V{HEIGHT}"/>"#,
            number(x * WIDTH)
        );
        let width = 12.0 + name.chars().count() as f64 * 8.0;
        let to_the_left = x > 0.92;
        let starts = |scale: f64| x * WIDTH - if to_the_left { width * scale } else { 0.0 };
        if starts(1.0) >= free_from {
            let anchor = if to_the_left { " end" } else { "" };
            let minor = if starts(NARROWED) >= free_on_a_phone {
                ""
            } else {
                " minor"
            };
            let _ = write!(
                drawing.words,
                r#"<text class="mark-label{anchor}{minor}" x="{}" y="0" dy="-6">{}</text>"#,
                percent(x),
                escaped(name)
            );
            free_from = starts(1.0) + width;
            if minor.is_empty() {
                free_on_a_phone = starts(NARROWED) + width * NARROWED;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(from: f64, to: f64, servers: u64) -> Bucket {
        Bucket { from, to, servers }
    }

    #[test]
    fn bars_are_as_high_as_their_servers_and_stand_between_their_edges() {
        let buckets = [
            bucket(0.0, 0.0, 5),
            bucket(1.0, 2.0, 20),
            bucket(2.0, 5.0, 0),
            bucket(5.0, 10.0, 10),
        ];
        let drawing = histogram(&buckets, &[("median", 1.5), ("p90", 5.0), ("p99", 5.1)]);
        assert_eq!(
            drawing.shapes,
            r#"<path class="bar s1" d="M10 240H190V180H10ZM210 240H390V0H210ZM610 240H790V120H610Z"/>"#
        );
        assert!(
            drawing
                .columns
                .contains("<title>1 to 2&#10;20 servers&#10;57.1\u{a0}%</title>")
        );
        assert_eq!(
            drawing.over,
            r#"<path class="mark" d="M300 0V240"/><path class="mark" d="M600 0V240"/><path class="mark" d="M604 0V240"/>"#
        );
        assert!(drawing.words.contains(">p90</text>") && !drawing.words.contains(">p99</text>"));
        assert!(
            drawing
                .words
                .contains(r#"<text class="day" x="12.5%" y="100%" dy="18">0</text>"#)
        );
        assert!(
            drawing
                .words
                .contains(r#"x="100%" y="100%" dy="18">10</text>"#)
        );
    }

    #[test]
    fn none_and_many_are_drawn_too() {
        assert_eq!(histogram(&[], &[("median", 1.0)]).shapes, "");
        let many: Vec<Bucket> = (0..300)
            .map(|n| bucket(f64::from(n), f64::from(n + 1), 1))
            .collect();
        let words = histogram(&many, &[]).words;
        assert!(words.matches(r#"class="day"#).count() <= EDGES + 1);
    }
}
