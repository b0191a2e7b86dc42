//! Watches how the other side opens its mouth, for requests that go to a proxy without CONNECT.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::base::{Error, Proxy, Stage};
use crate::dial::Stream;
use crate::proto::connect::recognise_stranger;
use crate::tunnel;

/// As much as says whether it is HTTP, with the words to show when it is not.
const ENOUGH: usize = 64;

/// A stream whose first bytes from a proxy are judged as those in answer to CONNECT are: hyper
/// would only say that something broke, and nothing at all of what a stranger says unasked.
#[derive(Debug)]
pub(super) struct Watched {
    pub stream: Stream,
    watch: Option<Watch>,
    heard: Heard,
}

/// How many bytes came since the last ones were sent: in HTTP/1.1, how much of an answer. hyper
/// does not tell an answer that breaks off from none.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard(Arc<AtomicU64>);

impl Heard {
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
struct Watch {
    proxy: Arc<Proxy>,
    heard: Vec<u8>,
    verdict: Verdict,
}

/// Why what answers is no proxy, once that shows.
pub(super) type Verdict = Arc<OnceLock<Error>>;

impl Watched {
    /// `proxy` is given when it answers the requests itself.
    pub fn new(stream: Stream, proxy: Option<Arc<Proxy>>) -> (Self, Verdict, Heard) {
        let heard = Heard::default();
        let verdict = Verdict::default();
        let watch = proxy.map(|proxy| Watch {
            proxy,
            heard: Vec::new(),
            verdict: Arc::clone(&verdict),
        });
        let watched = Self {
            stream,
            watch,
            heard: heard.clone(),
        };
        (watched, verdict, heard)
    }
}

impl Watch {
    /// Takes the next bytes; true when enough was heard.
    fn hear(&mut self, bytes: &[u8]) -> Result<bool, Error> {
        let room = ENOUGH - self.heard.len();
        self.heard.extend(&bytes[..bytes.len().min(room)]);
        match recognise_stranger(&self.heard) {
            Ok(()) => Ok(self.heard.len() == ENOUGH),
            Err(fault) => {
                let error = tunnel::explain(&fault, &self.proxy).with_stage(Stage::Request);
                Err(self.verdict.get_or_init(|| error).clone())
            }
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let count = (buf.filled().len() - before) as u64;
        self.heard.0.fetch_add(count, Ordering::Relaxed);
        if let Some(watch) = &mut self.watch
            && watch.hear(&buf.filled()[before..])?
        {
            self.watch = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.heard.0.store(0, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.heard.0.store(0, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }
}
