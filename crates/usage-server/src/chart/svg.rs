//! Writing SVG: numbers, percents, and text that stays text.

use std::fmt::Write;

/// A text between tags or in a quoted attribute. What no XML may contain is shown as a replacement.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\t' | '\n' => safe.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// The beginning of a text that would be too long beside a drawing.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// A coordinate, to a hundredth.
pub(crate) fn number(n: f64) -> String {
    let rounded = (n * 100.0).round() / 100.0;
    // No minus before zero.
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}

/// A part of 1 as a percentage of the room.
pub(crate) fn percent(part: f64) -> String {
    format!("{}%", number(part * 100.0))
}

/// A path's data of points that are joined; where one is missing the line breaks.
pub(crate) fn path(points: impl Iterator<Item = Option<(f64, f64)>>) -> String {
    let mut data = String::new();
    let mut after = None;
    let mut alone = false;
    let close = |data: &mut String, alone: bool| {
        if alone {
            // A point between gaps is seen by its round ends.
            data.push_str("h0");
        }
    };
    for point in points {
        match (point, after) {
            (Some((x, y)), Some(())) => {
                let _ = write!(data, "L{} {}", number(x), number(y));
                alone = false;
            }
            (Some((x, y)), None) => {
                let _ = write!(data, "M{} {}", number(x), number(y));
                alone = true;
            }
            (None, _) => {
                close(&mut data, alone);
                alone = false;
            }
        }
        after = point.map(|_| ());
    }
    close(&mut data, alone);
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_in_html_and_in_xml() {
        assert_eq!(
            escaped("<a b=\"'\">&"),
            "&lt;a b=&quot;&#39;&quot;&gt;&amp;"
        );
        assert_eq!(escaped("a\u{1}\u{0}b\n"), "a\u{fffd}\u{fffd}b ");
        assert_eq!(shortened("2.7.1", 5), "2.7.1");
        assert_eq!(shortened("2.7.10", 5), "2.7.…");
    }

    #[test]
    fn a_line_breaks_where_nothing_is_known() {
        let points = [
            Some((0.0, 1.0)),
            Some((1.5, 2.0)),
            None,
            Some((3.0, 0.333_3)),
        ];
        assert_eq!(path(points.into_iter()), "M0 1L1.5 2M3 0.33h0");
        assert_eq!(path(std::iter::empty()), "");
    }
}
