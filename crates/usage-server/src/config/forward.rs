//! Settings of forwarding: where accepted reports are posted to, and how we prove who we are. With a table of
//! its own in the file.

use std::net::IpAddr;
use std::path::PathBuf;

use axum::http::Uri;
use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::ConfigError;
#[cfg(feature = "https")]
use super::authorities;

/// The secrets' own variables: what stands on a command line is read by everybody on the machine.
const PASSWORD: &str = "USAGE_FORWARD_PASSWORD";
const TOKEN: &str = "USAGE_FORWARD_TOKEN";

/// What can be set of forwarding.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[group(skip)]
pub(crate) struct ForwardOptions {
    /// Post accepted stats and usage there, as line protocol, such as http://127.0.0.1:8086/write?db=usage
    #[arg(
        id = "forward_url",
        long = "forward-url",
        env = "USAGE_FORWARD_URL",
        value_name = "URL"
    )]
    pub(crate) url: Option<String>,

    /// Only those of these products [default: all]
    #[arg(
        id = "forward_products",
        long = "forward-products",
        env = "USAGE_FORWARD_PRODUCTS",
        value_name = "PRODUCT",
        value_delimiter = ','
    )]
    pub(crate) products: Option<Vec<String>>,

    /// Where a target begins that had none yet: beginning, now, or a day (2026-01-31) of receipt [default: now]
    #[arg(
        id = "forward_from",
        long = "forward-from",
        env = "USAGE_FORWARD_FROM",
        value_name = "WHERE"
    )]
    pub(crate) from: Option<String>,

    /// The user that may write there
    #[arg(
        id = "forward_user",
        long = "forward-user",
        env = "USAGE_FORWARD_USER",
        value_name = "NAME"
    )]
    pub(crate) user: Option<String>,

    /// A file with the user's password on its first line; or set USAGE_FORWARD_PASSWORD
    #[arg(
        id = "forward_password_file",
        long = "forward-password-file",
        env = "USAGE_FORWARD_PASSWORD_FILE",
        value_name = "FILE"
    )]
    pub(crate) password_file: Option<PathBuf>,

    /// A file with a token on its first line, in place of a user; or set USAGE_FORWARD_TOKEN
    #[arg(
        id = "forward_token_file",
        long = "forward-token-file",
        env = "USAGE_FORWARD_TOKEN_FILE",
        value_name = "FILE"
    )]
    pub(crate) token_file: Option<PathBuf>,

    /// Compress what is posted
    #[arg(
        id = "forward_gzip",
        long = "forward-gzip",
        env = "USAGE_FORWARD_GZIP",
        value_name = "BOOL",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    pub(crate) gzip: Option<bool>,

    /// Certificate authorities to believe the target by, a PEM file [default: those that browsers believe]
    #[cfg(feature = "https")]
    #[arg(
        id = "forward_ca_file",
        long = "forward-ca-file",
        env = "USAGE_FORWARD_CA_FILE",
        value_name = "FILE"
    )]
    pub(crate) ca_file: Option<PathBuf>,
}

/// Where a target begins that has no place yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ForwardFrom {
    /// With the oldest report there is.
    Beginning,
    /// With the next one.
    Now,
    /// With the first one received then or later.
    Received(Timestamp),
}

/// How we prove who we are.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum ForwardProof {
    Password { user: String, password: String },
    Token(String),
}

/// The settings of forwarding, complete.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ForwardConfig {
    pub(crate) url: String,
    pub(crate) products: Option<Vec<String>>,
    pub(crate) from: ForwardFrom,
    pub(crate) proof: Option<ForwardProof>,
    pub(crate) gzip: bool,
    /// PEM.
    #[cfg(feature = "https")]
    pub(crate) authorities: Option<Vec<u8>>,
}

impl std::fmt::Debug for ForwardConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ForwardConfig({})", self.url)
    }
}

impl ForwardConfig {
    /// `None` where no target is named.
    pub(super) fn resolve(
        set: ForwardOptions,
        file: ForwardOptions,
    ) -> Result<Option<ForwardConfig>, ConfigError> {
        let Some(url) = set.url.or(file.url) else {
            return Ok(None);
        };
        checked(&url)?;
        let from = set.from.or(file.from);
        let proof = proof(
            set.user.or(file.user),
            set.password_file.or(file.password_file),
            set.token_file.or(file.token_file),
        )?;
        Ok(Some(ForwardConfig {
            url,
            products: set.products.or(file.products),
            from: from.map_or(Ok(ForwardFrom::Now), |text| begin(&text))?,
            proof,
            gzip: set.gzip.or(file.gzip).unwrap_or(false),
            #[cfg(feature = "https")]
            authorities: authorities::read("forward-ca-file", set.ca_file.or(file.ca_file))?,
        }))
    }

