//! An HTTP/1.1 origin, plain or over TLS, that serves a [`Tree`].

mod answer;
mod body;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, HeaderValue, IF_NONE_MATCH, LOCATION, RETRY_AFTER, SERVER,
    WWW_AUTHENTICATE,
};
use http::{HeaderName, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use percent_encoding::percent_decode_str;
use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

use self::answer::answer;
use self::body::FileBody;
use super::cut::{Cut, CutStream, Switch, take_one};
use super::login::Login;
use super::serve::{Log, Received, Server};
use super::tree::Tree;
use crate::dial::stream::Transport;

/// How an [`Origin`] behaves. The default behaves well.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The files.
    pub tree: Tree,
    /// Serves over TLS, and over HTTP/2 when that was agreed on.
    pub tls: Option<Arc<ServerConfig>>,
    /// Paths that answer with a redirect.
    pub redirects: Vec<Redirect>,
    /// Paths below this prefix want Basic credentials.
    pub protected: Option<(String, Login)>,
    /// Paths below this prefix take PUT, which makes the body the file, and POST, which gets the
    /// body back as the answer.
    pub uploads: Option<String>,
    /// Closes the connection in the middle of the first bodies.
    pub cut: Option<Cut>,
    /// Answers the first so many requests with 503.
    pub unavailable: usize,
    /// `Retry-After` of those, in seconds.
    pub retry_after: Option<u64>,
    /// The pause after every 16 KiB of a body.
    pub pace: Option<Duration>,
}

/// A path that answers with a redirect.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// The path that moved.
    pub from: String,
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
    /// `Location`, as it is sent.
    pub to: String,
}

/// A running origin. Dropping it closes its port and ends every connection.
#[derive(Debug)]
pub struct Origin {
    server: Server,
    requests: Log<Received>,
    tree: Tree,
    url: String,
}

impl Origin {
    /// Starts an origin on a free loopback port.
    ///
    /// # Errors
    /// No socket is to be had.
    pub async fn start(options: Options) -> io::Result<Self> {
        let requests = Log::default();
        let tree = options.tree.clone();
        let scheme = options.tls.as_ref().map_or("http", |_| "https");
        let shared = Arc::new(Shared {
            unavailable: AtomicUsize::new(options.unavailable),
            requests: requests.clone(),
            options,
        });
        let server = Server::start(move |number, socket| {
            let shared = Arc::clone(&shared);
            async move {
                match shared.options.tls.clone() {
                    None => shared.serve(number, socket, false).await,
                    Some(config) => {
                        if let Ok(stream) = TlsAcceptor::from(config).accept(socket).await {
                            let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                            shared.serve(number, stream, h2).await;
                        }
                    }
                }
            }
        })
        .await?;
        Ok(Self {
            url: format!("{scheme}://{}", server.addr()),
            server,
            requests,
            tree,
        })
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// The URL of `path` at this server's own address.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// How many connections came in.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Every request, in order of arrival.
    pub fn requests(&self) -> Vec<Received> {
        self.requests.entries()
    }

    /// The files.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Changes a file while the server runs: new bytes, ETag and time.
    pub fn replace(&self, path: &str, bytes: impl Into<Bytes>) {
        self.tree.put(path, bytes);
    }
}

struct Shared {
    options: Options,
    unavailable: AtomicUsize,
    requests: Log<Received>,
}

impl Shared {
    async fn serve(self: Arc<Self>, number: usize, stream: impl Transport + 'static, h2: bool) {
        let switch = Switch::default();
        let io = TokioIo::new(CutStream::new(stream, switch.clone()));
        let service = service_fn(move |request: Request<Incoming>| {
            let (shared, switch) = (Arc::clone(&self), switch.clone());
            async move {
                let response = match shared.respond(number, &request, &switch) {
                    Some(response) => response,
                    None => shared.upload(request).await,
                };
                Ok::<_, Infallible>(response)
            }
        });
        // A connection that breaks is the client's matter, or was asked for.
        let _ = if h2 {
            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(io, service)
                .await
        } else {
            hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .title_case_headers(true)
                .half_close(true)
                .serve_connection(io, service)
                .await
        };
    }

