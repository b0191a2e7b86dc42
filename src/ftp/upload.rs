//! A file that goes out.

use std::fmt;
use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout, timeout_at};

use super::client::Client;
use super::control::Trouble;
use super::explain::{FULL, kind, said};
use super::transfer::{Opened, What};
use super::{RemotePath, Want};
use crate::base::{Error, Kind, Result, Stage, text};
use crate::dial::Stream;
use crate::proto::ftp::{Event, Failure, Reply};

/// How long a server that broke the data channel may take to say why.
const WORD_WAIT: Duration = Duration::from_secs(5);

/// How long the good-bye on the data channel may take once the server has confirmed the file.
const END_WAIT: Duration = Duration::from_secs(5);

/// Where an upload begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// There (REST and STOR); at 0 what the server has is overwritten.
    At(u64),
    /// Behind what the server has, which is so much (APPE).
    Behind(u64),
}

/// How the server took the wish to upload.
#[derive(Debug)]
pub(crate) enum Storing {
    /// It waits for the bytes.
    Upload(Upload),
    /// It refused; the login can be used again.
    Refused { client: Client, error: Error },
}

/// The bytes of a file on their way to the server. Dropping it closes both channels.
pub(crate) struct Upload {
    client: Client,
    data: Stream,
    /// Where in the file the next byte stands.
    offset: u64,
    doing: String,
    idle: Duration,
}

impl Client {
    /// Starts to write a file.
    ///
    /// # Errors
    /// As [`Client::retrieve`], but for refusals of the file.
    pub(crate) async fn store(mut self, path: &RemotePath, start: Start) -> Result<Storing> {
        let doing = format!("store `{path}` at {}", self.target());
        let (what, offset) = match start {
            Start::At(offset) => (What::Stored(offset), offset),
            Start::Behind(offset) => (What::Appended, offset),
        };
        let error = match self.open(path, what, Want::default(), &doing).await {
            Ok(Opened::Coming { data, .. }) => {
                self.forget();
                return Ok(Storing::Upload(Upload {
                    idle: self.idle(),
                    client: self,
                    data,
                    offset,
                    doing,
                }));
            }
            Ok(Opened::NoRestart(reply)) => {
                let what = "the server answered REST with";
                let error = said(kind(&reply), Stage::Request, what, &reply);
                self.blame(error, &doing)
            }
            Err(error) => error,
        };
        self.forget();
        match self.is_free() && is_refusal(&error) {
            true => Ok(Storing::Refused {
                client: self,
                error,
            }),
            false => Err(error),
        }
    }

    /// Whether the next command can be sent: nothing is under way.
    fn is_free(&self) -> bool {
        let session = &self.0.control.session;
        session.is_settled() && !session.is_over() && !session.is_moving()
    }
}

/// Whether the server itself said no to the file.
fn is_refusal(error: &Error) -> bool {
    let by_server = matches!(
        error.kind(),
        Kind::TargetRefused | Kind::TargetUnavailable | Kind::TargetAuth | Kind::TargetProtocol
    );
    by_server
        && error.answer().is_some_and(|answer| {
            (400..600).contains(&answer.code) && !matches!(answer.code, 421 | 425 | 426 | 522)
        })
}

