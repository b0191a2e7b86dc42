//! What each reply means to the command that waits for it.

use super::{Event, Failure, Passive, Session, State, Stumble};
use crate::proto::ftp::command::{Command, Verb};
use crate::proto::ftp::{Fault, Reply, facts, passive};

impl Session {
    /// Gives one reply to the command that waits for it.
    pub(super) fn answer(&mut self, reply: Reply) {
        if matches!(self.state, State::Greeting) {
            return self.greeting(reply);
        }
        if reply.code() == 421 {
            return self.fail_or_stumble(Stumble::Closed, Failure::Leaving(reply));
        }
        let Some(&verb) = self.waiting.front() else {
            return self.fail(Failure::Fault(Fault::Unasked(reply.to_string())));
        };
        if reply.is_preliminary() && !self.is_end_of_cut(&reply) {
            if verb.moves_data() {
                self.started(&reply);
            }
            return;
        }
        let of_noop = matches!(reply.code(), 200 | 500 | 502 | 503);
        if verb.moves_data() && of_noop && self.kept_alive() {
            return;
        }
        self.waiting.pop_front();
        self.answered += 1;
        match verb {
            Verb::Auth => self.auth(reply),
            Verb::Pbsz if self.lost_login(&reply) => self.refused(verb, reply),
            Verb::Prot if !reply.is_success() => self.refused(verb, reply),
            Verb::User => self.user(reply),
            Verb::Pass => self.pass(reply),
            Verb::Type if !reply.is_success() => self.refused(verb, reply),
            Verb::Size => self.size(reply),
            Verb::Mdtm => self.modified(reply),
            Verb::Epsv => self.extended(reply),
            Verb::Pasv => self.plain(reply),
            Verb::Rest => self.rest(reply),
            Verb::Cwd => self.entered(reply),
            Verb::Retr | Verb::Mlsd | Verb::List | Verb::Nlst | Verb::Stor | Verb::Appe => {
                self.moved(verb, reply);
            }
            Verb::Rnfr | Verb::Rnto | Verb::Dele | Verb::Mkd => self.ordered(verb, reply),
            // Without PBSZ a server may still agree to PROT, which is what counts.
            Verb::Pbsz | Verb::Prot | Verb::Type | Verb::Noop | Verb::Quit => {}
        }
        // What waits behind a transfer waits for its data.
        if self.waiting.front().is_none_or(|verb| verb.moves_data()) {
            self.crowded = false;
        }
        self.pump();
    }

    /// Whether it is what Pure-FTPd (1.0.50) says in place of a final reply where the data channel was
    /// closed in the middle: its 150 a second time, with how fast it was.
    fn is_end_of_cut(&self, reply: &Reply) -> bool {
        let started = matches!(self.state, State::Moving { started: true, .. });
        started && reply.text().contains("(measured here)")
    }

    /// A reply of a transfer's to a question about a file: two came for one transfer. Nothing behind it
    /// can be told apart any more.
    fn miscounted(&mut self, reply: &Reply) -> bool {
        let is_other = matches!(reply.code(), 225 | 226 | 426);
        if is_other {
            let fault = Fault::Unasked(reply.to_string());
            self.fail_or_stumble(Stumble::Nonsense, Failure::Fault(fault));
        }
        is_other
    }

    /// Sends NOOP while data moves, so that firewalls see the control channel used. Nothing is told of
    /// its answer, which comes at once or behind the transfer.
    pub fn keep_alive(&mut self) {
        if matches!(self.state, State::Moving { started: true, .. }) {
            self.send(&Command::bare(Verb::Noop));
        }
    }

    /// Takes a reply with which no transfer ends (RFC 959 section 5.4) for the answer to NOOP: some
    /// servers answer that at once (Pure-FTPd with 500), others behind the transfer.
    fn kept_alive(&mut self) -> bool {
        let noop = self.waiting.iter().position(|verb| *verb == Verb::Noop);
        noop.and_then(|at| self.waiting.remove(at)).is_some()
    }

    fn greeting(&mut self, reply: Reply) {
        match reply.code() {
            // 120: ready in some minutes.
            100..=199 => return,
            220 => {}
            421 => return self.fail(Failure::Leaving(reply)),
            _ => return self.fail(Failure::Greeting(reply)),
        }
        self.tell(Event::Greeted(reply));
        match self.auth.take() {
            Some(auth) => {
                self.state = State::Securing;
                self.send(&auth);
            }
            None => {
                self.state = State::Login;
                self.pump();
            }
        }
    }

    fn user(&mut self, reply: Reply) {
        match reply.code() {
            200..=299 => {
                // No password is wanted. One that is on its way is answered in many ways.
                self.queue.retain(|command| command.verb() != Verb::Pass);
                self.logged_in(reply);
            }
            331 if self.passes() => {}
            _ => self.refused(Verb::User, reply),
        }
    }

