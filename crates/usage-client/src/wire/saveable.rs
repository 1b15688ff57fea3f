//! What makes a type something that can be saved.

use std::borrow::Cow;

use serde::Serialize;

/// A report: where it goes, and (as [`Serialize`]) what it says.
///
/// [`Server`](crate::Server), [`Stats`](crate::Stats) and [`Usage`](crate::Usage) are reports. Your own
/// type becomes one like this:
///
/// ```
/// use std::borrow::Cow;
/// use usage_client::Saveable;
///
/// #[derive(serde::Serialize)]
/// struct Licence {
///     cluster_id: String,
///     seats: u32,
/// }
///
/// impl Saveable for Licence {
///     fn path(&self) -> Cow<'_, str> {
///         "/licences/jambox".into()
///     }
/// }
/// ```
///
/// The JSON is written as the protocol's library writes it: `<`, `>` and `&` escaped, whole floats
/// without a point. Two things are up to your type: the order of the keys of a `HashMap` (Go sorts them;
/// so does a `BTreeMap`), and numbers that are none (`serde_json` writes a NaN as `null`;
/// [`Value`](crate::Value) refuses it).
pub trait Saveable: Serialize {
    /// Everything of the path after `/api/v1`, with its leading slash.
    ///
    /// It is sent as the protocol's library sends it: characters that can't stand in a path are escaped,
    /// `%XX` that is there already stays, and `/`, `..` and `?` keep their meaning, in a product's name
    /// too (servers know names of one segment). An error when saving, since what arrives would not be what
    /// was named: a control character, a broken `%` escape, a `#`.
    fn path(&self) -> Cow<'_, str>;
}

impl<T: Saveable + ?Sized> Saveable for &T {
    fn path(&self) -> Cow<'_, str> {
        (**self).path()
    }
}
