//! The control channel's state machine: replies in, commands and events out.
//!
//! ```text
//!            220            USER: 230, or PASS: 230
//! Greeting ───────► Login ──────────────────────────► Ready ◄───────────────┐
//!                                                     │  ▲ 5yz to REST, RETR │ final reply
//!                                            retrieve │  │                   │
//!                                                     ▼  │      150          │
//!                                                   Opening ────────────► Moving
//!
//! any state ── 421, a refused login, no FTP, the end of the channel ──► Over: nothing more is sent
//! ```
//!
//! Every reply belongs to the oldest command that waits for one (RFC 959 section 5.4), so commands
//! may be sent before the earlier ones are answered. [`Pace`] says whether they are; nothing else
//! depends on it. A server that stumbles over commands sent together makes the session end with
//! [`Failure::Stumbled`]: the driver opens a new control channel and goes in lock-step.
//!
//! TLS (RFC 4217): with explicit TLS, Securing lies between Greeting and Login. `AUTH TLS` goes out
//! alone, because a server drops what follows it in clear, and [`Event::Secure`] is told when the
//! server agrees and nothing more came in clear: what did could be forged. The driver secures the
//! stream and says so by [`secured`](Session::secured); no login goes out before. With implicit TLS
//! the driver secures the stream before the first byte. In both cases `PBSZ` and `PROT` join the
//! login's flight.

mod answers;
mod ending;
mod event;
mod securing;
mod sending;
mod storing;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use tracing::debug;
use zeroize::Zeroizing;

use super::command::{BadArgument, Command, Verb};
use super::listing::Form;
use super::{RemotePath, Replies, TransferType};
use crate::base::Secret;

pub use event::{Event, Failure, Habits, Pace, Passive, Protection, Stumble, Want};

#[derive(Debug)]
enum State {
    Greeting,
    /// AUTH is on its way, or TLS is about to start.
    Securing,
    Login,
    Ready,
    Opening {
        /// RETR, MLSD, LIST, NLST, STOR or APPE.
        command: Command,
        offset: u64,
        connected: bool,
        /// The command may go out before the data channel stands.
        ahead: bool,
        /// And right behind REST, without its answer.
        at_once: bool,
    },
    Moving {
        started: bool,
        /// The command went out before the data channel stood.
        early: bool,
    },
    Over,
}

/// One login on one control channel. It does no I/O: bytes go in by [`receive`](Self::receive) and
/// come out by [`transmit`](Self::transmit), and [`event`](Self::event) tells what they meant.
#[derive(Debug)]
pub struct Session {
    replies: Replies,
    state: State,
    pace: Pace,
    passive: Passive,
    protection: Protection,
    /// AUTH, where it will be sent.
    auth: Option<Command>,
    queue: VecDeque<Command>,
    waiting: VecDeque<Verb>,
    /// Commands were sent together, and not all of them are answered.
    crowded: bool,
    output: Zeroizing<Vec<u8>>,
    /// To be found where the server repeats it.
    password: Option<Secret>,
    events: VecDeque<Event>,
    answered: u64,
}

impl Session {
    /// A session that will log in as `username` once the server has greeted. Without a password
    /// none is sent, and a server that asks for one refuses the login. `protection` says what comes
    /// before the login, `transfer_type` how files travel on it.
    ///
    /// # Errors
    /// The name or the password contains a line end, or is too long.
    pub fn new(
        username: &str,
        password: Option<&Secret>,
        habits: Habits,
        protection: Protection,
        transfer_type: TransferType,
    ) -> Result<Self, BadArgument> {
        let mut queue = VecDeque::from([Command::new(Verb::User, username)?]);
        if let Some(password) = password {
            queue.push_back(Command::new(Verb::Pass, password.expose())?);
        }
        if protection != Protection::Clear {
            queue.push_back(Command::new(Verb::Pbsz, "0")?);
            queue.push_back(Command::new(Verb::Prot, "P")?);
        }
        let auth = match protection {
            Protection::Explicit | Protection::Opportunistic => {
                Some(Command::new(Verb::Auth, "TLS")?)
            }
            Protection::Clear | Protection::Implicit => None,
        };
        queue.push_back(Command::new(Verb::Type, transfer_type.as_str())?);
        Ok(Self {
            replies: Replies::default(),
            state: State::Greeting,
            pace: habits.pace,
            passive: habits.passive,
            protection,
            auth,
            queue,
            waiting: VecDeque::new(),
            crowded: false,
            output: Zeroizing::default(),
            password: password.cloned(),
            events: VecDeque::new(),
            answered: 0,
        })
    }

