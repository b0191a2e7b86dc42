//! Fail closed: what must not be sent is not sent.

use std::net::TcpListener;

use outbound::base::{Kind, Stage, Target};
use outbound::dataset::Client;
use outbound::settings::Settings;

use crate::kit::{Program, connector, policy};
use crate::support::scripted::{Scripted, Step};

/// A target that notes whether anybody knocks.
struct Watched(TcpListener);

impl Watched {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}/x.csv", self.0.local_addr().unwrap())
    }

    /// A connection that was made waits in the backlog: it needs no time to be seen.
    #[track_caller]
    fn assert_untouched(&self) {
        let knocked = self.0.accept();
        assert!(knocked.is_err(), "the target was reached directly");
    }
}

#[test]
fn bypass_only_sends_nothing_when_the_environment_is_empty() {
    let target = Watched::new();
    let program = Program::with_settings("[policy]\ndirect = \"bypass-only\"\n");
    for scheme in ["http", "https", "ftp"] {
        for command in ["fetch", "stat", "check", "route"] {
            let ran = program.run(&[command, &target.url(scheme)]).expect(4);
            let said = format!("{}{}", ran.out, ran.err);
            assert!(said.contains("the policy forbids to go direct"), "{said}");
            assert!(said.contains("outbound.toml:2: policy.direct"), "{said}");
            target.assert_untouched();
        }
    }
    // The watch sees what knocks.
    let _knock = std::net::TcpStream::connect(target.0.local_addr().unwrap()).unwrap();
    assert!(target.0.accept().is_ok());
    assert_eq!(program.files(), Vec::<String>::new(), "no .part is left");
}

#[test]
fn bad_values_of_variables_never_go_direct() {
    let target = Watched::new();
    let bad = [
        "htp://proxy.test:3128",
        "http:/proxy.test",
        "http://",
        "http://proxy.test:99999",
        "http://proxy.test:port",
        "http://proxy test:3128",
        "http://user:pa/ss@proxy.test:3128",
        "proxy.test:3128x",
        "://proxy.test",
        "socks9://proxy.test:1080",
    ];
    for value in bad {
        for (variable, scheme) in [
            ("http_proxy", "http"),
            ("https_proxy", "https"),
            ("ftp_proxy", "ftp"),
            ("all_proxy", "http"),
            ("HTTPS_PROXY", "https"),
        ] {
            for command in ["fetch", "check"] {
                let program = Program::new();
                let mut run = program.command(&[command, &target.url(scheme)]);
                // all_proxy must not catch what the first variable dropped.
                run.env("ALL_PROXY", "http://127.0.0.1:9")
                    .env(variable, value);
                let ran = crate::kit::Ran::of(run.output().unwrap()).expect(3);
                let said = format!("{}{}", ran.out, ran.err);
                assert!(said.contains(variable), "{variable}={value}: {said}");
                assert!(!said.contains("pa/ss"), "{said}");
                target.assert_untouched();
            }
        }
    }
}

#[test]
fn proxies_that_are_understood_but_not_built_are_refused_at_dialling() {
    let target = Watched::new();
    for scheme in ["https", "socks4", "socks4a", "socks5", "socks5h"] {
        let program = Program::new();
        let proxy = format!("{scheme}://127.0.0.1:1080");
        for command in ["fetch", "check"] {
            let ran = program
                .run(&[command, "--proxy", &proxy, &target.url("http")])
                .expect(4);
            let said = format!("{}{}", ran.out, ran.err);
            assert!(said.contains("flag --proxy"), "names the setting: {said}");
            target.assert_untouched();
        }
        program
            .run(&["route", "--proxy", &proxy, &target.url("http")])
            .expect(0);
    }
}

#[tokio::test]
async fn global_without_a_global_proxy_is_an_error() {
    let target = Watched::new();
    let toml = format!(
        "[connections.out]\nurl = \"{}\"\nproxy = \"global\"\n",
        target.url("http")
    );
    match Settings::from_toml(&toml) {
        Err(_) => {}
        Ok(policy) => {
            let error = Client::new(policy).open("out:").await.unwrap_err();
            assert!(
                matches!(error.kind(), Kind::Settings | Kind::Policy),
                "{error}"
            );
        }
    }
    target.assert_untouched();
}

