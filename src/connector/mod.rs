//! The one way out: every protocol opens its streams here.

mod ahead;
pub mod ca_bundle;
pub mod load;
mod opening;
mod proxied;
pub mod secrets;
mod service;
pub mod verify;

pub use crate::tls::Alpn;
pub(crate) use ahead::Ahead;
pub(crate) use proxied::{pass_auth, wants_credentials};
pub use service::{HttpStream, Passage};
pub(crate) use service::{Opened, PlainHttp, Routed, not_http};

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{
    Error, FtpMode, Kind, Proxy, ProxyScheme, Result, Route, Scheme, Side, Stage, Target, Trust,
    TunnelMode, Way,
};
use crate::dial::{self, Limits, Stream};
use crate::route;
use crate::settings::{Connection, Policy, Timeouts};
use crate::tls::{self, OneSession, TlsConfigs, Versions};
use crate::tunnel::advice;

/// Opens streams to targets under one connection's settings. Cheap to clone; clones, and
/// connectors made by [`for_connection`](Self::for_connection), share what was learned: secrets,
/// which proxies want credentials, TLS sessions.
#[derive(Clone, Debug)]
pub struct Connector {
    shared: Arc<Shared>,
    connection: Option<Arc<Connection>>,
}

#[derive(Debug)]
struct Shared {
    policy: Arc<Policy>,
    tls: TlsConfigs,
    secrets: secrets::Secrets,
    /// Proxies that answered 407 and then took our credentials: they get them unasked from then
    /// on, which saves a round trip.
    asking: Mutex<HashSet<String>>,
    /// The hosts and routes that were logged.
    logged: Mutex<HashSet<String>>,
}

impl Connector {
    /// The connector for targets that belong to no connection.
    pub fn new(policy: Arc<Policy>) -> Self {
        Self {
            shared: Arc::new(Shared {
                policy,
                tls: TlsConfigs::default(),
                secrets: secrets::Secrets::default(),
                asking: Mutex::default(),
                logged: Mutex::default(),
            }),
            connection: None,
        }
    }

