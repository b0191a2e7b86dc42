//! WebSocket: the upgrade, and what becomes of it.

use super::Want::{Code, Doubt, Fine};
use super::fault::{Fault, answer};
use super::{Row, row};
use crate::kit::{certificate, shared};
use crate::support::acceptor::acceptor;
use crate::support::echo::Echo;
use crate::support::peers;
use crate::support::scripted::Step;

fn answering(text: &str) -> Fault {
    Fault::scripted(
        vec![Step::head(), Step::write(text), Step::Close],
        "ws://{}/feed",
    )
}

/// The server that does what the path says.
fn echo(path: &str) -> Fault {
    let echo = Echo::start(None);
    Fault::direct(format!("ws://127.0.0.1:{}{path}", echo.port())).with(echo)
}

fn echo_by_squid(path: &str) -> Fault {
    let fault = echo(path);
    let proxied = Fault::through(&peers::squid().url(), "").settings;
    fault.set(&proxied)
}

const VERSION: &str = "Sec-WebSocket-Version: 8, 7\r\n";

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("426 with a version", Code("OUT-WS-VERSION", "target", 9), "RFC 6455 section 4.4", || {
        answering(&answer("426 Upgrade Required", VERSION, ""))
    }),
    row("400 with a version", Code("OUT-WS-VERSION", "target", 9), "RFC 6455 section 4.4", || {
        answering(&answer("400 Bad Request", VERSION, ""))
    }),
    row("426", Code("OUT-WS-NOT-UPGRADED", "target", 9), "Node's ws behind a proxy that drops Upgrade", || {
        answering(&answer("426 Upgrade Required", "", ""))
    }),
    row("400", Code("OUT-WS-NOT-UPGRADED", "target", 9), "Tomcat behind a proxy that drops Upgrade", || {
        answering(&answer("400 Bad Request", "", "Can \"Upgrade\" only to \"WebSocket\"."))
    }),
    row("200, the upgrade is dropped", Code("OUT-WS-NOT-UPGRADED", "target", 9), "nginx 1.22 without proxy_set_header Upgrade", || {
        Fault::direct(shared().nginx.http("/small.bin").replace("http:", "ws:"))
    }),
    row("200, the upgrade is dropped, through Squid", Code("OUT-WS-NOT-UPGRADED", "target", 9), "nginx 1.22 without proxy_set_header Upgrade", || {
        Fault::through(&peers::squid().url(), shared().nginx.http("/small.bin").replace("http:", "ws:"))
    }),
    row("101 without Upgrade", Code("OUT-WS-NOT-UPGRADED", "target", 9), "RFC 6455 section 4.1", || {
        answering("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n")
    }),
    row("101 to another request", Code("OUT-WS-NOT-UPGRADED", "target", 9), "RFC 6455 section 4.1: a cache", || {
        answering("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
    }),
    row("401 to the upgrade", Code("OUT-TARGET-AUTH-MISSING", "settings", 10), "RFC 6455 section 4.1", || echo("/status/401")),
    row("403 to the upgrade", Code("OUT-TARGET-FORBIDDEN", "target", 9), "servers that check Origin", || echo("/status/403")),
    row("404 to the upgrade", Code("OUT-TARGET-NOT-FOUND", "target", 9), "RFC 6455 section 4.1", || echo_by_squid("/status/404")),
    row("502 to the upgrade", Code("OUT-TARGET-ERROR", "target", 9), "nginx 1.22: proxy_pass", || echo_by_squid("/status/502")),
    row("302 to the upgrade", Code("OUT-REDIRECT-REFUSED", "target", 9), "RFC 6455 section 4.1: a login page", || echo("/status/302")),
    row("no answer to the upgrade", Code("OUT-TARGET-SILENT", "target", 11), "a server that hangs", || {
        Fault::scripted(vec![Step::Stall], "ws://{}/feed").limit("reply = \"200ms\"")
    }),
    row("it hangs up on the upgrade", Code("OUT-TARGET-CLOSED", "target", 11), "a filter that knows WebSocket", || {
        Fault::scripted(vec![Step::head(), Step::Close], "ws://{}/feed")
    }),
    row("upgraded and cut", Code("OUT-WS-CUT", "target", 11), "RFC 6455 section 7.1.5: 1006", || echo("/drop/0")),
    row("upgraded and cut, through Squid", Code("OUT-WS-CUT", "target", 11), "RFC 6455 section 7.1.5: 1006", || echo_by_squid("/drop/1")),
    row("upgraded, and garbage", Code("OUT-TARGET-MALFORMED", "target", 9), "RFC 6455 section 5.2", || echo("/raw/ff00")),
    row("closed by a policy", Code("OUT-TARGET-REFUSED", "target", 9), "RFC 6455 section 7.4.1: 1008", || echo("/close/1008")),
    row("closed by a failure", Code("OUT-TARGET-ERROR", "target", 9), "RFC 6455 section 7.4.1: 1011", || echo("/close/1011")),
    row("closed at once in good order", Doubt("closed the WebSocket at once: 1000"), "RFC 6455 section 7.4.1: 1000", || echo("/close/1000")),
    row("no answer to a ping", Doubt("did not answer a ping within 2 s"), "a server that hangs", || echo("/mute")),
    row("all is well: ws", Fine, "RFC 6455", || echo("/echo")),
    row("all is well: ws through Squid", Fine, "RFC 6455, Squid 5.7", || echo_by_squid("/echo")),
    row("all is well: ws, messages at once", Fine, "RFC 6455", || echo("/message/9000")),
    row("all is well: wss through Squid", Fine, "RFC 6455, Squid 5.7", || {
        let (certificate, ca) = certificate();
        let echo = Echo::start(Some(acceptor(&certificate)));
        let fault = Fault::through(&peers::squid().url(), format!("wss://127.0.0.1:{}/echo", echo.port()));
        fault.trusting(&ca).with(echo)
    }),
];