    /// Whether the target is this machine: no proxy is needed there.
    pub(crate) fn is_here(&self) -> bool {
        let uri: Option<Uri> = self.url.parse().ok();
        let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
        let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        host == "localhost" || address.is_some_and(|address| address.is_loopback())
    }

    /// Whether the proof goes over a network that others may read.
    pub(crate) fn is_readable(&self) -> bool {
        self.proof.is_some() && self.url.starts_with("http://") && !self.is_here()
    }
}

/// Whether an address can be a target. What may hold a password isn't repeated.
fn checked(url: &str) -> Result<(), ConfigError> {
    let wrong = |what: &str| Err(ConfigError(format!("forward-url: {what}")));
    let uri: Uri = match url.parse() {
        Ok(uri) => uri,
        Err(_) => return wrong("is no address such as http://127.0.0.1:8086/write?db=usage"),
    };
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") if cfg!(feature = "https") => {}
        Some("https") => {
            return wrong(
                "this program was built without https; build it with --features https, or name an http address",
            );
        }
        _ => return wrong("must begin with http:// or https://"),
    }
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        return wrong("must not have a user in it; set forward-user");
    }
    if url.contains('#') {
        return wrong("must not have a # in it");
    }
    for (key, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        match (key.as_ref(), value.as_ref()) {
            ("u" | "p" | "token", _) => {
                return wrong(
                    "must not have secrets in it; set forward-user or forward-token-file",
                );
            }
            ("precision", "ns" | "n") => {}
            ("precision", _) => return wrong("precision must be ns, or left out"),
            _ => {}
        }
    }
    Ok(())
}

