//! Bypass rules: which targets go direct although a proxy is set (`no_proxy`).
//!
//! The rules are those of `fixtures/bypass.tsv`, where each line names the program that has the
//! same behaviour. They differ from program to program; ours is the reading that surprises least
//! and never widens a list by accident (a bare suffix without a label boundary, as in lftp).

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::target::is_dns_name;
use super::{Host, Target, text};

/// A list of bypass rules, indexed so that a look-up does not depend on the number of names.
#[derive(Clone, Debug, Default)]
pub struct Bypass {
    rules: Vec<Rule>,
    names: HashMap<String, Vec<usize>>,
    others: Vec<usize>,
}

/// One rule of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    written: String,
    matcher: Matcher,
    port: Option<u16>,
}

impl fmt::Display for Rule {
    /// The rule as it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::clip(&self.written))
    }
}

/// The hosts that a rule covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Matcher {
    /// `*`
    Everything,
    /// `name` and `.name`: the name and every subdomain.
    Domain(String),
    /// `*.name`: subdomains only.
    Subdomains(String),
    /// An address or a block of addresses.
    Net(IpNet),
    /// `<local>`: names without a dot, and loopback addresses.
    Local,
}

/// Where a list comes from, which decides what it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `proxy.bypass` or `--no-proxy`: knows `<local>`.
    Settings,
    /// `no_proxy` or `NO_PROXY`.
    Environment,
}

/// An entry that is void, and why. In settings that is an error, in the environment a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The entry as it was written.
    pub entry: String,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", text::clip(&self.entry), self.what)
    }
}

impl Bypass {
    /// Parses a comma-separated list. Faulty entries are left out and reported.
    pub fn parse(list: &str, dialect: Dialect) -> (Self, Vec<Fault>) {
        Self::from_entries(list.split(','), dialect)
    }

    /// Parses entries. Empty ones are skipped; faulty ones are left out and reported.
    pub fn from_entries<'a>(
        entries: impl IntoIterator<Item = &'a str>,
        dialect: Dialect,
    ) -> (Self, Vec<Fault>) {
        let mut bypass = Self::default();
        let mut faults = Vec::new();
        for entry in entries {
            let entry = entry.trim();
            if entry.is_empty() {
                continue;
            }
            match parse_entry(entry, dialect) {
                Ok(rule) => bypass.push(rule),
                Err(what) => faults.push(Fault {
                    entry: entry.to_owned(),
                    what,
                }),
            }
        }
        (bypass, faults)
    }

    fn push(&mut self, rule: Rule) {
        let index = self.rules.len();
        match &rule.matcher {
            Matcher::Domain(name) | Matcher::Subdomains(name) => {
                self.names.entry(name.clone()).or_default().push(index);
            }
            Matcher::Everything | Matcher::Net(_) | Matcher::Local => self.others.push(index),
        }
        self.rules.push(rule);
    }

    /// The rules, in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Whether the list has no rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The first rule that sends `target` direct. Names are not resolved for it, and a name is
    /// never compared with an address (no client does).
    pub fn matches(&self, target: &Target) -> Option<&Rule> {
        self.rules.get(self.find(target)?)
    }

    /// The place in [`rules`](Self::rules) of the rule that [`matches`](Self::matches) gives.
    pub fn find(&self, target: &Target) -> Option<usize> {
        let host = Comparable::from(target.host());
        let by_name = match &host {
            Comparable::Name(name) => self.first_by_name(name, target.port()),
            Comparable::Address(_) => None,
        };
        let by_scan = self
            .others
            .iter()
            .copied()
            .find(|&index| self.rules[index].matches(&host, target.port()));
        match (by_name, by_scan) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    fn first_by_name(&self, name: &str, port: u16) -> Option<usize> {
        let mut first: Option<usize> = None;
        let mut suffix = name;
        loop {
            let hit = self.names.get(suffix).and_then(|candidates| {
                candidates.iter().copied().find(|&index| {
                    let rule = &self.rules[index];
                    let is_apex = suffix.len() == name.len();
                    let covers = !(is_apex && matches!(rule.matcher, Matcher::Subdomains(_)));
                    covers && rule.port.is_none_or(|wanted| wanted == port)
                })
            });
            first = match (first, hit) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            match suffix.split_once('.') {
                Some((_, parent)) => suffix = parent,
                None => return first,
            }
        }
    }
}

