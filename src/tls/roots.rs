//! Which authorities are believed.

use std::path::Path;
use std::sync::OnceLock;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::base::{Error, Kind, Result, Stage, Trust, text};

/// The authorities that are believed.
pub(super) struct Roots {
    /// All of them.
    pub store: RootCertStore,
    /// The certificates of `ca_file`.
    pub own: Vec<CertificateDer<'static>>,
}

/// The system's trust store (or what `SSL_CERT_FILE` and `SSL_CERT_DIR` put in its place, as in
/// OpenSSL, curl and Go) with the certificates of `trust.ca_file` added.
///
/// # Errors
/// `ca_file` cannot be read or holds no certificate.
pub(super) fn roots(trust: &Trust) -> Result<Roots> {
    let mut store = RootCertStore::empty();
    // Unusual certificates in a system's store are passed over, as every TLS library does.
    store.add_parsable_certificates(system().iter().cloned());
    let mut own = Vec::new();
    if let Some(file) = &trust.ca_file {
        own = read(file)?;
        for certificate in &own {
            store.add(certificate.clone()).map_err(|cause| {
                bad(file, "a certificate in it is malformed").with_source(cause)
            })?;
        }
    }
    Ok(Roots { store, own })
}

/// Read once for the process: hundreds of files on some systems.
fn system() -> &'static [CertificateDer<'static>] {
    static SYSTEM: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    SYSTEM.get_or_init(|| {
        let loaded = rustls_native_certs::load_native_certs();
        for error in &loaded.errors {
            tracing::warn!("system trust store: {}", text::clip(&error.to_string()));
        }
        loaded.certs
    })
}

fn read(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
        .map_err(|cause| bad(file, "it cannot be read as PEM").with_source(cause))?;
    if certificates.is_empty() {
        return Err(bad(file, "it holds no certificate")
            .with_hint("a CA bundle is a text file with `-----BEGIN CERTIFICATE-----` blocks"));
    }
    Ok(certificates)
}

fn bad(file: &Path, what: &str) -> Error {
    Error::new(Kind::Settings, Stage::Settings, what).while_doing(format!(
        "read ca_file {}",
        text::escape(&file.to_string_lossy())
    ))
}
