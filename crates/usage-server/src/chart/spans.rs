//! Spans along a scale, one below the other: from when to when something went, and where its middle was.

use std::fmt::Write;

use super::axis::{Scale, Unit};
use super::colour::Paint;
use super::drawing::{Drawing, WIDTH};
use super::svg::{escaped, number, percent, shortened};

/// Pixels from span to span.
const ROW: f64 = 26.0;
/// Characters of a name.
const NAME_CHARACTERS: usize = 13;

/// One span. What isn't known yet is left out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) from: Option<f64>,
    pub(crate) middle: Option<f64>,
    pub(crate) to: Option<f64>,
    /// Its numbers, for who comes with a pointer.
    pub(crate) words: String,
}

/// A line for each span with a dot at its middle.
pub(crate) fn spans(spans: &[Span]) -> Drawing {
    let height = spans.len().max(1) as f64 * ROW;
    let mut drawing = Drawing {
        height,
        left: 150.0,
        has_names: true,
        ..Drawing::default()
    };
    let all = spans.iter().flat_map(|one| [one.from, one.middle, one.to]);
    let scale = Scale::up_to(all.flatten().fold(0.0, f64::max), Unit::Count);
    for (n, tick) in scale.ticks.iter().enumerate() {
        let part = scale.part(*tick);
        let x = number(part * WIDTH);
        let _ = write!(drawing.grid, r#"<path d="M{x} 0V{height}"/>"#);
        let (unit, anchor) = match n + 1 == scale.ticks.len() {
            true => (" days", " end"),
            false => ("", ""),
        };
        let _ = write!(
            drawing.words,
            r#"<text class="day{anchor}" x="{}" y="100%" dy="18">{}{unit}</text>"#,
            percent(part),
            Unit::Count.short(*tick)
        );
    }
    for (n, span) in spans.iter().enumerate() {
        let y = (n as f64 + 0.5) * ROW;
        let at = percent(y / height);
        if let (Some(from), Some(to)) = (span.from, span.to.or(span.middle)) {
            let _ = write!(
                drawing.shapes,
                r#"<path class="line thick s1{}" d="M{} {y}H{}"/>"#,
                if span.to.is_none() { " open" } else { "" },
                number(scale.part(from) * WIDTH),
                number(scale.part(to) * WIDTH)
            );
        }
        let dots = [(span.from, 3.5), (span.middle, 5.5), (span.to, 3.5)];
        for (part, radius) in dots {
            if let Some(part) = part {
                let _ = write!(
                    drawing.words,
                    r#"<circle class="dot {}" cx="{}" cy="{at}" r="{radius}"/>"#,
                    Paint::Series(0).class(),
                    percent(scale.part(part))
                );
            }
        }
        let _ = write!(
            drawing.words,
            r#"<text class="bar-name" x="0" dx="-12" y="{at}" dy="4">{}</text>"#,
            escaped(&shortened(&span.name, NAME_CHARACTERS))
        );
        let _ = write!(
            drawing.columns,
            r#"<g class="column" data-at="{}"><title>{}</title><rect x="0" y="{}" width="100%" height="{}"/></g>"#,
            number(
                span.middle
                    .or(span.from)
                    .map_or(0.0, |n| scale.part(n) * 100.0)
            ),
            escaped(&span.words).replace(" · ", "\n"),
            percent(n as f64 * ROW / height),
            percent(ROW / height)
        );
    }
    drawing
}
