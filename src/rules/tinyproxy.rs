//! tinyproxy: a list of patterns for the URLs that may pass. For CONNECT the URL is `host:port`, so
//! that with `FilterURLs On` the list says pairs; `ConnectPort` knows neither hosts nor ranges.

use super::need::{By, Need, Ports};
use super::notes::{self, comment};
use super::{Bodies, Form, Plan, pattern};
use crate::base::Answer;

/// More lines than this nobody wants to read: then the list of URLs alone limits the ports.
const MOST_PORTS: usize = 64;

pub(super) fn write(plan: &Plan, form: Form) -> Bodies {
    let mut notes = notes::common(plan);
    let by_proxy = |need: &&Need| matches!(&need.by, By::Request { scheme: "ftp", .. });
    for need in plan.needs.iter().filter(by_proxy) {
        notes.push(format!(
            "{}: tinyproxy speaks no FTP, so that this cannot pass by it: ftp = \"tunnel\", or another \
             proxy",
            need.label()
        ));
    }
    let needs = || plan.needs.iter().filter(|need| !by_proxy(need));
    if needs().any(|need| matches!(&need.by, By::Request { .. })) {
        notes.push(
            "tinyproxy cannot limit methods: to the http:// hosts any method passes, PUT and DELETE too"
                .to_owned(),
        );
    }
    let tunnels = needs().filter(|need| need.by == By::Connect);
    let ports: Vec<Ports> = tunnels.flat_map(|need| need.ports.clone()).collect();
    let connect = connect_ports(&ports);
    let config = match form {
        Form::Whole => whole(plan, connect, &mut notes),
        Form::Lines => {
            notes.push(
                "without `Filter` and `FilterDefaultDeny Yes` in tinyproxy.conf, ConnectPort opens \
                 the port to every host, and every http:// host passes anyway: --whole prints a file \
                 that has them"
                    .to_owned(),
            );
            notes.push(
                "the patterns need `FilterExtended On` (or `FilterType ere`); with `FilterURLs Off` the \
                 list knows hosts and no ports"
                    .to_owned(),
            );
            let mut lines = comment("In tinyproxy.conf, beside other ConnectPort lines:");
            match connect {
                Some(connect) => lines.extend(connect),
                None => lines.extend(comment(
                    "nothing: ConnectPort knows no ranges. CONNECT passes to these ports only when the \
                     file has no ConnectPort line at all (then the list alone limits them), or with \
                     --passive and a range of a few ports.",
                )),
            }
            lines
        }
    };
    let place = match form {
        Form::Whole => format!("tinyproxy's list of what may pass: {}", plan.filter),
        Form::Lines => "In the file that `Filter` names:".to_owned(),
    };
    let mut list = comment(&place);
    for need in needs() {
        list.extend(comment(&need.label()));
        list.push(match form {
            Form::Whole => pattern::url(need),
            Form::Lines => allowed(need),
        });
    }
    (
        notes,
        vec![("tinyproxy.conf", config), ("outbound.filter", list)],
    )
}

fn whole(plan: &Plan, connect: Option<Vec<String>>, notes: &mut Vec<String>) -> Vec<String> {
    notes.extend(notes::unnamed_clients(plan));
    if plan.user.is_some() {
        notes.push(
            "the settings name a user for this proxy, and this file asks for none: add BasicAuth"
                .to_owned(),
        );
    }
    notes.push(format!(
        "the second part, the list, belongs into {} (--filter FILE names another place), readable for \
         the user that tinyproxy becomes; Red Hat calls the group `nobody`",
        plan.filter
    ));
    let mut lines = vec![format!("Port {}", plan.listen.port)];
    lines.extend(
        plan.listen
            .address
            .map(|address| format!("Listen {address}")),
    );
    lines.extend(
        [
            "User nobody",
            "Group nogroup",
            "Timeout 600",
            "MaxClients 100",
        ]
        .map(str::to_owned),
    );
    let clients = notes::clients(plan);
    lines.extend(clients.split(' ').map(|client| format!("Allow {client}")));
    match connect {
        Some(connect) => lines.extend(connect),
        None => lines.extend(comment(
            "No ConnectPort: it knows no ranges. The list says which host may have which ports.",
        )),
    }
    lines.push(format!("Filter \"{}\"", plan.filter));
    lines.extend(
        [
            "FilterURLs On",
            "FilterExtended On",
            "FilterDefaultDeny Yes",
        ]
        .map(str::to_owned),
    );
    lines
}

/// What tinyproxy looks at before it lets a request pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    /// Who asks (`Allow`).
    Client,
    /// The port of a CONNECT (`ConnectPort`).
    Port,
    /// The host or URL (`Filter`).
    List,
}

/// Which of its tests refused: its page says it.
pub(crate) fn test(answer: &Answer) -> Option<Test> {
    let page = answer.body.to_ascii_lowercase();
    let marks = [
        ("configured it to service requests", Test::Client),
        ("the connect method not allowed with the port", Test::Port),
        ("the request you made has been filtered", Test::List),
    ];
    let found = marks.iter().find(|(mark, _)| page.contains(mark));
    found.map(|(_, test)| *test)
}

/// The lines for these ports, unless there would be too many.
pub(super) fn connect_ports(ports: &[Ports]) -> Option<Vec<String>> {
    let ports = super::need::joined(ports.to_vec());
    let count: usize = ports.iter().map(|ports| ports.count()).sum();
    let each = || ports.iter().flat_map(|ports| ports.first..=ports.last);
    match count {
        // Without any such line CONNECT goes to every port.
        0 => Some(vec!["ConnectPort 443".to_owned()]),
        _ => (count <= MOST_PORTS)
            .then(|| each().map(|port| format!("ConnectPort {port}")).collect()),
    }
}

/// The pattern for a running tinyproxy, whose list is of URLs or of hosts alone.
pub(super) fn allowed(need: &Need) -> String {
    let host = pattern::host(&need.host);
    match &need.by {
        By::Connect => format!("^{host}(:{})?$", pattern::ports(&need.ports)),
        By::Request { scheme, .. } => {
            let port = pattern::url_port(scheme, &need.ports);
            format!("^({scheme}://{host}{port}/|{host}$)")
        }
    }
}
