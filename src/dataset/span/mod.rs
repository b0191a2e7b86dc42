//! A part of a file: the bytes from here to there, and no more than these on the wire.
//!
//! ```text
//! Dataset::open_span ─► Source (ftp: SIZE MDTM REST RETR │ http: Range) ─► Coming
//!                                                                           │
//! SpanReader ◄── a few pieces ahead ── Pump, a task: goes on after a cut ◄──┘
//!                                      gives its login up while nobody reads and others wait
//! ```

mod alone;
mod ftp;
mod http;
mod lack;
mod pump;

use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::{BufMut as _, Bytes, BytesMut};
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;

#[cfg(feature = "object_store")]
pub(crate) use self::alone::alone;
#[cfg(not(feature = "object_store"))]
use self::alone::alone;
#[cfg(feature = "object_store")]
pub(crate) use self::lack::Lack;
#[cfg(not(feature = "object_store"))]
use self::lack::Lack;
use self::pump::Pump;
use super::client::Dataset;
use super::event::Observer;
use super::rate::Pace;
use super::retry::{Backoff, with_tries};
use super::source::Source;
use crate::base::{Error, Kind, Result, Route, Stage, text};
use crate::ftp::Kept;

/// Where a server cannot start in the middle of a file, what lies before is read and thrown away, up
/// to so many bytes.
const SKIPPED_MAX: u64 = 64 << 20;

/// Which bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// All of them. The end counts only when the server confirms it.
    Whole,
    /// Those from this offset on, likewise.
    From(u64),
    /// Those from the first offset to the second, which is left out, or to the end of the file.
    Within(Range<u64>),
    /// So many at the end, or all where there are not so many.
    Last(u64),
}

impl Span {
    /// The bytes of a file of this size.
    ///
    /// # Errors
    /// There are none of them.
    fn of(&self, size: u64) -> Result<Range<u64>> {
        let range = match self {
            Self::Whole => return Ok(0..size),
            Self::From(start) => *start..size,
            Self::Within(range) => range.start..range.end.min(size),
            Self::Last(count) => return Ok(size.saturating_sub(*count)..size),
        };
        match range.is_empty() {
            false => Ok(range),
            true => {
                let what = format!(
                    "the file has {size} bytes: there are none from {} on",
                    range.start
                );
                let error = Error::new(Kind::Usage, Stage::Request, what);
                Err(error.with_source(Lack::Range))
            }
        }
    }

    /// Whether it goes up to the end, wherever that is.
    fn is_open(&self) -> bool {
        matches!(self, Self::Whole | Self::From(_))
    }
}

/// What is known of a file, by which one state of it is told from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub size: u64,
    pub modified: Option<SystemTime>,
    /// HTTP: the strong entity tag. FTP: a weak one, of the size and the time.
    pub tag: Option<String>,
    /// Whether that shows later that it is still the same file. The length alone does not, nor a
    /// date of HTTP that is younger than a minute.
    pub proven: bool,
}

impl Facts {
    /// What FTP tells: its times are whole seconds, so that the tag is a weak one.
    pub(crate) fn of_ftp(size: u64, modified: Option<SystemTime>) -> Self {
        let since = modified.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        Self {
            size,
            modified,
            proven: since.is_some(),
            tag: since.map(|since| format!("W/\"{:x}-{size:x}\"", since.as_secs())),
        }
    }

    /// Whether these may be of the same state of the file.
    fn fit(&self, other: &Self) -> bool {
        (self.size, self.modified, &self.tag) == (other.size, other.modified, &other.tag)
    }
}

/// Bytes that were asked for.
struct Coming {
    facts: Facts,
    /// Which bytes they are.
    range: Range<u64>,
    body: Body,
}

/// What gives them.
struct Body {
    from: From,
    /// So many come before them.
    skip: u64,
}

enum From {
    Ftp(Box<Kept>),
    Http(Box<crate::http::Body>),
}

impl Body {
    /// Puts what comes next into `buffer`, at most `most` bytes. Gives how many these are, and 0 at the end.
    async fn read(&mut self, buffer: &mut BytesMut, most: usize) -> Result<usize> {
        loop {
            let before = buffer.len();
            let skips = self.skip > 0;
            let most = match skips {
                true => most.min(usize::try_from(self.skip).unwrap_or(most)),
                false => most,
            };
            let mut limited = (&mut *buffer).limit(most);
            let read = match &mut self.from {
                From::Ftp(kept) => kept.read_buf(&mut limited).await,
                From::Http(body) => body.read_buf(&mut limited).await,
            };
            let read = read.map_err(Error::from_io)?;
            if !skips || read == 0 {
                return Ok(read);
            }
            buffer.truncate(before);
            self.skip -= read as u64;
        }
    }

    /// Gives the rest up.
    fn leave(self) {
        if let From::Ftp(kept) = self.from {
            kept.leave();
        }
    }

    /// Waits until somebody else waits for what it holds.
    fn wanted(&self) -> impl Future<Output = ()> + Send + use<> {
        let wanted = match &self.from {
            From::Ftp(kept) => Some(kept.wanted()),
            From::Http(_) => None,
        };
        async move {
            match wanted {
                Some(wanted) => wanted.await,
                None => std::future::pending().await,
            }
        }
    }
}

