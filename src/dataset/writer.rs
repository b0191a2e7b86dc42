//! Bytes into a local file: in large pieces, and off the runtime's threads.
//!
//! A write may wait for a disk, a file server or whoever reads a pipe, so it runs on a thread for
//! blocking work while the next piece is being filled. Each way there and back wakes two threads:
//! with pieces as small as the network's reads that costs more than the transfer itself.

use std::fs::{File, Metadata};
use std::future::poll_fn;
use std::io::{self, Write as _};
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, Sleep};

use super::checksum::Hasher;
use super::transfer::Step;
use crate::base::Result;

/// A piece: large enough that system calls and threads do not count, small enough for many
/// transfers at once. There are two, one being filled and one being written.
const PIECE: usize = 512 * 1024;

/// A file of no more bytes is written without a thread.
const SMALL: usize = 64 * 1024;

/// What is written is a file, or something that may keep a write waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "cli"), allow(dead_code))] // only the program writes to streams
pub(super) enum Kind {
    /// A file.
    File,
    /// A pipe, a terminal, a device.
    Stream,
    /// `/dev/null`, which never keeps a write waiting.
    Null,
}

#[cfg_attr(not(feature = "cli"), allow(dead_code))]
impl Kind {
    /// The kind of something that is open already. Told by the device's number, not by its name:
    /// it may have come as standard output, and anything can be called `/dev/null`.
    pub(super) fn of_stream(file: &File) -> Self {
        match file.metadata() {
            Ok(about) if is_null(&about) => Self::Null,
            _ => Self::Stream,
        }
    }

    /// How long bytes may wait for more: a file's so that a crash loses little, a stream's so that
    /// its reader has them at once.
    fn patience(self) -> Duration {
        match self {
            Self::File => Duration::from_millis(250),
            Self::Stream | Self::Null => Duration::from_millis(2),
        }
    }

    /// Whether a piece is written where it is, which is less work than waking a thread. A small
    /// file that is there in one piece is: its opening and renaming wait for the same disk. In a
    /// longer transfer a file server that hangs would stop all else at each piece, and into a pipe
    /// even one byte may wait for ever.
    fn at_once(self, length: usize, whole: bool) -> bool {
        match self {
            Self::File => whole && length <= SMALL,
            Self::Stream => false,
            Self::Null => true,
        }
    }
}

/// Linux gives the null device this number (its devices.txt).
#[cfg(target_os = "linux")]
fn is_null(about: &Metadata) -> bool {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    about.file_type().is_char_device() && about.rdev() == libc::makedev(1, 3)
}

/// Elsewhere it is a device like any other.
#[cfg(not(target_os = "linux"))]
fn is_null(_: &Metadata) -> bool {
    false
}

/// Writes to a file from where it stands. What was not [`finish`](Self::finish)ed may be lost.
///
/// `F` is a handle on the file. A write that outlives the writer keeps its own, so whatever the
/// handle guards stays guarded until the write has ended.
pub(super) struct Writer<F> {
    file: F,
    kind: Kind,
    buffer: Vec<u8>,
    filled: usize,
    /// All that comes, if that is known.
    expected: Option<u64>,
    hasher: Option<Hasher>,
    under_way: Option<JoinHandle<Written>>,
    /// When the bytes in the buffer have waited long enough.
    due: Pin<Box<Sleep>>,
}

/// What comes back from a write.
struct Written {
    buffer: Vec<u8>,
    hasher: Option<Hasher>,
    outcome: io::Result<()>,
}

