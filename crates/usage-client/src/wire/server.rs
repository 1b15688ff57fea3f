//! The check-in of one server.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::Saveable;

/// One server of a cluster says that it is there, at every start of the program.
///
/// A field left out is sent blank, and the server answers with what is missing
/// ([`Error::Validation`](crate::Error::Validation)).
///
/// ```
/// use usage_client::Server;
///
/// let server = Server {
///     cluster_id: "clus1".into(),
///     server_id: "serv1".into(),
///     host: "example.com".into(),
///     product: "jambox".into(),
///     version: "1.0".into(),
/// };
/// // The same, for those who like chains.
/// let same = Server::new("jambox", "1.0")
///     .cluster_id("clus1")
///     .server_id("serv1")
///     .host("example.com");
/// assert_eq!(server, same);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// The cluster this server belongs to.
    pub cluster_id: String,
    /// This server, within its cluster.
    pub server_id: String,
    /// Its host name, with a port if it likes.
    pub host: String,
    /// The product it runs, such as `influxdb`.
    pub product: String,
    /// The product's version.
    pub version: String,
}

impl Server {
    /// A server of `product` in `version`; the rest is still blank.
    pub fn new(product: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            product: product.into(),
            version: version.into(),
            ..Self::default()
        }
    }

    /// Sets the cluster.
    #[must_use]
    pub fn cluster_id(mut self, id: impl Into<String>) -> Self {
        self.cluster_id = id.into();
        self
    }

    /// Sets the server's id within the cluster.
    #[must_use]
    pub fn server_id(mut self, id: impl Into<String>) -> Self {
        self.server_id = id.into();
        self
    }

    /// Sets the host name.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }
}

impl Saveable for Server {
    fn path(&self) -> Cow<'_, str> {
        "/servers".into()
    }
}

// By hand, here and in the neighbours: `derive` would bring four crates into every product.
impl Serialize for Server {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Server", 5)?;
        object.serialize_field("cluster_id", &self.cluster_id)?;
        object.serialize_field("server_id", &self.server_id)?;
        object.serialize_field("host", &self.host)?;
        object.serialize_field("product", &self.product)?;
        object.serialize_field("version", &self.version)?;
        object.end()
    }
}
