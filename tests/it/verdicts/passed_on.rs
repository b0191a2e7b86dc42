//! Pages of servers that are proxies' products too, passed on by a proxy: they stay the target's.

use std::sync::OnceLock;

use super::Want::{self, Code};
use super::fault::Fault;
use super::{Row, row};
use crate::kit::shared;
use crate::support::peers::haproxy::Haproxy;
use crate::support::peers::{self, Apache};
use crate::support::sockets::Closed;

/// An Apache httpd that is a server, and a reverse proxy whose backend is down.
fn apache(path: &str) -> String {
    static SHARED: OnceLock<Apache> = OnceLock::new();
    let apache = SHARED.get_or_init(|| {
        Apache::start_as(|port, _| {
            format!(
                "Listen 127.0.0.1:{port}\n<VirtualHost *:{port}>\n\
                 ProxyPass /dead/ http://127.0.0.1:1/\n\
                 <Location /secret>\nRequire all denied\n</Location>\n</VirtualHost>\n"
            )
        })
    });
    apache.process().assert_runs();
    apache.url() + path
}

/// A haproxy that denies, or has no server, and is the target.
fn haproxy(proxy: &str, way: fn(&Haproxy) -> String) -> Fault {
    let (silent, ending) = (Closed::new(), Closed::new());
    let haproxy = Haproxy::start(silent.port(), ending.port());
    let fault = Fault::through(proxy, way(&haproxy) + "/x");
    fault.with((haproxy, silent, ending))
}

fn by_squid(url: &str) -> Fault {
    Fault::through(&peers::squid().url(), url)
}

fn by_apache(url: &str) -> Fault {
    Fault::through(&peers::apache().url(), url)
}

fn by_tinyproxy(url: &str) -> Fault {
    Fault::through(&peers::tinyproxy().url(), url)
}

const FORBIDDEN: Want = Code("OUT-TARGET-FORBIDDEN", "target", 9);
const NOT_FOUND: Want = Code("OUT-TARGET-NOT-FOUND", "target", 9);
const BUSY: Want = Code("OUT-TARGET-BUSY", "target", 9);
const ERROR: Want = Code("OUT-TARGET-ERROR", "target", 9);

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("Apache's 403 through Squid", FORBIDDEN, "Apache 2.4, Squid 5.7", || by_squid(&apache("/secret"))),
    row("Apache's 403 through Apache", FORBIDDEN, "Apache 2.4", || by_apache(&apache("/secret"))),
    row("Apache's 403 through tinyproxy", FORBIDDEN, "Apache 2.4, tinyproxy 1.11", || by_tinyproxy(&apache("/secret"))),
    row("Apache's 404 through Apache", NOT_FOUND, "Apache 2.4", || by_apache(&apache("/absent"))),
    row("Apache's 404 through tinyproxy", NOT_FOUND, "Apache 2.4, tinyproxy 1.11", || by_tinyproxy(&apache("/absent"))),
    row("Apache's 503 through Squid", BUSY, "Apache 2.4: ProxyPass, Squid 5.7", || by_squid(&apache("/dead/"))),
    row("Apache's 503 through Apache", BUSY, "Apache 2.4: ProxyPass", || by_apache(&apache("/dead/"))),
    row("Apache's 503 through tinyproxy", BUSY, "Apache 2.4: ProxyPass, tinyproxy 1.11", || by_tinyproxy(&apache("/dead/"))),
    row("nginx's 403 through Apache", FORBIDDEN, "nginx 1.22, Apache 2.4", || by_apache(&shared().nginx.http("/status/403"))),
    row("nginx's 403 through tinyproxy", FORBIDDEN, "nginx 1.22, tinyproxy 1.11", || by_tinyproxy(&shared().nginx.http("/status/403"))),
    row("nginx's 404 through Apache", NOT_FOUND, "nginx 1.22, Apache 2.4", || by_apache(&shared().nginx.http("/absent"))),
    row("nginx's 502 through Apache", ERROR, "nginx 1.22, Apache 2.4", || by_apache(&shared().nginx.http("/status/502"))),
    row("nginx's 502 through tinyproxy", ERROR, "nginx 1.22, tinyproxy 1.11", || by_tinyproxy(&shared().nginx.http("/status/502"))),
    row("haproxy's 403 through Squid", FORBIDDEN, "haproxy 2.6, Squid 5.7", || haproxy(&peers::squid().url(), Haproxy::denying)),
    row("haproxy's 403 through Apache", FORBIDDEN, "haproxy 2.6, Apache 2.4", || haproxy(&peers::apache().url(), Haproxy::denying)),
    row("haproxy's 403 through tinyproxy", FORBIDDEN, "haproxy 2.6, tinyproxy 1.11", || haproxy(&peers::tinyproxy().url(), Haproxy::denying)),
    row("haproxy's 503 through Apache", BUSY, "haproxy 2.6, Apache 2.4", || haproxy(&peers::apache().url(), Haproxy::lonely)),
];

/// Behind a proxy that adds no Via nothing tells: it is taken for the proxy's, and said that it may not
/// be.
#[test]
fn a_page_that_may_be_the_targets_is_told_as_such() {
    let proxy = peers::Tinyproxy::start_with("DisableViaHeader Yes", "");
    for (url, code, ask) in [
        (
            apache("/secret"),
            "OUT-REQUEST-FORBIDDEN",
            "to allow this URL",
        ),
        (
            apache("/dead/"),
            "OUT-PROXY-TARGET-UNREACHABLE",
            "could not reach 127.0.0.1:",
        ),
    ] {
        let program =
            crate::kit::Program::with_settings(&Fault::through(&proxy.url(), "").settings);
        let failure = &program.run(&["check", "--json", &url]).expect(6).json()["failure"];
        assert_eq!(failure["code"], code, "{failure}");
        let hint = failure["hint"].as_str().unwrap();
        let doubt = "it is Apache httpd's own page, without a Via field: where the proxy adds none to what \
                     it passes on, the page may be the target's";
        assert!(hint.contains(ask) && hint.contains(doubt), "{hint}");
        let message = failure["message"].as_str().unwrap();
        assert!(
            message.contains("the proxy (or the server behind it) answered"),
            "{message}"
        );
    }
}
