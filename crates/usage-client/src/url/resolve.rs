//! Following a reference, such as a `Location`, from the URL it was found at (RFC 3986, section 5.2, as
//! Go does it).

use super::{Url, UrlError};

impl Url {
    /// The URL that `reference` means when seen at `self`.
    pub(crate) fn resolve(&self, reference: &[u8]) -> Result<Self, UrlError> {
        let mut url = Self::parse(reference)?;
        if !url.scheme.is_empty() || !url.host.is_empty() || url.user.is_some() {
            if url.scheme.is_empty() {
                url.scheme.clone_from(&self.scheme);
            }
            let path = url.escaped_path();
            url.set_path(&resolve_path(&path, b""))?;
            return Ok(url);
        }
        if url.path.is_empty() && !url.force_query && url.raw_query.is_empty() {
            url.raw_query.clone_from(&self.raw_query);
        }
        url.scheme.clone_from(&self.scheme);
        url.host.clone_from(&self.host);
        url.user.clone_from(&self.user);
        let path = resolve_path(&self.escaped_path(), &url.escaped_path());
        url.set_path(&path)?;
        Ok(url)
    }
}

/// `reference` from where `base` is, with `.` and `..` taken.
fn resolve_path(base: &[u8], reference: &[u8]) -> Vec<u8> {
    let full = match reference.first() {
        None => base.to_vec(),
        Some(b'/') => reference.to_vec(),
        Some(_) => {
            let folder = base
                .iter()
                .rposition(|&byte| byte == b'/')
                .map_or(0, |at| at + 1);
            [&base[..folder], reference].concat()
        }
    };
    if full.is_empty() {
        return full;
    }
    let mut kept: Vec<&[u8]> = Vec::new();
    let relative = full.strip_prefix(b"/").unwrap_or(&full);
    let mut ends_in_folder = false;
    for segment in relative.split(|&byte| byte == b'/') {
        ends_in_folder = matches!(segment, b"." | b"..");
        match segment {
            b"." => {}
            b".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    if ends_in_folder {
        kept.push(b"");
    }
    [b"/".as_slice(), &kept.join(&b'/')].concat()
}
