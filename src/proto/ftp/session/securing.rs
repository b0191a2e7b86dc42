//! From the greeting to TLS.

use super::{Event, Failure, Protection, Session, State};
use crate::proto::ftp::command::Verb;
use crate::proto::ftp::{Fault, Reply};

impl Session {
    /// TLS has started, as [`Event::Secure`] asked: the login goes out under it.
    pub fn secured(&mut self) {
        if self.is_securing() && self.waiting.is_empty() {
            self.state = State::Login;
            self.pump();
        }
    }

    /// Whether AUTH is on its way, or TLS is about to start.
    pub fn is_securing(&self) -> bool {
        matches!(self.state, State::Securing)
    }

    /// What protects both channels, as far as the server has said.
    pub fn protection(&self) -> Protection {
        self.protection
    }

    pub(super) fn auth(&mut self, reply: Reply) {
        match reply.code() {
            // 334 is what servers say that mean RFC 2228's other mechanisms too.
            234 | 334 if self.replies.is_partial() => self.in_clear(),
            234 | 334 => self.tell(Event::Secure(reply)),
            _ if self.protection == Protection::Opportunistic => {
                self.protection = Protection::Clear;
                self.queue
                    .retain(|command| !matches!(command.verb(), Verb::Pbsz | Verb::Prot));
                self.state = State::Login;
                self.tell(Event::InClear(reply));
            }
            _ => self.refused(Verb::Auth, reply),
        }
    }

    /// Ends the session if something came in clear that TLS should have protected.
    pub(super) fn in_clear(&mut self) {
        if self.replies.is_partial() {
            self.fail(Failure::Fault(Fault::InClear));
        }
    }
}
