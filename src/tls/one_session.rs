//! Several connections under one TLS session: FTP's control channel and its data channels.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::{ClientSessionMemoryCache, ClientSessionStore as _, Resumption};
use rustls::{ClientConfig, NamedGroup};

use super::open_end::OpenEnd;
use super::{handshake, server_name, stream_of};
use crate::base::{Host, Result, Stage};
use crate::dial::Stream;

/// How many sessions are kept: rustls counts eight tickets of TLS 1.3 as one, for one server.
const KEPT: usize = 16;

/// A configuration whose connections use one another's session again, and nobody else's: a server
/// that wants a data channel to prove that it belongs to a control channel (`require_ssl_reuse`
/// of vsftpd) takes no session of another control channel to the same host.
#[derive(Clone, Debug)]
pub struct OneSession(Arc<ClientConfig>);

impl OneSession {
    /// One that differs from `config` in its sessions alone, for connections to `host`.
    ///
    /// # Errors
    /// The host cannot be named in TLS.
    pub fn new(config: &ClientConfig, host: &Host) -> Result<Self> {
        let sessions = ClientSessionMemoryCache::new(KEPT);
        // FTP servers take P-256 alone (vsftpd) or first: another key share costs a round trip
        // with TLS 1.3 (HelloRetryRequest, RFC 8446 section 4.1.4).
        sessions.set_kx_hint(server_name(host)?, NamedGroup::secp256r1);
        let mut config = config.clone();
        config.resumption = Resumption::store(Arc::new(sessions));
        Ok(Self(Arc::new(config)))
    }

    /// The configuration, for those who do the handshake by themselves.
    pub fn config(&self) -> &Arc<ClientConfig> {
        &self.0
    }

    /// Starts TLS on `stream`, as [`secure`](super::secure) does. The stream's
    /// [shutdown](tokio::io::AsyncWriteExt::shutdown) is TLS's `close_notify` alone: see
    /// [`OpenEnd`].
    ///
    /// # Errors
    /// As there; the error keeps the steps passed.
    ///
    /// # Cancel safety
    /// Dropping the future closes the stream.
    pub async fn secure(
        &self,
        mut stream: Stream,
        host: &Host,
        port: u16,
        key: &str,
        limit: Duration,
    ) -> Result<Stream> {
        let steps = stream.take_steps();
        let started = std::time::Instant::now();
        let (stage, config) = (Stage::TargetTls, Arc::clone(&self.0));
        let secured = handshake(OpenEnd::new(stream), host, port, config, stage, key, limit).await;
        let secured = secured.map_err(|error| error.after(steps.clone()))?;
        Ok(stream_of(secured, steps, stage, host, port, started))
    }
}
