//! What the settings and the arguments need, and by which proxy each goes.

use std::collections::BTreeSet;
use std::sync::Arc;

use url::Url;

use crate::base::{Error, ExplicitTls, Kind, Proxy, ProxyScheme, Result, Scheme, Stage, text};
use crate::cli::args::{Common, RulesArgs};
use crate::cli::asked::Asked;
use crate::cli::dataset::warn_of_password;
use crate::cli::output::Output;
use crate::cli::place::Place;
use crate::dataset::reached;
use crate::route::resolve;
use crate::rules::firewall::{self, Opening};
use crate::rules::{FILTER, Listen, Need, Passage, Plan, merged};
use crate::settings::{Connection, Policy};

/// Needs, in the order of asking, each with the proxy that it goes through.
pub struct Found {
    all: Vec<(Option<Arc<Proxy>>, Need)>,
}

impl Found {
    /// Of the URLs that were given, or else of connections.
    ///
    /// # Errors
    /// A URL or a name of a connection is wrong, or one of them goes no way; there is nothing.
    pub fn all(
        policy: &Policy,
        common: &Common,
        args: &RulesArgs,
        output: &Output,
    ) -> Result<Self> {
        let mut found = Self { all: Vec::new() };
        if args.urls.is_empty() {
            for connection in chosen(policy, common, args)? {
                found.add(policy, &connection.url, Some(&connection), args)?;
            }
        }
        let asked: Vec<Asked> = args.urls.iter().map(|url| Asked::argument(url)).collect();
        for place in Place::all(&asked) {
            warn_of_password(&place, output);
            let location = policy.locate(place.typed, common.connection.as_deref())?;
            found.add(policy, &location.url, location.connection.as_deref(), args)?;
        }
        match found.all.is_empty() {
            true => Err(
                usage("no URL is given, and the settings have no connections")
                    .with_hint("write URLs, or [connections.NAME] in the settings file"),
            ),
            false => Ok(found),
        }
    }

    fn add(
        &mut self,
        policy: &Policy,
        url: &Url,
        connection: Option<&Connection>,
        args: &RulesArgs,
    ) -> Result<()> {
        let target = reached(url, connection)?;
        let route = resolve(policy, connection, &target)?;
        let proxy = route.proxy();
        let tunnel = connection.and_then(|connection| connection.tunnel);
        let ftp = connection.and_then(|connection| connection.ftp);
        let is_plain = connection.is_none_or(|connection| connection.tls == ExplicitTls::Off);
        let mut passage = Passage {
            passive: args.passive,
            ..Passage::default()
        };
        passage.methods.extend(args.methods.iter().copied());
        if let Some(proxy) = proxy {
            passage.tunnel = tunnel.unwrap_or(proxy.tunnel);
            if target.scheme() == Scheme::Ftp && is_plain {
                passage.ftp = ftp.unwrap_or(proxy.ftp);
            }
        }
        let need = Need::new(&target, &passage)?;
        let need = match connection {
            Some(connection) => need.for_connection(&connection.name),
            None => need,
        };
        self.all.push((proxy.cloned(), need));
        Ok(())
    }

    /// What goes through the proxy that is meant, and that proxy's URL.
    ///
    /// # Errors
    /// Nothing goes through it, or through any; it is not told which one is meant.
    pub fn plan(&self, policy: &Policy, args: &RulesArgs) -> Result<(String, Plan)> {
        let proxy = self.meant(policy, args.through.as_deref())?;
        if !matches!(proxy.scheme, ProxyScheme::Http | ProxyScheme::Https) {
            let what = format!("{proxy} is no HTTP proxy ({})", proxy.origin);
            let error = Error::new(Kind::Unsupported, Stage::Route, what);
            return Err(error.with_hint("these lines are for HTTP proxies; --for firewall is not"));
        }
        let of = |other: &Option<Arc<Proxy>>| other.as_ref().is_some_and(|o| is_same(o, &proxy));
        let through = self.all.iter().filter(|(other, _)| of(other));
        let plan = Plan {
            proxy: proxy.authority(),
            needs: merged(through.map(|(_, need)| need.clone())),
            clients: args.clients.clone(),
            user: proxy.credentials.as_ref().map(|c| c.username.clone()),
            listen: args.listen.unwrap_or(Listen {
                address: None,
                port: proxy.port,
            }),
            filter: args.filter.clone().unwrap_or_else(|| FILTER.to_owned()),
            remarks: remarks(&self.all, &proxy),
        };
        Ok((proxy.to_string(), plan))
    }

    /// Who goes directly, if anybody.
    pub fn direct(&self) -> Option<String> {
        let direct = self.all.iter().filter(|(proxy, _)| proxy.is_none());
        let names = names(direct.map(|(_, need)| need));
        (!names.is_empty()).then_some(names)
    }

