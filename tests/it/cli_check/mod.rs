//! `outbound check` names the culprit: one row for each verdict.

mod advice;
mod doubts;
mod held;
mod inspected;
mod options;
mod remarks;
mod row;
mod services;
mod several;
mod targets;
mod waits;

use std::sync::OnceLock;

use self::row::Row;
use crate::kit::shared;
use crate::support::peers::{self, Squid, Vsftpd, squid};
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::Closed;

fn vsftpd() -> &'static Vsftpd {
    static SHARED: OnceLock<Vsftpd> = OnceLock::new();
    SHARED.get_or_init(|| {
        std::fs::create_dir_all(shared().root.join("folder")).unwrap();
        Vsftpd::start(&shared().root, &[])
    })
}

/// What a CONNECT to 127.0.0.1:443 tells beside the refusal, whoever may listen there.
const SO_IT_IS_THE_PORT: &str = ", so it is port ";

/// A proxy that answers every request so.
fn answering(text: &str) -> Scripted {
    Scripted::each(vec![Step::head(), Step::write(text), Step::Close])
}

fn check(rows: Vec<Row>) {
    for row in rows {
        row.check();
    }
}

#[test]
fn the_proxy_itself() {
    let closed = Closed::new();
    let url = "https://data.example/x";
    check(vec![
        Row::through("unknown name", "http://no-such-proxy.invalid:3128", url)
            .stops("", "resolve no-such-proxy.invalid ")
            .says("the name is unknown here", "check the proxy's name in ")
            .judged(5, "resolve", "settings", false),
        Row::through("dead", &closed.url(), url)
            .stops("", format!("dial {} ", closed.address()))
            .says(
                "connection refused",
                "nothing listens there: check the port in ",
            )
            .judged(5, "dial", "proxy", true),
    ]);
}

#[test]
fn credentials_for_the_proxy() {
    let proxy = peers::squid_with_password().url();
    let at = &proxy[7..];
    let said = "407 Proxy Authentication Required (squid: ERR_CACHE_ACCESS_DENIED 0)";
    let urls = [
        shared().nginx.https("/small.bin"),
        shared().nginx.http("/small.bin"),
        vsftpd().url("/small.bin"),
    ];
    for url in &urls {
        Row::through("no credentials", &proxy, url)
            .stops("dial", format!("auth {at} "))
            .says(said, "set proxy.username and proxy.password")
            .judged(7, "proxy-auth", "settings", false)
            .meaning("the proxy wants a user name and password; it offers Basic")
            .check();
        let wrong = format!(
            "[proxy]\nurl = \"{proxy}\"\nusername = \"{}\"\npassword = {{ file = \"secret\" }}\n",
            squid::USER
        );
        Row::new("wrong password", wrong, url)
            .stops("dial", format!("auth {at} "))
            .says(
                said,
                "the user name or the password is wrong, or the account is locked",
            )
            .judged(7, "proxy-auth", "settings", false)
            .meaning("the proxy does not accept user `svc-data` (password from file /")
            .with_file("secret", "hunter2\n")
            .check();
    }
    let login = format!(
        "[proxy]\nurl = \"{proxy}\"\nusername = \"{}\"\npassword = {{ file = \"secret\" }}\n",
        squid::USER
    );
    let [_, http, ftp] = &urls;
    Row::new("asked, and answered", &login, http)
        .stops("dial auth request transfer", "")
        .with_file("secret", squid::PASSWORD)
        .check();
    Row::new("asked, and answered", &login, ftp)
        .stops(
            "dial auth connect greeting login passive dial data transfer",
            "",
        )
        .with_file("secret", squid::PASSWORD)
        .check();
}

#[test]
fn what_the_proxy_forbids() {
    let ftp = vsftpd().url("/small.bin");
    let at = format!("127.0.0.1:{}", vsftpd().port());
    let denied = "403 Forbidden (squid: ERR_ACCESS_DENIED 0)";
    let none = Squid::start(squid::Options {
        tunnel_ports: "1".to_owned(),
        ..squid::Options::default()
    });
    let control = Squid::start(squid::Options {
        tunnel_ports: vsftpd().port().to_string(),
        ..squid::Options::default()
    });
    let apache = peers::apache().url();
    let squid_data = "passive FTP needs CONNECT to ports 1024-65535\n  squid    # above \
                      the first `http_access deny` (in Squid's own file `deny !Safe_ports`), for \
                      clients in `localnet`\n           \
                      acl host_127.0.0.1 dst -n 127.0.0.1\n           \
                      acl port_1024-65535 port 1024-65535\n           \
                      http_access allow localnet CONNECT host_127.0.0.1 port_1024-65535";
    check(vec![
        Row::through("FTP control, by port", &none.url(), &ftp)
            .stops("dial", format!("connect {at} "))
            .says(
                denied,
                format!("the proxy refuses CONNECT to port {}", vsftpd().port()),
            )
            .judged(6, "proxy-refused", "proxy", false)
            .meaning(SO_IT_IS_THE_PORT),
        Row::through("FTP data, by port", &control.url(), &ftp)
            .stops(
                "dial connect greeting login passive dial",
                "data 127.0.0.1:",
            )
            .says(denied, squid_data)
            .judged(6, "proxy-refused", "proxy", false),
        Row::through("FTP data of a folder", &control.url(), vsftpd().url("/"))
            .stops(
                "dial connect greeting login passive dial",
                "data 127.0.0.1:",
            )
            .says(denied, squid_data)
            .judged(6, "proxy-refused", "proxy", false),
        Row::through(
            "a port that Apache does not allow",
            &apache,
            "https://127.0.0.1:444/x",
        )
        .stops("dial", "connect 127.0.0.1:444 ")
        .says(
            "403 Proxy Error",
            "ask the proxy's administrator to allow CONNECT to 127.0.0.1:444\n  apache   # in its \
             virtual host, behind the <Proxy> sections; it keeps the ports from other hosts\n           \
             AllowConnect 443-444\n           \
             <ProxyMatch \"(?i)^(?!127[.]0[.]0[.]1:)[^/]*:444$\">\n             \
             Require all denied\n           </ProxyMatch>",
        )
        .judged(6, "proxy-refused", "proxy", false)
        .meaning(SO_IT_IS_THE_PORT),
        Row::through(
            "FTP's port that Apache does not allow",
            &apache,
            "ftp://127.0.0.1:990/x",
        )
        .stops("dial", "connect 127.0.0.1:990 ")
        .says(
            "403 Proxy Error",
            "AllowConnect 443 990 1024-65535",
        )
        .judged(6, "proxy-refused", "proxy", false)
        .meaning(SO_IT_IS_THE_PORT),
    ]);
}