    /// Whether a PASS is on its way or will be.
    fn passes(&self) -> bool {
        self.waiting.contains(&Verb::Pass) || self.queue.iter().any(|c| c.verb() == Verb::Pass)
    }

    fn pass(&mut self, reply: Reply) {
        if !matches!(self.state, State::Login) {
            return;
        }
        match reply.code() {
            200..=299 => self.logged_in(reply),
            _ => self.refused(Verb::Pass, reply),
        }
    }

    fn logged_in(&mut self, reply: Reply) {
        self.state = State::Ready;
        self.tell(Event::LoggedIn(reply));
    }

    /// A refusal ends the session. Where the server may just have lost count of commands sent
    /// together, it is no verdict: 530 to PASS is one, 503 is none.
    pub(super) fn refused(&mut self, verb: Verb, reply: Reply) {
        let is_verdict = match verb {
            Verb::User | Verb::Pass => !matches!(reply.code(), 500..=503),
            _ => false,
        };
        let failure = Failure::Refused { verb, reply };
        if is_verdict {
            return self.fail(failure);
        }
        self.fail_or_stumble(Stumble::Refused, failure);
    }

    fn size(&mut self, reply: Reply) {
        if self.lost_login(&reply) {
            return self.refused(Verb::Size, reply);
        }
        if self.miscounted(&reply) {
            return;
        }
        let size = match reply.code() {
            213 => facts::size(reply.text()),
            _ => None,
        };
        self.tell(Event::Size(size.ok_or(reply)));
    }

    fn modified(&mut self, reply: Reply) {
        if self.lost_login(&reply) {
            return self.refused(Verb::Mdtm, reply);
        }
        if self.miscounted(&reply) {
            return;
        }
        let modified = match reply.code() {
            213 => facts::modified(reply.text()),
            _ => None,
        };
        self.tell(Event::Modified(modified.ok_or(reply)));
    }

    /// "Not logged in" behind a login that went through: the server handles commands that were
    /// sent together side by side.
    fn lost_login(&self, reply: &Reply) -> bool {
        reply.code() == 530 && self.crowded
    }

    fn extended(&mut self, reply: Reply) {
        if reply.code() == 530 {
            return self.refused(Verb::Epsv, reply);
        }
        let port = match reply.code() {
            229 => passive::epsv_port(reply.text()),
            _ => None,
        };
        match port {
            Some(port) => self.port(port, Passive::Extended, reply),
            None => {
                self.passive = Passive::Plain;
                self.queue.push_front(Command::bare(Verb::Pasv));
            }
        }
    }

    fn plain(&mut self, reply: Reply) {
        if reply.code() != 227 {
            return self.refused(Verb::Pasv, reply);
        }
        match passive::pasv_port(reply.text()) {
            Some(port) => self.port(port, Passive::Plain, reply),
            None => self.fail(Failure::Fault(Fault::NoPort(reply.to_string()))),
        }
    }

    fn port(&mut self, port: u16, passive: Passive, reply: Reply) {
        self.tell(Event::Port {
            port,
            passive,
            reply,
        });
    }

    fn rest(&mut self, reply: Reply) {
        if self.is_moving() && reply.code() != 350 {
            // RETR went out behind it.
            return self.tell(Event::NoRestart(reply));
        }
        // The second of two, asked again behind PASV, when the first was refused.
        if !matches!(self.state, State::Opening { .. }) {
            return;
        }
        match reply.code() {
            350 => {}
            421 | 530 | 400..=499 => self.refused(Verb::Rest, reply),
            _ => {
                self.state = State::Ready;
                self.tell(Event::NoRestart(reply));
            }
        }
    }

    fn entered(&mut self, reply: Reply) {
        if self.lost_login(&reply) {
            return self.refused(Verb::Cwd, reply);
        }
        let entered = if reply.is_success() {
            Ok(())
        } else {
            Err(reply)
        };
        self.tell(Event::Entered(entered));
    }

    fn ordered(&mut self, verb: Verb, reply: Reply) {
        if self.lost_login(&reply) {
            return self.refused(verb, reply);
        }
        self.tell(Event::Answered { verb, reply });
    }

    fn started(&mut self, reply: &Reply) {
        if let State::Moving { started, .. } = &mut self.state
            && !std::mem::replace(started, true)
        {
            let size = facts::announced_size(reply.text());
            self.tell(Event::Started { size });
        }
    }

    fn moved(&mut self, verb: Verb, reply: Reply) {
        let started = matches!(self.state, State::Moving { started: true, .. });
        // A server that does not wait for the data channel.
        if reply.code() == 425 && matches!(self.state, State::Moving { early: true, .. }) {
            return self.stumble(Stumble::Refused, Some(reply));
        }
        self.state = State::Ready;
        // A final reply without a 150 before it is seen with servers that had little to send.
        self.tell(if started || reply.is_success() {
            Event::Ended(reply)
        } else {
            Event::Failed(Failure::Refused { verb, reply })
        });
    }
}
