//! An open WebSocket, as its user has it.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use http::HeaderMap;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use super::closed::Closed;
use super::driver::{Command, Counts, Driver};
use super::failure;
use super::handshake::{Upgraded, upgrade};
use super::message::Message;
use super::options::{Options, Request};
use crate::base::{Error, Kind, Result, Route, Stage, Steps, text};
use crate::connector::Connector;

/// Opens a WebSocket by the route of `connector`'s connection, with its trust.
///
/// # Errors
/// Every stage up to `request`: [`Kind::ProxyRefused`](crate::base::Kind) when the proxy does not
/// allow CONNECT to the port, [`Kind::TargetProtocol`](crate::base::Kind) when what answers is no
/// WebSocket server.
///
/// # Cancel safety
/// Dropping the future closes what was opened.
pub async fn connect(
    connector: &Connector,
    request: &Request,
    options: &Options,
) -> Result<WebSocket> {
    let upgraded = upgrade(connector, request, options).await?;
    let idle = connector.timeouts().idle;
    let silence = match (options.silence, options.ping) {
        (Some(limit), _) => Some((limit, "ws::Options::silence")),
        (None, Some(_)) => Some((idle, "timeouts.idle")),
        (None, None) => None,
    };
    let Upgraded {
        mut stream,
        headers,
        subprotocol,
        route,
        target,
    } = upgraded;
    let about = Arc::new(About {
        headers,
        subprotocol,
        doing: format!("talk to {target} by WebSocket"),
        route,
        steps: stream.take_steps(),
        end: OnceLock::new(),
    });
    let socket =
        WebSocketStream::from_raw_socket(stream, Role::Client, Some(options.config())).await;
    // One each: who waits for its turn is the user's own task, and sees how far it came.
    let (to_driver, commands) = mpsc::channel(1);
    let (received, from_driver) = mpsc::channel(1);
    let mut driver = Driver {
        socket,
        commands,
        received,
        options: options.clone(),
        silence,
        counts: Counts::default(),
        held: None,
        acks: Vec::new(),
    };
    let told = Arc::clone(&about);
    tokio::spawn(async move {
        let ended = driver.run().await;
        let ended = ended.map_err(|error| {
            error
                .while_doing(&*told.doing)
                .with_route(&told.route)
                .after(told.steps.clone())
        });
        // It must be there before the channels say that it is over.
        let _ = told.end.set(End {
            how: ended,
            counts: driver.counts,
        });
        let Driver {
            socket,
            commands,
            received,
            held,
            acks,
            ..
        } = driver;
        drop((socket, commands, acks));
        // What came before the end is not lost by it.
        if let Some(held) = held {
            let _ = received.send(held).await;
        }
    });
    Ok(WebSocket {
        sender: Sender {
            commands: to_driver,
            about: Arc::clone(&about),
        },
        receiver: Receiver {
            messages: from_driver,
            about,
        },
    })
}

struct About {
    headers: HeaderMap,
    subprotocol: Option<String>,
    doing: String,
    route: Arc<Route>,
    steps: Steps,
    end: OnceLock<End>,
}

struct End {
    how: Result<Closed>,
    counts: Counts,
}

impl About {
    /// The error for whoever wanted something of a WebSocket that is over.
    fn over(&self) -> Error {
        match self.end.get().map(|end| &end.how) {
            Some(Err(error)) => error.clone(),
            Some(Ok(closed)) => self.told(failure::closed(&closed.to_string())),
            // The runtime that drove it has ended.
            None => self.told(failure::closed("its task was stopped")),
        }
    }

    fn told(&self, error: Error) -> Error {
        error.while_doing(&*self.doing).with_route(&self.route)
    }
}

/// An open WebSocket. Dropping it ends the connection at once, for the server without a close
/// frame; [`close`](Self::close) says goodbye.
///
/// Messages come one by one: as long as nobody takes them, the server is held back.
pub struct WebSocket {
    sender: Sender,
    receiver: Receiver,
}

impl WebSocket {
    /// Sends a message; it is done when the system has taken it. That says nothing of whether the
    /// server got it: only its answer does.
    ///
    /// # Errors
    /// The WebSocket is over; the error says why.
    ///
    /// # Cancel safety
    /// A message that waited may still be sent.
    pub async fn send(&self, message: impl Into<Message>) -> Result<()> {
        self.sender.send(message).await
    }

    /// The next message; `None` when it was closed in good order.
    ///
    /// # Errors
    /// It broke, the server was silent, or closed it because something went wrong.
    ///
    /// # Cancel safety
    /// No message is lost.
    pub async fn next(&mut self) -> Result<Option<Message>> {
        self.receiver.next().await
    }

