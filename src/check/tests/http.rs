//! By HTTP, by TLS and by CONNECT.

use super::peer::Do::{Drip, Hear, Repeat, Say, Stay, Tls};
use super::{end_within_their_limits, proxy, server};

const OPEN: &str = "HTTP/1.1 200 OK\r\n\r\n";

#[tokio::test(start_paused = true)]
async fn a_server_of_http() {
    let url = "http://127.0.0.1:{port}/";
    let body = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;";
    end_within_their_limits(vec![
        server(
            "silent after accept",
            url,
            vec![Stay],
            "timeouts.reply",
            20.0,
        ),
        server(
            "silent after the request",
            url,
            vec![Hear, Stay],
            "timeouts.reply",
            20.0,
        ),
        server(
            "a head that drips",
            url,
            vec![Hear, Say("HTTP/1.1 200 OK\r\nX: "), Drip("a")],
            "timeouts.reply",
            20.0,
        ),
        server(
            "a status line that drips",
            url,
            vec![Hear, Drip("HTTP/1.1 200 OOOOOOOOOOOOOOOOOOOOO")],
            "timeouts.reply",
            20.0,
        ),
        server(
            "headers without end",
            url,
            vec![Hear, Say("HTTP/1.1 200 OK\r\n"), Repeat("X: a\r\n")],
            "timeouts.reply",
            20.0,
        ),
        server(
            "1xx without end",
            url,
            vec![Hear, Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")],
            "timeouts.reply",
            20.0,
        ),
        server(
            "100 without end",
            url,
            vec![Hear, Repeat("HTTP/1.1 100 Continue\r\n\r\n")],
            "timeouts.reply",
            20.0,
        ),
        server(
            "a body that stalls",
            url,
            vec![Hear, Say(body), Stay],
            "timeouts.idle",
            30.0,
        ),
        server(
            "a chunk whose extension drips",
            url,
            vec![Hear, Say(chunks), Drip("a")],
            "timeouts.idle",
            30.0,
        ),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_server_of_https() {
    let url = "https://127.0.0.1:{port}/";
    end_within_their_limits(vec![
        server("silent at TLS", url, vec![Stay], "timeouts.tls", 5.0),
        server(
            "TLS that drips",
            url,
            vec![Say("\x16\x03\x03\x20\x01"), Drip("a")],
            "timeouts.tls",
            5.0,
        ),
        server(
            "silent behind TLS",
            url,
            vec![Tls("http/1.1"), Stay],
            "timeouts.reply",
            20.0,
        ),
        server(
            "silent behind TLS, by HTTP/2",
            url,
            vec![Tls("h2"), Stay],
            "timeouts.reply",
            20.0,
        ),
        server(
            "pings of HTTP/2 without end",
            url,
            vec![
                Tls("h2"),
                Say("\0\0\0\x04\0\0\0\0\0"),
                Repeat("\0\0\x08\x06\0\0\0\0\0pingpong"),
            ],
            "timeouts.reply",
            20.0,
        ),
    ])
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_proxy() {
    let mut cases = Vec::new();
    // Whatever is to come behind the tunnel.
    for url in [
        "https://h.test/",
        "ftp://h.test/x",
        "ws://h.test/",
        "tcp://h.test:5432",
    ] {
        cases.extend([
            proxy(
                "silent after accept",
                url,
                vec![vec![Stay]],
                "timeouts.connect",
                10.0,
            ),
            proxy(
                "silent behind CONNECT",
                url,
                vec![vec![Hear, Stay]],
                "timeouts.connect",
                10.0,
            ),
            proxy(
                "CONNECT's answer drips",
                url,
                vec![vec![Hear, Say("HTTP/1.1 200 OK\r\nX: "), Drip("a")]],
                "timeouts.connect",
                10.0,
            ),
            proxy(
                "CONNECT's headers without end",
                url,
                vec![vec![Hear, Say("HTTP/1.1 200 OK\r\n"), Repeat("X: a\r\n")]],
                "timeouts.connect",
                10.0,
            ),
            proxy(
                "1xx before CONNECT's answer",
                url,
                vec![vec![Hear, Repeat("HTTP/1.1 100 Continue\r\n\r\n")]],
                "timeouts.connect",
                10.0,
            ),
        ]);
    }
    cases.extend([
        proxy(
            "silent behind the tunnel",
            "https://h.test/",
            vec![vec![Hear, Say(OPEN), Stay]],
            "timeouts.tls",
            5.0,
        ),
        proxy(
            "silent behind the tunnel",
            "ftp://h.test/x",
            vec![vec![Hear, Say(OPEN), Stay]],
            "timeouts.reply",
            20.0,
        ),
        proxy(
            "silent behind the tunnel",
            "ws://h.test/",
            vec![vec![Hear, Say(OPEN), Stay]],
            "timeouts.reply",
            20.0,
        ),
        proxy(
            "a head that drips",
            "http://h.test/",
            vec![vec![Hear, Say("HTTP/1.1 200 OK\r\nX: "), Drip("a")]],
            "timeouts.reply",
            20.0,
        ),
    ]);
    end_within_their_limits(cases).await;
}
