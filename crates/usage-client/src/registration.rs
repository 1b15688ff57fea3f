//! Registration: the address at which a person connects an installation with their organization.

use std::fmt;

use crate::Error;
use crate::core::BaseUrl;
use crate::error::TargetError;
use crate::url::{Query, Url};

/// What a server must know to register an installation.
///
/// A person opens the [URL](Self::url) in a browser, signs in, and gets a token: shown on a page, or
/// handed to the redirect URL as its query parameter `token`.
///
/// ```
/// use usage_client::{Registration, STAGING_URL};
///
/// # fn main() -> Result<(), usage_client::Error> {
/// let registration = Registration::new("clus1", "chronograf").redirect_url("http://example.com");
/// assert_eq!(
///     registration.url(&STAGING_URL.into())?,
///     "https://usage.staging.influxdata.com/start?cluster_id=clus1&product=chronograf\
///      &redirect_url=http%3A%2F%2Fexample.com",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registration {
    cluster_id: Vec<u8>,
    product: Vec<u8>,
    redirect_url: Vec<u8>,
}

impl Registration {
    /// Text, or bytes: ids come from where they come from.
    pub fn new(cluster_id: impl AsRef<[u8]>, product: impl AsRef<[u8]>) -> Self {
        Self {
            cluster_id: cluster_id.as_ref().to_vec(),
            product: product.as_ref().to_vec(),
            redirect_url: Vec::new(),
        }
    }

    /// Where the browser goes afterwards, with the token. Blank: nowhere, a page shows the token.
    #[must_use]
    pub fn redirect_url(mut self, url: impl AsRef<[u8]>) -> Self {
        self.redirect_url = url.as_ref().to_vec();
        self
    }

    /// Whether cluster and product are given. The server does not check it.
    ///
    /// # Errors
    ///
    /// [`RegistrationError`] where either is blank.
    pub fn validate(&self) -> Result<(), RegistrationError> {
        if self.cluster_id.is_empty() || self.product.is_empty() {
            return Err(RegistrationError);
        }
        Ok(())
    }

    /// The address to open, on the server of `base`: the same bytes as the protocol's library makes.
    ///
    /// The base's path is replaced by `/start`. Its query stays, sorted, as do its fragment and user.
    ///
    /// # Errors
    ///
    /// [`Error::Registration`] where cluster or product is blank, [`Error::Url`] where the base is no URL.
    pub fn url(&self, base: &BaseUrl) -> Result<String, Error> {
        self.url_with(base, &[])
    }

    /// The same, with more in its query.
    pub(crate) fn url_with(&self, base: &BaseUrl, more: &[(&str, &str)]) -> Result<String, Error> {
        self.validate().map_err(Error::Registration)?;
        let mut url = Url::parse(base.as_bytes()).map_err(|error| Error::Url(error.into()))?;
        url.path = b"/start".to_vec();
        let mut query = Query::parse(&url.raw_query);
        query.set("cluster_id", &self.cluster_id);
        query.set("product", &self.product);
        if !self.redirect_url.is_empty() {
            query.set("redirect_url", &self.redirect_url);
        }
        for (key, value) in more {
            query.set(key, value.as_bytes());
        }
        url.raw_query = query.encode();
        String::from_utf8(url.to_bytes()).map_err(|_| Error::Url(TargetError::NotText))
    }

    /// Who asks, in the body of a request.
    #[cfg(feature = "register")]
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        serde_json::json!({
            "cluster_id": text(&self.cluster_id),
            "product": text(&self.product),
        })
    }
}

/// A registration needs a cluster and a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistrationError;

impl fmt::Display for RegistrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The words of the protocol's library: programs show them to people.
        f.write_str("You must supply both a ClusterID and a Product!")
    }
}

impl std::error::Error for RegistrationError {}
