//! The arguments of `rules`.

use std::net::IpAddr;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use crate::base::{Error, Kind as ErrorKind, Result, Stage};
use crate::rules::{Listen, Method, Ports, Product};

#[derive(Args, Debug)]
pub struct RulesArgs {
    /// In whose words
    #[arg(long = "for", value_name = "KIND", value_enum)]
    pub kind: Kind,
    /// URLs, or paths below a connection; without any, every connection of the settings
    #[arg(value_name = "URL")]
    pub urls: Vec<String>,
    /// Of the settings' connections only these
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        conflicts_with = "urls"
    )]
    pub connections: Vec<String>,
    /// Of several proxies this one: `global`, its name in [proxies], or HOST:PORT
    #[arg(long, value_name = "PROXY")]
    pub through: Option<String>,
    /// Print a whole configuration, which lets nothing else pass, and not lines to add to one
    #[arg(long)]
    pub whole: bool,
    /// Where the whole configuration listens: PORT or ADDRESS:PORT (default: the port that the
    /// settings have for the proxy, at every address)
    #[arg(long, value_name = "[ADDRESS:]PORT", requires = "whole")]
    pub listen: Option<Listen>,
    /// Who may ask the proxy: an address or a network
    #[arg(long = "client", value_name = "NETWORK", value_delimiter = ',', value_parser = network)]
    pub clients: Vec<IpNet>,
    /// The data ports of the FTP servers
    #[arg(long, value_name = "FIRST-LAST", default_value_t = Ports::PASSIVE)]
    pub passive: Ports,
    /// Methods beside GET and HEAD that http:// URLs are asked with: PUT for uploads, POST for
    /// searches
    #[arg(long = "method", value_name = "METHOD", value_delimiter = ',')]
    pub methods: Vec<Method>,
    /// Where tinyproxy finds its list (default: /etc/tinyproxy/outbound.filter)
    #[arg(long, value_name = "FILE", value_parser = path)]
    pub filter: Option<String>,
}

impl RulesArgs {
    /// Refuses what says nothing in the words that are asked for.
    ///
    /// # Errors
    /// One of the flags would change nothing.
    pub fn check(&self) -> Result<()> {
        let is_firewall = self.kind == Kind::Firewall;
        let given = [
            ("--whole", self.whole && is_firewall, PROXIES),
            ("--client", !self.clients.is_empty() && is_firewall, PROXIES),
            ("--method", !self.methods.is_empty() && is_firewall, PROXIES),
            (
                "--filter",
                self.filter.is_some() && self.kind != Kind::Tinyproxy,
                "it is for tinyproxy",
            ),
        ];
        match given.into_iter().find(|(_, is_idle, _)| *is_idle) {
            None => Ok(()),
            Some((flag, _, hint)) => {
                let kind = self.kind.to_possible_value();
                let kind = kind.map_or_else(String::new, |kind| kind.get_name().to_owned());
                let what = format!("{flag} changes nothing with --for {kind}");
                Err(Error::new(ErrorKind::Usage, Stage::Settings, what).with_hint(hint))
            }
        }
    }
}

const PROXIES: &str = "it is for the configurations of proxies";

/// Whose words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Squid
    Squid,
    /// Apache httpd with mod_proxy
    Apache,
    /// tinyproxy
    Tinyproxy,
    /// haproxy, as a filter in front of the proxy
    Haproxy,
    /// A table of what firewalls have to let pass
    Firewall,
}

impl Kind {
    /// The proxy, unless it is a firewall.
    pub fn product(self) -> Option<Product> {
        match self {
            Self::Squid => Some(Product::Squid),
            Self::Apache => Some(Product::Apache),
            Self::Tinyproxy => Some(Product::Tinyproxy),
            Self::Haproxy => Some(Product::Haproxy),
            Self::Firewall => None,
        }
    }
}

/// An address is the network of itself alone.
fn network(text: &str) -> Result<IpNet, String> {
    let parsed = text.parse::<IpNet>().map(|network| network.trunc());
    let parsed = parsed.or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    parsed.map_err(|_| "write an address or a network: 10.1.2.3, 10.0.0.0/8".to_owned())
}

fn path(text: &str) -> Result<String, String> {
    let plain = |c: char| !c.is_control() && c != '"' && c != '\\';
    match text.starts_with('/') && text.chars().all(plain) {
        true => Ok(text.to_owned()),
        false => Err("write an absolute path without quotes".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use crate::cli::args::Cli;
    use crate::rules::FILTER;

    #[test]
    fn the_help_has_the_place_that_is_taken() {
        let cli = Cli::command();
        let rules = cli.find_subcommand("rules").unwrap();
        let filter = rules.get_arguments().find(|one| one.get_id() == "filter");
        let help = filter.unwrap().get_help().unwrap().to_string();
        assert!(help.contains(&format!("(default: {FILTER})")), "{help}");
    }
}
