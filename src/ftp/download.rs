//! A file that is coming.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::client::{Client, Stat};
use super::explain::{kind, said};
use super::protect;
use crate::base::{Error, Kind, Result, Stage, Steps, text};
use crate::dial::Stream;
use crate::proto::ftp::Reply;

/// The bytes of a file from an offset on.
///
/// The end of the data is not the end of the file: the reader gives its last `Ok(0)` only when the
/// server has confirmed the transfer (226 or 250) and as many bytes came as it promised. Else the
/// read fails, with an [`Error`] inside the `io::Error` ([`Error::find`]): [`Kind::Cut`] when less
/// came, [`Kind::Changed`] when more, [`Kind::Timeout`] after `timeouts.idle` without a byte.
///
/// Dropping it closes both channels; [`finish`](Self::finish) gives the control channel back.
pub struct Download {
    state: State,
    offset: u64,
    received: u64,
    stat: Stat,
    steps: Steps,
    doing: String,
    idle: std::time::Duration,
    alarm: Option<Pin<Box<Sleep>>>,
    /// Whether the alarm runs since the last byte.
    armed: bool,
    /// The data ended without TLS's `close_notify`: anybody on the way can do that.
    unclosed: bool,
}

type Confirming = Pin<Box<dyn Future<Output = Result<Client>> + Send>>;

enum State {
    Reading { data: Stream, client: Client },
    Confirming(Confirming),
    Whole(Client),
    Failed,
}

impl Download {
    pub(super) fn new(
        client: Client,
        data: Stream,
        offset: u64,
        stat: Stat,
        doing: String,
    ) -> Self {
        Self {
            idle: client.idle(),
            steps: client.steps(),
            state: State::Reading { data, client },
            offset,
            received: 0,
            stat,
            doing,
            alarm: None,
            armed: false,
            unclosed: false,
        }
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
        &self.steps
    }

    /// Gives the control channel back once the file has been read to its end; the end itself need
    /// not have been read yet.
    ///
    /// # Errors
    /// As reading; [`Kind::Usage`] when bytes are left: drop the download instead.
    pub async fn finish(mut self) -> Result<Client> {
        let mut byte = [0; 1];
        let mut rest = ReadBuf::new(&mut byte);
        let read = std::future::poll_fn(|cx| Pin::new(&mut self).poll_data(cx, &mut rest)).await;
        read?;
        match self.state {
            State::Whole(client) if rest.filled().is_empty() => Ok(client),
            _ => {
                let what = "the file was not read to its end";
                Err(Error::new(Kind::Usage, Stage::Transfer, what).while_doing(self.doing))
            }
        }
    }

    /// The control channel, once the last read has confirmed that the file is whole.
    pub(super) fn into_client(self) -> Option<Client> {
        match self.state {
            State::Whole(client) => Some(client),
            _ => None,
        }
    }

    fn poll_data(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = &mut *self;
        loop {
            match &mut this.state {
                State::Reading { data, .. } => {
                    let before = buf.filled().len();
                    let read = match Pin::new(data).poll_read(cx, buf) {
                        Poll::Pending => return this.poll_idle(cx),
                        Poll::Ready(read) => read,
                    };
                    this.armed = false;
                    let came = (buf.filled().len() - before) as u64;
                    this.received += came;
                    match read {
                        Ok(()) => {}
                        // Of a socket itself it never is: it is TLS that misses its end.
                        Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => {
                            this.unclosed = true;
                        }
                        Err(cause) => return Poll::Ready(Err(this.broken(cause))),
                    }
                    if came > 0 {
                        return Poll::Ready(Ok(()));
                    }
                    this.confirm();
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
                    return Poll::Ready(Err(error.while_doing(this.doing.clone())));
                }
            }
        }
    }

    /// Whether no byte came for too long.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let end = Instant::now() + self.idle;
        let alarm = self
            .alarm
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
        if !std::mem::replace(&mut self.armed, true) {
            alarm.as_mut().reset(end);
        }
        ready!(alarm.as_mut().poll(cx));
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
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Reading { client, .. } => client.blame(error, &self.doing),
            _ => error,
        }
    }

    /// The data has ended: closes the data channel, waits for the final reply and judges both.
    fn confirm(&mut self) {
        let State::Reading { data, mut client } = std::mem::replace(&mut self.state, State::Failed)
        else {
            return;
        };
        let unclosed = self.unclosed;
        let (doing, so_far) = (self.doing.clone(), self.so_far());
        let reached = self.offset + self.received;
        let size = self.stat.size;
        self.state = State::Confirming(Box::pin(async move {
            // It is read to its end already: what is sent now is TLS's good-bye.
            let _ = protect::end(data).await;
            let reply = client.final_reply(&doing).await?;
            match judge(&reply, reached, size, unclosed, &so_far) {
                Some(error) => Err(client.blame(error, &doing)),
                None => Ok(client),
            }
        }));
    }
}

/// What is wrong with the end of a transfer, if anything.
fn judge(
    reply: &Reply,
    reached: u64,
    size: Option<u64>,
    unclosed: bool,
    so_far: &str,
) -> Option<Error> {
    if !matches!(reply.code(), 226 | 250) {
        let kind = match kind(reply) {
            Kind::TargetRefused => Kind::TargetRefused,
            _ => Kind::Cut,
        };
        let what = format!("the data ended after {so_far}, and the server says");
        return Some(said(kind, Stage::Transfer, &what, reply));
    }
    let Some(size) = size else {
        let what = format!(
            "the data ended after {so_far} without TLS's close_notify, so that it may be cut; no \
             size is known, and the server says"
        );
        return unclosed.then(|| said(Kind::Cut, Stage::Transfer, &what, reply));
    };
    let (kind, what) = match reached.cmp(&size) {
        std::cmp::Ordering::Equal => return None,
        std::cmp::Ordering::Less => (
            Kind::Cut,
            format!("the data ended early, after {so_far}, though the server says"),
        ),
        std::cmp::Ordering::Greater => (
            Kind::Changed,
            format!(
                "more data came than the file had ({reached} bytes instead of {size}); the server \
                 says"
            ),
        ),
    };
    Some(said(kind, Stage::Transfer, &what, reply))
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