/// What every error tells: what was being done, and the way.
struct Told {
    doing: String,
    route: Route,
}

impl Told {
    fn by(&self, error: Error) -> Error {
        error
            .while_doing(self.doing.as_str())
            .with_route(&self.route)
    }
}

/// A part of a file that is being read, some pieces ahead of its reader. Dropping it ends the transfer.
#[derive(Debug)]
pub struct SpanReader {
    facts: Facts,
    range: Range<u64>,
    pieces: mpsc::Receiver<Result<Bytes>>,
    left: u64,
}

impl SpanReader {
    /// The length of the whole file.
    pub fn length(&self) -> u64 {
        self.facts.size
    }

    /// When it was changed last, when the server tells.
    pub fn modified(&self) -> Option<SystemTime> {
        self.facts.modified
    }

    /// Which bytes they are.
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    #[cfg(feature = "object_store")]
    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The next piece; `None` at the end. Behind an error there is nothing more.
    ///
    /// # Errors
    /// [`Kind::Changed`] when it was cut, or had to give way to others, and is another file now, or nothing
    /// would prove that it is not; [`Kind::Cut`] and the others of a transfer, after the tries that the
    /// settings allow.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn next(&mut self) -> Option<Result<Bytes>> {
        match self.pieces.recv().await {
            Some(Ok(piece)) => {
                self.left = self.left.saturating_sub(piece.len() as u64);
                Some(Ok(piece))
            }
            Some(Err(error)) => {
                self.left = 0;
                Some(Err(error))
            }
            None if self.left == 0 => None,
            None => {
                self.left = 0;
                let what = "the transfer was given up: its runtime ends";
                Some(Err(Error::new(Kind::Cut, Stage::Transfer, what)))
            }
        }
    }
}

impl Dataset {
    /// Opens a part of it: over FTP by REST, over HTTP by a range. When all that was asked for is here the
    /// transfer is given up, and the login kept.
    ///
    /// The bytes come a few pieces ahead, in a task of their own. A reader that reads nothing for a while gives
    /// its place (see [`Client::with_ftp_channels`](super::Client::with_ftp_channels)) to those who wait for one, and goes on
    /// later, when the file is still the same: so many readers of one server may be open at a time as one likes.
    ///
    /// # Errors
    /// Every stage up to the first byte, after the tries that the settings allow; [`Kind::Usage`] when the
    /// file has none of these bytes; [`Kind::Unsupported`] where the server tells no size, for other schemes than
    /// `http`, `https`, `ftp` and `ftps`, and for `ftp = "proxy-get"`.
    ///
    /// # Cancel safety
    /// Dropping the future ends it.
    pub async fn open_span(&self, span: Span) -> Result<SpanReader> {
        let source = Arc::new(self.source().await?);
        let told = self.told()?;
        let retry = self.retry().clone();
        let limit = self.rate_limit().cloned();
        alone(async move {
            let opening = || source.open_span(&span);
            let opened = with_tries(&retry, &Observer::default(), opening).await;
            let coming = opened.map_err(|error| told.by(error))?;
            let (sender, pieces) = mpsc::channel(pump::AHEAD);
            let (facts, range) = (coming.facts, coming.range);
            let pump = Pump {
                source: Arc::clone(&source),
                facts: facts.clone(),
                start: range.start,
                at: range.start,
                end: range.end,
                to_end: span.is_open(),
                sender,
                backoff: Backoff::new(retry),
                pace: limit.map(Pace::new),
                told,
            };
            tokio::spawn(pump.run(coming.body));
            Ok(SpanReader {
                facts,
                left: range.end - range.start,
                range,
                pieces,
            })
        })
        .await
    }

    /// What is known of the file, with tries.
    #[cfg(feature = "object_store")]
    pub(crate) async fn facts(&self) -> Result<Facts> {
        let source = self.source().await?;
        let (retry, told) = (self.retry().clone(), self.told()?);
        alone(async move {
            let asking = || source.facts();
            let facts = with_tries(&retry, &Observer::default(), asking).await;
            facts.map_err(|error| told.by(error))
        })
        .await
    }

    fn told(&self) -> Result<Told> {
        Ok(Told {
            doing: format!("read a part of {}", text::shown_url(self.url())),
            route: self.connector().route(self.target())?,
        })
    }
}

impl Source {
    async fn open_span(&self, span: &Span) -> Result<Coming> {
        match self {
            Self::Ftp(source) => source.span(span).await,
            Self::Http(source) => source.span(span).await,
            _ => Err(no_spans()),
        }
    }

    #[cfg(feature = "object_store")]
    async fn facts(&self) -> Result<Facts> {
        match self {
            Self::Ftp(source) => source.facts().await,
            Self::Http(source) => source.facts().await,
            _ => Err(no_spans()),
        }
    }
}

fn no_spans() -> Error {
    let what = "parts of files are read over HTTP, and over FTP through a tunnel";
    Error::new(Kind::Unsupported, Stage::Request, what)
}
