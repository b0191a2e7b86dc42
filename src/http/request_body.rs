//! What a request carries, and how far it has got.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Either, Full, StreamBody};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::base::{Error, Kind, Result, Stage};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Streaming = UnsyncBoxBody<Bytes, BoxError>;

/// The content of a request (RFC 9110 section 6.4): nothing, bytes, or a stream. Bytes can be sent
/// again, when a redirect or the proxy's 407 wants it; a stream is sent once.
#[derive(Default)]
pub struct RequestBody {
    content: Content,
    length: Option<u64>,
}

#[derive(Default)]
enum Content {
    #[default]
    Empty,
    Bytes(Bytes),
    /// The lock is never held: it makes a body shareable that is not `Sync`.
    Stream(Mutex<Streaming>),
    /// A stream that can be had again.
    Again(Box<dyn Fn() -> Streaming + Send + Sync>),
    Sent,
}

impl RequestBody {
    /// No content.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Content that comes as it is sent. An error of it breaks the request, and is found in the
    /// request's error.
    pub fn stream<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self {
            content: Content::Stream(Mutex::new(body.map_err(Into::into).boxed_unsync())),
            length: None,
        }
    }

    /// Content that comes as it is sent, and can be had again from its start.
    pub(crate) fn again<B>(length: u64, make: impl Fn() -> B + Send + Sync + 'static) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let make = move || make().map_err(Into::into).boxed_unsync();
        Self {
            content: Content::Again(Box::new(make)),
            length: Some(length),
        }
    }

    /// Content that is read as it is sent: a file, a pipe.
    pub fn reader(reader: impl AsyncRead + Send + 'static) -> Self {
        const CHUNK: usize = 64 * 1024;
        let chunks = futures_util::stream::try_unfold(Box::pin(reader), async |mut reader| {
            let mut chunk = BytesMut::with_capacity(CHUNK);
            let read = reader.read_buf(&mut chunk).await?;
            Ok::<_, std::io::Error>((read > 0).then(|| (Frame::data(chunk.freeze()), reader)))
        });
        Self::stream(StreamBody::new(chunks))
    }

    /// Announces the length of a stream (`Content-Length`); without it HTTP/1 sends chunks, which
    /// some servers do not take. A stream that ends before breaks the request.
    pub fn with_length(mut self, length: u64) -> Self {
        self.length = Some(length);
        self
    }

    /// Whether it has no content.
    pub fn is_empty(&self) -> bool {
        match &self.content {
            Content::Empty => true,
            Content::Bytes(bytes) => bytes.is_empty(),
            Content::Again(_) => self.length == Some(0),
            Content::Stream(_) | Content::Sent => false,
        }
    }

    /// Whether it can be sent more than once.
    pub fn is_repeatable(&self) -> bool {
        !matches!(self.content, Content::Stream(_) | Content::Sent)
    }

    /// Whether it may be long: then nobody wants to send it in vain.
    pub(super) fn is_streamed(&self) -> bool {
        !matches!(self.content, Content::Empty | Content::Bytes(_))
    }

    /// The length that its maker told, of a stream that does not know it.
    pub(super) fn told_length(&self) -> Option<u64> {
        self.length.filter(|_| self.is_streamed())
    }

    /// The body of one sending.
    ///
    /// # Errors
    /// It was a stream, and is gone.
    pub(super) fn send(&mut self) -> Result<Outgoing> {
        let body = match std::mem::replace(&mut self.content, Content::Sent) {
            Content::Empty => {
                self.content = Content::Empty;
                Either::Left(Full::default())
            }
            Content::Bytes(bytes) => {
                self.content = Content::Bytes(bytes.clone());
                Either::Left(Full::new(bytes))
            }
            Content::Stream(stream) => {
                Either::Right(stream.into_inner().unwrap_or_else(PoisonError::into_inner))
            }
            Content::Again(make) => {
                let body = make();
                self.content = Content::Again(make);
                Either::Right(body)
            }
            Content::Sent => {
                let what = "the request's body was a stream, and a stream can be sent once";
                let error = Error::new(Kind::Usage, Stage::Request, what);
                return Err(error.with_hint("give the body as bytes"));
            }
        };
        Ok(Outgoing {
            body,
            rest: Bytes::new(),
            pace: Arc::default(),
        })
    }
}

impl fmt::Debug for RequestBody {
    /// How much it is, never what it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.content, self.length) {
            (Content::Empty, _) => f.write_str("empty"),
            (Content::Bytes(bytes), _) => write!(f, "{} bytes", bytes.len()),
            (Content::Stream(_) | Content::Again(_), Some(length)) => {
                write!(f, "a stream of {length} bytes")
            }
            (Content::Stream(_) | Content::Again(_), None) => f.write_str("a stream"),
            (Content::Sent, _) => f.write_str("sent"),
        }
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        Self {
            content: Content::Bytes(bytes),
            length: None,
        }
    }
}

