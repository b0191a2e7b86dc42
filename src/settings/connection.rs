//! A named entry of the settings: a place to get data from, and how to reach it.

use std::sync::Arc;

use url::Url;

use crate::base::{Credentials, Origin, Proxy, Trust, TunnelMode};

/// A named dataset connection.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Connection {
    /// Its name in `[connections.NAME]`.
    pub name: String,
    /// Its base URL, without userinfo: what lies below belongs to this connection.
    pub url: Url,
    /// Which proxy it uses.
    pub proxy: ProxyChoice,
    /// Credentials for the target.
    pub credentials: Option<Credentials>,
    /// Trust for TLS to the target.
    pub trust: Trust,
    /// Overrides the proxy's tunnel mode.
    pub tunnel: Option<TunnelMode>,
    /// Where its URL is written.
    pub origin: Origin,
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
    Inline(Arc<Proxy>, Origin),
}
