//! A drawing's layers, and the two ways they become SVG: as part of a page, and as a file of its own.

use std::fmt::Write;

use super::colour::{Paint, Theme};
use super::svg::escaped;

/// The sheet that shapes are drawn on. In a page it stretches.
pub(crate) const WIDTH: f64 = 800.0;
/// Its height; in a page it is as many pixels high.
pub(crate) const HEIGHT: f64 = 240.0;

/// A drawing, layer by layer from the ground up.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Drawing {
    /// Lines across: paths on the sheet.
    pub(crate) grid: String,
    /// Shapes on the sheet.
    pub(crate) shapes: String,
    /// Shapes above them, on the sheet.
    pub(crate) over: String,
    /// Texts and dots, placed by percent.
    pub(crate) words: String,
    /// What a pointer or the arrow keys come to: groups with a title, placed by percent.
    pub(crate) columns: String,
    /// What colours mean.
    pub(crate) legend: Vec<Entry>,
    /// Names stand beside the right edge.
    pub(crate) has_ends: bool,
    /// Names stand before the left edge.
    pub(crate) has_names: bool,
    /// In pixels; `HEIGHT` but for lists of bars.
    pub(crate) height: f64,
    /// Room for words left of the sheet, in a file, in pixels.
    pub(crate) left: f64,
}

/// A colour's meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) paint: Paint,
}

impl Default for Drawing {
    fn default() -> Drawing {
        Drawing {
            grid: String::new(),
            shapes: String::new(),
            over: String::new(),
            words: String::new(),
            columns: String::new(),
            legend: Vec::new(),
            has_ends: false,
            has_names: false,
            height: HEIGHT,
            left: 64.0,
        }
    }
}

impl Drawing {
    /// As part of a page, whose elements of these ids name and describe it.
    pub(crate) fn in_page(&self, title_id: &str, summary_id: &str) -> String {
        format!(
            r#"<svg class="drawing" role="img" aria-labelledby="{title_id}" aria-describedby="{summary_id}" width="100%" height="{}">{}</svg>"#,
            self.height,
            self.layers(true)
        )
    }

    fn layers(&self, columns: bool) -> String {
        let columns = match columns {
            true => self.columns.as_str(),
            false => "",
        };
        format!(
            r#"<svg class="sheet" width="100%" height="100%" viewBox="0 0 {WIDTH} {}" preserveAspectRatio="none"><g class="grid">{}</g>{}{}</svg>{}{columns}"#,
            self.height, self.grid, self.shapes, self.over, self.words
        )
    }

    /// As a file of its own: with its colours, a ground, title and summary. Not stretched, so that whatever makes a
    /// PNG of it makes the same.
    pub(crate) fn alone(&self, title: &str, summary: &str, theme: Theme) -> String {
        let right = if self.has_ends { 150.0 } else { 32.0 };
        let lines = wrapped(summary, 110);
        let top = 74.0 + lines.len() as f64 * 20.0;
        let legend = match self.has_ends {
            true => Vec::new(),
            false => rows(&self.legend),
        };
        let width = self.left + WIDTH + right;
        let foot = 44.0 + legend.len() as f64 * 24.0;
        let height = top + self.height + foot;
        let mut file = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif" font-size="13"><title>{0}</title><desc>{1}</desc><style>{2}</style><rect class="ground" width="{width}" height="{height}"/><text class="title" x="24" y="38">{0}</text>"#,
            escaped(title),
            escaped(summary),
            style(theme)
        );
        for (n, line) in lines.iter().enumerate() {
            let y = 62.0 + n as f64 * 20.0;
            let _ = write!(
                file,
                r#"<text class="summary" x="24" y="{y}">{}</text>"#,
                escaped(line)
            );
        }
        let _ = write!(
            file,
            r#"<svg x="{}" y="{top}" width="{WIDTH}" height="{}" overflow="visible">{}</svg>"#,
            self.left,
            self.height,
            self.layers(false)
        );
        for (row, entries) in legend.iter().enumerate() {
            let y = top + self.height + 48.0 + row as f64 * 24.0;
            for (x, entry) in entries {
                let (x, class) = (self.left + x, entry.paint.class());
                let _ = write!(
                    file,
                    r#"<rect class="swatch {class}" x="{x}" y="{}" width="12" height="12" rx="3"/><text class="name" x="{}" y="{y}">{}</text>"#,
                    y - 11.0,
                    x + 18.0,
                    escaped(&entry.name)
                );
            }
        }
        file.push_str("</svg>\n");
        file
    }
}

/// A legend in rows, each entry with its place.
fn rows(entries: &[Entry]) -> Vec<Vec<(f64, &Entry)>> {
    let mut rows: Vec<Vec<(f64, &Entry)>> = Vec::new();
    let mut x = 0.0;
    for entry in entries {
        let width = 44.0 + entry.name.chars().count() as f64 * 7.5;
        if rows.is_empty() || x + width > WIDTH {
            rows.push(Vec::new());
            x = 0.0;
        }
        if let Some(row) = rows.last_mut() {
            row.push((x, entry));
        }
        x += width;
    }
    rows
}

/// A text in lines of so many characters.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// What the page's style sheet says of drawings, with a theme's colours.
fn style(theme: Theme) -> String {
    let palette = theme.palette();
    let mut style = format!(
        ".ground{{fill:{0}}}text{{fill:{3}}}.title{{fill:{2};font-size:20px;font-weight:650}}.name,.bar-name{{fill:{2}}}\
         .grid path{{stroke:{1};fill:none}}.line{{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}}.thick{{stroke-width:4;opacity:.45}}\
         .line.open,.line.again{{stroke-dasharray:5 5}}.area{{stroke:{0};stroke-width:1}}.wash{{opacity:.14}}\
         .bar.open{{opacity:.45}}.bar{{stroke:none}}.mark{{stroke:{2};stroke-dasharray:2 4;fill:none}}.mark-label{{fill:{2}}}\
         .side{{text-anchor:end}}.day,.at{{text-anchor:middle}}.start{{text-anchor:start}}.end{{text-anchor:end}}\
         .track{{fill:{1}}}.amount{{fill:{2}}}.bar-name{{text-anchor:end}}",
        palette.ground, palette.grid, palette.text, palette.soft
    );
    let named = palette.series.iter().enumerate();
    let named = named.map(|(n, colour)| (format!("s{}", n + 1), *colour));
    for (name, colour) in named.chain([("other".to_owned(), palette.other)]) {
        let _ = write!(
            style,
            ".line.{name}{{stroke:{colour}}}.area.{name},.wash.{name},.bar.{name},.swatch.{name},.dot.{name}{{fill:{colour}}}"
        );
    }
    style
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_its_own_names_its_colours_and_escapes_what_was_reported() {
        let drawing = Drawing {
            words: "<text>1</text>".to_owned(),
            legend: vec![Entry {
                name: "<b>".to_owned(),
                paint: Paint::Series(0),
            }],
            ..Drawing::default()
        };
        let file = drawing.alone("A & B", "One <i>.", Theme::Dark);
        assert!(file.starts_with(r#"<svg xmlns="http://www.w3.org/2000/svg" width="896""#));
        assert!(file.contains("<title>A &amp; B</title><desc>One &lt;i&gt;.</desc>"));
        assert!(file.contains("&lt;b&gt;") && !file.contains("<b>") && !file.contains("var("));
        assert!(file.contains(Theme::Dark.palette().ground));
    }

    #[test]
    fn long_words_are_wrapped() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("", 8), [""]);
    }
}
