//! The control channel: a session over a stream.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use crate::base::Error;
use crate::dial::Stream;
use crate::proto::ftp::{Event, Failure, Session, Stumble};

/// How many bytes of replies are read at once.
const READ: usize = 4096;

/// Commands sent together are judged after this part of `timeouts.reply`: a server that lost some
/// of them is silent for ever, and the way out (lock-step) is cheap.
const STALL_SHARE: u32 = 6;

/// How long a good-bye may take to be sent.
const QUIT_WAIT: Duration = Duration::from_secs(1);

/// Why the control channel gave no more events.
#[derive(Debug)]
pub(super) enum Trouble {
    /// What the server said, or did not.
    Failed(Failure),
    /// No reply within `timeouts.reply`.
    Silence(Duration),
    /// The stream broke.
    Broken(io::Error),
    /// TLS could not be started.
    Tls(Error),
}

impl Trouble {
    /// Whether a new control channel in lock-step may do better.
    pub(super) fn is_stumble(&self) -> bool {
        matches!(self, Self::Failed(Failure::Stumbled { .. }))
    }

    /// Whether the server refused the file itself, and not only its way.
    pub(super) fn refuses_file(&self) -> bool {
        matches!(self, Self::Failed(Failure::Refused { verb, reply })
            if verb.moves_data() && !matches!(reply.code(), 425 | 426))
    }

    /// Whether the control channel is gone: what a server does to one that was idle for too long.
    pub(super) fn is_gone(&self) -> bool {
        match self {
            Self::Failed(Failure::Stumbled { why, .. }) => *why == Stumble::Closed,
            Self::Failed(Failure::Leaving(_) | Failure::Closed) | Self::Broken(_) => true,
            Self::Failed(_) | Self::Silence(_) | Self::Tls(_) => false,
        }
    }
}

/// A session with the stream it speaks over.
#[derive(Debug)]
pub(super) struct Control {
    stream: Stream,
    pub(super) session: Session,
    /// `timeouts.reply`.
    limit: Duration,
    unsent: Zeroizing<Vec<u8>>,
    sent: usize,
    /// Events that were given back.
    next: VecDeque<Event>,
}

impl Control {
    pub(super) fn new(stream: Stream, session: Session, limit: Duration) -> Self {
        Self {
            stream,
            session,
            limit,
            unsent: Zeroizing::default(),
            sent: 0,
            next: VecDeque::new(),
        }
    }

    /// The next event, or `None` once every command is answered and none is left to send.
    ///
    /// Each reply may take `timeouts.reply`. A cancelled call loses nothing.
    pub(super) async fn next(&mut self) -> Result<Option<Event>, Trouble> {
        let mut answered = self.session.answered();
        let mut started = Instant::now();
        let mut buffer = [0; READ];
        loop {
            match self.next.pop_front().or_else(|| self.session.event()) {
                Some(Event::Failed(failure)) => return Err(Trouble::Failed(failure)),
                Some(event) => return Ok(Some(event)),
                None if self.session.is_over() => return Err(Trouble::Failed(Failure::Closed)),
                None => {}
            }
            if answered != self.session.answered() {
                answered = self.session.answered();
                started = Instant::now();
            }
            let crowded = self.session.is_crowded();
            let limit = if crowded {
                self.limit / STALL_SHARE
            } else {
                self.limit
            };
            let exchanged = timeout_at(started + limit, self.exchange(&mut buffer)).await;
            match exchanged {
                Ok(Ok(Some(0))) => self.session.close(),
                Ok(Ok(Some(read))) => self.session.receive(&buffer[..read]),
                Ok(Ok(None)) => return Ok(None),
                Ok(Err(_)) if crowded => self.session.close(),
                Ok(Err(cause)) => return Err(Trouble::Broken(cause)),
                Err(_) if self.session.stall() => {}
                Err(_) => return Err(Trouble::Silence(self.limit)),
            }
        }
    }

    /// Takes the stream out, to be put under TLS. Without one every read is at the end.
    pub(super) fn take(&mut self) -> Stream {
        std::mem::replace(&mut self.stream, Stream::layer(tokio::io::empty()))
    }

    /// Puts the stream back.
    pub(super) fn put(&mut self, stream: Stream) {
        self.stream = stream;
    }

    /// Whether an event is here that [`next`](Self::next) has not given yet.
    pub(super) fn has_events(&self) -> bool {
        !self.next.is_empty() || self.session.has_events()
    }

    /// Gives events back, to be the next ones again, in this order.
    pub(super) fn put_back(&mut self, events: impl IntoIterator<Item = Event>) {
        let later = std::mem::take(&mut self.next);
        self.next.extend(events);
        self.next.extend(later);
    }

    /// Sends what is to be sent, without waiting for an answer.
    pub(super) async fn send(&mut self) -> Result<(), Trouble> {
        let limit = self.limit;
        match tokio::time::timeout(limit, self.flush()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(cause)) => Err(Trouble::Broken(cause)),
            Err(_) => Err(Trouble::Silence(limit)),
        }
    }

    /// Says good-bye as well as it can.
    pub(super) async fn quit(mut self) {
        self.session.quit();
        let _ = tokio::time::timeout(QUIT_WAIT, async {
            self.flush().await?;
            self.stream.shutdown().await
        })
        .await;
    }

    /// Sends, then reads once unless nothing is waited for.
    async fn exchange(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let flushed = self.flush().await;
        if flushed.is_ok() && self.session.is_settled() {
            return Ok(None);
        }
        // A server that closed may have said why before.
        match (self.stream.read(buffer).await, flushed) {
            (Ok(0) | Err(_), Err(cause)) => Err(cause),
            (read, _) => read.map(Some),
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        loop {
            while self.sent < self.unsent.len() {
                match self.stream.write(&self.unsent[self.sent..]).await? {
                    0 => return Err(io::ErrorKind::WriteZero.into()),
                    written => self.sent += written,
                }
            }
            self.sent = 0;
            match self.session.transmit() {
                Some(more) => self.unsent = more,
                None => {
                    self.unsent = Zeroizing::default();
                    return self.stream.flush().await;
                }
            }
        }
    }
}
