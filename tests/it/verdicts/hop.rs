//! Settings, names and sockets: what fails before anybody has said a word.

use super::Want::Code;
use super::fault::Fault;
use super::{Row, row};
use crate::support::runtime::Full;

const URL: &str = "https://data.example/x";

/// Nobody answers there.
fn full(scheme: &str, is_proxy: bool) -> Fault {
    let full = Full::new();
    let at = format!("{scheme}://{}", full.address());
    let fault = match is_proxy {
        true => Fault::through(&at, URL),
        false => Fault::direct(format!("{at}/x")),
    };
    fault.limit("dial = \"200ms\"").with(full)
}

/// Linux sends no stream to a group of hosts: `network is unreachable`, whatever routes there are.
const NO_WAY: &str = "224.0.0.1:3128";

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("the proxy's name is unknown", Code("OUT-PROXY-NAME-UNKNOWN", "settings", 5), "getaddrinfo: EAI_NONAME", || {
        Fault::through("http://no-such-proxy.invalid:3128", URL)
    }),
    row("the proxy's port is closed", Code("OUT-PROXY-PORT-CLOSED", "proxy", 5), "connect(2): ECONNREFUSED", || {
        Fault::closed(|at| Fault::through(&format!("http://{at}"), URL))
    }),
    row("the proxy's port is closed, plain HTTP", Code("OUT-PROXY-PORT-CLOSED", "proxy", 5), "connect(2): ECONNREFUSED", || {
        Fault::closed(|at| Fault::through(&format!("http://{at}"), "http://data.example/x"))
    }),
    row("the proxy is filtered", Code("OUT-PROXY-FILTERED", "network", 5), "a firewall that drops", || {
        full("http", true)
    }),
    row("no way to the proxy", Code("OUT-PROXY-UNREACHABLE", "network", 5), "connect(2): ENETUNREACH", || {
        Fault::through(&format!("http://{NO_WAY}"), URL)
    }),
    row("the target's name is unknown here", Code("OUT-NAME-UNKNOWN", "network", 5), "getaddrinfo: EAI_NONAME", || {
        Fault::direct("https://no-such-host.invalid/x")
    }),
    row("the FTP server's name is unknown here", Code("OUT-NAME-UNKNOWN", "network", 5), "getaddrinfo: EAI_NONAME", || {
        Fault::direct("ftp://no-such-host.invalid/x")
    }),
    row("the target's port is closed", Code("OUT-PORT-CLOSED", "target", 5), "connect(2): ECONNREFUSED", || {
        Fault::closed(|at| Fault::direct(format!("https://{at}/x")))
    }),
    row("the FTP server's port is closed", Code("OUT-PORT-CLOSED", "target", 5), "connect(2): ECONNREFUSED", || {
        Fault::closed(|at| Fault::direct(format!("ftp://{at}/x")))
    }),
    row("the target is filtered", Code("OUT-FILTERED", "network", 5), "a firewall that drops", || {
        full("https", false)
    }),
    row("the FTP server is filtered", Code("OUT-FILTERED", "network", 5), "a firewall that drops", || {
        full("ftp", false)
    }),
    row("no way to the target", Code("OUT-UNREACHABLE", "network", 5), "connect(2): ENETUNREACH", || {
        Fault::direct(format!("http://{NO_WAY}/x"))
    }),
    row("the policy forbids the direct way", Code("OUT-POLICY", "settings", 4), "[policy] direct", || {
        Fault::direct(URL).set("[policy]\ndirect = \"bypass-only\"\n")
    }),
    row("a connection that is not there", Code("OUT-USAGE", "settings", 2), "a slip of the fingers", || {
        Fault::direct("nothing:air.csv")
    }),
    row("an authority's file that is not there", Code("OUT-SETTINGS", "settings", 3), "ca_file", || {
        Fault::direct(crate::kit::shared().nginx.https("/small.bin")).connection("ca_file = \"/no/such.pem\"")
    }),
    row("the password is nowhere", Code("OUT-SECRET", "settings", 3), "password = { env = … }", || {
        let login = "auth = \"basic\"\nusername = \"ann\"\npassword = { env = \"NO_SUCH\" }\n";
        let proxy = format!("http://{}", crate::support::peers::squid().address());
        Fault::through(&proxy, URL).set(login)
    }),
    row("TLS to the proxy is not built in", Code("OUT-UNSUPPORTED", "settings", 4), "curl --proxy https://", || {
        Fault::through(&crate::support::peers::squid().url().replace("http:", "https:"), URL)
    }),
    row("a SOCKS proxy", Code("OUT-UNSUPPORTED", "settings", 4), "RFC 1928", || {
        Fault::through("socks5h://127.0.0.1:1080", URL)
    }),
];
