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
    for need in &plan.needs {
        lines.push(String::new());
        lines.extend(
            comment(&need.label())
                .iter()
                .map(|line| format!("  {line}")),
        );
        lines.push(format!("  {}", allowed(need, plan)));
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

/// The line that lets one need pass.
pub(super) fn allowed(need: &Need, plan: &Plan) -> String {
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
    let clients = notes::clients(plan);
    format!("http-request allow if {method} {{ src {clients} }} {{ {url} }}")
}

/// What is to be compared without a pattern. Bare, `::1` would be a keyword's.
fn exact(host: &Host, port: Ports) -> String {
    format!("url -i -m str {host}:{port}")
}