/// A target's host in the form in which rules are compared.
enum Comparable<'a> {
    Name(&'a str),
    Address(IpAddr),
}

impl<'a> From<&'a Host> for Comparable<'a> {
    fn from(host: &'a Host) -> Self {
        match host {
            Host::Domain(name) => Self::Name(name.strip_suffix('.').unwrap_or(name)),
            Host::Ipv4(address) => Self::Address((*address).into()),
            // RFC 4291 section 2.5.5.2: an IPv4-mapped address is an IPv4 address.
            Host::Ipv6(address) => Self::Address(address.to_canonical()),
        }
    }
}

impl Rule {
    /// The hosts that it covers, whatever the port.
    pub(crate) fn matcher(&self) -> &Matcher {
        &self.matcher
    }

    /// The only port that it covers.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether a rule that is not looked up by name covers this host and port.
    fn matches(&self, host: &Comparable<'_>, port: u16) -> bool {
        if self.port.is_some_and(|wanted| wanted != port) {
            return false;
        }
        match (&self.matcher, host) {
            (Matcher::Everything, _) => true,
            (Matcher::Net(net), Comparable::Address(address)) => net.contains(address),
            (Matcher::Local, Comparable::Address(address)) => address.is_loopback(),
            (Matcher::Local, Comparable::Name(name)) => {
                !name.contains('.') || name.ends_with(".localhost")
            }
            _ => false,
        }
    }
}

fn parse_entry(entry: &str, dialect: Dialect) -> Result<Rule, String> {
    let rule = |matcher, port| Rule {
        written: entry.to_owned(),
        matcher,
        port,
    };
    if entry.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("a blank stands inside it; entries are separated by commas".into());
    }
    if entry == "*" {
        return Ok(rule(Matcher::Everything, None));
    }
    if entry.eq_ignore_ascii_case("<local>") {
        return match dialect {
            Dialect::Settings => Ok(rule(Matcher::Local, None)),
            Dialect::Environment => Err("`<local>` is known in settings only".into()),
        };
    }
    if entry.contains("://") {
        return Err("a rule is a name or an address, not a URL".into());
    }
    if entry.contains(';') {
        return Err("the separator is the comma".into());
    }
    if let Some((address, prefix)) = entry.split_once('/') {
        return Ok(rule(Matcher::Net(parse_net(address, prefix)?), None));
    }
    let (host, port) = split_port(entry)?;
    if let Some(name) = host.strip_prefix("*.") {
        if name.contains('*') {
            return Err(STAR.into());
        }
        return match parse_host(name)? {
            Host::Domain(name) => Ok(rule(Matcher::Subdomains(name), port)),
            _ => Err("an address has no subdomains".into()),
        };
    }
    if host.contains('*') {
        return Err(STAR.into());
    }
    if let Some(name) = host.strip_prefix('.') {
        return match parse_host(name)? {
            Host::Domain(name) => Ok(rule(Matcher::Domain(name), port)),
            _ => Err("an address has no subdomains".into()),
        };
    }
    let matcher = match parse_host(host)? {
        Host::Domain(name) => Matcher::Domain(name),
        Host::Ipv4(address) => Matcher::Net(IpAddr::V4(address).into()),
        Host::Ipv6(address) => Matcher::Net(address.to_canonical().into()),
    };
    Ok(rule(matcher, port))
}

const STAR: &str =
    "a star may only stand alone, or as `*.` before a name; for a block of addresses write a CIDR";

