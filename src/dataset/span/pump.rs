//! Moves the bytes of a part of a file to who reads it.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc::Sender;

use super::{Body, Facts, Span, Told};
use crate::base::{Error, Kind, Result, Stage};
use crate::dataset::rate::Pace;
use crate::dataset::retry::{Backoff, Decision};
use crate::dataset::source::Source;

/// So many pieces may wait for the reader.
pub(super) const AHEAD: usize = 8;

/// The most bytes of a piece.
const PIECE: usize = 128 * 1024;

/// Less than this is not worth a read.
const ROOM: usize = 16 * 1024;

/// A reader that takes nothing for so long gives its login to those who wait for one.
const STALLED: Duration = Duration::from_millis(500);

/// Moves the bytes from `start` to `end`; it stands at `at`.
pub(super) struct Pump {
    pub(super) source: Arc<Source>,
    pub(super) facts: Facts,
    pub(super) start: u64,
    pub(super) at: u64,
    pub(super) end: u64,
    /// Whether the end is the file's, which is to be confirmed.
    pub(super) to_end: bool,
    pub(super) sender: Sender<Result<Bytes>>,
    pub(super) backoff: Backoff,
    pub(super) pace: Option<Pace>,
    pub(super) told: Told,
}

/// Why no more came of a body.
enum Stop {
    /// All is said.
    Done,
    /// Others need the login more.
    GaveWay,
    Broke(Error),
}

impl Pump {
    /// Runs until all was given, or nobody wants it any more.
    pub(super) async fn run(mut self, first: Body) {
        let mut body = first;
        loop {
            let error = match self.pass_on(body).await {
                Stop::Done => return,
                Stop::GaveWay => {
                    tracing::debug!(at = self.at, "a slow reader gave its login to others");
                    None
                }
                Stop::Broke(error) => Some(error),
            };
            let sender = self.sender.clone();
            let opened = tokio::select! {
                biased;
                () = sender.closed() => return,
                opened = self.open_again(error) => opened,
            };
            match opened {
                Ok(again) => body = again,
                Err(error) => {
                    // Who dropped the reader does not want to know.
                    let _ = sender.send(Err(self.told.by(error))).await;
                    return;
                }
            }
        }
    }

    async fn pass_on(&mut self, mut body: Body) -> Stop {
        let mut buffer = BytesMut::new();
        loop {
            if self.at == self.end && !self.to_end {
                body.leave();
                return Stop::Done;
            }
            let most = match &mut self.pace {
                Some(pace) => std::future::poll_fn(|cx| pace.poll_allowed(cx))
                    .await
                    .min(PIECE),
                None => PIECE,
            };
            if buffer.capacity() < ROOM {
                buffer.reserve(PIECE);
            }
            let read = tokio::select! {
                biased;
                read = body.read(&mut buffer, most) => read,
                () = self.sender.closed() => {
                    body.leave();
                    return Stop::Done;
                }
            };
            match read {
                Ok(0) if self.at == self.end => return Stop::Done,
                Ok(0) => {
                    let what = format!("the data ended after {} of {} bytes", self.at, self.end);
                    return Stop::Broke(Error::new(Kind::Cut, Stage::Transfer, what));
                }
                Ok(read) => {
                    if let Some(pace) = &mut self.pace {
                        pace.came(read as u64);
                    }
                }
                Err(error) => return Stop::Broke(error),
            }
            let mut piece = buffer.split().freeze();
            let left = self.end - self.at;
            if piece.len() as u64 > left {
                if self.to_end {
                    return Stop::Broke(self.too_long());
                }
                piece.truncate(usize::try_from(left).unwrap_or(piece.len()));
            }
            if piece.is_empty() {
                continue;
            }
            self.at += piece.len() as u64;
            self.backoff.progress();
            if self.at == self.end {
                // The login is free before the reader has seen the last byte.
                if let Err(error) = self.end(body).await {
                    return Stop::Broke(error);
                }
                let _ = self.sender.send(Ok(piece)).await;
                return Stop::Done;
            }
            body = match self.give(piece, body).await {
                Ok(body) => body,
                Err(stop) => return stop,
            };
        }
    }

    /// All of it is here. The end of the file is waited for, where it is to be confirmed.
    async fn end(&mut self, mut body: Body) -> Result<()> {
        if !self.to_end {
            body.leave();
            return Ok(());
        }
        match body.read(&mut BytesMut::new(), 1).await? {
            0 => Ok(()),
            _ => Err(self.too_long()),
        }
    }

    fn too_long(&self) -> Error {
        let what = format!("more than the {} bytes of the file came", self.end);
        Error::new(Kind::Changed, Stage::Transfer, what).permanent()
    }

    /// Gives a piece to the reader. While that takes nothing, the body is kept only as long as nobody else
    /// waits for its login.
    async fn give(&mut self, piece: Bytes, body: Body) -> std::result::Result<Body, Stop> {
        let wanted = body.wanted();
        let stalled = async {
            tokio::time::sleep(STALLED).await;
            wanted.await;
        };
        let room = tokio::select! {
            biased;
            room = self.sender.reserve() => Some(room),
            () = stalled => None,
        };
        match room {
            Some(Ok(room)) => {
                room.send(Ok(piece));
                Ok(body)
            }
            Some(Err(_)) => {
                body.leave();
                Err(Stop::Done)
            }
            None => {
                body.leave();
                let given = self.sender.send(Ok(piece)).await;
                match given.is_err() {
                    true => Err(Stop::Done),
                    false => Err(Stop::GaveWay),
                }
            }
        }
    }

    /// Asks for what is still to come, after the pause that `error` asks for.
    async fn open_again(&mut self, mut error: Option<Error>) -> Result<Body> {
        if self.to_end
            && self.at == self.end
            && let Some(error) = error
        {
            // All of it is here, and its end was not confirmed: there is nothing to ask for.
            return Err(error.permanent());
        }
        if self.at > self.start && !self.facts.proven {
            // The length alone would let two states of a file become one.
            return Err(match error {
                Some(cut) => cut.permanent().with_better_hint(
                    "it is not gone on with: nothing that the server tells (a strong ETag, a date \
                     that is not of now, MDTM) would prove that it is the same file",
                ),
                None => {
                    let what = "others wanted the login, and nothing would prove that the file is \
                                the same one later";
                    let error = Error::new(Kind::Changed, Stage::Transfer, what).permanent();
                    error.with_hint(
                        "let more logins be open at a time (Client::with_ftp_channels), or fewer \
                         files",
                    )
                }
            });
        }
        loop {
            if let Some(error) = error.take() {
                match self.backoff.after(error) {
                    Decision::GiveUp(error) => return Err(error),
                    Decision::Again { pause, .. } => tokio::time::sleep(pause).await,
                }
            }
            let span = match self.to_end {
                true => Span::From(self.at),
                false => Span::Within(self.at..self.end),
            };
            match self.source.open_span(&span).await {
                Ok(coming) if coming.facts.fit(&self.facts) => return Ok(coming.body),
                Ok(coming) => {
                    coming.body.leave();
                    let what = "the file changed on the server while it was read";
                    let error = Error::new(Kind::Changed, Stage::Transfer, what).permanent();
                    return Err(error.with_hint("read it again from the start"));
                }
                Err(failed) => error = Some(failed),
            }
        }
    }
}
