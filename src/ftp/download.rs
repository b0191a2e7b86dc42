//! A file that is coming.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::client::{Client, Stat};
use super::leaving::Leaving;
use super::protect;
use super::verdict::{End, Verdict, says_more};
use super::word::{About, Said, Word};
use crate::base::{Error, Kind, Result, Stage, Steps, text};
use crate::dial::Stream;

/// How long the data may still take, between two bytes, once the server has said that it is sent.
const GRACE: Duration = Duration::from_secs(5);

/// How long the end of the data is waited for when all of it is here and the server has said so: it
/// comes by another way than the word.
const LINGER: Duration = Duration::from_millis(250);

/// The bytes of a file from an offset on.
///
/// The end of the data is not the end of the file: the reader gives its last `Ok(0)` only when the
/// server has confirmed the transfer (226 or 250) and as many bytes came as it promised. Else the
/// read fails, with an [`Error`] inside the `io::Error` ([`Error::find`]): [`Kind::Cut`] when less
/// came, [`Kind::Changed`] when more, [`Kind::Timeout`] after `timeouts.idle` without a byte.
///
/// Firewalls forget a control channel that is silent for the whole of a long transfer, and servers
/// get tired of it. Where the confirmation is lost like that, the file is whole all the same when the
/// data ended by itself and is as long as SIZE said: a warning is logged.
///
/// Dropping it closes both channels; [`finish`](Self::finish) gives the control channel back.
pub struct Download {
    state: State,
    offset: u64,
    received: u64,
    stat: Stat,
    /// The size is the one that the 150 told: a hint, and no proof.
    announced: bool,
    about: About,
    idle: Duration,
    alarm: Option<Pin<Box<Sleep>>>,
    /// Whether the alarm runs since the last byte.
    armed: bool,
}

pub(super) type Confirming = Pin<Box<dyn Future<Output = Result<Option<Client>>> + Send>>;

enum State {
    Reading {
        data: Stream,
        word: Ears,
    },
    Confirming(Confirming),
    /// With the control channel, unless that was lost.
    Whole(Option<Client>),
    Failed,
}

/// The server's word, or that it is still to come.
enum Ears {
    Open(Word),
    Heard(Said),
}

impl Download {
    pub(super) fn new(
        client: Client,
        data: Stream,
        offset: u64,
        stat: Stat,
        doing: String,
    ) -> Self {
        let about = About::new(&client, doing.clone());
        let word = Ears::Open(Word::of(client, doing));
        Self {
            idle: about.idle_limit(),
            about,
            state: State::Reading { data, word },
            offset,
            received: 0,
            stat,
            announced: false,
            alarm: None,
            armed: false,
        }
    }

    /// Takes the size that the 150 told for want of a better one.
    pub(super) fn announced(mut self, size: Option<u64>) -> Self {
        if self.stat.size.is_none() && self.offset == 0 {
            self.announced = size.is_some();
            self.stat.size = size;
        }
        self
    }

    /// Whether the size that is known is the one that the server announced with the file, and did
    /// not tell when it was asked for it.
    pub(crate) fn is_size_announced(&self) -> bool {
        self.announced
    }

    /// What is known about the file; the size is the whole file's, whatever the offset.
    pub fn stat(&self) -> &Stat {
        &self.stat
    }

    /// Where in the file the first byte stands.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes were read.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The stages passed until the file came.
    pub fn steps(&self) -> &Steps {
        self.about.steps()
    }

    /// Gives the control channel back once the file has been read to its end; the end itself need
    /// not have been read yet.
    ///
    /// # Errors
    /// As reading; [`Kind::Usage`] when bytes are left: drop the download instead; [`Kind::Cut`]
    /// when the control channel was lost behind a whole file.
    pub async fn finish(mut self) -> Result<Client> {
        let mut byte = [0; 1];
        let mut rest = ReadBuf::new(&mut byte);
        let read = std::future::poll_fn(|cx| Pin::new(&mut self).poll_data(cx, &mut rest)).await;
        read?;
        match self.state {
            State::Whole(Some(client)) if rest.filled().is_empty() => Ok(client),
            State::Whole(None) => {
                let what = "the file is whole, and the control channel was lost at its end";
                Err(self
                    .about
                    .blame(Error::new(Kind::Cut, Stage::Transfer, what)))
            }
            _ => {
                let what = "the file was not read to its end";
                let error = Error::new(Kind::Usage, Stage::Transfer, what);
                Err(error.while_doing(self.about.doing()))
            }
        }
    }

    /// The control channel, once the last read has confirmed that the file is whole.
    pub(super) fn into_client(self) -> Option<Client> {
        match self.state {
            State::Whole(client) => client,
            _ => None,
        }
    }

    /// Gives the rest up: closes the data channel, and tells how the login comes back, once the
    /// server has said what it thinks of that.
    pub(super) fn leave(self) -> Option<Leaving> {
        match self.state {
            State::Reading { data, word } => {
                drop(data);
                Some(match word {
                    Ears::Open(word) => Leaving::behind(word),
                    Ears::Heard(said) => Leaving::heard(said),
                })
            }
            State::Confirming(confirming) => Some(Leaving::confirming(confirming)),
            State::Whole(client) => client.map(Leaving::over),
            State::Failed => None,
        }
    }

