//! `outbound check` names the culprit: one row for each verdict.

mod row;
mod targets;

use std::sync::OnceLock;

use self::row::Row;
use crate::kit::{Program, Ran, shared};
use crate::support::peers::{self, Squid, Vsftpd, squid};
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::free_port;

fn vsftpd() -> &'static Vsftpd {
    static SHARED: OnceLock<Vsftpd> = OnceLock::new();
    SHARED.get_or_init(|| {
        std::fs::create_dir_all(shared().root.join("folder")).unwrap();
        Vsftpd::start(&shared().root, &[])
    })
}

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
    let closed = format!("http://127.0.0.1:{}", free_port());
    let url = "https://data.example/x";
    check(vec![
        Row::through("unknown name", "http://no-such-proxy.invalid:3128", url)
            .stops("", "resolve no-such-proxy.invalid ")
            .says("the name is unknown here", "check the proxy's name in ")
            .judged(5, "resolve", "proxy", false),
        Row::through("dead", &closed, url)
            .stops("", format!("dial {} ", &closed[7..]))
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
    let squid_data = "passive FTP needs CONNECT to ports 1024-65535\n  squid    acl ftp_data port \
                      1025-65535; acl ftp_site dst 127.0.0.1; http_access allow CONNECT ftp_site \
                      ftp_data\n           above `http_access deny CONNECT !SSL_ports`";
    check(vec![
        Row::through("FTP control, by port", &none.url(), &ftp)
            .stops("dial", format!("connect {at} "))
            .says(
                denied,
                format!("the proxy refuses CONNECT to port {}", vsftpd().port()),
            )
            .judged(6, "proxy-refused", "proxy", false),
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
            "ask the proxy's administrator to allow CONNECT to 127.0.0.1:444\n  apache   \
                 AllowConnect 443 444",
        )
        .judged(6, "proxy-refused", "proxy", false),
        Row::through(
            "FTP's port that Apache does not allow",
            &apache,
            "ftp://127.0.0.1:990/x",
        )
        .stops("dial", "connect 127.0.0.1:990 ")
        .says(
            "403 Proxy Error",
            "apache   AllowConnect 20 21 990 443 1024-65535",
        )
        .judged(6, "proxy-refused", "proxy", false),
    ]);
}

#[test]
fn what_the_proxy_cannot_reach() {
    let closed = format!("127.0.0.1:{}", free_port());
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
            "the proxy could not reach no.invalid:443: check the name and port",
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

/// What was passed is told, and what was waited for.
#[test]
fn a_walk_that_is_stopped() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};
    let proxy = Scripted::each(vec![
        Step::head(),
        Step::write("HTTP/1.1 200 OK\r\n\r\n"),
        Step::Stall,
    ]);
    let program = Program::new();
    for (signal, flag) in [("INT", None), ("TERM", Some("--json"))] {
        let url = proxy.url();
        let arguments = [
            "check",
            "-v",
            "--proxy",
            &url,
            "ftp://h.example/x",
            "http://b.example/",
        ];
        let arguments: Vec<&str> = arguments.into_iter().chain(flag).collect();
        let mut command = program.command(&arguments);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        said.find(|line| line.as_ref().unwrap().contains("connect h.example:21: 200"))
            .unwrap()
            .unwrap();
        let sent = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let ran = Ran::of(child.wait_with_output().unwrap()).expect(130);
        if flag.is_some() {
            let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
            let steps = told["steps"].as_array().unwrap();
            assert_eq!(steps.last().unwrap()["stage"], "connect", "{told}");
            assert_eq!(told["failure"]["kind"], "interrupted", "{told}");
            assert_eq!(told["failure"]["stage"], "greeting", "{told}");
            continue;
        }
        let lines: Vec<&str> = ran.out.lines().collect();
        assert_eq!(lines.len(), 5, "{}", ran.out);
        assert!(lines[2].starts_with("  ok     dial "), "{}", ran.out);
        assert!(
            lines[3].starts_with("  ok     connect h.example:21 "),
            "{}",
            ran.out
        );
        let waiting = "  WAIT   greeting h.example:21 ";
        assert!(lines[4].starts_with(waiting), "{}", ran.out);
        assert!(lines[4].contains("stopped by SIGINT after "), "{}", ran.out);
    }
}

/// At a terminal the stages show as they pass, with the one that is waited for.
#[test]
fn a_slow_stage_is_seen_at_a_terminal() {
    use std::io::{Read as _, Write as _};
    use std::process::{Command, Stdio};
    let proxy = Scripted::each(vec![
        Step::head(),
        Step::write("HTTP/1.1 200 OK\r\n\r\n"),
        Step::Stall,
    ]);
    let program = Program::new();
    let line = format!(
        "stty cols 200; {} check --proxy {} ftp://h.example/x",
        env!("CARGO_BIN_EXE_outbound"),
        proxy.url()
    );
    let mut command = Command::new("script");
    command.args(["-qefc", &line, "/dev/null"]);
    program.prepare(&mut command);
    command.env("TERM", "xterm");
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut seen, mut out) = (Vec::new(), child.stdout.take().unwrap());
    let has = |seen: &[u8], words: &str| String::from_utf8_lossy(seen).contains(words);
    while !has(&seen, "WAIT   greeting h.example:21 ") || !has(&seen, "waiting for ") {
        let mut buffer = [0; 4096];
        let count = out.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend(&buffer[..count]);
    }
    assert!(has(&seen, "  ok     connect h.example:21 "));
    // Ctrl-C, as typed.
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(b"\x03").unwrap();
    out.read_to_end(&mut seen).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(has(&seen, "stopped by SIGINT after "));
}

