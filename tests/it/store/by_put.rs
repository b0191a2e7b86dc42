//! Uploads by PUT.

use super::*;
use crate::faults::answer;
use crate::support::scripted::Scripted;

/// The same over HTTP, whose server gives the name.
#[tokio::test]
async fn http_puts() {
    let bench = Bench::usual().await;
    let to = |path: &str| bench.client.dataset(&bench.origin.url(path)).unwrap();
    let options = StoreOptions::default();
    let stored = to("/in/new.bin").store_file(&bench.file(), &options).await;
    assert_eq!(stored.unwrap().length, LENGTH as u64);
    let there = |path: &str| bench.origin.tree().get(path).unwrap().bytes;
    assert!(there("/in/new.bin") == bench.data);
    let error = to("/in/old.csv").store_file(&bench.file(), &options).await;
    assert_says(&error.unwrap_err(), Kind::TargetRefused, "--force");
    assert_eq!(there("/in/old.csv"), "old");
    let stored = to("/in/old.csv").store_file(&bench.file(), &forced()).await;
    stored.unwrap();
    assert!(there("/in/old.csv") == bench.data);
    let reader = std::io::Cursor::new(bench.data.clone());
    let stored = to("/in/reader").store_reader(reader, &options).await;
    assert_eq!(stored.unwrap().length, LENGTH as u64);
    assert!(there("/in/reader") == bench.data);
    let error = to("/elsewhere").store_bytes("x", &options).await;
    assert_says(
        &error.unwrap_err(),
        Kind::TargetRefused,
        "takes no uploads by PUT",
    );
    let error = to("/in/private/x")
        .store_file(&bench.file(), &options)
        .await;
    assert_eq!(error.unwrap_err().kind(), Kind::TargetAuth);
    let error = to("/in/").store_bytes("x", &options).await;
    assert_says(&error.unwrap_err(), Kind::Usage, "names a folder");
}

/// Another connection cuts a PUT: a file is sent again from its start, a reader is not.
#[tokio::test]
async fn a_cut_put_is_repeated_where_it_can_be() {
    let cut = Cut {
        after: 1 << 20,
        ending: Ending::Reset,
        times: 1,
        only: None,
    };
    let plan = || Plan {
        cut_up: Some(cut),
        ..Plan::default()
    };
    let bench = Bench::start(Options::default(), plan()).await;
    let to = bench.client.dataset(&bench.origin.url("/in/x")).unwrap();
    let stored = to.store_file(&bench.file(), &StoreOptions::default()).await;
    assert_eq!(stored.unwrap().length, LENGTH as u64);
    assert_eq!(bench.relay.cuts(), 1);
    assert!(bench.origin.tree().get("/in/x").unwrap().bytes == bench.data);

    let bench = Bench::start(Options::default(), plan()).await;
    let to = bench.client.dataset(&bench.origin.url("/in/x")).unwrap();
    let reader = std::io::Cursor::new(bench.data.clone());
    let error = to.store_reader(reader, &StoreOptions::default()).await;
    let error = error.unwrap_err();
    assert!(!error.is_transient() && error.attempts() == 1, "{error:?}");
    assert!(bench.origin.tree().get("/in/x").is_none());
}

/// A server that is pleased too early has not got the file.
#[tokio::test]
async fn a_put_that_is_confirmed_before_its_end_is_no_success() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                head.push(socket.read_u8().await.unwrap());
            }
            let answer = match head.starts_with(b"PUT") {
                true => "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
                false => "HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n",
            };
            socket.write_all(answer.as_bytes()).await.unwrap();
            if answer.contains("201") {
                held.push(socket);
            }
        }
    });
    let client = Client::new(policy(
        "[policy]\ndirect = \"allow\"\n[retry]\nattempts = 1\n",
    ));
    let dataset = client.dataset(&url).unwrap();
    let long = vec![7; 64 << 20];
    let stored = dataset.store_bytes(long.clone(), &forced()).await;
    assert_says(&stored.unwrap_err(), Kind::Cut, "before all of it was sent");
    let stored = dataset
        .store_reader(std::io::Cursor::new(long), &forced())
        .await;
    assert_says(&stored.unwrap_err(), Kind::Cut, "before all of it was sent");
}

/// What a server does not know it will not know later: it is asked once.
#[tokio::test]
async fn a_server_without_put_is_asked_once() {
    for status in ["501 Unsupported method ('PUT')", "505 Version"] {
        let text = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        let server = Scripted::each(answer(&text));
        let client = Client::new(policy(
            "[policy]\ndirect = \"allow\"\n[retry]\nattempts = 3\npause = \"1ms\"\n",
        ));
        let dataset = client.dataset(&format!("http://{}/x", server.address()));
        let stored = dataset.unwrap().store_bytes("x", &forced()).await;
        let error = stored.unwrap_err();
        assert_eq!(server.connections(), 1, "{error}");
        assert_eq!((error.kind(), error.attempts()), (Kind::TargetRefused, 1));
        assert!(!error.is_transient(), "{error:?}");
        if status.starts_with("501") {
            assert_says(&error, Kind::TargetRefused, "takes no uploads by PUT");
        }
    }
}