impl<F> Writer<F>
where
    F: Deref<Target = File> + Clone + Send + 'static,
{
    /// A writer of `expected` bytes, if that is known. They pass by `hasher`.
    pub(super) fn new(file: F, kind: Kind, expected: Option<u64>, hasher: Option<Hasher>) -> Self {
        // One byte more than a small file has, so that its end is seen without a second piece.
        let fits = expected.and_then(|length| usize::try_from(length).ok());
        let room = fits.map_or(PIECE, |length| PIECE.min(length.saturating_add(1)));
        Self {
            file,
            kind,
            buffer: vec![0; room],
            filled: 0,
            expected,
            hasher,
            under_way: None,
            due: Box::pin(tokio::time::sleep(Duration::ZERO)),
        }
    }

    /// Fills the buffer by `read` until it is full, its bytes have waited long enough, or `read`
    /// gives another step than data.
    ///
    /// # Cancel safety
    /// What was read stays in the buffer.
    pub(super) async fn fill(
        &mut self,
        mut read: impl FnMut(&mut Context<'_>, &mut ReadBuf<'_>) -> Poll<Result<Step>>,
    ) -> Result<Step> {
        if self.filled == 0 {
            let due = Instant::now() + self.kind.patience();
            self.due.as_mut().reset(due);
        }
        poll_fn(|cx| {
            while self.filled < self.buffer.len() {
                let mut room = ReadBuf::new(&mut self.buffer[self.filled..]);
                let step = read(cx, &mut room);
                self.filled += room.filled().len();
                match step {
                    Poll::Ready(Ok(Step::Data)) => {}
                    Poll::Ready(other) => return Poll::Ready(other),
                    Poll::Pending if self.filled == 0 => return Poll::Pending,
                    Poll::Pending => {
                        return self.due.as_mut().poll(cx).map(|()| Ok(Step::Data));
                    }
                }
            }
            Poll::Ready(Ok(Step::Data))
        })
        .await
    }

    /// Begins to write what is in the buffer, once the write before has ended.
    ///
    /// # Errors
    /// That of the write before.
    ///
    /// # Cancel safety
    /// A cancelled call may lose what is in the buffer, never what was there before it.
    pub(super) async fn write(&mut self) -> io::Result<()> {
        let spare = self.wait().await?;
        if self.filled == 0 {
            return Ok(());
        }
        let whole = self.expected == Some(self.filled as u64);
        if self.kind.at_once(self.filled, whole) {
            // More comes than was expected.
            let outgrown = self.filled == self.buffer.len() && self.buffer.len() < PIECE;
            self.write_here()?;
            if outgrown {
                self.buffer.resize(PIECE, 0);
            }
            return Ok(());
        }
        let mut spare = spare.unwrap_or_default();
        // Also that of a file that outgrew what was expected.
        spare.resize(PIECE, 0);
        let buffer = std::mem::replace(&mut self.buffer, spare);
        let length = std::mem::take(&mut self.filled);
        let (file, mut hasher) = (self.file.clone(), self.hasher.take());
        self.under_way = Some(spawn_blocking(move || {
            let outcome = put(&file, &buffer[..length], hasher.as_mut());
            Written {
                buffer,
                hasher,
                outcome,
            }
        }));
        Ok(())
    }

    /// Writes what is left, and gives the hasher back.
    ///
    /// # Errors
    /// That of the first write that failed.
    pub(super) async fn finish(&mut self) -> io::Result<Option<Hasher>> {
        self.write().await?;
        self.wait().await?;
        Ok(self.hasher.take())
    }

    /// Forgets what is in the buffer, and waits until nothing is under way.
    pub(super) async fn discard(&mut self) {
        self.filled = 0;
        // It would have been overwritten.
        let _ = self.wait().await;
    }

    fn write_here(&mut self) -> io::Result<()> {
        let length = std::mem::take(&mut self.filled);
        put(&self.file, &self.buffer[..length], self.hasher.as_mut())
    }

    /// Waits for the write under way, and gives its buffer back.
    async fn wait(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(under_way) = &mut self.under_way else {
            return Ok(None);
        };
        let ended = under_way.await;
        self.under_way = None;
        // It is aborted only when the runtime ends.
        let written = ended.map_err(|aborted| {
            self.filled = 0;
            io::Error::other(aborted)
        })?;
        self.hasher = written.hasher;
        if let Err(cause) = written.outcome {
            // What comes behind a gap must never be written.
            self.filled = 0;
            return Err(cause);
        }
        Ok(Some(written.buffer))
    }
}

fn put(mut file: &File, bytes: &[u8], hasher: Option<&mut Hasher>) -> io::Result<()> {
    if let Some(hasher) = hasher {
        hasher.update(bytes);
    }
    file.write_all(bytes)
}

#[cfg(test)]
mod tests;
