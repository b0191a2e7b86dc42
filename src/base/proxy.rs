//! A forward proxy.

use std::fmt;
use std::path::PathBuf;

use super::{Host, Origin, SecretRef};

/// How the proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProxyScheme {
    /// HTTP in clear.
    Http,
    /// HTTP over TLS to the proxy.
    Https,
    /// SOCKS 4.
    Socks4,
    /// SOCKS 4a: the proxy resolves names.
    Socks4a,
    /// SOCKS 5.
    Socks5,
    /// SOCKS 5, the proxy resolves names.
    Socks5h,
}

impl ProxyScheme {
    /// Every scheme, in the order of the documentation.
    pub const ALL: [Self; 6] = [
        Self::Http,
        Self::Https,
        Self::Socks4,
        Self::Socks4a,
        Self::Socks5,
        Self::Socks5h,
    ];

    /// The scheme called `name`, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|scheme| scheme.as_str().eq_ignore_ascii_case(name))
    }

    /// The lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks4 => "socks4",
            Self::Socks4a => "socks4a",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    /// The port when the URL names none. For `http` this is 80, as every client but curl (1080)
    /// has it.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            _ => 1080,
        }
    }
}

impl fmt::Display for ProxyScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A user name, and where the password is kept.
///
/// [`new`](Self::new) makes them from values that a program has; its fields can be set apart.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credentials {
    /// The user name, decoded.
    pub username: String,
    /// Where the user name was written.
    pub origin: Origin,
    /// Where the password is kept; without it the password is empty.
    pub password: Option<SecretRef>,
}

impl Credentials {
    /// Credentials that a program has in its hands. The password is never shown.
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        let origin = || Origin::code("Credentials::new");
        Self {
            username: username.into(),
            origin: origin(),
            password: Some(SecretRef::inline(password, origin())),
        }
    }
}

/// When credentials are shown to the proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Auth {
    /// After the first 407 of this process and proxy, and unasked from then on.
    #[default]
    Auto,
    /// Basic, unasked from the first request on.
    Basic,
}

/// Which `http://` requests go by CONNECT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TunnelMode {
    /// Plain `http://` in absolute form (RFC 9112 section 3.2.2), everything else by CONNECT.
    #[default]
    Auto,
    /// Everything by CONNECT.
    Always,
}

/// How plain `ftp://` goes through a proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FtpMode {
    /// By CONNECT, both channels.
    #[default]
    Tunnel,
    /// By a request in absolute form (`GET ftp://host/path`): the proxy itself speaks FTP.
    ProxyGet,
}

impl FtpMode {
    /// Every value, in the order of the documentation.
    pub const ALL: [Self; 2] = [Self::Tunnel, Self::ProxyGet];

    /// The word of the settings: `tunnel`, `proxy-get`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tunnel => "tunnel",
            Self::ProxyGet => "proxy-get",
        }
    }

    /// The value that a word of the settings means.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str() == word)
    }
}

/// Which certificates are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Trust {
    /// A PEM bundle that is added to the system's trust store.
    pub ca_file: Option<PathBuf>,
    /// Believe every certificate.
    pub danger_accept_invalid_certs: bool,
}

/// A forward proxy: where it is and how to speak to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proxy {
    /// How the proxy is spoken to.
    pub scheme: ProxyScheme,
    /// Its host.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// Credentials for the proxy alone.
    pub credentials: Option<Credentials>,
    /// When the credentials are shown.
    pub auth: Auth,
    /// Which `http://` requests go by CONNECT.
    pub tunnel: TunnelMode,
    /// How plain `ftp://` goes through it.
    pub ftp: FtpMode,
    /// Trust for TLS to the proxy.
    pub trust: Trust,
    /// The dotted prefix of its keys in the settings (`proxy`, `proxies.partner`), for messages
    /// that say what to change. Empty when it comes from the environment.
    pub key: String,
    /// Where its URL was written.
    pub origin: Origin,
}

impl Proxy {
    /// A proxy without credentials or trust of its own; its fields can be set apart.
    pub fn new(scheme: ProxyScheme, host: Host, port: u16, origin: Origin) -> Self {
        Self {
            scheme,
            host,
            port,
            credentials: None,
            auth: Auth::default(),
            tunnel: TunnelMode::default(),
            ftp: FtpMode::default(),
            trust: Trust::default(),
            key: String::new(),
            origin,
        }
    }

    /// `host:port`, IPv6 in brackets.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Proxy {
    /// The URL with its port and without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}
