//! A server that lets in only clients with a certificate.

use rustls::{AlertDescription, Error as TlsError};

use crate::base::{Code, Error, Kind, Stage};

/// Whether a stream broke because the server wanted a certificate: with TLS 1.3 it says so behind the
/// handshake, where the first answer is read.
pub(crate) fn wants_certificate(cause: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(cause);
    while let Some(error) = next {
        let inner = error.downcast_ref::<std::io::Error>();
        let inner = inner.and_then(std::io::Error::get_ref);
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
