//! The task behind a WebSocket: reads, writes, pings, and keeps the limits.
//!
//! It reads no further than the user: one message is held until it is taken. While it is held,
//! silence does not count, for the server may be waiting for us.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Sink, Stream as _};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as Cause, Message as Frame};

use super::closed::Closed;
use super::failure;
use super::message::Message;
use super::options::Options;
use crate::base::{Error, Result};
use crate::dial::Stream;

/// What the user asks of the task.
#[derive(Debug)]
pub(super) enum Command {
    /// Send it, and say when the system has taken it.
    Send(Message, oneshot::Sender<()>),
    /// Begin the close handshake.
    Close(CloseFrame),
}

/// Counts of messages, for whoever wants to know what may be lost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Given to the system.
    pub sent: u64,
    /// Of these, those that a pong has come behind: the server has read them.
    pub confirmed: u64,
    /// Whether a ping was answered.
    pub answered: bool,
}

/// Bytes that wait to be written before more are taken.
const WAITING_MAX: usize = 128 * 1024;

/// Far enough away to be never.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);

pub(super) struct Driver {
    pub socket: WebSocketStream<Stream>,
    pub commands: mpsc::Receiver<Command>,
    pub received: mpsc::Sender<Message>,
    pub options: Options,
    /// How long the server may be silent, and the setting that says so.
    pub silence: Option<(Duration, &'static str)>,
    pub counts: Counts,
    /// A message that the user has not taken yet.
    pub held: Option<Message>,
    /// Who waits for what is to be written. They outlive the run: why it ended is known first.
    pub acks: Vec<oneshot::Sender<()>>,
}

/// How a turn of the socket ended.
enum Moved {
    Flushed,
    Came(Frame),
    Ended,
    Broke(Cause),
    /// Nothing can be written any more.
    Stuck(Cause),
}

/// What the driver knows while it runs.
struct State {
    /// Whether something waits to be written.
    dirty: bool,
    /// About how much.
    waiting: usize,
    /// Nothing can be written any more, because of this; what the server said before may still
    /// tell why.
    broken: Option<Cause>,
    /// Nobody will take messages any more.
    deaf: bool,
    /// Nobody will send any more.
    mute: bool,
    /// We asked for the close.
    closing: bool,
    /// The server's close frame.
    closed: Option<Option<CloseFrame>>,
    /// Pings under way: the count of messages that were sent before each.
    pings: VecDeque<(u64, u64)>,
    ping: u64,
    /// When something went either way.
    moved: Instant,
    next_ping: Pin<Box<Sleep>>,
    silent: Pin<Box<Sleep>>,
    close: Pin<Box<Sleep>>,
}

impl State {
    /// Writes no more, and reads on for as long as `limit` says: the server's close frame may be
    /// on its way.
    fn stuck(&mut self, cause: Cause, limit: Duration) {
        self.dirty = false;
        if self.broken.is_none() {
            self.broken = Some(cause);
            self.close.as_mut().reset(Instant::now() + limit);
        }
    }
}

impl Driver {
    /// How often a ping is sent: at least twice within the limit on silence.
    fn ping_every(&self) -> Option<Duration> {
        let every = self.options.ping?;
        let most = self.silence.map_or(NEVER, |(limit, _)| limit / 2);
        Some(every.min(most).max(Duration::from_millis(1)))
    }

    /// Runs to the end of the WebSocket.
    pub async fn run(&mut self) -> Result<Closed> {
        let every = self.ping_every();
        let silence = self.silence.map_or(NEVER, |(limit, _)| limit);
        let now = Instant::now();
        let never = || Box::pin(sleep_until(now + NEVER));
        let mut state = State {
            dirty: false,
            waiting: 0,
            broken: None,
            deaf: false,
            mute: false,
            closing: false,
            closed: None,
            pings: VecDeque::new(),
            ping: 0,
            moved: now,
            next_ping: every.map_or_else(never, |every| Box::pin(sleep_until(now + every))),
            silent: Box::pin(sleep_until(now + silence)),
            close: never(),
        };
        let received = self.received.clone();
        loop {
            let is_open = !state.closing && state.closed.is_none() && state.broken.is_none();
            let reads = self.held.is_none();
            // With one branch always ready the others still have their turn: the order is random.
            tokio::select! {
                moved = poll_fn(|cx| turn(&mut self.socket, cx, state.dirty, reads)) => {
                    match moved {
                        Moved::Flushed => {
                            state.dirty = false;
                            state.waiting = 0;
                            state.moved = Instant::now();
                            for ack in self.acks.drain(..) {
                                let _ = ack.send(());
                            }
                        }
                        Moved::Came(frame) => {
                            state.moved = Instant::now();
                            state.silent.as_mut().reset(state.moved + silence);
                            self.take(frame, &mut state);
                        }
                        Moved::Ended => return self.ended(&state),
                        // Both have said that it is over: how the socket ends is no matter.
                        Moved::Broke(_) if state.closed.is_some() => return self.ended(&state),
                        Moved::Broke(cause) => {
                            let cause = state.broken.take().unwrap_or(cause);
                            return Err(self.explain(cause, &state));
                        }
                        Moved::Stuck(cause) => state.stuck(cause, self.options.close),
                    }
                }
                room = received.reserve(), if !reads => {
                    let message = self.held.take();
                    match (room, message) {
                        (Ok(room), Some(message)) => room.send(message),
                        _ => state.deaf = true,
                    }
                    state.silent.as_mut().reset(Instant::now() + silence);
                }
                () = received.closed(), if !state.deaf => state.deaf = true,
                command = self.commands.recv(), if !state.mute && is_open && state.waiting < WAITING_MAX => {
                    match command {
                        None => state.mute = true,
                        Some(command) => {
                            if let Err(cause) = self.command(command, &mut state) {
                                state.stuck(cause, self.options.close);
                            }
                        }
                    }
                }
                () = state.next_ping.as_mut(), if is_open && every.is_some() => {
                    if let Err(cause) = self.ping(&mut state) {
                        state.stuck(cause, self.options.close);
                    }
                    let every = every.unwrap_or(NEVER);
                    state.next_ping.as_mut().reset(Instant::now() + every);
                }
                () = state.silent.as_mut(), if reads && is_open => {
                    if let Some((limit, setting)) = self.silence {
                        return Err(failure::silence(limit, setting, every.is_some()));
                    }
                    state.silent.as_mut().reset(Instant::now() + NEVER);
                }
                () = state.close.as_mut(), if !is_open => {
                    return match (&state.closed, state.broken.take()) {
                        (Some(_), _) => self.ended(&state),
                        (None, Some(cause)) => Err(self.explain(cause, &state)),
                        (None, None) => Err(failure::unclosed(self.options.close)),
                    };
                }
            }
            if state.deaf && state.mute && is_open {
                return Ok(Closed::new(None, true));
            }
        }
    }

