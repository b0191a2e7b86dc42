//! A small Elasticsearch: `/`, `_bulk`, `_pit` and `_search` by `search_after`, Basic, and the field
//! that its official clients demand. No real server is to be had as a package; this one answers as
//! the reference of Elasticsearch 8 says, and the official Python client is its judge.

mod index;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, PROXY_AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};

pub use self::index::Fault;
use self::index::Indices;
use super::acceptor::acceptor;
use super::peers::Certificate;
use super::runtime;

/// Who may log in, and the password.
pub const USER: &str = "reader";
pub const PASSWORD: &str = "s3arch & destroy";

/// The version that it says it is.
pub const VERSION: &str = "8.15.0";

/// A running server. It ends with the test process.
pub struct Elastic {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    indices: Mutex<Indices>,
    /// A line for each request: method, path, status.
    log: Mutex<Vec<String>>,
}

impl Elastic {
    /// One without TLS.
    pub fn start() -> Self {
        Self::listen(None)
    }

    /// One that speaks TLS alone.
    pub fn secure(certificate: &Certificate) -> Self {
        Self::listen(Some(certificate))
    }

    fn listen(certificate: Option<&Certificate>) -> Self {
        let (listener, address) = runtime::listen();
        let shared = Arc::new(Shared::default());
        let (acceptor, serving) = (certificate.map(acceptor), Arc::clone(&shared));
        runtime::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&serving));
                runtime::spawn(async move {
                    match acceptor {
                        None => serve(socket, shared).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(socket).await {
                                serve(stream, shared).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, shared }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// A line for each request so far: method, path, status.
    pub fn log(&self) -> Vec<String> {
        self.shared.log.lock().unwrap().clone()
    }

    /// How many documents an index has.
    pub fn count(&self, index: &str) -> usize {
        self.shared.indices.lock().unwrap().count(index)
    }

    /// The search behind so many others goes wrong.
    pub fn disturb(&self, behind: usize, fault: Fault) {
        let mut indices = self.shared.indices.lock().unwrap();
        indices.disturb(behind, fault);
    }

    /// How many points in time are open.
    pub fn points_in_time(&self) -> usize {
        self.shared.indices.lock().unwrap().points_in_time()
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, shared: Arc<Shared>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(answer(request, &shared).await) }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(request: Request<Incoming>, shared: &Shared) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes());
    let body = body.unwrap_or_default();
    assert!(
        !parts.headers.contains_key(PROXY_AUTHORIZATION),
        "{parts:?}"
    );
    let path = parts.uri.path();
    let (status, told) = match is_known(&parts.headers) {
        false => refusal(path),
        true => {
            let query = parts.uri.query().unwrap_or_default();
            let mut indices = shared.indices.lock().unwrap();
            handle(&mut indices, &parts.method, path, query, &body)
        }
    };
    let line = format!("{} {path} {}", parts.method, status.as_u16());
    shared.log.lock().unwrap().push(line);
    let text = match parts.method {
        Method::HEAD => String::new(),
        _ => told.to_string(),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        "x-elastic-product",
        HeaderValue::from_static("Elasticsearch"),
    );
    headers.insert(CONTENT_TYPE, media_type(&parts.headers));
    if status == StatusCode::UNAUTHORIZED {
        for challenge in CHALLENGES {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
    }
    response
}

const CHALLENGES: [&str; 2] = ["Basic realm=\"security\", charset=\"UTF-8\"", "ApiKey"];

fn is_known(headers: &HeaderMap) -> bool {
    let wanted = BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let given = headers.get(AUTHORIZATION);
    given.is_some_and(|given| given.as_bytes() == format!("Basic {wanted}").as_bytes())
}

fn refusal(path: &str) -> (StatusCode, Value) {
    let reason = format!("missing authentication credentials for REST request [{path}]");
    let mut error = index::error(StatusCode::UNAUTHORIZED, "security_exception", &reason);
    error.1["error"]["header"] = json!({ "WWW-Authenticate": CHALLENGES });
    error
}

/// The client's own, where it asks for one: `application/vnd.elasticsearch+json;compatible-with=8`.
fn media_type(headers: &HeaderMap) -> HeaderValue {
    let asked = headers.get(ACCEPT);
    let asked = asked.filter(|asked| asked.as_bytes().starts_with(b"application/vnd.elastic"));
    let plain = HeaderValue::from_static("application/json");
    asked.cloned().unwrap_or(plain)
}

fn handle(
    indices: &mut Indices,
    method: &Method,
    path: &str,
    query: &str,
    body: &[u8],
) -> (StatusCode, Value) {
    let ok = |value: Value| (StatusCode::OK, value);
    let json = || serde_json::from_slice::<Value>(body).unwrap_or_default();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match (method.as_str(), &parts[..]) {
        ("GET" | "HEAD", [""]) => ok(json!({
            "name": "one",
            "cluster_name": "tests",
            "cluster_uuid": "Jt7XTXq6Q4q9ydcDFgDrdg",
            "version": {
                "number": VERSION,
                "build_flavor": "default",
                "minimum_wire_compatibility_version": "7.17.0",
                "minimum_index_compatibility_version": "7.0.0",
            },
            "tagline": "You Know, for Search",
        })),
        ("POST" | "PUT", ["_bulk"]) => indices.bulk(None, body),
        ("POST" | "PUT", [index, "_bulk"]) => indices.bulk(Some(index), body),
        ("POST" | "GET", [_, "_refresh"]) => ok(json!({ "_shards": index::shards() })),
        ("POST", [index, "_pit"]) if query.contains("keep_alive=") => indices.open(index),
        ("DELETE", ["_pit"]) => indices.close(&json()),
        ("POST" | "GET", ["_search"]) => indices.search(&json()),
        _ => index::error(
            StatusCode::BAD_REQUEST,
            "illegal_argument_exception",
            &format!("no handler found for uri [{path}] and method [{method}]"),
        ),
    }
}
