//! From suppaftp's errors to ours.

use ::suppaftp::FtpError;
use ::suppaftp::types::Response;

use super::place::Place;
use crate::base::{Error, Kind, Stage, text};
use crate::ftp::explain_failure;
use crate::proto::ftp::{Failure, Replies, Reply, Verb};

/// Finds what the connector said of a data channel: suppaftp's error hides it from
/// [`source`](std::error::Error::source), and so from [`Error::find`].
pub fn find(error: &FtpError) -> Option<&Error> {
    match error {
        FtpError::ConnectionError(cause) => Error::find(cause),
        _ => None,
    }
}

impl Place {
    /// The error for a connection that did not come to a greeting.
    pub fn explain_greeting(&self, cause: FtpError) -> Error {
        match cause {
            FtpError::UnexpectedResponse(response) => match reply(&response) {
                Some(reply) => self.failed(Failure::Greeting(reply), Stage::Greeting),
                None => self.nonsense(Stage::Greeting),
            },
            cause => self.explain(cause, Stage::Greeting, Verb::User),
        }
    }

    /// The error for a server that does not start TLS.
    pub fn explain_tls(&self, cause: FtpError) -> Error {
        let refusal = match &cause {
            FtpError::UnexpectedResponse(response) => reply(response),
            _ => None,
        };
        let Some(reply) = refusal else {
            return self.explain(cause, Stage::TargetTls, Verb::User);
        };
        let what = format!("the server does not start TLS (AUTH, PBSZ, PROT): {reply}");
        let error = Error::new(Kind::TargetRefused, Stage::TargetTls, what);
        self.blame(error.with_answer(reply.to_answer())).with_hint(
            "a server without TLS is reached by `connect`, which sends the password in clear",
        )
    }

    /// The error for a command that got another reply than it should, or none.
    pub fn explain(&self, cause: FtpError, stage: Stage, verb: Verb) -> Error {
        match cause {
            FtpError::UnexpectedResponse(response) => match reply(&response) {
                Some(reply) if reply.code() == 421 => self.failed(Failure::Leaving(reply), stage),
                Some(reply) => self.failed(Failure::Refused { verb, reply }, stage),
                None => self.nonsense(stage),
            },
            FtpError::ConnectionError(cause) => match Error::find(&cause) {
                Some(ours) => self.blame(ours.clone()),
                None if cause.kind() == std::io::ErrorKind::UnexpectedEof => {
                    self.failed(Failure::Closed, stage)
                }
                None if cause.kind() == std::io::ErrorKind::InvalidInput => {
                    let what = "the user name or the password cannot be sent";
                    self.blame(Error::new(Kind::Usage, stage, what))
                }
                None => {
                    let what = "the control channel broke";
                    self.blame(Error::new(Kind::Cut, stage, what).with_source(cause))
                }
            },
            FtpError::BadResponse => self.nonsense(stage),
            other => {
                let what = text::clip(&other.to_string());
                self.blame(Error::new(Kind::TargetProtocol, stage, what))
            }
        }
    }

    fn failed(&self, failure: Failure, stage: Stage) -> Error {
        self.blame(explain_failure(failure, stage, &self.target, &self.login))
    }

    fn nonsense(&self, stage: Stage) -> Error {
        let what = "the server's answer is no FTP reply";
        let hint = format!(
            "some other service may listen at {}: check the port",
            self.target
        );
        self.blame(Error::new(Kind::TargetProtocol, stage, what).with_hint(hint))
    }
}

/// The reply in our own terms.
fn reply(response: &Response) -> Option<Reply> {
    let mut replies = Replies::default();
    replies.feed(&response.body);
    replies.feed(b"\r\n");
    replies.next_reply().ok().flatten()
}
