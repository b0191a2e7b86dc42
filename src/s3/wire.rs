//! The way that requests to a bucket go, and what came of them.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use ::http::Method;
use ::http::header::DATE;
use ::object_store::ClientOptions;
use ::object_store::client::{HttpClient, HttpConnector, HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::BoxStream;
use tokio::io::{AsyncRead, ReadBuf};

use super::answer::{self, XML_MOST};
use super::explain::explain;
use super::{Place, Signer};
use crate::base::{Error, Kind, Result, Route, Stage, Steps, text};
use crate::http::{self, Runs};

/// What object_store's requests go by.
#[derive(Clone)]
pub(super) struct Wire(Arc<Shared>);

struct Shared {
    http: http::Client,
    place: Place,
    signer: Signer,
    seen: Mutex<Seen>,
}

/// What is known of the requests so far.
#[derive(Default)]
struct Seen {
    /// The stages that the last one passed.
    steps: Steps,
    /// The way that it went.
    route: Option<Arc<Route>>,
    /// The pages of the listing so far.
    pages: usize,
}

/// What a request asks for, as far as its answer has bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// An object, which may be of any length.
    Object,
    /// A page of a listing.
    Page {
        first: bool,
    },
    Other,
}

impl Asked {
    fn by(request: &HttpRequest) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let has = |key| {
            query
                .split('&')
                .any(|pair| pair.split('=').next() == Some(key))
        };
        match *request.method() {
            Method::GET if has("list-type") => Self::Page {
                first: !has("continuation-token"),
            },
            Method::GET | Method::HEAD => Self::Object,
            _ => Self::Other,
        }
    }
}

impl Wire {
    pub(super) fn new(http: http::Client, place: &Place, signer: &Signer) -> Self {
        Self(Arc::new(Shared {
            http,
            place: place.clone(),
            signer: signer.clone(),
            seen: Mutex::default(),
        }))
    }

    /// The stages that the last request passed.
    pub(super) fn steps(&self) -> Steps {
        self.seen(|seen| seen.steps.clone())
    }

    fn seen<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The error as people are told it.
    pub(super) fn told(&self, error: ::object_store::Error) -> Error {
        if let Some(ours) = Error::find(&error) {
            return ours.clone();
        }
        if let ::object_store::Error::InvalidPath { source } = &error {
            let what = "a key in the listing cannot be asked for";
            let error = Error::new(Kind::Unsupported, Stage::Request, what)
                .and_also(format!(": {}", text::clip(&source.to_string())))
                .with_hint(
                    "keys with empty parts, `.`, `..` or control characters are not supported: list \
                     what lies below a longer prefix",
                );
            return self.with_route(error);
        }
        let what = "S3's answer makes no sense";
        let error = Error::new(Kind::TargetProtocol, Stage::Request, what)
            .and_also(format!(": {}", text::clip(&error.to_string())))
            .with_hint("check `endpoint`: what answers there may not be S3, or not like it enough");
        self.with_route(error)
    }

    /// The number of a page among those of its listing.
    fn number(&self, first: bool) -> usize {
        self.seen(|seen| {
            seen.pages = match first {
                true => 1,
                false => seen.pages + 1,
            };
            seen.pages
        })
    }

    /// The error with the way of the last request, unless it has one.
    pub(super) fn with_route(&self, error: Error) -> Error {
        match self.seen(|seen| seen.route.clone()) {
            Some(route) => error.with_route(&route),
            None => error,
        }
    }
}

impl Runs for Wire {
    async fn run(&self, request: HttpRequest) -> Result<HttpResponse> {
        let asked = Asked::by(&request);
        let response = self.0.http.send_foreign(request, None, false).await?;
        self.seen(|seen| {
            seen.steps = response.steps.clone();
            seen.route = Some(Arc::clone(&response.route));
        });
        if response.status.is_success() {
            return match asked {
                Asked::Object => answer::object(response),
                Asked::Page { first } => answer::page(response, self.number(first)).await,
                Asked::Other => Ok(response.into_foreign(Some(XML_MOST))),
            };
        }
        let headers = response.headers.clone();
        let region = headers.get("x-amz-bucket-region");
        let region = region.and_then(|region| region.to_str().ok());
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        match response.success().await {
            Ok(response) => Ok(response.into_foreign(Some(XML_MOST))),
            // In object_store's error it stays what it is, whatever other requests come to.
            Err(error) => {
                let (place, signer) = (&self.0.place, &self.0.signer);
                Err(explain(error, place, signer, region, date))
            }
        }
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wire").field(&self.0.place).finish()
    }
}

impl HttpConnector for Wire {
    fn connect(&self, _: &ClientOptions) -> ::object_store::Result<HttpClient> {
        Ok(http::foreign_client(self.clone()))
    }
}

/// The bytes of an object.
pub(crate) struct Body {
    chunks: BoxStream<'static, Result<Bytes>>,
    chunk: Bytes,
}

impl Body {
    pub(super) fn new(chunks: BoxStream<'static, Result<Bytes>>) -> Self {
        Self {
            chunks,
            chunk: Bytes::new(),
        }
    }
}

impl AsyncRead for Body {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        while this.chunk.is_empty() {
            match ready!(Pin::new(&mut this.chunks).poll_next(cx)) {
                None => return Poll::Ready(Ok(())),
                Some(Ok(chunk)) => this.chunk = chunk,
                Some(Err(error)) => return Poll::Ready(Err(std::io::Error::other(error))),
            }
        }
        let piece = this.chunk.split_to(this.chunk.len().min(buf.remaining()));
        buf.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}
