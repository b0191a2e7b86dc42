//! What a failed handshake means.

use std::io;

use rustls::{AlertDescription, CertificateError, Error as TlsError};

use super::verifier::is_authority;
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
    let chain = chain.iter().map_while(|der| Certificate::parse(der));
    let chain: Vec<Certificate> = chain.collect();
    let product = chain
        .first()
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
    let what = match tls {
        Some(TlsError::InvalidCertificate(reason)) => {
            what + &detail(reason, &chain).unwrap_or_default()
        }
        _ => what,
    };
    let code = match tls.and_then(code) {
        Some(Code::TlsUnknownIssuer) if product.is_some() => Some(Code::TlsInspected),
        code => code,
    };
    let error = Error::new(Kind::Tls, stage, what).with_code(code);
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

/// What the certificates themselves say about why they are not believed.
fn detail(reason: &CertificateError, chain: &[Certificate]) -> Option<String> {
    let leaf = chain.first()?;
    Some(match reason {
        CertificateError::UnknownIssuer => format!(": {}", text::clip(&leaf.issuer)),
        // Any of the chain may be the one.
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            let one = chain.iter().min_by_key(|one| one.not_after)?;
            format!(": {} was {}", day_of("last day", one, leaf), one.last_day())
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            let one = chain.iter().max_by_key(|one| one.not_before)?;
            format!(
                ": {} is {}",
                day_of("first day", one, leaf),
                one.first_day()
            )
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!(": for {}", leaf.told_names())
        }
        _ => return None,
    })
}

/// Whose day it is: the server's own certificate's, or that of an authority in its chain.
fn day_of(day: &str, one: &Certificate, leaf: &Certificate) -> String {
    match one.sha256 == leaf.sha256 {
        true => format!("its {day}"),
        false => format!("the {day} of its authority {}", text::clip(&one.subject)),
    }
}

/// How other programs come to trust what `ca_file` names.
pub(crate) const FOR_OTHERS: &str =
    "`outbound env` and `exec` tell them, as SSL_CERT_FILE, REQUESTS_CA_BUNDLE and their like";

/// The words for a certificate that was made on the way.
fn inspected(product: &str, key: &str) -> (String, Option<String>) {
    (
        "its certificate is issued by an authority that is not trusted here".to_owned(),
        Some(format!(
            "{product} on the way inspects TLS, and made this certificate itself: put your \
             company's root certificate in a file and set {} (other programs: {FOR_OTHERS}), or ask \
             for an exception",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(name: &str, first: i32, last: i32) -> Certificate {
        let mut params = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        params.not_before = rcgen::date_time_ymd(first, 1, 1);
        params.not_after = rcgen::date_time_ymd(last, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        Certificate::parse(params.self_signed(&key).unwrap().der()).unwrap()
    }

    #[test]
    fn the_day_is_that_of_the_one_in_the_chain_that_it_is_about() {
        let (leaf, authority) = (
            certificate("h.test", 2020, 2030),
            certificate("CA", 2025, 2024),
        );
        let chain = [leaf, authority];
        let told = |reason, chain: &[Certificate]| detail(&reason, chain).unwrap();
        let (expired, early) = (CertificateError::Expired, CertificateError::NotValidYet);
        assert_eq!(
            told(expired.clone(), &chain),
            ": the last day of its authority CA was 2024-01-01"
        );
        assert_eq!(told(expired, &chain[..1]), ": its last day was 2030-01-01");
        assert_eq!(
            told(early.clone(), &chain),
            ": the first day of its authority CA is 2025-01-01"
        );
        assert_eq!(told(early, &chain[..1]), ": its first day is 2020-01-01");
        assert_eq!(detail(&CertificateError::Expired, &[]), None);
    }
}
