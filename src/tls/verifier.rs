//! Who is believed to be the server.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

use super::roots::{self, Part};
use super::shown;
use crate::base::{Kind, Result, Stage, Trust};

type Judge = Arc<WebPkiServerVerifier>;

/// Believes what an authority vouches for: one of `ca_file`, else one of the system's, which are
/// read only when they are asked. And a server's own self-signed certificate when exactly that one
/// stands in `ca_file`.
///
/// `openssl req -x509` marks what it makes as an authority's. The rules of RFC 5280 let no server
/// use such a certificate, so the exact match is what curl and Go accept it by; name and validity
/// are checked all the same.
#[derive(Debug)]
pub(super) struct Verifier {
    provider: Arc<CryptoProvider>,
    own: Vec<CertificateDer<'static>>,
    /// The authorities of `ca_file`.
    of_file: Option<Judge>,
}

impl Verifier {
    /// `key` is the dotted prefix of the settings that hold the trust.
    ///
    /// # Errors
    /// `ca_file` cannot be read or holds no certificate; without one, the system trusts nobody.
    pub(super) fn new(trust: &Trust, provider: Arc<CryptoProvider>, key: &str) -> Result<Self> {
        let own = roots::own(trust, key)?;
        let of_file = judge(roots::store_of(&own, trust, key)?, &provider);
        let verifier = Self {
            provider,
            own,
            of_file,
        };
        let parts = [Part::Bundle, Part::Folders];
        if verifier.of_file.is_none() && !parts.iter().any(|part| verifier.system(*part).is_some())
        {
            return Err(crate::base::Error::new(
                Kind::Tls,
                Stage::Settings,
                "no authority is trusted: the system's trust store is empty",
            )
            .with_hint(
                "install the system's CA certificates (Debian: ca-certificates), or set ca_file",
            ));
        }
        Ok(verifier)
    }

    /// The judge by a part of the system's store; `None` when there is nobody in it.
    fn system(&self, part: Part) -> Option<&'static Judge> {
        static BUNDLE: OnceLock<Option<Judge>> = OnceLock::new();
        static FOLDERS: OnceLock<Option<Judge>> = OnceLock::new();
        let place = match part {
            Part::Bundle => &BUNDLE,
            Part::Folders => &FOLDERS,
        };
        let judge = place.get_or_init(|| judge(part.store(), &self.provider));
        judge.as_ref()
    }

    /// Asks one after the other. Of their refusals the first counts that says more than that the
    /// issuer is unknown.
    fn ask(
        &self,
        verify: impl Fn(&Judge) -> std::result::Result<ServerCertVerified, Error>,
    ) -> std::result::Result<ServerCertVerified, Error> {
        let of_file = || self.of_file.as_ref();
        let judges: [&dyn Fn() -> Option<_>; 3] =
            [&of_file, &|| self.system(Part::Bundle), &|| {
                self.system(Part::Folders)
            }];
        let mut refusal = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        for judge in judges.iter().filter_map(|find| find()) {
            match verify(judge) {
                Ok(verified) => return Ok(verified),
                Err(error) if is_unknown_issuer(&refusal) => refusal = error,
                Err(_) => {}
            }
        }
        Err(refusal)
    }
}

/// `None` when the store is empty.
fn judge(store: RootCertStore, provider: &Arc<CryptoProvider>) -> Option<Judge> {
    let store = Arc::new(store);
    WebPkiServerVerifier::builder_with_provider(store, Arc::clone(provider))
        .build()
        .ok()
}

fn is_unknown_issuer(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(CertificateError::UnknownIssuer)
    )
}

/// webpki's word for an authority's certificate in a server's place. It comes after the validity
/// was checked, and behind an opaque type.
pub(super) fn is_authority(other: &OtherError) -> bool {
    format!("{other}").contains("CaUsedAsEndEntity")
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
        shown::note(end_entity, intermediates);
        self.ask(|judge| {
            let verified = judge.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            );
            match verified {
                Err(Error::InvalidCertificate(CertificateError::Other(other)))
                    if is_authority(&other) && self.own.contains(end_entity) =>
                {
                    verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                    Ok(ServerCertVerified::assertion())
                }
                verified => verified,
            }
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, Error> {
        let schemes = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, schemes)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, Error> {
        let schemes = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, schemes)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
