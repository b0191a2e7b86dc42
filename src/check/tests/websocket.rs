//! By WebSocket.

use std::time::Duration;

use super::peer::Do::{Drip, Flood, Hear, Repeat, Say, Stay, Upgrade};
use super::peer::slow_clock;
use super::{SLACK, end_within_their_limits, server, walked};

const URL: &str = "ws://127.0.0.1:{port}/";

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_upgrade() {
    let head = "HTTP/1.1 101 Switching Protocols\r\nX: ";
    end_within_their_limits(vec![
        server(
            "silent after accept",
            URL,
            vec![Stay],
            "timeouts.reply",
            20.0,
        ),
        server(
            "a head that drips",
            URL,
            vec![Hear, Say(head), Drip("a")],
            "timeouts.reply",
            20.0,
        ),
        server(
            "1xx without end",
            URL,
            vec![Hear, Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")],
            "timeouts.reply",
            20.0,
        ),
    ])
    .await;
}

/// That it was upgraded is known: what does not live is a doubt, within the two seconds for the pong
/// and the two for the goodbye.
#[tokio::test(start_paused = true)]
async fn a_server_that_upgrades_and_is_silent() {
    slow_clock();
    for (name, script) in [
        ("silent", vec![Upgrade, Stay]),
        (
            "a frame that drips",
            vec![Upgrade, Say("\x01\x7f\0\0\0\0\0\0\x0f\x0f"), Drip("a")],
        ),
        ("messages without end", vec![Upgrade, Repeat("\x01\x01a")]),
        (
            "a flood of messages",
            vec![Upgrade, Flood(b"\x81\x01a\x81\x01a\x81\x01a")],
        ),
    ] {
        let case = server(name, URL, script, "", 4.0);
        let (report, took) = walked(&case, None).await;
        assert!(took <= Duration::from_secs(4) + SLACK, "{name}: {took:?}");
        let told = report.failure.is_some() || report.doubt.is_some();
        assert!(told, "{name}: {report:?}");
    }
}
