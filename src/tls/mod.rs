//! TLS by rustls: one configuration for each trust, for the proxy and for the target apart.

mod bundle;
mod client_certificate;
mod danger;
mod diagnosis;
mod failure;
mod one_session;
mod open_end;
mod roots;
mod shown;
mod verifier;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, SupportedCipherSuite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub use self::bundle::bundle;
#[cfg(feature = "cli")]
pub(crate) use self::bundle::pem;
use self::client_certificate::NoCertificate;
pub(crate) use self::client_certificate::{no_certificate, wants_certificate};
use self::danger::AcceptEverything;
pub use self::diagnosis::{is_no_tls, is_theirs, wants_newer};
pub(crate) use self::failure::FOR_OTHERS;
pub use self::one_session::OneSession;
pub use self::open_end::OpenEnd;
use self::shown::Shown;
use self::verifier::Verifier;
use crate::base::{Error, Host, Kind, Result, Stage, Steps, Trust, text};
use crate::dial::stream::Transport;
use crate::dial::{self, Presented, Stream, log_last};

/// Protocols to offer in the handshake (RFC 7301).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Alpn {
    /// Offer nothing.
    None,
    /// HTTP/2, else HTTP/1.1.
    Http,
    /// HTTP/1.1 only.
    Http1,
}

impl Alpn {
    fn protocols(self) -> Vec<Vec<u8>> {
        match self {
            Self::None => vec![],
            Self::Http => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Self::Http1 => vec![b"http/1.1".to_vec()],
        }
    }
}

/// Versions of TLS to offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Versions {
    /// TLS 1.2 and 1.3.
    #[default]
    All,
    /// TLS 1.2 alone, whose sessions can be used again and again: FTP's data channels must use
    /// that of the control channel (`require_ssl_reuse` of vsftpd), and tickets of TLS 1.3 are for
    /// one use.
    Tls12,
}

static TLS12: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12];

impl Versions {
    fn protocols(self) -> &'static [&'static rustls::SupportedProtocolVersion] {
        match self {
            Self::All => rustls::DEFAULT_VERSIONS,
            Self::Tls12 => TLS12,
        }
    }
}

/// Configurations made so far. They hold the session tickets, so sharing one resumes sessions.
#[derive(Debug, Default)]
pub struct TlsConfigs {
    made: Mutex<HashMap<(Trust, Alpn, Versions), Arc<ClientConfig>>>,
}

impl TlsConfigs {
    /// The configuration for `trust` and `alpn`. The first call reads certificate files; it
    /// blocks for a few milliseconds. `key` is the dotted prefix of the settings that hold the
    /// trust, for errors.
    ///
    /// # Errors
    /// `ca_file` cannot be read or holds no certificate.
    pub fn get(&self, trust: &Trust, alpn: Alpn, key: &str) -> Result<Arc<ClientConfig>> {
        self.get_versions(trust, alpn, Versions::All, key)
    }

    /// [`get`](Self::get) for some versions of TLS.
    ///
    /// # Errors
    /// As there.
    pub fn get_versions(
        &self,
        trust: &Trust,
        alpn: Alpn,
        versions: Versions,
        key: &str,
    ) -> Result<Arc<ClientConfig>> {
        let wanted = (trust.clone(), alpn, versions);
        let made = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = made().get(&wanted) {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(configuration(trust, alpn, versions, key)?);
        // Another task may have been faster: its configuration holds the tickets.
        Ok(Arc::clone(made().entry(wanted).or_insert(config)))
    }
}

fn configuration(trust: &Trust, alpn: Alpn, versions: Versions, key: &str) -> Result<ClientConfig> {
    // An explicit provider: the process default may belong to the program that links us.
    let provider = Arc::new(provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions.protocols())
        .map_err(|cause| {
            Error::new(Kind::Tls, Stage::Settings, "TLS cannot be set up").with_source(cause)
        })?;
    let builder = builder.dangerous();
    let builder = if trust.danger_accept_invalid_certs {
        builder.with_custom_certificate_verifier(Arc::new(AcceptEverything::new(provider)))
    } else {
        let verifier = Verifier::new(trust, provider, key)?;
        builder.with_custom_certificate_verifier(Arc::new(verifier))
    };
    let mut config = builder.with_no_client_auth();
    config.client_auth_cert_resolver = Arc::new(NoCertificate);
    config.alpn_protocols = alpn.protocols();
    Ok(config)
}

/// AWS-LC with AES-128-GCM first: as strong as the certificates' keys, and faster than AES-256.
fn provider() -> CryptoProvider {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    let is_aes_128 =
        |suite: &SupportedCipherSuite| format!("{:?}", suite.suite()).contains("AES_128_GCM");
    // The sort is stable: TLS 1.3 stays before 1.2, and ECDSA before RSA.
    let is_tls_12 = |suite: &SupportedCipherSuite| suite.tls13().is_none();
    provider
        .cipher_suites
        .sort_by_key(|suite| (is_tls_12(suite), !is_aes_128(suite)));
    provider
}

/// Starts TLS on `stream`, as a client that speaks to `host`.
///
/// `stage` is [`Stage::ProxyTls`] or [`Stage::TargetTls`]; `key` is the dotted prefix of the
/// settings that hold the trust, for the advice in an error.
///
/// # Errors
/// [`Kind::Tls`] or [`Kind::Timeout`]; the error keeps the steps passed.
///
/// # Cancel safety
/// Dropping the future closes the stream.
pub async fn secure(
    mut stream: Stream,
    host: &Host,
    port: u16,
    config: Arc<ClientConfig>,
    stage: Stage,
    key: &str,
    limit: Duration,
) -> Result<Stream> {
    let steps = stream.take_steps();
    let started = Instant::now();
    let secured = handshake(stream, host, port, config, stage, key, limit).await;
    let secured = secured.map_err(|error| error.after(steps.clone()))?;
    Ok(stream_of(secured, steps, stage, host, port, started))
}

/// The stream of a handshake that began at `started`, with one more step.
fn stream_of<T: Transport + 'static>(
    secured: TlsStream<T>,
    mut steps: Steps,
    stage: Stage,
    host: &Host,
    port: u16,
    started: Instant,
) -> Stream {
    let session = secured.get_ref().1;
    let alpn = session.alpn_protocol().map(<[u8]>::to_vec);
    let subject = format!("{host}:{port}");
    steps.pass(stage, subject, agreed(session), started.elapsed());
    log_last(&steps);
    Stream::layer(secured).with_steps(steps).with_alpn(alpn)
}

