//! What a failed handshake means.

use std::io;

use rustls::{AlertDescription, CertificateError, Error as TlsError};

use crate::base::{Code, Error, Host, Kind, Side, Stage, text};
use crate::proto::certificate::{Certificate, inspecting_product};

/// Turns the error of a handshake into one that says what to change. `key` is the dotted prefix
/// of the settings that hold the trust.
/// `chain`: the certificates that were shown, in DER.
pub(super) fn explain(
    cause: io::Error,
    stage: Stage,
    host: &Host,
    key: &str,
    chain: &[Vec<u8>],
) -> Error {
    let leaf = chain.first().and_then(|der| Certificate::parse(der));
    let product = leaf
        .as_ref()
        .and_then(|leaf| inspecting_product(&leaf.issuer));
    let tls = cause
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<TlsError>());
    let (what, hint) = match tls {
        Some(TlsError::InvalidCertificate(CertificateError::UnknownIssuer))
            if let Some(product) = product =>
        {
            inspected(product, key)
        }
        Some(TlsError::InvalidCertificate(reason)) => certificate(reason, host, key),
        Some(TlsError::AlertReceived(alert)) => alerted(*alert),
        Some(TlsError::InvalidMessage(_)) => (
            "what answers does not speak TLS".to_owned(),
            Some("check the scheme and the port: a plain server answers like this".to_owned()),
        ),
        Some(other) => (other.to_string(), None),
        None if cause.kind() == io::ErrorKind::UnexpectedEof => (
            "the stream was closed during the TLS handshake".to_owned(),
            None,
        ),
        None => ("the stream broke during the TLS handshake".to_owned(), None),
    };
    let what = match (tls, &leaf) {
        (Some(TlsError::InvalidCertificate(reason)), Some(leaf)) => {
            what + &detail(reason, leaf).unwrap_or_default()
        }
        _ => what,
    };
    let code = match tls.and_then(code) {
        Some(Code::TlsUnknownIssuer) if product.is_some() => Some(Code::TlsInspected),
        code => code,
    };
    let error = match code {
        Some(code) => Error::new(Kind::Tls, stage, what).with_code(code),
        None => Error::new(Kind::Tls, stage, what),
    };
    let error = match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    };
    let error = match tls {
        // The other side keeps its certificate; trust is a matter of the settings.
        Some(TlsError::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            error.with_side(Side::Settings)
        }
        _ => error,
    };
    // A cut is chance; a certificate is not.
    match tls {
        None => Error::new(Kind::Cut, stage, error.what()).with_source(cause),
        Some(_) => error.with_source(cause),
    }
}

/// What the certificate itself says about why it is not believed.
fn detail(reason: &CertificateError, leaf: &Certificate) -> Option<String> {
    Some(match reason {
        CertificateError::UnknownIssuer => format!(": {}", text::clip(&leaf.issuer)),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!(": its last day was {}", leaf.last_day())
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!(": its first day is {}", leaf.first_day())
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!(": for {}", leaf.told_names())
        }
        _ => return None,
    })
}

/// The words for a certificate that was made on the way.
fn inspected(product: &str, key: &str) -> (String, Option<String>) {
    (
        "its certificate is issued by an authority that is not trusted here".to_owned(),
        Some(format!(
            "{product} on the way inspects TLS, and made this certificate itself: put your \
             company's root certificate in a file and set {}, or ask for an exception",
            setting(key)
        )),
    )
}

fn certificate(reason: &CertificateError, host: &Host, key: &str) -> (String, Option<String>) {
    match reason {
        CertificateError::UnknownIssuer => (
            "its certificate is issued by an authority that is not trusted here".to_owned(),
            Some(format!(
                "if that authority is your company's (or its proxy inspects TLS), put its \
                 certificate in a file and set {}",
                setting(key)
            )),
        ),
        CertificateError::BadSignature => (
            "its certificate is not signed with the key of the authority that it names".to_owned(),
            Some(format!(
                "if that authority was renewed under the same name, put its new certificate into \
                 {}",
                setting(key)
            )),
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
            "its certificate has expired".to_owned(),
            Some("its owner must renew it; check this machine's clock too".to_owned()),
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
            "its certificate is not valid yet".to_owned(),
            Some("check this machine's clock".to_owned()),
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            format!("its certificate is for another name than {host}"),
            Some("use the name that the certificate has, or have it reissued".to_owned()),
        ),
        CertificateError::Other(other) if is_authority(other) => (
            "its certificate is that of an authority, and no server may use it".to_owned(),
            Some(format!(
                "if it is the server's own, self-signed (`openssl req -x509` makes such ones), put \
                 it into {}",
                setting(key)
            )),
        ),
        other => (format!("its certificate is not valid: {other}"), None),
    }
}

/// The name of the cause, where it is more than that TLS failed.
fn code(cause: &TlsError) -> Option<Code> {
    Some(match cause {
        TlsError::InvalidCertificate(reason) => match reason {
            CertificateError::UnknownIssuer => Code::TlsUnknownIssuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Code::TlsExpired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Code::TlsNotYetValid
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Code::TlsWrongName
            }
            CertificateError::Other(other) if is_authority(other) => Code::TlsSelfSigned,
            _ => Code::TlsCertificate,
        },
        TlsError::AlertReceived(alert) => match alert {
            AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity => Code::TlsVersion,
            AlertDescription::UnrecognisedName => Code::TlsNameNotServed,
            AlertDescription::CertificateRequired => Code::TlsClientCertificate,
            _ => return None,
        },
        TlsError::InvalidMessage(_) => Code::TlsNotSpoken,
        TlsError::PeerIncompatible(_) => Code::TlsVersion,
        _ => return None,
    })
}

/// webpki's word for an authority's certificate in a server's place, behind an opaque type.
fn is_authority(other: &rustls::OtherError) -> bool {
    format!("{other}").contains("CaUsedAsEndEntity")
}

fn setting(key: &str) -> String {
    if key.is_empty() {
        return "ca_file in a [connections.NAME] that covers this URL".to_owned();
    }
    format!("{key}.ca_file")
}

fn alerted(alert: AlertDescription) -> (String, Option<String>) {
    let hint = match alert {
        AlertDescription::HandshakeFailure | AlertDescription::ProtocolVersion => {
            Some("it may speak only TLS versions older than 1.2".to_owned())
        }
        AlertDescription::UnrecognisedName => {
            Some("the server does not serve this host name".to_owned())
        }
        AlertDescription::NoApplicationProtocol => {
            Some("the server does not speak HTTP/1.1 there, which was asked for".to_owned())
        }
        AlertDescription::CertificateRequired => {
            Some("the server wants a client certificate".to_owned())
        }
        _ => None,
    };
    (
        format!("the other side ended the TLS handshake: {alert:?}"),
        hint,
    )
}
