//! Bypass rules in the words that all common programs understand: names, names with a dot before
//! them, and addresses, without blanks, ports, stars or brackets.

use std::collections::HashSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::Note;
use crate::base::bypass::{Matcher, Rule};
use crate::base::{Host, Origin};

/// This machine. A proxy would look for it on its own.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// What is lost of an IPv6 address.
pub(super) const NO_BRACKETS: &str = "Python's urllib, boto3 and npm do not understand an IPv6 \
                                      address without brackets (with them it breaks others): they \
                                      reach it through the proxy";

/// Blocks of up to so many addresses are written as addresses too: a /28.
const SMALL: u8 = 28;

/// So many addresses at most, all blocks together.
const MOST_ADDRESSES: usize = 256;

/// Linux takes no variable of 128 KiB (MAX_ARG_STRLEN), its name included.
const LONGEST: usize = 128 * 1024 - 64;

/// The list, and what it does not say.
pub(super) struct List {
    entries: Vec<String>,
    known: HashSet<String>,
    length: usize,
    addresses: usize,
    pub notes: Vec<Note>,
}

impl List {
    /// With commas, and no blanks: curl and wget take them, apt and wget2 do not.
    pub fn value(&self) -> String {
        self.entries.join(",")
    }

    /// Adds entries together, or none of them when there is no room.
    fn add(&mut self, entries: impl IntoIterator<Item = String>) -> bool {
        let mut new: Vec<String> = Vec::new();
        for entry in entries {
            if !self.known.contains(&entry) && !new.contains(&entry) {
                new.push(entry);
            }
        }
        let length = self.length + new.iter().map(|entry| entry.len() + 1).sum::<usize>();
        if length > LONGEST {
            return false;
        }
        self.length = length;
        self.known.extend(new.iter().cloned());
        self.entries.extend(new);
        true
    }

    /// Whether a host needs no entry more: it stands there, or a name above it with its dot. Blocks
    /// do not count: not every program knows them.
    pub fn has(&self, host: &Host) -> bool {
        match host {
            Host::Domain(name) => {
                let below = format!(".{name}");
                let mut ends = below.match_indices('.').map(|(at, _)| &below[at..]);
                self.known.contains(name) || ends.any(|end| self.known.contains(end))
            }
            Host::Ipv4(address) => self.known.contains(&address.to_string()),
            Host::Ipv6(address) => self.known.contains(&address.to_string()),
        }
    }

    /// Adds the host of a connection; false when there is no room.
    pub fn add_host(&mut self, host: &Host) -> bool {
        match host {
            Host::Domain(name) => self.add([name.clone(), format!(".{name}")]),
            Host::Ipv4(address) => self.add([address.to_string()]),
            Host::Ipv6(address) => self.add([address.to_string()]),
        }
    }

    fn lose(&mut self, rule: &Rule, origin: &Origin, what: &str) {
        let text = format!("bypass rule `{rule}` ({origin}): {what}");
        self.notes.push(Note::loss(text));
    }
}

/// Translates rules; of `*` there is none among them. Loopback is always listed, and so are the
/// `metadata` hosts that go to no proxy.
pub(super) fn translate<'a>(
    rules: impl Iterator<Item = (&'a Rule, &'a Origin)>,
    metadata: impl IntoIterator<Item = &'a str>,
    is_strict: bool,
) -> List {
    let rules: Vec<_> = rules.collect();
    let mut list = List {
        entries: Vec::new(),
        known: HashSet::new(),
        length: 0,
        addresses: 0,
        notes: Vec::new(),
    };
    list.add(LOOPBACK.map(str::to_owned));
    if is_strict {
        list.notes.push(Note::habit(format!(
            "policy.direct is \"bypass-only\": this machine ({}) is listed all the same, for what \
             programs ask themselves",
            LOOPBACK.join(", ")
        )));
    }
    list.add(metadata.into_iter().map(str::to_owned));
    let wide = Wide::of(&rules);
    let mut has_name = None;
    let mut too_long = Vec::new();
    for (rule, origin) in &rules {
        let fits = match rule.matcher() {
            _ if rule.port().is_some() => {
                if !wide.covers(rule.matcher()) {
                    let what = "other programs know no ports in it; left out, the host is reached \
                                through the proxy";
                    list.lose(rule, origin, what);
                }
                true
            }
            Matcher::Everything => true,
            Matcher::Domain(name) => {
                if name != "localhost" {
                    has_name.get_or_insert(name);
                }
                list.add([name.clone(), format!(".{name}")])
            }
            Matcher::Subdomains(name) => {
                if !wide.covers(rule.matcher()) {
                    let what = format!(
                        "most programs would take it for nothing, and `.{name}` for {name} too; \
                         left out, the hosts are reached through the proxy (a rule `{name}` \
                         exempts both)"
                    );
                    list.lose(rule, origin, &what);
                }
                true
            }
            Matcher::Net(net) => list.add_net(*net, rule, origin),
            Matcher::Local => {
                let what = "other programs cannot tell names without a dot; those are reached \
                            through the proxy: list them by name";
                list.lose(rule, origin, what);
                list.add(["localhost", ".localhost", "127.0.0.0/8"].map(str::to_owned))
            }
        };
        if !fits {
            too_long.push((rule, origin));
        }
    }
    if let Some((rule, origin)) = too_long.first() {
        let what = format!(
            "there is no room for it, a variable ends at 128 KiB; rules left out for this: {}; \
             their hosts are reached through the proxy",
            too_long.len()
        );
        list.lose(rule, origin, &what);
    }
    if let Some(name) = has_name {
        list.notes.push(Note::habit(format!(
            "lftp and apt compare ends of names, not whole parts: they exempt not{name} as well \
             as {name}"
        )));
    }
    list
}

