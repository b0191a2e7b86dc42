//! What keeps an open WebSocket alive, and what ends it.

use std::time::Duration;

use outbound::base::{Kind, Stage};
use outbound::ws::{Message, Options};

use super::{DIRECT, assert_says, echoes, end, open, servers, through, ws};
use crate::support::echo::Echo;
use crate::support::peers::gateways::{Gateway, Product};
use crate::support::peers::{self, Squid, Tinyproxy, squid};

/// One WebSocket with pings and one without, side by side: when the second was ended, the limit has
/// passed for the first too.
#[tokio::test(flavor = "multi_thread")]
async fn idle_it_survives_the_limits_of_tunnels_by_its_pings_alone() {
    let echo = Echo::start(None);
    let nginx = Gateway::start(Product::Nginx, echo.port());
    let haproxy = Gateway::start(Product::Haproxy, echo.port());
    let tinyproxy = Tinyproxy::with_timeout(2);
    let squid = Squid::start(squid::Options {
        // It counts in whole seconds of the clock.
        more: "read_timeout 3 seconds\n".to_owned(),
        ..squid::Options::default()
    });
    let at = |port| format!("ws://127.0.0.1:{port}/echo");
    let ways = [
        ("nginx", DIRECT.to_owned(), at(nginx.port())),
        ("haproxy", DIRECT.to_owned(), at(haproxy.port())),
        (
            "tinyproxy",
            through(tinyproxy.address(), ""),
            at(echo.port()),
        ),
        ("squid", through(squid.address(), ""), at(echo.port())),
        // The gateway's limit is met behind a proxy too.
        (
            "both",
            through(peers::squid().address(), ""),
            at(haproxy.port()),
        ),
    ];
    let survives = ways.map(|(name, settings, url)| async move {
        let pinged = Options {
            ping: Some(Duration::from_millis(200)),
            ..Options::default()
        };
        let mut pinged = open(&settings, &url, &pinged).await.unwrap();
        let mut idle = open(
            &settings,
            &url,
            &Options {
                ping: None,
                ..Options::default()
            },
        )
        .await
        .unwrap();
        let error = idle.next().await.unwrap_err();
        let what = "in which nothing was sent or received";
        assert_says(
            &error,
            Kind::Cut,
            what,
            "and pings are off: set ws::Options::ping below",
        );
        assert_eq!(error.stage(), Stage::Transfer, "{name}");
        assert_eq!(
            error.route().unwrap().proxy().is_some(),
            name != "nginx" && name != "haproxy"
        );
        echoes(&mut pinged, name).await;
        pinged.close().await.unwrap();
    });
    futures_util::future::join_all(survives).await;
    assert!(echo.pings() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_the_protocol_or_a_limit_ends_it() {
    let echo = &servers().plain;
    let small = Options {
        message_max: 100,
        frame_max: 50,
        ..Options::default()
    };
    for (path, options, kind, what, hint) in [
        (
            "/huge",
            Options::default(),
            Kind::TargetProtocol,
            "a frame of 4611686018427387904 bytes",
            "raise",
        ),
        (
            "/message/60",
            small,
            Kind::TargetProtocol,
            "(limit ws::Options::frame_max = 50 bytes)",
            "",
        ),
        (
            "/message/60",
            Options {
                message_max: 50,
                frame_max: 100,
                ..Options::default()
            },
            Kind::TargetProtocol,
            "message_max = 50 bytes)",
            "",
        ),
        (
            "/raw/c100",
            Options::default(),
            Kind::TargetProtocol,
            "Reserved bits",
            "",
        ),
        (
            "/raw/818100000000ff",
            Options::default(),
            Kind::TargetProtocol,
            "masked frame",
            "",
        ),
        (
            "/raw/8102ffff",
            Options::default(),
            Kind::TargetProtocol,
            "a text that is not UTF-8",
            "",
        ),
        (
            "/drop/1",
            Options::default(),
            Kind::Cut,
            "without a close frame (1006)",
            "its log tells why",
        ),
        (
            "/close/1008",
            Options::default(),
            Kind::TargetRefused,
            "1008 (because)",
            "policy",
        ),
        (
            "/close/1012",
            Options::default(),
            Kind::TargetUnavailable,
            "1012 (because)",
            "again later",
        ),
        (
            "/close/4401",
            Options::default(),
            Kind::TargetRefused,
            "4401 (because)",
            "documentation",
        ),
    ] {
        let error = end(&ws(echo, path), &options).await;
        assert_says(&error, kind, what, hint);
        assert!(
            error.to_string().starts_with("talk to 127.0.0.1:"),
            "{error}"
        );
    }
    for code in [1000, 1001] {
        let mut socket = open(
            DIRECT,
            &ws(echo, &format!("/close/{code}")),
            &Options::default(),
        )
        .await
        .unwrap();
        assert_eq!(socket.next().await.unwrap(), Some(Message::from("hello")));
        assert_eq!(socket.next().await.unwrap(), None);
        let closed = socket.closed().unwrap();
        assert_eq!(
            (closed.code, &*closed.reason, closed.by_us),
            (Some(code), "because", false)
        );
        let error = socket.send("late").await.unwrap_err();
        assert_says(
            &error,
            Kind::Cut,
            &format!("was closed: {code} (because)"),
            "",
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_silent_is_found_out() {
    let mute = ws(&servers().plain, "/mute");
    let settings = format!("{DIRECT}timeouts.idle = \"300ms\"\n");
    let mut socket = open(&settings, &mute, &Options::default()).await.unwrap();
    let error = socket.next().await.unwrap_err();
    assert_says(
        &error,
        Kind::Timeout,
        "does not answer pings (limit timeouts.idle = 300 ms)",
        "hangs",
    );
    let options = Options {
        ping: None,
        silence: Some(Duration::from_millis(50)),
        ..Options::default()
    };
    let error = end(&mute, &options).await;
    assert_says(
        &error,
        Kind::Timeout,
        "the server says nothing (limit ws::Options::silence = 50 ms)",
        "",
    );
    // Nobody answers the close.
    let options = Options {
        close: Duration::from_millis(50),
        ..Options::default()
    };
    let socket = open(DIRECT, &mute, &options).await.unwrap();
    let error = socket.close().await.unwrap_err();
    assert_says(
        &error,
        Kind::Timeout,
        "the close (limit ws::Options::close = 50 ms)",
        "",
    );
    // Nobody reads: a message that does not fit into the sockets is not said to be sent.
    let options = Options {
        silence: Some(Duration::from_millis(300)),
        ..Options::default()
    };
    let socket = open(DIRECT, &mute, &options).await.unwrap();
    let error = socket.send(vec![0; 32 << 20]).await.unwrap_err();
    assert_says(&error, Kind::Timeout, "does not answer pings", "");
}

/// What came before a break is there behind it, however late it is taken.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_the_end_is_not_lost_by_it() {
    let url = ws(&servers().plain, "/drop/5");
    let mut socket = open(DIRECT, &url, &Options::default()).await.unwrap();
    // Until then the other one has read to its end.
    let error = end(&url, &Options::default()).await;
    assert_eq!(error.kind(), Kind::Cut);
    for _ in 0..5 {
        let message = socket.next().await.unwrap();
        assert_eq!(message, Some(Message::from("hello")));
    }
    assert_eq!(socket.next().await.unwrap_err().kind(), Kind::Cut);
}

/// Messages go both ways without waiting for each other; and that nobody takes them is not the
/// server's silence.
#[tokio::test(flavor = "multi_thread")]
async fn both_directions_flow_and_hold_each_other_back() {
    const MESSAGES: u32 = 300;
    let limit = Duration::from_secs(1);
    let silence = |limit| Options {
        silence: Some(limit),
        ..Options::default()
    };
    let url = ws(&servers().plain, "/echo");
    let settings = through(peers::squid().address(), "");
    let socket = open(&settings, &url, &silence(limit)).await.unwrap();
    let (sender, mut receiver) = socket.split();
    let sending = tokio::spawn(async move {
        for number in 0..MESSAGES {
            let mut bytes = vec![0; 64 << 10];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            sender.send(bytes).await.unwrap();
        }
        sender
    });
    // Another one's limit, longer than ours, is the clock.
    let mute = ws(&servers().plain, "/mute");
    assert_eq!(
        end(&mute, &silence(limit * 3 / 2)).await.kind(),
        Kind::Timeout
    );
    for number in 0..MESSAGES {
        let message = receiver.next().await.unwrap().unwrap();
        assert_eq!(message.as_bytes()[..4], number.to_be_bytes());
    }
    let sender = sending.await.unwrap();
    drop(receiver);
    // The other half keeps it open.
    sender.send("still").await.unwrap();
}
