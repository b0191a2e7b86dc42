//! Connections that go another way than the proxy that is told.

use std::sync::Arc;

use super::no_proxy::List;
use super::{Export, Note};
use crate::base::{Host, Proxy, Reason, Route, Scheme, Target, text};
use crate::route;
use crate::settings::{Connection, Direct, Policy};

/// So many connections are named in one line.
const MOST_NAMES: usize = 5;

/// A connection and its host.
struct At<'a> {
    name: &'a str,
    host: Host,
}

/// Connections that go through one proxy, where another is told, or none.
struct Elsewhere<'a> {
    names: Vec<&'a str>,
    route: Route,
    told: Option<Arc<Proxy>>,
}

impl Export {
    /// Adds the hosts of direct connections to `list`, and notes what variables cannot say of
    /// connections other than `own`, which the proxies are told for.
    pub(super) fn add_connections(
        &mut self,
        policy: &Policy,
        own: Option<&Connection>,
        list: &mut List,
    ) {
        let mut direct = Vec::new();
        let mut proxied = Vec::new();
        let mut elsewhere: Vec<Elsewhere<'_>> = Vec::new();
        let is_own = |other: &Connection| own.is_some_and(|own| own.name == other.name);
        let others = policy.connections().map(AsRef::as_ref);
        let others = others.filter(|other| !is_own(other));
        for connection in own.into_iter().chain(others) {
            let server = connection.server();
            let is_known = server.is_some();
            let Some(target) = server.or_else(|| amazon(connection)) else {
                continue;
            };
            let name = connection.name.as_str();
            let route = match route::resolve(policy, Some(connection), &target) {
                Ok(route) => route,
                Err(error) => {
                    self.note(own, format!("connection `{name}` goes no way: {error}"));
                    continue;
                }
            };
            let at = At {
                name,
                host: plain(target.host()),
            };
            // Instance metadata is listed unless this proxy is the one that is told.
            let told = self.told_for(&target).filter(|_| !list.has(&at.host));
            let told = told.cloned();
            let Some(proxy) = route.proxy() else {
                // The rule is told, or what is lost of it.
                let is_ruled = matches!(route.reason, Reason::Bypass(_) | Reason::Metadata);
                match told.is_some() && !is_ruled {
                    true if is_known => direct.push(at),
                    true => self.note(own, unlisted(name)),
                    false => {}
                }
                continue;
            };
            if is_known {
                proxied.push(at);
            }
            // No variable is for WebSocket.
            let has_none = matches!(target.scheme(), Scheme::Ws | Scheme::Wss);
            if has_none
                || is_own(connection)
                || told.as_ref().is_some_and(|told| is_same(told, proxy))
            {
                continue;
            }
            let mut alike = elsewhere.iter_mut();
            let alike =
                alike.find(|other| other.route.proxy() == Some(proxy) && other.told == told);
            match alike {
                Some(other) => other.names.push(name),
                None => elsewhere.push(Elsewhere {
                    names: vec![name],
                    route,
                    told,
                }),
            }
        }
        for other in elsewhere {
            self.note(own, other.to_string());
        }
        for at in direct {
            self.add_direct(policy, own, &at, &proxied, list);
        }
    }

    /// Whether a variable tells other programs the proxy of this connection for its server.
    pub(super) fn tells_way_of(&self, policy: &Policy, connection: &Connection) -> bool {
        let target = connection.server();
        let route = target.and_then(|target| {
            let route = route::resolve(policy, Some(connection), &target).ok()?;
            Some((route, target))
        });
        route.is_some_and(|(route, target)| {
            let told = self.told_for(&target);
            told.zip(route.proxy())
                .is_some_and(|(told, own)| is_same(told, own))
        })
    }