#[test]
fn what_the_proxy_cannot_reach() {
    let port = Closed::new();
    let closed = port.address();
    let url = format!("https://{closed}/x");
    let plain = format!("http://{closed}/x");
    let not_reached = format!("the proxy could not reach {closed}: check the name and port");
    let mut rows = vec![
        Row::through("Squid, closed port", &peers::squid().url(), &url)
            .stops("dial", format!("connect {closed} "))
            .says(
                "503 Service Unavailable (squid: ERR_CONNECT_FAIL 111)",
                format!("{closed} refused the proxy's connection: check the port"),
            )
            .judged(6, "proxy-unavailable", "target", true),
        Row::through(
            "Squid, unknown name",
            &peers::squid().url(),
            "https://no.invalid/",
        )
        .stops("dial", "connect no.invalid:443 ")
        .says(
            "500 Internal Server Error (squid: ERR_CANNOT_FORWARD 0)",
            "Squid found no way to no.invalid:443, mostly because it does not know the name",
        )
        .judged(6, "proxy-unavailable", "target", true),
        Row::through(
            "Squid, closed port, absolute form",
            &peers::squid().url(),
            &plain,
        )
        .stops("dial", "request GET /x ")
        .says(
            "503 Service Unavailable (squid: ERR_CONNECT_FAIL 111)",
            format!("{closed} refused the proxy's connection: check the port"),
        )
        .judged(6, "proxy-unavailable", "target", true),
        Row::through("Apache, closed port", &peers::apache().url(), &url)
            .stops("dial", format!("connect {closed} "))
            .says("503 Service Unavailable", &not_reached)
            .judged(6, "proxy-unavailable", "target", true),
    ];
    let peers: Vec<Scripted> = ["502 Bad Gateway", "503 Busy", "504 Gateway Timeout"]
        .map(|status| answering(&format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")))
        .into();
    for (peer, said) in peers
        .iter()
        .zip(["502 Bad Gateway", "503 Busy", "504 Gateway Timeout"])
    {
        let busy = said.starts_with("503");
        let hint = match busy {
            true => format!("the proxy is overloaded or cannot reach {closed}; try again later"),
            false => not_reached.clone(),
        };
        rows.push(
            Row::through("a status", &peer.url(), &url)
                .stops("dial", format!("connect {closed} "))
                .says(said, hint)
                .judged(
                    6,
                    "proxy-unavailable",
                    if busy { "proxy" } else { "target" },
                    true,
                ),
        );
    }
    check(rows);
}

#[test]
fn trust_in_the_target() {
    let url = shared().nginx.https("/small.bin");
    let at = format!("target-tls 127.0.0.1:{}", shared().nginx.https_port());
    let trusting = |url: &str| {
        format!(
            "[proxy]\nurl = \"{}\"\n[connections.origin]\nurl = \"{url}\"\nca_file = \"{}\"\n",
            peers::squid().url(),
            shared().ca.display()
        )
    };
    let elsewhere = format!("https://ftp.test:{}/", shared().nginx.https_port());
    check(vec![
        Row::through("self-signed", &peers::squid().url(), &url)
            .stops("dial connect", &at)
            .says(
                "its certificate is issued by an authority that is not trusted here",
                "set ca_file in a [connections.NAME] that covers this URL",
            )
            .judged(8, "tls", "settings", false),
        Row::new("self-signed, believed", trusting(&url), &url)
            .stops("dial connect target-tls request transfer", ""),
        Row::new("another name", trusting(&elsewhere), &elsewhere)
            .stops(
                "dial connect",
                format!("target-tls {} ", &elsewhere[8..elsewhere.len() - 1]),
            )
            .says(
                "its certificate is for another name than ftp.test",
                "use the name",
            )
            .judged(8, "tls", "target", false),
    ]);
}
