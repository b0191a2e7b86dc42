//! What a proxy can answer to CONNECT, and what is told of it.

use std::net::SocketAddr;

use outbound::base::{Error, Kind, Side, Stage, Target};
use outbound::connector::Connector;

use crate::kit::connector;
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::Closed;

pub const USER: &str = "svc-data";
pub const PASSWORD: &str = "hunter2-very-secret";

/// Settings that lead everything through the proxy at `address`.
pub fn settings(address: SocketAddr, more: &str) -> String {
    format!(
        "[proxy]\nurl = \"http://{address}\"\n{more}\n\
         [retry]\nattempts = 3\npause = \"1ms\"\npause_max = \"2ms\"\n"
    )
}

pub fn credentials() -> String {
    format!("username = \"{USER}\"\npassword = \"{PASSWORD}\"\n")
}

pub fn target() -> Target {
    Target::parse("ftp://ftp.example/").unwrap()
}

pub async fn failure(connector: &Connector) -> Error {
    match connector.connect(&target()).await {
        Ok(_) => panic!("a tunnel was opened"),
        Err(error) => error,
    }
}

/// One fault: what the proxy does after the request's head, and what must be told.
struct Case {
    name: &'static str,
    steps: Vec<Step>,
    kind: Kind,
    stage: Stage,
    side: Side,
    transient: bool,
    /// What the other side said, or did.
    said: &'static str,
    /// What the hint must speak of; empty when nothing is to be done but to try again.
    hint: &'static str,
}

pub fn answer(text: &str) -> Vec<Step> {
    vec![Step::head(), Step::write(text), Step::Close]
}

fn cases() -> Vec<Case> {
    let connect = |name, steps, kind, said, hint| Case {
        name,
        steps,
        kind,
        stage: Stage::Connect,
        side: Side::Proxy,
        transient: matches!(kind, Kind::ProxyUnavailable | Kind::ProxyProtocol),
        said,
        hint,
    };
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(300_000));
    let fields = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(1000));
    vec![
        connect(
            "403 with Proxy-Status and a body",
            answer(
                "HTTP/1.1 403 Forbidden\r\nProxy-Status: gw.corp; error=http_request_denied\r\n\
                 Content-Length: 30\r\n\r\n<title>Policy\x1b[31m says no</title>",
            ),
            Kind::ProxyRefused,
            "403 Forbidden (proxy-status: gw.corp; error=http_request_denied)",
            "FTP needs CONNECT to port 21",
        ),
        connect(
            "403 with an escape in the page's title",
            answer("HTTP/1.1 403 No\r\n\r\n<title>Policy\x1b[31m says no\u{202e}</title>"),
            Kind::ProxyRefused,
            "403 No (Policy\\x1b[31m says no\\u{202e})",
            "FTP needs CONNECT to port 21",
        ),
        Case {
            side: Side::Target,
            ..connect(
                "504",
                answer("HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n"),
                Kind::ProxyUnavailable,
                "504 Gateway Timeout",
                "the proxy could not reach ftp.example:21",
            )
        },
        Case {
            side: Side::Target,
            ..connect(
                "502",
                answer("HTTP/1.0 502 Bad Gateway\r\n\r\nno route"),
                Kind::ProxyUnavailable,
                "502 Bad Gateway (no route)",
                "the proxy could not reach ftp.example:21",
            )
        },
        connect(
            "503",
            answer("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"),
            Kind::ProxyUnavailable,
            "503 Service Unavailable",
            "try again later",
        ),
        Case {
            side: Side::Settings,
            ..connect(
                "405 of a web server",
                answer("HTTP/1.1 405 Not Allowed\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n"),
                Kind::ProxyRefused,
                "405 Not Allowed",
                "check the proxy's port",
            )
        },
        Case {
            side: Side::Network,
            ..connect(
                "302 of a captive portal",
                answer(
                    "HTTP/1.1 302 Found\r\nLocation: http://login/\r\nContent-Length: 0\r\n\r\n",
                ),
                Kind::ProxyRefused,
                "302 Found, to http://login/",
                "captive portal",
            )
        },
        Case {
            transient: false,
            side: Side::Settings,
            ..connect(
                "the banner of an SSH server",
                vec![Step::write("SSH-2.0-OpenSSH_9.2\x07p1\r\n"), Step::Stall],
                Kind::ProxyProtocol,
                "not an HTTP proxy: it said `SSH-2.0-OpenSSH_9.2\\x07p1`",
                "check the proxy's port in settings.toml:2: proxy.url",
            )
        },
        Case {
            transient: false,
            side: Side::Settings,
            ..connect(
                "a TLS alert",
                vec![
                    Step::head(),
                    Step::write(b"\x15\x03\x01\x00\x02\x02\x46"),
                    Step::Stall,
                ],
                Kind::ProxyProtocol,
                "it speaks HTTP over TLS only",
                "https://127.0.0.1:",
            )
        },
        connect(
            "a malformed head",
            answer("HTTP/1.1 twohundred OK\r\n\r\n"),
            Kind::ProxyProtocol,
            "malformed: `HTTP/1.1 twohundred OK`",
            "",
        ),
        connect(
            "a close at once",
            vec![Step::Close],
            Kind::ProxyProtocol,
            "the proxy closed the connection without an answer",
            "",
        ),
        connect(
            "a reset instead of an answer",
            vec![Step::head(), Step::Reset],
            Kind::ProxyProtocol,
            "the connection to the proxy broke before its answer",
            "",
        ),
        connect(
            "a close inside the head",
            answer("HTTP/1.1 200 OK\r\nVia: x\r\n"),
            Kind::ProxyProtocol,
            "closed the connection inside its answer, after 25 bytes",
            "",
        ),
        Case {
            transient: false,
            ..connect(
                "a head of 300 kB",
                vec![Step::head(), Step::write(long), Step::Stall],
                Kind::ProxyProtocol,
                "longer than 64 KiB",
                "",
            )
        },
        Case {
            transient: false,
            ..connect(
                "a thousand fields",
                vec![Step::head(), Step::write(fields), Step::Stall],
                Kind::ProxyProtocol,
                "more than 100 header fields",
                "",
            )
        },
        Case {
            transient: false,
            side: Side::Settings,
            ..connect(
                "101",
                answer("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
                Kind::ProxyProtocol,
                "101 Switching Protocols",
                "",
            )
        },
        Case {
            stage: Stage::Auth,
            side: Side::Settings,
            ..connect(
                "407 without credentials to answer",
                answer(
                    "HTTP/1.1 407 Login\r\nProxy-Authenticate: Negotiate\r\n\
                     Proxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n",
                ),
                Kind::ProxyAuth,
                "407 Login; it offers Negotiate, Basic",
                "set proxy.username and proxy.password",
            )
        },
    ]
}