    /// Closes it: code 1000, and waits for the server's answer as long as
    /// [`Options::close`] says. Messages that still come are dropped.
    ///
    /// # Errors
    /// [`Kind::Timeout`](crate::base::Kind) when there is no answer, or why it was over before.
    pub async fn close(self) -> Result<Closed> {
        self.close_with(1000, "").await
    }

    /// [`close`](Self::close) with a code (RFC 6455 section 7.4) and a reason.
    ///
    /// # Errors
    /// As there; [`Kind::Usage`](crate::base::Kind) for a code that may not be sent, or a reason
    /// of more than 123 bytes.
    pub async fn close_with(mut self, code: u16, reason: &str) -> Result<Closed> {
        if !matches!(code, 1000 | 1001 | 1003 | 1007..=1011 | 3000..=4999) {
            let what = format!("a close with the code {code} cannot be sent");
            return Err(Error::new(Kind::Usage, Stage::Transfer, what));
        }
        if reason.len() > REASON_MAX {
            let what = format!("a close has room for a reason of {REASON_MAX} bytes");
            return Err(Error::new(Kind::Usage, Stage::Transfer, what));
        }
        let frame = CloseFrame {
            code: code.into(),
            reason: reason.to_owned().into(),
        };
        let asked = self.sender.commands.send(Command::Close(frame));
        // Messages that wait to be taken would hold the close back.
        let (_, ()) = tokio::join!(asked, async {
            while self.receiver.messages.recv().await.is_some() {}
        });
        match self.receiver.about.end.get().map(|end| &end.how) {
            Some(Ok(closed)) => Ok(closed.clone()),
            _ => Err(self.receiver.about.over()),
        }
    }

    /// The two directions apart, for two tasks. The WebSocket ends when both are dropped.
    pub fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }

    /// What the server chose of the subprotocols that were offered.
    pub fn subprotocol(&self) -> Option<&str> {
        self.receiver.about.subprotocol.as_deref()
    }

    /// The fields of the server's 101.
    pub fn headers(&self) -> &HeaderMap {
        &self.receiver.about.headers
    }

    /// The way it goes.
    pub fn route(&self) -> &Route {
        &self.receiver.about.route
    }

    /// The stages that were passed to open it.
    pub fn steps(&self) -> &Steps {
        &self.receiver.about.steps
    }

    /// How it was closed, once it was, in good order.
    pub fn closed(&self) -> Option<&Closed> {
        self.receiver.closed()
    }

    /// The error for a server that went away in good order, where that is a break.
    pub(crate) fn gone(&self, closed: &Closed) -> Error {
        self.receiver.about.told(failure::gone(&closed.to_string()))
    }

    /// Once it is over: what was sent, and what the server showed of itself.
    pub(crate) fn counts(&self) -> Counts {
        let counts = self.receiver.about.end.get().map(|end| end.counts);
        counts.unwrap_or_default()
    }
}

/// A close frame holds 125 bytes, two of them the code.
const REASON_MAX: usize = 123;

/// The sending half. Clones send side by side.
#[derive(Clone)]
pub struct Sender {
    commands: mpsc::Sender<Command>,
    about: Arc<About>,
}

impl Sender {
    /// As [`WebSocket::send`].
    ///
    /// # Errors
    /// As there.
    pub async fn send(&self, message: impl Into<Message>) -> Result<()> {
        let (ack, taken) = oneshot::channel();
        let command = Command::Send(message.into(), ack);
        if self.commands.send(command).await.is_err() {
            return Err(self.about.over());
        }
        taken.await.map_err(|_| self.about.over())
    }
}

/// The receiving half. It is a stream of `futures`, too.
pub struct Receiver {
    messages: mpsc::Receiver<Message>,
    about: Arc<About>,
}

impl Receiver {
    /// As [`WebSocket::next`].
    ///
    /// # Errors
    /// As there.
    pub async fn next(&mut self) -> Result<Option<Message>> {
        match self.messages.recv().await {
            Some(message) => Ok(Some(message)),
            None => self.end(),
        }
    }

    /// How it was closed, once it was, in good order.
    pub fn closed(&self) -> Option<&Closed> {
        self.about.end.get().and_then(|end| end.how.as_ref().ok())
    }

    fn end(&self) -> Result<Option<Message>> {
        match self.closed() {
            Some(_) => Ok(None),
            None => Err(self.about.over()),
        }
    }
}

impl futures_util::Stream for Receiver {
    type Item = Result<Message>;

    /// After an error it ends.
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let had_ended = self.messages.is_closed() && self.messages.is_empty();
        match ready!(self.messages.poll_recv(cx)) {
            Some(message) => Poll::Ready(Some(Ok(message))),
            None if had_ended => Poll::Ready(None),
            None => Poll::Ready(self.end().transpose()),
        }
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = &self.receiver.about;
        f.debug_struct("WebSocket")
            .field("doing", &text::escape(&about.doing))
            .field("subprotocol", &about.subprotocol)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
