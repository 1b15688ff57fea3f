//! What each door is called in the metrics and in the log, and what of an address may be written
//! down. A test compares the names with the doors, so that none is forgotten.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Every door as the router writes it, and last what stands for all that is none. A path is looked
/// up from the top, so those that reports come through are first.
const NAMES: &[&str] = &[
    "/api/v1/usage/{product}",
    "/api/v1/servers",
    "/api/v1/stats/{product}",
    "/api/v1/forget",
    "/api/v1/forget/{code}",
    "/api/v1/register/device",
    "/api/v1/register/token",
    "/api/v1/query",
    "/api/v1/query/{question}",
    "/api/v1/export/reports",
    "/api/v1/openapi.json",
    "/healthz",
    "/readyz",
    "/metrics",
    "/",
    "/products/{id}",
    "/charts/{panel}",
    "/products/{id}/servers",
    "/products/{id}/clusters",
    "/products/{id}/cluster",
    "/products/{id}/ids",
    "/products/{id}/values",
    "/products/{id}/retention",
    "/products/{id}/public",
    "/public/{name}",
    "/public/{name}/{chart}",
    "/products/{id}/adopt",
    "/products/{id}/hosts",
    "/products/{id}/hosts/remove",
    "/settings",
    "/settings/products",
    "/products/{id}/settings",
    "/products/{id}/replies",
    "/products/{id}/advisories",
    "/products/{id}/advisories/remove",
    "/products/{id}/allowlist",
    "/products/{id}/dictionary",
    "/theme",
    "/servers/{id}",
    "/reports",
    "/reports/{seq}",
    "/import",
    "/quarantine",
    "/sign-in",
    "/sign-in/openid",
    "/sign-in/openid/back",
    "/sign-in/openid/new",
    "/sign-out",
    "/sign-up",
    "/sign-up/{code}",
    "/start",
    "/start/token",
    "/device",
    "/organizations",
    "/organizations/{id}",
    "/organizations/{id}/servers",
    "/organizations/{id}/servers/{server}",
    "/organizations/{id}/clusters",
    "/organizations/{id}/reports",
    "/organizations/{id}/reports/{seq}",
    "/organizations/{id}/export",
    "/organizations/{id}/tokens",
    "/organizations/{id}/tokens/{token}/revoke",
    "/organizations/{id}/members",
    "/organizations/{id}/members/{account}/role",
    "/organizations/{id}/members/{account}/remove",
    "/organizations/{id}/invitations",
    "/organizations/{id}/invitations/{invitation}/withdraw",
    "/organizations/{id}/log",
    "/organizations/{id}/delete",
    "/organizations/{id}/delete/{erasure}",
    "/organizations/{id}/end",
    "/account",
    "/account/sessions",
    "/account/identities",
    "/account/identities/remove",
    "/account/password",
    "/forgot",
    "/reset/{code}",
    "/invite/{code}",
    "/operators",
    "/operators/invite",
    "/operators/withdraw",
    "/operators/remove",
    "/operators/reset",
    "/api-keys",
    "/api-keys/revoke",
    "/live",
    "/webhooks",
    "/webhooks/test",
    "/webhooks/remove",
    "/webhooks/again",
    "/audit",
    "/welcome/{code}",
    "/assets/{name}",
    "other",
];

/// After these parts of a path comes what lets its reader in.
const SECRET_AFTER: [&str; 5] = ["welcome", "forget", "invite", "reset", "sign-up"];

/// A token that slid from the query string into the path.
const SECRET_MARK: &str = "token=";

/// A door, or none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route(usize);

impl Route {
    /// How many there are.
    pub(crate) const COUNT: usize = NAMES.len();

    /// The door that answers at a path.
    pub(crate) fn of(path: &str) -> Route {
        // As the router forgives them.
        let path = match path.strip_prefix("//") {
            Some(rest) => &path[1 + rest.len() - rest.trim_start_matches('/').len()..],
            None => path,
        };
        let path = match path.strip_suffix('/') {
            Some(shorter) if !shorter.is_empty() => shorter,
            _ => path,
        };
        let doors = &NAMES[..Route::COUNT - 1];
        let found = doors.iter().position(|name| fits(name, path));
        Route(found.unwrap_or(Route::COUNT - 1))
    }

    /// Its place among all.
    pub(crate) fn index(self) -> usize {
        self.0
    }

    /// Every door's name.
    #[cfg(test)]
    pub(crate) fn names() -> &'static [&'static str] {
        &NAMES[..Route::COUNT - 1]
    }

    /// Its name: one of a few, whatever is asked for.
    pub(crate) fn name(self) -> &'static str {
        NAMES[self.0]
    }

    /// Whether it is for programs, which come often, and not for people.
    pub(crate) fn is_for_programs(self) -> bool {
        let name = self.name();
        name.starts_with("/api/") || matches!(name, "/healthz" | "/readyz" | "/metrics")
    }
}

