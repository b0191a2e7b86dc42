//! What firewalls on the way have to let pass, as a table.

use crate::base::{Host, Proxy};

use super::need::{Need, Ports};

/// One way that has to be open. All of it is TCP.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opening {
    /// Who opens the connection: `this host`, or the proxy's host.
    pub from: String,
    /// The host that it goes to.
    pub to: Host,
    /// Which ports.
    pub ports: Vec<Ports>,
    /// What for.
    pub purpose: String,
    /// The connections that need it; none for a bare URL.
    pub connections: Vec<String>,
}

/// Who opens connections without a proxy, and those to proxies.
pub const HERE: &str = "this host";

/// To a proxy, for these needs.
pub fn to_proxy(proxy: &Proxy, needs: &[Need]) -> Opening {
    let mut connections: Vec<String> = needs
        .iter()
        .flat_map(|need| need.connections.iter().cloned())
        .collect();
    connections.sort_unstable();
    connections.dedup();
    Opening {
        from: HERE.to_owned(),
        to: proxy.host.clone(),
        ports: vec![Ports::one(proxy.port)],
        purpose: "to the proxy".to_owned(),
        connections,
    }
}

/// From the proxy's host, or this one, to where a need is.
pub fn to_need(from: &str, need: &Need) -> Opening {
    let purposes: Vec<&str> = need.purposes.iter().map(String::as_str).collect();
    Opening {
        from: from.to_owned(),
        to: need.host.clone(),
        ports: need.ports.clone(),
        purpose: purposes.join(", "),
        connections: need.connections.iter().cloned().collect(),
    }
}

/// What the table does not say.
pub const NOTES: [&str; 2] = [
    "names are resolved where a way begins: behind a proxy by the proxy's host, which has to reach its \
     name server",
    "all of it is TCP, and opened from the left",
];

/// The table, its columns in line.
pub fn table(openings: &[Opening]) -> Vec<String> {
    let head = [
        "from",
        "to host",
        "port",
        "protocol",
        "purpose",
        "connection",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(openings.iter().map(|opening| {
        let ports: Vec<String> = opening.ports.iter().map(Ports::to_string).collect();
        let connections = match &opening.connections[..] {
            [] => "-".to_owned(),
            names => names.join(","),
        };
        [
            opening.from.clone(),
            opening.to.to_string(),
            ports.join(","),
            "tcp".to_owned(),
            opening.purpose.clone(),
            connections,
        ]
    }));
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
