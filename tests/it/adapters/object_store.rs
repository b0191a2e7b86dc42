//! object_store's clients over the stack, with moto as S3.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::ObjectStore as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{ClientOptions, ObjectStoreExt as _};
use outbound::adapters::object_store::{HttpConnector, bucket};
use outbound::base::{Error, Kind};
use outbound::dataset::Client;
use outbound::http;

use super::proxies;
use crate::kit::{noise, policy};
use crate::support::peers::moto::Moto;
use crate::support::peers::s3s::S3s;
use crate::support::peers::{self, Squid, squid};
use crate::support::relay::{Plan, Relay};
use crate::support::scripted::{Scripted, Step};

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

fn builder(client: &Client, endpoint: &str) -> AmazonS3Builder {
    AmazonS3Builder::new()
        .with_endpoint(endpoint)
        .with_region("eu-west-1")
        .with_bucket_name("lake")
        .with_access_key_id(KEY)
        .with_secret_access_key(SECRET)
        .with_allow_http(true)
        .with_http_connector(HttpConnector::new(client))
}

fn store(client: &Client, endpoint: &str) -> AmazonS3 {
    builder(client, endpoint).build().unwrap()
}

/// moto takes the signature of anybody, or none.
async fn make_bucket(moto: &Moto) {
    let direct = Client::new(policy("[policy]\ndirect = \"allow\"\n"));
    let url = format!("{}/lake", moto.url()).parse().unwrap();
    let region = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>\
                  </CreateBucketConfiguration>";
    let request = http::Request::new(::http::Method::PUT, url).with_body(region);
    let dataset = http::Client::new(direct.connector().clone());
    assert!(dataset.send(request).await.unwrap().status.is_success());
}

/// PUT, GET, ranges, HEAD, listings, parts, DELETE.
async fn use_it(store: &AmazonS3) -> object_store::Result<()> {
    let (path, bytes) = (Path::from("d/rows é.csv"), noise(300_000));
    store.put(&path, bytes.clone().into()).await?;
    assert!(store.get(&path).await?.bytes().await? == bytes);
    assert_eq!(store.get_range(&path, 100..200).await?, bytes[100..200]);
    assert_eq!(store.head(&path).await?.size, 300_000);
    let big = Path::from("big.bin");
    let mut upload = store.put_multipart(&big).await?;
    for part in 0..2 {
        // Of several pieces each.
        let pieces = (0..6).map(|n| Bytes::from(vec![part * 6 + n; 1 << 20]));
        upload.put_part(pieces.collect()).await?;
    }
    upload.complete().await?;
    let whole = store.get(&big).await?.bytes().await?;
    assert!(whole.len() == 12 << 20 && whole[(12 << 20) - 1] == 11);
    let mut names: Vec<_> = store
        .list(None)
        .map_ok(|meta| meta.location)
        .try_collect()
        .await?;
    names.sort_unstable();
    assert_eq!(names, [big.clone(), path.clone()]);
    store.delete(&big).await?;
    store.delete(&path).await?;
    let error = store.head(&path).await.unwrap_err();
    assert!(
        matches!(error, object_store::Error::NotFound { .. }),
        "{error:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_passes_every_proxy() {
    let moto = Moto::start();
    make_bucket(&moto).await;
    let tinyproxy = super::through(peers::tinyproxy().address(), "");
    for (name, settings) in proxies().into_iter().chain([("tinyproxy", tinyproxy)]) {
        let server = Relay::start(moto.address(), Plan::default());
        let client = Client::new(policy(&settings));
        let used = use_it(&store(&client, &server.url())).await;
        used.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let seen = server.connections();
        let seen: String = seen
            .iter()
            .map(|c| String::from_utf8_lossy(&c.first_up))
            .collect();
        let seen = seen.to_lowercase();
        assert!(seen.contains("authorization: aws4-hmac-sha256"), "{name}");
        let secrets = ["proxy-authorization", SECRET, squid::PASSWORD];
        for secret in secrets.map(str::to_lowercase) {
            assert!(!seen.contains(&secret), "{name}: {secret}");
        }
    }
}

/// A policy does not change by itself: object_store would try for three minutes.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_proxy_is_told_once() {
    let closed = Squid::start(squid::Options {
        tunnel_ports: "443".to_owned(),
        ..squid::Options::default()
    });
    let settings = super::through(closed.address(), "tunnel = \"always\"\n");
    let client = Client::new(policy(&settings));
    let store = store(&client, "http://127.0.0.1:50009");
    let error = store.get(&Path::from("x")).await.unwrap_err();
    let ours = Error::find(&error).unwrap_or_else(|| panic!("{error:?}"));
    assert_eq!(ours.kind(), Kind::ProxyRefused, "{ours}");
    assert!(
        ours.hint().is_some() && ours.to_string().contains("global proxy"),
        "{ours}"
    );
    assert_eq!(
        closed
            .process()
            .log_with("CONNECT")
            .matches("CONNECT")
            .count(),
        1
    );
    // A password that is missing, in absolute form and by CONNECT.
    for tunnel in ["auto", "always"] {
        let proxy = peers::squid_with_password().address();
        let settings = super::through(proxy, &format!("tunnel = \"{tunnel}\"\n"));
        let store = self::store(&Client::new(policy(&settings)), "http://127.0.0.1:50009");
        let error = store.get(&Path::from("x")).await.unwrap_err();
        let ours = Error::find(&error).unwrap_or_else(|| panic!("{tunnel}: {error:?}"));
        assert_eq!(ours.kind(), Kind::ProxyAuth, "{tunnel}: {ours}");
    }
}

