//! The style sheet, as it is and for those who chose a theme, the icon and the scripts, built into the binary. Their URLs carry a hash of their
//! content, so browsers keep them for good and still see every change.

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::Failure;
use super::theme::Theme;

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// In the style sheet, in front of what is dark.
const WHERE_DARK_IS_PREFERRED: &str = "@media (prefers-color-scheme: dark)";

static STYLESHEET: LazyLock<Asset> = LazyLock::new(|| sheet("usage", WHERE_DARK_IS_PREFERRED));
static LIGHT: LazyLock<Asset> = LazyLock::new(|| sheet("usage-light", "@media not all"));
static DARK: LazyLock<Asset> = LazyLock::new(|| sheet("usage-dark", "@media all"));

/// The style sheet of a theme: the same, with what is dark always or never.
pub(super) fn stylesheet(theme: Theme) -> &'static Asset {
    match theme {
        Theme::System => &STYLESHEET,
        Theme::Light => &LIGHT,
        Theme::Dark => &DARK,
    }
}

fn sheet(stem: &str, dark: &str) -> Asset {
    let sheet = include_str!("../../assets/usage.css").replace(WHERE_DARK_IS_PREFERRED, dark);
    Asset::new(stem, "css", "text/css; charset=utf-8", sheet)
}

pub(super) static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "icon",
        "svg",
        "image/svg+xml",
        include_str!("../../assets/icon.svg"),
    )
});

/// Buttons that copy, for comfort.
pub(super) static COPY: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "copy",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/copy.js"),
    )
});

/// Exact values of charts where a pointer or the arrow keys come, for comfort.
pub(super) static READ_OUT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "read-out",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/read-out.js"),
    )
});

/// Reports as they come, for comfort.
pub(super) static LIVE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "live",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/live.js"),
    )
});

/// A file that is part of the program.
pub(super) struct Asset {
    name: String,
    content_type: &'static str,
    content: Cow<'static, str>,
}

impl Asset {
    fn new(
        stem: &str,
        ending: &str,
        content_type: &'static str,
        content: impl Into<Cow<'static, str>>,
    ) -> Asset {
        let content = content.into();
        let hash = Sha256::digest(content.as_bytes());
        let hash = HEXLOWER.encode(&hash);
        let name = format!("{stem}-{}.{ending}", hash.get(..12).unwrap_or(&hash));
        Asset {
            name,
            content_type,
            content,
        }
    }

    /// Its path, below the base.
    pub(super) fn path(&self) -> String {
        format!("/assets/{}", self.name)
    }
}

/// `GET /assets/{name}`.
pub(super) async fn serve(Path(name): Path<String>) -> Result<Response, Failure> {
    let all = [
        &*STYLESHEET,
        &*LIGHT,
        &*DARK,
        &*ICON,
        &*COPY,
        &*READ_OUT,
        &*LIVE,
    ];
    let asset = all
        .into_iter()
        .find(|asset| asset.name == name)
        .ok_or(Failure::NotFound)?;
    let kind = HeaderValue::from_static(asset.content_type);
    Ok((
        [(CONTENT_TYPE, kind), (CACHE_CONTROL, FOREVER)],
        &*asset.content,
    )
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::super::testing::House;
    use super::*;

    #[tokio::test]
    async fn the_style_sheet_is_kept_by_browsers_for_good() {
        let house = House::new();
        let answer = house.get(&STYLESHEET.path()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "text/css; charset=utf-8");
        assert!(answer.header("cache-control").contains("immutable"));
        assert!(
            house
                .get("/sign-in")
                .await
                .text
                .contains(&STYLESHEET.path())
        );
        assert_eq!(house.get("/assets/usage-0.css").await.status, 404);
    }

    #[test]
    fn all_that_is_dark_follows_a_chosen_theme() {
        for (sheet, prefers) in [(&*STYLESHEET, true), (&*LIGHT, false), (&*DARK, false)] {
            assert_eq!(sheet.content.contains("prefers-color-scheme"), prefers);
        }
    }
}
