//! Streams that break on purpose, at an exact byte.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Cuts the first transfers of a server: each after `after` bytes of data, `times` in all.
#[derive(Clone, Debug)]
pub struct Cut {
    after: usize,
    left: Arc<AtomicUsize>,
}

impl Cut {
    /// Cuts `times` transfers, each after `after` bytes. A shorter one passes and is not counted.
    pub fn new(after: usize, times: usize) -> Self {
        Self {
            after,
            left: Arc::new(AtomicUsize::new(times)),
        }
    }

    /// How many cuts are still to come.
    pub fn left(&self) -> usize {
        self.left.load(Ordering::SeqCst)
    }

    /// How many of `length` bytes may be sent when this transfer is one to cut.
    pub(super) fn take(&self, length: usize) -> Option<usize> {
        (self.is_passed(length) && take_one(&self.left)).then_some(self.after)
    }

    /// Whether a transfer of `length` bytes reaches beyond the place of the cut.
    pub(super) fn is_passed(&self, length: usize) -> bool {
        length > self.after
    }
}

/// Takes one from a counter; false when none is left.
pub(super) fn take_one(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
        .is_ok()
}

/// Tells a [`CutStream`] to break as soon as what was written has been flushed.
#[derive(Clone, Debug, Default)]
pub(super) struct Switch(Arc<AtomicBool>);

impl Switch {
    pub(super) fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn is_cut(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A stream that its [`Switch`] can break. Failing a response's body instead would lose what the
/// HTTP server has buffered, and with it the exact place of the cut.
pub(super) struct CutStream<T> {
    inner: T,
    switch: Switch,
}

impl<T> CutStream<T> {
    pub(super) fn new(inner: T, switch: Switch) -> Self {
        Self { inner, switch }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for CutStream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for CutStream<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_flush(cx))?;
        if self.switch.is_cut() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
