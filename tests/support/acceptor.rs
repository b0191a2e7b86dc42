//! The server's side of TLS, for scripted peers.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use rustls::{ALL_VERSIONS, SupportedProtocolVersion};
use tokio_rustls::TlsAcceptor;

use super::peers::Certificate;

/// Takes every version of TLS.
pub fn acceptor(certificate: &Certificate) -> TlsAcceptor {
    acceptor_of(certificate, ALL_VERSIONS)
}

/// Takes these versions alone.
pub fn acceptor_of(
    certificate: &Certificate,
    versions: &[&'static SupportedProtocolVersion],
) -> TlsAcceptor {
    let chain = CertificateDer::pem_file_iter(&certificate.chain).unwrap();
    let chain = chain.map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(&certificate.key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
