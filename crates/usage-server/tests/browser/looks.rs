//! How pages look: on a phone, on a desk and on a wide desk, light and dark. Pictures for people
//! to look at, and what a program can tell: nothing beyond the edge, nothing that keeps people out.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::accessible::violations;
use crate::browser::Browser;

/// A phone's width, a desk's, a wide desk's.
pub(crate) const PHONE: u32 = 390;
pub(crate) const DESK: u32 = 1280;
const WIDE_DESK: u32 = 1920;

/// What a person prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
}

impl Theme {
    fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// Elements that end beyond the page's right edge and don't scroll within another.
const TOO_WIDE: &str = "
    [...document.querySelectorAll('body *')]
      .filter(one => one.getBoundingClientRect().right > WIDTH + 1)
      .map(one => one.outerHTML.slice(0, 120)).slice(0, 5)";

impl Browser {
    /// The page looks well, everywhere; pictures of it are in `target/screenshots`.
    pub(crate) fn looks_well(&mut self, name: &str) {
        self.has_no_complaints();
        let mut problems = Vec::new();
        for (width, theme) in [
            (PHONE, Theme::Light),
            (PHONE, Theme::Dark),
            (DESK, Theme::Light),
            (DESK, Theme::Dark),
            (WIDE_DESK, Theme::Light),
        ] {
            self.wear(width, theme);
            let picture = self.screenshot(name, width, theme);
            if let Some(which) = self.beyond_the_edge(width) {
                problems.push(format!("{}: {which}", picture.display()));
            }
            // It takes long; either theme and either layout once is enough.
            if let (PHONE, Theme::Light) | (DESK, Theme::Dark) = (width, theme) {
                let found = violations(self).into_iter();
                problems.extend(found.map(|one| format!("{}: {one}", picture.display())));
            }
        }
        self.wear(DESK, Theme::Light);
        assert!(problems.is_empty(), "{}", problems.join("\n"));
        self.has_no_complaints();
    }

    /// What makes the page wider than the window, if it is.
    pub(crate) fn beyond_the_edge(&mut self, width: u32) -> Option<String> {
        let wide = self
            .driver
            .evaluate("document.scrollingElement.scrollWidth");
        if wide.as_u64().unwrap() <= u64::from(width) {
            return None;
        }
        let which = TOO_WIDE.replace("WIDTH", &width.to_string());
        let which = self.driver.evaluate(&which);
        Some(format!("{wide} wide: {which:#}"))
    }

    /// From now on it is a window of this width, of a person who prefers this.
    pub(crate) fn wear(&mut self, width: u32, theme: Theme) {
        let size = json!({
            "width": width,
            "height": if width == PHONE { 844 } else { 900 },
            "deviceScaleFactor": 1,
            "mobile": width == PHONE,
        });
        self.driver
            .browser_command("Emulation.setDeviceMetricsOverride", &size);
        let media = json!({
            "features": [{"name": "prefers-color-scheme", "value": theme.name()}],
        });
        self.driver
            .browser_command("Emulation.setEmulatedMedia", &media);
    }

    fn screenshot(&mut self, name: &str, width: u32, theme: Theme) -> PathBuf {
        self.picture(&format!("{name}-{width}-{}.png", theme.name()))
    }

    /// All of the page as it is now, beyond the window's lower edge too.
    pub(crate) fn picture(&mut self, file: &str) -> PathBuf {
        let layout = self
            .driver
            .browser_command("Page.getLayoutMetrics", &json!({}));
        let size = &layout["cssContentSize"];
        let all = json!({
            "captureBeyondViewport": true,
            "clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1},
        });
        let taken = self.driver.browser_command("Page.captureScreenshot", &all);
        let picture = data_encoding::BASE64
            .decode(taken["data"].as_str().unwrap().as_bytes())
            .unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(file);
        std::fs::write(&file, picture).unwrap();
        file
    }
}
