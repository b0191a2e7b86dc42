//! The settings, checked and compiled: what `route::resolve` and the connector work from.

use std::time::Duration;

use url::Url;

use crate::base::{Credentials, Origin, Trust, TunnelMode};

/// Everything that was asked for, checked. Made once, then shared.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    timeouts: Timeouts,
    retry: Retry,
}

impl Policy {
    /// Stand-in.
    pub fn locate(&self, text: &str, _named: Option<&str>) -> crate::base::Result<Location> {
        let url = Url::parse(text).map_err(|e| {
            crate::base::Error::new(
                crate::base::Kind::Usage,
                crate::base::Stage::Settings,
                e.to_string(),
            )
        })?;
        Ok(Location {
            url,
            connection: None,
        })
    }

    /// How long each stage may take.
    pub fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// How often, and with which pauses, a transfer is tried again.
    pub fn retry(&self) -> &Retry {
        &self.retry
    }
}

/// Stand-in.
#[derive(Debug)]
pub struct Location {
    /// The URL.
    pub url: Url,
    /// Its connection.
    pub connection: Option<std::sync::Arc<Connection>>,
}

/// A named dataset connection.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Connection {
    /// Its name in `[connections.NAME]`.
    pub name: String,
    /// Its base URL: what lies below belongs to this connection.
    pub url: Url,
    /// Which proxy it uses.
    pub proxy: ProxyChoice,
    /// Credentials for the target.
    pub credentials: Option<Credentials>,
    /// Trust for TLS to the target.
    pub trust: Trust,
    /// Overrides the proxy's tunnel mode.
    pub tunnel: Option<TunnelMode>,
    /// Where it is written.
    pub origin: Origin,
}

impl Connection {
    /// Whether `url` lies below this connection's base.
    pub fn covers(&self, url: &Url) -> bool {
        url.origin() == self.url.origin() && url.path().starts_with(self.url.path())
    }
}

/// Which proxy a connection uses, and where that is written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ProxyChoice {
    /// Nothing is said: the global proxy if there is one, else the environment.
    Default,
    /// `proxy = "global"`, or `use_global_proxy = true`: an error when there is none.
    Global(Origin),
    /// `proxy = "direct"`, or `use_global_proxy = false`.
    Direct(Origin),
    /// `proxy = "environment"`.
    Environment(Origin),
    /// `proxy = "NAME"` of `[proxies.NAME]`.
    Named(String, Origin),
    /// `proxy = { url = … }`.
    Inline(std::sync::Arc<crate::base::Proxy>, Origin),
}

/// How long each stage may take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// `timeouts.resolve`: resolving the first hop's name.
    pub resolve: Duration,
    /// `timeouts.dial`: opening a socket to the first hop, all addresses together.
    pub dial: Duration,
    /// `timeouts.tls`: one TLS handshake.
    pub tls: Duration,
    /// `timeouts.connect`: the proxy's answer to one CONNECT.
    pub connect: Duration,
    /// `timeouts.reply`: the target's answer to one request or command.
    pub reply: Duration,
    /// `timeouts.idle`: no byte in the middle of a transfer.
    pub idle: Duration,
    /// `timeouts.secret`: a command that prints a secret.
    pub secret: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(10),
            dial: Duration::from_secs(10),
            tls: Duration::from_secs(15),
            connect: Duration::from_secs(60),
            reply: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            secret: Duration::from_secs(15),
        }
    }
}

/// How often, and with which pauses, a transfer is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retry {
    /// `retry.attempts`: tries without progress before giving up, the first one included.
    pub attempts: u32,
    /// `retry.pause`: the first pause; it doubles with every further try.
    pub pause: Duration,
    /// `retry.pause_max`: no pause is longer, and no `Retry-After` is waited for beyond it.
    pub pause_max: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 5,
            pause: Duration::from_millis(500),
            pause_max: Duration::from_secs(30),
        }
    }
}