impl Upload {
    /// The client that it goes by.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends bytes. What the server says meanwhile ends it: it takes no more.
    ///
    /// # Errors
    /// [`Kind::Cut`] when a channel broke, [`Kind::Timeout`] when `timeouts.idle` passes and no byte
    /// is taken; else the server's words.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        let mut end = Instant::now() + self.idle;
        while !rest.is_empty() {
            let written = tokio::select! {
                biased;
                written = timeout_at(end, self.data.write(rest)) => written,
                told = self.client.0.control.next() => {
                    self.heard(told)?;
                    continue;
                }
            };
            match written {
                Ok(Ok(0)) => return Err(self.broken(io::ErrorKind::WriteZero.into()).await),
                Ok(Ok(written)) => {
                    self.offset += written as u64;
                    rest = &rest[written..];
                    end = Instant::now() + self.idle;
                }
                Ok(Err(cause)) => return Err(self.broken(cause).await),
                Err(_) => return Err(self.idle_for("no byte was taken")),
            }
        }
        Ok(())
    }

    /// Ends the file, and waits for the server's word that it has all of it. Gives the login back.
    ///
    /// What is still on its way is not cut off: with TLS the end is `close_notify` without a FIN,
    /// on which proxies tear a tunnel down with what was written before it.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub(crate) async fn finish(mut self) -> Result<Client> {
        let idle = self.idle;
        let mut end = Instant::now() + idle;
        let (mut shut, mut over, mut broke) = (false, false, None);
        let reply = loop {
            let step = async {
                match shut {
                    false => self.data.shutdown().await.map(|()| true),
                    true => over_all(&mut self.data).await.map(|()| false),
                }
            };
            tokio::select! {
                biased;
                told = self.client.0.control.next() => match told {
                    Ok(Some(Event::Ended(reply))) => break reply,
                    told => self.heard(told)?,
                },
                stepped = step, if !over => match stepped {
                    Ok(true) => {
                        shut = true;
                        end = Instant::now() + idle;
                    }
                    Ok(false) => {
                        over = true;
                        // All is said on both sides. Some servers (ProFTPD) wait for the end of the
                        // socket before they confirm, which a proxy may keep from being seen.
                        self.data = Stream::layer(tokio::io::empty());
                    }
                    // What the server says of it counts, if it has heard of it.
                    Err(cause) if shut => {
                        tracing::debug!(%cause, "ftp: the data channel broke behind its end");
                        over = true;
                        end = Instant::now() + WORD_WAIT;
                        broke = Some(cause);
                    }
                    Err(cause) => return Err(self.broken(cause).await),
                },
                () = tokio::time::sleep_until(end) => {
                    if let Some(cause) = broke {
                        return Err(self.cut(cause));
                    }
                    return Err(self.idle_for("the server does not confirm that it has all"));
                }
            }
        };
        if !matches!(reply.code(), 226 | 250) {
            return Err(self.refused(&reply));
        }
        if !over {
            let _ = timeout(END_WAIT, async {
                if !shut {
                    self.data.shutdown().await?;
                }
                over_all(&mut self.data).await
            })
            .await;
        }
        Ok(self.client)
    }

    /// What came over the control channel while the data goes out.
    fn heard(&mut self, told: Result<Option<Event>, Trouble>) -> Result<()> {
        match told {
            Ok(Some(Event::Ended(reply))) => Err(self.refused(&reply)),
            Ok(Some(event)) => {
                self.client.0.note(event);
                Ok(())
            }
            // It waits for the data; that has a limit of its own.
            Err(Trouble::Silence(_)) => Ok(()),
            Ok(None) => Err(self.trouble(Trouble::Failed(Failure::Closed))),
            Err(trouble) => Err(self.trouble(trouble)),
        }
    }

    fn trouble(&self, trouble: Trouble) -> Error {
        let setback = self.client.0.setback(trouble, Stage::Transfer, &self.doing);
        setback.error
    }

    /// The error for a final reply that is not the one that was hoped for, or too early.
    fn refused(&self, reply: &Reply) -> Error {
        let kind = match kind(reply) {
            _ if reply.is_success() || matches!(reply.code(), 425 | 426) => Kind::Cut,
            Kind::TargetAuth => Kind::TargetRefused,
            kind => kind,
        };
        let what = format!("the server ended the upload after {} bytes:", self.offset);
        let error = said(kind, Stage::Transfer, &what, reply);
        let error = match reply.code() {
            452 | 552 => error.with_hint(FULL),
            _ => error,
        };
        self.client.blame(error, &self.doing)
    }

    fn idle_for(&self, what: &str) -> Error {
        let what = format!("{what}, after {} bytes", self.offset);
        let error = Error::new(Kind::Timeout, Stage::Transfer, what)
            .with_limit("timeouts.idle", text::seconds(self.idle));
        self.client.blame(error, &self.doing)
    }

    /// The error for a data channel that broke: in the server's words, when it says more.
    async fn broken(&mut self, cause: io::Error) -> Error {
        let word = async {
            loop {
                match self.client.0.control.next().await {
                    Ok(Some(Event::Ended(reply))) => return Some(Ok(reply)),
                    Ok(Some(_)) | Err(Trouble::Silence(_)) => {}
                    Err(trouble @ Trouble::Failed(Failure::Leaving(_))) => {
                        return Some(Err(trouble));
                    }
                    Ok(None) | Err(_) => return None,
                }
            }
        };
        match timeout(WORD_WAIT, word).await {
            Ok(Some(Ok(reply))) => self.refused(&reply),
            Ok(Some(Err(trouble))) => self.trouble(trouble),
            Ok(None) | Err(_) => self.cut(cause),
        }
    }

    fn cut(&self, cause: io::Error) -> Error {
        let what = format!("the data channel broke after {} bytes", self.offset);
        let error = Error::new(Kind::Cut, Stage::Transfer, what).with_source(cause);
        self.client.blame(error, &self.doing)
    }
}

/// Reads a data channel to its end. Nothing should come.
async fn over_all(data: &mut Stream) -> io::Result<()> {
    tokio::io::copy(data, &mut tokio::io::sink())
        .await
        .map(drop)
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("offset", &self.offset)
            .field("doing", &self.doing)
            .finish_non_exhaustive()
    }
}