    /// The connector for targets of another connection, or of none.
    pub fn for_connection(&self, connection: Option<Arc<Connection>>) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            connection,
        }
    }

    /// The connection whose settings apply.
    pub fn connection(&self) -> Option<&Arc<Connection>> {
        self.connection.as_ref()
    }

    /// The policy that decides.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.shared.policy
    }

    /// How long each stage may take.
    pub fn timeouts(&self) -> &Timeouts {
        self.shared.policy.timeouts()
    }

    /// The secrets read so far, and the way to read more.
    pub fn secrets(&self) -> &secrets::Secrets {
        &self.shared.secrets
    }

    /// Decides the way for `target`. No I/O.
    ///
    /// # Errors
    /// As [`route::resolve`].
    pub fn route(&self, target: &Target) -> Result<Route> {
        route::resolve(&self.shared.policy, self.connection.as_deref(), target)
    }

    /// Whether plain HTTP to a target of this connection goes by CONNECT too.
    pub(crate) fn tunnels_plain_http(&self, proxy: &Proxy) -> bool {
        let asked = self.connection.as_ref().and_then(|c| c.tunnel);
        asked.unwrap_or(proxy.tunnel) == TunnelMode::Always
    }

    /// Whether requests to a target go to the proxy by CONNECT although it has no TLS. FTP is asked
    /// of the proxy itself, whatever plain HTTP does.
    pub(crate) fn tunnels(&self, proxy: &Proxy, target: &Target) -> bool {
        target.scheme() != Scheme::Ftp && self.tunnels_plain_http(proxy)
    }

    /// The proxy on `route` that requests to `target` go to in absolute form, if they do.
    pub(crate) fn asked<'a>(&self, route: &'a Route, target: &Target) -> Option<&'a Proxy> {
        let proxy = route.proxy().filter(|_| !target.scheme().is_tls());
        proxy
            .filter(|proxy| !self.tunnels(proxy, target))
            .map(Arc::as_ref)
    }

    /// How plain FTP goes by `route`: what the connection says, else the proxy. Without a proxy
    /// there is nobody to ask.
    pub(crate) fn ftp_mode(&self, route: &Route) -> FtpMode {
        let asked = self.connection.as_ref().and_then(|c| c.ftp);
        let of_proxy = |proxy: &Arc<Proxy>| asked.unwrap_or(proxy.ftp);
        route.proxy().map_or(FtpMode::Tunnel, of_proxy)
    }

    /// Opens a byte stream to `target` by `route`: a socket, or a tunnel. No TLS to the target.
    ///
    /// # Errors
    /// Every stage up to `connect` and `auth`. The error names the route and keeps the steps.
    ///
    /// # Cancel safety
    /// Dropping the future closes what was opened.
    pub async fn open(&self, route: &Route, target: &Target) -> Result<Stream> {
        self.open_by(route, target, None).await
    }

    /// [`open`](Self::open) by a socket to the proxy that was dialled ahead, if there is one.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn open_by(
        &self,
        route: &Route,
        target: &Target,
        ahead: Option<Ahead>,
    ) -> Result<Stream> {
        self.log_route(route, target);
        let opened = match &route.way {
            Way::Direct => self.dial_target(target).await,
            Way::Proxy(proxy) => proxied::tunnel(self, proxy, target, ahead).await,
        };
        opened.map_err(|error| unopened(error, route, target))
    }

    /// Opens a byte stream to the first hop of `route` for requests in absolute form: to the
    /// proxy itself, or to the target when the route is direct.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) async fn open_hop(&self, route: &Route, target: &Target) -> Result<Stream> {
        self.log_route(route, target);
        let opened = match &route.way {
            Way::Direct => self.dial_target(target).await,
            Way::Proxy(proxy) => self.dial_proxy(proxy).await,
        };
        opened.map_err(|error| unopened(error, route, target))
    }

    /// Starts TLS with the target on a stream, also in mid-stream (FTP's `AUTH TLS`). Trust is
    /// the connection's.
    ///
    /// # Errors
    /// [`Kind::Tls`] or [`Kind::Timeout`].
    pub async fn secure(&self, stream: Stream, target: &Target) -> Result<Stream> {
        self.secure_with(stream, target, Alpn::None).await
    }

    /// [`secure`](Self::secure), offering protocols by ALPN.
    ///
    /// # Errors
    /// As there.
    pub async fn secure_with(
        &self,
        mut stream: Stream,
        target: &Target,
        alpn: Alpn,
    ) -> Result<Stream> {
        let config = self.tls_config(alpn, Versions::All);
        let config = config.map_err(|error| error.after(stream.take_steps()))?;
        let key = self.key();
        let limit = self.timeouts().tls;
        let (host, port) = (target.host(), target.port());
        tls::secure(stream, host, port, config, Stage::TargetTls, &key, limit).await
    }

    /// A new TLS session with `target`, for FTP's control channel and its data channels. Trust is
    /// the connection's.
    ///
    /// # Errors
    /// Its `ca_file` cannot be read; the host cannot be named in TLS.
    pub(crate) fn one_session(&self, target: &Target, versions: Versions) -> Result<OneSession> {
        let config = self.tls_config(Alpn::None, versions)?;
        OneSession::new(&config, target.host())
    }

    /// Starts TLS with the target on a stream, under a session of [`one_session`](Self::one_session).
    ///
    /// # Errors
    /// As [`secure`](Self::secure).
    pub(crate) async fn secure_in(
        &self,
        stream: Stream,
        target: &Target,
        session: &OneSession,
    ) -> Result<Stream> {
        let (key, limit) = (self.key(), self.timeouts().tls);
        let secured = session.secure(stream, target.host(), target.port(), &key, limit);
        secured.await
    }

    /// The configuration of TLS with targets: the connection's trust.
    ///
    /// # Errors
    /// Its `ca_file` cannot be read.
    pub(crate) fn tls_config(
        &self,
        alpn: Alpn,
        versions: Versions,
    ) -> Result<Arc<rustls::ClientConfig>> {
        let none = Trust::default();
        let trust = self.connection.as_ref().map_or(&none, |c| &c.trust);
        let tls = &self.shared.tls;
        tls.get_versions(trust, alpn, versions, &self.key())
    }

    /// The dotted prefix of the settings that hold the trust, for errors.
    pub(crate) fn key(&self) -> String {
        let of = |connection: &Arc<Connection>| format!("connections.{}", connection.name);
        self.connection.as_ref().map(of).unwrap_or_default()
    }

    /// [`route`](Self::route), [`open`](Self::open), and [`secure`](Self::secure) when the scheme
    /// has TLS from the first byte.
    ///
    /// # Errors
    /// As those.
    ///
    /// # Cancel safety
    /// Dropping the future closes what was opened.
    pub async fn connect(&self, target: &Target) -> Result<Stream> {
        let route = self.route(target)?;
        self.connect_by(&route, target, Alpn::None).await
    }

    /// [`connect`](Self::connect) by a route that was decided before, offering protocols by ALPN.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn connect_by(
        &self,
        route: &Route,
        target: &Target,
        alpn: Alpn,
    ) -> Result<Stream> {
        let stream = self.open(route, target).await?;
        if target.scheme().is_tls() {
            let secured = self.secure_with(stream, target, alpn).await;
            return secured.map_err(|error| unsecured(error, route, target));
        }
        Ok(stream)
    }

    /// Opens a socket to the proxy.
    async fn dial_proxy(&self, proxy: &Proxy) -> Result<Stream> {
        match proxy.scheme {
            ProxyScheme::Http => {
                let dialled = dial::dial(&proxy.host, proxy.port, self.limits()).await;
                dialled.map_err(|error| match error.kind() {
                    Kind::Resolve => {
                        error.with_hint(format!("check the proxy's name in {}", proxy.origin))
                    }
                    Kind::Dial if error.hint().is_some() => {
                        error.with_side(Side::Proxy).with_better_hint(format!(
                            "nothing listens there: check the port in {}, and whether the proxy \
                             is up{}",
                            proxy.origin,
                            usual_ports(proxy)
                        ))
                    }
                    _ => error,
                })
            }
            // The seam for what comes later: TLS to the proxy is `tls::secure` here, SOCKS is
            // another handshake in `proxied`.
            scheme => Err(Error::new(
                Kind::Unsupported,
                Stage::Dial,
                format!("{scheme} proxies are understood but cannot be used yet"),
            )
            .about(proxy.authority())
            .with_hint(format!(
                "set {} to the proxy's plain HTTP port (http://…)",
                proxy.origin
            ))),
        }
    }

    async fn dial_target(&self, target: &Target) -> Result<Stream> {
        let dialled = dial::dial(target.host(), target.port(), self.limits()).await;
        dialled.map_err(|error| match error.kind() {
            Kind::Resolve => error.with_hint(
                "check the name; where only a proxy knows names of the outside, set `proxy.url`",
            ),
            _ => error,
        })
    }

    /// Logs the way to a host, once: FTP's data channels have ports without end.
    fn log_route(&self, route: &Route, target: &Target) {
        if !tracing::enabled!(tracing::Level::INFO) {
            return;
        }
        let logged = self.shared.logged.lock();
        let mut logged = logged.unwrap_or_else(PoisonError::into_inner);
        if logged.insert(format!("{} {route}", target.host())) {
            tracing::info!("route {target}: {route}");
        }
    }

    fn limits(&self) -> Limits {
        let timeouts = self.timeouts();
        Limits {
            resolve: timeouts.resolve,
            dial: timeouts.dial,
        }
    }
}

