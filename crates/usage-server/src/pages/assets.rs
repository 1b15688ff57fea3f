//! The style sheet, the icon and the scripts, built into the binary. Their URLs carry a hash of their
//! content, so browsers keep them for good and still see every change.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::Failure;

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub(super) static STYLESHEET: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "usage",
        "css",
        "text/css; charset=utf-8",
        include_str!("../../assets/usage.css"),
    )
});

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

/// A file that is part of the program.
pub(super) struct Asset {
    name: String,
    content_type: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, content_type: &'static str, content: &'static str) -> Asset {
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
    let all = [&*STYLESHEET, &*ICON, &*COPY, &*READ_OUT];
    let asset = all
        .into_iter()
        .find(|asset| asset.name == name)
        .ok_or(Failure::NotFound)?;
    let kind = HeaderValue::from_static(asset.content_type);
    Ok((
        [(CONTENT_TYPE, kind), (CACHE_CONTROL, FOREVER)],
        asset.content,
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
}
