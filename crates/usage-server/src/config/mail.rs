//! Settings of mail: the server that takes ours, and how it knows us. With a table of its own in the file.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::{ConfigError, authorities};

/// The password's own variable: what stands on a command line is read by everybody on the machine.
const PASSWORD: &str = "USAGE_MAIL_PASSWORD";

/// What can be set of mail.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[group(skip)]
pub(crate) struct MailOptions {
    /// The mail server that takes our mail, such as smtp.example.com; without it nothing is mailed
    #[arg(
        id = "mail_host",
        long = "mail-host",
        env = "USAGE_MAIL_HOST",
        value_name = "HOST"
    )]
    pub(crate) host: Option<String>,

    /// Its port [default: 587; 465 with --mail-tls=always]
    #[arg(
        id = "mail_port",
        long = "mail-port",
        env = "USAGE_MAIL_PORT",
        value_name = "PORT"
    )]
    pub(crate) port: Option<u16>,

    /// Whether what we say to it is encrypted [default: starttls]
    #[arg(id = "mail_tls", long = "mail-tls", env = "USAGE_MAIL_TLS", value_enum)]
    pub(crate) tls: Option<MailTls>,

    /// Certificate authorities to believe it by, a PEM file [default: those that browsers believe]
    #[arg(
        id = "mail_ca_file",
        long = "mail-ca-file",
        env = "USAGE_MAIL_CA_FILE",
        value_name = "FILE"
    )]
    pub(crate) ca_file: Option<PathBuf>,

    /// The name to sign in to it with
    #[arg(
        id = "mail_user",
        long = "mail-user",
        env = "USAGE_MAIL_USER",
        value_name = "NAME"
    )]
    pub(crate) user: Option<String>,

    /// A file with the password on its first line; or set USAGE_MAIL_PASSWORD
    #[arg(
        id = "mail_password_file",
        long = "mail-password-file",
        env = "USAGE_MAIL_PASSWORD_FILE",
        value_name = "FILE"
    )]
    pub(crate) password_file: Option<PathBuf>,

    /// The address our mail comes from, such as usage@example.com
    #[arg(
        id = "mail_from",
        long = "mail-from",
        env = "USAGE_MAIL_FROM",
        value_name = "ADDRESS"
    )]
    pub(crate) from: Option<String>,
}

/// Whether what we say to the mail server is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MailTls {
    /// From the STARTTLS command on, which the server must know
    #[default]
    Starttls,
    /// From the first byte on
    Always,
    /// Never: for a mail server on this machine
    Never,
}

/// The settings of mail, complete.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MailConfig {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: MailTls,
    /// PEM.
    pub(crate) authorities: Option<Vec<u8>>,
    /// Name and password.
    pub(crate) credentials: Option<(String, String)>,
    pub(crate) from: String,
}

impl std::fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailConfig({}:{})", self.host, self.port)
    }
}

impl MailConfig {
    /// `None` where no mail server is named.
    pub(super) fn resolve(
        set: MailOptions,
        file: MailOptions,
    ) -> Result<Option<MailConfig>, ConfigError> {
        let Some(host) = set.host.or(file.host) else {
            return Ok(None);
        };
        let wrong = |text: String| Err(ConfigError(text));
        let tls = set.tls.or(file.tls).unwrap_or_default();
        let Some(from) = set.from.or(file.from) else {
            return wrong("mail-from: name the address that mail comes from".to_owned());
        };
        let from = from.trim().to_owned();
        if !crate::account::password::is_address(&from) {
            return wrong(format!("mail-from: {from:?} is not a mail address"));
        }
        let credentials = match set.user.or(file.user) {
            None => None,
            Some(_) if tls == MailTls::Never && !is_here(&host) => {
                return wrong(
                    "mail-tls: never would send the password readable; use starttls or always"
                        .to_owned(),
                );
            }
            Some(user) => Some((user, password(set.password_file.or(file.password_file))?)),
        };
        let authorities = authorities::read("mail-ca-file", set.ca_file.or(file.ca_file))?;
        let usual = match tls {
            MailTls::Always => 465,
            MailTls::Starttls | MailTls::Never => 587,
        };
        Ok(Some(MailConfig {
            host,
            port: set.port.or(file.port).unwrap_or(usual),
            tls,
            authorities,
            credentials,
            from,
        }))
    }
}

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

fn password(file: Option<PathBuf>) -> Result<String, ConfigError> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(&path)
            .map_err(|e| ConfigError(format!("mail-password-file: {}: {e}", path.display())))?;
        return Ok(text.lines().next().unwrap_or_default().to_owned());
    }
    std::env::var(PASSWORD).map_err(|_| {
        ConfigError(format!(
            "mail-user: needs a password; name a --mail-password-file or set {PASSWORD}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> MailOptions {
        MailOptions {
            host: Some("smtp.example.com".to_owned()),
            from: Some("usage@example.com".to_owned()),
            ..MailOptions::default()
        }
    }

    fn refused(set: MailOptions) -> String {
        let ConfigError(text) = MailConfig::resolve(set, MailOptions::default()).unwrap_err();
        text
    }

    #[test]
    fn a_host_and_an_address_are_enough_and_encrypted() {
        let config = MailConfig::resolve(MailOptions::default(), set())
            .unwrap()
            .unwrap();
        assert_eq!((config.port, config.tls), (587, MailTls::Starttls));
        let nothing = MailConfig::resolve(MailOptions::default(), MailOptions::default());
        assert_eq!(nothing.unwrap(), None);
    }

    #[test]
    fn mistakes_are_named() {
        let from = |text: &str| MailOptions {
            from: Some(text.to_owned()),
            ..set()
        };
        assert!(refused(from("a@b\r\nBcc: c@d")).contains("is not a mail address"));
        let nobody = MailOptions {
            from: None,
            ..set()
        };
        assert!(refused(nobody).contains("mail-from"));
        let readable = MailOptions {
            tls: Some(MailTls::Never),
            user: Some("usage".to_owned()),
            ..set()
        };
        assert!(refused(readable).contains("readable"));
    }

    #[test]
    fn the_password_comes_from_a_file_and_is_never_printed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "open sesame\n").unwrap();
        let with = MailOptions {
            user: Some("usage".to_owned()),
            password_file: Some(path),
            ..set()
        };
        let config = MailConfig::resolve(with, MailOptions::default())
            .unwrap()
            .unwrap();
        assert!(!format!("{config:?}").contains("sesame"));
        let (user, password) = config.credentials.unwrap();
        assert_eq!((&*user, &*password), ("usage", "open sesame"));
    }
}
