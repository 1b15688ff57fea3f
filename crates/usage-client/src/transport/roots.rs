//! Whom to trust: the machine's certificate authorities, since operators add their own there; a bundled
//! list where the machine has none, as in bare containers. Elsewhere than on Windows and Apple's systems,
//! which have a verifier of their own, the distribution keeps one file.

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

/// The first of the machine's files in which `parse` finds certificates.
pub(super) fn of_machine<T>(parse: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    let named = std::env::var_os(OVERRIDE).filter(|path| !path.is_empty());
    let mut files = named.into_iter().chain(BUNDLES.map(Into::into));
    files.find_map(|path| parse(&std::fs::read(path).ok()?))
}
