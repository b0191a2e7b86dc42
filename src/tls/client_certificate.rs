//! A server that lets in only clients with a certificate.

use std::io;
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, Error as TlsError, SignatureScheme};

use super::shown;

use crate::base::{Code, Error, Kind, Stage};

/// Has no certificate, and notes that one was asked for.
#[derive(Debug)]
pub(super) struct NoCertificate;

impl ResolvesClientCert for NoCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        shown::note_request();
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// Whether a handshake ended, after the server had asked for a certificate, because there was none: in
/// TLS 1.2 by one of several alerts, none of which says it alone.
pub(super) fn is_refusal(cause: &io::Error) -> bool {
    let inner = cause.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(
        inner,
        Some(TlsError::AlertReceived(
            AlertDescription::HandshakeFailure
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateRequired
                | AlertDescription::CertificateUnknown
                | AlertDescription::AccessDenied
        ))
    )
}

/// Whether a stream broke because the server wanted a certificate: with TLS 1.3 it says so behind the
/// handshake, where the first answer is read.
pub(crate) fn wants_certificate(cause: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(cause);
    while let Some(error) = next {
        let inner = error.downcast_ref::<io::Error>();
        let inner = inner.and_then(io::Error::get_ref);
        let told = inner.and_then(|inner| inner.downcast_ref::<TlsError>());
        let told = told.or_else(|| error.downcast_ref());
        if told
            == Some(&TlsError::AlertReceived(
                AlertDescription::CertificateRequired,
            ))
        {
            return true;
        }
        next = error.source();
    }
    false
}

/// The error for it.
pub(crate) fn no_certificate(stage: Stage) -> Error {
    Error::new(
        Kind::Tls,
        stage,
        "the server wants a certificate of the client",
    )
    .with_code(Code::TlsClientCertificate)
    .with_hint(
        "certificates of clients are not built in: ask who runs the server for another login",
    )
}
