//! hyper-util's client over the connector.

use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use outbound::base::{Error, Kind, Stage};
use outbound::connector::{Connector, Passage};
use outbound::dataset::Client;

use super::{ROWS, origins, proxies, through};
use crate::kit::policy;
use crate::support::peers::{self, Squid, squid};

type Http = legacy::Client<Connector, Full<bytes::Bytes>>;

/// The client for one place: its connection's proxy and trust.
fn http(client: &Client, url: &str) -> Http {
    let connector = client.dataset(url).unwrap().connector().clone();
    legacy::Client::builder(TokioExecutor::new()).build(connector)
}

fn request(method: &str, url: &str, body: &'static str) -> http::Request<Full<bytes::Bytes>> {
    let request = http::Request::builder().method(method).uri(url);
    request.body(Full::from(body)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_pass_every_proxy() {
    let origins = origins().await;
    for (name, settings) in proxies() {
        let client = origins.client(&settings);
        for origin in [&origins.http, &origins.https] {
            let url = origin.url("/up/x");
            let http = http(&client, &url);
            for (method, sent, wanted) in [("GET", "", ROWS), ("POST", "rows", "rows")] {
                let answer = http.request(request(method, &url, sent)).await;
                let answer = answer.unwrap_or_else(|error| panic!("{name}, {url}: {error:?}"));
                let passage = answer.extensions().get::<Passage>().unwrap();
                assert!(passage.route.proxy().is_some(), "{name}, {url}");
                let body = answer.into_body().collect().await.unwrap().to_bytes();
                assert_eq!(body, wanted, "{name}, {url}");
            }
        }
    }
    origins.assert_nothing_leaked();
    // A connector cannot log in for a request in absolute form: with a password it is CONNECT.
    let guarded = peers::squid_with_password().process();
    guarded.log_with(&format!("CONNECT {} 200", origins.http.addr()));
    let open = peers::squid().process();
    open.log_with(&format!("GET {} 200", origins.http.url("/up/x")));
}

#[tokio::test]
async fn what_the_connector_says_is_among_the_causes() {
    let strict = Squid::start(squid::Options {
        tunnel_ports: String::new(),
        ..squid::Options::default()
    });
    let wrong = format!("username = '{}'\npassword = 'wrong-one'\n", squid::USER);
    let guarded = peers::squid_with_password().address();
    for (settings, kind, stage) in [
        (
            through(strict.address(), ""),
            Kind::ProxyRefused,
            Stage::Connect,
        ),
        (through(guarded, &wrong), Kind::ProxyAuth, Stage::Auth),
        (through(guarded, ""), Kind::ProxyAuth, Stage::Auth),
    ] {
        let client = Client::new(policy(&settings));
        let url = "https://127.0.0.1:8443/x";
        let error = http(&client, url).request(request("GET", url, "")).await;
        let error = error.unwrap_err();
        let ours = Error::find(&error).unwrap();
        assert_eq!((ours.kind(), ours.stage()), (kind, stage), "{ours}");
        assert!(ours.route().is_some() && ours.hint().is_some(), "{ours:?}");
        let shown = format!("{error:?} {ours}");
        assert!(!shown.contains("wrong-one"), "{shown}");
    }
}

/// Whoever follows a redirect by the same client leaves the connection with its origin.
#[tokio::test]
async fn another_origin_has_neither_trust_nor_proxy_of_the_connection() {
    let origins = origins().await;
    let (_, settings) = &proxies()[0];
    let client = origins.client(settings);
    let secure = http(&client, "secure:up/x");
    let good = request("GET", &origins.https.url("/up/x"), "");
    assert_eq!(secure.request(good).await.unwrap().status(), 200);
    let named = origins
        .https
        .url("/up/x")
        .replace("127.0.0.1", "origin.test");
    let error = secure
        .request(request("GET", &named, ""))
        .await
        .unwrap_err();
    let ours = Error::find(&error).unwrap();
    assert_eq!(ours.kind(), Kind::Tls, "{ours}");
    assert!(ours.to_string().contains("not trusted here"), "{ours}");
}
