//! A dataset that talks: a WebSocket at its URL, and one that connects again.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::client::Dataset;
use super::opening::Opening;
use super::retry::{Backoff, Decision};
use crate::base::{Error, Result};
use crate::ws::{self, Closed, Message, Options, WebSocket};

impl Dataset {
    /// Opens the WebSocket at a `ws://` or `wss://` URL: with the dataset's fields, and its login
    /// as `Authorization`. Always by CONNECT where a proxy applies.
    ///
    /// # Errors
    /// Those of [`ws::connect`]; the password cannot be read.
    ///
    /// # Cancel safety
    /// Dropping the future closes what was opened.
    ///
    /// ```no_run
    /// # async fn example() -> outbound::Result<()> {
    /// let client = outbound::Client::load()?;
    /// let options = outbound::ws::Options::default();
    /// let mut socket = client.dataset("wss://feed.example.org/v1")?.websocket(&options).await?;
    /// socket.send("subscribe: air").await?;
    /// while let Some(message) = socket.next().await? {
    ///     println!("{:?}", message.as_text());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn websocket(&self, options: &Options) -> Result<WebSocket> {
        let request = self.websocket_request().await?;
        ws::connect(&self.connector, &request, options).await
    }

    /// A WebSocket that connects again after it broke, as `retry` of the settings allows, and says
    /// so each time. Nothing is opened before [`Kept::next`].
    pub fn websocket_kept(&self, options: Options) -> Kept {
        Kept {
            backoff: Backoff::new(self.retry().clone()),
            dataset: self.clone(),
            options,
            state: State::Waiting(Instant::now()),
        }
    }

    /// What is asked of the server.
    pub(crate) async fn websocket_request(&self) -> Result<ws::Request> {
        let mut request = ws::Request::new(self.url().clone());
        request.headers = self.headers.clone();
        request.authorization = self.authorization().await?;
        Ok(request)
    }
}

/// Something that happened to a [`Kept`] WebSocket.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeptEvent {
    /// It is open, for the first time or again. The server knows nothing of what was before: this is
    /// the place to subscribe.
    Opened,
    /// A message.
    Message(Message),
    /// It broke, and is opened again after a pause.
    Broke {
        /// Why.
        error: Error,
        /// What may be lost.
        lost: Lost,
        /// How long the pause is.
        pause: Duration,
        /// The number of the coming try since the last message or answered ping, from 2.
        attempt: u32,
    },
}

/// What may be lost by a break. Nothing is sent again by itself: whether that does harm, the
/// application alone knows. What the server would have sent meanwhile is lost too, unless it can be
/// asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lost {
    /// Messages that were sent and of which nothing shows that they arrived: the last of those sent
    /// while it was open, behind the last ping that was answered.
    pub unconfirmed: u64,
}

/// A WebSocket that connects again. One task uses it: events and messages come in their order.
#[derive(Debug)]
pub struct Kept {
    dataset: Dataset,
    options: Options,
    backoff: Backoff,
    state: State,
}

#[derive(Debug)]
enum State {
    /// To be opened then.
    Waiting(Instant),
    Opening(Opening<Result<WebSocket>>),
    Open(WebSocket),
    /// Over for good.
    Over,
}

impl Kept {
    /// Opens it, if it is not, and waits for the next event; `None` when the server closed it in good order. (That it goes away, 1001, is
    /// a break: it is opened again.)
    ///
    /// # Errors
    /// It cannot be opened again: the tries are used up, or there is no hope in trying
    /// ([`Error::is_transient`]). After that it gives `None`.
    ///
    /// # Cancel safety
    /// No message and no event is lost. An opening that was under way and a pause go on with the
    /// next call.
    pub async fn next(&mut self) -> Result<Option<KeptEvent>> {
        if let State::Waiting(until) = &self.state {
            sleep_until(*until).await;
            let (dataset, options) = (self.dataset.clone(), self.options.clone());
            let opening = async move { dataset.websocket(&options).await };
            self.state = State::Opening(Opening::new(opening));
        }
        match &mut self.state {
            State::Over | State::Waiting(_) => Ok(None),
            State::Opening(opening) => match opening.done().await {
                Ok(socket) => {
                    self.state = State::Open(socket);
                    Ok(Some(KeptEvent::Opened))
                }
                Err(error) => self.broke(error, Lost::default()).map(Some),
            },
            State::Open(socket) => {
                let error = match socket.next().await {
                    Ok(Some(message)) => {
                        self.backoff.progress();
                        return Ok(Some(KeptEvent::Message(message)));
                    }
                    Ok(None) => match socket.closed().filter(|closed| closed.is_going_away()) {
                        Some(closed) => socket.gone(closed),
                        None => {
                            self.state = State::Over;
                            return Ok(None);
                        }
                    },
                    Err(error) => error,
                };
                let counts = socket.counts();
                // A feed may be quiet for days between two breaks.
                if counts.answered {
                    self.backoff.progress();
                }
                let unconfirmed = counts.sent.saturating_sub(counts.confirmed);
                self.broke(error, Lost { unconfirmed }).map(Some)
            }
        }
    }

    /// Sends a message by the WebSocket that is open.
    ///
    /// # Errors
    /// None is open, or it broke: the message may or may not have arrived, and is not sent again.
    /// [`next`](Self::next) opens another one.
    ///
    /// # Cancel safety
    /// A message that waited may still be sent.
    pub async fn send(&self, message: impl Into<Message>) -> Result<()> {
        match &self.state {
            State::Open(socket) => socket.send(message).await,
            _ => Err(ws::not_open(self.dataset.url())),
        }
    }

    /// The WebSocket that is open now.
    pub fn socket(&self) -> Option<&WebSocket> {
        match &self.state {
            State::Open(socket) => Some(socket),
            _ => None,
        }
    }

    /// Closes it for good; `None` when none was open.
    ///
    /// # Errors
    /// As [`WebSocket::close`].
    pub async fn close(self) -> Result<Option<Closed>> {
        match self.state {
            State::Open(socket) => socket.close().await.map(Some),
            _ => Ok(None),
        }
    }

    /// Decides after an error.
    fn broke(&mut self, error: Error, lost: Lost) -> Result<KeptEvent> {
        match self.backoff.after(error.clone()) {
            Decision::GiveUp(error) => {
                self.state = State::Over;
                Err(error)
            }
            Decision::Again { pause, attempt } => {
                let until = Instant::now().checked_add(pause);
                self.state = State::Waiting(until.unwrap_or_else(Instant::now));
                Ok(KeptEvent::Broke {
                    error,
                    lost,
                    pause,
                    attempt,
                })
            }
        }
    }
}
