//! WebSocket through the real proxies and gateways, and what goes wrong with it.

mod ends;
mod kept;
mod refusals;

use std::net::SocketAddr;
use std::sync::OnceLock;

use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderValue};
use outbound::adapters::tungstenite::{self, tokio_tungstenite};
use outbound::base::{Error, Kind};
use outbound::dataset::{Client, Dataset};
use outbound::ws::{Message, Options, WebSocket};
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::kit::{Program, certificate, policy};
use crate::support::acceptor::acceptor;
use crate::support::echo::{Echo, SUBPROTOCOL};
use crate::support::peers::{self, squid};
use crate::support::relay::{Plan, Relay};
use crate::support::sockets::until;

/// The servers of these tests, one in clear and one over TLS.
struct Servers {
    plain: Echo,
    secure: Echo,
    ca: String,
}

fn servers() -> &'static Servers {
    static SHARED: OnceLock<Servers> = OnceLock::new();
    SHARED.get_or_init(|| {
        let (certificate, ca) = certificate();
        Servers {
            plain: Echo::start(None),
            secure: Echo::start(Some(acceptor(&certificate))),
            ca: ca.to_str().unwrap().to_owned(),
        }
    })
}

fn ws(echo: &Echo, path: &str) -> String {
    format!("ws://127.0.0.1:{}{path}", echo.port())
}

/// `[proxy]` with further lines. A thing is tried twice at most, without a pause.
fn through(proxy: SocketAddr, more: &str) -> String {
    format!(
        "retry = {{ attempts = 2, pause = \"0s\" }}\n[proxy]\nurl = \"http://{proxy}\"\nbypass = []\n{more}"
    )
}

const DIRECT: &str = "retry = { attempts = 2, pause = \"0s\" }\n";

fn dataset(settings: &str, url: &str) -> Dataset {
    Client::new(policy(settings)).dataset(url).unwrap()
}

async fn open(settings: &str, url: &str, options: &Options) -> Result<WebSocket, Error> {
    dataset(settings, url).websocket(options).await
}

/// The error of opening it.
async fn refused(settings: &str, url: &str) -> Error {
    open(settings, url, &Options::default()).await.unwrap_err()
}

/// What ends it once it is open.
async fn end(url: &str, options: &Options) -> Error {
    let mut socket = open(DIRECT, url, options).await.unwrap();
    loop {
        match socket.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("{url}: it ended well"),
            Err(error) => return error,
        }
    }
}

async fn echoes(socket: &mut WebSocket, text: &str) {
    socket.send(text).await.unwrap();
    assert_eq!(socket.next().await.unwrap(), Some(Message::from(text)));
}

