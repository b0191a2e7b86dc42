//! Verdicts on the target.

use super::row::Row;
use super::{check, vsftpd};
use crate::kit::shared;
use crate::support::peers;
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::Closed;

#[test]
fn what_the_ftp_server_refuses() {
    let proxy = peers::squid().url();
    let whole = "dial connect greeting login passive dial data";
    let login = vsftpd().url("/small.bin").replace("ftp://", "ftp://ann@");
    let shown = vsftpd().url("/small.bin");
    check(vec![
        Row::through("530", &proxy, &shown)
            .given(&login)
            .stops("dial connect greeting", "login ann ")
            .says("530 ", "check the user name")
            .judged(10, "target-auth", "settings", false)
            .meaning("the server does not accept user `ann`"),
        Row::through("550", &proxy, vsftpd().url("/absent.csv"))
            // The refusal comes while the data channel is being opened.
            .stops("dial connect greeting login passive", "request absent.csv ")
            .beside("dial data")
            .says(
                "550 Failed to open file.",
                "the file is missing, is a directory, or may not be read",
            )
            .judged(9, "target-refused", "target", false)
            .meaning("the server answered RETR"),
        Row::through("a file", &proxy, &shown)
            .stops("dial connect greeting login passive dial data transfer", ""),
        Row::through("the login directory", &proxy, vsftpd().url("/")).stops(whole, ""),
        Row::through("a directory", &proxy, vsftpd().url("/folder/")).stops(whole, ""),
        Row::new("a directory, direct", "", vsftpd().url("/folder/"))
            .stops("dial greeting login passive dial data", ""),
    ]);
}

#[test]
fn what_the_http_server_refuses() {
    let statuses = [
        (
            "/private/small.bin",
            10,
            "401 Unauthorized",
            "target-auth",
            "the server wants a user name and password",
            false,
        ),
        (
            "/status/403",
            9,
            "403 Forbidden (not for you)",
            "target-refused",
            "the server",
            false,
        ),
        (
            "/status/404",
            9,
            "404 Not Found (no such dataset)",
            "target-refused",
            "check the path",
            false,
        ),
        (
            "/absent",
            9,
            "404 Not Found",
            "target-refused",
            "check the path",
            false,
        ),
        (
            "/status/500",
            9,
            "500 Internal Server Error (broken)",
            "target-unavailable",
            "",
            true,
        ),
        (
            "/status/503",
            9,
            "503 Service Temporarily Unavailable (come back)",
            "target-unavailable",
            "",
            true,
        ),
    ];
    for (path, code, said, kind, hint, again) in statuses {
        let url = shared().nginx.http(path);
        Row::new("direct", "", &url)
            .stops("dial", format!("request GET {path} "))
            .says(said, hint)
            .judged(
                code,
                kind,
                if code == 10 { "settings" } else { "target" },
                again,
            )
            .meaning(if code == 10 { "it offers Basic" } else { "" })
            .check();
    }
}

#[test]
fn a_target_that_is_silent_closed_or_unknown() {
    let silent = Scripted::each(vec![Step::Stall]);
    let limits = "[timeouts]\nreply = \"200ms\"\n";
    let port = Closed::new();
    let closed = port.address();
    let through = format!("[proxy]\nurl = \"{}\"\n{limits}", peers::squid().url());
    check(vec![
        Row::new(
            "HTTP, silent",
            limits,
            format!("http://{}/x", silent.address()),
        )
        .stops("dial", "request GET /x ")
        .says(
            "no answer to the request (limit timeouts.reply = 200 ms)",
            "",
        )
        .judged(11, "timeout", "target", true),
        Row::new(
            "FTP, silent",
            limits,
            format!("ftp://{}/x", silent.address()),
        )
        .stops("dial", format!("greeting {} ", silent.address()))
        .says(
            "the server did not greet (limit timeouts.reply = 200 ms)",
            "an FTP server speaks first",
        )
        .judged(11, "timeout", "target", true),
        Row::new(
            "FTP, silent, proxy",
            through,
            format!("ftp://{}/x", silent.address()),
        )
        .stops("dial connect", format!("greeting {} ", silent.address()))
        .says(
            "the server did not greet; the proxy had answered CONNECT with 200 (limit \
             timeouts.reply = 200 ms)",
            format!("or {} is silent", silent.address()),
        )
        .judged(11, "timeout", "network", true),
        Row::new("closed", "", format!("https://{closed}/x"))
            .stops("", format!("dial {closed} "))
            .says(
                "connection refused",
                "nothing listens there: check the port, and whether the server is up",
            )
            .judged(5, "dial", "target", true),
        Row::new("unknown", "", "https://no-such-host.invalid/x")
            .stops("", "resolve no-such-host.invalid ")
            .says(
                "the name is unknown here",
                "where only a proxy knows names of the outside, set `proxy.url`",
            )
            .judged(5, "resolve", "network", false),
    ]);
}