    /// What firewalls have to let pass, on all ways or those by the proxy that is meant.
    ///
    /// # Errors
    /// As for [`plan`](Self::plan), when one is meant.
    pub fn openings(&self, through: Option<&str>, policy: &Policy) -> Result<Vec<Opening>> {
        let proxies = match through {
            None => self.proxies(),
            Some(_) => vec![self.meant(policy, through)?],
        };
        let mut openings = Vec::new();
        for proxy in &proxies {
            let of = |other: &Option<Arc<Proxy>>| other.as_ref().is_some_and(|o| is_same(o, proxy));
            let needs = self.all.iter().filter(|(other, _)| of(other));
            let needs = merged(needs.map(|(_, need)| need.clone()));
            openings.push(firewall::to_proxy(proxy, &needs));
            let from = proxy.host.to_string();
            openings.extend(needs.iter().map(|need| firewall::to_need(&from, need)));
        }
        if through.is_none() {
            let direct = self.all.iter().filter(|(proxy, _)| proxy.is_none());
            let direct = merged(direct.map(|(_, need)| need.clone()));
            let opening = |need| {
                let mut opening = firewall::to_need(firewall::HERE, need);
                opening.purpose += ", directly";
                opening
            };
            openings.extend(direct.iter().map(opening));
        }
        Ok(openings)
    }

    /// Every proxy that something goes through, once.
    fn proxies(&self) -> Vec<Arc<Proxy>> {
        let mut all: Vec<Arc<Proxy>> = Vec::new();
        for proxy in self.all.iter().filter_map(|(proxy, _)| proxy.as_ref()) {
            if !all.iter().any(|known| is_same(known, proxy)) {
                all.push(Arc::clone(proxy));
            }
        }
        all
    }

    fn meant(&self, policy: &Policy, through: Option<&str>) -> Result<Arc<Proxy>> {
        let used = self.proxies();
        let listed = || {
            let used: Vec<_> = used.iter().map(|proxy| proxy.authority()).collect();
            used.join(", ")
        };
        if used.is_empty() {
            return Err(usage("nothing of this goes through a proxy")
                .with_hint("`outbound route` says why; --for firewall lists what goes directly"));
        }
        let global = policy.proxy();
        let is_meant = |proxy: &Proxy, name: &str| match name {
            "global" => global.is_some_and(|global| is_same(global, proxy)),
            name => {
                let named = policy.named(name);
                named.is_some_and(|named| is_same(named, proxy))
                    || proxy.authority() == name
                    || proxy.to_string() == name.trim_end_matches('/')
            }
        };
        let found = match (through, &used[..]) {
            (None, [only]) => Some(only),
            (None, _) => used.iter().find(|proxy| is_meant(proxy, "global")),
            (Some(name), _) => used.iter().find(|proxy| is_meant(proxy, name)),
        };
        found.map(Arc::clone).ok_or_else(|| match through {
            None => usage("they go through several proxies, and none of them is the global one")
                .with_hint(format!("choose one by --through: {}", listed())),
            Some(name) => usage(&format!(
                "nothing of this goes through `{}`",
                text::clip(name)
            ))
            .with_hint(format!("something goes through {}", listed())),
        })
    }
}

/// The connections that were chosen, or all.
fn chosen(policy: &Policy, common: &Common, args: &RulesArgs) -> Result<Vec<Arc<Connection>>> {
    let names = common.connection.iter().chain(&args.connections);
    let names: Vec<&String> = names.collect();
    if names.is_empty() {
        return Ok(policy.connections().cloned().collect());
    }
    let found = names
        .into_iter()
        .map(|name| policy.connection(name).cloned());
    found.collect()
}

/// Whether both are one server, whoever comes to it.
fn is_same(one: &Proxy, other: &Proxy) -> bool {
    one.scheme == other.scheme && one.host == other.host && one.port == other.port
}

/// What of the needs goes through other proxies.
fn remarks(all: &[(Option<Arc<Proxy>>, Need)], meant: &Proxy) -> Vec<String> {
    let mut ways: Vec<(&Proxy, Vec<&Need>)> = Vec::new();
    for (proxy, need) in all {
        let Some(proxy) = proxy.as_deref().filter(|proxy| !is_same(proxy, meant)) else {
            continue;
        };
        match ways.iter_mut().find(|(known, _)| is_same(known, proxy)) {
            Some((_, known)) => known.push(need),
            None => ways.push((proxy, vec![need])),
        }
    }
    let told = ways.into_iter().map(|(proxy, needs)| {
        format!(
            "not here: what goes through {proxy} ({}); --through {} prints the lines for that",
            names(needs),
            proxy.authority()
        )
    });
    told.collect()
}

/// Who needs it: connections, or hosts of bare URLs.
fn names<'a>(needs: impl IntoIterator<Item = &'a Need>) -> String {
    let mut all = BTreeSet::new();
    for need in needs {
        match need.connections.is_empty() {
            true => all.extend([need.host.to_string()]),
            false => all.extend(need.connections.iter().cloned()),
        }
    }
    let all: Vec<String> = all.into_iter().collect();
    all.join(", ")
}

fn usage(what: &str) -> Error {
    Error::new(Kind::Usage, Stage::Settings, what)
}
