//! haproxy as a filter in front of a proxy: what it lets pass, the proxy behind still has to.

use super::need::{By, Need, Ports, words};
use super::notes::{self, comment};
use super::{Bodies, Form, Plan, pattern};
use crate::base::Host;

pub(super) fn write(plan: &Plan, form: Form) -> Bodies {
    let mut notes = notes::common(plan);
    notes.extend(notes::unnamed_clients(plan));
    let behind = &plan.proxy;
    notes.push(format!(
        "it is a filter: the proxy behind it sees haproxy's address in place of the clients', and has \
         to allow the same (`outbound rules --for squid` and its like); clients are told haproxy's \
         address in place of {behind}"
    ));
    let mut lines = Vec::new();
    let is_taken = behind.rsplit(':').next() == Some(&*plan.listen.port.to_string());
    if form == Form::Whole && is_taken {
        notes.push(
            "it listens at the port that the proxy has: where both run on one machine, --listen \
             [ADDRESS:]PORT gives it another"
                .to_owned(),
        );
    }
    match form {
        Form::Whole => lines.extend(
            [
                "defaults",
                "  mode http",
                "  timeout connect 30s",
                "  timeout client 1h",
                "  timeout server 1h",
                "  timeout tunnel 1h",
                "",
                "frontend clients",
            ]
            .map(str::to_owned)
            .into_iter()
            .chain([format!("  bind {}", plan.listen.with(":"))]),
        ),
        Form::Lines => lines.extend(comment(
            "In the frontend that clients come to (mode http), above its other http-request lines. \
             What no line allows has to meet `http-request deny` behind them.",
        )),
    }
    let from = from(plan, &mut lines);
    for need in &plan.needs {
        lines.push(String::new());
        lines.extend(
            comment(&need.label())
                .iter()
                .map(|line| format!("  {line}")),
        );
        lines.push(format!("  {}", allowed(need, &from)));
    }
    if form == Form::Whole {
        lines.extend(
            [
                "",
                "  http-request deny",
                "  default_backend proxy",
                "",
                "backend proxy",
            ]
            .map(str::to_owned),
        );
        lines.push(format!("  server proxy {behind}"));
    }
    (notes, vec![("haproxy.cfg", lines)])
}

/// haproxy takes 64 words a line.
const WORDS: usize = 40;

/// The condition for the clients; where they are many, of a list whose lines are added.
fn from(plan: &Plan, lines: &mut Vec<String>) -> String {
    let clients = notes::clients(plan);
    let all: Vec<&str> = clients.split(' ').collect();
    if all.len() <= WORDS {
        return each(&clients);
    }
    let name = notes::named("from", &clients);
    lines.push(String::new());
    let chunks = all.chunks(WORDS);
    lines.extend(chunks.map(|chunk| format!("  acl {name} src {}", chunk.join(" "))));
    name
}

/// The condition for a few clients.
pub(super) fn each(clients: &str) -> String {
    format!("{{ src {clients} }}")
}

/// The line that lets one need pass, for clients of a condition.
pub(super) fn allowed(need: &Need, from: &str) -> String {
    let method = match &need.by {
        By::Connect => "METH_CONNECT".to_owned(),
        By::Request { methods, .. } => {
            let methods = words(methods.iter().map(|method| method.as_str()));
            format!("{{ method {methods} }}")
        }
    };
    let url = match (&need.by, &need.ports[..]) {
        (By::Connect, [one]) if one.first == one.last => exact(&need.host, *one),
        _ => format!("url -i -m reg '{}'", pattern::url(need)),
    };
    format!("http-request allow if {method} {from} {{ {url} }}")
}

/// What is to be compared without a pattern. Bare, `::1` would be a keyword's.
fn exact(host: &Host, port: Ports) -> String {
    format!("url -i -m str {host}:{port}")
}
