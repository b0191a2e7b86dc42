//! What is to be sent.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncRead;
use tokio::task::{JoinError, spawn_blocking};

use super::feed::Feed;
use crate::base::{Error, Kind, Result, Stage, text};

/// What is read once.
pub(super) type Reader = Pin<Box<dyn AsyncRead + Send>>;

/// What is to be sent.
pub(super) enum Material {
    /// A file, which can be read again from anywhere.
    File(LocalFile),
    /// Bytes.
    Bytes(Bytes),
    /// Something that can be read once; `None` when it was.
    Reader(Option<Reader>),
}

/// A local file in the state that it had when the upload began.
#[derive(Clone, Debug)]
pub(super) struct LocalFile {
    path: PathBuf,
    length: u64,
    state: State,
}

/// What tells one state of a file from another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State(Vec<u64>);

impl Material {
    /// The file at `path`; what is no regular file is read once, as a pipe is. What cannot be read
    /// is said here, before anything is on a server.
    pub(super) async fn file(path: &Path) -> Result<Self> {
        let path = path.to_owned();
        let looked = spawn_blocking(move || {
            let about = std::fs::metadata(&path).and_then(|about| {
                // Opening a pipe would wait for its writer.
                match about.is_file() {
                    true => File::open(&path)?.metadata(),
                    false => Ok(about),
                }
            });
            (about, path)
        });
        let (about, path) = looked.await.map_err(unjoined)?;
        let about = about.map_err(|cause| unread(&path, cause))?;
        if about.is_dir() {
            let what = "it is a folder: only files can be sent";
            let error = Error::new(Kind::LocalFile, Stage::Store, what);
            return Err(error.while_doing(reading(&path)));
        }
        if about.is_file() {
            return Ok(Self::File(LocalFile {
                length: about.len(),
                state: State::of(&about),
                path,
            }));
        }
        let opened = tokio::fs::File::open(&path).await;
        let opened = opened.map_err(|cause| unread(&path, cause))?;
        Ok(Self::Reader(Some(Box::pin(opened))))
    }

    /// How long it is, where that is known before its end.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::File(file) => Some(file.length),
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Reader(_) => None,
        }
    }

    /// The file, if it is one.
    pub(super) fn as_file(&self) -> Option<&LocalFile> {
        match self {
            Self::File(file) => Some(file),
            _ => None,
        }
    }

    /// Whether it can be sent, for the first time or once more.
    pub(super) fn can_be_sent(&self) -> bool {
        !matches!(self, Self::Reader(None))
    }

    /// The same once more, unless it can be read once.
    pub(super) fn again(&self) -> Option<Self> {
        match self {
            Self::File(file) => Some(Self::File(file.clone())),
            Self::Bytes(bytes) => Some(Self::Bytes(bytes.clone())),
            Self::Reader(_) => None,
        }
    }

    /// Takes it out, if it can be read once.
    pub(super) fn take(&mut self) -> Option<Self> {
        match self {
            Self::Reader(reader) => Some(Self::Reader(Some(reader.take()?))),
            other => other.again(),
        }
    }

    /// Its bytes from `offset` on.
    pub(super) async fn feed(&mut self, offset: u64) -> Result<Feed> {
        match self {
            Self::File(file) => Feed::file(file.clone(), offset).await,
            Self::Bytes(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX);
                Ok(Feed::bytes(bytes.slice(from.min(bytes.len())..)))
            }
            Self::Reader(reader) => match reader.take() {
                Some(reader) => Ok(Feed::reader(reader)),
                None => {
                    let what = "what was to be sent could be read once, and was";
                    Err(Error::new(Kind::Usage, Stage::Store, what))
                }
            },
        }
    }
}

impl LocalFile {
    /// How long it is.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Opens it, if it still is what it was.
    pub(super) fn open(&self) -> Result<File> {
        let file = File::open(&self.path).map_err(|cause| unread(&self.path, cause))?;
        self.check(&file)?;
        Ok(file)
    }

    /// Whether it is still what it was; `file` is it, opened.
    pub(super) fn check(&self, file: &File) -> Result<()> {
        let about = file.metadata().map_err(|cause| self.unread(cause))?;
        match State::of(&about) == self.state {
            true => Ok(()),
            false => Err(self.changed()),
        }
    }

    /// The error for a file that is another one now.
    pub(super) fn changed(&self) -> Error {
        let what = "the file changed while it was sent: nothing got its name on the server";
        Error::new(Kind::Changed, Stage::Store, what)
            .while_doing(reading(&self.path))
            .with_hint("run it again once nobody writes to the file")
            .permanent()
    }

    /// The error for a read that failed.
    pub(super) fn unread(&self, cause: io::Error) -> Error {
        unread(&self.path, cause)
    }

    /// Stands for this state of this file; no other one has it.
    pub(super) fn digest(&self) -> [u8; 6] {
        let mut hasher = Sha256::new();
        for number in &self.state.0 {
            hasher.update(number.to_le_bytes());
        }
        let digest = hasher.finalize();
        let mut start = [0; 6];
        start.copy_from_slice(&digest[..6]);
        start
    }
}

impl State {
    fn of(about: &Metadata) -> Self {
        let modified = about.modified().ok();
        let modified = modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let modified = modified.unwrap_or_default();
        let mut numbers = vec![
            about.len(),
            modified.as_secs(),
            u64::from(modified.subsec_nanos()),
        ];
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            // The time of the last change of anything cannot be set back.
            numbers.extend([
                about.dev(),
                about.ino(),
                about.ctime().cast_unsigned(),
                about.ctime_nsec().cast_unsigned(),
            ]);
        }
        Self(numbers)
    }
}

/// The error for a thread that ended without its result.
pub(super) fn unjoined(cause: JoinError) -> Error {
    Error::from_io(cause.into())
}

fn reading(path: &Path) -> String {
    format!("read {}", text::escape(&path.to_string_lossy()))
}

fn unread(path: &Path, cause: io::Error) -> Error {
    let what = match cause.kind() {
        io::ErrorKind::NotFound => "there is no such file",
        io::ErrorKind::PermissionDenied => "not permitted",
        io::ErrorKind::IsADirectory => "it is a folder",
        _ => "it failed",
    };
    Error::new(Kind::LocalFile, Stage::Store, what)
        .while_doing(reading(path))
        .with_source(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn digest(path: &Path) -> [u8; 6] {
        let material = Material::file(path).await.unwrap();
        material.as_file().unwrap().digest()
    }

    #[tokio::test]
    async fn another_state_of_a_file_has_another_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        std::fs::write(&path, "one").unwrap();
        let first = digest(&path).await;
        assert_eq!(first, digest(&path).await);
        // The same length, and a time that is set back.
        let before = std::fs::metadata(&path).unwrap().modified().unwrap();
        let other = folder.path().join("y.csv");
        std::fs::write(&other, "two").unwrap();
        let file = File::options().write(true).open(&other).unwrap();
        file.set_modified(before).unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert_ne!(first, digest(&path).await);
    }

    #[tokio::test]
    async fn what_cannot_be_sent_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let error = Material::file(folder.path()).await.err().unwrap();
        assert!(error.to_string().contains("it is a folder"), "{error}");
        let error = Material::file(&folder.path().join("none")).await;
        let error = error.err().unwrap();
        assert!(
            error.to_string().contains("there is no such file"),
            "{error}"
        );
        assert_eq!(error.kind(), Kind::LocalFile);
    }
}
