//! A dataset as a stream of bytes that resumes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use tokio::io::{AsyncRead, ReadBuf};

use super::transfer::{Step, Transfer};
use super::validator::Validator;
use crate::base::{Error, Kind, Result, Stage};

/// Reads a dataset from its first byte to its last, opening it again after a cut when the server
/// proves that it is still the same file. Its errors are `io::Error`s that hold an
/// [`Error`]: [`Error::find`] gets it out. After an error every further read gives it again.
///
/// Dropping it ends the transfer.
#[derive(Debug)]
pub struct Reader {
    transfer: Transfer,
    delivered: bool,
}

impl Reader {
    pub(super) fn new(transfer: Transfer) -> Self {
        Self {
            transfer,
            delivered: false,
        }
    }

    /// The length of the whole, when the server told it.
    pub fn length(&self) -> Option<u64> {
        self.transfer.about()?.total
    }

    /// When the file was changed last, when the server told it.
    pub fn modified(&self) -> Option<SystemTime> {
        self.transfer.about()?.modified
    }

    /// What proves that the file is the same, when the server gave any.
    pub fn validator(&self) -> Option<&Validator> {
        self.transfer.about()?.validator.as_ref()
    }

    /// How many bytes were read.
    pub fn position(&self) -> u64 {
        self.transfer.offset()
    }
}

impl Reader {
    /// Fills `buf` with what comes next: data, or the end.
    pub(super) fn poll_step(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<Step>> {
        loop {
            match ready!(self.transfer.poll_step(cx, buf))? {
                Step::Data => {
                    self.delivered = true;
                    return Poll::Ready(Ok(Step::Data));
                }
                Step::End => return Poll::Ready(Ok(Step::End)),
                // Nothing of the file was given yet: whichever it is now will do.
                Step::Restarted if !self.delivered => {}
                Step::Restarted => {
                    let what = "the stream was cut and cannot go on in the middle: the file \
                                changed, or the server does not prove that it is the same";
                    let error = Error::new(Kind::Changed, Stage::Transfer, what)
                        .with_hint("read it again from the start, or fetch it into a file");
                    self.transfer.fail(error.clone());
                    return Poll::Ready(Err(error));
                }
            }
        }
    }
}

impl AsyncRead for Reader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_step(cx, buf))?;
        Poll::Ready(Ok(()))
    }
}
