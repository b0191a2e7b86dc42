//! The connector under hyper-util's client: a `tower::Service<Uri>`.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection as HyperConnection};
use hyper_util::rt::TokioIo;
use tower_service::Service;
use url::Url;

use super::Connector;
use super::opening::{Answering, Heard, Verdict, Watched};
use crate::base::{Error, Kind, Result, Route, Scheme, Stage, Steps, Target};
use crate::settings::Connection;
use crate::tls::Alpn;

/// How plain `http://` goes through a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlainHttp {
    /// The request in absolute form to the proxy; whoever makes the request adds
    /// `Proxy-Authorization`.
    Absolute,
    /// By CONNECT.
    Tunnel,
}

/// What a response can tell of the connection that it came by: found in its extensions.
#[derive(Clone, Debug)]
pub struct Passage {
    /// The route that was taken.
    pub route: Arc<Route>,
    /// The stages passed when the connection was opened, until somebody took them.
    steps: Arc<Mutex<Steps>>,
    verdict: Verdict,
    heard: Heard,
}

impl Passage {
    /// The stages passed when the connection was opened. They are given once: a second request
    /// on a kept connection passed none of them.
    pub fn take_steps(&self) -> Steps {
        std::mem::take(&mut *self.steps.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why what answered in a proxy's or a server's place is none, where its first bytes showed it.
    pub(crate) fn stranger(&self) -> Option<Error> {
        self.verdict.get().cloned()
    }

    /// How many bytes of an answer came, in HTTP/1.1.
    pub(crate) fn heard(&self) -> u64 {
        self.heard.bytes()
    }
}

tokio::task_local! {
    /// Where the request that is being sent finds what was opened for it.
    static OPENED: Opened;
}

/// The connection that was opened for one request. hyper-util says nothing of one that ends before
/// the request is on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opened(Arc<Mutex<Option<Passage>>>);

impl Opened {
    /// Runs a request, which opens its connection inside this future.
    pub async fn within<T>(&self, request: impl Future<Output = T>) -> T {
        OPENED.scope(self.clone(), request).await
    }

    /// What is opened in this task is noted here from now on.
    fn current() -> Option<Self> {
        OPENED.try_with(Self::clone).ok()
    }

    fn note(&self, passage: Passage) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(passage);
    }

    /// The passage of what was opened, if anything was.
    pub fn take(&self) -> Option<Passage> {
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        opened.take()
    }
}

/// A stream as hyper wants it.
#[derive(Debug)]
pub struct HttpStream {
    io: TokioIo<Watched>,
    absolute: bool,
    passage: Passage,
}

impl Connector {
    /// Opens a connection for HTTP requests to `target` by `route`, with TLS and ALPN where the
    /// scheme wants it.
    pub(crate) async fn open_http(
        &self,
        route: &Arc<Route>,
        target: &Target,
        plain: PlainHttp,
        alpn: Alpn,
    ) -> Result<HttpStream> {
        let absolute = route.proxy().is_some() && !target.scheme().is_tls();
        let absolute = absolute && plain == PlainHttp::Absolute;
        let mut stream = if absolute {
            self.open_hop(route, target).await?
        } else {
            self.open(route, target).await?
        };
        if target.scheme().is_tls() {
            let secured = self.secure_with(stream, target, alpn).await;
            stream = secured.map_err(|error| super::unsecured(error, route, target))?;
        }
        let steps = stream.take_steps();
        let answering = match route.proxy() {
            Some(proxy) if absolute => Some(Answering::Proxy(Arc::clone(proxy))),
            _ if target.scheme().is_tls() => None,
            _ => Some(Answering::Server),
        };
        let (watched, verdict, heard) = Watched::new(stream, answering);
        let passage = Passage {
            route: Arc::clone(route),
            steps: Arc::new(Mutex::new(steps)),
            verdict,
            heard,
        };
        Ok(HttpStream {
            io: TokioIo::new(watched),
            absolute,
            passage,
        })
    }
}

/// Lets `hyper_util::client::legacy::Client` run on the connector. The route is resolved for each
/// new connection. A URI of another origin than the connector's connection has (a redirect that
/// was followed) goes by no connection's settings. Plain `http://` goes through a proxy in absolute form, or by CONNECT when the
/// proxy has credentials: a connector cannot add the `Proxy-Authorization` field that the
/// absolute form needs ([`http::Client`](crate::http::Client) does).
impl Service<Uri> for Connector {
    type Response = HttpStream;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpStream>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match self.routed(&uri) {
            Ok(mut routed) => routed.call(uri),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }
}

impl Connector {
    fn routed(&self, uri: &Uri) -> Result<Routed> {
        let target = target_of(uri, false)?;
        let here = |connection: &Arc<Connection>| {
            Target::from_url(&connection.url).is_ok_and(|base| base == target)
        };
        let connector = self.for_connection(self.connection.clone().filter(here));
        let route = Arc::new(connector.route(&target)?);
        let plain = match route.proxy() {
            Some(proxy) if connector.tunnels_plain_http(proxy) => PlainHttp::Tunnel,
            Some(proxy) if proxy.credentials.is_some() => PlainHttp::Tunnel,
            _ => PlainHttp::Absolute,
        };
        Ok(Routed {
            connector,
            route,
            plain,
            alpn: Alpn::Http,
        })
    }
}

/// The connector with the route already decided: one for each client of a pool, because the pool
/// knows only scheme and authority.
#[derive(Clone, Debug)]
pub(crate) struct Routed {
    pub connector: Connector,
    pub route: Arc<Route>,
    pub plain: PlainHttp,
    /// The versions of HTTP that are offered in TLS.
    pub alpn: Alpn,
}

impl Service<Uri> for Routed {
    type Response = HttpStream;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpStream>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let this = self.clone();
        // Now: the pool may go on with it in a task of its own.
        let opened = Opened::current();
        Box::pin(async move {
            // Who asks the proxy for FTP itself has seen to it that there is one.
            let by_proxy = this.route.proxy().is_some() && this.plain == PlainHttp::Absolute;
            let target = target_of(&uri, by_proxy)?;
            let Self {
                route, plain, alpn, ..
            } = &this;
            let opening = this.connector.open_http(route, &target, *plain, *alpn);
            let stream = opening.await?;
            if let Some(opened) = opened {
                opened.note(stream.passage.clone());
            }
            Ok(stream)
        })
    }
}

