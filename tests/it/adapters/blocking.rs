//! Datasets without async.

use std::io::Read;
use std::sync::OnceLock;

use outbound::base::{Error, Kind};
use outbound::blocking::{Client, FetchOptions};

use super::{proxies, through};
use crate::kit::{policy, sha256, shared};
use crate::support::peers::Vsftpd;
use crate::support::relay::{Ending, Plan, Relay};
use crate::support::scripted::{Scripted, Step};

fn client(settings: &str) -> Client {
    Client::new(policy(settings)).unwrap()
}

fn vsftpd() -> &'static Vsftpd {
    static SHARED: OnceLock<Vsftpd> = OnceLock::new();
    SHARED.get_or_init(|| Vsftpd::start(&shared().root, &[]))
}

fn all(mut reader: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn datasets_come_through_every_proxy() {
    let (shared, folder) = (shared(), tempfile::tempdir().unwrap());
    for (name, settings) in proxies() {
        let secure = format!(
            "[connections.s]\nurl = '{}'\nca_file = '{}'\n",
            shared.nginx.https("/"),
            shared.ca.display()
        );
        let client = client(&format!("{settings}{secure}"));
        let urls = [
            shared.nginx.http("/small.bin"),
            shared.nginx.https("/small.bin"),
            vsftpd().url("/small.bin"),
        ];
        // Threads share a client.
        std::thread::scope(|scope| {
            for (number, url) in urls.iter().enumerate() {
                let (client, folder) = (client.clone(), folder.path());
                scope.spawn(move || {
                    let dataset = client.dataset(url).unwrap();
                    let length = Some(shared.small.len() as u64);
                    assert_eq!(dataset.stat().unwrap().length, length, "{name}: {url}");
                    let reader = dataset.open().unwrap();
                    assert_eq!(reader.length(), length, "{name}: {url}");
                    assert!(all(reader) == shared.small, "{name}: {url}");
                    let file = folder.join(format!("{name}-{number}"));
                    let fetched = dataset.fetch(&file, &FetchOptions::default());
                    assert_eq!(Some(fetched.unwrap().length), length);
                    let bytes = std::fs::read(file).unwrap();
                    assert_eq!(sha256(&bytes), sha256(&shared.small));
                });
            }
        });
    }
}

#[test]
fn a_reader_goes_on_after_a_cut_and_outlives_its_client() {
    let shared = shared();
    let proxy = crate::support::peers::squid().address();
    let relay = Relay::start(proxy, Plan::cuts(1, 300_000, Ending::Reset));
    let settings = through(relay.address(), "").replace("attempts = 1", "attempts = 3");
    let client = client(&settings);
    let mut reader = client.open(&shared.nginx.http("/small.bin")).unwrap();
    drop(client);
    assert!(all(&mut reader) == shared.small);
    assert_eq!(reader.position(), shared.small.len() as u64);
    assert_eq!(relay.cuts(), 1);
}

/// An error, not a panic, and nothing is sent; a thread that may block is welcome.
#[tokio::test]
async fn an_async_task_gets_an_error() {
    let shared = shared();
    let url = shared.nginx.http("/small.bin?blocking");
    let client = client("");
    let dataset = client.dataset(&url).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    for error in [
        dataset.open().unwrap_err(),
        dataset.stat().unwrap_err(),
        dataset.fetch(&file, &FetchOptions::default()).unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::Usage, "{error}");
        assert!(
            error.to_string().contains("within an async task"),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("spawn_blocking"));
    }
    let opened = tokio::task::spawn_blocking(move || dataset.open().unwrap());
    let mut reader = opened.await.unwrap();
    let error = reader.read(&mut [0; 16]).unwrap_err();
    assert_eq!(Error::find(&error).unwrap().kind(), Kind::Usage, "{error}");
    // What was not read is not lost.
    let read = tokio::task::spawn_blocking(move || (all(&mut reader), reader));
    let (bytes, reader) = read.await.unwrap();
    assert!(bytes == shared.small);
    // Here a runtime that is just dropped panics.
    drop(client);
    drop(reader);
}

/// In the middle of a transfer, while the peer is silent.
#[test]
fn dropping_waits_for_nobody() {
    let half = Scripted::each(vec![
        Step::head(),
        Step::write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
        Step::Stall,
    ]);
    let client = client("");
    let mut reader = client.open(&half.url()).unwrap();
    let mut start = [0; 4];
    reader.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"half");
    drop(client);
    drop(reader);
}

#[test]
fn errors_are_those_of_the_async_client() {
    let (_, settings) = &proxies()[0];
    let client = client(settings);
    let error = client.open(&shared().nginx.http("/absent")).unwrap_err();
    assert_eq!(error.kind(), Kind::TargetRefused, "{error}");
    assert!(error.to_string().contains("404"), "{error}");
    let error = client.open("nobody:x").unwrap_err();
    assert_eq!(error.kind(), Kind::Usage, "{error}");
}
