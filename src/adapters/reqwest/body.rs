//! Bodies between the two stacks.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ::http::HeaderMap;
use ::http::header::CONTENT_LENGTH;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::time::Sleep;

use super::executor::late;
use crate::base::{Error, Kind, Result, Stage};
use crate::http::{Body, RequestBody};

/// What a request carries. `Content-Length`, which reqwest's forms set by hand, goes from the
/// fields to the body.
///
/// # Errors
/// The field is no number.
pub(super) async fn outgoing(
    body: Option<::reqwest::Body>,
    headers: &mut HeaderMap,
) -> Result<RequestBody> {
    let length = headers.remove(CONTENT_LENGTH);
    let Some(mut body) = body else {
        return Ok(RequestBody::empty());
    };
    if body.as_bytes().is_some() {
        // One frame is all of it, as it is: no copy.
        let frame = body.frame().await.and_then(std::result::Result::ok);
        let bytes = frame.and_then(|frame| frame.into_data().ok());
        return Ok(bytes.unwrap_or_default().into());
    }
    let body = RequestBody::stream(body);
    let Some(length) = length else {
        return Ok(body);
    };
    let number = length.to_str().ok().and_then(|text| text.parse().ok());
    let number = number.ok_or_else(|| {
        let what = "the request's Content-Length is not a number";
        Error::new(Kind::Usage, Stage::Request, what)
    })?;
    Ok(body.with_length(number))
}

/// The body of an answer, that must be read before the request's own time is over.
pub(super) struct Incoming {
    pub body: Body,
    pub limit: Option<(Pin<Box<Sleep>>, Duration)>,
    /// The request, for errors.
    pub doing: String,
}

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if let Some((sleep, limit)) = &mut this.limit
            && sleep.as_mut().poll(cx).is_ready()
        {
            let error = late(Stage::Transfer, *limit).while_doing(this.doing.as_str());
            return Poll::Ready(Some(Err(error)));
        }
        Pin::new(&mut this.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        http_body::Body::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        http_body::Body::size_hint(&self.body)
    }
}
