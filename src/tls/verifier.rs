//! Who is believed to be the server.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::roots::Roots;
use crate::base::{Kind, Result, Stage};

/// Believes what the roots vouch for, and a server's own self-signed certificate when exactly that
/// one stands in `ca_file`.
///
/// `openssl req -x509` marks what it makes as an authority's. The rules of RFC 5280 let no server
/// use such a certificate, so the exact match is what curl and Go accept it by; name and validity
/// are checked all the same.
#[derive(Debug)]
pub(super) struct Verifier {
    roots: Arc<WebPkiServerVerifier>,
    own: Vec<CertificateDer<'static>>,
}

impl Verifier {
    pub(super) fn new(roots: Roots, provider: Arc<CryptoProvider>) -> Result<Self> {
        let store = Arc::new(roots.store);
        let built = WebPkiServerVerifier::builder_with_provider(store, provider).build();
        let built = built.map_err(|cause| {
            crate::base::Error::new(
                Kind::Tls,
                Stage::Settings,
                "no authority is trusted: the system's trust store is empty",
            )
            .with_hint(
                "install the system's CA certificates (Debian: ca-certificates), or set ca_file",
            )
            .with_source(cause)
        })?;
        Ok(Self {
            roots: built,
            own: roots.own,
        })
    }
}

/// webpki's word for an authority's certificate in a server's place. It comes after the validity
/// was checked, and behind an opaque type.
fn is_authority(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::Other(other)) => {
            format!("{other}").contains("CaUsedAsEndEntity")
        }
        _ => false,
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, Error> {
        let verified = self.roots.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            Err(error) if is_authority(&error) && self.own.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, Error> {
        self.roots.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, Error> {
        self.roots.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.roots.supported_verify_schemes()
    }
}