/// A proxy that restarts is tried again, as object_store is told to.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_is_tried_again() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\nok";
    let proxy = Scripted::sequence(vec![
        vec![Step::head(), Step::Close],
        vec![Step::head(), Step::write(answer), Step::Close],
    ]);
    let client = Client::new(policy(&super::through(proxy.address(), "")));
    let got = store(&client, "http://127.0.0.1:50009")
        .get(&Path::from("x"))
        .await;
    assert_eq!(got.unwrap().bytes().await.unwrap(), "ok");
    assert_eq!(proxy.received().len(), 2);
}

/// A bucket of the settings, with a server that checks signatures.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_that_of_its_connection() {
    let server = S3s::start(KEY, SECRET, &["lake"]);
    let settings = format!(
        "{}[connections.lake]\nurl = \"s3://lake/in/\"\nendpoint = \"{}\"\nregion = \"eu-west-1\"\n\
         username = \"{KEY}\"\npassword = \"{SECRET}\"\n",
        super::through(peers::squid().address(), ""),
        server.url()
    );
    let client = Client::new(policy(&settings));
    let store = bucket(&client, "lake:").await.unwrap().build().unwrap();
    let path = Path::from("in/rows.csv");
    store.put(&path, "a,b\n".into()).await.unwrap();
    let got = store.get(&path).await.unwrap().bytes().await.unwrap();
    assert_eq!(got, "a,b\n");
    assert!(server.file("lake", "in/rows.csv").exists());
    let error = bucket(&client, "https://h.test/x").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Usage, "{error}");
    assert!(error.to_string().contains("no bucket"), "{error}");
}

/// A connection of S3 is known by its endpoint.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_counts_at_its_endpoint() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close\r\n\r\nok";
    let script = || vec![Step::head(), Step::write(answer), Step::Close];
    let (global, own) = (Scripted::each(script()), Scripted::each(script()));
    let settings = format!(
        "[proxy]\nurl = \"{}\"\nbypass = []\n[proxies.own]\nurl = \"{}\"\n\
         [connections.lake]\nurl = \"s3://lake/\"\nproxy = \"own\"\nendpoint = \"http://s3.test\"\n",
        global.url(),
        own.url()
    );
    let client = Client::new(policy(&settings));
    let connector = HttpConnector::new(&client).for_connection("lake").unwrap();
    for (endpoint, wanted) in [("http://s3.test", &own), ("http://other.test", &global)] {
        let store = builder(&client, endpoint)
            .with_http_connector(connector.clone())
            .build();
        let got = store.unwrap().get(&Path::from("x")).await.unwrap();
        assert_eq!(got.bytes().await.unwrap(), "ok");
        let seen = wanted.received_with("/lake/x");
        assert!(seen.starts_with(&format!("GET {endpoint}/")), "{seen}");
    }
    assert_eq!((global.connections(), own.connections()), (1, 1));
}

#[test]
fn the_policy_decides_and_nobody_else() {
    let client = Client::new(policy(""));
    for options in [
        ClientOptions::new().with_proxy_url("http://other:3128"),
        ClientOptions::new().with_allow_invalid_certificates(true),
    ] {
        let built = builder(&client, "https://h.test")
            .with_client_options(options)
            .build();
        let error = built.unwrap_err();
        let ours = Error::find(&error).unwrap();
        assert_eq!(ours.kind(), Kind::Settings, "{error}");
    }
    assert!(
        HttpConnector::new(&client)
            .for_connection("nobody")
            .is_err()
    );
}
