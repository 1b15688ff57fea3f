//! TLS for the asynchronous transport: rustls with ring, and whom it trusts.

use std::sync::{Arc, OnceLock};

use rustls::client::{ClientConfig, WantsClientCert};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ConfigBuilder, RootCertStore, WantsVerifier, crypto::ring};

/// The machine's certificate authorities, read once.
pub(super) fn trusting_machine() -> Result<ClientConfig, rustls::Error> {
    static CONFIG: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let config = of_machine(builder()?)?.with_no_client_auth();
    Ok(CONFIG.get_or_init(|| config).clone())
}

/// These certificate authorities, and no others.
pub(super) fn trusting(authorities: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let builder = builder()?.with_root_certificates(authorities);
    Ok(builder.with_no_client_auth())
}

/// A PEM text's certificates, if there are any.
pub(super) fn authorities(pem: &[u8]) -> Option<RootCertStore> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(CertificateDer::pem_slice_iter(pem).filter_map(Result::ok));
    (!store.is_empty()).then_some(store)
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
}

#[cfg(any(windows, target_vendor = "apple"))]
fn of_machine(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, rustls::Error> {
    rustls_platform_verifier::BuilderVerifierExt::with_platform_verifier(builder)
}

#[cfg(not(any(windows, target_vendor = "apple")))]
fn of_machine(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, rustls::Error> {
    let bundled = || RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let found = super::roots::of_machine(authorities).unwrap_or_else(bundled);
    Ok(builder.with_root_certificates(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_certificates_is_no_authority() {
        assert!(authorities(b"").is_none());
        assert!(authorities(b"[package]").is_none());
    }

    #[test]
    fn the_machine_is_asked_once() {
        assert!(trusting_machine().is_ok());
        assert!(trusting_machine().is_ok());
    }
}
