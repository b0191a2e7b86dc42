//! The body of an answer, with a limit on silence.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::CaptureConnection;
use tokio::io::{AsyncRead, AsyncReadExt as _, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::broken;
use crate::base::{Error, Kind, Stage, text};

/// A body that is read as it comes. A stream that ends before the body does is an error, never an
/// early end.
#[derive(Debug)]
pub struct Body {
    incoming: Incoming,
    chunk: Bytes,
    idle: Duration,
    /// The setting that says so.
    limit: &'static str,
    silence: Pin<Box<Sleep>>,
    /// Whether `silence` counts: it begins when a byte is waited for. A reader that takes its time
    /// is no silence of the server's.
    waiting: bool,
    from_proxy: bool,
    /// The request, for errors.
    doing: String,
    /// What it comes by.
    connection: CaptureConnection,
}

impl Body {
    pub(super) fn new(
        incoming: Incoming,
        idle: Duration,
        from_proxy: bool,
        doing: String,
        connection: CaptureConnection,
    ) -> Self {
        Self {
            incoming,
            chunk: Bytes::new(),
            idle,
            limit: "timeouts.idle",
            silence: Box::pin(tokio::time::sleep(idle)),
            waiting: false,
            from_proxy,
            doing,
            connection,
        }
    }

    /// With another limit on silence, which `limit` sets.
    pub(crate) fn with_idle(mut self, idle: Duration, limit: &'static str) -> Self {
        (self.idle, self.limit) = (idle, limit);
        self
    }

    /// The length that is still to come, when it is known.
    pub fn remaining(&self) -> Option<u64> {
        let coming = self.incoming.size_hint().exact()?;
        Some(coming + self.chunk.len() as u64)
    }

    /// Reads at most `most` bytes to see what an answer says. What goes wrong on the way is no
    /// matter: the answer stands.
    pub(crate) async fn start(&mut self, most: usize) -> Vec<u8> {
        let mut kept = Vec::new();
        let mut start = self.take(most as u64);
        let reading = start.read_to_end(&mut kept);
        let _ = tokio::time::timeout(Duration::from_secs(2), reading).await;
        kept
    }

    /// The next frame as it comes from the connection; `None` at the end.
    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                if !std::mem::replace(&mut self.waiting, true) {
                    self.silence.as_mut().reset(Instant::now() + self.idle);
                }
                ready!(self.silence.as_mut().poll(cx));
                // Of HTTP/2 it may be dead without a word, and the next request would wait on it.
                if let Some(connected) = self.connection.connection_metadata().as_ref() {
                    connected.poison();
                }
                let what = "no byte came";
                let error = Error::new(Kind::Timeout, Stage::Transfer, what)
                    .with_limit(self.limit, text::seconds(self.idle))
                    .while_doing(self.doing.as_str());
                return Poll::Ready(Some(Err(error)));
            }
        };
        self.waiting = false;
        let explain = |cause| {
            let error = broken::cut(cause, self.from_proxy);
            error.while_doing(self.doing.as_str())
        };
        Poll::Ready(frame.map(|frame| frame.map_err(explain)))
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        loop {
            let Some(frame) = ready!(self.poll_incoming(cx)?) else {
                return Poll::Ready(Ok(false));
            };
            match frame.into_data() {
                Ok(data) if !data.is_empty() => {
                    self.chunk = data;
                    return Poll::Ready(Ok(true));
                }
                _ => {} // trailers, or an empty frame
            }
        }
    }
}

/// The bytes as they came, without a copy, for clients that take bodies of `http_body`.
impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if !self.chunk.is_empty() {
            let chunk = std::mem::take(&mut self.chunk);
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        self.poll_incoming(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.chunk.is_empty() && self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.remaining() {
            Some(length) => SizeHint::with_exact(length),
            None => SizeHint::default(),
        }
    }
}

impl AsyncRead for Body {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.chunk.is_empty() && !ready!(self.poll_chunk(cx))? {
            return Poll::Ready(Ok(()));
        }
        let taken = self.chunk.len().min(buf.remaining());
        buf.put_slice(&self.chunk[..taken]);
        self.chunk.advance(taken);
        Poll::Ready(Ok(()))
    }
}
