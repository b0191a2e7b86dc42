//! What answers at the proxy's port, and its login.

use super::Want::Code;
use super::fault::{Fault, WRONG, answer};
use super::{Row, row};
use crate::kit::{certificate, shared};
use crate::support::peers::index_pages::{IndexServer, Pages};
use crate::support::peers::openssl::OpenSsl;
use crate::support::peers::{self, Vsftpd, squid};
use crate::support::scripted::Step;

const URL: &str = "https://data.example/x";
const PLAIN: &str = "http://data.example/x";
const FTP: &str = "ftp://ftp.example:2121/x";

fn says(bytes: &[u8], url: &str) -> Fault {
    Fault::scripted_proxy(vec![Step::write(bytes), Step::ReadToEnd], url)
}

/// A proxy that wants a login of these schemes.
fn wants(schemes: &[&str], url: &str) -> Fault {
    let fields: String = schemes
        .iter()
        .map(|scheme| format!("Proxy-Authenticate: {scheme}\r\n"))
        .collect();
    let login = answer("407 Proxy Authentication Required", &fields, "");
    Fault::answering_proxy(&login, url)
}

fn squid_with(password: &str, url: &str) -> Fault {
    Fault::known(
        &peers::squid_with_password().url(),
        squid::USER,
        password,
        url,
    )
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("a web server in the proxy's place", Code("OUT-NOT-A-PROXY", "settings", 6), "nginx 1.22", || {
        Fault::through(&shared().nginx.http(""), URL)
    }),
    row("a web server in the proxy's place, FTP", Code("OUT-NOT-A-PROXY", "settings", 6), "nginx 1.22", || {
        Fault::through(&shared().nginx.http(""), FTP)
    }),
    row("Apache without ProxyRequests", Code("OUT-NOT-A-PROXY", "settings", 6), "Apache 2.4", || {
        let server = IndexServer::start(Pages::ApachePlain, &shared().root);
        Fault::through(&server.url(""), URL).with(server)
    }),
    row("an application in the proxy's place", Code("OUT-NOT-A-PROXY", "settings", 6), "Python's http.server", || {
        let server = IndexServer::start(Pages::Python, &shared().root);
        Fault::through(&server.url(""), URL).with(server)
    }),
    row("an FTP server in the proxy's place", Code("OUT-NOT-A-PROXY", "settings", 6), "vsftpd 3.0", || {
        let server = Vsftpd::start(&shared().root, &[]);
        Fault::through(&format!("http://{}", server.address()), URL).with(server)
    }),
    row("an SSH server in the proxy's place", Code("OUT-NOT-A-PROXY", "settings", 6), "OpenSSH 9.2, RFC 4253", || {
        says(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", URL)
    }),
    row("an SSH server in the proxy's place, plain HTTP", Code("OUT-NOT-A-PROXY", "settings", 6), "OpenSSH 9.2, RFC 4253", || {
        says(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", PLAIN)
    }),
    row("a mail server in the proxy's place", Code("OUT-NOT-A-PROXY", "settings", 6), "Postfix, RFC 5321", || {
        says(b"220 mail.corp.example ESMTP Postfix\r\n", URL)
    }),
    row("101 in answer to CONNECT", Code("OUT-NOT-A-PROXY", "settings", 6), "RFC 9110 section 15.2.2", || {
        Fault::answering_proxy("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", URL)
    }),
    row("a web server with TLS in the proxy's place", Code("OUT-NOT-A-PROXY", "settings", 6), "nginx 1.22", || {
        Fault::through(&shared().nginx.https("").replace("https:", "http:"), URL)
    }),
    row("the proxy's port speaks TLS, plain HTTP", Code("OUT-PROXY-WANTS-TLS", "settings", 6), "nginx 1.22: plain HTTP request was sent to HTTPS port", || {
        Fault::through(&shared().nginx.https("").replace("https:", "http:"), PLAIN)
    }),
    row("the proxy's port speaks TLS: Apache", Code("OUT-PROXY-WANTS-TLS", "settings", 6), "Apache 2.4: SSLEngine", || {
        let words = "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />";
        Fault::answering_proxy(&answer("400 Bad Request", "", words), URL)
    }),
    row("the proxy's port speaks TLS, and ends without a word", Code("OUT-PROXY-CLOSED", "proxy", 6), "OpenSSL 3.0", || {
        let (certificate, _) = certificate();
        let server = OpenSsl::start(&certificate, &[]);
        let proxy = server.url().replace("https:", "http:");
        Fault::through(proxy.trim_end_matches('/'), URL).with(server)
    }),
    row("the proxy's port speaks TLS: an alert", Code("OUT-PROXY-WANTS-TLS", "settings", 6), "OpenSSL, RFC 8446 section 6", || {
        Fault::scripted_proxy(vec![Step::head(), Step::write(b"\x15\x03\x01\0\x02\x02\x46"), Step::Close], URL)
    }),
    row("the proxy's port speaks TLS: Go", Code("OUT-PROXY-WANTS-TLS", "settings", 6), "Go's net/http", || {
        let words = "Client sent an HTTP request to an HTTPS server.\n";
        Fault::answering_proxy(&answer("400 Bad Request", "", words), URL)
    }),
    row("the proxy hangs up at once", Code("OUT-PROXY-CLOSED", "proxy", 6), "a load balancer without servers", || {
        Fault::scripted_proxy(vec![Step::Close], URL)
    }),
    row("the proxy hangs up on CONNECT", Code("OUT-PROXY-CLOSED", "proxy", 6), "rules that drop", || {
        Fault::scripted_proxy(vec![Step::head(), Step::Close], URL)
    }),
    row("the proxy resets", Code("OUT-PROXY-CLOSED", "proxy", 6), "rules that drop", || {
        Fault::scripted_proxy(vec![Step::head(), Step::Reset], URL)
    }),
    row("the proxy hangs up inside its answer", Code("OUT-PROXY-CLOSED", "proxy", 6), "a proxy that crashed", || {
        Fault::answering_proxy("HTTP/1.1 200 OK\r\nVia: 1.1 gw\r\n", URL)
    }),
    row("the proxy hangs up, plain HTTP", Code("OUT-PROXY-CLOSED", "proxy", 6), "rules that drop", || {
        Fault::scripted_proxy(vec![Step::head(), Step::Close], PLAIN)
    }),
    row("the proxy is silent", Code("OUT-PROXY-SILENT", "proxy", 6), "Squid waits 60 s for a target", || {
        Fault::scripted_proxy(vec![Step::Stall], URL).limit("connect = \"200ms\"")
    }),
    row("the proxy is silent, plain HTTP", Code("OUT-PROXY-SILENT", "proxy", 6), "Squid waits 60 s for a target", || {
        Fault::scripted_proxy(vec![Step::Stall], PLAIN).limit("reply = \"200ms\"")
    }),
    row("the proxy's answer is broken", Code("OUT-PROXY-MALFORMED", "proxy", 6), "RFC 9112 section 4", || {
        Fault::answering_proxy("HTTP/1.1 two hundred\r\n\r\n", URL)
    }),
    row("the proxy's answer is endless", Code("OUT-PROXY-TOO-LONG", "proxy", 6), "64 KiB, a fixed limit", || {
        let head = format!("HTTP/1.1 200 OK\r\nX-Trace: {}\r\n\r\n", "a".repeat(300_000));
        Fault::scripted_proxy(vec![Step::head(), Step::write(head), Step::Stall], URL)
    }),
    row("no credentials", Code("OUT-PROXY-AUTH-MISSING", "settings", 7), "Squid 5.7", || {
        Fault::through(&peers::squid_with_password().url(), URL)
    }),
    row("no credentials, plain HTTP", Code("OUT-PROXY-AUTH-MISSING", "settings", 7), "Squid 5.7", || {
        Fault::through(&peers::squid_with_password().url(), PLAIN)
    }),
    row("no credentials, FTP", Code("OUT-PROXY-AUTH-MISSING", "settings", 7), "Squid 5.7", || {
        Fault::through(&peers::squid_with_password().url(), FTP)
    }),
    row("wrong credentials", Code("OUT-PROXY-AUTH-WRONG", "settings", 7), "Squid 5.7", || {
        squid_with(WRONG, URL)
    }),
    row("wrong credentials, plain HTTP", Code("OUT-PROXY-AUTH-WRONG", "settings", 7), "Squid 5.7", || {
        squid_with(WRONG, PLAIN)
    }),
    row("wrong credentials, WebSocket", Code("OUT-PROXY-AUTH-WRONG", "settings", 7), "Squid 5.7", || {
        squid_with(WRONG, "wss://data.example/x")
    }),
    row("Kerberos alone, no credentials", Code("OUT-PROXY-AUTH-SCHEME", "proxy", 7), "RFC 4559", || {
        wants(&["Negotiate", "NTLM"], URL)
    }),
    row("Digest alone", Code("OUT-PROXY-AUTH-SCHEME", "proxy", 7), "RFC 7616", || {
        let login = format!("username = \"ann\"\npassword = \"{WRONG}\"\n");
        wants(&["Digest realm=\"corp\", nonce=\"1\""], URL).set(&login)
    }),
    row("NTLM alone, plain HTTP", Code("OUT-PROXY-AUTH-SCHEME", "proxy", 7), "Squid's ntlm_auth", || {
        wants(&["NTLM"], PLAIN)
    }),
    row("Basic among others, no credentials", Code("OUT-PROXY-AUTH-MISSING", "settings", 7), "RFC 9110 section 11.7", || {
        wants(&["Negotiate", "Basic realm=\"corp\""], URL)
    }),
    row("the proxy is busy: 429", Code("OUT-PROXY-BUSY", "proxy", 6), "RFC 6585 section 4", || {
        Fault::answering_proxy(&answer("429 Too Many Requests", "Retry-After: 9\r\n", ""), URL)
    }),
    row("the proxy is busy: 503", Code("OUT-PROXY-BUSY", "proxy", 6), "RFC 9110 section 15.6.4", || {
        Fault::answering_proxy(&answer("503 Service Unavailable", "Retry-After: 9\r\n", ""), URL)
    }),
    row("a captive portal", Code("OUT-CAPTIVE-PORTAL", "network", 6), "RFC 6585 section 6", || {
        let page = "<title>Log in to the network</title>";
        Fault::answering_proxy(&answer("511 Network Authentication Required", "", page), URL)
    }),
    row("a captive portal, plain HTTP", Code("OUT-CAPTIVE-PORTAL", "network", 6), "RFC 6585 section 6", || {
        let page = "<title>Log in to the network</title>";
        Fault::answering_proxy(&answer("511 Network Authentication Required", "", page), PLAIN)
    }),
    row("a login page in answer to CONNECT", Code("OUT-CAPTIVE-PORTAL", "network", 6), "Squid's deny_info 302:…", || {
        let to = "Location: http://login.corp.example/?u=x\r\n";
        Fault::answering_proxy(&answer("302 Found", to, ""), URL)
    }),
    row("the proxy refuses for a reason of its own", Code("OUT-PROXY-REFUSED", "proxy", 6), "RFC 7725", || {
        Fault::answering_proxy(&answer("451 Unavailable For Legal Reasons", "", ""), URL)
    }),
];
