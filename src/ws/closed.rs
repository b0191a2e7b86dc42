//! How a WebSocket ended.

use std::fmt;

use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::base::{Answer, Error, Kind, Stage, text};

/// The end of a WebSocket in good order: by a close handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed {
    /// The code of the server's close frame (RFC 6455 section 7.4), if it gave one.
    pub code: Option<u16>,
    /// Its reason. Not escaped.
    pub reason: String,
    /// Whether it was this side that asked for it.
    pub by_us: bool,
}

impl Closed {
    pub(super) fn new(frame: Option<CloseFrame>, by_us: bool) -> Self {
        let code = frame.as_ref().map(|frame| frame.code.into());
        let reason = frame.map(|frame| frame.reason.as_str().to_owned());
        Self {
            code,
            reason: reason.unwrap_or_default(),
            by_us,
        }
    }

    /// Whether the server goes away and may come back: 1001.
    pub fn is_going_away(&self) -> bool {
        self.code == Some(1001)
    }

    /// The error, when the server's code says that something went wrong.
    pub(super) fn failure(&self) -> Option<Error> {
        let (kind, hint) = match self.code {
            // What the server answers to our own close is its to choose.
            None | Some(1000 | 1001) => return None,
            Some(_) if self.by_us => return None,
            Some(1008) => (
                Kind::TargetRefused,
                "the server's policy forbids it: see its words",
            ),
            Some(1009) => (
                Kind::TargetRefused,
                "a message was larger than the server takes: send smaller ones",
            ),
            Some(1003 | 1007) => (
                Kind::TargetRefused,
                "the server does not take such messages: check whether it wants text or bytes",
            ),
            Some(1011..=1014) => (
                Kind::TargetUnavailable,
                "the server failed, restarts or is at its limits: connect again later",
            ),
            // 3000 is registered as Unauthorized, 3003 as Forbidden.
            Some(3000..=4999) => (
                Kind::TargetRefused,
                "the code is the application's own, or its framework's: their documentation tells \
                 what it means",
            ),
            Some(_) => (
                Kind::TargetProtocol,
                "ask who runs the server what the code means",
            ),
        };
        let what = format!("the server closed the WebSocket: {self}");
        let code = self.code.unwrap_or_default();
        let error = Error::new(kind, Stage::Transfer, what).with_hint(hint);
        Some(error.with_answer(Answer::new(code, self.reason.as_str())))
    }
}

impl fmt::Display for Closed {
    /// `1001 (shutting down)`, safe to show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "{code}")?,
            None => f.write_str("no code")?,
        }
        if !self.reason.is_empty() {
            write!(f, " ({})", text::clip(&self.reason))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(code: Option<u16>, by_us: bool) -> Closed {
        Closed {
            code,
            reason: "\x1b[2J why".to_owned(),
            by_us,
        }
    }

    #[test]
    fn codes_tell_whether_something_went_wrong() {
        let kind = |code, by_us| closed(code, by_us).failure().map(|error| error.kind());
        for code in [None, Some(1000), Some(1001)] {
            assert_eq!(kind(code, false), None);
        }
        assert_eq!(kind(Some(1011), true), None);
        for (code, wanted) in [
            (1002, Kind::TargetProtocol),
            (1008, Kind::TargetRefused),
            (1012, Kind::TargetUnavailable),
            (1013, Kind::TargetUnavailable),
            (3000, Kind::TargetRefused),
            (4401, Kind::TargetRefused),
        ] {
            assert_eq!(kind(Some(code), false), Some(wanted), "{code}");
        }
        let shown = closed(Some(1012), false).failure().unwrap().to_string();
        assert!(shown.ends_with("1012 (\\x1b[2J why)"), "{shown}");
    }
}
