//! The policy in the words of other programs: `http_proxy`, `no_proxy` and their like.
//!
//! Which program reads what, and how, was measured for some twenty of them; where a rule follows
//! from that, it says so. What cannot be said in their words is a [`Note`], and goes rather through
//! the proxy than directly.

mod connections;
mod format;
mod no_proxy;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use percent_encoding::utf8_percent_encode;

pub use format::Format;

use crate::base::bypass::Matcher;
use crate::base::metadata;
use crate::base::percent::RESERVED;
use crate::base::{Proxy, ProxyScheme, Result, Scheme, Secret, Target, Trust, TunnelMode, text};
use crate::route;
use crate::settings::{Connection, Direct, Policy};

/// The variables that name a proxy, with the scheme that each is for. Both spellings get one value:
/// Go, npm and uv prefer upper case, all others lower case, and curl, wget and R know no
/// `HTTP_PROXY`. `ftps_proxy` is read by curl alone.
const PROXY_VARIABLES: [(Scheme, [&str; 2]); 4] = [
    (Scheme::Http, ["http_proxy", "HTTP_PROXY"]),
    (Scheme::Https, ["https_proxy", "HTTPS_PROXY"]),
    (Scheme::Ftp, ["ftp_proxy", "FTP_PROXY"]),
    (Scheme::Ftps, ["ftps_proxy", "FTPS_PROXY"]),
];

const BYPASS_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// Never set: half of the programs do not read `all_proxy`, and what an inherited one says would
/// stand beside the policy. curl reads the others before `http_proxy` and `https_proxy`.
const NEVER: [&str; 6] = [
    "all_proxy",
    "ALL_PROXY",
    "ws_proxy",
    "WS_PROXY",
    "wss_proxy",
    "WSS_PROXY",
];

/// The variables that name a bundle of certificates: OpenSSL and Go, requests, curl and R, the
/// AWS programs, pip, Node, git.
pub const CA_VARIABLES: [&str; 7] = [
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "AWS_CA_BUNDLE",
    "PIP_CERT",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
];

/// A variable for another program. `Debug` does not show the value: a password may stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its value, or `None` when it must not be set.
    pub value: Option<Secret>,
}

/// What other programs do not do as the policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// Whether a setting is lost to them; else a habit of theirs that is good to know.
    pub is_loss: bool,
    /// One line, safe to show.
    pub text: String,
}

impl Note {
    fn loss(text: impl Into<String>) -> Self {
        Self {
            is_loss: true,
            text: text.into(),
        }
    }

