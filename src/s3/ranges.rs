//! An object that comes in several ranges at a time.

use std::collections::VecDeque;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::object_store::GetRange;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::asking::{Asking, Chunks};
use crate::base::{Error, Kind, Result, Stage};

/// How long a range is. It is held in memory while those before it come.
pub(super) const PIECE: u64 = 8 << 20;

/// What cuts every answer after some bytes is not to be asked without end at once.
const PAUSE: Duration = Duration::from_millis(100);

/// So much of the first range is read before others are asked for: who wants the head of an object
/// alone gets no more.
const AHEAD_AFTER: u64 = 1 << 20;

/// The bytes of an object in their order, of which several ranges come at a time. Each has to be of
/// the object with the same entity tag. One that is cut goes on by itself as long as bytes come.
pub(super) struct Ranges {
    asking: Asking,
    tag: String,
    /// The ranges that come, in their order.
    coming: VecDeque<Coming>,
    /// What is not asked for yet.
    left: Range<u64>,
    at_once: usize,
    read: u64,
    /// Dropping it ends what is under way.
    tasks: JoinSet<()>,
}

/// A range that comes. It is no longer than a range is, and so what waits for its reader is bounded.
struct Coming {
    pieces: UnboundedReceiver<Result<Bytes>>,
    left: u64,
}

impl Ranges {
    /// Goes on with `first`, which gives the bytes `begun` of an object of `length` bytes.
    pub(super) fn new(
        asking: Asking,
        tag: String,
        (first, begun): (Chunks, Range<u64>),
        length: u64,
        at_once: usize,
    ) -> Self {
        let mut ranges = Self {
            asking,
            tag,
            coming: VecDeque::new(),
            left: begun.end..length,
            at_once,
            read: 0,
            tasks: JoinSet::new(),
        };
        ranges.bring(begun, Some(first));
        ranges
    }

    fn bring(&mut self, range: Range<u64>, begun: Option<Chunks>) {
        let (to, pieces) = unbounded_channel();
        let left = range.end - range.start;
        self.coming.push_back(Coming { pieces, left });
        let (asking, tag) = (self.asking.clone(), self.tag.clone());
        self.tasks.spawn(async move {
            if let Err(error) = bring(&asking, &tag, range, begun, &to).await {
                // Its reader may be gone.
                let _ = to.send(Err(asking.blamed(error)));
            }
        });
    }

    /// Asks for further ranges, as many as may come at a time.
    fn go_ahead(&mut self) {
        let at_once = match self.read >= AHEAD_AFTER {
            true => self.at_once,
            false => 1,
        };
        while self.coming.len() < at_once && !self.left.is_empty() {
            let end = self.left.end.min(self.left.start + PIECE);
            let range = self.left.start..end;
            self.left.start = end;
            self.bring(range, None);
        }
        // What has ended is not kept.
        while self.tasks.try_join_next().is_some() {}
    }
}

impl Stream for Ranges {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let this = &mut *self;
        loop {
            this.go_ahead();
            let Some(first) = this.coming.front_mut() else {
                return Poll::Ready(None);
            };
            if first.left == 0 {
                this.coming.pop_front();
                continue;
            }
            let piece = match ready!(first.pieces.poll_recv(cx)) {
                Some(Ok(piece)) => piece,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    let what = "the reading of a range was ended";
                    let error = Error::new(Kind::Interrupted, Stage::Transfer, what);
                    return Poll::Ready(Some(Err(error)));
                }
            };
            first.left = first.left.saturating_sub(piece.len() as u64);
            this.read += piece.len() as u64;
            return Poll::Ready(Some(Ok(piece)));
        }
    }
}

/// Brings the bytes `range`, of which `begun` comes already, and goes on where that is cut.
async fn bring(
    asking: &Asking,
    tag: &str,
    mut range: Range<u64>,
    mut begun: Option<Chunks>,
    to: &UnboundedSender<Result<Bytes>>,
) -> Result<()> {
    while !range.is_empty() {
        let (start, wanted) = (range.start, GetRange::Bounded(range.clone()));
        let ended = match begun.take() {
            Some(chunks) => pass(chunks, &mut range, to).await,
            None => match asking.chunks(wanted, tag).await {
                Ok(chunks) => pass(chunks, &mut range, to).await,
                Err(error) => Err(error),
            },
        };
        let error = match ended {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        // What does not get on is its caller's: they count the tries, and tell of them.
        if range.start == start || !error.is_transient() {
            return Err(error);
        }
        tracing::info!(%error, at = range.start, "a range goes on");
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Hands on what comes, and counts it off `range`, until that is done or nobody wants it.
async fn pass(
    mut chunks: Chunks,
    range: &mut Range<u64>,
    to: &UnboundedSender<Result<Bytes>>,
) -> Result<()> {
    while let Some(piece) = chunks.next().await {
        let piece = piece?;
        let length = piece.len() as u64;
        if length > range.end - range.start {
            let what = "S3 sent more than the range that was asked for";
            return Err(Error::new(Kind::TargetProtocol, Stage::Transfer, what));
        }
        range.start += length;
        if to.send(Ok(piece)).is_err() {
            return Ok(());
        }
    }
    match range.is_empty() {
        true => Ok(()),
        false => {
            let what = "S3 sent less than the range that was asked for";
            Err(Error::new(Kind::Cut, Stage::Transfer, what))
        }
    }
}