    fn explain(&self, cause: Cause, state: &State) -> Error {
        failure::explain(cause, &self.options, state.moved.elapsed())
    }

    fn command(&mut self, command: Command, state: &mut State) -> std::result::Result<(), Cause> {
        match command {
            Command::Send(message, ack) => {
                state.waiting += message.as_bytes().len() + 14;
                self.acks.push(ack);
                self.counts.sent += 1;
                self.write(message.into(), state)
            }
            Command::Close(frame) => {
                state.closing = true;
                let by = Instant::now() + self.options.close;
                state.close.as_mut().reset(by);
                self.write(Frame::Close(Some(frame)), state)
            }
        }
    }

    fn ping(&mut self, state: &mut State) -> std::result::Result<(), Cause> {
        // Nothing goes out: more of it would only fill the memory.
        if state.dirty && !state.pings.is_empty() {
            return Ok(());
        }
        state.ping += 1;
        state.pings.push_back((state.ping, self.counts.sent));
        // Who answers none of them is found by the limit on silence, or was not to be found.
        if state.pings.len() > 16 {
            state.pings.pop_front();
        }
        let number = Bytes::copy_from_slice(&state.ping.to_be_bytes());
        self.write(Frame::Ping(number), state)
    }

    /// Queues a frame. tungstenite takes it also where the socket does not yet; how much waits is
    /// bounded here.
    fn write(&mut self, frame: Frame, state: &mut State) -> std::result::Result<(), Cause> {
        state.dirty = true;
        match Pin::new(&mut self.socket).start_send(frame) {
            Err(Cause::Protocol(_)) if state.closed.is_some() => Ok(()),
            sent => sent,
        }
    }

    fn take(&mut self, frame: Frame, state: &mut State) {
        match frame {
            Frame::Text(text) => self.held = Some(Message::Text(text.as_str().to_owned())),
            Frame::Binary(bytes) => self.held = Some(Message::Binary(bytes)),
            Frame::Pong(number) => {
                let Ok(number) = <[u8; 8]>::try_from(&number[..]).map(u64::from_be_bytes) else {
                    return;
                };
                while let Some((ping, sent)) = state.pings.front().copied()
                    && ping <= number
                {
                    // A number of the future is no answer.
                    if number <= state.ping {
                        self.counts.answered = true;
                        self.counts.confirmed = self.counts.confirmed.max(sent);
                    }
                    state.pings.pop_front();
                }
            }
            Frame::Close(frame) => {
                state.closed = Some(frame);
                let by = Instant::now() + self.options.close;
                state.close.as_mut().reset(by);
                // The answer to it is written with the next flush.
                state.dirty = state.broken.is_none();
            }
            // tungstenite has queued the pong.
            Frame::Ping(_) => state.dirty = state.broken.is_none(),
            Frame::Frame(_) => {}
        }
        if state.deaf {
            self.held = None;
        }
    }

    fn ended(&self, state: &State) -> Result<Closed> {
        let Some(frame) = state.closed.clone() else {
            return Err(self.explain(Cause::ConnectionClosed, state));
        };
        let closed = Closed::new(frame, state.closing);
        match closed.failure() {
            Some(error) => Err(error),
            None => Ok(closed),
        }
    }
}

/// Writes what waits and reads what comes, whichever can be done.
fn turn(
    socket: &mut WebSocketStream<Stream>,
    cx: &mut Context<'_>,
    dirty: bool,
    reads: bool,
) -> Poll<Moved> {
    if dirty {
        match Pin::new(&mut *socket).poll_flush(cx) {
            Poll::Ready(Ok(())) => return Poll::Ready(Moved::Flushed),
            Poll::Ready(Err(cause)) => return Poll::Ready(Moved::Stuck(cause)),
            Poll::Pending => {}
        }
    }
    if !reads {
        return Poll::Pending;
    }
    Pin::new(socket).poll_next(cx).map(|came| match came {
        Some(Ok(frame)) => Moved::Came(frame),
        Some(Err(cause)) => Moved::Broke(cause),
        None => Moved::Ended,
    })
}
