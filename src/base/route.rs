//! The decision for one target.

use std::fmt;
use std::sync::Arc;

use super::{Origin, Proxy};

/// Which way to go.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// Straight to the target.
    Direct,
    /// Through a proxy.
    Proxy(Arc<Proxy>),
}

/// Which rule decided.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The flag `--proxy`.
    Flag,
    /// The global proxy of the settings.
    Global,
    /// A named proxy, chosen by a connection.
    Named(String),
    /// A proxy that a connection spells out.
    Inline,
    /// An environment variable.
    Variable(String),
    /// The connection or the program says direct.
    Direct,
    /// A bypass rule sends the target direct.
    Bypass(String),
    /// Built in: the target is one of [`metadata::HOSTS`](crate::base::metadata::HOSTS), and no
    /// setting names a proxy for it.
    Metadata,
    /// No proxy is configured anywhere.
    NoProxy,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("proxy given on the command line"),
            Self::Global => f.write_str("global proxy"),
            Self::Named(name) => write!(f, "proxy `{name}`"),
            Self::Inline => f.write_str("the connection's own proxy"),
            Self::Variable(_) => f.write_str("proxy from the environment"),
            Self::Direct => f.write_str("told to go direct"),
            Self::Bypass(rule) => write!(f, "bypass rule `{rule}`"),
            Self::Metadata => f.write_str("built in: instance metadata stays on this machine"),
            Self::NoProxy => f.write_str("no proxy is configured"),
        }
    }
}

/// A setting that would have decided otherwise, and why it did not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejected {
    /// What was passed over: `http_proxy`, `global proxy http://…`. Never a secret.
    pub candidate: String,
    /// Why.
    pub why: String,
    /// Where it is written.
    pub origin: Origin,
}

/// The way for one target, with its reason. Protocols take it as an opaque value: the data
/// channel of FTP goes by the route of its control channel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// Which way.
    pub way: Way,
    /// Which rule decided.
    pub reason: Reason,
    /// Where that rule is written.
    pub origin: Origin,
    /// What was passed over, in the order of asking.
    pub rejected: Vec<Rejected>,
}

impl Route {
    /// A direct route.
    pub fn direct(reason: Reason, origin: Origin) -> Self {
        Self {
            way: Way::Direct,
            reason,
            origin,
            rejected: Vec::new(),
        }
    }

    /// A route through `proxy`.
    pub fn through(proxy: Arc<Proxy>, reason: Reason, origin: Origin) -> Self {
        Self {
            way: Way::Proxy(proxy),
            reason,
            origin,
            rejected: Vec::new(),
        }
    }

    /// The proxy, unless the route is direct.
    pub fn proxy(&self) -> Option<&Arc<Proxy>> {
        match &self.way {
            Way::Direct => None,
            Way::Proxy(proxy) => Some(proxy),
        }
    }

    /// Which rule decided, and where it is written: `global proxy,
    /// /etc/outbound/outbound.toml:2: proxy.url`.
    pub fn why(&self) -> String {
        match &self.origin {
            Origin::Default => self.reason.to_string(),
            origin => format!("{}, {origin}", self.reason),
        }
    }
}

impl fmt::Display for Route {
    /// `through http://proxy.corp:3128 (global proxy, /etc/outbound/outbound.toml:2: proxy.url)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.way {
            Way::Direct => write!(f, "directly ({})", self.why()),
            Way::Proxy(proxy) => write!(f, "through {proxy} ({})", self.why()),
        }
    }
}