/// Splits `host:port`, `[v6]:port` and bare IPv6; the host keeps its brackets.
fn split_port(entry: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = if entry.starts_with('[') {
        let end = entry.find(']').ok_or("`[` without `]`")?;
        let (host, after) = entry.split_at(end + 1);
        match after.strip_prefix(':') {
            Some(port) => (host, port),
            None if after.is_empty() => return Ok((host, None)),
            None => return Err("only `:PORT` may follow `]`".into()),
        }
    } else {
        match entry.split_once(':') {
            None => return Ok((entry, None)),
            Some((_, more)) if more.contains(':') => return Ok((entry, None)),
            Some(split) => split,
        }
    };
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    match port.parse::<u16>() {
        Ok(number) if digits && number != 0 => Ok((host, Some(number))),
        _ => Err(format!(
            "`{}` is not a port from 1 to 65535",
            text::clip(port)
        )),
    }
}

/// Parses a name or address, bare IPv6 included, one trailing dot left out.
fn parse_host(written: &str) -> Result<Host, String> {
    let bad = || "it is neither a name nor an address".to_owned();
    if written.contains(':') && !written.starts_with('[') {
        return written.parse().map(Host::Ipv6).map_err(|_| bad());
    }
    if written.contains('%') {
        return Err(bad());
    }
    let written = written.strip_suffix('.').unwrap_or(written);
    match Host::parse(written) {
        Ok(Host::Domain(name)) if !is_dns_name(&name) => Err(bad()),
        Ok(host) => Ok(host),
        Err(_) => Err(bad()),
    }
}

fn parse_net(address: &str, prefix: &str) -> Result<IpNet, String> {
    let bracketed = address
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'));
    let address: IpAddr = match bracketed {
        Some(inner) => inner.parse().map(IpAddr::V6),
        None => address.parse(),
    }
    .map_err(|_| "the part before `/` is not an address".to_owned())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bad_prefix = || format!("`/{}` is not from /0 to /{most}", text::clip(prefix));
    if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad_prefix());
    }
    let prefix: u8 = prefix.parse().map_err(|_| bad_prefix())?;
    let net = IpNet::new(address, prefix)
        .map_err(|_| bad_prefix())?
        .trunc();
    // A block of IPv4-mapped addresses is a block of IPv4 addresses.
    match (net, address.to_canonical()) {
        (IpNet::V6(_), IpAddr::V4(address)) if prefix >= 96 => Ipv4Net::new(address, prefix - 96)
            .map(|net| IpNet::V4(net.trunc()))
            .map_err(|_| bad_prefix()),
        _ => Ok(net),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(list: &str, url: &str) -> Option<String> {
        let (bypass, faults) = Bypass::parse(list, Dialect::Settings);
        assert_eq!(faults, [], "{list}");
        let rule = bypass.matches(&Target::parse(url).unwrap());
        rule.map(ToString::to_string)
    }

    #[test]
    fn the_first_rule_in_the_list_is_named() {
        let list = "10.0.0.0/8, corp.test, www.corp.test, *";
        assert_eq!(decide(list, "http://www.corp.test/").unwrap(), "corp.test");
        assert_eq!(decide(list, "http://10.1.2.3/").unwrap(), "10.0.0.0/8");
        assert_eq!(decide(list, "http://other.test/").unwrap(), "*");
    }

    #[test]
    fn labels_ports_and_families() {
        assert!(decide("corp.test", "http://notcorp.test/").is_none());
        assert!(decide("*.corp.test", "http://corp.test/").is_none());
        assert!(decide("*.corp.test", "http://a.b.corp.test/").is_some());
        assert!(decide("corp.test:443", "https://corp.test/").is_some());
        assert!(decide("corp.test:443", "http://corp.test/").is_none());
        assert!(decide("::ffff:10.0.0.0/104", "http://10.9.9.9/").is_some());
        assert!(decide("10.0.0.0/8", "http://[::ffff:a01:203]/").is_some());
        assert!(decide("<local>", "http://intranet/").is_some());
        assert!(decide("<local>", "http://[::1]/").is_some());
    }

    #[test]
    fn a_faulty_entry_is_void_and_said() {
        for list in [
            "a b",
            "10.*",
            "10.0.0.0/33",
            "x:0",
            "http://x",
            "a;b",
            "[::1",
            "..",
            "<local>",
        ] {
            let (bypass, faults) = Bypass::parse(list, Dialect::Environment);
            assert!(bypass.is_empty(), "{list}");
            assert_eq!(faults.len(), 1, "{list}");
        }
    }
}