#[track_caller]
fn assert_says(error: &Error, kind: Kind, what: &str, hint: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(what), "{what:?}: {error}");
    let told = error.hint().unwrap_or_default();
    assert!(told.contains(hint), "{hint:?}: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_proxy_is_passed_and_secrets_stay_where_they_belong() {
    let login = format!(
        "username = '{}'\npassword = '{}'\n",
        squid::USER,
        squid::PASSWORD
    );
    let proxies = [
        (peers::squid().address(), ""),
        (peers::squid_with_password().address(), &*login),
        (peers::apache().address(), ""),
        (peers::tinyproxy().address(), ""),
    ];
    let (plain, secure) = (Echo::start(None), &servers().secure);
    let wss = format!("wss://localhost:{}/echo", secure.port());
    for (proxy, login) in proxies {
        let relay = Relay::start(proxy, Plan::default());
        let settings = format!(
            "{}[connections.plain]\nurl = '{}'\nusername = 'feed-user'\npassword = 'feed-secret'\n\
             [connections.secure]\nurl = '{wss}'\nca_file = '{}'\nusername = 'feed-user'\n\
             password = 'feed-secret'\n",
            through(relay.address(), login),
            ws(&plain, "/"),
            servers().ca,
        );
        for url in [ws(&plain, "/echo?x=1"), wss.clone()] {
            let mut headers = HeaderMap::new();
            headers.insert("x-tenant", HeaderValue::from_static("7"));
            let dataset = dataset(&settings, &url).with_headers(headers);
            let options = Options {
                subprotocols: vec!["feed.v9".to_owned(), SUBPROTOCOL.to_owned()],
                ..Options::default()
            };
            let mut socket = dataset.websocket(&options).await.unwrap();
            assert_eq!(socket.subprotocol(), Some(SUBPROTOCOL));
            assert!(socket.route().proxy().is_some());
            echoes(&mut socket, "é").await;
            socket.send(vec![0, 1, 255]).await.unwrap();
            let bytes = socket.next().await.unwrap().unwrap();
            assert_eq!(bytes, Message::from(vec![0, 1, 255]));
            let closed = socket.close().await.unwrap();
            assert_eq!((closed.code, closed.by_us), (Some(1000), true));
        }
        for seen in relay.connections() {
            let up = String::from_utf8_lossy(&seen.first_up).into_owned();
            let (connect, rest) = up.split_once("\r\n\r\n").unwrap();
            assert!(connect.starts_with("CONNECT "), "{connect}");
            assert!(
                !connect.to_lowercase().contains("\r\nauthorization:"),
                "{connect}"
            );
            // `feed-user:feed-secret`; in clear it goes through the tunnel, under TLS nowhere.
            let in_clear = rest.contains("ZmVlZC11c2VyOmZlZWQtc2VjcmV0");
            assert_eq!(in_clear, rest.contains("GET /echo?x=1 "), "{up}");
        }
    }
    for echo in [&plain, secure] {
        let heads = echo.heads();
        assert!(heads.len() >= 4, "{heads:?}");
        for head in heads {
            assert!(head.contains("\nauthorization: Basic ZmVlZC11c2VyOmZlZWQtc2VjcmV0\n"));
            assert!(head.contains("\nx-tenant: 7\n"), "{head}");
            assert!(
                !head.contains("proxy-") && !head.contains(squid::USER),
                "{head}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tungstenite_gets_its_stream() {
    let wss = format!("wss://localhost:{}/echo", servers().secure.port());
    let settings = format!(
        "{}[connections.feed]\nurl = '{wss}'\nca_file = '{}'\n",
        through(peers::squid().address(), ""),
        servers().ca
    );
    let dataset = dataset(&settings, &wss);
    let opened = tungstenite::connect(&dataset, &Options::default())
        .await
        .unwrap();
    assert!(opened.route.proxy().is_some() && opened.subprotocol.is_none());
    let stream = tungstenite::stream(&dataset).await.unwrap();
    assert_eq!(stream.alpn(), None, "this server knows no ALPN");
    let by_hand = tokio_tungstenite::client_async(&*wss, stream)
        .await
        .unwrap()
        .0;
    for mut socket in [opened.socket, by_hand] {
        socket.send(Frame::text("x")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Frame::text("x"));
        socket.close(None).await.unwrap();
    }
    let other = self::dataset("", "https://h.test/");
    let error = tungstenite::stream(&other).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
}

#[test]
fn check_walks_to_the_101_and_says_goodbye() {
    let echo = Echo::start(None);
    let program = Program::with_settings(&through(peers::squid().address(), ""));
    let url = ws(&echo, "/echo");
    let ran = program.run(&["check", &url]).expect(0);
    for line in ["connect", "GET /echo", "101 Switching Protocols"] {
        assert!(ran.out.contains(line), "{line}: {}", ran.out);
    }
    let ends = until(|| Some(echo.ends()).filter(|ends| !ends.is_empty())).unwrap();
    assert_eq!(ends, ["close 1000"]);
    let ran = program
        .run(&["check", &ws(&echo, "/status/404"), "--json"])
        .expect(9);
    let told = ran.json();
    let failure = &told["failure"];
    assert_eq!(
        (failure["kind"].as_str(), failure["stage"].as_str()),
        (Some("target-refused"), Some("request"))
    );
    let ran = program
        .run(&["route", "wss://h.test/x", "ws://h.test/x"])
        .expect(0);
    assert_eq!(
        ran.out.matches("through http://127.0.0.1:").count(),
        2,
        "{}",
        ran.out
    );
    program
        .run(&["fetch", &url, "-o", "x"])
        .expect(4)
        .says("a WebSocket is no file");
}
