//! From a person's yes to a program's token: what a link to `/start` asks for (`asked`), where a browser
//! may be sent afterwards (`redirect`), the codes that people type (`user_code`), and the two doors at
//! which programs get their token without one in a URL (`doors`). The pages are in `pages/`.

mod asked;
mod described;
mod doors;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod redirect;
mod user_code;

pub(crate) use asked::{Asked, CodeWay, Way, product_objection};
pub(crate) use described::operations;
pub(crate) use doors::{device, token};
pub(crate) use redirect::public_host;
pub(crate) use user_code::UserCode;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

/// What may be known of a verifier before it is used (RFC 7636, S256).
fn challenge(verifier: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(verifier))
}

#[cfg(test)]
mod tests;
