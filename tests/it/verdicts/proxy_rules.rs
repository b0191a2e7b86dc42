//! What the proxy's rules forbid: by port, by name, by a policy, to a user.

use std::sync::OnceLock;

use super::Want::Code;
use super::fault::{Fault, answer};
use super::{Row, row};
use crate::kit::shared;
use crate::support::peers::haproxy::Haproxy;
use crate::support::peers::{self, Apache, Squid, Tinyproxy, Vsftpd, squid};
use crate::support::sockets::Closed;

fn vsftpd() -> &'static Vsftpd {
    static SHARED: OnceLock<Vsftpd> = OnceLock::new();
    SHARED.get_or_init(|| Vsftpd::start(&shared().root, &[]))
}

/// A Squid with the shape of Debian's rules, which tunnels to 443 and to FTP's control channel.
pub fn strict() -> String {
    static SHARED: OnceLock<Squid> = OnceLock::new();
    let squid = SHARED.get_or_init(|| {
        let rules = "acl blocked dstdomain blocked.test\nhttp_access deny blocked\n\
                     acl company dstdomain company.test\ndeny_info ERR_COMPANY company\n\
                     http_access deny company";
        Squid::start(squid::Options {
            tunnel_ports: vsftpd().port().to_string(),
            above: Some(("http_access deny !Safe_ports".to_owned(), rules.to_owned())),
            page: Some(("ERR_COMPANY", "<title>Blocked: file sharing</title>\n")),
            ..squid::Options::default()
        })
    });
    squid.process().assert_runs();
    squid.url()
}

/// A Squid that knows its users and allows them not everything.
fn selective(url: &str) -> Fault {
    static SHARED: OnceLock<Squid> = OnceLock::new();
    let squid = SHARED.get_or_init(|| {
        // Squid asks again, by 407, when the list that denies is the one of users.
        let rules = "acl closed dstdomain closed.test\nhttp_access deny password closed";
        Squid::start(squid::Options {
            password: true,
            above: Some(("http_access deny !Safe_ports".to_owned(), rules.to_owned())),
            ..squid::Options::default()
        })
    });
    squid.process().assert_runs();
    Fault::known(&squid.url(), squid::USER, squid::PASSWORD, url)
}

fn apache() -> String {
    static SHARED: OnceLock<Apache> = OnceLock::new();
    let apache = SHARED.get_or_init(|| {
        Apache::start_with(
            "<Proxy \"blocked.test*\">\nDeny from all\nAllow from none.test\n</Proxy>\n\
             <Proxy \"http://blocked.test*\">\nDeny from all\nAllow from none.test\n</Proxy>",
        )
    });
    apache.process().assert_runs();
    apache.url()
}

fn tinyproxy() -> String {
    static SHARED: OnceLock<Tinyproxy> = OnceLock::new();
    let tinyproxy = SHARED.get_or_init(|| {
        let lines = "ConnectPort 443\nFilter \"@DIR@/filter\"";
        Tinyproxy::start_with(lines, "blocked\\.test\n")
    });
    tinyproxy.process().assert_runs();
    tinyproxy.url()
}

/// What haproxy denies.
fn denied(url: &str) -> Fault {
    let (silent, ending) = (Closed::new(), Closed::new());
    let haproxy = Haproxy::start(silent.port(), ending.port());
    Fault::through(&haproxy.denying(), url).with((haproxy, silent, ending))
}