impl List {
    fn add_net(&mut self, net: IpNet, rule: &Rule, origin: &Origin) -> bool {
        let IpNet::V4(block) = net else {
            return self.add_ipv6(net, rule, origin);
        };
        if block.prefix_len() == 32 {
            return self.add([block.addr().to_string()]);
        }
        if block.prefix_len() == 0 {
            let what = "other programs take /0 for nothing; left out, addresses are reached \
                        through the proxy";
            self.lose(rule, origin, what);
            return true;
        }
        let size = 1_usize << (32 - block.prefix_len());
        if block.prefix_len() >= SMALL && self.addresses + size <= MOST_ADDRESSES {
            self.addresses += size;
            let first = u32::from(block.network());
            let all = (first..=u32::from(block.broadcast())).map(std::net::Ipv4Addr::from);
            let addresses = all.map(|address| address.to_string());
            return self.add(std::iter::once(block.to_string()).chain(addresses));
        }
        let why = match block.prefix_len() >= SMALL {
            true => format!("with the other blocks it has more than {MOST_ADDRESSES} addresses"),
            false => format!("it is larger than a /{SMALL}"),
        };
        let what = format!(
            "{why}, so that it stands as a block only: curl, git, R, requests and Go programs \
             know those; wget, Python's urllib, httpx and aiohttp, boto3, npm and apt reach these \
             hosts through the proxy"
        );
        self.lose(rule, origin, &what);
        self.add([block.to_string()])
    }

    fn add_ipv6(&mut self, net: IpNet, rule: &Rule, origin: &Origin) -> bool {
        if net.prefix_len() < 128 {
            // httpx raises an error on every request when it meets one.
            let what = "few programs know blocks of IPv6 addresses, and one breaks httpx; left \
                        out, these hosts are reached through the proxy";
            self.lose(rule, origin, what);
            return true;
        }
        let address = net.addr().to_string();
        if !self.known.contains(&address) {
            self.lose(rule, origin, NO_BRACKETS);
        }
        self.add([address])
    }
}

/// The rules that other programs understand whole: what they cover as well is not lost.
struct Wide<'a> {
    names: HashSet<&'a str>,
    nets: Vec<IpNet>,
}

impl<'a> Wide<'a> {
    fn of(rules: &[(&'a Rule, &Origin)]) -> Self {
        let mut wide = Self {
            names: HashSet::new(),
            nets: Vec::new(),
        };
        for (rule, _) in rules.iter().filter(|(rule, _)| rule.port().is_none()) {
            match rule.matcher() {
                Matcher::Domain(name) => {
                    wide.names.insert(name);
                }
                Matcher::Net(net) if is_told(net) => wide.nets.push(*net),
                _ => {}
            }
        }
        wide
    }

    fn covers(&self, matcher: &Matcher) -> bool {
        match matcher {
            Matcher::Domain(name) | Matcher::Subdomains(name) => {
                let ends = name.match_indices('.').map(|(at, _)| &name[at + 1..]);
                std::iter::once(name.as_str())
                    .chain(ends)
                    .any(|end| self.names.contains(end))
            }
            Matcher::Net(net) => self.nets.iter().any(|wide| wide.contains(net)),
            _ => false,
        }
    }
}

/// Whether a block, or an address, is written at all.
fn is_told(net: &IpNet) -> bool {
    match net.addr() {
        IpAddr::V4(_) => net.prefix_len() > 0,
        IpAddr::V6(_) => net.prefix_len() == 128,
    }
}
