//! Requests of object_store's, run by this client.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use ::object_store::client::{
    HttpClient, HttpError, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
    HttpService,
};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http_body::{Frame, SizeHint};
use url::Url;

use super::client::{Client, Response};
use super::request::Request;
use super::request_body::RequestBody;
use super::retry_class::classed;
use crate::base::{Error, Kind, Result, Secret, Stage};

/// The URL that a request of object_store's is for.
///
/// # Errors
/// It is not absolute.
pub(crate) fn url_of(request: &HttpRequest) -> Result<Url> {
    Url::parse(&request.uri().to_string()).map_err(|cause| {
        let what = "the request's URI is not absolute";
        Error::new(Kind::Usage, Stage::Route, what).with_source(cause)
    })
}

/// Runs requests of object_store's.
pub(crate) trait Runs: fmt::Debug + Send + Sync + 'static {
    /// Runs one.
    fn run(&self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse>> + Send;
}

/// What runs requests, as object_store wants it.
pub(crate) fn foreign_client(runs: impl Runs) -> HttpClient {
    HttpClient::new(Foreign(runs))
}

#[derive(Debug)]
struct Foreign<R>(R);

impl<R: Runs> HttpService for Foreign<R> {
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
        Box::pin(async move { self.0.run(request).await.map_err(classed) })
    }
}

impl Client {
    /// Runs a request of object_store's. `authorization` counts when it has none of its own. A redirect is
    /// followed unless the request is signed: the signature is for one host.
    ///
    /// # Errors
    /// As [`send`](Self::send), and a refusal that is the proxy's own.
    pub(crate) async fn send_foreign(
        &self,
        request: HttpRequest,
        authorization: Option<Secret>,
        follows: bool,
    ) -> Result<Response> {
        let url = url_of(&request)?;
        let (parts, body) = request.into_parts();
        let mut wanted = Request::new(parts.method, url);
        wanted.headers = parts.headers;
        wanted.headers.remove(CONTENT_LENGTH);
        wanted.body = outgoing(body);
        let is_signed = wanted.headers.contains_key(AUTHORIZATION);
        let response = match is_signed || !follows {
            true => self.send_once(wanted).await?,
            false => {
                wanted.authorization = authorization;
                self.send(wanted).await?
            }
        };
        match response.is_from_proxy() {
            true => response.success().await,
            false => Ok(response),
        }
    }
}

impl Response {
    /// The answer as object_store wants it; the route is among its extensions. Of a body that is
    /// longer than `most` bytes the reading fails.
    pub(crate) fn into_foreign(self, most: Option<u64>) -> HttpResponse {
        let mut whole = HttpResponse::new(HttpResponseBody::new(Incoming {
            body: self.body,
            left: most,
        }));
        *whole.status_mut() = self.status;
        *whole.version_mut() = self.version;
        *whole.headers_mut() = self.headers;
        whole.extensions_mut().insert(Arc::clone(&self.route));
        whole
    }
}

/// What a request carries: one piece as it is, more of them one after another.
fn outgoing(body: HttpRequestBody) -> RequestBody {
    match body.as_bytes() {
        Some(bytes) => bytes.clone().into(),
        None => {
            let length = body.content_length() as u64;
            RequestBody::again(length, move || body.clone())
        }
    }
}

/// The body of an answer, with errors as object_store knows them.
struct Incoming {
    body: super::Body,
    /// So many bytes may still come.
    left: Option<u64>,
}

impl Incoming {
    fn counted(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>> {
        if let (Some(left), Some(data)) = (&mut self.left, frame.data_ref()) {
            *left = left.checked_sub(data.len() as u64).ok_or_else(|| {
                let what = "the answer is longer than any such answer can be";
                Error::new(Kind::TargetProtocol, Stage::Request, what)
            })?;
        }
        Ok(frame)
    }
}

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, HttpError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let frame = frame.map(|frame| frame.and_then(|frame| self.counted(frame)));
        Poll::Ready(frame.map(|frame| frame.map_err(classed)))
    }

    fn is_end_stream(&self) -> bool {
        http_body::Body::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        http_body::Body::size_hint(&self.body)
    }
}
