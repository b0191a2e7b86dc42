//! A WebSocket that connects again.

use std::time::Duration;

use outbound::base::Kind;
use outbound::dataset::KeptEvent;
use outbound::ws::Options;

use super::{assert_says, dataset, ws};
use crate::support::echo::Echo;
use crate::support::relay::{Ending, Plan, Relay};
use crate::support::sockets::until;

/// Four tries, without a pause.
const PATIENT: &str = "retry = { attempts = 4, pause = \"0s\" }\n";

#[tokio::test(flavor = "multi_thread")]
async fn it_connects_again_and_tells_what_may_be_lost() {
    let echo = Echo::start(None);
    let server = ([127, 0, 0, 1], echo.port()).into();
    // The answer to the upgrade has fewer bytes, with the message it has more.
    let relay = Relay::start(server, Plan::cuts(2, 200, Ending::Reset));
    let url = format!("ws://{}/echo", relay.address());
    let mut kept = dataset(PATIENT, &url).websocket_kept(Options::default());
    let error = kept.send("early").await.unwrap_err();
    assert_says(
        &error,
        Kind::Cut,
        "no WebSocket is open",
        "KeptEvent::Opened",
    );
    let (mut opened, mut broke) = (0, 0);
    loop {
        match kept.next().await.unwrap().unwrap() {
            KeptEvent::Opened => {
                opened += 1;
                kept.send("x".repeat(100)).await.unwrap();
            }
            KeptEvent::Message(message) => {
                assert_eq!(message.as_bytes().len(), 100);
                break;
            }
            KeptEvent::Broke {
                error,
                lost,
                attempt,
                ..
            } => {
                broke += 1;
                assert!(error.is_transient(), "{error}");
                assert_eq!((lost.unconfirmed, attempt), (1, broke + 1), "{error}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((opened, broke, relay.cuts()), (3, 2, 2));
    assert_eq!(kept.close().await.unwrap().unwrap().code, Some(1000));
}

/// A pong proves that what was sent before its ping has arrived.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_answered_ping_is_behind_is_not_lost() {
    let echo = Echo::start(None);
    let server = ([127, 0, 0, 1], echo.port()).into();
    let relay = Relay::start(server, Plan::default());
    let options = Options {
        ping: Some(Duration::from_millis(20)),
        ..Options::default()
    };
    let url = format!("ws://{}/echo", relay.address());
    let mut kept = dataset(PATIENT, &url).websocket_kept(options);
    assert!(matches!(kept.next().await, Ok(Some(KeptEvent::Opened))));
    for text in ["a", "b", "c"] {
        kept.send(text).await.unwrap();
        assert!(matches!(kept.next().await, Ok(Some(KeptEvent::Message(_)))));
    }
    let before = echo.pings();
    let came = || (echo.pings() > before + 1).then_some(());
    tokio::task::block_in_place(|| until(came)).unwrap();
    // Its echo comes behind the pongs of those pings.
    kept.send("d").await.unwrap();
    assert!(matches!(kept.next().await, Ok(Some(KeptEvent::Message(_)))));
    drop(relay);
    match kept.next().await.unwrap().unwrap() {
        KeptEvent::Broke { lost, .. } => assert!(lost.unconfirmed <= 1, "{lost:?}"),
        other => panic!("{other:?}"),
    }
    // Nobody listens any more, and the tries come to an end.
    let mut tries = 1;
    let error = loop {
        match kept.next().await {
            Ok(Some(KeptEvent::Broke { .. })) => tries += 1,
            Ok(other) => panic!("{other:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!((error.kind(), error.attempts(), tries), (Kind::Dial, 4, 3));
    assert!(kept.next().await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn that_the_server_goes_away_is_a_break_and_that_it_refuses_the_end() {
    let echo = Echo::start(None);
    let mut kept = dataset(PATIENT, &ws(&echo, "/close/1001")).websocket_kept(Options::default());
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(match kept.next().await.unwrap().unwrap() {
            KeptEvent::Opened => "opened",
            KeptEvent::Message(_) => "message",
            KeptEvent::Broke { error, .. } => {
                let what = "the server goes away: 1001 (because)";
                assert_says(&error, Kind::TargetUnavailable, what, "");
                "broke"
            }
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(told, ["opened", "message", "broke", "opened"]);
    for path in ["/status/403", "/close/1008"] {
        let mut kept = dataset(PATIENT, &ws(&echo, path)).websocket_kept(Options::default());
        let error = loop {
            match kept.next().await {
                Ok(Some(KeptEvent::Broke { error, .. })) => panic!("{path}: {error}"),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), Kind::TargetRefused, "{path}");
        assert!(kept.next().await.unwrap().is_none());
    }
    let mut kept = dataset(PATIENT, &ws(&echo, "/close/1000")).websocket_kept(Options::default());
    let mut events = 0;
    while kept.next().await.unwrap().is_some() {
        events += 1;
    }
    assert_eq!(events, 2);
}

/// A feed may be quiet for days: that its pings are answered is enough for the tries to be counted anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_feed_that_answers_pings_is_not_given_up() {
    let echo = Echo::start(None);
    let server = ([127, 0, 0, 1], echo.port()).into();
    // The answer to the upgrade has fewer bytes, with some pongs it has more.
    let relay = Relay::start(server, Plan::cuts(6, 300, Ending::Reset));
    let options = Options {
        ping: Some(Duration::from_millis(2)),
        ..Options::default()
    };
    let url = format!("ws://{}/echo", relay.address());
    let mut kept = dataset(PATIENT, &url).websocket_kept(options);
    for _ in 0..6 {
        assert!(matches!(kept.next().await, Ok(Some(KeptEvent::Opened))));
        match kept.next().await.unwrap().unwrap() {
            KeptEvent::Broke { attempt, error, .. } => assert_eq!(attempt, 2, "{error}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(relay.cuts(), 6);
}

/// Who stops to wait, and comes back, finds the opening and the pause as far as they were.
#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_wait_keeps_what_is_under_way() {
    let echo = Echo::start(None);
    let server = ([127, 0, 0, 1], echo.port()).into();
    let relay = Relay::start(server, Plan::cuts(1, 200, Ending::Reset));
    let url = format!("ws://{}/echo", relay.address());
    let patient = "retry = { attempts = 4, pause = \"20ms\" }\n";
    let mut kept = dataset(patient, &url).websocket_kept(Options::default());
    let mut told = Vec::new();
    let waiting = async {
        while told.len() < 4 {
            tokio::select! {
                biased;
                event = kept.next() => match event.unwrap().unwrap() {
                    KeptEvent::Opened => {
                        told.push("opened");
                        kept.send("x".repeat(100)).await.unwrap();
                    }
                    KeptEvent::Broke { .. } => told.push("broke"),
                    KeptEvent::Message(_) => told.push("message"),
                    other => panic!("{other:?}"),
                },
                () = tokio::task::yield_now() => {}
            }
        }
    };
    let limit = Duration::from_secs(30);
    tokio::time::timeout(limit, waiting).await.expect("an end");
    assert_eq!(told, ["opened", "broke", "opened", "message"]);
    assert_eq!(relay.connections().len(), 2);
}