    fn add_direct(
        &mut self,
        policy: &Policy,
        own: Option<&Connection>,
        at: &At<'_>,
        proxied: &[At<'_>],
        list: &mut List,
    ) {
        let At { name, host } = at;
        if list.has(host) {
            return;
        }
        let lost = |why: String| {
            format!(
                "connection `{name}` goes directly to {host}, other programs through the proxy: \
                 {why}"
            )
        };
        if let Some(other) = proxied.iter().find(|other| is_below(&other.host, host)) {
            let why = format!(
                "an entry for it would be one for {} of `{}`",
                other.host, other.name
            );
            return self.note(own, lost(why));
        }
        if matches!(policy.direct(), Direct::BypassOnly(_)) {
            let why = format!(
                "an entry for it would be one for every port and the names below it, which \
                 policy.direct keeps from going directly; a bypass rule `{host}` allows them"
            );
            return self.note(own, lost(why));
        }
        if !list.add_host(host) {
            return self.note(own, lost("there is no room for an entry".to_owned()));
        }
        let below = match host {
            Host::Domain(_) => ", and so are names below it",
            _ => "",
        };
        self.notes.push(Note::habit(format!(
            "connection `{name}` goes directly: {host} is exempted at every port{below}"
        )));
        if matches!(host, Host::Ipv6(_)) {
            let what = super::no_proxy::NO_BRACKETS;
            self.note(own, format!("connection `{name}` goes directly: {what}"));
        }
    }

    /// Of another connection than the one that was asked for, it is merely good to know.
    fn note(&mut self, own: Option<&Connection>, text: String) {
        self.notes.push(Note {
            is_loss: own.is_none(),
            text,
        });
    }
}

impl std::fmt::Display for Elsewhere<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown: Vec<_> = self.names.iter().take(MOST_NAMES).collect();
        let (noun, verb) = match shown.len() {
            1 => ("connection", "goes"),
            _ => ("connections", "go"),
        };
        write!(f, "{noun} ")?;
        for (index, name) in shown.iter().enumerate() {
            let before = if index == 0 { "" } else { ", " };
            write!(f, "{before}`{name}`")?;
        }
        if self.names.len() > shown.len() {
            write!(f, " and {} more", self.names.len() - shown.len())?;
        }
        let others = match &self.told {
            Some(told) => format!("take {told}"),
            None => "go directly".to_owned(),
        };
        let first = self.names.first().copied().unwrap_or_default();
        write!(
            f,
            " {verb} {}, other programs {others}; `--connection {}` tells them its proxy",
            self.route,
            text::shell_word(first)
        )
    }
}

/// Amazon's server of a connection to a bucket. Its whole name depends on the region, and AWS's
/// variables and files may name another, which nobody reads here.
fn amazon(connection: &Connection) -> Option<Target> {
    let is_bucket = connection.url.scheme() == "s3";
    Target::parse("https://s3.amazonaws.com/")
        .ok()
        .filter(|_| is_bucket)
}

/// What is said of a bucket that goes directly to a host which is not in the settings.
fn unlisted(name: &str) -> String {
    format!(
        "connection `{name}` goes directly to its bucket, other programs through the proxy: the \
         settings do not have the host (`endpoint` in the connection, or a bypass rule)"
    )
}

/// Whether a variable says both alike.
fn is_same(one: &Proxy, other: &Proxy) -> bool {
    one.scheme == other.scheme
        && one.host == other.host
        && one.port == other.port
        && one.credentials == other.credentials
}

/// A host as other programs compare it: no dot behind a name, and an IPv4-mapped address is an
/// IPv4 address (RFC 4291 section 2.5.5.2).
fn plain(host: &Host) -> Host {
    match host {
        Host::Domain(name) => Host::Domain(name.strip_suffix('.').unwrap_or(name).to_owned()),
        Host::Ipv4(address) => Host::Ipv4(*address),
        Host::Ipv6(address) => match address.to_ipv4_mapped() {
            Some(address) => Host::Ipv4(address),
            None => Host::Ipv6(*address),
        },
    }
}

/// Whether an entry for `listed` is one for `host` too: at every port, and for what lies below.
fn is_below(host: &Host, listed: &Host) -> bool {
    match (host, listed) {
        (Host::Domain(host), Host::Domain(listed)) => host
            .strip_suffix(listed.as_str())
            .is_some_and(|below| below.is_empty() || below.ends_with('.')),
        _ => host == listed,
    }
}

#[cfg(test)]
mod tests;
