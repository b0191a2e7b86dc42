//! `outbound check` names the culprit: one row for each verdict.

use std::sync::OnceLock;

use serde_json::Value;

use crate::kit::{Program, Ran, shared};
use crate::support::peers::{self, Squid, Vsftpd, squid};
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::free_port;

/// What is checked, and what must be told of it.
struct Row {
    name: &'static str,
    settings: String,
    url: String,
    /// The exit code, by the table in docs/guide.md.
    code: i32,
    /// The stages that were passed.
    passed: &'static str,
    /// The stage that failed, and its subject.
    failed: String,
    /// What the other side said, or did.
    said: String,
    kind: &'static str,
    side: &'static str,
    again: bool,
    /// What the hint must speak of; empty for no hint at all.
    hint: String,
    /// The URL as typed, when it is shown otherwise.
    typed: Option<String>,
    /// A file beside the settings, and what is in it.
    file: Option<(&'static str, &'static str)>,
    /// What the error means, where that is more than the answer.
    means: &'static str,
}

impl Row {
    fn new(name: &'static str, settings: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            name,
            settings: settings.into(),
            url: url.into(),
            code: 0,
            passed: "",
            failed: String::new(),
            said: String::new(),
            kind: "",
            side: "",
            again: false,
            hint: String::new(),
            typed: None,
            file: None,
            means: "",
        }
    }

    fn through(name: &'static str, proxy: &str, url: impl Into<String>) -> Self {
        Self::new(name, format!("[proxy]\nurl = \"{proxy}\"\n"), url)
    }

    /// The stages passed before the one that fails, and that one with its subject.
    fn stops(self, passed: &'static str, failed: impl Into<String>) -> Self {
        let failed = failed.into();
        Self {
            passed,
            failed,
            ..self
        }
    }

    fn judged(self, code: i32, kind: &'static str, side: &'static str, again: bool) -> Self {
        Self {
            code,
            kind,
            side,
            again,
            ..self
        }
    }

    fn says(self, said: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            said: said.into(),
            hint: hint.into(),
            ..self
        }
    }

    fn meaning(self, means: &'static str) -> Self {
        Self { means, ..self }
    }

    fn given(self, typed: &str) -> Self {
        let typed = Some(typed.to_owned());
        Self { typed, ..self }
    }

    fn with_file(self, name: &'static str, text: &'static str) -> Self {
        let file = Some((name, text));
        Self { file, ..self }
    }

    /// Runs both forms and compares all of it.
    fn check(&self) {
        let program = Program::with_settings(&self.settings);
        let name = self.name;
        if let Some((file, text)) = self.file {
            std::fs::write(program.file("config/outbound").join(file), text).unwrap();
        }
        let url = self.typed.as_ref().unwrap_or(&self.url);
        let text = program.run(&["check", url]);
        let json = program.run(&["check", "--json", url]);
        assert_eq!(text.code, Some(self.code), "{name}: {text:?}");
        assert_eq!(json.code, Some(self.code), "{name}: {json:?}");
        assert_eq!((&*text.err, &*json.err), ("", ""), "{name}");
        self.check_text(&text);
        let told: Value = serde_json::from_str(&json.out).unwrap();
        self.check_json(&told);
    }

    fn check_text(&self, ran: &Ran) {
        let (name, out) = (self.name, &ran.out);
        let mut lines = out.lines();
        assert_eq!(lines.next(), Some(&*self.url), "{name}");
        let route = match self.settings.lines().nth(1) {
            Some(line) if line.starts_with("url") => {
                let proxy = line.split('"').nth(1).unwrap();
                format!("route    through {proxy}")
            }
            _ => "route    direct".to_owned(),
        };
        let first = lines.next().unwrap();
        assert!(first.starts_with(&route), "{name}: {out}");
        let table: Vec<&str> = lines.clone().filter(|l| l.starts_with("  ok ")).collect();
        let passed: Vec<&str> = table
            .iter()
            .map(|l| l.split_whitespace().nth(1).unwrap())
            .collect();
        assert_eq!(passed.join(" "), self.passed, "{name}: {out}");
        let ends: Vec<usize> = table.iter().map(|line| line.chars().count()).collect();
        assert!(ends.windows(2).all(|two| two[0] == two[1]), "{name}: {out}");
        if self.code == 0 {
            let last = lines.last().unwrap();
            assert!(
                last.starts_with("ok: every stage was passed, "),
                "{name}: {out}"
            );
            return;
        }
        let verdict: Vec<&str> = lines.skip_while(|l| l.starts_with("  ok ")).collect();
        let failed = format!("  FAIL   {}", self.failed);
        let fail = verdict[0];
        assert!(fail.starts_with(&failed), "{name}: {failed}: {out}");
        assert!(fail.contains(&self.said), "{name}: {}: {out}", self.said);
        let of = |label: &str| {
            let label = format!("  {label:<8} ");
            verdict.iter().find_map(|line| line.strip_prefix(&label))
        };
        let means = of("means").unwrap_or_default();
        assert_eq!(means.is_empty(), self.means.is_empty(), "{name}: {out}");
        assert!(means.contains(self.means), "{name}: {out}");
        assert_eq!(of("side"), Some(self.side), "{name}: {out}");
        let again = match self.again {
            true => "trying again may help",
            false => "trying again does not help",
        };
        assert_eq!(of("again"), Some(again), "{name}: {out}");
        assert_eq!(of("hint").is_none(), self.hint.is_empty(), "{name}: {out}");
        let hint = verdict
            .iter()
            .skip_while(|line| !line.starts_with("  hint "));
        let hint: Vec<&str> = hint.map(|line| line[11..].trim()).collect();
        let wanted: Vec<&str> = self.hint.lines().map(str::trim).collect();
        assert!(
            hint.join("\n").contains(&wanted.join("\n")),
            "{name}: {}: {out}",
            self.hint
        );
    }

    fn check_json(&self, told: &Value) {
        let name = self.name;
        assert_eq!(told["url"], *self.url, "{name}: {told}");
        assert_eq!(told["ok"], self.code == 0, "{name}: {told}");
        let way = match self.settings.contains("[proxy]") {
            true => "proxy",
            false => "direct",
        };
        assert_eq!(told["route"]["way"], way, "{name}: {told}");
        let steps = told["steps"].as_array().unwrap();
        let stages: Vec<&str> = steps.iter().map(|s| s["stage"].as_str().unwrap()).collect();
        assert_eq!(stages.join(" "), self.passed, "{name}: {told}");
        for step in steps {
            assert!(
                step["subject"].is_string() && step["ms"].is_number(),
                "{name}: {step}"
            );
        }
        let failure = &told["failure"];
        if self.code == 0 {
            assert!(failure.is_null(), "{name}: {told}");
            return;
        }
        let stage = self.failed.split(' ').next().unwrap();
        assert_eq!(failure["stage"], stage, "{name}: {failure}");
        assert_eq!(failure["kind"], self.kind, "{name}: {failure}");
        assert_eq!(failure["side"], self.side, "{name}: {failure}");
        assert_eq!(failure["transient"], self.again, "{name}: {failure}");
        let hint = failure["hint"].as_str().unwrap_or_default();
        let hint: Vec<&str> = hint.lines().map(str::trim).collect();
        let wanted: Vec<&str> = self.hint.lines().map(str::trim).collect();
        assert!(
            hint.join("\n").contains(&wanted.join("\n")),
            "{name}: {failure}"
        );
    }
}

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
            .judged(10, "target-auth", "target", false)
            .meaning("the server does not accept user `ann`"),
        Row::through("550", &proxy, vsftpd().url("/absent.csv"))
            .stops(whole, "request absent.csv ")
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
            "503 Service Unavailable (come back)",
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
            .judged(code, kind, "target", again)
            .meaning(if code == 10 { "it offers Basic" } else { "" })
            .check();
    }
}

#[test]
fn a_target_that_is_silent_closed_or_unknown() {
    let silent = Scripted::each(vec![Step::Stall]);
    let limits = "[timeouts]\nreply = \"200ms\"\n";
    let closed = format!("127.0.0.1:{}", free_port());
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
            "",
        )
        .judged(11, "timeout", "target", true),
        Row::new(
            "FTP, silent, proxy",
            through,
            format!("ftp://{}/x", silent.address()),
        )
        .stops("dial connect", format!("greeting {} ", silent.address()))
        .says(
            "the server did not greet (limit timeouts.reply = 200 ms)",
            "",
        )
        .judged(11, "timeout", "target", true),
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
