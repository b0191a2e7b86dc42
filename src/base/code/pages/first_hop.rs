//! Names and sockets of the first hop: the proxy, or the target when the way is direct.

use super::page;
use crate::base::Side::{Network, Proxy, Settings, Target};
use crate::base::code::{Code, Page};

pub(super) const PAGES: &[Page] = &[
    page(
        Code::ProxyNameUnknown,
        Settings,
        "the proxy's own name is unknown here",
        "The name servers of this machine do not know the host of the proxy. The target \
         was not asked for.",
        "`getent hosts PROXY` finds nothing either.",
        "Check the spelling in the setting that the message names, the search domains in \
         /etc/resolv.conf, and whether containers have the company's name server.",
    ),
    page(
        Code::NameUnknown,
        Network,
        "the target's name is unknown here",
        "The way is direct, and the name servers of this machine do not know the target. \
         Machines without direct internet mostly know inside names alone.",
        "`getent hosts NAME` finds nothing either; through a proxy the name would be \
         resolved there.",
        "Set a proxy (proxy.url, https_proxy) if the target is outside; correct the name \
         or the bypass rule that sends it direct otherwise.",
    ),
    page(
        Code::ResolverSilent,
        Network,
        "the name server does not answer",
        "Asking for the name of the first hop took longer than timeouts.resolve.",
        "`getent hosts NAME` hangs too; every name is concerned.",
        "Check /etc/resolv.conf and whether this machine may reach that server by UDP and \
         TCP port 53.",
    ),
    page(
        Code::ResolverTrouble,
        Network,
        "the name server cannot tell now",
        "The name server answered that it is in trouble (EAI_AGAIN): it may be out of \
         reach of its own servers.",
        "`getent hosts NAME` fails, and may work a minute later.",
        "Try again; if it stays, tell whoever runs the name server in /etc/resolv.conf.",
    ),
    page(
        Code::ProxyPortClosed,
        Proxy,
        "nothing listens at the proxy's port",
        "The proxy's host is there and refused the connection: its port is another one, \
         or the proxy is down.",
        "`connection refused` for each address; `curl -v PROXY:PORT` says the same.",
        "Check the port in the setting that the message names (3128, 8080 and 8118 are \
         usual), and whether the proxy runs.",
    ),
    page(
        Code::ProxyFiltered,
        Network,
        "the proxy's address is silent",
        "Packets to the proxy get no answer at all: a firewall drops them, or the address \
         is nobody's.",
        "The limit timeouts.dial ran out; `nc -vz PROXY PORT` hangs too.",
        "Ask the network team to let this machine reach that address and port; check the \
         address too.",
    ),
    page(
        Code::ProxyUnreachable,
        Network,
        "the proxy's address cannot be reached",
        "The network said that there is no way to the proxy's address (host or network \
         unreachable), or the socket failed otherwise.",
        "The message repeats what the system said for each address.",
        "Check the address, routes and VPN of this machine.",
    ),
    page(
        Code::PortClosed,
        Target,
        "nothing listens at the target's port",
        "The way is direct; the target's host is there and refused the connection.",
        "`connection refused` for each address.",
        "Check the port, and whether the server is up. If the target is outside, set a \
         proxy: some firewalls refuse in its place.",
    ),
    page(
        Code::Filtered,
        Network,
        "the target's address is silent",
        "The way is direct, and packets to the target get no answer: a firewall drops \
         them, as it does for everything outside in most private networks.",
        "The limit timeouts.dial ran out.",
        "Set a proxy if the target is outside (proxy.url, https_proxy); take it out of \
         the bypass rules; or ask for a rule in the firewall.",
    ),
    page(
        Code::Unreachable,
        Network,
        "the target's address cannot be reached",
        "The way is direct, and the network said that there is none to this address.",
        "The message repeats what the system said for each address.",
        "Set a proxy if the target is outside; check routes and VPN otherwise.",
    ),
];
