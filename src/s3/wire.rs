//! The way that requests to a bucket go, and what came of them.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use ::http::header::DATE;
use ::object_store::ClientOptions;
use ::object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService,
};
use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::BoxStream;
use tokio::io::{AsyncRead, ReadBuf};

use super::explain::explain;
use super::{Place, Signer};
use crate::base::{Error, Kind, Result, Stage, Steps, text};
use crate::http;

/// What object_store's requests go by.
#[derive(Clone)]
pub(super) struct Wire(Arc<Shared>);

struct Shared {
    http: http::Client,
    place: Place,
    signer: Signer,
    seen: Mutex<Seen>,
}

/// What came of the last request: object_store tells its status at most.
#[derive(Default)]
struct Seen {
    steps: Steps,
    refusal: Option<Error>,
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

    /// Forgets a refusal that was none to its caller.
    pub(super) fn forget(&self) {
        self.seen(|seen| seen.refusal = None);
    }

    /// The error as people are told it. Of several requests at a time it is the last refusal.
    pub(super) fn told(&self, error: ::object_store::Error) -> Error {
        if let Some(ours) = Error::find(&error) {
            return ours.clone();
        }
        if let Some(refusal) = self.seen(|seen| seen.refusal.take()) {
            return refusal;
        }
        Error::new(
            Kind::TargetProtocol,
            Stage::Request,
            "S3's answer makes no sense",
        )
        .and_also(format!(": {}", text::clip(&error.to_string())))
    }

    async fn run(&self, request: HttpRequest) -> Result<HttpResponse> {
        let response = self.0.http.send_foreign(request, None, false).await?;
        let steps = response.steps.clone();
        if response.status.is_success() {
            self.seen(|seen| seen.steps = steps);
            return Ok(response.into_foreign());
        }
        let (status, headers) = (response.status, response.headers.clone());
        let region = headers.get("x-amz-bucket-region");
        let region = region.and_then(|region| region.to_str().ok());
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        if let Err(error) = response.success().await {
            let (place, signer) = (&self.0.place, &self.0.signer);
            let refusal = explain(error, place, signer, region, date);
            self.seen(|seen| {
                *seen = Seen {
                    steps,
                    refusal: Some(refusal),
                }
            });
        }
        // Its body was read, and only a status is needed further on.
        let mut answer = HttpResponse::new(Bytes::new().into());
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wire").field(&self.0.place).finish()
    }
}

impl HttpConnector for Wire {
    fn connect(&self, _: &ClientOptions) -> ::object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for Wire {
    // As `async_trait` writes it: a crate for one line would be too much.
    fn call<'life0, 'async_trait>(
        &'life0 self,
        request: HttpRequest,
    ) -> Pin<
        Box<
            dyn Future<Output = std::result::Result<HttpResponse, HttpError>> + Send + 'async_trait,
        >,
    >
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move { self.run(request).await.map_err(http::classed) })
    }
}

/// The bytes of an object.
pub(crate) struct Body {
    chunks: BoxStream<'static, ::object_store::Result<Bytes>>,
    chunk: Bytes,
    wire: Wire,
}

impl Body {
    pub(super) fn new(
        chunks: BoxStream<'static, ::object_store::Result<Bytes>>,
        wire: Wire,
    ) -> Self {
        Self {
            chunks,
            chunk: Bytes::new(),
            wire,
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
                Some(Err(error)) => {
                    let error = this.wire.told(error);
                    return Poll::Ready(Err(std::io::Error::other(error)));
                }
            }
        }
        let piece = this.chunk.split_to(this.chunk.len().min(buf.remaining()));
        buf.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}
