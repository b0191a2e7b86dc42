//! Who may choose the proxy, in the order of asking.

use std::sync::Arc;

use crate::base::{Error, Kind, Origin, Proxy, Reason, Rejected, Result, Scheme, Stage};
use crate::settings::{Connection, Forced, Policy, ProxyChoice};

/// Who chose, before bypass rules and the environment are looked at.
pub(super) enum Chosen<'a> {
    Direct(Origin),
    Proxy(&'a Arc<Proxy>, Reason, &'a Origin),
    Environment,
}

/// Asks `--proxy`, the connection and the global proxy.
pub(super) fn choose<'a>(
    policy: &'a Policy,
    connection: Option<&'a Connection>,
    scheme: Scheme,
    rejected: &mut Vec<Rejected>,
) -> Result<Chosen<'a>> {
    if let Some(forced) = policy.forced() {
        let why = "--proxy is given";
        if let Some(connection) = connection {
            own_choice(connection, why, rejected);
        }
        global(policy, why, rejected);
        variables(policy, scheme, why, rejected);
        return Ok(match forced {
            Forced::Direct(origin) => Chosen::Direct(origin.clone()),
            Forced::Proxy(proxy) => Chosen::Proxy(proxy, Reason::Flag, &proxy.origin),
        });
    }
    let Some(connection) = connection else {
        return Ok(by_default(policy, scheme, rejected));
    };
    let chosen = match &connection.proxy {
        ProxyChoice::Default => return Ok(by_default(policy, scheme, rejected)),
        ProxyChoice::Global(origin) => {
            if policy.global().is_none() {
                return Err(no_global(connection, origin));
            }
            return Ok(by_default(policy, scheme, rejected));
        }
        ProxyChoice::Environment(_) => {
            global(
                policy,
                &why_own(connection, "takes the environment's"),
                rejected,
            );
            return Ok(Chosen::Environment);
        }
        ProxyChoice::Direct(origin) => Chosen::Direct(origin.clone()),
        ProxyChoice::Named(name, origin) => {
            let proxy = policy.named(name).ok_or_else(|| unknown(name, origin))?;
            Chosen::Proxy(proxy, Reason::Named(name.clone()), origin)
        }
        ProxyChoice::Inline(proxy, origin) => Chosen::Proxy(proxy, Reason::Inline, origin),
    };
    let why = why_own(connection, "says otherwise");
    global(policy, &why, rejected);
    variables(policy, scheme, &why, rejected);
    Ok(chosen)
}

fn by_default<'a>(policy: &'a Policy, scheme: Scheme, rejected: &mut Vec<Rejected>) -> Chosen<'a> {
    match policy.global() {
        Some(proxy) => {
            variables(policy, scheme, "a global proxy is configured", rejected);
            Chosen::Proxy(proxy, Reason::Global, &proxy.origin)
        }
        None => Chosen::Environment,
    }
}

fn why_own(connection: &Connection, does: &str) -> String {
    format!("connection `{}` {does}", connection.name)
}

/// A connection's own choice that lost.
fn own_choice(connection: &Connection, why: &str, rejected: &mut Vec<Rejected>) {
    let (candidate, origin) = match &connection.proxy {
        ProxyChoice::Default => return,
        ProxyChoice::Global(origin) => ("proxy = \"global\"".to_owned(), origin),
        ProxyChoice::Direct(origin) => ("proxy = \"direct\"".to_owned(), origin),
        ProxyChoice::Environment(origin) => ("proxy = \"environment\"".to_owned(), origin),
        ProxyChoice::Named(name, origin) => (format!("proxy `{name}`"), origin),
        ProxyChoice::Inline(proxy, origin) => {
            (format!("the connection's own proxy {proxy}"), origin)
        }
    };
    rejected.push(Rejected {
        candidate,
        why: why.into(),
        origin: origin.clone(),
    });
}

/// The global proxy that lost.
fn global(policy: &Policy, why: &str, rejected: &mut Vec<Rejected>) {
    if let Some(proxy) = policy.global() {
        rejected.push(Rejected {
            candidate: format!("global proxy {proxy}"),
            why: why.into(),
            origin: proxy.origin.clone(),
        });
    }
}

/// The variable that would have decided, had the environment been asked.
fn variables(policy: &Policy, scheme: Scheme, why: &str, rejected: &mut Vec<Rejected>) {
    let mut serving = policy.environment().serving(scheme);
    if let Some(variable) = serving.find(|variable| !variable.dropped) {
        rejected.push(Rejected {
            candidate: variable.name.into(),
            why: format!("not asked: {why}"),
            origin: variable.origin(),
        });
    }
}

fn no_global(connection: &Connection, origin: &Origin) -> Error {
    let what = format!(
        "connection `{}` goes through the global proxy ({origin}), and none is configured",
        connection.name
    );
    Error::new(Kind::Settings, Stage::Route, what).with_hint(
        "set `proxy.url` in the settings or OUTBOUND_PROXY; `proxy = \"environment\"` takes the \
         variables",
    )
}

fn unknown(name: &str, origin: &Origin) -> Error {
    let name = crate::base::text::clip(name);
    let what = format!("no proxy is called `{name}` ({origin})");
    Error::new(Kind::Settings, Stage::Route, what).with_hint(format!("add [proxies.{name}]"))
}
