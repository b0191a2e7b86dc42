//! The records of a stream, over as many answers as it takes.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body::Body as _;
use tokio::time::{Instant, sleep_until};

use super::backoff::Backoff;
use super::connect::{Before, LAST_EVENT_ID, connect};
use super::media::Media;
use super::options::StreamOptions;
use crate::base::{Error, Kind, Result, Route, Stage, text};
use crate::dataset::client::Dataset;
use crate::dataset::event::Event;
use crate::dataset::opening::Opening;
use crate::dataset::retry::{Decision, random};
use crate::http::{Body, Response};
use crate::proto::stream::{Events, Frame, Line, Lines, ServerEvent, TooLong};

/// One record of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Record {
    /// A line, without its end. It is what the server sent, byte for byte.
    Line(Bytes),
    /// An event of Server-Sent Events.
    Event(ServerEvent),
}

/// The records of a stream: see [`Dataset::stream`].
#[derive(Debug)]
pub struct Records {
    dataset: Dataset,
    options: StreamOptions,
    backoff: Backoff,
    /// How long the server asks to wait, by `retry` of an event stream.
    retry: Option<Duration>,
    before: Before,
    /// The number of the coming try.
    attempt: u32,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting(Instant),
    Opening(Opening<Result<Option<Response>>>),
    Open(Box<Open>),
    Over,
}

#[derive(Debug)]
struct Open {
    body: Body,
    cutter: Cutter,
    route: Arc<Route>,
    doing: String,
    /// Whether the answer has a length: then its end is the end.
    has_end: bool,
}

#[derive(Debug)]
enum Cutter {
    Lines(Lines),
    Events(Events),
}

impl Cutter {
    fn feed(&mut self, piece: Bytes) {
        match self {
            Self::Lines(lines) => lines.feed(piece),
            Self::Events(events) => events.feed(piece),
        }
    }

    /// The next record that is here. Heartbeats are passed over.
    fn next(&mut self) -> Result<Option<Record>, TooLong> {
        loop {
            match self {
                Self::Lines(lines) => match lines.next_line()? {
                    Some(Line::Blank) => {}
                    Some(Line::Whole(line)) => return Ok(Some(Record::Line(line))),
                    None => return Ok(None),
                },
                Self::Events(events) => match events.next_frame()? {
                    Some(Frame::Comment) => {}
                    Some(Frame::Event(event)) => return Ok(Some(Record::Event(event))),
                    None => return Ok(None),
                },
            }
        }
    }

    fn unfinished(&self) -> usize {
        match self {
            Self::Lines(lines) => lines.unfinished(),
            Self::Events(events) => events.unfinished(),
        }
    }
}

