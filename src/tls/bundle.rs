//! Every certificate to believe, as one text in PEM for other programs.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::roots::{self, Part};
use crate::base::{Error, Kind, Result, Stage, Trust};

/// The system's trust store (or what `SSL_CERT_FILE` and `SSL_CERT_DIR` put in its place) and,
/// behind it, the `ca_file` of each trust; its key is the dotted prefix of the settings that hold
/// it. A file with a company's certificates alone would break every other site. What else stands
/// in the files (a private key) is left out.
///
/// Reads files; does not wait for anything else.
///
/// # Errors
/// [`Kind::Settings`]: a `ca_file` cannot be read, or the system's store has no certificate.
pub fn bundle<'a>(trusts: impl IntoIterator<Item = (&'a Trust, &'a str)>) -> Result<String> {
    let mut seen = HashSet::new();
    let mut text = String::new();
    for part in [Part::Bundle, Part::Folders] {
        for certificate in part.certificates() {
            if seen.insert(certificate.clone()) {
                push(&mut text, &certificate);
            }
        }
    }
    if seen.is_empty() {
        let what = "the system's trust store has no certificate, and a bundle of the ca_file \
                    alone would break every other site";
        return Err(Error::new(Kind::Settings, Stage::Settings, what)
            .with_hint("install the package ca-certificates, or name a bundle by SSL_CERT_FILE"));
    }
    for (trust, key) in trusts {
        let own = roots::own(trust, key)?;
        // What cannot be believed here must not stop another program's TLS library either.
        roots::store_of(&own, trust, key)?;
        for certificate in own {
            if seen.insert(certificate.clone()) {
                push(&mut text, &certificate);
            }
        }
    }
    Ok(text)
}

/// A certificate in PEM.
#[cfg(feature = "cli")]
pub(crate) fn pem(der: &[u8]) -> String {
    let mut text = String::new();
    push(&mut text, der);
    text
}

/// RFC 7468 section 5.1: lines of 64 characters.
fn push(text: &mut String, der: &[u8]) {
    text.push_str("-----BEGIN CERTIFICATE-----\n");
    // 48 bytes are 64 characters.
    for line in der.chunks(48) {
        STANDARD.encode_string(line, text);
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
}
