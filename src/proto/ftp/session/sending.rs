//! Which commands may go out, and when.

use tracing::debug;

use super::{Pace, Session, State};
use crate::proto::ftp::command::Command;

impl Session {
    /// Sends what may be sent now.
    pub(super) fn pump(&mut self) {
        if matches!(self.state, State::Greeting | State::Securing | State::Over) {
            return;
        }
        self.release();
        while !self.queue.is_empty() {
            if !self.waiting.is_empty() {
                if self.pace == Pace::LockStep {
                    return;
                }
                // Behind a transfer it waits for the data, and not for the server's wits.
                self.crowded |= !self.is_moving();
            }
            if let Some(command) = self.queue.pop_front() {
                self.send(&command);
            }
        }
    }

    pub(super) fn send(&mut self, command: &Command) {
        debug!("ftp > {command}");
        command.encode(&mut self.output);
        self.waiting.push_back(command.verb());
    }

    /// RETR waits for REST, unless it may go at once: behind a refused one it would send the file from
    /// its start. In lock-step it waits for all answers, and for the data channel too.
    fn release(&mut self) {
        let State::Opening {
            command,
            offset,
            connected,
            ahead,
            at_once,
        } = &self.state
        else {
            return;
        };
        let quiet = self.waiting.is_empty() && self.queue.is_empty();
        let quiet = quiet || (*offset == 0 || *at_once) && *ahead;
        if quiet && (*connected || *ahead) {
            let early = !connected;
            self.queue.push_back(command.clone());
            self.state = State::Moving {
                started: false,
                early,
            };
        }
    }
}
