//! The proxy.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{curl, fetch, status};
use crate::lab::data::dataset;
use crate::lab::proxy::{Names, Options, Ports};
use crate::lab::{Cut, Login, Origin, Proxy, Tree, http};

async fn origin() -> Origin {
    let tree = Tree::datasets("/");
    let options = http::Options {
        tree,
        ..http::Options::default()
    };
    Origin::start(options).await.unwrap()
}

fn air() -> &'static [u8] {
    dataset("air.csv").unwrap().bytes
}

#[tokio::test]
async fn absolute_form_with_a_password_that_stays_at_the_proxy() {
    let origin = origin().await;
    let proxy = Proxy::start(Options {
        login: Some(Login::new("svc", "p:w")),
        names: Names::new().with("catalog.example", 80, origin.addr()),
        ..Options::default()
    })
    .await
    .unwrap();
    let at = format!("http://{}", proxy.addr());
    let url = "http://catalog.example/air.csv";
    assert_eq!(status("http_code", &["-x", &at, url]).await, "407");
    assert_eq!(
        status("http_code", &["-x", &at, "-U", "svc:no", url]).await,
        "407"
    );
    assert!(origin.requests().is_empty());

    let got = fetch(&["-x", &at, "-U", "svc:p:w", "-H", "X-Mine: 1", url]).await;
    assert_eq!(got, air());
    let seen = origin.requests();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].target, "/air.csv");
    assert_eq!(seen[0].header("host"), Some("catalog.example"));
    assert_eq!(seen[0].header("via"), Some("1.1 outbound-lab"));
    assert_eq!(seen[0].header("x-mine"), Some("1"));
    let names = seen[0].headers.iter().map(|(name, _)| name.as_str());
    assert!(!names.clone().any(|name| name.starts_with("proxy-")));
    let at_proxy = proxy.requests().pop().unwrap();
    assert_eq!(at_proxy.target, url);
    assert!(at_proxy.header("proxy-authorization").is_some());
}

#[tokio::test]
async fn a_407_keeps_the_connection_unless_told_to_close() {
    let origin = origin().await;
    for close_on_407 in [false, true] {
        let proxy = Proxy::start(Options {
            login: Some(Login::new("svc", "pw")),
            close_on_407,
            ..Options::default()
        })
        .await
        .unwrap();
        let at = format!("http://{}", proxy.addr());
        let url = origin.url("/air.csv");
        for tunnel in [&["-p"][..], &[]] {
            let before = proxy.connections();
            let mut arguments = vec!["-x", &at, "-U", "svc:pw", "--proxy-anyauth", &url];
            arguments.extend(tunnel);
            assert_eq!(fetch(&arguments).await, air());
            let used = proxy.connections() - before;
            assert_eq!(used, if close_on_407 { 2 } else { 1 }, "{tunnel:?}");
        }
    }
}

#[tokio::test]
async fn tunnels_by_name_port_and_rule() {
    let origin = origin().await;
    let proxy = Proxy::start(Options {
        names: Names::new().with("catalog.example", 443, origin.addr()),
        ports: Ports::ftp_and_https(),
        ..Options::default()
    })
    .await
    .unwrap();
    let at = format!("http://{}", proxy.addr());
    let got = fetch(&["-p", "-x", &at, "http://catalog.example:443/air.csv"]).await;
    assert_eq!(got, air());
    let refusals = [
        ("http://catalog.example:25/", "403"),
        ("http://unknown.example:443/", "503"),
        ("http://192.0.2.1:443/", "503"),
    ];
    for (url, expected) in refusals {
        assert_eq!(
            status("http_connect", &["-p", "-x", &at, url]).await,
            expected
        );
    }
    assert_eq!(proxy.tunnels(), ["catalog.example:443"]);
    assert_eq!(proxy.requests().len(), 4);
}

#[tokio::test]
async fn a_refusal_says_why() {
    let proxy = Proxy::start(Options {
        ports: Ports::only([443..=443]),
        ..Options::default()
    })
    .await
    .unwrap();
    let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
    let request =
        b"CONNECT a.example:25 HTTP/1.1\r\nHost: a.example:25\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
    assert!(
        answer.contains("X-Squid-Error: ERR_ACCESS_DENIED 0\r\n"),
        "{answer}"
    );
    assert!(
        answer.contains("<title>ERROR: Access Denied</title>"),
        "{answer}"
    );
}

#[tokio::test]
async fn an_endless_head_is_refused() {
    let proxy = Proxy::start(Options::default()).await.unwrap();
    let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
    let head = format!(
        "CONNECT a.example:443 HTTP/1.1\r\nX: {}",
        "y".repeat(20_000)
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 431");
}

#[tokio::test]
async fn a_half_close_goes_through_the_tunnel() {
    for cut in [None, Some(Cut::new(1_000_000, 1))] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = listener.local_addr().unwrap();
        let echo_at_end = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut all = Vec::new();
            socket.read_to_end(&mut all).await.unwrap();
            socket.write_all(&all).await.unwrap();
        });
        let proxy = Proxy::start(Options {
            cut,
            ..Options::default()
        })
        .await
        .unwrap();
        let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
        // Bytes that come with the request belong to the tunnel.
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\nearly,");
        stream.write_all(request.as_bytes()).await.unwrap();
        let established = b"HTTP/1.1 200 Connection established\r\n";
        let mut head = vec![0; established.len()];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(head, established);
        stream.write_all(b"late").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.unwrap();
        assert!(rest.ends_with("\r\n\r\nearly,late"), "{rest:?}");
        echo_at_end.await.unwrap();
    }
}

#[tokio::test]
async fn tunnels_are_cut_at_the_byte() {
    let origin = origin().await;
    let cut = Cut::new(5_000, 1);
    let proxy = Proxy::start(Options {
        cut: Some(cut.clone()),
        ..Options::default()
    })
    .await
    .unwrap();
    let at = format!("http://{}", proxy.addr());
    let url = origin.url("/air.csv");
    let output = curl(&["-p", "-i", "--suppress-connect-headers", "-x", &at, &url]).await;
    assert_eq!(output.status.code(), Some(18));
    assert_eq!(output.stdout.len(), 5_000);
    assert_eq!(cut.left(), 0);
    assert_eq!(fetch(&["-p", "-x", &at, &url]).await, air());
}

#[tokio::test]
async fn a_body_that_the_origin_cuts_is_cut_for_the_client() {
    let origin = Origin::start(http::Options {
        tree: Tree::datasets("/"),
        cut: Some(Cut::new(1_000, 1)),
        ..http::Options::default()
    })
    .await
    .unwrap();
    let proxy = Proxy::start(Options::default()).await.unwrap();
    let at = format!("http://{}", proxy.addr());
    let output = curl(&["-x", &at, &origin.url("/air.csv")]).await;
    assert_eq!(output.status.code(), Some(18));
    assert_eq!(output.stdout, &air()[..1_000]);
}