impl From<Vec<u8>> for RequestBody {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for RequestBody {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for RequestBody {
    fn from(text: &'static str) -> Self {
        Bytes::from(text).into()
    }
}

/// A body on its way, in frames of at most [`FRAME`]: hyper asks for the next one when there is room,
/// so that frames tell how far it has got. One frame of all would tell nothing.
pub(super) struct Outgoing {
    body: Either<Full<Bytes>, Streaming>,
    /// What is left of a frame that was larger.
    rest: Bytes,
    pace: Arc<Pace>,
}

/// The most that is handed over at once.
const FRAME: usize = 64 * 1024;

/// How far a body has got: while it moves, nobody can expect an answer.
#[derive(Debug, Default)]
pub(super) struct Pace {
    frames: AtomicUsize,
    /// The caller's stream has nothing to give: the silence is not the server's.
    starved: AtomicBool,
    ended: AtomicBool,
}

impl Pace {
    /// Whether all of it was taken.
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// Waits for an answer; `None` when for so long neither that came nor the body moved.
    pub async fn within<T>(&self, limit: Duration, answer: impl Future<Output = T>) -> Option<T> {
        let mut answer = std::pin::pin!(answer);
        loop {
            let before = self.frames.load(Ordering::Relaxed);
            if let Ok(answer) = tokio::time::timeout(limit, &mut answer).await {
                return Some(answer);
            }
            let moved = before != self.frames.load(Ordering::Relaxed);
            if !moved && !self.starved.load(Ordering::Relaxed) {
                return None;
            }
        }
    }
}

impl Outgoing {
    pub fn pace(&self) -> Arc<Pace> {
        if self.is_end_stream() {
            self.pace.ended.store(true, Ordering::Relaxed);
        }
        Arc::clone(&self.pace)
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = match self.rest.is_empty() {
            true => Pin::new(&mut self.body).poll_frame(cx),
            false => Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.rest))))),
        };
        let frame = match frame {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(match frame.into_data() {
                Ok(mut data) => {
                    self.rest = data.split_off(data.len().min(FRAME));
                    Frame::data(data)
                }
                Err(trailers) => trailers,
            }))),
            other => other,
        };
        let pace = &self.pace;
        pace.starved.store(frame.is_pending(), Ordering::Relaxed);
        if frame.is_ready() {
            pace.frames.fetch_add(1, Ordering::Relaxed);
        }
        if self.is_end_stream() || matches!(frame, Poll::Ready(None)) {
            pace.ended.store(true, Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, coming) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        if let Some(upper) = coming.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(coming.lower() + rest);
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(body: &mut RequestBody) -> Result<Bytes> {
        let collected = body.send()?.collect().await;
        Ok(collected.unwrap().to_bytes())
    }

    #[tokio::test]
    async fn bytes_are_sent_again_and_a_stream_is_not() {
        let mut bytes = RequestBody::from("rows");
        for _ in 0..2 {
            assert_eq!(sent(&mut bytes).await.unwrap(), "rows");
        }
        let long = vec![7; 200_000];
        let mut stream = RequestBody::reader(std::io::Cursor::new(long.clone()));
        assert!(!stream.is_repeatable() && !stream.is_empty());
        assert!(sent(&mut stream).await.unwrap() == long);
        assert_eq!(stream.send().err().unwrap().kind(), Kind::Usage);
    }

    /// As one frame of all, a large body would not seem to move while it is sent.
    #[tokio::test]
    async fn a_large_body_goes_in_frames_and_ends_with_the_last() {
        let long: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let mut body = RequestBody::from(long.clone()).send().unwrap();
        let pace = body.pace();
        let (mut came, mut frames) = (Vec::new(), 0);
        while !body.is_end_stream() {
            assert!(!pace.has_ended());
            assert_eq!(
                body.size_hint().exact(),
                Some((long.len() - came.len()) as u64)
            );
            let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert!(frame.len() <= FRAME);
            came.extend_from_slice(&frame);
            frames += 1;
        }
        assert!(pace.has_ended() && came == long);
        assert_eq!(frames, 4);
        assert_eq!(pace.frames.load(Ordering::Relaxed), 4);
    }

    #[tokio::test]
    async fn the_pace_tells_who_is_waited_for() {
        let (mut near, far) = tokio::io::duplex(64);
        let mut body = RequestBody::reader(far).send().unwrap();
        let pace = body.pace();
        assert!(!pace.has_ended());
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(Pin::new(&mut body).poll_frame(&mut cx).is_pending());
        assert!(pace.starved.load(Ordering::Relaxed));
        tokio::io::AsyncWriteExt::write_all(&mut near, b"row")
            .await
            .unwrap();
        body.frame().await.unwrap().unwrap();
        assert!(!pace.starved.load(Ordering::Relaxed));
        drop(near);
        assert!(body.frame().await.is_none());
        assert!(pace.has_ended());
        assert!(RequestBody::empty().send().unwrap().pace().has_ended());
    }

    /// The answer is looked at whenever the limit is over, and not before.
    #[tokio::test]
    async fn while_the_body_moves_the_limit_starts_anew() {
        let (pace, limit) = (Pace::default(), Duration::from_millis(1));
        let mut looks = 0;
        let answer = std::future::poll_fn(|_| {
            looks += 1;
            pace.starved.store(looks < 3, Ordering::Relaxed);
            match looks {
                6 => Poll::Ready("answer"),
                3.. => {
                    pace.frames.fetch_add(1, Ordering::Relaxed);
                    Poll::Pending
                }
                _ => Poll::Pending,
            }
        });
        assert_eq!(pace.within(limit, answer).await, Some("answer"));
        let silence = std::future::pending::<()>();
        assert_eq!(pace.within(limit, silence).await, None);
    }

    #[test]
    fn debug_tells_no_content() {
        let shown = format!("{:?}", RequestBody::from("secret rows"));
        assert_eq!(shown, "11 bytes");
    }
}