/// The handshake of [`secure`], over anything.
///
/// # Errors
/// As there.
pub(crate) async fn handshake<T: Transport>(
    stream: T,
    host: &Host,
    port: u16,
    config: Arc<ClientConfig>,
    stage: Stage,
    key: &str,
    limit: Duration,
) -> Result<TlsStream<T>> {
    let doing = format!("start TLS with {host}:{port}");
    let name = server_name(host).map_err(|error| error.while_doing(doing.as_str()))?;
    let shown = Shown::default();
    let handshake = shown.over(TlsConnector::from(config).connect(name, stream));
    let secured = timeout(limit, handshake).await;
    dial::presented(|| {
        let session = secured.as_ref().ok().and_then(|ended| ended.as_ref().ok());
        let session = session.map(|stream| stream.get_ref().1);
        Presented {
            stage,
            subject: format!("{host}:{port}"),
            chain: shown.chain(),
            version: session.map(version),
            alpn: session.and_then(|session| session.alpn_protocol().map(<[u8]>::to_vec)),
        }
    });
    match secured {
        Ok(Ok(secured)) => Ok(secured),
        Ok(Err(cause)) if shown.was_requested() && client_certificate::is_refusal(&cause) => {
            let error = no_certificate(stage).while_doing(doing);
            Err(error.with_source(cause))
        }
        Ok(Err(cause)) => {
            Err(failure::explain(cause, stage, host, key, &shown.chain()).while_doing(doing))
        }
        Err(_) => {
            let what = "the TLS handshake was not answered";
            Err(Error::new(Kind::Timeout, stage, what)
                .while_doing(doing)
                .with_limit("timeouts.tls", text::seconds(limit)))
        }
    }
}

fn server_name(host: &Host) -> Result<ServerName<'static>> {
    match host {
        Host::Ipv4(address) => Ok(ServerName::IpAddress(std::net::IpAddr::V4(*address).into())),
        Host::Ipv6(address) => Ok(ServerName::IpAddress(std::net::IpAddr::V6(*address).into())),
        // A trailing dot is no part of the name in SNI (RFC 6066 section 3).
        Host::Domain(name) => {
            ServerName::try_from(name.trim_end_matches('.').to_owned()).map_err(|cause| {
                let what = "the host name cannot be named in TLS";
                Error::new(Kind::Usage, Stage::TargetTls, what).with_source(cause)
            })
        }
    }
}

/// `TLS 1.3, h2`; `TLS 1.2, session used again`
fn agreed(session: &ClientConnection) -> String {
    let mut words = version(session).to_owned();
    if let Some(alpn) = session.alpn_protocol() {
        words += &format!(", {}", text::escape_bytes(alpn));
    }
    if session.handshake_kind() == Some(rustls::HandshakeKind::Resumed) {
        words += ", session used again";
    }
    words
}

fn version(session: &ClientConnection) -> &'static str {
    match session.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::CipherSuite;

    #[test]
    fn aes_128_is_offered_first() {
        let offered = provider().cipher_suites;
        let all = rustls::crypto::aws_lc_rs::default_provider().cipher_suites;
        assert_eq!(offered.len(), all.len(), "none is lost");
        let names: Vec<CipherSuite> = offered.iter().map(SupportedCipherSuite::suite).collect();
        assert_eq!(names[0], CipherSuite::TLS13_AES_128_GCM_SHA256);
        let first_of_12 = offered.iter().position(|suite| suite.tls13().is_none());
        let first_of_12 = names[first_of_12.unwrap()];
        let wanted = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
        assert_eq!(first_of_12, wanted);
    }
}
