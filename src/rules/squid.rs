//! Squid: a pair of lists (host, ports) for each need, whose names say what is in them. What is
//! pasted twice, or beside another's lines, stays what it was: `acl` lines of one name add up.

use super::need::{By, Need, listed, words};
use super::notes::{self, named, plain_user};
use super::{Bodies, Form, Plan};
use crate::base::Host;

/// Above what lines belong: the first rule that fits decides, whatever it was that denied.
pub(super) const ABOVE: &str =
    "above the first `http_access deny` (in Squid's own file `deny !Safe_ports`)";

pub(super) fn write(plan: &Plan, form: Form) -> Bodies {
    let mut notes = notes::common(plan);
    let mut lines = Vec::new();
    match form {
        Form::Whole => {
            notes.extend(notes::unnamed_clients(plan));
            if plan.user.is_some() {
                notes.push(
                    "the settings name a user for this proxy, and this file asks for none: add \
                     auth_param, and `acl users proxy_auth REQUIRED` to each http_access allow"
                        .to_owned(),
                );
            }
            lines.push(format!("http_port {}", plan.listen.with("")));
            // Built in since Squid 4, and the same again does no harm.
            lines.push("acl CONNECT method CONNECT".to_owned());
        }
        Form::Lines => {
            if plan.clients.is_empty() {
                notes.push(
                    "`localnet` are the clients, as Squid's own file defines it: --client ADDRESS or \
                     NETWORK names them instead"
                        .to_owned(),
                );
            }
            if plan.user.is_some() {
                notes.push(
                    "`proxy_auth` needs the auth_param lines of the proxy above it; without it these \
                     lines would let clients pass that show no password"
                        .to_owned(),
                );
            }
            notes.extend(notes::unnamed_user(plan));
            lines.extend(notes::comment(&format!("In squid.conf, {ABOVE}:")));
        }
    }
    let from = from(plan, form, &mut lines);
    let user = match form {
        Form::Whole => None,
        Form::Lines => user(plan, &mut lines),
    };
    for need in &plan.needs {
        lines.push(String::new());
        lines.extend(notes::comment(&need.label()));
        add(need, &from, user.as_deref(), &mut lines);
    }
    if form == Form::Whole {
        lines.push(String::new());
        lines.push("http_access deny all".to_owned());
    }
    (notes, vec![("squid.conf", lines)])
}

/// The lines that let one need pass: those that are there already are not written again.
pub(super) fn add(need: &Need, from: &str, user: Option<&str>, lines: &mut Vec<String>) {
    let mut acl = |name: String, is: String| {
        let line = format!("acl {name} {is}");
        if !lines.contains(&line) {
            lines.push(line);
        }
        name
    };
    // Squid takes the dot at the end of a name off.
    let host = need.host.to_string();
    let host = host.trim_matches(['[', ']']).trim_end_matches('.');
    let to = named("host", host);
    // Without -n an address whose reverse name somebody chose would count as the name, and a name
    // as the address it has.
    let kind = match &need.host {
        Host::Domain(_) => "dstdomain",
        Host::Ipv4(_) | Host::Ipv6(_) => "dst",
    };
    let site = acl(to, format!("{kind} -n {host}"));
    let ports = listed(&need.ports);
    let port = acl(named("port", &ports), format!("port {ports}"));
    let how = match &need.by {
        By::Connect => "CONNECT".to_owned(),
        By::Request { scheme, methods } => {
            let methods = words(methods.iter().map(|method| method.as_str()));
            let method = acl(named("method", &methods), format!("method {methods}"));
            let scheme = scheme.to_uppercase();
            let proto = acl(named("proto", &scheme), format!("proto {scheme}"));
            format!("{proto} {method}")
        }
    };
    // The user last: Squid asks for a password only where all before it is true.
    let user = user.map_or_else(String::new, |user| format!(" {user}"));
    lines.push(format!(
        "http_access allow {from} {how} {site} {port}{user}"
    ));
}

/// The list of clients.
fn from(plan: &Plan, form: Form, lines: &mut Vec<String>) -> String {
    if form == Form::Lines && plan.clients.is_empty() {
        return "localnet".to_owned();
    }
    let clients = notes::clients(plan);
    let name = match plan.clients.is_empty() {
        true => "from_private".to_owned(),
        false => named("from", &clients),
    };
    lines.push(format!("acl {name} src {clients}"));
    name
}

/// The list of users.
pub(super) fn user(plan: &Plan, lines: &mut Vec<String>) -> Option<String> {
    plan.user.as_ref()?;
    let name = match plain_user(plan) {
        Some(user) => {
            let name = named("user", user);
            lines.push(format!("acl {name} proxy_auth {user}"));
            name
        }
        None => {
            lines.push("acl user_any proxy_auth REQUIRED".to_owned());
            "user_any".to_owned()
        }
    };
    Some(name)
}