/// What every error must let its reader answer (the plan's section on errors).
pub fn assert_facts(name: &str, error: &Error, proxy: SocketAddr) {
    let message = error.to_string();
    let way = format!("http://{proxy} (global proxy, settings.toml:2: proxy.url)");
    let through = format!("through {way}: ");
    let reach = format!("reach the proxy {way} for ftp.example:21: ");
    assert!(
        message.contains(&through) || message.starts_with(&reach),
        "{name}: which way and why: {message}"
    );
    assert!(message.contains("ftp.example:21"), "{name}: {message}");
    let shown = format!("{message} {error:?} {:?}", error.hint());
    assert!(!shown.contains(PASSWORD), "{name}: {shown}");
    assert!(
        !message.chars().any(char::is_control),
        "{name}: {message:?}"
    );
    assert!(message.chars().count() < 600, "{name}: {message}");
}

#[tokio::test]
async fn each_fault_is_its_own_error() {
    for case in cases() {
        let name = case.name;
        let proxy = Scripted::each(case.steps);
        let error = failure(&connector(&settings(proxy.address(), ""))).await;
        assert_eq!(error.kind(), case.kind, "{name}: {error}");
        assert_eq!(error.stage(), case.stage, "{name}: {error}");
        assert_eq!(error.side(), case.side, "{name}: {error}");
        assert_eq!(error.is_transient(), case.transient, "{name}: {error}");
        assert!(error.to_string().contains(case.said), "{name}: {error}");
        assert!(
            error
                .to_string()
                .starts_with("open a tunnel to ftp.example:21 through ")
        );
        let hint = error.hint().unwrap_or_default();
        assert!(hint.contains(case.hint), "{name}: {hint}");
        assert_facts(name, &error, proxy.address());
        assert_eq!(
            proxy.connections(),
            1,
            "{name}: a connector never tries twice"
        );
    }
}

#[tokio::test]
async fn silence_ends_at_its_limit() {
    let proxy = Scripted::each(vec![Step::head(), Step::write("HTTP/1.1 2"), Step::Stall]);
    let more = "[timeouts]\nconnect = \"200ms\"\n";
    let error = failure(&connector(&settings(proxy.address(), more))).await;
    assert_eq!(
        (error.kind(), error.stage()),
        (Kind::Timeout, Stage::Connect)
    );
    assert_eq!(error.side(), Side::Proxy);
    assert!(error.is_transient());
    assert!(
        error
            .to_string()
            .ends_with("(limit timeouts.connect = 200 ms)"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("waiting for the target"));
    assert_facts("silence", &error, proxy.address());
}

#[tokio::test]
async fn a_closed_port_and_an_unknown_name() {
    let closed = Closed::new();
    let address = closed.address();
    let error = failure(&connector(&settings(address, ""))).await;
    assert_eq!((error.kind(), error.stage()), (Kind::Dial, Stage::Dial));
    assert_eq!(error.side(), Side::Proxy);
    assert!(error.to_string().contains("connection refused"), "{error}");
    assert!(error.hint().unwrap().contains("check the port"));
    assert!(error.is_transient());
    assert_facts("closed port", &error, address);

    let toml = "[proxy]\nurl = \"http://no-such-proxy.invalid:3128\"\n";
    let error = failure(&connector(toml)).await;
    assert_eq!(
        (error.kind(), error.stage()),
        (Kind::Resolve, Stage::Resolve)
    );
    assert_eq!(error.side(), Side::Settings);
    assert!(
        error.to_string().contains(
            "reach the proxy http://no-such-proxy.invalid:3128 (global proxy, settings.toml:2: \
             proxy.url) for ftp.example:21: the name is unknown here"
        ),
        "{error}"
    );
    assert!(
        error.hint().unwrap().contains("settings.toml:2: proxy.url"),
        "{:?}",
        error.hint()
    );
}
