//! What is to pass a proxy: a host with its ports, and how it is asked for.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::base::target::is_dns_name;
use crate::base::{Error, FtpMode, Host, Kind, Result, Scheme, Stage, Target, TunnelMode, text};

/// Ports from the first to the last, both among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ports {
    /// The lowest.
    pub first: u16,
    /// The highest.
    pub last: u16,
}

impl Ports {
    /// Where an FTP server that says nothing else opens its data ports: all that need no privilege.
    pub const PASSIVE: Self = Self {
        first: 1024,
        last: u16::MAX,
    };

    /// A single one.
    pub fn one(port: u16) -> Self {
        Self {
            first: port,
            last: port,
        }
    }

    /// How many.
    pub fn count(self) -> usize {
        usize::from(self.last.saturating_sub(self.first)) + 1
    }
}

impl fmt::Display for Ports {
    /// `443`, `1024-65535`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

impl FromStr for Ports {
    type Err = String;

    /// `50000-50100`, or a single port.
    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first), Ok(last)) if 0 < first && first <= last => Ok(Self { first, last }),
            _ => Err("write the first and the last port: 50000-50100".to_owned()),
        }
    }
}

/// A method of a request in absolute form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Bring something in.
    Get,
    /// Ask about it.
    Head,
    /// Send a file.
    Put,
    /// Ask with a body: searches, parts of uploads.
    Post,
    /// Remove something.
    Delete,
    /// Change something.
    Patch,
    /// Ask what can be done.
    Options,
}

impl Method {
    /// Every method, in the order of configurations.
    pub const ALL: [Self; 7] = [
        Self::Get,
        Self::Head,
        Self::Put,
        Self::Post,
        Self::Delete,
        Self::Patch,
        Self::Options,
    ];

    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Patch => "PATCH",
            Self::Options => "OPTIONS",
        }
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        let known = || Self::ALL.map(Self::as_str).join(", ");
        all.find(|one| one.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("known are {}", known()))
    }
}

/// How the proxy is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum By {
    /// For a tunnel: `CONNECT host:port`.
    Connect,
    /// In absolute form: `GET http://host/…`, or `GET ftp://host/…` of a proxy that speaks FTP.
    Request {
        /// `http` or `ftp`.
        scheme: &'static str,
        /// With which methods.
        methods: BTreeSet<Method>,
    },
}

/// How targets go through their proxy.
#[derive(Clone, Debug)]
pub struct Passage {
    /// Which `http://` requests go by CONNECT.
    pub tunnel: TunnelMode,
    /// How plain `ftp://` goes.
    pub ftp: FtpMode,
    /// Where FTP servers open their data ports.
    pub passive: Ports,
    /// With what `http://` is asked in absolute form.
    pub methods: BTreeSet<Method>,
}

impl Default for Passage {
    /// As it is without any setting: for reading, with data ports anywhere above 1023.
    fn default() -> Self {
        Self {
            tunnel: TunnelMode::default(),
            ftp: FtpMode::default(),
            passive: Ports::PASSIVE,
            methods: BTreeSet::from([Method::Get, Method::Head]),
        }
    }
}

/// A host with its ports, how it is asked for, and who needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Need {
    /// The host: a name of letters, digits, `-`, `_` and dots, or an address.
    pub host: Host,
    /// Its ports, in order, apart from each other.
    pub ports: Vec<Ports>,
    /// How the proxy is asked.
    pub by: By,
    /// What for, in a word or two: `https`, `ftp: control and passive data`.
    pub purposes: BTreeSet<String>,
    /// The connections that need it; none for a bare URL.
    pub connections: BTreeSet<String>,
}

impl Need {
    /// What `target` needs, going so.
    ///
    /// # Errors
    /// [`Kind::Usage`]: the host cannot be a name in the DNS. Nothing else gets into a configuration
    /// by way of a URL.
    pub fn new(target: &Target, passage: &Passage) -> Result<Self> {
        let host = match target.host() {
            Host::Domain(name) => {
                if !is_dns_name(name.strip_suffix('.').unwrap_or(name)) {
                    let what = format!("`{}` cannot be a name in the DNS", text::clip(name));
                    let error = Error::new(Kind::Usage, Stage::Route, what);
                    return Err(error.with_hint(
                        "names in a proxy's rules have letters, digits, hyphens and underscores",
                    ));
                }
                Host::Domain(name.to_ascii_lowercase())
            }
            address => address.clone(),
        };
        let request = |scheme, methods: &BTreeSet<Method>| By::Request {
            scheme,
            methods: methods.clone(),
        };
        let mut ports = vec![Ports::one(target.port())];
        let scheme = target.scheme();
        let (by, purpose) = match (scheme, passage.tunnel, passage.ftp) {
            (Scheme::Http, TunnelMode::Auto, _) => {
                (request("http", &passage.methods), "http".to_owned())
            }
            (Scheme::Ftp, _, FtpMode::ProxyGet) => {
                let methods = BTreeSet::from([Method::Get, Method::Head]);
                let purpose = "ftp, by the proxy itself".to_owned();
                (request("ftp", &methods), purpose)
            }
            (Scheme::Ftp | Scheme::Ftps, ..) => {
                ports.push(passage.passive);
                (By::Connect, format!("{scheme}: control and passive data"))
            }
            _ => (By::Connect, scheme.to_string()),
        };
        Ok(Self {
            host,
            ports: joined(ports),
            by,
            purposes: BTreeSet::from([purpose]),
            connections: BTreeSet::new(),
        })
    }

    /// The same, needed by that connection.
    #[must_use]
    pub fn for_connection(mut self, name: &str) -> Self {
        self.connections.insert(name.to_owned());
        self
    }

    /// Whether FTP's data ports are among it.
    pub fn is_passive(&self) -> bool {
        self.by == By::Connect && self.purposes.iter().any(|what| what.contains("passive"))
    }

    /// Who needs it and what for, for a comment: `census: ftp: control and passive data`.
    pub fn label(&self) -> String {
        let list = |words: &BTreeSet<String>| {
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            words.join(", ")
        };
        let who = match self.connections.is_empty() {
            true => self.host.to_string(),
            false => list(&self.connections),
        };
        format!("{who} ({})", list(&self.purposes))
    }
}

/// One need for each host and way of asking: the ports of all, and everybody who needs them.
pub fn merged(needs: impl IntoIterator<Item = Need>) -> Vec<Need> {
    let mut all: Vec<Need> = Vec::new();
    for need in needs {
        let same = |one: &&mut Need| one.host == need.host && one.by == need.by;
        match all.iter_mut().find(same) {
            None => all.push(need),
            Some(known) => {
                let ports = known.ports.drain(..).chain(need.ports);
                known.ports = joined(ports.collect());
                known.purposes.extend(need.purposes);
                known.connections.extend(need.connections);
            }
        }
    }
    all
}

/// In order, and those that touch as one.
pub(super) fn joined(mut ports: Vec<Ports>) -> Vec<Ports> {
    ports.sort_unstable();
    let mut all: Vec<Ports> = Vec::new();
    for next in ports {
        match all.last_mut() {
            Some(last) if u32::from(next.first) <= u32::from(last.last) + 1 => {
                last.last = last.last.max(next.last);
            }
            _ => all.push(next),
        }
    }
    all
}

/// As configurations list them: `21 1024-65535`.
pub(super) fn listed(ports: &[Ports]) -> String {
    words(ports)
}

/// Anything with blanks between.
pub(super) fn words<T: fmt::Display>(all: impl IntoIterator<Item = T>) -> String {
    let all: Vec<_> = all.into_iter().map(|one| one.to_string()).collect();
    all.join(" ")
}
