//! Apache httpd: `AllowConnect` opens ports to every host, `<ProxyMatch>` says which host may have
//! which of them. Of sections that match, the last decides (`AuthMerging Off`).

use super::need::{By, Need, Ports, joined, listed, words};
use super::notes::{self, plain_user};
use super::{Bodies, Form, Plan, pattern};

/// What Apache allows CONNECT to when nothing is said: others may use these already.
const OPEN: [u16; 2] = [443, 563];

pub(super) fn write(plan: &Plan, form: Form) -> Bodies {
    let mut notes = notes::common(plan);
    notes.extend(notes::unnamed_clients(plan));
    let tunnels = tunnelled(&plan.needs);
    let mut lines = Vec::new();
    match form {
        Form::Whole => {
            notes.push(format!(
                "it is a file for sites-available or conf.d; it needs the modules {}",
                words(modules(plan))
            ));
            if plan.user.is_some() {
                notes.push(
                    "the settings name a user for this proxy, and this file asks for none: add \
                     AuthType and its like to <Proxy \"*\">, and Require valid-user to each \
                     <RequireAll>"
                        .to_owned(),
                );
            }
            lines.push(format!("Listen {}", plan.listen.with("")));
            lines.push(format!("<VirtualHost {}>", plan.listen.with("*:")));
            lines.extend(
                [
                    "  ProxyRequests On",
                    "  ProxyVia On",
                    "  # It is a proxy alone: what is no request to one gets nothing.",
                    "  <Location \"/\">",
                    "    Require all denied",
                    "  </Location>",
                    "  <Proxy \"*\">",
                    "    Require all denied",
                    "  </Proxy>",
                ]
                .map(str::to_owned),
            );
            if !tunnels.is_empty() {
                lines.push(format!("  AllowConnect {}", listed(&tunnels)));
            }
        }
        Form::Lines => {
            lines.extend(notes::comment(
                "In the virtual host that has `ProxyRequests On`, behind its <Proxy> sections:",
            ));
            if !tunnels.is_empty() {
                lines.push(allow_connect(&tunnels));
            }
            if plan.user.is_some() {
                notes.push(
                    "`Require user` needs the AuthType lines of the proxy's <Proxy \"*\">; without it \
                     these lines would let clients pass that show no password"
                        .to_owned(),
                );
            }
            notes.extend(notes::unnamed_user(plan));
            if let Some(new) = new_ports(&tunnels) {
                lines.extend(notes::comment(
                    "AllowConnect is for every host: this keeps the ports from those that are not \
                     named below. What other hosts use already, take out of the pattern.",
                ));
                lines.extend(section(
                    &format!("^[^/]*:{new}$"),
                    &["Require all denied".to_owned()],
                ));
            }
        }
    }
    let indent = match form {
        Form::Whole => "  ",
        Form::Lines => "",
    };
    for need in &plan.needs {
        lines.push(String::new());
        lines.extend(
            notes::comment(&need.label())
                .iter()
                .map(|line| format!("{indent}{line}")),
        );
        for line in allowed(need, plan, form) {
            lines.push(format!("{indent}{line}"));
        }
    }
    if form == Form::Whole {
        lines.push("</VirtualHost>".to_owned());
    }
    (notes, vec![("apache.conf", lines)])
}

/// The section that lets one need pass.
pub(super) fn allowed(need: &Need, plan: &Plan, form: Form) -> Vec<String> {
    let methods = match &need.by {
        By::Connect => "CONNECT".to_owned(),
        By::Request { methods, .. } => words(methods.iter().map(|method| method.as_str())),
    };
    let mut require = vec![
        "<RequireAll>".to_owned(),
        format!("  Require ip {}", notes::clients(plan)),
        format!("  Require method {methods}"),
    ];
    if form == Form::Lines && plan.user.is_some() {
        require.push(match plain_user(plan) {
            Some(user) => format!("  Require user {user}"),
            None => "  Require valid-user".to_owned(),
        });
    }
    require.push("</RequireAll>".to_owned());
    section(&pattern::url(need), &require)
}

/// The section that keeps the ports of a need from every other host, where new ones are among them.
pub(super) fn kept(need: &Need) -> Option<Vec<String>> {
    let new = new_ports(&need.ports)?;
    let host = pattern::host(&need.host);
    let denied = ["Require all denied".to_owned()];
    Some(section(&format!("^(?!{host}:)[^/]*:{new}$"), &denied))
}

/// The line for these ports. 443 stays allowed: the first such line takes the default away.
pub(super) fn allow_connect(ports: &[Ports]) -> String {
    let with = ports.iter().copied().chain([Ports::one(443)]);
    format!("AllowConnect {}", listed(&joined(with.collect())))
}

/// The pattern for those that Apache does not allow by itself.
fn new_ports(ports: &[Ports]) -> Option<String> {
    let mut new: Vec<Ports> = ports.to_vec();
    for port in OPEN {
        new = new.iter().flat_map(|one| without(*one, port)).collect();
    }
    (!new.is_empty()).then(|| pattern::ports(&new))
}

fn without(ports: Ports, port: u16) -> Vec<Ports> {
    let Ports { first, last } = ports;
    if port < first || port > last {
        return vec![ports];
    }
    let below = (first < port).then(|| Ports {
        first,
        last: port - 1,
    });
    let above = (port < last).then(|| Ports {
        first: port + 1,
        last,
    });
    below.into_iter().chain(above).collect()
}

fn section(pattern: &str, within: &[String]) -> Vec<String> {
    let mut lines = vec![format!("<ProxyMatch \"(?i){pattern}\">")];
    lines.extend(within.iter().map(|line| format!("  {line}")));
    lines.push("</ProxyMatch>".to_owned());
    lines
}

fn tunnelled(needs: &[Need]) -> Vec<Ports> {
    let needs = needs.iter().filter(|need| need.by == By::Connect);
    joined(needs.flat_map(|need| need.ports.clone()).collect())
}

/// As `a2enmod` calls them.
fn modules(plan: &Plan) -> Vec<&'static str> {
    let asks = |wanted: &str| {
        let mut needs = plan.needs.iter();
        needs.any(|need| matches!(&need.by, By::Request { scheme, .. } if *scheme == wanted))
    };
    let mut all = vec!["proxy", "proxy_connect", "authz_core", "authz_host"];
    all.extend(asks("http").then_some("proxy_http"));
    all.extend(asks("ftp").then_some("proxy_ftp"));
    all
}