fn begin(text: &str) -> Result<ForwardFrom, ConfigError> {
    let day = |text: &str| {
        let day: Date = text.parse().ok()?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    match text.trim() {
        "beginning" => Ok(ForwardFrom::Beginning),
        "now" => Ok(ForwardFrom::Now),
        text => day(text).map(ForwardFrom::Received).ok_or_else(|| {
            ConfigError(format!(
                "forward-from: must be beginning, now, or a day such as 2026-01-31; got {text:?}"
            ))
        }),
    }
}

fn proof(
    user: Option<String>,
    password_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
) -> Result<Option<ForwardProof>, ConfigError> {
    let wrong = |text: String| Err(ConfigError(text));
    let token = match secret("forward-token-file", token_file, TOKEN)? {
        Some(token) if user.is_some() || !token.bytes().all(|byte| byte.is_ascii_graphic()) => {
            return wrong(
                "forward-token-file: a token has no blanks, and comes without forward-user"
                    .to_owned(),
            );
        }
        token => token,
    };
    match (
        user,
        secret("forward-password-file", password_file, PASSWORD)?,
    ) {
        (None, _) => Ok(token.map(ForwardProof::Token)),
        (Some(user), Some(_)) if user.contains(':') => {
            wrong("forward-user: must not have a colon".to_owned())
        }
        (Some(user), Some(password)) => Ok(Some(ForwardProof::Password { user, password })),
        (Some(_), None) => wrong(format!(
            "forward-user: needs a password; name a --forward-password-file or set {PASSWORD}"
        )),
    }
}

/// The first line of a file, or a variable.
fn secret(
    setting: &str,
    file: Option<PathBuf>,
    variable: &str,
) -> Result<Option<String>, ConfigError> {
    let Some(path) = file else {
        return Ok(std::env::var(variable).ok().filter(|text| !text.is_empty()));
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|e| ConfigError(format!("{setting}: {}: {e}", path.display())))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Some(line.to_owned())),
        _ => Err(ConfigError(format!(
            "{setting}: {}: the first line is empty",
            path.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(url: &str) -> ForwardOptions {
        ForwardOptions {
            url: Some(url.to_owned()),
            ..ForwardOptions::default()
        }
    }

    fn resolve(set: ForwardOptions) -> Result<ForwardConfig, String> {
        ForwardConfig::resolve(set, ForwardOptions::default())
            .map(Option::unwrap)
            .map_err(|ConfigError(text)| text)
    }

    #[test]
    fn an_address_is_enough() {
        let nothing = ForwardConfig::resolve(ForwardOptions::default(), ForwardOptions::default());
        assert_eq!(nothing.unwrap(), None);
        let config = resolve(to("http://127.0.0.1:8086/write?db=usage&precision=ns")).unwrap();
        assert_eq!((config.from, config.gzip), (ForwardFrom::Now, false));
        assert!(config.is_here() && config.proof.is_none());
        for (url, here) in [
            ("http://localhost/write", true),
            ("http://[::1]:1/write", true),
            ("http://influx.example.com/write", false),
            ("http://10.0.0.1/write", false),
        ] {
            assert_eq!(resolve(to(url)).unwrap().is_here(), here, "{url}");
        }
    }

    #[test]
    fn addresses_that_can_be_no_target_are_refused_without_their_secrets() {
        for (url, said) in [
            ("ftp://x/write", "http://"),
            ("127.0.0.1:8086", "http"),
            ("http://ann:sesame@x/write", "forward-user"),
            ("http://x/write?db=d&p=sesame", "forward-token-file"),
            ("http://x/write?precision=s", "precision"),
            ("http://x/write#sesame", "#"),
            ("http://x y/sesame", "address"),
        ] {
            let refused = resolve(to(url)).unwrap_err();
            assert!(refused.starts_with("forward-url: "), "{refused}");
            assert!(
                refused.contains(said) && !refused.contains("sesame"),
                "{refused}"
            );
        }
        let https = resolve(to("https://x/write"));
        match cfg!(feature = "https") {
            true => assert!(https.is_ok()),
            false => assert!(https.unwrap_err().contains("--features https")),
        }
    }

    #[test]
    fn a_target_begins_where_it_is_told() {
        let from = |text: &str| {
            let set = ForwardOptions {
                from: Some(text.to_owned()),
                ..to("http://x/write")
            };
            resolve(set).map(|config| config.from)
        };
        assert_eq!(from("beginning"), Ok(ForwardFrom::Beginning));
        assert_eq!(from("now"), Ok(ForwardFrom::Now));
        let day = "2026-01-31T00:00:00Z".parse().unwrap();
        assert_eq!(from("2026-01-31"), Ok(ForwardFrom::Received(day)));
        assert!(from("2026-02-30").unwrap_err().contains("2026-01-31"));
    }

    #[test]
    fn secrets_come_from_files_and_are_never_printed() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            Some(path)
        };
        let by_password = ForwardOptions {
            user: Some("ann".to_owned()),
            password_file: file("password", "open sesame\nnext\n"),
            ..to("http://influx.example.com/write")
        };
        let config = resolve(by_password.clone()).unwrap();
        assert!(!format!("{config:?}").contains("sesame"));
        assert!(config.is_readable());
        let expected = ForwardProof::Password {
            user: "ann".to_owned(),
            password: "open sesame".to_owned(),
        };
        assert!(config.proof == Some(expected));
        let by_token = ForwardOptions {
            token_file: file("token", "sesame\n"),
            ..to("http://127.0.0.1/write")
        };
        let config = resolve(by_token.clone()).unwrap();
        assert!(config.proof == Some(ForwardProof::Token("sesame".to_owned())));
        assert!(!config.is_readable(), "nobody reads on this machine's own");
        for (wrong, said) in [
            (
                ForwardOptions {
                    password_file: None,
                    ..by_password.clone()
                },
                "USAGE_FORWARD_PASSWORD",
            ),
            (
                ForwardOptions {
                    token_file: by_token.token_file.clone(),
                    ..by_password.clone()
                },
                "without forward-user",
            ),
            (
                ForwardOptions {
                    token_file: file("empty", "\n"),
                    ..to("http://x/write")
                },
                "the first line is empty",
            ),
            (
                ForwardOptions {
                    token_file: file("blanks", "open sesame\n"),
                    ..to("http://x/write")
                },
                "no blanks",
            ),
        ] {
            let refused = resolve(wrong).unwrap_err();
            assert!(
                refused.contains(said) && !refused.contains("sesame"),
                "{refused}"
            );
        }
    }
}
