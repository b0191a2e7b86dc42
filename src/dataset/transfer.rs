//! A transfer that goes on after a cut.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncRead, ReadBuf};

use super::event::{Event, Observer};
use super::rate::{Pace, RateLimit};
use super::retry::{Backoff, Decision};
use super::source::{Opened, Resume, Source};
use super::validator::Validator;
use crate::base::{Error, Kind, Result, Route, Stage};
use crate::settings::Retry;

/// Gives the bytes of a source in order, opening it again after a cut.
pub(super) struct Transfer {
    source: Arc<Source>,
    state: State,
    offset: u64,
    /// The highest offset so far: only what goes beyond it is progress, so that a server that
    /// always starts over cannot keep us for ever.
    furthest: u64,
    /// From where the first opening is to go on: every try asks for it until one has opened.
    kept: Option<Resume>,
    about: Option<About>,
    backoff: Backoff,
    observer: Observer,
    pace: Option<Pace>,
}

/// What the last opening told.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub total: Option<u64>,
    pub validator: Option<Validator>,
    pub modified: Option<SystemTime>,
    pub route: Arc<Route>,
}

type Opening = Pin<Box<dyn Future<Output = Result<Opened>> + Send>>;

enum State {
    Opening(Opening),
    Streaming(Box<dyn AsyncRead + Send + Unpin>),
    Done,
    /// It was given up: every further step says so again.
    Failed(Error),
}

/// What one poll gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Bytes, in the buffer.
    Data,
    /// The source was opened again at the first byte: forget what came, and what was known of
    /// the file.
    Restarted,
    /// The end, proven as far as the server lets it be.
    End,
}

impl Transfer {
    /// Opens `source`, with tries as `retry` allows, from `resume` on if the server agrees. Its
    /// bytes then come as fast as `limit` allows.
    pub(super) async fn open(
        source: Arc<Source>,
        resume: Option<Resume>,
        retry: Retry,
        limit: Option<RateLimit>,
        observer: Observer,
    ) -> Result<Self> {
        let mut transfer = Self {
            state: State::Opening(opening(Arc::clone(&source), resume.clone(), Duration::ZERO)),
            source,
            offset: 0,
            furthest: 0,
            kept: resume,
            about: None,
            backoff: Backoff::new(retry),
            observer,
            pace: limit.map(Pace::new),
        };
        std::future::poll_fn(|cx| transfer.poll_open(cx)).await?;
        Ok(transfer)
    }

    /// The offset behind the last byte given.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// What the last opening told of the whole.
    pub(super) fn about(&self) -> Option<&About> {
        self.about.as_ref()
    }

