//! A dataset as a stream of bytes that blocks.

use std::io::{self, Read};
use std::pin::Pin;
use std::time::SystemTime;

use tokio::io::{AsyncRead as _, ReadBuf};

use super::runtime::Runtime;
use crate::dataset::{self, Validator};

/// Reads a dataset from its first byte to its last, opening it again after a cut when the server
/// proves that it is still the same file. Its errors are `io::Error`s that hold an
/// [`Error`](crate::Error): [`Error::find`](crate::Error::find) gets it out.
///
/// Every read asks the network for as much as the buffer takes: no copy between, so wrap it in a
/// `BufReader` for reading lines. Dropping it ends the transfer.
#[derive(Debug)]
pub struct Reader {
    // Before the runtime that it lives on.
    inner: dataset::Reader,
    runtime: Runtime,
}

impl Reader {
    pub(super) fn new(inner: dataset::Reader, runtime: Runtime) -> Self {
        Self { inner, runtime }
    }

    /// The length of the whole, when the server told it.
    pub fn length(&self) -> Option<u64> {
        self.inner.length()
    }

    /// When the file was changed last, when the server told it.
    pub fn modified(&self) -> Option<SystemTime> {
        self.inner.modified()
    }

    /// What proves that the file is the same, when the server gave any.
    pub fn validator(&self) -> Option<&Validator> {
        self.inner.validator()
    }

    /// How many bytes were read.
    pub fn position(&self) -> u64 {
        self.inner.position()
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(buffer);
        let inner = &mut self.inner;
        let read = std::future::poll_fn(|cx| Pin::new(&mut *inner).poll_read(cx, &mut buffer));
        self.runtime.wait(read)??;
        Ok(buffer.filled().len())
    }
}
