//! Whom to trust: the machine's certificate authorities, since operators add their own there; a bundled
//! list where the machine has none, as in bare containers.

use ureq::tls::{PemItem, RootCerts, parse_pem};

/// Windows and Apple's systems have a verifier of their own, with its settings and revocations.
#[cfg(any(windows, target_vendor = "apple"))]
pub(super) fn trusted() -> RootCerts {
    RootCerts::PlatformVerifier
}

/// Elsewhere the distribution keeps one file, read once.
#[cfg(not(any(windows, target_vendor = "apple")))]
pub(super) fn trusted() -> RootCerts {
    use std::sync::OnceLock;

    /// What OpenSSL's programs, and so operators, know for "not the system's file but this one".
    const OVERRIDE: &str = "SSL_CERT_FILE";
    const BUNDLES: [&str; 6] = [
        "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Arch, Gentoo
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL
        "/etc/ssl/ca-bundle.pem",             // SUSE
        "/etc/ssl/cert.pem",                  // Alpine, OpenBSD
        "/usr/local/share/certs/ca-root-nss.crt", // FreeBSD
        "/etc/openssl/certs/ca-certificates.crt", // NetBSD
    ];
    static TRUSTED: OnceLock<RootCerts> = OnceLock::new();

    TRUSTED
        .get_or_init(|| {
            let named = std::env::var_os(OVERRIDE).filter(|path| !path.is_empty());
            let mut files = named.into_iter().chain(BUNDLES.map(Into::into));
            files.find_map(read_bundle).unwrap_or(RootCerts::WebPki)
        })
        .clone()
}

/// A file's certificates, if there are any.
#[cfg(not(any(windows, target_vendor = "apple")))]
fn read_bundle(path: std::ffi::OsString) -> Option<RootCerts> {
    parse(&std::fs::read(path).ok()?)
}

/// A PEM text's certificates, if there are any.
pub(super) fn parse(pem: &[u8]) -> Option<RootCerts> {
    let certificates: Vec<_> = parse_pem(pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    (!certificates.is_empty()).then(|| RootCerts::from(certificates))
}

#[cfg(all(test, not(any(windows, target_vendor = "apple"))))]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_no_bundle() {
        assert!(read_bundle("/nowhere/at/all".into()).is_none());
        assert!(read_bundle(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into()).is_none());
    }
}
