//! Who is posted to, as forwarding, webhooks and sign-in see it: whose word is taken for its certificate, and what
//! is said when it can't be reached.

#[cfg(any(feature = "https", feature = "openid"))]
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// Believes by the authorities of a file (PEM) that a setting names, and by no others.
#[cfg(any(feature = "https", feature = "openid"))]
pub(crate) fn believing_only(setting: &str, pem: &[u8]) -> Result<TlsConfig, String> {
    Ok(believing(certificates(setting, pem)?))
}

/// Believes by them, and by those that browsers believe.
#[cfg(feature = "https")]
pub(crate) fn believing_also(setting: &str, pem: &[u8]) -> Result<TlsConfig, String> {
    let mut all = certificates(setting, pem)?;
    let of_browsers = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    all.extend(of_browsers.map(|der| Certificate::from_der(der)));
    Ok(believing(all))
}

#[cfg(any(feature = "https", feature = "openid"))]
fn believing(authorities: Vec<Certificate<'static>>) -> TlsConfig {
    let roots = RootCerts::from(authorities);
    TlsConfig::builder().root_certs(roots).build()
}

#[cfg(any(feature = "https", feature = "openid"))]
fn certificates(setting: &str, pem: &[u8]) -> Result<Vec<Certificate<'static>>, String> {
    let found: Vec<_> = parse_pem(pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    match found.is_empty() {
        true => Err(format!("{setting}: there is no certificate in it")),
        false => Ok(found),
    }
}

/// Why a post came to nothing, and what to do where nobody's word was taken for the certificate.
pub(crate) fn why(cause: &ureq::Error, setting: &str) -> String {
    let said = match cause {
        ureq::Error::Timeout(_) => return "it doesn't answer in time".to_owned(),
        ureq::Error::Io(cause) => cause.to_string(),
        cause => cause.to_string(),
    };
    // Of one nobody knows, or of another with a name that somebody has.
    match ["UnknownIssuer", "BadSignature"]
        .iter()
        .any(|one| said.ends_with(one))
    {
        true => format!("{said}; name the authority that signed it in --{setting}"),
        false => said,
    }
}

#[cfg(all(test, feature = "https"))]
mod tests {
    use super::*;
    use crate::forward::tests::secured::Secured;

    fn roots(config: &TlsConfig) -> usize {
        match config.root_certs() {
            RootCerts::Specific(roots) => roots.len(),
            _ => 0,
        }
    }

    #[test]
    fn https_authorities_of_a_file_are_believed_alone_or_beside_those_of_browsers() {
        let own = Secured::named("127.0.0.1").authority().repeat(2);
        assert_eq!(roots(&believing_only("x", own.as_bytes()).unwrap()), 2);
        let browsers = webpki_root_certs::TLS_SERVER_ROOT_CERTS.len();
        let also = believing_also("x", own.as_bytes()).unwrap();
        assert_eq!(roots(&also), 2 + browsers);
        for nothing in ["", "-----BEGIN CERTIFICATE-----", "MIIB"] {
            let refused = believing_also("webhook-ca-file", nothing.as_bytes()).unwrap_err();
            assert_eq!(refused, "webhook-ca-file: there is no certificate in it");
        }
    }
}