impl Records {
    pub(super) fn new(dataset: Dataset, options: StreamOptions) -> Self {
        let attempts = options.attempts.unwrap_or(dataset.retry().attempts);
        let of_fields = || {
            let value = dataset.headers.get(LAST_EVENT_ID)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let last_id = options.last_id.clone().or_else(of_fields);
        Self {
            backoff: Backoff::new(options.pauses.clone(), Some(attempts)),
            dataset,
            retry: None,
            before: Before {
                last_id: last_id.unwrap_or_default(),
                ..Before::default()
            },
            attempt: 1,
            state: State::Waiting(Instant::now()),
            options,
        }
    }

    /// The next record, once it is whole; `None` when the stream is over: the server says so (204),
    /// or the answer was one with a length, as a file is.
    ///
    /// # Errors
    /// It cannot be opened, or not again, and there is no hope in trying
    /// ([`Error::is_transient`]), or the tries are used up; a record is too long. After that it
    /// gives `None`.
    ///
    /// # Cancel safety
    /// No record is lost. An opening that was under way and a pause go on with the next call.
    pub async fn next(&mut self) -> Result<Option<Record>> {
        loop {
            if let Some(record) = self.next_here()? {
                return Ok(Some(record));
            }
            match &mut self.state {
                State::Over => return Ok(None),
                State::Waiting(until) => {
                    sleep_until(*until).await;
                    let (dataset, options) = (self.dataset.clone(), self.options.clone());
                    let before = self.before.clone();
                    let opening = async move { connect(&dataset, &options, &before).await };
                    self.state = State::Opening(Opening::new(opening));
                }
                State::Opening(opening) => {
                    let opened = opening.done().await;
                    self.open(opened)?;
                }
                State::Open(open) => {
                    let came = poll_fn(|cx| Pin::new(&mut open.body).poll_frame(cx)).await;
                    match came {
                        Some(Ok(frame)) => match frame.into_data() {
                            Ok(piece) if !piece.is_empty() => {
                                open.cutter.feed(piece);
                                self.backoff.progress();
                                self.attempt = 1;
                            }
                            // Trailers, or an empty frame.
                            _ => {}
                        },
                        Some(Err(error)) => {
                            let error = error.with_route(&open.route);
                            self.broke(error)?;
                        }
                        None => {
                            if let Some(record) = self.ended()? {
                                return Ok(Some(record));
                            }
                        }
                    }
                }
            }
        }
    }

    /// The next record that is here already.
    ///
    /// # Errors
    /// It is too long.
    pub(crate) fn next_here(&mut self) -> Result<Option<Record>> {
        let State::Open(open) = &mut self.state else {
            return Ok(None);
        };
        let cut = open.cutter.next();
        if let Cutter::Events(events) = &open.cutter {
            self.retry = events.retry().or(self.retry);
            if self.before.last_id != events.last_id() {
                events.last_id().clone_into(&mut self.before.last_id);
            }
        }
        let record = match cut {
            Ok(record) => record,
            Err(TooLong) => {
                let what = format!(
                    "a record of the stream is longer than {} bytes, and its end is unknown",
                    self.options.longest
                );
                let error = Error::new(Kind::TargetProtocol, Stage::Transfer, what)
                    .permanent()
                    .while_doing(open.doing.as_str())
                    .with_route(&open.route)
                    .with_hint(
                        "is it a stream of lines? `StreamOptions::with_longest` allows longer ones",
                    );
                self.state = State::Over;
                return Err(error);
            }
        };
        if record.is_some() {
            self.count(record.as_ref());
        }
        Ok(record)
    }

    /// The id of the last event that was whole: where another run may begin.
    pub fn last_id(&self) -> &str {
        &self.before.last_id
    }

    fn count(&mut self, record: Option<&Record>) {
        self.before.records += 1;
        if self.options.resume.is_some() {
            self.before.last = record.cloned();
        }
    }

    fn open(&mut self, opened: Result<Option<Response>>) -> Result<()> {
        let response = match opened {
            Ok(Some(response)) => response,
            Ok(None) => {
                self.state = State::Over;
                return Ok(());
            }
            Err(error) => return self.broke(error),
        };
        // What was open once is worth to be waited for.
        self.backoff.limit(self.options.attempts);
        if let Some(why) = response.doubt() {
            self.options.observer.notify(Event::Doubted { why: &why });
        }
        let route = Arc::clone(&response.route);
        self.options.observer.notify(match self.before.again {
            false => Event::Connected { route: &route },
            true => Event::Reconnected {
                route: &route,
                attempt: self.attempt,
            },
        });
        self.before.again = true;
        let media = Media::of(&response.headers);
        self.before.media.get_or_insert(media);
        self.state = State::Open(Box::new(self.opened(response, media)));
        Ok(())
    }

    fn opened(&self, response: Response, media: Media) -> Open {
        let most = self.options.longest;
        let cutter = match media.gives_events(self.options.form) {
            true => Cutter::Events(Events::new(most, &self.before.last_id)),
            false => Cutter::Lines(Lines::new(most)),
        };
        let has_end = matches!(cutter, Cutter::Lines(_)) && response.body.remaining().is_some();
        let doing = format!("GET {}", text::shown_url(&response.url));
        let body = match self.options.silence {
            Some(limit) => response.body.with_idle(limit, "StreamOptions::silence"),
            None => response.body,
        };
        Open {
            body,
            cutter,
            route: response.route,
            doing,
            has_end,
        }
    }

    /// The answer is over. The last line of one with a length may have no end.
    fn ended(&mut self) -> Result<Option<Record>> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Open(open) if open.has_end => {
                let Cutter::Lines(lines) = open.cutter else {
                    return Ok(None);
                };
                let last = lines.end().map(Record::Line);
                if last.is_some() {
                    self.count(last.as_ref());
                }
                Ok(last)
            }
            State::Open(open) => {
                let error = Error::new(Kind::Cut, Stage::Transfer, "the server ended the stream")
                    .while_doing(open.doing.as_str())
                    .with_route(&open.route);
                self.state = State::Open(open);
                self.broke(error).map(|()| None)
            }
            other => {
                self.state = other;
                Ok(None)
            }
        }
    }

    /// Decides after an error.
    fn broke(&mut self, error: Error) -> Result<()> {
        let unfinished = match &self.state {
            State::Open(open) => open.cutter.unfinished(),
            _ => 0,
        };
        let observer = &self.options.observer;
        match self.backoff.after(error.clone(), self.retry, random()) {
            Decision::GiveUp(error) => {
                observer.notify(Event::Lost {
                    error: &error,
                    unfinished,
                    is_final: true,
                });
                self.state = State::Over;
                Err(error)
            }
            Decision::Again { pause, attempt } => {
                observer.notify(Event::Lost {
                    error: &error,
                    unfinished,
                    is_final: false,
                });
                observer.notify(Event::Waiting { pause, attempt });
                self.attempt = attempt;
                let until = Instant::now().checked_add(pause);
                self.state = State::Waiting(until.unwrap_or_else(Instant::now));
                Ok(())
            }
        }
    }
}