    /// Fills `buf` with what comes next.
    pub(super) fn poll_step(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<Step>> {
        loop {
            let body = match &mut self.state {
                State::Done => return Poll::Ready(Ok(Step::End)),
                State::Failed(error) => return Poll::Ready(Err(error.clone())),
                State::Streaming(body) => body,
                State::Opening(_) => {
                    ready!(self.poll_open(cx))?;
                    // Also when nothing had come before: it may be another file now.
                    if self.offset == 0 {
                        return Poll::Ready(Ok(Step::Restarted));
                    }
                    continue;
                }
            };
            let before = buf.filled().len();
            match ready!(read(body, self.pace.as_mut(), cx, buf)) {
                Ok(()) if buf.filled().len() == before => match self.missing() {
                    None => {
                        self.state = State::Done;
                        return Poll::Ready(Ok(Step::End));
                    }
                    Some(error) => self.broke(error)?,
                },
                Ok(()) => {
                    self.advance((buf.filled().len() - before) as u64);
                    return Poll::Ready(Ok(Step::Data));
                }
                Err(cause) => self.broke(Error::from_io(cause))?,
            }
        }
    }

    /// Ends it with an error of the caller's.
    pub(super) fn fail(&mut self, error: Error) {
        self.state = State::Failed(error);
    }

    /// Drives the opening until bytes can come.
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        while let State::Opening(opening) = &mut self.state {
            match ready!(opening.as_mut().poll(cx)) {
                Ok(opened) if self.contradicts(&opened) => {
                    // Without a proof the next opening is at the first byte.
                    if let Some(about) = &mut self.about {
                        about.validator = None;
                    }
                    let what = "the server tells another length than before";
                    self.broke(Error::new(Kind::Changed, Stage::Transfer, what))?;
                }
                Ok(opened) => self.begin(opened),
                Err(error) => self.broke(error)?,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Whether what was opened in the middle is of another length than the file was.
    fn contradicts(&self, opened: &Opened) -> bool {
        let before = self.about.as_ref().and_then(|about| about.total);
        opened.offset > 0 && before.is_some() && before != opened.total
    }

    fn begin(&mut self, opened: Opened) {
        if let Some(why) = opened.restarted {
            self.observer.notify(Event::Restarted { why });
        }
        if let Some(why) = &opened.doubt {
            self.observer.notify(Event::Doubted { why });
        }
        self.offset = opened.offset;
        self.furthest = self.furthest.max(opened.offset);
        self.observer.notify(Event::Started {
            route: &opened.route,
            offset: opened.offset,
            total: opened.total,
        });
        self.about = Some(About {
            total: opened.total,
            validator: opened.validator,
            modified: opened.modified,
            route: opened.route,
        });
        self.state = State::Streaming(opened.body);
    }

    fn advance(&mut self, bytes: u64) {
        self.offset += bytes;
        let beyond = self.about.as_ref().and_then(|about| about.total);
        if self.offset > self.furthest && beyond.is_none_or(|total| self.offset <= total) {
            self.furthest = self.offset;
            self.backoff.progress();
        }
        let offset = self.offset;
        self.observer.notify(Event::Advanced { offset });
    }

    /// The error, when the stream ended at another length than the server promised.
    fn missing(&self) -> Option<Error> {
        let total = self.about.as_ref()?.total?;
        if total == self.offset {
            return None;
        }
        let what = format!("the data ended after {} of {total} bytes", self.offset);
        Some(Error::new(Kind::Cut, Stage::Transfer, what))
    }

    /// Prepares the next try, or gives up.
    fn broke(&mut self, error: Error) -> Result<()> {
        let error = match &self.about {
            Some(about) => error.with_route(&about.route),
            None => error,
        };
        match self.backoff.after(error.clone()) {
            Decision::GiveUp(error) => {
                self.state = State::Failed(error.clone());
                Err(error)
            }
            Decision::Again { pause, attempt } => {
                tracing::info!(%error, ?pause, attempt, offset = self.offset, "trying again");
                self.observer.notify(Event::Retrying {
                    error: &error,
                    pause,
                    attempt,
                });
                let resume = match &self.about {
                    None => self.kept.clone(),
                    Some(_) if self.offset == 0 => None,
                    Some(about) => about.validator.clone().map(|validator| Resume {
                        offset: self.offset,
                        validator,
                    }),
                };
                self.state = State::Opening(opening(Arc::clone(&self.source), resume, pause));
                Ok(())
            }
        }
    }
}

/// Reads from `body`, as much and as soon as `pace` allows.
fn read(
    mut body: &mut (dyn AsyncRead + Send + Unpin),
    pace: Option<&mut Pace>,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    let Some(pace) = pace else {
        return Pin::new(&mut body).poll_read(cx, buf);
    };
    let most = ready!(pace.poll_allowed(cx)).min(buf.remaining());
    let mut piece = ReadBuf::new(buf.initialize_unfilled_to(most));
    ready!(Pin::new(&mut body).poll_read(cx, &mut piece))?;
    let came = piece.filled().len();
    buf.advance(came);
    pace.came(came as u64);
    Poll::Ready(Ok(()))
}

fn opening(source: Arc<Source>, resume: Option<Resume>, pause: Duration) -> Opening {
    Box::pin(async move {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        source.open(resume.as_ref()).await
    })
}

impl fmt::Debug for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfer")
            .field("offset", &self.offset)
            .field("about", &self.about)
            .finish_non_exhaustive()
    }
}
