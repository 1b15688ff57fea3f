//! Which server, and the guard that keeps everybody's tests from reporting to production.

use std::fmt;

use super::request::check_base;
use super::{Environment, URL_VARIABLE};
use crate::{Error, PRODUCTION_URL};

/// A base URL as somebody configured it, not yet looked at: [`encode`](super::encode) and
/// [`Registration::url`](crate::Registration::url) say what is wrong with it.
///
/// Bytes, because configuration files and environments hold what they hold.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Vec<u8>);

impl BaseUrl {
    /// As it was given.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether requests can go there.
    ///
    /// # Errors
    ///
    /// [`Error::Url`], which says what is wrong.
    pub fn check(&self) -> Result<(), Error> {
        check_base(&self.0).map_err(Error::Url)
    }
}

impl<T: AsRef<[u8]> + ?Sized> From<&T> for BaseUrl {
    fn from(url: &T) -> Self {
        Self(url.as_ref().to_vec())
    }
}

/// What stands before an `@` may be a password: hidden.
impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(&self.0);
        match text.rsplit_once('@') {
            Some((_, after)) => write!(f, "***@{after}"),
            None => f.write_str(&text),
        }
    }
}

/// Who said which server to report to, in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlSource {
    /// [`Client::with_url`](crate::Client::with_url).
    Client,
    /// The environment variable `USAGE_URL`.
    Environment,
    /// [`set_default_url`](crate::set_default_url).
    Default,
    /// Nobody: [`PRODUCTION_URL`].
    BuiltIn,
}

/// A server to report to, and who said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The base URL.
    pub url: BaseUrl,
    /// Who said so.
    pub source: UrlSource,
}

/// The first that is set of: the client's own URL, `USAGE_URL`, the program's default, production.
///
/// The operator's variable goes before the program's default, since it is the operator who runs a server
/// of their own; a URL set on a client comes from configuration and goes before both.
pub fn resolve(
    client: Option<&BaseUrl>,
    environment: &Environment,
    default: Option<&BaseUrl>,
) -> Endpoint {
    let (url, source) = if let Some(url) = client {
        (url.clone(), UrlSource::Client)
    } else if let Some(url) = environment.get_filled(URL_VARIABLE) {
        (BaseUrl::from(url.trim()), UrlSource::Environment)
    } else if let Some(url) = default {
        (url.clone(), UrlSource::Default)
    } else {
        (BaseUrl::from(PRODUCTION_URL), UrlSource::BuiltIn)
    };
    Endpoint { url, source }
}

/// Refuses the production server in debug builds and in CI, where nobody chose it.
///
/// Whoever set any URL, production's too, or called
/// [`allow_production`](crate::Client::allow_production), chose.
///
/// # Errors
///
/// [`Error::ProductionByAccident`].
pub fn guard(source: UrlSource, debug_build: bool, environment: &Environment) -> Result<(), Error> {
    if source == UrlSource::BuiltIn && (debug_build || environment.is_ci()) {
        return Err(Error::ProductionByAccident);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_to_the_call_says_where_to_report() {
        let own = BaseUrl::from("http://own");
        let default = BaseUrl::from("http://default");
        let environment = Environment::from([("USAGE_URL", " http://operator ")]);
        let nothing = Environment::from([("USAGE_URL", "")]);

        let found = resolve(Some(&own), &environment, Some(&default));
        assert_eq!((found.url, found.source), (own, UrlSource::Client));
        let found = resolve(None, &environment, Some(&default));
        assert_eq!(found.url, BaseUrl::from("http://operator"));
        assert_eq!(found.source, UrlSource::Environment);
        let found = resolve(None, &nothing, Some(&default));
        assert_eq!((found.url, found.source), (default, UrlSource::Default));
        let found = resolve(None, &nothing, None);
        assert_eq!(found.url, BaseUrl::from(PRODUCTION_URL));
        assert_eq!(found.source, UrlSource::BuiltIn);
    }

    #[test]
    fn nobody_reports_to_production_by_accident() {
        let nowhere = Environment::from([("CI", "false")]);
        for ci in ["CI", "GITHUB_ACTIONS", "JENKINS_URL"] {
            let ci = Environment::from([(ci, "true")]);
            assert!(guard(UrlSource::BuiltIn, false, &ci).is_err());
            assert!(guard(UrlSource::Client, false, &ci).is_ok());
        }
        assert!(guard(UrlSource::BuiltIn, false, &nowhere).is_ok());
        let error = guard(UrlSource::BuiltIn, true, &nowhere).unwrap_err();
        assert!(error.to_string().contains("USAGE_URL"), "{error}");
        for chosen in [
            UrlSource::Client,
            UrlSource::Environment,
            UrlSource::Default,
        ] {
            assert!(guard(chosen, true, &nowhere).is_ok());
        }
    }

    #[test]
    fn a_password_in_a_url_is_not_shown() {
        let url = BaseUrl::from("https://me:secret@usage.example.com");
        assert_eq!(format!("{url:?}"), "***@usage.example.com");
    }
}