/// Whether a door's name stands for a path. One walk over both: every request comes here.
fn fits(name: &str, path: &str) -> bool {
    let (mut name, mut path) = (name.as_bytes(), path.as_bytes());
    loop {
        match (name, path) {
            ([b'{', ..], [first, ..]) if *first != b'/' => {
                let end = |text: &[u8], end| text.iter().position(|byte| *byte == end);
                name = &name[end(name, b'}').map_or(name.len(), |at| at + 1)..];
                path = &path[end(path, b'/').unwrap_or(path.len())..];
            }
            ([wanted, rest @ ..], [found, further @ ..]) if wanted == found => {
                (name, path) = (rest, further);
            }
            ([], []) => return true,
            _ => return false,
        }
    }
}

/// A path without what lets its reader in, wherever in it that stands: a proxy may have put its own
/// part before it, a person may have typed it in capitals or with escapes.
pub(crate) fn loggable(path: &str) -> Cow<'_, str> {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    match secret_from(&decoded) {
        Some(at) => Cow::Owned(format!("{}***", &decoded[..at])),
        None => Cow::Borrowed(path),
    }
}

/// Where a secret begins.
fn secret_from(path: &str) -> Option<usize> {
    let mut at = 0;
    for part in path.split_inclusive('/') {
        at += part.len();
        let is_word = |word: &&str| part.trim_end_matches('/').eq_ignore_ascii_case(word);
        if SECRET_AFTER.iter().any(is_word) && at < path.len() {
            return Some(at);
        }
        let mark = part.to_ascii_lowercase().find(SECRET_MARK);
        if let Some(within) = mark {
            return Some(at - part.len() + within + SECRET_MARK.len());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths in calls of `.route("...", ...)`.
    fn doors(source: &str) -> Vec<&str> {
        source
            .split(".route(")
            .skip(1)
            .filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next())
            .collect()
    }

    #[test]
    fn every_door_has_its_name_here() {
        let mut found = doors(include_str!("router.rs"));
        found.extend(doors(include_str!("pages/mod.rs")));
        found.extend(doors(include_str!("pages/organization/mod.rs")));
        found.extend(doors(include_str!("watch/listener.rs")));
        // A question is a door like all others.
        found.extend([crate::api::LIST, "/api/v1/query/{question}"]);
        for question in crate::api::QUESTIONS {
            let name = Route::of(question.path).name();
            assert_eq!(name, "/api/v1/query/{question}", "{}", question.path);
        }
        assert!(found.len() > 15, "{found:?}");
        for door in &found {
            assert!(NAMES.contains(door), "{door} is missing in NAMES");
        }
        for name in &NAMES[..Route::COUNT - 1] {
            assert!(found.contains(name), "{name} is no door any more");
            let sample = name.replace(['{', '}'], "");
            assert_eq!(Route::of(&sample).name(), *name);
        }
    }

    #[test]
    fn whatever_is_asked_for_has_one_of_a_few_names() {
        for (path, name) in [
            ("/api/v1/usage/influxdb", "/api/v1/usage/{product}"),
            ("/api/v1/usage/a%2Fb", "/api/v1/usage/{product}"),
            ("//api/v1/usage/a/", "/api/v1/usage/{product}"),
            ("///api/v1/servers", "/api/v1/servers"),
            ("/api/v1/servers/", "/api/v1/servers"),
            ("/products/7/adopt", "/products/{id}/adopt"),
            ("/products/7", "/products/{id}"),
            ("/", "/"),
            ("//", "/"),
            ("/api/v1/usage/", "other"),
            ("/api/v1/usage/a/b", "other"),
            ("/api/v1/server", "other"),
            ("/products//adopt", "other"),
            ("*", "other"),
            ("", "other"),
        ] {
            assert_eq!(Route::of(path).name(), name, "{path}");
        }
    }

    #[test]
    fn no_secret_of_a_path_is_written_down() {
        for (path, written) in [
            ("/welcome/CODE", "/welcome/***"),
            ("/api/v1/forget/CODE", "/api/v1/forget/***"),
            ("//api/v1/forget/CODE", "//api/v1/forget/***"),
            ("/api/v1/forget/CODE/", "/api/v1/forget/***"),
            ("/api/v1/forget//CODE", "/api/v1/forget/***"),
            ("/usage/welcome/CODE", "/usage/welcome/***"),
            ("/Welcome/CODE/x", "/Welcome/***"),
            ("/%77elcome/CODE", "/welcome/***"),
            ("/welcome%2FCODE", "/welcome/***"),
            ("/invite/CODE", "/invite/***"),
            ("/reset/CODE", "/reset/***"),
            ("/sign-up/CODE", "/sign-up/***"),
            ("/api/v1/servers&token=CODE", "/api/v1/servers&token=***"),
            ("/api/v1/servers%3FToken=CODE", "/api/v1/servers?Token=***"),
            ("/api/v1/forget", "/api/v1/forget"),
            ("/api/v1/usage/forget", "/api/v1/usage/forget"),
            ("/api/v1/usage/a%20b", "/api/v1/usage/a%20b"),
            ("/", "/"),
        ] {
            assert_eq!(loggable(path), written, "{path}");
            assert!(!loggable(path).contains("CODE"));
        }
    }
}
