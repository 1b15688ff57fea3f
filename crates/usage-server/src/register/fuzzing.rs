//! What must hold of whatever a link to `/start`, or a program that registers, brings. See
//! `crate::fuzzing`.

use super::doors::{Wanted, device_subject};
use super::redirect::RedirectUrl;
use super::{Asked, UserCode};
use crate::fuzzing::readable;
use crate::ingest::Refusal;

/// The same bytes as a link's query, as an address to be sent to, as a typed code, and as the bodies of
/// both doors.
pub fn register(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        query(text);
        if let Ok(url) = RedirectUrl::parse(text) {
            redirect(&url);
        }
        if let Some(code) = UserCode::typed(text) {
            assert_eq!(UserCode::typed(&code.shown()), Some(code));
        }
    }
    if let Err(refusal) = device_subject(bytes) {
        told(&refusal);
    }
    if let Err(refusal) = Wanted::read(bytes) {
        told(&refusal);
    }
}

fn query(text: &str) {
    match Asked::read(text) {
        Ok(asked) => {
            assert!(!asked.product.trim().is_empty() && !asked.cluster_id.trim().is_empty());
            asked.way.redirect().into_iter().for_each(redirect);
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(!problem.contains(char::is_control), "{problem:?}");
            }
        }
    }
}

/// It fits a header, leads to the host that was shown, and is a redirect again.
fn redirect(url: &RedirectUrl) {
    let targets = [
        url.with_token("t k"),
        url.with_code("c", Some("\r\n&é")),
        url.with_denial(None),
    ];
    for target in targets {
        assert!(
            target.bytes().all(|byte| byte.is_ascii_graphic()),
            "{target}"
        );
        assert!(!target.contains('\\'), "{target}");
        if let Ok(again) = RedirectUrl::parse(&target) {
            assert_eq!(again.shown(), url.shown());
        }
    }
    assert!(
        url.form_target()
            .bytes()
            .all(|byte| !matches!(byte, b' ' | b';' | b','))
    );
}

fn told(refusal: &Refusal) {
    if let Refusal::Fields(errors) = refusal {
        readable(errors);
    }
}