    /// Takes bytes from the control channel in.
    pub fn receive(&mut self, bytes: &[u8]) {
        if self.is_over() {
            return;
        }
        self.replies.feed(bytes);
        while !self.is_over() {
            if self.is_securing() && self.waiting.is_empty() {
                return self.in_clear();
            }
            match self.replies.next_reply() {
                Ok(Some(reply)) => {
                    let reply = match &self.password {
                        Some(password) => reply.hiding(password),
                        None => reply,
                    };
                    debug!("ftp < {reply}");
                    self.answer(reply);
                }
                Ok(None) => return,
                Err(fault) => self.fail_or_stumble(Stumble::Nonsense, Failure::Fault(fault)),
            }
        }
    }

    /// The control channel has ended.
    pub fn close(&mut self) {
        if !self.is_over() {
            self.fail_or_stumble(Stumble::Closed, Failure::Closed);
        }
    }

    /// The server has been silent for longer than one that copes would be. Gives true when
    /// commands sent together may be the cause: the session is over then.
    pub fn stall(&mut self) -> bool {
        let stumbled = self.crowded && !self.is_over();
        if stumbled {
            self.stumble(Stumble::Silence, None);
        }
        stumbled
    }

    /// The bytes to send, if any. They may hold the password.
    pub fn transmit(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        (!self.output.is_empty()).then(|| std::mem::take(&mut self.output))
    }

    /// What happened next, if anything.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Whether [`event`](Self::event) has something to tell.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether every command sent was answered, and none is left to send.
    pub fn is_settled(&self) -> bool {
        let begun = !matches!(self.state, State::Greeting | State::Securing);
        begun && self.waiting.is_empty() && self.queue.is_empty()
    }

    /// Whether commands were sent together and not all of them are answered.
    pub fn is_crowded(&self) -> bool {
        self.crowded
    }

    /// Whether the session has failed or said good-bye.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// How many final replies came: progress, for the driver's clock.
    pub fn answered(&self) -> u64 {
        self.answered
    }

    /// Asks about a file. Before the greeting it joins the login's flight.
    ///
    /// Gives [`Event::Size`], [`Event::Modified`] and [`Event::Port`] as wanted, in this order.
    ///
    /// # Errors
    /// The path is too long.
    pub fn ask(&mut self, path: &RemotePath, want: Want) -> Result<(), BadArgument> {
        let mut commands = Vec::new();
        if want.size {
            commands.push(Command::new(Verb::Size, path.as_bytes())?);
        }
        if want.modified {
            commands.push(Command::new(Verb::Mdtm, path.as_bytes())?);
        }
        if want.port {
            commands.push(Command::bare(self.passive_verb()));
        }
        if !self.is_over() {
            self.queue.extend(commands);
            self.pump();
        }
        Ok(())
    }

    /// Prepares to get a file from `offset` on, after [`Event::Port`]. REST goes out at once, and
    /// RETR behind its answer: the server waits for the data channel, so that both may be under way
    /// together. Without REST it goes out at once, behind questions that are not answered yet. In
    /// lock-step RETR follows [`data_opened`](Self::data_opened).
    ///
    /// Gives [`Event::Started`] and [`Event::Ended`]; or [`Event::NoRestart`], or a refused RETR,
    /// after which the session goes on.
    ///
    /// # Errors
    /// The path is too long.
    pub fn retrieve(&mut self, path: &RemotePath, offset: u64) -> Result<(), BadArgument> {
        self.transfer(Command::new(Verb::Retr, path.as_bytes())?, offset, false)
    }

