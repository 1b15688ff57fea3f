//! A line the height of a word, for tables.

use super::axis::Scale;
use super::axis::Unit;
use super::svg::path;

/// The sheet, which stretches.
const WIDTH: f64 = 100.0;
const HEIGHT: f64 = 24.0;
/// Room for half the line's width above and below.
const EDGE: f64 = 2.0;

/// A line through these numbers, from zero up. It says nothing to who doesn't see it: the numbers stand beside.
pub(crate) fn sparkline(values: &[Option<f64>]) -> String {
    let most = values.iter().flatten().copied().fold(0.0, f64::max);
    let scale = Scale {
        top: if most > 0.0 {
            most
        } else {
            Scale::up_to(0.0, Unit::Count).top
        },
        ticks: Vec::new(),
    };
    let last = values.len().saturating_sub(1).max(1) as f64;
    let points = values.iter().enumerate().map(|(at, n)| {
        let y = EDGE + (1.0 - scale.part((*n)?)) * (HEIGHT - 2.0 * EDGE);
        Some((at as f64 / last * WIDTH, y))
    });
    format!(
        r#"<svg class="sparkline" aria-hidden="true" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none"><path class="line s1" d="{}"/></svg>"#,
        path(points)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_is_one_path_from_edge_to_edge() {
        let svg = sparkline(&[Some(0.0), None, Some(4.0), Some(2.0), Some(4.0)]);
        assert!(svg.contains(r#"d="M0 22h0M50 2L75 12L100 2""#), "{svg}");
        assert!(sparkline(&[Some(0.0)]).contains(r#"d="M0 22h0""#));
        assert!(sparkline(&[]).contains(r#"d="""#));
    }
}
