//! A file that is written part by part.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::object_store::path::Path;
use ::object_store::{MultipartUpload, PutPayload, PutResult, UploadPart};
use async_trait::async_trait;
use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::{mpsc, oneshot, watch};

use super::failure::told;
use super::write::{how, stored_at};
use crate::base::{Error, Kind, Result, Stage};
use crate::dataset::Dataset;

/// An upload whose parts go out one behind the other, in the order in which they were given. The task that sends
/// them begins with the first. Dropping it takes back what is on the server.
pub(super) struct Upload {
    file: Dataset,
    location: Path,
    state: State,
}

enum State {
    /// Nothing is on its way.
    New,
    Running {
        parts: mpsc::UnboundedSender<Part>,
        ended: Ended,
    },
    Over,
}

/// How it ended, once it has.
type Ended = watch::Receiver<Option<Result<()>>>;

enum Part {
    Bytes {
        bytes: Vec<Bytes>,
        /// Told when all of it has gone out.
        gone: oneshot::Sender<()>,
    },
    End,
}

impl Upload {
    pub(super) fn new(file: Dataset, location: Path) -> Self {
        Self {
            file,
            location,
            state: State::New,
        }
    }

    fn running(&mut self) -> Option<(mpsc::UnboundedSender<Part>, Ended)> {
        if matches!(self.state, State::New) {
            let (parts, waiting) = mpsc::unbounded_channel();
            let (tell, ended) = watch::channel(None);
            let file = self.file.clone();
            tokio::spawn(async move {
                let stored = file.store_reader(Parts::new(waiting), &how(true)).await;
                let _ = tell.send(Some(stored.map(drop)));
            });
            self.state = State::Running { parts, ended };
        }
        match &self.state {
            State::Running { parts, ended } => Some((parts.clone(), ended.clone())),
            _ => None,
        }
    }
}

/// Waits for the end of the task.
async fn end_of(mut ended: Ended) -> Result<()> {
    let told = ended.wait_for(Option::is_some).await;
    match told.ok().and_then(|told| told.clone()) {
        Some(result) => result,
        None => Err(over("the upload was given up: its runtime ends")),
    }
}

fn over(what: &str) -> Error {
    Error::new(Kind::Usage, Stage::Store, what)
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let running = self.running();
        let location = self.location.clone();
        let (gone, went) = oneshot::channel();
        let bytes = data.into_iter().collect();
        let ended = running.map(|(parts, ended)| {
            // Where the task has ended, that says why.
            let _ = parts.send(Part::Bytes { bytes, gone });
            ended
        });
        Box::pin(async move {
            let Some(ended) = ended else {
                return Err(told(
                    over("the upload is over: it takes no more parts"),
                    &location,
                ));
            };
            if went.await.is_ok() {
                return Ok(());
            }
            match end_of(ended).await {
                Err(error) => Err(told(error, &location)),
                Ok(()) => Err(told(over("the upload ended before this part"), &location)),
            }
        })
    }

    async fn complete(&mut self) -> ::object_store::Result<PutResult> {
        let Some((parts, ended)) = self.running() else {
            return Err(told(over("the upload is over already"), &self.location));
        };
        self.state = State::Over;
        let _ = parts.send(Part::End);
        let stored = end_of(ended).await;
        stored.map_err(|error| told(error, &self.location))?;
        Ok(stored_at(&self.file).await)
    }

    async fn abort(&mut self) -> ::object_store::Result<()> {
        let state = std::mem::replace(&mut self.state, State::Over);
        if let State::Running { parts, ended } = state {
            drop(parts);
            // It fails for want of an end, and takes back what was sent.
            let _ = end_of(ended).await;
        }
        Ok(())
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}

/// The parts as what is read once. Without [`Part::End`] their end is an error: a file that was given up does not get
/// its name.
struct Parts {
    waiting: mpsc::UnboundedReceiver<Part>,
    pieces: std::vec::IntoIter<Bytes>,
    piece: Bytes,
    gone: Option<oneshot::Sender<()>>,
    ended: bool,
}

impl Parts {
    fn new(waiting: mpsc::UnboundedReceiver<Part>) -> Self {
        Self {
            waiting,
            pieces: Vec::new().into_iter(),
            piece: Bytes::new(),
            gone: None,
            ended: false,
        }
    }
}

impl AsyncRead for Parts {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if !self.piece.is_empty() {
                let most = self.piece.len().min(buf.remaining());
                buf.put_slice(&self.piece[..most]);
                self.piece.advance(most);
                return Poll::Ready(Ok(()));
            }
            if let Some(piece) = self.pieces.next() {
                self.piece = piece;
                continue;
            }
            if let Some(gone) = self.gone.take() {
                // Who dropped the part's future does not want to know.
                let _ = gone.send(());
            }
            if self.ended {
                return Poll::Ready(Ok(()));
            }
            match ready!(self.waiting.poll_recv(cx)) {
                Some(Part::Bytes { bytes, gone }) => {
                    self.pieces = bytes.into_iter();
                    self.gone = Some(gone);
                }
                Some(Part::End) => self.ended = true,
                None => return Poll::Ready(Err(over("the upload was given up").into())),
            }
        }
    }
}