    /// The answer, unless it is an upload's.
    fn respond(
        &self,
        number: usize,
        request: &Request<Incoming>,
        switch: &Switch,
    ) -> Option<Response<FileBody>> {
        self.requests.push(Received::of(number, request));
        let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
        if take_one(&self.unavailable) {
            let pause = self.options.retry_after.map(|seconds| seconds.to_string());
            let fields = pause.map(|pause| (RETRY_AFTER, pause));
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Some(plain(status, fields, "come back later\n"));
        }
        if let Some((prefix, login)) = &self.options.protected
            && path.starts_with(prefix.as_str())
            && !login.accepts_basic(request.headers().get(AUTHORIZATION))
        {
            let challenge = (WWW_AUTHENTICATE, "Basic realm=\"lab data\"".to_owned());
            let status = StatusCode::UNAUTHORIZED;
            return Some(plain(status, Some(challenge), "log in first\n"));
        }
        let mut redirects = self.options.redirects.iter();
        if let Some(redirect) = redirects.find(|redirect| redirect.from == path) {
            let status = StatusCode::from_u16(redirect.status).unwrap_or(StatusCode::FOUND);
            let location = (LOCATION, redirect.to.clone());
            return Some(plain(status, Some(location), "moved\n"));
        }
        let uploads = self.options.uploads.as_deref();
        if uploads.is_some_and(|prefix| path.starts_with(prefix))
            && matches!(*request.method(), Method::PUT | Method::POST)
        {
            return None;
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            return Some(plain(status, None, "GET and HEAD only\n"));
        }
        let Some(file) = self
            .options
            .tree
            .get(&path)
            .filter(|_| !path.ends_with('/'))
        else {
            return Some(plain(StatusCode::NOT_FOUND, None, "no such file\n"));
        };
        let answer = answer(&path, &file, request.headers());
        let bytes = answer.bytes.map(|range| file.bytes.slice(range));
        let head = request.method() == Method::HEAD;
        let mut response = Response::new(self.body(bytes, head, switch));
        *response.status_mut() = answer.status;
        let length = answer.status.is_success().then(|| {
            let length = http_body::Body::size_hint(response.body()).exact();
            (CONTENT_LENGTH, length.unwrap_or_default().to_string())
        });
        finish(&mut response, answer.fields.into_iter().chain(length));
        Some(response)
    }

    /// Takes a PUT or POST.
    async fn upload(&self, request: Request<Incoming>) -> Response<FileBody> {
        let (head, body) = request.into_parts();
        let Ok(body) = body.collect().await else {
            return plain(StatusCode::BAD_REQUEST, None, "the body broke off\n");
        };
        if head.method == Method::PUT {
            let path = percent_decode_str(head.uri.path()).decode_utf8_lossy();
            let only_new = head
                .headers
                .get(IF_NONE_MATCH)
                .is_some_and(|tag| tag == "*");
            if only_new && self.options.tree.get(&path).is_some() {
                return plain(StatusCode::PRECONDITION_FAILED, None, "it is there\n");
            }
            self.options.tree.put(&path, body.to_bytes());
            return plain(StatusCode::CREATED, None, "stored\n");
        }
        let mut response = Response::new(FileBody::whole(body.to_bytes(), None));
        finish(&mut response, None);
        response
    }

    fn body(&self, bytes: Option<Bytes>, head: bool, switch: &Switch) -> FileBody {
        let bytes = bytes.unwrap_or_default();
        let length = bytes.len();
        let body = FileBody::whole(bytes, self.options.pace);
        match self.options.cut.as_ref().filter(|_| !head) {
            Some(cut) => match cut.take(length) {
                Some(allowed) => body.cut_after(allowed, switch.clone()),
                None => body,
            },
            None => body,
        }
    }
}

fn plain(
    status: StatusCode,
    field: Option<(HeaderName, String)>,
    text: &'static str,
) -> Response<FileBody> {
    let mut response = Response::new(FileBody::whole(Bytes::from_static(text.as_bytes()), None));
    *response.status_mut() = status;
    finish(&mut response, field);
    response
}

fn finish<B>(response: &mut Response<B>, fields: impl IntoIterator<Item = (HeaderName, String)>) {
    let headers = response.headers_mut();
    headers.insert(SERVER, HeaderValue::from_static("outbound-lab"));
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}