    /// [`retrieve`](Self::retrieve), with RETR right behind REST: a round trip less. Where REST is
    /// refused the file comes from its start all the same: behind [`Event::NoRestart`] the session is
    /// of no further use.
    ///
    /// # Errors
    /// As there.
    pub fn retrieve_at_once(&mut self, path: &RemotePath, offset: u64) -> Result<(), BadArgument> {
        self.transfer(Command::new(Verb::Retr, path.as_bytes())?, offset, true)
    }

    /// Goes into a folder. Gives [`Event::Entered`].
    ///
    /// # Errors
    /// The path is too long.
    pub fn enter(&mut self, path: &RemotePath) -> Result<(), BadArgument> {
        let command = Command::new(Verb::Cwd, path.as_folder())?;
        if !self.is_over() && !path.as_bytes().is_empty() {
            self.queue.push_back(command);
            self.pump();
        }
        Ok(())
    }

    /// Prepares to list a folder, or the one that was [entered](Self::enter), after
    /// [`Event::Port`]. Everything else is as for [`retrieve`](Self::retrieve).
    ///
    /// # Errors
    /// The path is too long.
    pub fn list(&mut self, path: Option<&RemotePath>, form: Form) -> Result<(), BadArgument> {
        let verb = match form {
            Form::Mlsd => Verb::Mlsd,
            Form::List => Verb::List,
            Form::Nlst => Verb::Nlst,
        };
        let command = match path {
            Some(path) => Command::new(verb, path.as_folder())?,
            None => Command::bare(verb),
        };
        self.transfer(command, 0, false)
    }

    fn transfer(
        &mut self,
        command: Command,
        offset: u64,
        at_once: bool,
    ) -> Result<(), BadArgument> {
        if !matches!(self.state, State::Ready) {
            return Ok(());
        }
        self.state = State::Opening {
            command,
            offset,
            connected: false,
            ahead: self.pace == Pace::OneFlight,
            at_once,
        };
        self.restart(offset)?;
        self.pump();
        Ok(())
    }

    /// The data channel is open.
    pub fn data_opened(&mut self) {
        match &mut self.state {
            State::Opening { connected, .. } => *connected = true,
            State::Moving { early, .. } => *early = false,
            _ => {}
        }
        self.pump();
    }

    /// Whether the transfer's command is on its way or answered: the server waits for the data, or moves it.
    pub fn is_moving(&self) -> bool {
        matches!(self.state, State::Moving { .. })
    }

    /// The data channel could not be opened. Gives true when PASV is tried now: the port that
    /// failed was EPSV's. Another [`Event::Port`] comes then.
    ///
    /// # Errors
    /// None in practice; the offset always fits a command.
    pub fn data_failed(&mut self, tried: Passive) -> Result<bool, BadArgument> {
        let offset = match &mut self.state {
            State::Opening { offset, ahead, .. } => {
                // The next port may be dead too.
                *ahead = false;
                *offset
            }
            State::Ready => 0,
            _ => return Ok(false),
        };
        if tried == Passive::Plain {
            return Ok(false);
        }
        self.passive = Passive::Plain;
        self.queue.push_back(Command::bare(Verb::Pasv));
        // REST must come right before RETR (RFC 3659 section 5.1); some servers forget it at PASV.
        self.restart(offset)?;
        self.pump();
        Ok(true)
    }

    fn restart(&mut self, offset: u64) -> Result<(), BadArgument> {
        if offset > 0 {
            let rest = Command::new(Verb::Rest, offset.to_string())?;
            self.queue.push_back(rest);
        }
        Ok(())
    }

    fn passive_verb(&self) -> Verb {
        match self.passive {
            Passive::Extended => Verb::Epsv,
            Passive::Plain => Verb::Pasv,
        }
    }

    fn tell(&mut self, event: Event) {
        self.events.push_back(event);
    }
}
