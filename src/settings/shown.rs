//! The effective settings, for `config show`.

use super::environment::Environment;
use super::fact::{Fact, Value};
use super::keys::KEYS;
use super::layers::Settings;
use super::policy::{Forced, Policy};
use crate::base::Origin;

/// One value in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shown {
    /// The dotted key, or the name of a proxy variable.
    pub key: String,
    /// The value as text. A secret in clear is `…`, any other is the place where it is kept.
    pub value: String,
    /// Where it is written.
    pub origin: Origin,
}

/// Every value in force: in the order of the table of keys, names in alphabetical order, then the
/// proxy variables if they can decide anything.
pub(super) fn all(settings: &Settings, policy: &Policy, environment: &Environment) -> Vec<Shown> {
    let mut shown = Vec::new();
    for key in KEYS {
        let pattern: Vec<&str> = key.pattern.split('.').collect();
        let matching = settings.iter().filter(|(path, _)| {
            path.len() == pattern.len()
                && path.iter().zip(&pattern).all(|(a, b)| *b == "*" || a == b)
        });
        let mut found = false;
        for (path, fact) in matching {
            found = true;
            shown.push(row(path.join("."), fact));
        }
        if let (false, false, Some(value)) = (found, pattern.contains(&"*"), key.default) {
            let has_proxy = policy.proxy.is_some() || policy.forced.is_some();
            if pattern[0] != "proxy" || has_proxy {
                shown.push(Shown {
                    key: key.pattern.to_owned(),
                    value: value.to_owned(),
                    origin: Origin::Default,
                });
            }
        }
    }
    flags(policy, &mut shown);
    if policy.asks_environment() {
        variables(environment, &mut shown);
    }
    if policy.is_in_force(environment.bypass()) {
        no_proxy(environment, &mut shown);
    }
    shown
}

fn row(key: String, fact: &Fact) -> Shown {
    Shown {
        key,
        value: fact.value.shown(),
        origin: fact.origin.clone(),
    }
}

/// `--proxy` takes the place of the whole `[proxy]` but its `tunnel` and `ftp`; `--no-proxy` of its `bypass`.
fn flags(policy: &Policy, shown: &mut Vec<Shown>) {
    if let Some(forced) = &policy.forced {
        let (value, origin) = match forced {
            Forced::Direct(origin) => ("direct".to_owned(), origin.clone()),
            Forced::Proxy(proxy) => (proxy.to_string(), proxy.origin.clone()),
        };
        let stays = ["proxy.tunnel", "proxy.ftp", "proxy.bypass"];
        shown.retain(|row| !row.key.starts_with("proxy.") || stays.contains(&row.key.as_str()));
        let key = "proxy.url".to_owned();
        shown.insert(0, Shown { key, value, origin });
    }
    let Some(list) = policy.bypasses.first() else {
        return;
    };
    if matches!(list.origin, Origin::Flag(_)) {
        shown.retain(|row| row.key != "proxy.bypass");
        let at = shown
            .iter()
            .take_while(|row| row.key.starts_with("proxy."))
            .count();
        let fact = Fact {
            value: Value::Bypass(list.clone()),
            origin: list.origin.clone(),
        };
        shown.insert(at, row("proxy.bypass".into(), &fact));
    }
}

fn variables(environment: &Environment, shown: &mut Vec<Shown>) {
    for variable in environment.variables() {
        let value = match &variable.proxy {
            _ if variable.dropped => "(ignored: REQUEST_METHOD is set)".to_owned(),
            Ok(proxy) => proxy.to_string(),
            Err(problem) => format!("(wrong: {})", problem.what),
        };
        shown.push(Shown {
            key: variable.name.to_owned(),
            value,
            origin: variable.origin(),
        });
    }
}

fn no_proxy(environment: &Environment, shown: &mut Vec<Shown>) {
    if let Some(list) = environment.bypass() {
        shown.push(Shown {
            key: match &list.origin {
                Origin::Variable(name) => name.clone(),
                _ => "no_proxy".to_owned(),
            },
            value: list.to_string(),
            origin: list.origin.clone(),
        });
    }
}
