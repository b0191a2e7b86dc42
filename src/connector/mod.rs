//! The one way out: every protocol opens its streams here.

use std::sync::Arc;

use crate::base::{Error, Kind, Result, Route, Stage, Target};
use crate::dial::Stream;
use crate::route;
use crate::settings::{Connection, Policy, Timeouts};

/// Opens streams to targets under one connection's settings. Cheap to clone; clones share what
/// was learned (secrets, which proxies want credentials, TLS sessions).
#[derive(Clone, Debug)]
pub struct Connector {
    policy: Arc<Policy>,
    connection: Option<Arc<Connection>>,
}

impl Connector {
    /// The connector for targets of `connection`, or of none.
    pub fn new(policy: Arc<Policy>, connection: Option<Arc<Connection>>) -> Self {
        Self { policy, connection }
    }

    /// The connection whose settings apply.
    pub fn connection(&self) -> Option<&Arc<Connection>> {
        self.connection.as_ref()
    }

    /// How long each stage may take.
    pub fn timeouts(&self) -> &Timeouts {
        self.policy.timeouts()
    }

    /// Decides the way for `target`. No I/O.
    ///
    /// # Errors
    /// As [`route::resolve`].
    pub fn route(&self, target: &Target) -> Result<Route> {
        route::resolve(&self.policy, self.connection.as_deref(), target)
    }

    /// Opens a byte stream to `target` by `route`: a socket, or a tunnel. No TLS to the target.
    ///
    /// # Errors
    /// Every stage up to `connect` and `auth`.
    pub async fn open(&self, _route: &Route, _target: &Target) -> Result<Stream> {
        Err(Error::new(Kind::Unsupported, Stage::Dial, "not built yet"))
    }

    /// Starts TLS with the target on a stream, also in mid-stream (FTP's `AUTH TLS`).
    ///
    /// # Errors
    /// The handshake failed or the certificate is not believed.
    pub async fn secure(&self, _stream: Stream, _target: &Target) -> Result<Stream> {
        Err(Error::new(
            Kind::Unsupported,
            Stage::TargetTls,
            "not built yet",
        ))
    }

    /// [`route`](Self::route), [`open`](Self::open), and [`secure`](Self::secure) when the scheme
    /// has TLS from the first byte.
    ///
    /// # Errors
    /// As those.
    pub async fn connect(&self, target: &Target) -> Result<Stream> {
        let route = self.route(target)?;
        let stream = self.open(&route, target).await?;
        if target.scheme().is_tls() {
            return self.secure(stream, target).await;
        }
        Ok(stream)
    }
}