    fn poll_data(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = &mut *self;
        if this.about.keeps_alive() {
            // Also where the data never lets it be waited for.
            this.listen(cx);
        }
        loop {
            match &mut this.state {
                State::Reading { data, .. } => {
                    let before = buf.filled().len();
                    let read = match Pin::new(data).poll_read(cx, buf) {
                        Poll::Pending => {
                            ready!(this.poll_word(cx))?;
                            continue;
                        }
                        Poll::Ready(read) => read,
                    };
                    this.armed = false;
                    let came = (buf.filled().len() - before) as u64;
                    this.received += came;
                    match read {
                        Ok(()) if came > 0 => return Poll::Ready(Ok(())),
                        Ok(()) => this.confirm(End::Proper),
                        // Of a socket itself it never is: it is TLS that misses its end.
                        Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => {
                            this.confirm(End::Unclosed);
                        }
                        Err(cause) => return Poll::Ready(Err(this.broken(cause))),
                    }
                }
                State::Confirming(confirming) => {
                    let confirmed = ready!(confirming.as_mut().poll(cx));
                    this.state = State::Failed;
                    match confirmed {
                        Ok(client) => this.state = State::Whole(client),
                        Err(error) => return Poll::Ready(Err(error)),
                    }
                }
                State::Whole(_) => return Poll::Ready(Ok(())),
                State::Failed => {
                    let what = "the transfer has failed before";
                    let error = Error::new(Kind::Cut, Stage::Transfer, what);
                    return Poll::Ready(Err(error.while_doing(this.about.doing())));
                }
            }
        }
    }

    /// Listens for the server's word.
    fn listen(&mut self, cx: &mut Context<'_>) {
        if let State::Reading { word, .. } = &mut self.state
            && let Ears::Open(open) = word
            && let Poll::Ready(said) = open.poll(cx)
        {
            *word = Ears::Heard(said);
            self.armed = false;
        }
    }

    /// No byte is there: listens for the server's word, and watches how long that lasts. Ready when
    /// the data need not be waited for.
    fn poll_word(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.listen(cx);
        let State::Reading { word, .. } = &self.state else {
            return Poll::Ready(Ok(()));
        };
        let said = match word {
            Ears::Heard(Said {
                reply: Ok(reply), ..
            }) => Some(reply.code()),
            // Without its control channel the data may still come to its end.
            _ => None,
        };
        let all_here = !self.announced && self.stat.size == Some(self.offset + self.received);
        let spoken = said.is_some();
        let limit = match said {
            Some(226 | 250) if all_here => LINGER,
            Some(_) => self.idle.min(GRACE),
            None => self.idle,
        };
        let end = Instant::now() + limit;
        let alarm = self
            .alarm
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
        if !std::mem::replace(&mut self.armed, true) {
            alarm.as_mut().reset(end);
        }
        ready!(alarm.as_mut().poll(cx));
        if spoken {
            self.confirm(End::Open);
            return Poll::Ready(Ok(()));
        }
        let error = Error::new(
            Kind::Timeout,
            Stage::Transfer,
            format!("no byte came after {}", self.so_far()),
        )
        .with_limit("timeouts.idle", text::seconds(self.idle));
        Poll::Ready(Err(self.fail(error)))
    }

    fn so_far(&self) -> String {
        let reached = self.offset + self.received;
        match self.stat.size {
            Some(size) => format!("{reached} of {size} bytes"),
            None => format!("{reached} bytes"),
        }
    }

    fn broken(&mut self, cause: io::Error) -> Error {
        let what = format!("the data channel broke after {}", self.so_far());
        self.fail(Error::new(Kind::Cut, Stage::Transfer, what).with_source(cause))
    }

    /// Gives the transfer up, which closes both channels.
    fn fail(&mut self, error: Error) -> Error {
        self.state = State::Failed;
        self.about.blame(error)
    }

    /// The data has ended, or is not waited for any more: closes the data channel, waits for the
    /// server's word and judges both.
    fn confirm(&mut self, end: End) {
        let State::Reading { data, word } = std::mem::replace(&mut self.state, State::Failed)
        else {
            return;
        };
        let verdict = Verdict {
            reached: self.offset + self.received,
            so_far: self.so_far(),
            size: self.stat.size,
            announced: self.announced,
            end,
        };
        let about = self.about.clone();
        self.state = State::Confirming(Box::pin(async move {
            match end {
                // Nobody waits for its end any more.
                End::Open => drop(data),
                // It is read to its end already: what is sent now is TLS's good-bye.
                End::Proper | End::Unclosed => {
                    let _ = protect::end(data).await;
                }
            }
            let said = match word {
                Ears::Heard(said) => Some(said),
                Ears::Open(word) => word.within(about.reply_limit()).await,
            };
            let (client, lost) = match said {
                Some(Said {
                    mut client,
                    reply: Ok(reply),
                }) => {
                    if let Some(error) = verdict.wrong(&reply) {
                        return Err(about.blame(error));
                    }
                    if let Some(client) = &mut client {
                        client.0.asked.cut_short = Some(reply).filter(says_more);
                    }
                    return Ok(client);
                }
                Some(Said {
                    client,
                    reply: Err(error),
                }) => (client, error),
                None => (None, about.silence()),
            };
            drop(client);
            verdict.without_word(lost).map(|()| None)
        }));
    }
}

impl AsyncRead for Download {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // A read into nothing proves nothing about the end.
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        self.poll_data(cx, buf).map_err(io::Error::from)
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("offset", &self.offset)
            .field("received", &self.received)
            .field("stat", &self.stat)
            .finish_non_exhaustive()
    }
}
