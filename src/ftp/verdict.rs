//! Whether the end of a transfer was the end of the file.

use std::cmp::Ordering;

use super::explain::{kind, said};
use crate::base::{Error, Kind, Result, Stage};
use crate::proto::ftp::Reply;

/// How the data ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By itself.
    Proper,
    /// Without TLS's `close_notify`: anybody on the way can do that.
    Unclosed,
    /// Not at all: the channel stays open behind the server's word.
    Open,
}

/// What is known at the end of a transfer.
pub(super) struct Verdict {
    pub(super) reached: u64,
    pub(super) so_far: String,
    pub(super) size: Option<u64>,
    /// The size is a hint.
    pub(super) announced: bool,
    pub(super) end: End,
}

/// Whether the end of a listing says that there is more. Pure-FTPd lists ten thousand entries unless
/// it is told otherwise.
pub(super) fn says_more(reply: &Reply) -> bool {
    reply.text().contains("Output truncated")
}

impl Verdict {
    /// What is wrong with the end of a transfer of which the server says this, if anything.
    pub(super) fn wrong(&self, reply: &Reply) -> Option<Error> {
        let so_far = &self.so_far;
        if !matches!(reply.code(), 226 | 250) {
            let kind = match kind(reply) {
                Kind::TargetRefused => Kind::TargetRefused,
                _ => Kind::Cut,
            };
            let what = format!("the data ended after {so_far}, and the server says");
            return Some(said(kind, Stage::Transfer, &what, reply));
        }
        // vsftpd's word for a folder that it may not read, of which it sends nothing.
        if reply.text().contains("failed to open directory") {
            let what = "the folder may not be read: the server says";
            return Some(said(Kind::TargetRefused, Stage::Transfer, what, reply));
        }
        let Some(size) = self.size else {
            let why = match self.end {
                End::Proper => return None,
                End::Unclosed => {
                    format!(
                        "the data ended after {so_far} without TLS's close_notify, so that it may be \
                         cut"
                    )
                }
                End::Open => format!("the data channel stays open and silent after {so_far}"),
            };
            let what = format!("{why}; no size is known, and the server says");
            return Some(said(Kind::Cut, Stage::Transfer, &what, reply));
        };
        let (kind, what) = match self.reached.cmp(&size) {
            Ordering::Equal if self.announced && self.end != End::Proper => (
                Kind::Cut,
                format!("the data did not come to its end after {so_far}, and the server says"),
            ),
            Ordering::Equal => return None,
            Ordering::Less => (
                Kind::Cut,
                format!("the data ended early, after {so_far}, though the server says"),
            ),
            // Only a guess was wrong.
            Ordering::Greater if self.announced && self.end == End::Proper => return None,
            Ordering::Greater => (
                Kind::Changed,
                format!(
                    "more data came than the file had ({} bytes instead of {size}); the server says",
                    self.reached
                ),
            ),
        };
        Some(said(kind, Stage::Transfer, &what, reply))
    }

    /// Judges a transfer whose control channel was lost: without the server's word SIZE alone shows
    /// that all is here.
    pub(super) fn without_word(&self, lost: Error) -> Result<()> {
        let is_lost = lost.kind() == Kind::Cut || lost.answer().is_some_and(|a| a.code == 421);
        if !is_lost {
            return Err(lost);
        }
        match self.size {
            Some(size) if !self.announced => match self.reached == size && self.end == End::Proper {
                true => {
                    tracing::warn!(
                        "all {size} bytes came, as many as SIZE said, but not the server's word that \
                         it was all: {}",
                        lost.what()
                    );
                    Ok(())
                }
                false => Err(lost.and_also(format!("; the data ended after {}", self.so_far))),
            },
            _ => Err(lost.and_also(format!(
                "; the data ended after {}, and without SIZE nothing else shows whether that was all",
                self.so_far
            ))),
        }
    }
}