/// A target behind the proxy at a port that is nobody's.
fn elsewhere(proxy: &str, scheme: &str) -> Fault {
    Fault::closed(|at| Fault::through(proxy, format!("{scheme}://{at}/x")))
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("Squid, by port", Code("OUT-CONNECT-FORBIDDEN-PORT", "proxy", 6), "Squid 5.7: SSL_ports", || {
        elsewhere(&strict(), "https")
    }),
    row("Squid, by port, WebSocket", Code("OUT-CONNECT-FORBIDDEN-PORT", "proxy", 6), "Squid 5.7: SSL_ports", || {
        elsewhere(&strict(), "ws")
    }),
    row("Squid, by port, a bare port", Code("OUT-CONNECT-FORBIDDEN-PORT", "proxy", 6), "Squid 5.7: SSL_ports", || {
        Fault::closed(|at| Fault::through(&strict(), format!("tcp://{at}")))
    }),
    row("Squid, by port, FTP", Code("OUT-CONNECT-FORBIDDEN-PORT", "proxy", 6), "Squid 5.7: SSL_ports", || {
        elsewhere(&strict(), "ftp")
    }),
    row("Squid, by port, plain HTTP in a tunnel", Code("OUT-CONNECT-FORBIDDEN-PORT", "proxy", 6), "Squid 5.7: SSL_ports", || {
        elsewhere(&strict(), "http").set("tunnel = \"always\"\n")
    }),
    row("Squid, by name", Code("OUT-CONNECT-FORBIDDEN-NAME", "proxy", 6), "Squid 5.7: dstdomain", || {
        Fault::through(&strict(), "https://blocked.test/x")
    }),
    row("Squid, by name, another port", Code("OUT-CONNECT-FORBIDDEN-NAME", "proxy", 6), "Squid 5.7: dstdomain", || {
        Fault::through(&strict(), "https://blocked.test:8443/x")
    }),
    row("Squid, by name, FTP", Code("OUT-CONNECT-FORBIDDEN-NAME", "proxy", 6), "Squid 5.7: dstdomain", || {
        Fault::through(&strict(), "ftp://blocked.test/x")
    }),
    row("Squid, by name, plain HTTP", Code("OUT-REQUEST-FORBIDDEN", "proxy", 6), "Squid 5.7: dstdomain", || {
        Fault::through(&strict(), "http://blocked.test/x")
    }),
    row("Squid, a page of the company", Code("OUT-FORBIDDEN-BY-POLICY", "proxy", 6), "Squid 5.7: deny_info", || {
        Fault::through(&strict(), "https://company.test/x")
    }),
    row("Squid, a page of the company, another port", Code("OUT-FORBIDDEN-BY-POLICY", "proxy", 6), "Squid 5.7: deny_info", || {
        Fault::through(&strict(), "wss://company.test:8443/x")
    }),
    row("Squid, a page of the company, plain HTTP", Code("OUT-FORBIDDEN-BY-POLICY", "proxy", 6), "Squid 5.7: deny_info", || {
        Fault::through(&strict(), "http://company.test/x")
    }),
    row("a filter's page", Code("OUT-FORBIDDEN-BY-POLICY", "proxy", 6), "vendors' filters", || {
        let page = "<html><title>Access to this site is blocked: category 7</title></html>";
        Fault::answering_proxy(&answer("403 Forbidden", "", page), "https://data.example/x")
    }),
    row("Squid, the port of FTP's data", Code("OUT-FTP-DATA-FORBIDDEN", "proxy", 6), "Squid 5.7: SSL_ports", || {
        Fault::through(&strict(), vsftpd().url("/small.bin"))
    }),
    row("Squid, the port of a folder's data", Code("OUT-FTP-DATA-FORBIDDEN", "proxy", 6), "Squid 5.7: SSL_ports", || {
        Fault::through(&strict(), vsftpd().url("/"))
    }),
    row("Squid, not this user", Code("OUT-PROXY-AUTH-NOT-ALLOWED", "proxy", 6), "Squid 5.7: proxy_auth", || {
        selective("https://closed.test/x")
    }),
    row("Squid, not this user, another port", Code("OUT-PROXY-AUTH-NOT-ALLOWED", "proxy", 6), "Squid 5.7: proxy_auth", || {
        selective("https://closed.test:8443/x")
    }),
    row("Squid, a port before anybody is asked", Code("OUT-CONNECT-FORBIDDEN-PORT", "proxy", 6), "Squid 5.7: Safe_ports", || {
        selective("https://other.test:99/x")
    }),
    row("Apache, by port", Code("OUT-CONNECT-FORBIDDEN-PORT", "proxy", 6), "Apache 2.4: AllowConnect", || {
        Fault::through(&peers::apache().url(), "https://127.0.0.1:444/x")
    }),
    row("Apache, by port, FTPS", Code("OUT-CONNECT-FORBIDDEN-PORT", "proxy", 6), "Apache 2.4: AllowConnect", || {
        Fault::through(&peers::apache().url(), "ftps://127.0.0.1/x")
    }),
    row("Apache, by name", Code("OUT-CONNECT-FORBIDDEN-NAME", "proxy", 6), "Apache 2.4: <Proxy>", || {
        Fault::through(&apache(), "https://blocked.test:8443/x")
    }),
    row("Apache, by name, plain HTTP", Code("OUT-REQUEST-FORBIDDEN", "proxy", 6), "Apache 2.4: <Proxy>", || {
        Fault::through(&apache(), "http://blocked.test:8443/x")
    }),
    row("tinyproxy, by port", Code("OUT-CONNECT-FORBIDDEN-PORT", "proxy", 6), "tinyproxy 1.11: ConnectPort", || {
        elsewhere(&tinyproxy(), "https")
    }),
    row("tinyproxy, by name", Code("OUT-CONNECT-FORBIDDEN-NAME", "proxy", 6), "tinyproxy 1.11: Filter", || {
        Fault::through(&tinyproxy(), "https://blocked.test/x")
    }),
    row("tinyproxy, by name, plain HTTP", Code("OUT-REQUEST-FORBIDDEN", "proxy", 6), "tinyproxy 1.11: Filter", || {
        Fault::through(&tinyproxy(), "http://blocked.test/x")
    }),
    row("haproxy denies", Code("OUT-CONNECT-FORBIDDEN-NAME", "proxy", 6), "haproxy 2.6: http-request deny", || {
        denied("https://data.example:8443/x")
    }),
    row("haproxy denies, plain HTTP", Code("OUT-REQUEST-FORBIDDEN", "proxy", 6), "haproxy 2.6: http-request deny", || {
        denied("http://data.example/x")
    }),
];