/// What would end a line on the wire is refused before the first byte, wherever it is put.
#[tokio::test]
async fn line_ends_never_reach_the_wire() {
    let proxy = Scripted::each(vec![Step::Stall]);
    let target = Watched::new();
    let toml = format!("[proxy]\nurl = \"{}\"\n", proxy.url());
    let client = Client::new(policy(&toml));
    for url in [
        "http://h.example/a\r\nX: y",
        "http://h.example/a\nb",
        "http://h.example/a%0d%0aX:%20y",
        "http://h.example\r\n.evil/",
        "ftp://h.example/a%0D%0ADELE%20b",
        "ftp://h.example/a%00b",
        "http://user\r\n:pw@h.example/",
        "ftp://us%0aer:pw@h.example/x",
        "ftp://user:p%0dw@h.example/x",
    ] {
        let refused = match client.dataset(url) {
            Ok(dataset) => dataset.open().await.map(|_| ()),
            Err(error) => Err(error),
        };
        let error = refused.expect_err(url);
        assert!(
            matches!(error.kind(), Kind::Usage | Kind::Secret),
            "{url:?}: {error}"
        );
        assert!(!error.to_string().chars().any(char::is_control), "{error}");
        assert!(!error.to_string().contains("pw"), "{error}");
    }
    let program = Program::with_settings(&toml);
    for header in ["X: a\r\nY: b", "X\r\nY: b", "X: a\nb", "X Y: b", "no colon"] {
        for command in ["fetch", "stat", "check"] {
            program
                .run(&[command, "-H", header, "http://h.example/x"])
                .expect(2);
        }
    }
    for user in ["ann\r\nX: y", "an:n"] {
        let ran = program.run(&["fetch", "--user", user, "http://h.example/x"]);
        assert!([2, 3].contains(&ran.code.unwrap()), "{ran:?}");
    }
    let bypassing = Program::new();
    bypassing
        .run(&["fetch", &format!("{}%0d%0a", target.url("http"))])
        .expect(2);
    target.assert_untouched();
    assert_eq!(proxy.connections(), 0, "{:?}", proxy.received());
    // A proxy's password with a line end is refused too.
    let toml = format!(
        "[proxy]\nurl = \"{}\"\nusername = \"u\"\npassword = \"a\\nb\"\nauth = \"basic\"\n",
        proxy.url()
    );
    if let Ok(policy) = Settings::from_toml(&toml) {
        let client = Client::new(policy);
        let error = client.open("http://h.example/x").await.unwrap_err();
        assert_eq!(error.kind(), Kind::Secret, "{error}");
    }
    assert_eq!(proxy.connections(), 0);
}

/// Escape sequences from a server, in every place that is shown.
#[test]
fn control_characters_from_servers_are_escaped() {
    let bad = "\x1b]0;owned\x07\u{9b}31m\u{202e}";
    let page = format!("<title>{bad}</title>");
    let answers = [
        format!("HTTP/1.1 403 {bad}\r\nContent-Length: 0\r\n\r\n"),
        format!(
            "HTTP/1.1 502 Bad\r\nContent-Length: {}\r\n\r\n{page}",
            page.len()
        ),
        format!("HTTP/1.1 403 No\r\nProxy-Status: {bad}\r\nContent-Length: 0\r\n\r\n"),
        format!(
            "HTTP/1.1 403 No\r\nX-Squid-Error: {bad}\r\nServer: {bad}\r\nVia: {bad}\r\nContent-Length: 0\r\n\r\n"
        ),
        format!(
            "HTTP/1.1 407 No\r\nProxy-Authenticate: {bad} realm=\"{bad}\"\r\nContent-Length: 0\r\n\r\n"
        ),
        format!("HTTP/1.1 302 Found\r\nLocation: gopher://{bad}/\r\nContent-Length: 0\r\n\r\n"),
        format!("HTTP/1.1 302 Found\r\nLocation: http://{bad}/\r\nContent-Length: 0\r\n\r\n"),
        format!("HTTP/1.1 401 No\r\nWWW-Authenticate: {bad}\r\nContent-Length: 0\r\n\r\n"),
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {bad}\r\nETag: \"{bad}\"\r\nLast-Modified: {bad}\r\nContent-Length: 0\r\n\r\n"
        ),
        format!("SSH-2.0-{bad}\r\n"),
    ];
    for answer in answers {
        let proxy = Scripted::each(vec![Step::head(), Step::write(&answer), Step::Close]);
        let toml = format!(
            "[proxy]\nurl = \"{}\"\n[retry]\nattempts = 1\n",
            proxy.url()
        );
        let program = Program::with_settings(&toml);
        for (command, url) in [
            ("fetch", "http://h.example/x"),
            ("stat", "http://h.example/x"),
            ("check", "http://h.example/x"),
            ("check", "ftp://h.example/x"),
            ("fetch", "https://h.example/x"),
        ] {
            for flags in [&["-vvv"][..], &["-vv", "--json"]] {
                let ran = program.run(&[&[command, url], flags].concat());
                for text in [&ran.out, &ran.err] {
                    let hostile =
                        |c: char| c.is_control() && c != '\n' || c == '\u{202e}' || c == '\u{9b}';
                    assert!(!text.contains(hostile), "{answer:?}, {command}: {text:?}");
                }
                let _ = std::fs::remove_file(program.file("x"));
            }
        }
    }
}

#[tokio::test]
async fn a_host_that_is_no_name_is_refused() {
    let proxy = Scripted::each(vec![Step::Stall]);
    let connector = connector(&format!("[proxy]\nurl = \"{}\"\n", proxy.url()));
    for url in ["http://a b/", "http://a%0ab/", "https://exa\u{7f}mple/"] {
        let refused = match Target::parse(url) {
            Ok(target) => connector.connect(&target).await.map(|_| ()),
            Err(error) => Err(error),
        };
        match refused {
            Err(error) => assert_eq!(error.stage(), Stage::Route, "{url}: {error}"),
            Ok(()) => panic!("{url:?} was dialled"),
        }
    }
    assert_eq!(proxy.connections(), 0);
}
