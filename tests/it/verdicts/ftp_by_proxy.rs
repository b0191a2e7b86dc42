//! FTP by request to the proxy (`ftp = "proxy-get"`).

use super::Want::{Code, Fine};
use super::fault::{Fault, WRONG, answer};
use super::proxy_rules::strict;
use super::{Row, row};
use crate::kit::shared;
use crate::support::peers::{self, Vsftpd};

/// The URL, asked of that proxy.
fn asked(proxy: &str, url: &str) -> Fault {
    Fault::through(proxy, url).set("ftp = \"proxy-get\"\n")
}

/// A file of a vsftpd.
fn file(proxy: &str, path: &str) -> Fault {
    let server = Vsftpd::start(&shared().root, &[]);
    asked(proxy, &server.url(path)).with(server)
}

fn answering(text: &str) -> Fault {
    Fault::answering_proxy(text, "ftp://ftp.example/x").set("ftp = \"proxy-get\"\n")
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("no such file by Squid", Code("OUT-FTP-NOT-FOUND", "target", 9), "Squid 5.7: ERR_FTP_NOT_FOUND", || {
        file(&peers::squid().url(), "/absent.csv")
    }),
    row("no such file by Apache", Code("OUT-FTP-NOT-FOUND", "target", 9), "Apache 2.4: mod_proxy_ftp", || {
        file(&peers::apache().url(), "/absent.csv")
    }),
    row("a wrong login by Squid", Code("OUT-FTP-LOGIN-REFUSED", "settings", 10), "Squid 5.7: ERR_FTP_FORBIDDEN", || {
        let login = format!("username = \"ann\"\npassword = \"{WRONG}\"");
        file(&peers::squid().url(), "/small.bin").connection(&login)
    }),
    row("a closed port by Squid", Code("OUT-PROXY-TARGET-PORT-CLOSED", "target", 6), "Squid 5.7: ERR_CONNECT_FAIL 111", || {
        Fault::closed(|at| asked(&peers::squid().url(), &format!("ftp://{at}/x")))
    }),
    row("an unknown name by Squid", Code("OUT-PROXY-TARGET-NAME-UNKNOWN", "target", 6), "Squid 5.7: ERR_READ_ERROR 0", || {
        asked(&peers::squid().url(), "ftp://absent.test/x")
    }),
    row("a server that is full by Squid", Code("OUT-FTP-421", "target", 9), "Squid: ERR_FTP_UNAVAILABLE", || {
        let field = "Server: squid/5.7\r\nX-Squid-Error: ERR_FTP_UNAVAILABLE 421\r\n";
        answering(&answer("503 Service Unavailable", field, ""))
    }),
    row("refused by name by Squid", Code("OUT-REQUEST-FORBIDDEN", "proxy", 6), "Squid 5.7: dstdomain", || {
        asked(&strict(), "ftp://blocked.test/x")
    }),
    row("a page of the company by Squid", Code("OUT-FORBIDDEN-BY-POLICY", "proxy", 6), "Squid 5.7: deny_info", || {
        asked(&strict(), "ftp://company.test/x")
    }),
    row("no credentials, FTP by Squid", Code("OUT-PROXY-AUTH-MISSING", "settings", 7), "Squid 5.7", || {
        asked(&peers::squid_with_password().url(), "ftp://ftp.example/x")
    }),
    row("a proxy that knows no FTP", Code("OUT-PROXY-REFUSED", "proxy", 6), "tinyproxy 1.11", || {
        file(&peers::tinyproxy().url(), "/small.bin")
    }),
    row("a login page in FTP's place", Code("OUT-CAPTIVE-PORTAL", "network", 6), "RFC 6585 section 6", || {
        answering(&answer("511 Network Authentication Required", "", ""))
    }),
    row("all is well: FTP by Squid", Fine, "Squid 5.7, vsftpd 3.0", || file(&peers::squid().url(), "/small.bin")),
    row("all is well: FTP by Apache", Fine, "Apache 2.4, vsftpd 3.0", || file(&peers::apache().url(), "/small.bin")),
];
