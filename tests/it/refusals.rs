//! Which refusals are tried again, how often, and whose word they are.

use outbound::base::{Kind, Side};
use outbound::dataset::Client;
use tokio::io::AsyncReadExt;

use crate::faults::{answer, settings};
use crate::kit::policy;
use crate::support::scripted::{Scripted, Step};

/// How often the proxy is asked before a dataset gives up.
#[tokio::test]
async fn only_what_may_pass_is_tried_again() {
    for (status, tries) in [
        ("400 Bad Request", 1),
        ("403 Forbidden", 1),
        ("407 Login", 1),
        ("501 Not Implemented", 1),
        ("505 HTTP Version Not Supported", 1),
        ("502 Bad Gateway", 3),
        ("503 Service Unavailable", 3),
        ("504 Gateway Timeout", 3),
    ] {
        let text = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        for tunnel in ["auto", "always"] {
            let proxy = Scripted::each(answer(&text));
            let more = format!("tunnel = \"{tunnel}\"");
            let client = Client::new(policy(&settings(proxy.address(), &more)));
            let error = client.open("http://h.example/x").await.unwrap_err();
            assert_eq!(
                proxy.connections(),
                tries,
                "{status}, tunnel {tunnel}: {error}"
            );
            assert_eq!(error.attempts() as usize, tries, "{status}: {error}");
            assert_eq!(
                error.to_string().contains("tried 3 times"),
                tries == 3,
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn a_busy_proxy_is_tried_until_it_serves() {
    let busy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    let served = vec![
        Step::head(),
        Step::write("HTTP/1.1 200 OK\r\n\r\n"),
        Step::head(),
        Step::write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        Step::Close,
    ];
    let proxy = Scripted::sequence(vec![answer(busy), answer(busy), served]);
    let client = Client::new(policy(&settings(proxy.address(), "tunnel = \"always\"")));
    let mut reader = client.open("http://h.example/x").await.unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).await.unwrap();
    assert_eq!((text.as_str(), proxy.connections()), ("ok", 3));
}

/// Servers that answer HEAD with 403 may answer GET; a proxy that refuses is not asked twice.
#[tokio::test]
async fn what_a_proxy_forbids_is_asked_once() {
    let squid = "X-Squid-Error: ERR_ACCESS_DENIED 0\r\n";
    let unknown = "X-Squid-Error: ERR_UNSUP_REQ 0\r\n";
    for (tunnel, status, fields, asked, kind) in [
        ("auto", "403 Forbidden", "", 1, Kind::TargetRefused),
        ("auto", "403 Forbidden", squid, 1, Kind::ProxyRefused),
        ("auto", "405 Method Not Allowed", "", 2, Kind::TargetRefused),
        ("auto", "501 Not Implemented", "", 2, Kind::TargetRefused),
        (
            "auto",
            "501 Not Implemented",
            unknown,
            1,
            Kind::ProxyRefused,
        ),
        ("always", "403 Forbidden", "", 2, Kind::TargetRefused),
    ] {
        let text = format!("HTTP/1.1 {status}\r\n{fields}Content-Length: 0\r\n\r\n");
        let proxy = Scripted::each(match tunnel {
            "auto" => answer(&text),
            _ => [
                vec![Step::head(), Step::write("HTTP/1.1 200 OK\r\n\r\n")],
                answer(&text.replacen("\r\n", "\r\nConnection: close\r\n", 1)),
            ]
            .concat(),
        });
        let toml = settings(proxy.address(), &format!("tunnel = \"{tunnel}\""));
        let client = Client::new(policy(&toml));
        let dataset = client.dataset("http://h.example/x").unwrap();
        let error = dataset.stat().await.unwrap_err();
        assert_eq!(proxy.connections(), asked, "{tunnel} {status}: {error}");
        assert_eq!(error.kind(), kind, "{error}");
        let method = ["HEAD", "GET"][asked - 1];
        assert!(
            error
                .to_string()
                .starts_with(&format!("{method} http://h.example/x ")),
            "{error}"
        );
    }
}

/// What came through a tunnel is the target's word, whatever its fields say.
#[tokio::test]
async fn an_answer_in_a_tunnel_is_never_the_proxys() {
    let refusal = "HTTP/1.1 403 No\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\n\
                   Proxy-Status: x; error=y\r\nContent-Length: 0\r\n\r\n";
    let steps = vec![
        Step::head(),
        Step::write("HTTP/1.1 200 OK\r\n\r\n"),
        Step::head(),
        Step::write(refusal),
        Step::Close,
    ];
    let proxy = Scripted::each(steps);
    let client = Client::new(policy(&settings(proxy.address(), "tunnel = \"always\"")));
    let error = client.open("http://h.example/x").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.side()),
        (Kind::TargetRefused, Side::Target)
    );
    assert!(
        error.to_string().contains(": the server answered 403"),
        "{error}"
    );
}

/// How long the proxy asks to wait is told beside the advice.
#[tokio::test]
async fn a_proxy_that_asks_to_wait_too_long_is_not_waited_for() {
    let busy = "HTTP/1.1 503 Busy\r\nRetry-After: 100\r\nContent-Length: 0\r\n\r\n";
    let proxy = Scripted::each(answer(busy));
    let client = Client::new(policy(&settings(proxy.address(), "tunnel = \"always\"")));
    let error = client.open("http://h.example/x").await.unwrap_err();
    assert_eq!(
        (proxy.connections(), error.kind()),
        (1, Kind::ProxyUnavailable)
    );
    assert!(
        error
            .to_string()
            .contains("(limit retry.pause_max = 2 ms, but the other side asks to wait 100 s)"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("overloaded"));
}

/// A server's own words are shown, not the ones that the status usually has.
#[tokio::test]
async fn the_reason_phrase_is_the_servers() {
    let server = Scripted::each(answer(
        "HTTP/1.1 403 Not From There\r\nContent-Length: 0\r\n\r\n",
    ));
    let client = Client::new(policy(""));
    let error = client.open(&server.url()).await.unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains("403 Not From There"), "{shown}");
}
