//! Between the proxy and the target: what proxies say of a target that they cannot reach, and tunnels
//! in which nothing comes.

use std::sync::OnceLock;

use super::Want::{Code, Doubt, Fine};
use super::fault::{Fault, answer};
use super::{Row, row};
use crate::kit::shared;
use crate::support::peers::haproxy::Haproxy;
use crate::support::peers::{self, Apache, Squid, squid};
use crate::support::scripted::{Scripted, Step};

const URL: &str = "https://data.example/x";
const PLAIN: &str = "http://data.example/x";

/// A target of SSH behind that proxy, asked for a page.
fn ssh(proxy: &str) -> Fault {
    let steps = vec![
        Step::write("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
        Step::head(),
        Step::Close,
    ];
    Fault::scripted_behind(proxy, steps, "http://{}/")
}

/// A target behind the proxy where nothing listens.
fn closed(proxy: &str, scheme: &str) -> Fault {
    Fault::closed(|at| Fault::through(proxy, format!("{scheme}://{at}/x")))
}

/// Squid and Apache that wait no longer than a second.
fn hasty() -> String {
    static SHARED: OnceLock<Squid> = OnceLock::new();
    let squid = SHARED.get_or_init(|| {
        Squid::start(squid::Options {
            more: "read_timeout 1 second\n".to_owned(),
            ..squid::Options::default()
        })
    });
    squid.process().assert_runs();
    squid.url()
}

fn hasty_apache() -> String {
    static SHARED: OnceLock<Apache> = OnceLock::new();
    let apache = SHARED.get_or_init(|| Apache::start_with("ProxyTimeout 1"));
    apache.process().assert_runs();
    apache.url()
}

/// haproxy, and what is asked of it.
fn haproxy(way: fn(&Haproxy) -> String, url: &str) -> Fault {
    let silent = Scripted::each(vec![Step::Stall]);
    let ending = Scripted::each(vec![Step::head(), Step::Close]);
    let haproxy = Haproxy::start(silent.port(), ending.port());
    let fault = Fault::through(&way(&haproxy), url);
    fault.with(haproxy).with(silent).with(ending)
}

/// RFC 9209.
fn status(line: &str, error: &str) -> Fault {
    let field = format!("Proxy-Status: gw.corp.example; error={error}\r\n");
    Fault::answering_proxy(&answer(line, &field, ""), URL)
}

fn squid_says(line: &str, error: &str) -> Fault {
    let field = format!("Server: squid/5.7\r\nX-Squid-Error: {error}\r\n");
    Fault::answering_proxy(&answer(line, &field, ""), URL)
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("Squid, unknown name, plain HTTP", Code("OUT-PROXY-TARGET-NAME-UNKNOWN", "target", 6), "Squid 5.7: ERR_DNS_FAIL", || {
        Fault::through(&peers::squid().url(), "http://absent.test/x")
    }),
    row("Squid, unknown name", Code("OUT-PROXY-TARGET-NAME-UNKNOWN", "target", 6), "Squid 5.7: ERR_CANNOT_FORWARD for a name", || {
        Fault::through(&peers::squid().url(), "https://absent.test/x")
    }),
    row("Squid, unknown name, from its resolver", Code("OUT-PROXY-TARGET-NAME-UNKNOWN", "target", 6), "Squid 6: ERR_DNS_FAIL", || {
        squid_says("503 Service Unavailable", "ERR_DNS_FAIL 0")
    }),
    row("Squid, closed port", Code("OUT-PROXY-TARGET-PORT-CLOSED", "target", 6), "Squid 5.7: ERR_CONNECT_FAIL 111", || {
        closed(&peers::squid().url(), "https")
    }),
    row("Squid, closed port, plain HTTP", Code("OUT-PROXY-TARGET-PORT-CLOSED", "target", 6), "Squid 5.7: ERR_CONNECT_FAIL 111", || {
        closed(&peers::squid().url(), "http")
    }),
    row("Squid, closed port, FTP", Code("OUT-PROXY-TARGET-PORT-CLOSED", "target", 6), "Squid 5.7: ERR_CONNECT_FAIL 111", || {
        closed(&peers::squid().url(), "ftp")
    }),
    row("Squid, closed port, WebSocket", Code("OUT-PROXY-TARGET-PORT-CLOSED", "target", 6), "Squid 5.7: ERR_CONNECT_FAIL 111", || {
        closed(&peers::squid().url(), "wss")
    }),
    row("Squid, silent port", Code("OUT-PROXY-TARGET-TIMEOUT", "target", 6), "Squid 5.7: ERR_CONNECT_FAIL 110", || {
        squid_says("503 Service Unavailable", "ERR_CONNECT_FAIL 110")
    }),
    row("Squid, no way", Code("OUT-PROXY-TARGET-UNREACHABLE", "target", 6), "Squid 5.7: ERR_CONNECT_FAIL 101", || {
        Fault::through(&peers::squid().url(), "https://224.0.0.1/x")
    }),
    row("Squid, silent target", Code("OUT-PROXY-TARGET-TIMEOUT", "target", 6), "Squid 5.7: ERR_READ_TIMEOUT", || {
        Fault::scripted_behind(&hasty(), vec![Step::Stall], "http://{}/x")
    }),
    row("Squid, the target hangs up", Code("OUT-PROXY-TARGET-CLOSED", "target", 6), "Squid 5.7: ERR_ZERO_SIZE_OBJECT", || {
        let steps = vec![Step::head(), Step::Close];
        Fault::scripted_behind(&peers::squid().url(), steps, "http://{}/x")
    }),
    row("Apache, unknown name", Code("OUT-PROXY-TARGET-NAME-UNKNOWN", "target", 6), "Apache 2.4: DNS lookup failure", || {
        Fault::through(&peers::apache().url(), "https://absent.invalid/x")
    }),
    row("Apache, unknown name, plain HTTP", Code("OUT-PROXY-TARGET-NAME-UNKNOWN", "target", 6), "Apache 2.4: DNS lookup failure", || {
        Fault::through(&peers::apache().url(), "http://absent.invalid/x")
    }),
    row("Apache, closed port", Code("OUT-PROXY-TARGET-UNREACHABLE", "target", 6), "Apache 2.4: 503", || {
        closed(&peers::apache().url(), "https")
    }),
    row("Apache, closed port, plain HTTP", Code("OUT-PROXY-TARGET-UNREACHABLE", "target", 6), "Apache 2.4: 503 without Via", || {
        closed(&peers::apache().url(), "http")
    }),
    row("Apache, silent target", Code("OUT-PROXY-TARGET-CLOSED", "target", 6), "Apache 2.4: Error reading from remote server", || {
        Fault::scripted_behind(&hasty_apache(), vec![Step::Stall], "http://{}/x")
    }),
    row("Apache, the target hangs up", Code("OUT-PROXY-TARGET-CLOSED", "target", 6), "Apache 2.4: Error reading from remote server", || {
        let steps = vec![Step::head(), Step::Close];
        Fault::scripted_behind(&peers::apache().url(), steps, "http://{}/x")
    }),
    row("tinyproxy, unknown name", Code("OUT-PROXY-TARGET-UNREACHABLE", "target", 6), "tinyproxy 1.11: Unable to connect", || {
        Fault::through(&peers::tinyproxy().url(), "https://absent.invalid/x")
    }),
    row("tinyproxy, unknown name, plain HTTP", Code("OUT-PROXY-TARGET-UNREACHABLE", "target", 6), "tinyproxy 1.11: Unable to connect", || {
        Fault::through(&peers::tinyproxy().url(), "http://absent.invalid/x")
    }),
    row("tinyproxy, closed port", Code("OUT-PROXY-TARGET-UNREACHABLE", "target", 6), "tinyproxy 1.11: Unable to connect", || {
        closed(&peers::tinyproxy().url(), "https")
    }),
    row("tinyproxy, closed port, plain HTTP", Code("OUT-PROXY-TARGET-UNREACHABLE", "target", 6), "tinyproxy 1.11: Unable to connect", || {
        closed(&peers::tinyproxy().url(), "http")
    }),
    row("tinyproxy, SSH in HTTP's place", Code("OUT-PROXY-TARGET-CLOSED", "target", 6), "tinyproxy 1.11: Could not retrieve all the headers", || {
        ssh(&peers::tinyproxy().url())
    }),
    row("Squid, SSH in HTTP's place", Doubt("the target does not speak HTTP"), "Squid 5.7: X-Transformed-From", || {
        ssh(&peers::squid().url())
    }),
    row("Apache, SSH in HTTP's place", Doubt("nothing in the answer shows that a proxy passed it on"), "Apache 2.4: no Via behind HTTP/0.9", || {
        ssh(&peers::apache().url())
    }),
    row("haproxy has no server", Code("OUT-PROXY-TARGET-UNREACHABLE", "proxy", 6), "haproxy 2.6: 503", || {
        haproxy(Haproxy::lonely, URL)
    }),
    row("haproxy has no server, plain HTTP", Code("OUT-PROXY-TARGET-UNREACHABLE", "proxy", 6), "haproxy 2.6: 503", || {
        haproxy(Haproxy::lonely, PLAIN)
    }),
    row("haproxy's server is silent, plain HTTP", Code("OUT-PROXY-TARGET-TIMEOUT", "target", 6), "haproxy 2.6: timeout server", || {
        haproxy(Haproxy::waiting, PLAIN)
    }),
    row("haproxy's server hangs up, plain HTTP", Code("OUT-PROXY-TARGET-CLOSED", "target", 6), "haproxy 2.6: 502", || {
        haproxy(Haproxy::cutting, PLAIN)
    }),
    row("haproxy's server is silent", Code("OUT-PROXY-TARGET-TIMEOUT", "target", 6), "haproxy 2.6: timeout server", || {
        haproxy(Haproxy::waiting, URL)
    }),
    row("haproxy's server hangs up", Code("OUT-PROXY-TARGET-CLOSED", "target", 6), "haproxy 2.6: 502", || {
        haproxy(Haproxy::cutting, URL)
    }),
    row("Proxy-Status, unknown name", Code("OUT-PROXY-TARGET-NAME-UNKNOWN", "target", 6), "RFC 9209 section 2.3.2", || {
        status("502 Bad Gateway", "dns_error")
    }),
    row("Proxy-Status, closed port", Code("OUT-PROXY-TARGET-PORT-CLOSED", "target", 6), "RFC 9209 section 2.3.6", || {
        status("502 Bad Gateway", "connection_refused")
    }),
    row("Proxy-Status, silent port", Code("OUT-PROXY-TARGET-TIMEOUT", "target", 6), "RFC 9209 section 2.3.9", || {
        status("504 Gateway Timeout", "connection_timeout")
    }),
    row("Proxy-Status, the target hangs up", Code("OUT-PROXY-TARGET-CLOSED", "target", 6), "RFC 9209 section 2.3.7", || {
        status("502 Bad Gateway", "connection_terminated")
    }),
    row("502 and no more", Code("OUT-PROXY-TARGET-UNREACHABLE", "target", 6), "RFC 9110 section 15.6.3", || {
        Fault::answering_proxy(&answer("502 Bad Gateway", "", ""), URL)
    }),
    row("504 and no more", Code("OUT-PROXY-TARGET-TIMEOUT", "target", 6), "RFC 9110 section 15.6.5", || {
        Fault::answering_proxy(&answer("504 Gateway Timeout", "", ""), URL)
    }),
    row("the tunnel is cut", Code("OUT-TUNNEL-CUT", "network", 11), "a proxy that inspects TLS", || {
        Fault::answering_proxy("HTTP/1.1 200 OK\r\n\r\n", URL)
    }),
    row("the tunnel is cut, FTP", Code("OUT-TUNNEL-CUT", "network", 11), "a proxy that inspects", || {
        Fault::answering_proxy("HTTP/1.1 200 OK\r\n\r\n", "ftp://ftp.example/x")
    }),
    row("the tunnel is cut, WebSocket", Code("OUT-TUNNEL-CUT", "network", 11), "a proxy that inspects", || {
        Fault::answering_proxy("HTTP/1.1 200 OK\r\n\r\n", "ws://feed.example/x")
    }),
    row("the target hangs up in the tunnel", Code("OUT-TUNNEL-CUT", "network", 11), "a server in trouble behind Squid", || {
        Fault::scripted_behind(&peers::squid().url(), vec![Step::Read(1), Step::Close], "https://{}/x")
    }),
    row("the tunnel is silent", Code("OUT-TUNNEL-SILENT", "network", 11), "a target that drops, behind Squid", || {
        let fault = Fault::scripted_behind(&peers::squid().url(), vec![Step::Stall], "https://{}/x");
        fault.limit("tls = \"300ms\"")
    }),
    row("the tunnel is silent, plain HTTP", Code("OUT-TUNNEL-SILENT", "network", 11), "a target that drops, behind Squid", || {
        let fault = Fault::scripted_behind(&peers::squid().url(), vec![Step::Stall], "http://{}/x");
        fault.set("tunnel = \"always\"\n").limit("reply = \"300ms\"")
    }),
    row("the tunnel is silent, WebSocket", Code("OUT-TUNNEL-SILENT", "network", 11), "a target that drops, behind Squid", || {
        let fault = Fault::scripted_behind(&peers::squid().url(), vec![Step::Stall], "ws://{}/x");
        fault.limit("reply = \"300ms\"")
    }),
    row("204 in answer to CONNECT", Code("OUT-TUNNEL-DOUBTFUL", "proxy", 8), "RFC 9110 section 9.3.6", || {
        let bad = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
        let steps = vec![Step::head(), Step::write("HTTP/1.1 204 No Content\r\n\r\n"), Step::Read(1), Step::write(bad), Step::Close];
        Fault::scripted_proxy(steps, URL)
    }),
    row("all is well: http through Squid", Fine, "Squid 5.7, nginx 1.22", || {
        Fault::through(&peers::squid().url(), shared().nginx.http("/small.bin"))
    }),
    row("all is well: http in a tunnel", Fine, "Squid 5.7, nginx 1.22", || {
        let fault = Fault::through(&peers::squid().url(), shared().nginx.http("/small.bin"));
        fault.set("tunnel = \"always\"\n")
    }),
    row("all is well: https through Squid", Fine, "Squid 5.7, nginx 1.22", || {
        let fault = Fault::through(&peers::squid().url(), shared().nginx.https("/small.bin"));
        fault.trusting(&shared().ca)
    }),
    row("all is well: https through Squid, with a login", Fine, "Squid 5.7, nginx 1.22", || {
        let (proxy, url) = (peers::squid_with_password().url(), shared().nginx.https("/small.bin"));
        Fault::known(&proxy, squid::USER, squid::PASSWORD, url).trusting(&shared().ca)
    }),
    row("all is well: https through Apache", Fine, "Apache 2.4, nginx 1.22", || {
        let fault = Fault::through(&peers::apache().url(), shared().nginx.https("/small.bin"));
        fault.trusting(&shared().ca)
    }),
    row("all is well: https through tinyproxy", Fine, "tinyproxy 1.11, nginx 1.22", || {
        let fault = Fault::through(&peers::tinyproxy().url(), shared().nginx.https("/small.bin"));
        fault.trusting(&shared().ca)
    }),
    row("all is well: http, direct", Fine, "nginx 1.22", || {
        Fault::direct(shared().nginx.http("/small.bin"))
    }),
    row("all is well: https, direct", Fine, "nginx 1.22", || {
        Fault::direct(shared().nginx.https("/small.bin")).trusting(&shared().ca)
    }),
];