/// What may be wrong with the port that a proxy has whose URL names none.
fn usual_ports(proxy: &Proxy) -> String {
    if proxy.port != proxy.scheme.default_port() {
        return String::new();
    }
    format!(
        "; {} is what a URL without a port means, and proxies often listen at 3128 or 8080",
        proxy.port
    )
}

fn unopened(error: Error, route: &Route, target: &Target) -> Error {
    let error = match error.stage() {
        Stage::Resolve | Stage::Dial | Stage::ProxyTls => error.reaching(target),
        _ => error,
    };
    error
        .while_doing(format!("open a stream to {target}"))
        .with_route(route)
}

/// Adds the way to the error of a TLS handshake with the target, and what opened the tunnel when
/// the first thing in it went wrong.
fn unsecured(error: Error, route: &Route, target: &Target) -> Error {
    let error = error.with_route(route);
    match route.proxy() {
        Some(proxy) => advice::behind_tunnel(error, proxy, target),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn the_port_of_a_url_without_one_is_doubted() {
        for (url, doubted) in [
            ("http://proxy.example", true),
            ("http://proxy.example:80", true),
            ("http://proxy.example:3128", false),
        ] {
            let policy = Settings::from_toml(&format!("[proxy]\nurl = \"{url}\"\n")).unwrap();
            let connector = Connector::new(Arc::new(policy));
            let target = Target::parse("http://h.example/").unwrap();
            let route = connector.route(&target).unwrap();
            let said = usual_ports(route.proxy().unwrap());
            assert_eq!(
                said.contains("often listen at 3128"),
                doubted,
                "{url}: {said}"
            );
        }
    }
}
