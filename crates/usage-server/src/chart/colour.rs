//! Colours of series: classes on a page, whose style sheet has them for both themes; literal colours in a file
//! that stands alone. A test keeps the two the same. They are told apart without seeing red or green, and
//! stand out from the ground with a contrast of 3 or more.

/// How many series have a colour of their own; further ones begin again, dashed.
pub(crate) const COLOURS: usize = 8;

/// Which colour a series has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// The first, second, ... from 0.
    Series(usize),
    /// What is not told apart, or unknown.
    Other,
}

impl Paint {
    /// Its classes.
    pub(crate) fn class(self) -> String {
        match self {
            Paint::Series(n) if n < COLOURS => format!("s{}", n + 1),
            Paint::Series(n) => format!("s{} again", n % COLOURS + 1),
            Paint::Other => "other".to_owned(),
        }
    }
}

/// What a file that stands alone is coloured for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on near black.
    Dark,
}

/// A theme's colours: the ground, lines of the grid, text, soft text, `s1` to `s8`, and `other`.
pub(super) struct Palette {
    pub(super) ground: &'static str,
    pub(super) grid: &'static str,
    pub(super) text: &'static str,
    pub(super) soft: &'static str,
    pub(super) series: [&'static str; COLOURS],
    pub(super) other: &'static str,
}

const LIGHT: Palette = Palette {
    ground: "#ffffff",
    grid: "#dfe3e7",
    text: "#1b2229",
    soft: "#56616c",
    series: [
        "#0b7a92", "#d1580b", "#5c469c", "#2f8f5b", "#b8447f", "#8a6d00", "#2f6fd0", "#7c2f3b",
    ],
    other: "#87929c",
};

const DARK: Palette = Palette {
    ground: "#181e24",
    grid: "#2b343d",
    text: "#e6eaee",
    soft: "#9eabb7",
    series: [
        "#3fb4cf", "#f08a3c", "#a592ea", "#4cc38a", "#e88bbd", "#d9bb3f", "#7fb0ff", "#d97a86",
    ],
    other: "#77838f",
};

impl Theme {
    pub(super) fn palette(self) -> &'static Palette {
        match self {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let n = u8::from_str_radix(&colour[at..at + 2], 16).unwrap();
            let n = f64::from(n) / 255.0;
            if n <= 0.04045 {
                n / 12.92
            } else {
                ((n + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_series_stands_out_from_its_ground() {
        for theme in [Theme::Light, Theme::Dark] {
            let palette = theme.palette();
            for colour in palette.series.iter().chain([&palette.other]) {
                let found = contrast(colour, palette.ground);
                assert!(found >= 3.0, "{colour} in {theme:?}: {found:.2}");
            }
            assert!(contrast(palette.soft, palette.ground) >= 4.5);
        }
    }

    #[test]
    fn the_style_sheet_has_the_same_colours() {
        let sheet = include_str!("../../assets/usage.css");
        let (light, dark) = sheet.split_once("prefers-color-scheme: dark").unwrap();
        for (theme, part) in [(Theme::Light, light), (Theme::Dark, dark)] {
            let palette = theme.palette();
            for (n, colour) in palette.series.iter().enumerate() {
                let line = format!("--s{}: {colour};", n + 1);
                assert!(part.contains(&line), "{line} in {theme:?}");
            }
            assert!(part.contains(&format!("--other: {};", palette.other)));
            assert!(part.contains(&format!("--card: {};", palette.ground)));
        }
    }

    #[test]
    fn past_the_last_colour_they_begin_again_and_are_dashed() {
        assert_eq!(Paint::Series(0).class(), "s1");
        assert_eq!(Paint::Series(8).class(), "s1 again");
        assert_eq!(Paint::Other.class(), "other");
    }
}
