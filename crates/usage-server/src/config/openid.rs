//! Settings of OpenID Connect: the provider that people may sign in with, and how it knows us. With a table of
//! its own in the file. Read in every build, so that one without the feature says what is missing.

// Without the feature, what is read is only refused.
#![cfg_attr(not(feature = "openid"), allow(dead_code))]

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

use super::{ConfigError, authorities};
use crate::openid::address;

/// The secret's own variable: what stands on a command line is read by everybody on the machine.
const SECRET: &str = "USAGE_OPENID_CLIENT_SECRET";

/// What is asked for unless set: who it is, and their address.
const SCOPES: &str = "openid email";

/// What can be set of OpenID Connect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[group(skip)]
pub(crate) struct OpenidOptions {
    /// Who people may sign in with, such as `https://login.example.com`; needs a build with --features openid
    #[arg(
        id = "openid_issuer",
        long = "openid-issuer",
        env = "USAGE_OPENID_ISSUER",
        value_name = "URL"
    )]
    pub(crate) issuer: Option<String>,

    /// What it knows this server as
    #[arg(
        id = "openid_client_id",
        long = "openid-client-id",
        env = "USAGE_OPENID_CLIENT_ID",
        value_name = "ID"
    )]
    pub(crate) client_id: Option<String>,

    /// A file with the client's secret on its first line; or set USAGE_OPENID_CLIENT_SECRET
    #[arg(
        id = "openid_client_secret_file",
        long = "openid-client-secret-file",
        env = "USAGE_OPENID_CLIENT_SECRET_FILE",
        value_name = "FILE"
    )]
    pub(crate) client_secret_file: Option<PathBuf>,

    /// What people call it; the button says "Sign in with ..." [default: the issuer's host]
    #[arg(
        id = "openid_name",
        long = "openid-name",
        env = "USAGE_OPENID_NAME",
        value_name = "NAME"
    )]
    pub(crate) name: Option<String>,

    /// What it is asked for, separated by blanks [default: openid email]
    #[arg(
        id = "openid_scopes",
        long = "openid-scopes",
        env = "USAGE_OPENID_SCOPES",
        value_name = "SCOPES"
    )]
    pub(crate) scopes: Option<String>,

    /// Certificate authorities to believe it by, a PEM file [default: those that browsers believe]
    #[arg(
        id = "openid_ca_file",
        long = "openid-ca-file",
        env = "USAGE_OPENID_CA_FILE",
        value_name = "FILE"
    )]
    pub(crate) ca_file: Option<PathBuf>,
}

/// The settings of OpenID Connect, complete.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct OpenidConfig {
    /// As the provider writes it.
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// For people.
    pub(crate) name: String,
    pub(crate) scopes: String,
    /// PEM.
    pub(crate) authorities: Option<Vec<u8>>,
}

impl std::fmt::Debug for OpenidConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenidConfig({} at {})", self.client_id, self.issuer)
    }
}

impl OpenidConfig {
    /// `None` where no provider is named.
    pub(super) fn resolve(
        set: OpenidOptions,
        file: OpenidOptions,
    ) -> Result<Option<OpenidConfig>, ConfigError> {
        let nothing = OpenidOptions::default();
        if set == nothing && file == nothing {
            return Ok(None);
        }
        if cfg!(not(feature = "openid")) {
            return Err(ConfigError(
                "openid: this build can't sign people in with OpenID Connect; build it with `cargo build --release --features openid`"
                    .to_owned(),
            ));
        }
        complete(set, file).map(Some)
    }
}

fn complete(set: OpenidOptions, file: OpenidOptions) -> Result<OpenidConfig, ConfigError> {
    let missing = |text: &str| ConfigError(text.to_owned());
    let issuer = set.issuer.or(file.issuer).ok_or_else(|| {
        missing("openid-issuer: name the provider, such as https://login.example.com")
    })?;
    let Some(host) = address::host(&issuer).filter(|_| !issuer.contains(['?', '#'])) else {
        return Err(ConfigError(format!(
            "openid-issuer: {issuer:?} is not an https address such as https://login.example.com (http only on this machine)"
        )));
    };
    let client_id = set
        .client_id
        .or(file.client_id)
        .ok_or_else(|| missing("openid-client-id: name what the provider knows this server as"))?;
    let name = set.name.or(file.name).unwrap_or_else(|| host.to_owned());
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(missing(
            "openid-name: name what people know the provider as",
        ));
    }
    let scopes = set.scopes.or(file.scopes);
    let scopes = scopes.unwrap_or_else(|| SCOPES.to_owned());
    if !scopes.split(' ').any(|scope| scope == "openid") {
        return Err(ConfigError(format!(
            "openid-scopes: {scopes:?} must have openid among them, separated by blanks"
        )));
    }
    let authorities = authorities::read("openid-ca-file", set.ca_file.or(file.ca_file))?;
    Ok(OpenidConfig {
        client_secret: secret(set.client_secret_file.or(file.client_secret_file))?,
        issuer,
        client_id,
        name,
        scopes,
        authorities,
    })
}

