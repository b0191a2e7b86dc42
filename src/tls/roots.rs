//! Which authorities are believed.

use std::io;
use std::path::Path;
use std::sync::OnceLock;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};

use crate::base::{Error, Kind, Result, Stage, Trust, text};

/// The authorities that are believed.
pub(super) struct Roots {
    /// All of them.
    pub store: RootCertStore,
    /// The certificates of `ca_file`.
    pub own: Vec<CertificateDer<'static>>,
}

/// The system's trust store (or what `SSL_CERT_FILE` and `SSL_CERT_DIR` put in its place, as in
/// OpenSSL, curl and Go) with the certificates of `trust.ca_file` added. `key` is the dotted
/// prefix of the settings that hold the trust.
///
/// # Errors
/// `ca_file` cannot be read or holds no certificate.
pub(super) fn roots(trust: &Trust, key: &str) -> Result<Roots> {
    let mut store = RootCertStore::empty();
    // Unusual certificates in a system's store are passed over, as every TLS library does.
    store.add_parsable_certificates(system().iter().cloned());
    let mut own = Vec::new();
    if let Some(file) = &trust.ca_file {
        let bad = |what: &str| bad(file, key, what);
        own = read(file, bad)?;
        for certificate in &own {
            store
                .add(certificate.clone())
                .map_err(|cause| bad("a certificate in it is malformed").with_source(cause))?;
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

fn read(file: &Path, bad: impl Fn(&str) -> Error) -> Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
        .map_err(|cause| match cause {
            pem::Error::Io(cause) => bad(&unreadable(&cause)),
            cause => bad("it cannot be read as PEM").with_source(cause),
        })?;
    if certificates.is_empty() {
        return Err(bad("it holds no certificate")
            .with_hint("a CA bundle is a text file with `-----BEGIN CERTIFICATE-----` blocks"));
    }
    Ok(certificates)
}

fn unreadable(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        // The kind's words are without the system's number.
        kind => format!("it cannot be read: {kind}"),
    }
}

fn bad(file: &Path, key: &str, what: &str) -> Error {
    let file = text::escape(&file.to_string_lossy());
    let doing = format!("read {key}.ca_file {file}");
    Error::new(Kind::Settings, Stage::Settings, what).while_doing(doing)
}