/// A web server in the proxy's place has a file of that path: nothing fails.
#[test]
fn a_good_answer_without_a_trace_of_the_proxy_is_doubted() {
    let shared = shared();
    let doubt = "  doubt    nothing in the answer shows that a proxy passed it on";
    let web = shared.nginx.http("");
    let program = Program::new();
    let asked = "http://data.example/small.bin?token=hunter2";
    let ran = program.run(&["check", "--proxy", &web, asked]).expect(0);
    assert!(ran.out.contains(doubt), "{}", ran.out);
    assert!(
        ran.out.starts_with("http://data.example/small.bin?…\n"),
        "{}",
        ran.out
    );
    assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
    let ran = program
        .run(&["check", "--json", "--proxy", &web, asked])
        .expect(0);
    let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(told["doubt"].is_string(), "{told}");
    let url = shared.nginx.http("/small.bin");
    for proxy in [
        peers::squid().url(),
        peers::tinyproxy().url(),
        peers::apache().url(),
    ] {
        let ran = program.run(&["check", "--proxy", &proxy, &url]).expect(0);
        assert!(!ran.out.contains("doubt"), "{}", ran.out);
    }
}

/// The file that comes is another server's, and the exit code says that all is well.
#[test]
fn the_doubt_is_a_warning_once_where_data_is_brought() {
    let shared = shared();
    let web = shared.nginx.http("");
    let warning = "outbound: warning: nothing in the answer shows that a proxy passed it on";
    let one = "http://data.example/small.bin?a=1";
    let other = "http://other.example/small.bin?a=2";
    let said = |ran: &Ran| ran.err.matches(warning).count();
    let program = Program::new();
    for arguments in [
        vec!["fetch", one],
        // It is there now.
        vec!["fetch", one],
        vec!["fetch", "--force", one],
        vec!["fetch", "-o", "-", one, other],
        vec!["stat", one, other],
        vec!["stat", "--json", one],
    ] {
        let arguments = [&["--proxy", &web][..], &arguments].concat();
        let ran = program.run(&arguments).expect(0);
        assert_eq!(said(&ran), 1, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("`tunnel = \"always\"` makes sure"));
    }
    let ran = program.run(&["stat", "--json", "--proxy", &web, one]);
    let told: serde_json::Value = serde_json::from_str(&ran.expect(0).out).unwrap();
    assert!(told["doubt"].is_string(), "{told}");
    let ran = program.run(&["stat", "-q", "--proxy", &web, one]).expect(0);
    assert_eq!(said(&ran), 0, "{}", ran.err);
    // Proxies say who they are, and a server that is reached directly need not.
    let url = shared.nginx.http("/small.bin");
    for proxy in [
        peers::squid().url(),
        peers::tinyproxy().url(),
        peers::apache().url(),
        "direct".to_owned(),
    ] {
        let ran = program.run(&["stat", "--proxy", &proxy, &url]).expect(0);
        assert_eq!(said(&ran), 0, "{proxy}: {}", ran.err);
    }
}

#[test]
fn plain_http_at_a_port_of_tls() {
    let shared = shared();
    let tls = shared.nginx.https("").replace("https://", "http://");
    let program = Program::new();
    let hint = "this port speaks TLS: write https:// in the URL";
    let to_file = ["fetch", "-o", "x", &tls];
    program.run(&to_file).expect(9).says(hint);
    let may = "if this port speaks TLS, write https:// in the URL";
    program.run(&["stat", &tls]).expect(9).says(may);
    let proxy = "speaks TLS, which cannot be used to a proxy yet: set flag --proxy";
    // Apache httpd's words.
    let words = "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />";
    let answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: ";
    let httpd = answering(&format!("{answer}{}\r\n\r\n{words}", words.len()));
    let ran = program.run(&["stat", "--proxy", &httpd.url(), "https://data.example/x"]);
    ran.expect(6).says(proxy);
    let ran = program.run(&["fetch", "--proxy", &tls, "http://data.example/x"]);
    ran.expect(9).says(proxy);
    // Others hang up, or send an alert.
    for script in [
        vec![Step::head(), Step::Close],
        vec![
            Step::head(),
            Step::write(b"\x15\x03\x01\0\x02\x02\x46"),
            Step::Close,
        ],
    ] {
        let server = Scripted::each(script);
        let url = server.url();
        let ran = program.run(&["fetch", "--retry", "1", "-o", "-", &url]);
        ran.says(may);
    }
}
