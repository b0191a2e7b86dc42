//! How a session ends: by a good-bye, or before its time.

use tracing::debug;
use zeroize::Zeroizing;

use super::{Event, Failure, Session, State, Stumble};
use crate::proto::ftp::Reply;
use crate::proto::ftp::command::{Command, Verb};

impl Session {
    /// Says good-bye; nothing more is heard.
    pub fn quit(&mut self) {
        if !matches!(self.state, State::Greeting | State::Securing | State::Over) {
            Command::bare(Verb::Quit).encode(&mut self.output);
            debug!("ftp > QUIT");
        }
        self.state = State::Over;
        self.queue.clear();
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.state = State::Over;
        self.queue.clear();
        self.waiting.clear();
        self.crowded = false;
        self.output = Zeroizing::default();
        self.tell(Event::Failed(failure));
    }

    pub(super) fn stumble(&mut self, why: Stumble, reply: Option<Reply>) {
        self.fail(Failure::Stumbled { why, reply });
    }

    /// Fails, or stumbles when commands sent together may be the cause.
    pub(super) fn fail_or_stumble(&mut self, why: Stumble, failure: Failure) {
        if !self.crowded {
            return self.fail(failure);
        }
        let reply = match failure {
            Failure::Refused { reply, .. } | Failure::Leaving(reply) => Some(reply),
            _ => None,
        };
        self.stumble(why, reply);
    }
}
