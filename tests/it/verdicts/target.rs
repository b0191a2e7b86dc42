//! What an HTTP server answers when it is reached.

use super::Want::Code;
use super::fault::{Fault, WRONG, answer};
use super::{Row, row};
use crate::kit::shared;
use crate::support::peers;
use crate::support::scripted::Step;

fn nginx(path: &str) -> Fault {
    Fault::direct(shared().nginx.http(path))
}

fn nginx_by_squid(path: &str) -> Fault {
    Fault::through(&peers::squid().url(), shared().nginx.http(path))
}

fn nginx_by_tunnel(path: &str) -> Fault {
    let fault = Fault::through(&peers::squid().url(), shared().nginx.https(path));
    fault.trusting(&shared().ca)
}

fn answering(text: &str) -> Fault {
    Fault::scripted(
        vec![Step::head(), Step::write(text), Step::Close],
        "http://{}/x",
    )
}

fn login() -> String {
    format!("username = \"ann\"\npassword = \"{WRONG}\"")
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("401", Code("OUT-TARGET-AUTH-MISSING", "settings", 10), "nginx 1.22: auth_basic", || nginx("/private/small.bin")),
    row("401 through Squid", Code("OUT-TARGET-AUTH-MISSING", "settings", 10), "nginx 1.22: auth_basic", || nginx_by_squid("/private/small.bin")),
    row("401 in a tunnel", Code("OUT-TARGET-AUTH-MISSING", "settings", 10), "nginx 1.22: auth_basic", || nginx_by_tunnel("/private/small.bin")),
    row("401, wrong password", Code("OUT-TARGET-AUTH-WRONG", "settings", 10), "nginx 1.22: auth_basic", || {
        nginx("/private/small.bin").connection(&login())
    }),
    row("401, wrong password, through Squid", Code("OUT-TARGET-AUTH-WRONG", "settings", 10), "nginx 1.22: auth_basic", || {
        nginx_by_squid("/private/small.bin").connection(&login())
    }),
    row("403", Code("OUT-TARGET-FORBIDDEN", "target", 9), "nginx 1.22", || nginx("/status/403")),
    row("403 through Squid", Code("OUT-TARGET-FORBIDDEN", "target", 9), "nginx 1.22", || nginx_by_squid("/status/403")),
    row("403 in a tunnel", Code("OUT-TARGET-FORBIDDEN", "target", 9), "nginx 1.22", || nginx_by_tunnel("/status/403")),
    row("404", Code("OUT-TARGET-NOT-FOUND", "target", 9), "nginx 1.22", || nginx("/absent")),
    row("404 through Squid", Code("OUT-TARGET-NOT-FOUND", "target", 9), "nginx 1.22", || nginx_by_squid("/absent")),
    row("404 in a tunnel", Code("OUT-TARGET-NOT-FOUND", "target", 9), "nginx 1.22", || nginx_by_tunnel("/absent")),
    row("410", Code("OUT-TARGET-NOT-FOUND", "target", 9), "RFC 9110 section 15.5.11", || answering(&answer("410 Gone", "", ""))),
    row("429", Code("OUT-TARGET-BUSY", "target", 9), "nginx 1.22: limit_req_status", || nginx("/status/429")),
    row("500", Code("OUT-TARGET-ERROR", "target", 9), "nginx 1.22", || nginx("/status/500")),
    row("502", Code("OUT-TARGET-ERROR", "target", 9), "nginx 1.22: proxy_pass", || nginx("/status/502")),
    row("503", Code("OUT-TARGET-BUSY", "target", 9), "nginx 1.22", || nginx("/status/503")),
    row("504", Code("OUT-TARGET-ERROR", "target", 9), "nginx 1.22: proxy_read_timeout", || nginx("/status/504")),
    row("500 through Squid", Code("OUT-TARGET-ERROR", "target", 9), "nginx 1.22", || nginx_by_squid("/status/500")),
    row("502 through Squid", Code("OUT-TARGET-ERROR", "target", 9), "nginx 1.22: proxy_pass", || nginx_by_squid("/status/502")),
    row("503 through Squid", Code("OUT-TARGET-BUSY", "target", 9), "nginx 1.22", || nginx_by_squid("/status/503")),
    row("504 in a tunnel", Code("OUT-TARGET-ERROR", "target", 9), "nginx 1.22: proxy_read_timeout", || nginx_by_tunnel("/status/504")),
    row("501", Code("OUT-TARGET-REFUSED", "target", 9), "RFC 9110 section 15.6.2", || answering(&answer("501 Not Implemented", "", ""))),
    row("plain HTTP where TLS is spoken", Code("OUT-TARGET-WANTS-TLS", "settings", 9), "nginx 1.22", || {
        Fault::direct(shared().nginx.https("/").replace("https:", "http:"))
    }),
    row("plain HTTP where TLS is spoken, through Squid", Code("OUT-TARGET-WANTS-TLS", "settings", 9), "nginx 1.22", || {
        Fault::through(&peers::squid().url(), shared().nginx.https("/").replace("https:", "http:"))
    }),
    row("SSH in HTTP's place", Code("OUT-TARGET-NOT-HTTP", "settings", 9), "OpenSSH 9.2", || {
        Fault::scripted(vec![Step::write("SSH-2.0-OpenSSH_9.2p1\r\n"), Step::ReadToEnd], "http://{}/")
    }),
    row("FTP in HTTP's place, in a tunnel", Code("OUT-TARGET-NOT-HTTP", "settings", 9), "vsftpd 3.0", || {
        let server = peers::Vsftpd::start(&shared().root, &[]);
        let url = server.url("/").replace("ftp:", "http:");
        Fault::through(&peers::squid().url(), url).set("tunnel = \"always\"\n").with(server)
    }),
    row("a TLS alert in answer to plain HTTP", Code("OUT-TARGET-WANTS-TLS", "settings", 9), "RFC 8446 section 6", || {
        Fault::scripted(vec![Step::head(), Step::write(b"\x15\x03\x01\0\x02\x02\x46"), Step::Close], "http://{}/")
    }),
    row("something else in HTTP's place", Code("OUT-TARGET-NOT-HTTP", "settings", 9), "a service of its own", || {
        answering("what?\r\n\r\n")
    }),
    row("no answer", Code("OUT-TARGET-SILENT", "target", 11), "a server that hangs", || {
        Fault::scripted(vec![Step::Stall], "http://{}/").limit("reply = \"200ms\"")
    }),
    row("it hangs up", Code("OUT-TARGET-CLOSED", "target", 11), "a server in trouble", || {
        Fault::scripted(vec![Step::head(), Step::Close], "http://{}/")
    }),
    row("a redirect in a circle", Code("OUT-REDIRECT-REFUSED", "target", 9), "nginx 1.22", || nginx("/loop")),
    row("a redirect from https to http", Code("OUT-REDIRECT-REFUSED", "target", 9), "nginx 1.22", || nginx_by_tunnel("/away/x")),
    row("a redirect that leads nowhere", Code("OUT-REDIRECT-REFUSED", "target", 9), "RFC 9110 section 15.4", || {
        answering(&answer("302 Found", "", ""))
    }),
    row("a captive portal in the target's place", Code("OUT-CAPTIVE-PORTAL", "network", 9), "RFC 6585 section 6", || {
        answering(&answer("511 Network Authentication Required", "", ""))
    }),
    row("it is cut before the first byte", Code("OUT-CUT", "network", 11), "a server in trouble", || {
        answering("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    }),
];