    fn habit(text: impl Into<String>) -> Self {
        Self {
            is_loss: false,
            text: text.into(),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A policy under one connection, or none, for other programs.
#[derive(Clone, Debug)]
pub struct Export {
    proxies: Vec<([&'static str; 2], Option<Arc<Proxy>>)>,
    no_proxy: String,
    /// Each with the dotted prefix of its keys.
    trusts: Vec<(Trust, String)>,
    notes: Vec<Note>,
}

impl Export {
    /// Translates the policy. No I/O, and no secret is read.
    ///
    /// # Errors
    /// As [`route::resolve`], for any of the schemes: what is wrong for one of them would go
    /// directly there.
    pub fn new(policy: &Policy, connection: Option<&Connection>) -> Result<Self> {
        let mut export = Self {
            proxies: Vec::new(),
            no_proxy: String::new(),
            trusts: Vec::new(),
            notes: Vec::new(),
        };
        let mut rules = policy.bypass_rules();
        let everything = rules.find(|(rule, _)| *rule.matcher() == Matcher::Everything);
        for (scheme, names) in PROXY_VARIABLES {
            let proxy = match everything {
                Some(_) => None,
                None => route::without_bypass(policy, connection, scheme)?
                    .proxy()
                    .cloned(),
            };
            export.proxies.push((names, proxy));
        }
        if let Some((rule, origin)) = everything {
            export.notes.push(Note::habit(format!(
                "bypass rule `{rule}` ({origin}): the proxy variables are unset, which every \
                 program understands, and not all do `no_proxy=*`"
            )));
        } else {
            let is_strict = matches!(policy.direct(), Direct::BypassOnly(_));
            // Other programs cannot tell a connection's URLs from others at its host, and know one proxy:
            // only if that is the one which the connection names may they ask it.
            let proxied: Vec<_> = policy
                .connections()
                .filter(|connection| export.tells_way_of(policy, connection))
                .filter_map(|connection| route::proxied_metadata(connection))
                .collect();
            let metadata = metadata::HOSTS.into_iter();
            let metadata = metadata.filter(|host| !proxied.contains(host));
            let mut list = no_proxy::translate(policy.bypass_rules(), metadata, is_strict);
            let is_told = export.proxies().next().is_some();
            if is_told {
                export.notes.append(&mut list.notes);
            }
            export.add_connections(policy, connection, &mut list);
            if is_told {
                export.no_proxy = list.value();
            }
        }
        export.note_proxies(connection);
        export.find_trust(connection);
        Ok(export)
    }

    /// The proxies that are told, each once.
    pub fn proxies(&self) -> impl Iterator<Item = &Arc<Proxy>> {
        let all = self.proxies.iter().enumerate();
        all.filter_map(|(index, (_, proxy))| {
            let before = &self.proxies[..index];
            let is_new = !before.iter().any(|(_, other)| other == proxy);
            proxy.as_ref().filter(|_| is_new)
        })
    }

    /// The trust that names a `ca_file`, with the dotted prefix of its keys: the connection's, and
    /// that of the proxies.
    pub fn trusts(&self) -> impl Iterator<Item = (&Trust, &str)> {
        let all = self.trusts.iter();
        all.map(|(trust, key)| (trust, key.as_str()))
    }

    /// What is lost, and what is good to know.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The proxy that programs are told for a target: by a variable of its scheme.
    fn told_for(&self, target: &Target) -> Option<&Arc<Proxy>> {
        let of_scheme = PROXY_VARIABLES
            .iter()
            .find(|(scheme, _)| *scheme == target.scheme())?;
        let told = self
            .proxies
            .iter()
            .find(|(names, _)| *names == of_scheme.1)?;
        told.1.as_ref()
    }

    /// Every variable that has to be set or unset. A proxy's credentials are told when `password`
    /// gives its password; without one, its user name is left out too, for a name alone is sent as
    /// one with an empty password. `bundle` is the file with every certificate to believe.
    pub fn variables(
        &self,
        password: &dyn Fn(&Proxy) -> Option<Secret>,
        bundle: Option<&str>,
    ) -> Vec<Variable> {
        let mut variables = Vec::new();
        for (names, proxy) in &self.proxies {
            let value = proxy.as_ref().map(|proxy| url(proxy, password(proxy)));
            variables.extend(names.map(|name| (name, value.clone())));
        }
        let list = (!self.no_proxy.is_empty()).then(|| Secret::new(&*self.no_proxy));
        variables.extend(BYPASS_VARIABLES.map(|name| (name, list.clone())));
        variables.extend(NEVER.map(|name| (name, None)));
        if let Some(bundle) = bundle {
            variables.extend(CA_VARIABLES.map(|name| (name, Some(Secret::new(bundle)))));
        }
        let variable = |(name, value)| Variable { name, value };
        variables.into_iter().map(variable).collect()
    }

    fn note_proxies(&mut self, connection: Option<&Connection>) {
        let mut notes = Vec::new();
        let asked = connection.and_then(|connection| connection.tunnel);
        for proxy in self.proxies() {
            let named = format!("{proxy} ({})", proxy.origin);
            match proxy.scheme {
                ProxyScheme::Http => {}
                ProxyScheme::Https => notes.push(Note::loss(format!(
                    "the proxy {named} is reached by TLS: curl, git, R, requests and Go programs \
                     can, wget and Python's urllib fail"
                ))),
                _ => notes.push(Note::loss(format!(
                    "the proxy {named} speaks SOCKS: curl, git, R and Go programs do, requests and \
                     pip with PySocks; wget, Python's urllib and most others fail"
                ))),
            }
            if asked.unwrap_or(proxy.tunnel) == TunnelMode::Always {
                notes.push(Note::loss(format!(
                    "`tunnel = \"always\"` for {named} is not told: other programs ask it for \
                     http:// in absolute form"
                )));
            }
        }
        let told = |wanted: &str| {
            let mut all = self.proxies.iter();
            all.any(|(names, proxy)| names.contains(&wanted) && proxy.is_some())
        };
        if told("ftp_proxy") {
            notes.push(Note::habit(
                "ftp_proxy: most programs ask the proxy to `GET ftp://…`, which it must be able \
                 to; few open a tunnel as `outbound fetch` does",
            ));
        }
        if told("http_proxy") && !told("https_proxy") {
            notes.push(Note::habit(
                "https_proxy is unset: apt then uses http_proxy for https:// too",
            ));
        }
        self.notes.extend(notes);
    }

    fn find_trust(&mut self, connection: Option<&Connection>) {
        let own = connection.map(|c| (c.trust.clone(), format!("connections.{}", c.name)));
        let proxies = self.proxies().map(|p| (p.trust.clone(), p.key.clone()));
        let all: Vec<_> = own.into_iter().chain(proxies).collect();
        for (trust, key) in all {
            if trust.danger_accept_invalid_certs {
                self.notes.push(Note::loss(format!(
                    "{key}.danger_accept_invalid_certs has no variable: other programs verify \
                     certificates"
                )));
            }
            if let Some(file) = &trust.ca_file {
                self.notes.push(Note::habit(format!(
                    "{key}.ca_file {}: other programs believe it for every host",
                    text::escape(&file.to_string_lossy())
                )));
                self.trusts.push((trust, key));
            }
        }
    }
}

/// Always with scheme and port: apt, npm and aiohttp fail without the one, and curl's default for
/// the other is 1080.
fn url(proxy: &Proxy, password: Option<Secret>) -> Secret {
    match (&proxy.credentials, password) {
        (Some(credentials), Some(password)) => Secret::new(format!(
            "{}://{}:{}@{}",
            proxy.scheme,
            utf8_percent_encode(&credentials.username, RESERVED),
            utf8_percent_encode(password.expose(), RESERVED),
            proxy.authority()
        )),
        _ => Secret::new(proxy.to_string()),
    }
}
