//! reqwest's requests over the stack.

use std::sync::Arc;
use std::time::Duration;

use outbound::adapters::reqwest::Executor;
use outbound::base::{Error, Kind, Route, Stage};
use outbound::dataset::Client;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{Body, Method, Request, StatusCode};

use super::{ROWS, origins, proxies, through};
use crate::kit::{noise, policy, sha256};
use crate::support::peers::{self, Squid, squid};
use crate::support::scripted::{Scripted, Step};

fn request(method: Method, url: &str, body: impl Into<Body>) -> Request {
    let mut request = Request::new(method, url.parse().unwrap());
    *request.body_mut() = Some(body.into());
    request
}

fn get(url: &str) -> Request {
    Request::new(Method::GET, url.parse().unwrap())
}

/// A body that is read as it is sent, so that its length is not known.
struct Stream(tokio::sync::mpsc::Receiver<Vec<u8>>);

impl Stream {
    fn of(bytes: &[u8]) -> Body {
        let chunks: Vec<_> = bytes.chunks(100_000).map(<[u8]>::to_vec).collect();
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        tokio::spawn(async move {
            for chunk in chunks {
                let _ = sender.send(chunk).await;
            }
        });
        Body::wrap(Self(receiver))
    }
}

impl http_body::Body for Stream {
    type Data = bytes::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, std::io::Error>>> {
        let chunk = self.0.poll_recv(cx);
        chunk.map(|chunk| chunk.map(|bytes| Ok(http_body::Frame::data(bytes.into()))))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_with_and_without_bodies_pass_every_proxy_in_every_way() {
    let origins = origins().await;
    let sent = noise(1 << 20);
    for (name, settings) in proxies() {
        for tunnel in ["auto", "always"] {
            let client = origins.client(&format!("{settings}tunnel = \"{tunnel}\"\n"));
            let executor = Executor::new(&client);
            for origin in [&origins.http, &origins.https] {
                let case = format!("{name}, {tunnel}, {}", origin.url("/"));
                let run = async |request| {
                    let response = executor.execute(request).await;
                    response.unwrap_or_else(|error| panic!("{case}: {error:?}"))
                };
                let url = origin.url("/up/x");
                // A stream first: the credentials must come with it.
                let put = run(request(Method::PUT, &url, Stream::of(&sent))).await;
                assert_eq!(put.status(), StatusCode::CREATED, "{case}");
                let got = run(get(&url)).await;
                assert_eq!(got.url().as_str(), url);
                assert_eq!(got.content_length(), Some(sent.len() as u64));
                let route = got.extensions().get::<Arc<Route>>().unwrap();
                assert!(route.why().starts_with("global proxy"), "{case}: {route}");
                assert_eq!(sha256(&got.bytes().await.unwrap()), sha256(&sent), "{case}");
                let posted = run(request(Method::POST, &url, ROWS)).await;
                assert_eq!(posted.text().await.unwrap(), ROWS, "{case}");
                let length = ROWS.len().to_string();
                let last = origin.requests().pop().unwrap();
                assert_eq!(last.header("content-length"), Some(&*length), "{case}");
            }
        }
    }
    origins.assert_nothing_leaked();
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_repeat_a_body_or_leave_it() {
    let origins = origins().await;
    for (name, settings) in proxies() {
        let executor = Executor::new(&origins.client(&settings));
        for origin in [&origins.http, &origins.https] {
            let mut post = request(Method::POST, &origin.url("/see-other"), "rows");
            let csv = HeaderValue::from_static("text/csv");
            post.headers_mut().insert(CONTENT_TYPE, csv);
            let seen = executor.execute(post).await.unwrap();
            assert_eq!(seen.url().as_str(), origin.url("/up/x"), "{name}");
            assert_eq!(seen.text().await.unwrap(), ROWS, "{name}");
            let last = origin.requests().pop().unwrap();
            assert_eq!((&*last.method, last.header("content-type")), ("GET", None));
            let again = request(Method::POST, &origin.url("/again"), "rows");
            let again = executor.execute(again).await.unwrap();
            assert_eq!(again.text().await.unwrap(), "rows", "{name}");
            let stream = Stream::of(b"rows");
            let stream = request(Method::POST, &origin.url("/again"), stream);
            let error = executor.execute(stream).await.unwrap_err();
            assert_eq!(error.kind(), Kind::TargetRefused, "{error}");
            assert!(
                error.to_string().contains("wants the body again"),
                "{error}"
            );
            assert!(error.hint().unwrap().contains("as bytes"));
        }
    }
}

/// A body follows to another origin, and nothing that may be a credential does.
#[tokio::test]
async fn a_body_that_leaves_the_origin_goes_without_credentials() {
    let other = origins().await;
    let away = Scripted::each(vec![
        Step::head(),
        Step::Read(4),
        Step::write(format!(
            "HTTP/1.1 308 Moved\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
            other.http.url("/up/x")
        )),
    ]);
    let executor = Executor::new(&Client::new(policy("")));
    let mut post = request(Method::POST, &away.url(), "rows");
    let secret = HeaderValue::from_static("Bearer hunter2");
    post.headers_mut().insert(AUTHORIZATION, secret.clone());
    post.headers_mut().insert("x-api-key", secret);
    let csv = HeaderValue::from_static("text/csv");
    post.headers_mut().insert(CONTENT_TYPE, csv);
    assert_eq!(
        executor.execute(post).await.unwrap().text().await.unwrap(),
        "rows"
    );
    let last = other.http.requests().pop().unwrap();
    assert_eq!(last.header("content-type"), Some("text/csv"));
    assert!(!format!("{last:?}").contains("hunter2"), "{last:?}");
}

#[tokio::test]
async fn a_refusal_of_the_proxy_is_our_error() {
    // Squid's own rules: CONNECT to 443 only, and no web server at port 1. Apache's: no CONNECT to
    // port 23.
    let strict = Squid::start(squid::Options {
        tunnel_ports: String::new(),
        ..squid::Options::default()
    });
    let (squid, apache) = (strict.address(), peers::apache().address());
    for (proxy, url, stage, hint) in [
        (
            squid,
            "https://127.0.0.1:8443/x",
            Stage::Connect,
            "acl port_8443 port 8443",
        ),
        (
            squid,
            "http://127.0.0.1:1/x",
            Stage::Request,
            "allow this URL",
        ),
        (
            apache,
            "https://127.0.0.1:23/x",
            Stage::Connect,
            "AllowConnect 23 443",
        ),
    ] {
        let executor = Executor::new(&Client::new(policy(&through(proxy, ""))));
        let error = executor.execute(get(url)).await.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (Kind::ProxyRefused, stage));
        assert_eq!(error.answer().unwrap().code, 403, "{error}");
        let route = error.route().unwrap().proxy().unwrap().port;
        assert_eq!(route, proxy.port(), "{error}");
        assert!(error.hint().unwrap().contains(hint), "{error:?}");
        let wrote = "settings.toml:3: proxy.url";
        assert!(error.to_string().contains(wrote), "{error}");
    }
}

#[tokio::test]
async fn a_wrong_password_for_the_proxy_is_said() {
    let origins = origins().await;
    let wrong = format!("username = '{}'\npassword = 'wrong-one'\n", squid::USER);
    let address = peers::squid_with_password().address();
    for (settings, said) in [
        (through(address, &wrong), "does not accept user"),
        (through(address, ""), "wants a user name and password"),
    ] {
        let executor = Executor::new(&origins.client(&settings));
        for origin in [&origins.http, &origins.https] {
            for body in [Body::from("rows"), Stream::of(b"rows")] {
                let post = request(Method::POST, &origin.url("/up/x"), body);
                let error = executor.execute(post).await.unwrap_err();
                assert_eq!(error.kind(), Kind::ProxyAuth, "{error}");
                assert!(error.to_string().contains(said), "{error}");
                assert!(!format!("{error} {error:?}").contains("wrong-one"));
            }
        }
    }
    assert!(origins.http.requests().is_empty() && origins.https.requests().is_empty());
}

/// Who refuses does not wait for the end of what is sent.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_before_the_end_of_the_body_is_heard() {
    let large = noise(8 << 20);
    let refusing = Scripted::each(vec![
        Step::head(),
        Step::write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"),
        Step::Close,
    ]);
    let executor = Executor::new(&Client::new(policy("")));
    for body in [Body::from(large.clone()), Stream::of(&large)] {
        let put = request(Method::PUT, &refusing.url(), body);
        let answer = executor.execute(put).await.unwrap();
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    let origins = origins().await;
    let guarded = through(peers::squid_with_password().address(), "");
    let executor = Executor::new(&origins.client(&guarded));
    for body in [Body::from(large.clone()), Stream::of(&large)] {
        let put = request(Method::PUT, &origins.http.url("/up/x"), body);
        let error = executor.execute(put).await.unwrap_err();
        assert_eq!(error.kind(), Kind::ProxyAuth, "{error:?}");
    }
}

/// Bytes wait for the 407; a stream, which could not be sent again, takes the credentials along.
#[tokio::test]
async fn a_stream_shows_the_credentials_at_once() {
    let asks = "HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm=\"corp\"\r\n\
                Content-Length: 0\r\nConnection: keep-alive\r\n\r\n";
    let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let login = "username = 'ann'\npassword = 'secret'\n";
    let field = "proxy-authorization: Basic YW5uOnNlY3JldA==";
    let asking = Scripted::each(vec![
        Step::ReadUntil(b"rows".to_vec()),
        Step::write(asks),
        Step::ReadUntil(b"rows".to_vec()),
        Step::write(ok),
    ]);
    let client = Client::new(policy(&through(asking.address(), login)));
    let post = request(Method::POST, "http://h.example/x", "rows");
    let answer = Executor::new(&client).execute(post).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let told = asking.received().concat();
    assert_eq!(told.matches("rows").count(), 2, "{told}");
    assert_eq!(
        told.to_lowercase().matches("proxy-authorization").count(),
        1
    );
    let content = Scripted::each(vec![
        Step::ReadUntil(b"0\r\n\r\n".to_vec()),
        Step::write(ok),
    ]);
    let client = Client::new(policy(&through(content.address(), login)));
    let post = request(Method::POST, "http://h.example/x", Stream::of(b"rows"));
    Executor::new(&client).execute(post).await.unwrap();
    let told = content.received().concat();
    assert!(
        told.to_lowercase().contains(&field.to_lowercase()),
        "{told}"
    );
}

#[tokio::test]
async fn the_connections_login_goes_to_its_origin_alone() {
    let (mine, other) = (origins().await.http, origins().await.http);
    let client = Client::new(policy(&format!(
        "[connections.mine]\nurl = \"{}\"\nusername = 'ann'\npassword = 'pw'\n",
        mine.url("/up/")
    )));
    let executor = Executor::new(&client);
    let sent = |origin: &outbound::lab::Origin| {
        let last = origin.requests().pop().unwrap();
        last.header("authorization").map(str::to_owned)
    };
    executor.execute(get(&mine.url("/up/x"))).await.unwrap();
    assert_eq!(sent(&mine).as_deref(), Some("Basic YW5uOnB3"));
    let mut own = get(&mine.url("/up/x"));
    let token = HeaderValue::from_static("Bearer mine");
    own.headers_mut().insert(AUTHORIZATION, token);
    executor.execute(own).await.unwrap();
    assert_eq!(sent(&mine).as_deref(), Some("Bearer mine"));
    executor.execute(get(&other.url("/up/x"))).await.unwrap();
    assert_eq!(sent(&other), None);
    // By name it covers its whole origin, and nobody else's: a link in an answer is no reason.
    let named = executor.clone().for_connection("mine").unwrap();
    named.execute(get(&mine.url("/elsewhere"))).await.unwrap();
    assert_eq!(sent(&mine).as_deref(), Some("Basic YW5uOnB3"));
    named.execute(get(&other.url("/up/x"))).await.unwrap();
    assert_eq!(sent(&other), None);
    let error = executor.for_connection("mime").unwrap_err();
    assert!(error.hint().unwrap().contains("`mine`"), "{error:?}");
}

/// The request's own time counts until its body is read.
#[tokio::test]
async fn a_requests_own_time_is_kept() {
    let silent = Scripted::each(vec![Step::head(), Step::Stall]);
    let half = Scripted::each(vec![
        Step::head(),
        Step::write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
        Step::Stall,
    ]);
    let executor = Executor::new(&Client::new(policy("")));
    let within = |millis, url: &str| {
        let mut request = get(url);
        *request.timeout_mut() = Some(Duration::from_millis(millis));
        executor.execute(request)
    };
    let error = within(50, &silent.url()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.stage()),
        (Kind::Timeout, Stage::Request)
    );
    assert_eq!(error.limit().unwrap().setting, "reqwest::Request::timeout");
    assert!(error.route().is_some(), "{error}");
    // Long enough for the head on a busy machine.
    let answer = within(3000, &half.url()).await.unwrap();
    let error = answer.bytes().await.unwrap_err();
    let ours = Error::find(&error).unwrap();
    assert_eq!(
        (ours.kind(), ours.stage()),
        (Kind::Timeout, Stage::Transfer)
    );
    assert_eq!(ours.limit().unwrap().setting, "reqwest::Request::timeout");
    assert!(
        ours.to_string().starts_with("GET http://127.0.0.1"),
        "{ours}"
    );
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_before_anything_is() {
    let origin = origins().await.http;
    let executor = Executor::new(&Client::new(policy("")));
    let url = origin.url("/up/x");
    let with = |name: &'static str, value: &'static str| {
        let mut request = request(Method::POST, &url, Stream::of(b"rows"));
        let value = HeaderValue::from_static(value);
        request.headers_mut().insert(name, value);
        request
    };
    let mut old = get(&url);
    *old.version_mut() = reqwest::Version::HTTP_10;
    for (request, said) in [
        (
            with("proxy-authorization", "Basic x"),
            "`proxy-authorization`",
        ),
        (with("host", "other.example"), "`host`"),
        (
            with("content-length", "four"),
            "Content-Length is not a number",
        ),
        (old, "the version of HTTP"),
        (get("ftp://h.example/x"), "cannot fetch `ftp://`"),
        (
            Request::new(Method::CONNECT, url.parse().unwrap()),
            "CONNECT",
        ),
    ] {
        let error = executor.execute(request).await.unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
    assert!(origin.requests().is_empty());
    // A length that is told stays, and one that is not kept is said.
    let mut told = request(Method::POST, &url, Stream::of(b"rows"));
    told.headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from_static("4"));
    executor.execute(told).await.unwrap();
    let last = origin.requests().pop().unwrap();
    assert_eq!(last.header("content-length"), Some("4"));
    let error = executor
        .execute(with("content-length", "40"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Usage, "{error}");
    assert!(
        error.to_string().contains("ended before its length"),
        "{error}"
    );
}