/// What a request is for. `ftp`: that may be a file of an FTP server, asked for in absolute form.
fn target_of(uri: &Uri, ftp: bool) -> Result<Target> {
    let url = Url::parse(&uri.to_string()).map_err(|cause| {
        Error::new(
            Kind::Usage,
            Stage::Route,
            "the request's URI is not absolute",
        )
        .with_source(cause)
    })?;
    let target = Target::from_url(&url)?;
    match target.scheme() {
        Scheme::Http | Scheme::Https => Ok(target),
        Scheme::Ftp if ftp => Ok(target),
        scheme => Err(not_http(scheme)),
    }
}

/// The error for what no HTTP client asks for.
pub(crate) fn not_http(scheme: Scheme) -> Error {
    let what = format!("an HTTP client cannot fetch `{scheme}://`");
    Error::new(Kind::Usage, Stage::Route, what)
}

impl HyperConnection for HttpStream {
    fn connected(&self) -> Connected {
        let connected = Connected::new()
            .proxy(self.absolute)
            .extra(self.passage.clone());
        match self.io.inner().stream.alpn() {
            Some(b"h2") => connected.negotiated_h2(),
            _ => connected,
        }
    }
}

impl Read for HttpStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for HttpStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    /// Two requests to one target at a time: each is told of its own connection.
    #[tokio::test]
    async fn each_request_finds_what_was_opened_for_it() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri: Uri = format!("http://{}/", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        let policy = Settings::from_toml("[policy]\ndirect = \"allow\"\n").unwrap();
        let connector = Connector::new(Arc::new(policy));
        let (first, second) = (Opened::default(), Opened::default());
        let open = |opened: Opened| {
            let (mut connector, uri) = (connector.clone(), uri.clone());
            async move {
                opened
                    .within(async { connector.call(uri).await })
                    .await
                    .unwrap()
            }
        };
        let one = open(first.clone()).await;
        let two = open(second.clone()).await;
        for (opened, stream) in [(first, one), (second, two)] {
            let found = opened.take().unwrap();
            assert!(Arc::ptr_eq(&found.steps, &stream.passage.steps));
        }
        assert!(Opened::default().take().is_none());
    }
}