fn secret(file: Option<PathBuf>) -> Result<String, ConfigError> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(&path).map_err(|e| {
            ConfigError(format!(
                "openid-client-secret-file: {}: {e}",
                path.display()
            ))
        })?;
        return Ok(text.lines().next().unwrap_or_default().trim().to_owned());
    }
    std::env::var(SECRET).map_err(|_| {
        ConfigError(format!(
            "openid-client-id: needs its secret; name an --openid-client-secret-file or set {SECRET}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::{EXAMPLE, ServeOptions};
    use super::*;

    fn set(folder: &tempfile::TempDir) -> OpenidOptions {
        let path = folder.path().join("secret");
        std::fs::write(&path, "open sesame\n").unwrap();
        OpenidOptions {
            issuer: Some("https://login.example.com/realms/a".to_owned()),
            client_id: Some("usage".to_owned()),
            client_secret_file: Some(path),
            ..OpenidOptions::default()
        }
    }

    #[test]
    fn an_issuer_an_id_and_a_secret_are_enough_and_the_secret_is_never_printed() {
        let folder = tempfile::tempdir().unwrap();
        let config = complete(OpenidOptions::default(), set(&folder)).unwrap();
        assert_eq!(config.name, "login.example.com");
        assert_eq!(config.scopes, "openid email");
        assert_eq!(config.client_secret, "open sesame");
        assert!(!format!("{config:?}").contains("sesame"));
        let flag = OpenidOptions {
            name: Some("Example".to_owned()),
            ..OpenidOptions::default()
        };
        assert_eq!(complete(flag, set(&folder)).unwrap().name, "Example");
    }

    #[test]
    fn mistakes_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |change: fn(&mut OpenidOptions)| {
            let mut set = set(&folder);
            change(&mut set);
            let ConfigError(text) = complete(set, OpenidOptions::default()).unwrap_err();
            text
        };
        assert!(refused(|set| set.issuer = None).starts_with("openid-issuer: name"));
        assert!(refused(|set| set.client_id = None).starts_with("openid-client-id: name"));
        assert!(refused(|set| set.client_secret_file = None).contains(SECRET));
        assert!(refused(|set| set.scopes = Some("email".to_owned())).contains("openid-scopes"));
        assert!(refused(|set| set.name = Some(" ".to_owned())).contains("openid-name"));
        assert!(refused(|set| set.ca_file = Some("nowhere".into())).contains("nowhere"));
        for wrong in [
            "http://login.example.com",
            "login.example.com",
            "https://a@b",
            "https://a/?b",
        ] {
            let mut set = set(&folder);
            set.issuer = Some(wrong.to_owned());
            let ConfigError(text) = complete(set, OpenidOptions::default()).unwrap_err();
            assert!(text.contains("is not an https address"), "{text}");
        }
    }

    #[test]
    fn a_build_without_the_feature_says_how_to_get_it() {
        let folder = tempfile::tempdir().unwrap();
        let resolved = OpenidConfig::resolve(OpenidOptions::default(), set(&folder));
        match cfg!(feature = "openid") {
            true => assert!(resolved.unwrap().is_some()),
            false => {
                let ConfigError(text) = resolved.unwrap_err();
                assert!(text.contains("--features openid"), "{text}");
            }
        }
    }

    #[test]
    fn the_example_file_says_what_is_true() {
        let (_, table) = EXAMPLE.split_once("\n# [openid]\n").unwrap();
        let lines = table.lines().map_while(|line| line.strip_prefix("# "));
        let lines: Vec<&str> = lines.collect();
        let file: ServeOptions =
            toml::from_str(&format!("[openid]\n{}", lines.join("\n"))).unwrap();
        let set = file.openid;
        assert!(
            set.issuer.is_some() && set.client_id.is_some() && set.client_secret_file.is_some()
        );
        assert_eq!(set.scopes.as_deref(), Some(SCOPES));
        assert!(set.name.is_some() && set.ca_file.is_none());
    }
}
