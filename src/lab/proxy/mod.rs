//! An HTTP/1.1 forward proxy: CONNECT, and absolute-form requests for `http://`.

mod forward;
mod rules;
mod tunnel;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION,
    SERVER, VIA,
};
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

pub use self::rules::{Names, Ports};
use self::tunnel::Tunnel;
use super::cut::{Cut, CutStream, Switch};
use super::login::Login;
use super::serve::{Log, Received, Server, lock};
use crate::dial::stream::Transport;

/// The longest request head that is read; a longer one is answered with 431.
const HEAD_MAX: usize = 16 * 1024;
/// How long a client may take for a request head.
const HEAD_TIME: Duration = Duration::from_secs(30);

const SQUID_ERROR: HeaderName = HeaderName::from_static("x-squid-error");

type Body = UnsyncBoxBody<Bytes, hyper::Error>;

/// How a [`Proxy`] behaves. The default behaves well and asks for no password.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Who may use it; everybody when `None`.
    pub login: Option<Login>,
    /// What names mean. Others are unknown, and nothing but loopback is reached.
    pub names: Names,
    /// The ports that CONNECT may ask for.
    pub ports: Ports,
    /// Closes the connection after a 407.
    pub close_on_407: bool,
    /// Cuts the first tunnels after so many bytes to the client.
    pub cut: Option<Cut>,
    /// Speaks TLS with its clients.
    pub tls: Option<Arc<ServerConfig>>,
}

/// A running proxy. Dropping it closes its port and ends every connection and tunnel.
#[derive(Debug)]
pub struct Proxy {
    server: Server,
    requests: Log<Received>,
    tunnels: Log<String>,
}

impl Proxy {
    /// Starts a proxy on a free loopback port.
    ///
    /// # Errors
    /// No socket is to be had.
    pub async fn start(options: Options) -> io::Result<Self> {
        let (requests, tunnels) = (Log::default(), Log::default());
        let shared = Arc::new(Shared {
            options,
            requests: requests.clone(),
            tunnels: tunnels.clone(),
        });
        let server = Server::start(move |number, socket| {
            let shared = Arc::clone(&shared);
            async move {
                match shared.options.tls.clone() {
                    None => shared.serve(number, socket).await,
                    Some(config) => {
                        if let Ok(stream) = TlsAcceptor::from(config).accept(socket).await {
                            shared.serve(number, stream).await;
                        }
                    }
                }
            }
        })
        .await?;
        Ok(Self {
            server,
            requests,
            tunnels,
        })
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// How many connections came in.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Every request, also the refused ones, in order of arrival.
    pub fn requests(&self) -> Vec<Received> {
        self.requests.entries()
    }

    /// The `host:port` of every tunnel that was opened, in order.
    pub fn tunnels(&self) -> Vec<String> {
        self.tunnels.entries()
    }
}

struct Shared {
    options: Options,
    requests: Log<Received>,
    tunnels: Log<String>,
}

impl Shared {
    async fn serve(self: Arc<Self>, number: usize, stream: impl Transport + 'static) {
        let switch = Switch::default();
        let tunnel = Arc::new(Mutex::new(None));
        let io = TokioIo::new(CutStream::new(stream, switch.clone()));
        let shared = Arc::clone(&self);
        let slot = Arc::clone(&tunnel);
        let service = service_fn(move |request| {
            let (shared, slot) = (Arc::clone(&shared), Arc::clone(&slot));
            let switch = switch.clone();
            async move {
                shared.requests.push(Received::of(number, &request));
                Ok::<_, Infallible>(shared.respond(request, &slot, switch).await)
            }
        });
        let served = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_MAX)
            .title_case_headers(true)
            .half_close(true)
            .serve_connection(io, service)
            .with_upgrades()
            .await;
        // A tunnel is carried by its connection's task, so that it ends with the server.
        let tunnel = lock(&tunnel).take();
        if let (Ok(()), Some(tunnel)) = (served, tunnel) {
            tunnel.carry(self.options.cut.as_ref()).await;
        }
    }

