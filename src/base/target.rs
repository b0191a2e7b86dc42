//! What the user wants to reach.

use std::fmt;

use url::Url;

use super::{Error, Kind, Stage};

/// A host: a name (lower case, punycode), an IPv4 or an IPv6 address, as the WHATWG URL standard
/// normalises it.
pub type Host = url::Host<String>;

/// The scheme of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// HTTP.
    Http,
    /// HTTP over TLS.
    Https,
    /// WebSocket.
    Ws,
    /// WebSocket over TLS.
    Wss,
    /// FTP, control channel in clear or with explicit TLS.
    Ftp,
    /// FTP with implicit TLS.
    Ftps,
    /// A bucket of S3, which is reached over HTTP or HTTPS at an endpoint.
    S3,
}

impl Scheme {
    /// Every scheme, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Http,
        Self::Https,
        Self::Ws,
        Self::Wss,
        Self::Ftp,
        Self::Ftps,
        Self::S3,
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
            Self::Ws => "ws",
            Self::Wss => "wss",
            Self::Ftp => "ftp",
            Self::Ftps => "ftps",
            Self::S3 => "s3",
        }
    }

    /// The port when the URL has none: the IANA registry, and for `ftps` implicit TLS as curl
    /// has it; for `s3` that of its endpoint at Amazon.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http | Self::Ws => 80,
            Self::Https | Self::Wss | Self::S3 => 443,
            Self::Ftp => 21,
            Self::Ftps => 990,
        }
    }

    /// Whether TLS starts with the first byte.
    pub fn is_tls(self) -> bool {
        matches!(self, Self::Https | Self::Wss | Self::Ftps)
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Scheme, host and port that the user wants to reach.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    scheme: Scheme,
    host: Host,
    port: u16,
}

impl Target {
    /// A target from its parts. A name that is an address in truth, or not in its one form
    /// (`Host::Domain("127.0.0.1".into())` can be written), becomes what a URL would make of it: rules
    /// and certificates are compared with that.
    pub fn new(scheme: Scheme, host: Host, port: u16) -> Self {
        let host = match host {
            Host::Domain(name) => parse_host(&name).unwrap_or(Host::Domain(name)),
            address => address,
        };
        Self { scheme, host, port }
    }

    /// The target of a URL, with the scheme's default port when it names none.
    ///
    /// # Errors
    /// The scheme is not one of [`Scheme::ALL`], or there is no host.
    pub fn from_url(url: &Url) -> Result<Self, Error> {
        let scheme = Scheme::parse(url.scheme()).ok_or_else(|| unknown_scheme(url.scheme()))?;
        // `ftps` is not among the URL standard's special schemes: its host comes unparsed.
        let host = match url.host_str() {
            Some(text) if !text.is_empty() => parse_host(text)?,
            _ => return Err(bad_url("the URL has no host")),
        };
        let port = url.port().unwrap_or(scheme.default_port());
        if port == 0 {
            return Err(bad_url("the URL has port 0"));
        }
        Ok(Self { scheme, host, port })
    }

    /// The target of a URL in text.
    ///
    /// # Errors
    /// As [`Target::from_url`], and when the text is no URL.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let url = Url::parse(url).map_err(|cause| bad_url(&cause.to_string()))?;
        Self::from_url(&url)
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The effective port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The same scheme and host at another port: the data channel of FTP.
    pub fn at_port(&self, port: u16) -> Self {
        Self {
            port,
            ..self.clone()
        }
    }

    /// `host:port`, IPv6 in brackets: what CONNECT and `Host` want (RFC 9110 section 9.3.6).
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Target {
    /// `host:port`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Parses a host as URLs of the special schemes do (WHATWG URL, host parser).
pub(crate) fn parse_host(text: &str) -> Result<Host, Error> {
    Host::parse(text).map_err(|cause| {
        bad_url(&format!(
            "`{}` is not a host: {cause}",
            super::text::clip(text)
        ))
    })
}

/// Whether `name` can be a name in the DNS: letters, digits, hyphens, underscores, labels of 1 to
/// 63 and a whole of at most 253 characters (RFC 1035 section 2.3.4). The URL standard lets more
/// through, `*` and quotes among it.
pub(crate) fn is_dns_name(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
}

fn bad_url(what: &str) -> Error {
    Error::new(Kind::Usage, Stage::Route, what)
}

pub(crate) fn unknown_scheme(scheme: &str) -> Error {
    let error = bad_url(&format!(
        "the URL's scheme `{}` is unknown; known are http, https, ws, wss, ftp, ftps, s3",
        super::text::clip(scheme)
    ));
    if matches!(scheme, "sftp" | "scp" | "ssh") {
        let hint = format!("{scheme} is a protocol of SSH, which is not built in");
        return error.with_hint(hint);
    }
    match super::text::nearest(scheme, Scheme::ALL.map(Scheme::as_str)) {
        Some(near) => error.with_hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authority_and_default_ports() {
        let cases = [
            ("http://Example.COM/x", "example.com:80"),
            ("https://example.com", "example.com:443"),
            ("ws://example.com:8080/", "example.com:8080"),
            ("ftp://[2001:db8::1]/pub", "[2001:db8::1]:21"),
            ("ftps://EXAMPLE.com/", "example.com:990"),
            ("ftps://127.1/", "127.0.0.1:990"),
            ("https://bücher.example/", "xn--bcher-kva.example:443"),
        ];
        for (url, authority) in cases {
            assert_eq!(Target::parse(url).unwrap().authority(), authority, "{url}");
        }
    }

    #[test]
    fn a_name_that_is_an_address_is_one() {
        for (name, expected) in [
            ("169.254.169.254", "169.254.169.254:80"),
            ("0xa9fea9fe", "169.254.169.254:80"),
            ("[fd00:ec2::254]", "[fd00:ec2::254]:80"),
            ("DATA.Example", "data.example:80"),
            ("bücher.example", "xn--bcher-kva.example:80"),
            ("a b", "a b:80"),
        ] {
            let target = Target::new(Scheme::Http, Host::Domain(name.into()), 80);
            assert_eq!(target.authority(), expected, "{name}");
        }
    }

    #[test]
    fn what_is_no_target_is_an_error() {
        for url in [
            "gopher://x/",
            "http:///",
            "ftp",
            "ftps:///x",
            "http://a b/",
            "ftp://h:0/",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
        let ssh = Target::parse("sftp://h/x").unwrap_err();
        let hint = "sftp is a protocol of SSH, which is not built in";
        assert_eq!(ssh.hint(), Some(hint));
        let slip = Target::parse("htps://example.com/").unwrap_err();
        assert_eq!(slip.hint(), Some("did you mean `https`?"));
    }
}
