//! What opens a tunnel, and what comes out of it.

use outbound::base::Kind;
use outbound::connector::Connector;
use outbound::dataset::Client;
use tokio::io::AsyncReadExt;

use crate::faults::{answer, settings, target};
use crate::kit::{connector, policy};
use crate::support::relay::{Plan, Relay};
use crate::support::scripted::Scripted;

/// Reads what the target says first.
pub async fn greeting(connector: &Connector) -> String {
    let mut stream = connector.connect(&target()).await.unwrap();
    let mut all = String::new();
    stream.read_to_string(&mut all).await.unwrap();
    all
}

#[tokio::test]
async fn what_opens_a_tunnel() {
    for head in [
        "HTTP/1.1 200 Connection established\r\n\r\n",
        "HTTP/1.0 200\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 201 Created\r\nContent-Length: 12\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ] {
        let proxy = Scripted::each(answer(&format!("{head}220 ready\r\n")));
        let connector = connector(&settings(proxy.address(), ""));
        assert_eq!(greeting(&connector).await, "220 ready\r\n", "{head:?}");
        let received = proxy.received().concat();
        assert!(
            received.starts_with("CONNECT ftp.example:21 HTTP/1.1\r\nHost: ftp.example:21\r\n"),
            "{received}"
        );
    }
}

#[tokio::test]
async fn a_tunnel_that_ends_at_once_is_a_stream_that_ends() {
    let proxy = Scripted::each(answer("HTTP/1.1 200 OK\r\n\r\n"));
    assert_eq!(
        greeting(&connector(&settings(proxy.address(), ""))).await,
        ""
    );
    // For a dataset that is a fault, and one that may pass.
    let toml = settings(proxy.address(), "tunnel = \"always\"");
    let client = Client::new(policy(&toml));
    let error = client.open("http://h.example/x").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Cut, 3), "{error}");
    assert!(
        error.to_string().starts_with(&format!(
            "GET http://h.example/x through http://{} (global proxy, settings.toml:2: proxy.url): ",
            proxy.address()
        )),
        "{error}"
    );
}

#[tokio::test]
async fn the_greeting_comes_whole_wherever_the_segments_end() {
    let bytes = b"HTTP/1.1 200 OK\r\nVia: 1.1 gw\r\n\r\n220 vsFTPd ready\r\n";
    let server = Scripted::each(answer(std::str::from_utf8(bytes).unwrap()));
    for at in 0..bytes.len() {
        let relay = match at {
            0 => Relay::start(server.address(), Plan::coalesced(bytes.len())),
            at => Relay::start(server.address(), Plan::split_at(&[at as u64])),
        };
        let connector = connector(&settings(relay.address(), ""));
        assert_eq!(
            greeting(&connector).await,
            "220 vsFTPd ready\r\n",
            "split at {at}"
        );
    }
}
