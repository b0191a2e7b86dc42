//! Which way: a pure function from the policy, the connection and the target to a route.

mod candidates;
mod exempt;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::base::{
    Error, Host, Kind, Origin, Proxy, Reason, Rejected, Result, Route, Scheme, Stage, Target,
};
use crate::settings::{Connection, Direct, Policy};
use candidates::Chosen;
use exempt::exempted;
pub(crate) use exempt::proxied_metadata;

/// Decides the way for `target` under `connection`. No I/O, and no secret is read.
///
/// In the order of asking: `--proxy`; the connection's own choice; the global proxy; the
/// environment. A bypass rule then sends a target direct whatever proxy was chosen, and so does the
/// built-in one for instance metadata, unless `connection` lies there and names its proxy. What was
/// passed over is listed with why. Nothing falls to direct because of an error.
///
/// # Errors
/// [`Kind::Policy`]: the policy forbids to go direct and there is no proxy. [`Kind::Settings`]: the
/// connection insists on the global proxy and there is none, or the variable that would decide has
/// a wrong value.
pub fn resolve(policy: &Policy, connection: Option<&Connection>, target: &Target) -> Result<Route> {
    let mut rejected = Vec::new();
    let chosen = candidates::choose(policy, connection, target.scheme(), &mut rejected)
        .map_err(|error| error.while_doing(format!("find the way to {target}")))?;
    let mut route = match chosen {
        Chosen::Direct(origin) => Route::direct(Reason::Direct, origin),
        Chosen::Proxy(proxy, reason, origin) => match exempted(policy, connection, target) {
            Some(exempt) => {
                rejected.push(exempt.passed(candidate(&reason, proxy), origin.clone()));
                exempt.route()
            }
            None => {
                overruled(policy, target, &mut rejected);
                Route::through(Arc::clone(proxy), reason, origin.clone())
            }
        },
        Chosen::Environment => environment(policy, connection, target, &mut rejected)
            .map_err(|error| error.while_doing(format!("find the way to {target}")))?,
    };
    route.rejected = rejected;
    Ok(route)
}

fn environment(
    policy: &Policy,
    connection: Option<&Connection>,
    target: &Target,
    rejected: &mut Vec<Rejected>,
) -> Result<Route> {
    let asked = policy.environment().serving(target.scheme());
    if let Some(exempt) = exempted(policy, connection, target) {
        // A bypassed target does not ask for the proxy, so that a wrong value does not matter.
        for variable in asked.filter(|variable| !variable.dropped) {
            rejected.push(exempt.passed(variable.name.into(), variable.origin()));
        }
        return Ok(exempt.route());
    }
    match by_variable(policy, target.scheme(), rejected)? {
        Some(route) => {
            overruled(policy, target, rejected);
            Ok(route)
        }
        None => unproxied(policy, target.scheme(), Some(target.host()), rejected),
    }
}

/// The way for every target of `scheme` that no bypass rule covers: what other programs are told
/// in a variable, where the rules stand in another.
///
/// # Errors
/// As [`resolve`].
pub fn without_bypass(
    policy: &Policy,
    connection: Option<&Connection>,
    scheme: Scheme,
) -> Result<Route> {
    let mut rejected = Vec::new();
    let found =
        candidates::choose(policy, connection, scheme, &mut rejected).and_then(
            |chosen| match chosen {
                Chosen::Direct(origin) => Ok(Route::direct(Reason::Direct, origin)),
                Chosen::Proxy(proxy, reason, origin) => {
                    Ok(Route::through(Arc::clone(proxy), reason, origin.clone()))
                }
                Chosen::Environment => match by_variable(policy, scheme, &mut rejected)? {
                    Some(route) => Ok(route),
                    None => unproxied(policy, scheme, None, &rejected),
                },
            },
        );
    let mut route =
        found.map_err(|error| error.while_doing(format!("find the way for {scheme}")))?;
    route.rejected = rejected;
    Ok(route)
}

/// The way through the proxy of the variable that serves `scheme`, if one does.
fn by_variable(
    policy: &Policy,
    scheme: Scheme,
    rejected: &mut Vec<Rejected>,
) -> Result<Option<Route>> {
    let mut asked = policy.environment().serving(scheme);
    for variable in asked.by_ref() {
        if variable.dropped {
            rejected.push(Rejected {
                candidate: variable.name.into(),
                why: "REQUEST_METHOD is set: in a CGI program a client's header sets it".into(),
                origin: variable.origin(),
            });
            continue;
        }
        let proxy = match &variable.proxy {
            Ok(proxy) => proxy,
            Err(problem) => return Err(problem.to_error(Stage::Route)),
        };
        for other in asked {
            rejected.push(Rejected {
                candidate: other.name.into(),
                why: format!("{} is asked first", variable.name),
                origin: other.origin(),
            });
        }
        let reason = Reason::Variable(variable.name.into());
        let route = Route::through(Arc::clone(proxy), reason, variable.origin());
        return Ok(Some(route));
    }
    for (variable, served) in policy.environment().not_serving(scheme) {
        rejected.push(Rejected {
            candidate: variable.name.into(),
            why: served.into(),
            origin: variable.origin(),
        });
    }
    Ok(None)
}

/// The way when nobody names a proxy.
fn unproxied(
    policy: &Policy,
    scheme: Scheme,
    host: Option<&Host>,
    rejected: &[Rejected],
) -> Result<Route> {
    match policy.direct() {
        Direct::Allow => Ok(Route::direct(Reason::NoProxy, Origin::Default)),
        Direct::BypassOnly(origin) => Err(no_way(scheme, host, origin, rejected)),
    }
}

/// Under `bypass-only` no proxy means no way.
fn no_way(scheme: Scheme, host: Option<&Host>, origin: &Origin, rejected: &[Rejected]) -> Error {
    let mut what = format!(
        "no proxy is configured for {scheme}, and the policy forbids to go direct ({origin})"
    );
    for passed in rejected {
        what.push_str(&format!("; {}: {}", passed.candidate, passed.why));
    }
    let variable = match scheme.as_str() {
        "ws" => "http",
        "wss" => "https",
        scheme => scheme,
    };
    let host = host.map_or_else(|| "`*`".into(), ToString::to_string);
    Error::new(Kind::Policy, Stage::Route, what).with_hint(format!(
        "set `proxy.url` (or {variable}_proxy), add {host} to `proxy.bypass`, or say \
         `proxy = \"direct\"` in its connection"
    ))
}

/// How a chosen proxy is called among the rejected.
fn candidate(reason: &Reason, proxy: &Proxy) -> String {
    match reason {
        Reason::Flag => format!("--proxy {proxy}"),
        reason => format!("{reason} {proxy}"),
    }
}

/// Bypass rules that match, in lists that are not in force.
fn overruled(policy: &Policy, target: &Target, rejected: &mut Vec<Rejected>) {
    for (rule, origin, in_force) in policy.overruled(target) {
        rejected.push(Rejected {
            candidate: format!("bypass rule `{rule}`"),
            why: format!("the list in force is another: {in_force}"),
            origin: origin.clone(),
        });
    }
}