    async fn respond(
        &self,
        request: Request<Incoming>,
        slot: &Mutex<Option<Tunnel>>,
        switch: Switch,
    ) -> Response<Body> {
        if let Some(login) = &self.options.login {
            let field = request.headers().get(PROXY_AUTHORIZATION);
            if !login.accepts_basic(field) {
                return self.challenge();
            }
        }
        let answer = if request.method() == Method::CONNECT {
            self.connect(request, slot).await
        } else {
            forward::forward(&self.options.names, request, switch).await
        };
        answer.unwrap_or_else(Refusal::into_response)
    }

    fn challenge(&self) -> Response<Body> {
        let refusal = Refusal::new(
            StatusCode::PROXY_AUTHENTICATION_REQUIRED,
            "ERR_CACHE_ACCESS_DENIED 0",
            "Cache Access Denied",
        );
        let mut response = refusal.into_response();
        let headers = response.headers_mut();
        let challenge = HeaderValue::from_static("Basic realm=\"lab\"");
        headers.insert(PROXY_AUTHENTICATE, challenge);
        if self.options.close_on_407 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    async fn connect(
        &self,
        request: Request<Incoming>,
        slot: &Mutex<Option<Tunnel>>,
    ) -> Result<Response<Body>, Refusal> {
        let authority = request.uri().authority().cloned();
        let Some((authority, port)) = authority.and_then(|a| Some((a.clone(), a.port_u16()?)))
        else {
            return Err(Refusal::invalid());
        };
        if !self.options.ports.allow(port) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "ERR_ACCESS_DENIED 0",
                "Access Denied",
            ));
        }
        let socket = dial(&self.options.names, authority.host(), port).await?;
        self.tunnels.push(authority.to_string());
        *lock(slot) = Some(Tunnel::new(hyper::upgrade::on(request), socket));
        let mut response = Response::new(empty());
        response
            .extensions_mut()
            .insert(hyper::ext::ReasonPhrase::from_static(
                b"Connection established",
            ));
        Ok(response)
    }
}

/// Opens the connection to a target, by the proxy's own names.
async fn dial(names: &Names, host: &str, port: u16) -> Result<tokio::net::TcpStream, Refusal> {
    let unavailable = |error, title| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error, title);
    let addr = names
        .resolve(host, port)
        .ok_or_else(|| unavailable("ERR_DNS_FAIL 0", "Name unknown to the proxy"))?;
    let socket = tokio::net::TcpStream::connect(addr)
        .await
        .map_err(|_| unavailable("ERR_CONNECT_FAIL 111", "Connection to the target failed"))?;
    let _ = socket.set_nodelay(true);
    Ok(socket)
}

/// A request that is answered by the proxy itself, with an error page as Squid has them.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    error: &'static str,
    title: &'static str,
}

impl Refusal {
    fn new(status: StatusCode, error: &'static str, title: &'static str) -> Self {
        Self {
            status,
            error,
            title,
        }
    }

    fn invalid() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "ERR_INVALID_REQ 0",
            "Invalid Request",
        )
    }

    fn into_response(self) -> Response<Body> {
        let page = format!(
            "<!DOCTYPE html>\n<html><head><title>ERROR: {title}</title></head>\n\
             <body><h1>{title}</h1><p>The lab's proxy refused this request.</p></body></html>\n",
            title = self.title
        );
        let page = Full::new(Bytes::from(page));
        let mut response = Response::new(page.map_err(|never| match never {}).boxed_unsync());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(SERVER, HeaderValue::from_static("outbound-lab"));
        headers.insert(VIA, HeaderValue::from_static("1.1 outbound-lab"));
        headers.insert(SQUID_ERROR, HeaderValue::from_static(self.error));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        response
    }
}

fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}
