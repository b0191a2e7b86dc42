//! The body of an answer, that may be slow and may break off.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::lab::cut::Switch;

const CHUNK: usize = 16 * 1024;

/// Bytes of a file. It announces all of them; with a switch it sends only `allowed`, then cuts.
pub(super) struct FileBody {
    rest: Bytes,
    allowed: usize,
    switch: Option<Switch>,
    pace: Option<Duration>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl FileBody {
    pub(super) fn whole(bytes: Bytes, pace: Option<Duration>) -> Self {
        Self {
            allowed: bytes.len(),
            rest: bytes,
            switch: None,
            pace,
            pause: None,
        }
    }

    pub(super) fn cut_after(mut self, allowed: usize, switch: Switch) -> Self {
        self.allowed = allowed;
        self.switch = Some(switch);
        self
    }
}

impl http_body::Body for FileBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(pause) = &mut self.pause {
            if pause.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.pause = None;
        }
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let size = self.rest.len().min(CHUNK).min(self.allowed);
        if size == 0
            && let Some(switch) = &self.switch
        {
            // Nothing wakes this body again: the server flushes, and its stream then breaks.
            switch.cut();
            return Poll::Pending;
        }
        self.allowed -= size;
        self.pause = self.pace.map(|pace| Box::pin(sleep(pace)));
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(size)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
