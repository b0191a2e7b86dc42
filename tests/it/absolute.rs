//! Requests in absolute form: whose word an answer is, and what is told when it is none.

use outbound::base::{Error, Kind, Side, Stage};
use outbound::dataset::Client;

use crate::faults::{answer, settings};
use crate::kit::policy;
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::Closed;

const URL: &str = "http://h.example/x";

async fn failure(proxy: &Scripted, more: &str) -> Error {
    let client = Client::new(policy(&settings(proxy.address(), more)));
    client.open(URL).await.unwrap_err()
}

/// What an error and the causes behind it say.
fn told(error: &Error) -> String {
    let mut told = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        told.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    told
}

/// Requests that go the same way for different reasons share a client, not the reason.
#[tokio::test]
async fn each_request_tells_its_own_reason() {
    let server = Scripted::each(answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    let toml = "[proxy]\nurl = \"http://192.0.2.1:3128\"\nbypass = [\"127.0.0.1\", \"localhost\"]\n\
                [retry]\nattempts = 1\n";
    let client = Client::new(policy(toml));
    let closed = Closed::new();
    for (host, rule) in [
        ("127.0.0.1", "bypass rule `127.0.0.1`"),
        ("localhost", "bypass rule `localhost`"),
    ] {
        let url = format!("http://{host}:{}/x", server.port());
        let stat = client.dataset(&url).unwrap().stat().await.unwrap();
        assert_eq!(stat.route.reason.to_string(), rule);
        let error = client
            .open(&format!("http://{host}:{}/x", closed.port()))
            .await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains(rule), "{error}");
    }
}

/// What is no HTTP proxy is called so, as in answer to CONNECT.
#[tokio::test]
async fn a_service_that_is_no_proxy_is_named() {
    let banner = b"SSH-2.0-OpenSSH_9.2\x07p1\r\n";
    let said = "not an HTTP proxy: it said `SSH-2.0-OpenSSH_9.2\\x07p1`";
    let pieces = Step::pieces(banner.chunks(3));
    let port = "check the proxy's port in settings.toml:2: proxy.url";
    for (name, steps, said, hint) in [
        (
            "a service that speaks first",
            vec![Step::write(banner), Step::Stall],
            said,
            port,
        ),
        (
            "a service that speaks first and closes",
            vec![Step::write(banner), Step::Close],
            said,
            port,
        ),
        (
            "garbage for an answer",
            vec![
                Step::head(),
                Step::write("ERR unknown command\r\n"),
                Step::Stall,
            ],
            "not an HTTP proxy: it said `ERR unknown command`",
            port,
        ),
        (
            "garbage in pieces",
            [vec![Step::head()], pieces, vec![Step::Stall]].concat(),
            "not an HTTP proxy: it said `SSH",
            port,
        ),
        (
            "garbage that begins like HTTP",
            answer("HTTP/1.1 twohundred OK\r\n\r\n"),
            "the proxy's answer is not HTTP",
            port,
        ),
        (
            "TLS",
            vec![
                Step::head(),
                Step::write(b"\x15\x03\x01\x00\x02\x02\x46"),
                Step::Stall,
            ],
            "it speaks HTTP over TLS only",
            "https://127.0.0.1:",
        ),
    ] {
        let proxy = Scripted::each(steps);
        let error = failure(&proxy, "").await;
        let told = told(&error);
        assert_eq!(error.kind(), Kind::ProxyProtocol, "{name}: {told}");
        assert_eq!(error.stage(), Stage::Request, "{name}: {told}");
        assert_eq!(error.side(), Side::Settings, "{name}: {told}");
        assert!(!error.is_transient(), "{name}: {told}");
        assert!(told.contains(said), "{name}: {told}");
        assert!(!told.contains("client error"), "{name}: {told}");
        let way = format!(
            "GET {URL} through http://{} (global proxy, settings.toml:2: proxy.url): ",
            proxy.address()
        );
        assert!(told.starts_with(&way), "{name}: {told}");
        assert!(error.hint().unwrap().contains(hint), "{name}: {error:?}");
        assert_eq!(proxy.connections(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_proxy_that_closes_without_an_answer_is_tried_again() {
    for steps in [
        vec![Step::head(), Step::Close],
        vec![Step::head(), Step::Reset],
    ] {
        let proxy = Scripted::each(steps);
        let error = failure(&proxy, "").await;
        let told = told(&error);
        assert_eq!(error.kind(), Kind::ProxyProtocol, "{told}");
        assert_eq!((proxy.connections(), error.attempts()), (3, 3), "{told}");
        assert!(
            told.contains("the proxy closed the connection without an answer"),
            "{told}"
        );
        assert!(!told.contains("client error"), "{told}");
    }
}

#[tokio::test]
async fn silence_may_be_the_servers_behind_the_proxy() {
    let proxy = Scripted::each(vec![Step::head(), Step::Stall]);
    let error = failure(&proxy, "[timeouts]\nreply = \"50ms\"\n").await;
    assert_eq!(
        (error.kind(), error.stage()),
        (Kind::Timeout, Stage::Request)
    );
    assert_eq!(error.side(), Side::Proxy);
    assert!(error.is_transient());
    assert!(
        error
            .to_string()
            .contains("no answer from the proxy (or the server behind it)"),
        "{error}"
    );
    assert!(error.to_string().contains("(limit timeouts.reply = 50 ms)"));
    let hint = error.hint().unwrap();
    assert!(
        hint.contains("whether the proxy can reach h.example:80"),
        "{hint}"
    );
}

/// A web server in the proxy's place knows no path of the other server's.
#[tokio::test]
async fn a_404_without_via_may_be_a_web_servers() {
    for (via, elsewhere) in [("", true), ("Via: 1.1 gw\r\n", false)] {
        let text = format!("HTTP/1.1 404 Not Found\r\n{via}Content-Length: 0\r\n\r\n");
        let proxy = Scripted::each(answer(&text));
        let error = failure(&proxy, "").await;
        assert_eq!(error.kind(), Kind::TargetRefused, "{error}");
        let hint = error.hint().unwrap();
        assert!(hint.starts_with("check the path"), "{hint}");
        let words = format!("what listens at {} may be a web server", proxy.address());
        assert_eq!(hint.contains(&words), elsewhere, "{hint}");
    }
}
