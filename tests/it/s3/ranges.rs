//! Objects that come in several ranges at a time.

use std::num::NonZeroU64;

use outbound::base::{Error, Kind};
use outbound::dataset::{Rate, RateLimit, StoreOptions};
use tokio::io::AsyncReadExt as _;

use super::{KEY, SECRET, client, fetch, moto, proxy};
use crate::kit::noise;
use crate::support::peers;
use crate::support::peers::s3s::S3s;
use crate::support::relay::{Plan, Relay};
use crate::support::scripted::{Scripted, Step};

/// The ranges that connections began by asking for.
fn ranges(server: &Relay) -> Vec<String> {
    let seen = server.connections();
    let heads = seen
        .iter()
        .map(|c| String::from_utf8_lossy(&c.first_up).to_lowercase());
    let of = |head: String| {
        let (_, rest) = head.split_once("\r\nrange: ")?;
        Some(rest.lines().next()?.to_owned())
    };
    heads.filter_map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_object_comes_on_several_connections() {
    let bytes = noise(40 << 20);
    let server = Relay::start(moto().address(), Plan::default());
    let client = client("[policy]\ndirect = \"allow\"\n", &server.url());
    let dataset = client.dataset("lake:long.bin").unwrap();
    let options = StoreOptions::default();
    dataset.store_bytes(bytes.clone(), &options).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("x");
    fetch(&client, "lake:long.bin", &to).await.unwrap();
    assert!(std::fs::read(&to).unwrap() == bytes);
    let seen = ranges(&server);
    let mut ends: Vec<_> = seen
        .iter()
        .map(|range| range.split('-').next().unwrap())
        .collect();
    ends.sort_unstable();
    ends.dedup();
    assert!(ends.len() >= 3, "{seen:?}");

    // What is held back needs none, and who reads the head alone gets one.
    let server = Relay::start(moto().address(), Plan::default());
    let client = super::client("[policy]\ndirect = \"allow\"\n", &server.url());
    let limit = RateLimit::new(Rate::new(NonZeroU64::new(1 << 30).unwrap()));
    let slow = client
        .dataset("lake:long.bin")
        .unwrap()
        .with_rate_limit(limit);
    let mut whole = Vec::new();
    slow.open()
        .await
        .unwrap()
        .read_to_end(&mut whole)
        .await
        .unwrap();
    assert!(whole == bytes);
    let mut head = vec![0; 1000];
    let mut reader = client
        .dataset("lake:long.bin")
        .unwrap()
        .open()
        .await
        .unwrap();
    reader.read_exact(&mut head).await.unwrap();
    assert!(head == bytes[..1000]);
    assert!(server.connections().len() <= 2, "{:?}", ranges(&server));
}

/// Of an object that is written to meanwhile nobody gets a mixture, also where the service knows no
/// `If-Match`, as s3s-fs.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_changes_is_not_mixed() {
    let server = S3s::start(KEY, SECRET, &["lake"]);
    for endpoint in [moto().url(), server.url()] {
        let (old, new) = (noise(24 << 20), vec![7; 24 << 20]);
        let client = client(&proxy(&peers::squid().url()), &endpoint);
        let dataset = client.dataset("lake:changes.bin").unwrap();
        let options = StoreOptions {
            force: true,
            ..StoreOptions::default()
        };
        dataset.store_bytes(old.clone(), &options).await.unwrap();
        let mut reader = dataset.open().await.unwrap();
        let mut came = vec![0; 1 << 16];
        reader.read_exact(&mut came).await.unwrap();
        dataset.store_bytes(new, &options).await.unwrap();
        let error = reader.read_to_end(&mut came).await.unwrap_err();
        let error = Error::find(&error).unwrap();
        assert_eq!(error.kind(), Kind::Changed, "{endpoint}: {error:?}");
        assert!(came == old[..came.len()], "{endpoint}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_object_has_no_range() {
    let client = client(&proxy(&peers::squid().url()), &moto().url());
    let dataset = client.dataset("lake:empty").unwrap();
    dataset
        .store_bytes("", &StoreOptions::default())
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("x");
    fetch(&client, "lake:empty", &to).await.unwrap();
    assert_eq!(std::fs::read(&to).unwrap(), b"");
}

/// Everything came, and then the program was killed: S3 knows no range behind the last byte.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_here_does_not_come_again() {
    let bytes = noise(1 << 20);
    let server = Relay::start(moto().address(), Plan::default());
    let client = client("[policy]\ndirect = \"allow\"\n", &server.url());
    let dataset = client.dataset("lake:here.bin").unwrap();
    dataset
        .store_bytes(bytes.clone(), &StoreOptions::default())
        .await
        .unwrap();
    let validator = dataset.stat().await.unwrap().validator.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("x");
    let url = crate::kit::sha256(dataset.url().as_str().as_bytes());
    let meta = serde_json::json!({ "url": url, "validator": validator });
    std::fs::write(folder.path().join("x.part.meta"), meta.to_string()).unwrap();
    std::fs::write(folder.path().join("x.part"), &bytes).unwrap();
    let before = server.down();
    let kept = fetch(&client, "lake:here.bin", &to).await.unwrap();
    assert_eq!(kept, 1 << 20);
    assert!(std::fs::read(&to).unwrap() == bytes);
    assert!(
        server.down() - before < 10_000,
        "{} bytes came",
        server.down() - before
    );
}

/// A service without ranges: what is here cannot be gone on with, and it comes from its start.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_ranges_is_read_from_the_start() {
    let answer =
        "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 6\r\nConnection: close\r\n\r\nabcdef";
    let server = Scripted::each(vec![Step::head(), Step::write(answer), Step::Close]);
    let client = client("", &server.url());
    let folder = tempfile::tempdir().unwrap();
    let url = crate::kit::sha256(b"s3://lake/x");
    let validator = serde_json::json!({ "kind": "etag", "tag": "\"a\"" });
    let meta = serde_json::json!({ "url": url, "validator": validator });
    std::fs::write(folder.path().join("x.part.meta"), meta.to_string()).unwrap();
    std::fs::write(folder.path().join("x.part"), "abc").unwrap();
    let to = folder.path().join("x");
    let kept = fetch(&client, "lake:x", &to).await;
    assert_eq!(kept.unwrap_or_else(|error| panic!("{error:?}")), 0);
    assert_eq!(std::fs::read(&to).unwrap(), b"abcdef");
}
