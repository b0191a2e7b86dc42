//! What to write on the other side: the lines of a proxy's configuration that let declared needs
//! pass, and as little else as that proxy can express.
//!
//! A [`Need`] is a host with its ports, and how it is asked for; [`write`] puts a [`Plan`] of them
//! into the words of one proxy, as lines for a configuration that runs or as a whole file, and says
//! what those words cannot. Pure: no file is read, no name resolved.

mod apache;
pub mod firewall;
mod haproxy;
mod mend;
mod need;
mod notes;
mod pattern;
mod product;
mod squid;
#[cfg(test)]
mod tests;
mod tinyproxy;

use std::net::IpAddr;

use ipnet::IpNet;

pub(crate) use mend::{Refused, mend};
pub use need::{By, Method, Need, Passage, Ports, merged};
pub use product::Product;
pub(crate) use tinyproxy::{Test, test};

/// The networks of clients that nobody named: private addresses (RFC 1918, RFC 4193), and this
/// machine's own.
pub(crate) const PRIVATE: &str = "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 127.0.0.0/8 fc00::/7 ::1";

/// Where tinyproxy is told to find its list of what may pass, unless a [`Plan`] says otherwise.
pub const FILTER: &str = "/etc/tinyproxy/outbound.filter";

/// What is to pass one proxy, and for whom.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The proxy that clients are told, `host:port`.
    pub proxy: String,
    /// What is to pass.
    pub needs: Vec<Need>,
    /// Who may ask; empty: whoever the proxy's own file calls its clients, or private addresses.
    pub clients: Vec<IpNet>,
    /// The user that the proxy asks for, if it does.
    pub user: Option<String>,
    /// Where a whole file has the proxy listen.
    pub listen: Listen,
    /// Where tinyproxy finds its list: an absolute path without quotes.
    pub filter: String,
    /// What else is to stand at the top, as sentences.
    pub remarks: Vec<String>,
}

/// An address and a port to listen at; without an address, all of the machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The address.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: u16,
}

impl Listen {
    /// As configurations have it, with `any` where no address is given.
    fn with(self, any: &str) -> String {
        match self.address {
            None => format!("{any}{}", self.port),
            Some(IpAddr::V6(address)) => format!("[{address}]:{}", self.port),
            Some(address) => format!("{address}:{}", self.port),
        }
    }
}

impl std::str::FromStr for Listen {
    type Err = String;

    /// `3128`, `127.0.0.1:3128`, `[::1]:3128`.
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = match text.parse::<std::net::SocketAddr>() {
            Ok(at) => Some((Some(at.ip()), at.port())),
            Err(_) => text.parse().ok().map(|port| (None, port)),
        };
        match parsed {
            Some((address, port)) if port != 0 => Ok(Self { address, port }),
            _ => Err("write a port, or an address and a port: 3128, 127.0.0.1:3128".to_owned()),
        }
    }
}

/// How much of a configuration is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines to add to a configuration that runs.
    Lines,
    /// A configuration that lets nothing else pass.
    Whole,
}

impl Form {
    /// `lines`, `whole`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Whole => "whole",
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// The files, the main one first. Each says in its comments what it is for.
    pub files: Vec<File>,
    /// What could not be said, and what else has to be known: they stand in the first file's
    /// comments too.
    pub notes: Vec<String>,
}

/// A file of a configuration, or lines for one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// Its usual name: `squid.conf`.
    pub name: &'static str,
    /// What stands in it, line ends included.
    pub text: String,
}

/// Puts the plan into the words of a proxy.
pub fn write(product: Product, plan: &Plan, form: Form) -> Written {
    let (mut notes, bodies) = match product {
        Product::Squid => squid::write(plan, form),
        Product::Apache => apache::write(plan, form),
        Product::Tinyproxy => tinyproxy::write(plan, form),
        Product::Haproxy => haproxy::write(plan, form),
    };
    notes.extend(plan.remarks.iter().cloned());
    let mut files = Vec::new();
    for (name, lines) in bodies {
        let mut text = String::new();
        if files.is_empty() {
            for line in notes::head(product, plan, form, &notes) {
                text += line.trim_end();
                text.push('\n');
            }
        }
        for line in lines {
            text += &line;
            text.push('\n');
        }
        files.push(File { name, text });
    }
    Written { files, notes }
}

/// Notes, and the lines of each file under its name.
type Bodies = (Vec<String>, Vec<(&'static str, Vec<String>)>);
