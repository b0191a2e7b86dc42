//! The bytes to send, piece by piece.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncReadExt as _;
use tokio::task::{JoinHandle, spawn_blocking};

use super::super::event::{Event, Observer};
use super::super::rate::{Pace, RateLimit};
use super::material::{LocalFile, Reader, unjoined};
use crate::base::{Error, Kind, Result, Stage};

/// A piece: large enough that system calls and threads do not count. Of a file there are two, one
/// being read and one being sent.
const PIECE: usize = 256 * 1024;

/// Gives the bytes in order. The last piece of a file comes only when the file is still what it
/// was.
pub(super) struct Feed(Supply);

enum Supply {
    File(JoinHandle<Result<Reading>>),
    Bytes(Bytes),
    Reader(Reader),
}

/// A file that is being read, on a thread for blocking work.
struct Reading {
    local: LocalFile,
    file: File,
    offset: u64,
    piece: Vec<u8>,
}

impl Feed {
    pub(super) async fn file(local: LocalFile, offset: u64) -> Result<Self> {
        let opened = spawn_blocking(move || {
            let mut file = local.open()?;
            let sought = file.seek(SeekFrom::Start(offset));
            sought.map_err(|cause| local.unread(cause))?;
            let piece = Vec::new();
            Ok::<_, Error>(Reading {
                local,
                file,
                offset,
                piece,
            })
        });
        let reading = opened.await.map_err(unjoined)??;
        Ok(Self(Supply::File(reading.go_on())))
    }

    pub(super) fn bytes(bytes: Bytes) -> Self {
        Self(Supply::Bytes(bytes))
    }

    pub(super) fn reader(reader: Reader) -> Self {
        Self(Supply::Reader(reader))
    }

    /// The next piece; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>> {
        match &mut self.0 {
            Supply::File(reading) => {
                let mut read = (&mut *reading).await.map_err(unjoined)??;
                let piece = std::mem::take(&mut read.piece);
                match read.offset == read.local.length() {
                    true => self.0 = Supply::Bytes(Bytes::new()),
                    false => *reading = read.go_on(),
                }
                Ok((!piece.is_empty()).then(|| piece.into()))
            }
            Supply::Bytes(bytes) => {
                let piece = bytes.split_to(bytes.len().min(PIECE));
                Ok((!piece.is_empty()).then_some(piece))
            }
            Supply::Reader(reader) => {
                let mut piece = BytesMut::with_capacity(PIECE);
                let read = reader.read_buf(&mut piece).await.map_err(|cause| {
                    let what = "what was to be sent cannot be read";
                    Error::new(Kind::LocalFile, Stage::Store, what).with_source(cause)
                })?;
                Ok((read > 0).then(|| piece.freeze()))
            }
        }
    }
}

impl Reading {
    /// Reads the next piece.
    fn go_on(self) -> JoinHandle<Result<Self>> {
        spawn_blocking(move || self.read())
    }

    fn read(mut self) -> Result<Self> {
        let left = self.local.length().saturating_sub(self.offset);
        let wanted = left.min(PIECE as u64);
        let mut piece = Vec::with_capacity(usize::try_from(wanted).unwrap_or(PIECE));
        let read = (&self.file).take(wanted).read_to_end(&mut piece);
        read.map_err(|cause| self.local.unread(cause))?;
        if (piece.len() as u64) < wanted {
            return Err(self.local.changed());
        }
        self.offset += wanted;
        if self.offset == self.local.length() {
            self.local.check(&self.file)?;
        }
        self.piece = piece;
        Ok(self)
    }
}

/// Pieces as fast as a limit allows, and told of as they go.
pub(super) struct Flow {
    feed: Feed,
    rest: Bytes,
    pace: Option<Pace>,
    observer: Observer,
    offset: u64,
}

impl Flow {
    pub(super) fn new(
        feed: Feed,
        offset: u64,
        limit: Option<RateLimit>,
        observer: Observer,
    ) -> Self {
        Self {
            feed,
            rest: Bytes::new(),
            pace: limit.map(Pace::new),
            observer,
            offset,
        }
    }

    /// The offset behind the last piece given.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next piece, when it may go; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>> {
        if self.rest.is_empty() {
            match self.feed.next().await? {
                Some(piece) => self.rest = piece,
                None => return Ok(None),
            }
        }
        let mut most = self.rest.len();
        if let Some(pace) = &mut self.pace {
            let allowed = std::future::poll_fn(|cx| pace.poll_allowed(cx)).await;
            most = most.min(allowed);
            pace.came(most as u64);
        }
        Ok(Some(self.rest.split_to(most)))
    }

    /// Says that a piece has gone.
    pub(super) fn went(&mut self, bytes: u64) {
        self.offset += bytes;
        let offset = self.offset;
        self.observer.notify(Event::Advanced { offset });
    }
}

#[cfg(test)]
mod tests {
    use super::super::material::Material;
    use super::*;

    async fn all(material: &mut Material, offset: u64) -> Result<Vec<u8>> {
        let mut feed = material.feed(offset).await?;
        let mut bytes = Vec::new();
        while let Some(piece) = feed.next().await? {
            assert!(!piece.is_empty() && piece.len() <= PIECE);
            bytes.extend_from_slice(&piece);
        }
        assert!(feed.next().await?.is_none(), "an end that stays");
        Ok(bytes)
    }

    #[tokio::test]
    async fn every_material_gives_all_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let bytes: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            let mut file = Material::file(&path).await.unwrap();
            let mut whole = Material::Bytes(bytes.clone().into());
            let reader = std::io::Cursor::new(bytes.clone());
            let mut reader = Material::Reader(Some(Box::pin(reader)));
            for offset in [0, length / 2, length] {
                let at = offset as u64;
                assert!(all(&mut file, at).await.unwrap() == bytes[offset..]);
                assert!(all(&mut whole, at).await.unwrap() == bytes[offset..]);
            }
            assert!(all(&mut reader, 0).await.unwrap() == bytes);
            assert!(!reader.can_be_sent() && reader.feed(0).await.is_err());
        }
    }

    #[tokio::test]
    async fn a_file_that_changes_does_not_come_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for changed in ["longer than it was", "short", "12345678"] {
            std::fs::write(&path, "before!!").unwrap();
            let mut file = Material::file(&path).await.unwrap();
            std::fs::write(&path, changed).unwrap();
            let error = all(&mut file, 0).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Changed, "{changed}");
            assert!(!error.is_transient());
        }
    }
}
