//! `NAME.part`: what is there of a file that is not whole yet.
//!
//! At every moment the file under its final name is the old one or the new one. `NAME.part` holds
//! a beginning of the file that `NAME.part.meta` proves; the meta file is written after the part
//! was emptied and before its first byte, so a crash in between costs bytes, never correctness.

mod meta;
#[cfg(test)]
mod tests;

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use url::Url;

use self::meta::Meta;
use super::existing::no_file;
use super::source::Resume;
use super::validator::Validator;
use crate::base::{Error, Kind, Result, Stage, text};

/// How long to wait for a lock. A fetch that was dropped in the middle of a write lets its lock go
/// when that write has ended, so whoever calls it again at once must find the file free.
const RELEASE: Duration = Duration::from_secs(1);

/// How often to look.
const PAUSE: Duration = Duration::from_millis(5);

/// An open, locked `NAME.part`.
#[derive(Debug)]
pub(super) struct Part {
    destination: PathBuf,
    file: Held,
    length: u64,
    /// Whether somebody was given the file to write to.
    written: bool,
}

impl Part {
    /// Opens and locks the part file of `destination`, and waits a moment for another run's lock.
    ///
    /// # Errors
    /// Another run holds it, the folder cannot be written, `destination` is no file; or, unless
    /// `overwrite`, a file of the part's name is there that no fetch made.
    pub(super) async fn open(destination: &Path, overwrite: bool) -> Result<Self> {
        let end = Instant::now() + RELEASE;
        loop {
            match Self::try_open(destination, overwrite)? {
                Some(part) => return Ok(part),
                None if Instant::now() < end => tokio::time::sleep(PAUSE).await,
                None => return Err(busy(&with_suffix(destination, ".part"))),
            }
        }
    }

    /// As [`open`](Self::open); `None` when another run holds it at the moment.
    fn try_open(destination: &Path, overwrite: bool) -> Result<Option<Self>> {
        if fs::metadata(destination).is_ok_and(|about| !about.is_file()) {
            return Err(no_file(destination));
        }
        let path = with_suffix(destination, ".part");
        let meta = with_suffix(destination, ".part.meta");
        // A run that just ended renames its file away between our opening and our locking it:
        // what was locked must still be what the name says.
        let length;
        let file = loop {
            let Some(file) = open_locked(&path)? else {
                return Ok(None);
            };
            let held = file.metadata();
            let held = held.map_err(|cause| local(&path, "look at", cause))?;
            if is_at(&held, &path) {
                length = held.len();
                break file;
            }
        };
        // Browsers use the suffix too.
        if length > 0 && !overwrite && Meta::read(&meta).is_none() {
            let hint =
                "no fetch of this program made it; move it away, or overwrite it with --force";
            return Err(exists(&path).with_hint(hint));
        }
        let held = Named {
            file,
            path,
            meta,
            finished: AtomicBool::new(false),
        };
        Ok(Some(Self {
            destination: destination.to_owned(),
            file: Held(Arc::new(held)),
            length,
            written: false,
        }))
    }

    /// The path of the part file.
    pub(super) fn path(&self) -> &Path {
        &self.file.0.path
    }

    fn meta(&self) -> &Path {
        &self.file.0.meta
    }

    /// From where to go on: `None` when nothing is there yet.
    ///
    /// # Errors
    /// Why the beginning that is there cannot be used.
    pub(super) fn resume(&self, url: &Url) -> std::result::Result<Option<Resume>, &'static str> {
        if self.length == 0 {
            return Ok(None);
        }
        let proof =
            Meta::read(self.meta()).map_or(Err("what was kept is unknown"), |meta| meta.proof(url));
        proof.map(|validator| {
            Some(Resume {
                offset: self.length,
                validator,
            })
        })
    }

    /// Empties the file and notes what the coming bytes are.
    pub(super) fn restart(&mut self, url: &Url, validator: Option<Validator>) -> Result<()> {
        if self.length > 0 || self.written {
            let emptied = self.file.set_len(0);
            emptied.map_err(|cause| local(self.path(), "empty", cause))?;
        }
        self.length = 0;
        let written = Meta::new(url, validator).write(self.meta());
        written.map_err(|cause| local(self.meta(), "write", cause))
    }

    /// Makes the next run start over: what is here proved to be wrong.
    pub(super) fn distrust(&self, url: &Url) {
        if Meta::new(url, None).write(self.meta()).is_err() {
            let _ = fs::remove_file(self.meta());
        }
    }

    /// The file, for writing from `offset` on. The lock stays with it.
    pub(super) fn writer(&mut self, offset: u64) -> Result<Held> {
        use io::Seek as _;
        let sought = (&*self.file).seek(io::SeekFrom::Start(offset));
        sought.map_err(|cause| local(self.path(), "seek in", cause))?;
        self.written = true;
        Ok(self.file.clone())
    }

    /// Gives the whole file its final name and time. Unless `overwrite`, a file that came up
    /// under that name meanwhile stays.
    pub(super) fn finish(
        self,
        modified: Option<SystemTime>,
        overwrite: bool,
        sync: bool,
    ) -> Result<()> {
        if let Some(modified) = modified {
            // The time is a convenience; a file system that refuses it has the data all the same.
            let _ = self.file.set_modified(modified);
        }
        if sync {
            self.file
                .sync_all()
                .map_err(|cause| local(self.path(), "sync", cause))?;
        }
        if !overwrite && self.destination.exists() {
            return Err(exists(&self.destination).with_hint(format!(
                "it came up during the transfer; the new data is in {}",
                shown(self.path())
            )));
        }
        // Somebody may have put another file in this one's place: what gets the final name must be
        // what was written and verified.
        if !self
            .file
            .metadata()
            .is_ok_and(|held| is_at(&held, self.path()))
        {
            let what = "another program moved the file during the transfer";
            return Err(Error::new(Kind::LocalFile, Stage::Store, what)
                .while_doing(format!("rename {}", shown(self.path()))));
        }
        fs::rename(self.path(), &self.destination)
            .map_err(|cause| local(&self.destination, "rename to", cause))?;
        if sync {
            let folder = match self.destination.parent() {
                Some(folder) if folder != Path::new("") => folder,
                _ => Path::new("."),
            };
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|cause| local(folder, "sync", cause))?;
        }
        self.file.0.finished.store(true, Ordering::Relaxed);
        let _ = fs::remove_file(self.meta());
        Ok(())
    }
}

/// A handle on an open part file. Its lock goes with the last one, so not before a write that
/// somebody gave up has ended.
#[derive(Clone, Debug)]
pub(super) struct Held(Arc<Named>);

#[derive(Debug)]
struct Named {
    file: File,
    path: PathBuf,
    meta: PathBuf,
    finished: AtomicBool,
}

impl Deref for Held {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0.file
    }
}

impl Drop for Named {
    /// Leaves nothing behind of a request that gave nothing, also when it was interrupted.
    fn drop(&mut self) {
        if self.finished.load(Ordering::Relaxed) {
            return;
        }
        let held = self.file.metadata();
        if held.is_ok_and(|held| held.len() == 0 && is_at(&held, &self.path)) {
            let _ = fs::remove_file(&self.path);
            let _ = fs::remove_file(&self.meta);
        }
    }
}

/// Takes away what a run left that was killed between giving a file its name and its end: the proof
/// of a part that is no more.
pub(crate) fn tidy(destination: &Path) {
    let meta = with_suffix(destination, ".part.meta");
    let is_left = !with_suffix(destination, ".part").exists() && Meta::read(&meta).is_some();
    if is_left {
        let _ = fs::remove_file(meta);
    }
}

/// Whether a fetch of `url` into `destination` would go on from what an earlier one kept, if the
/// server agrees.
#[cfg(feature = "cli")]
pub(crate) fn resumable(destination: &Path, url: &Url) -> bool {
    let kept = fs::metadata(with_suffix(destination, ".part")).is_ok_and(|about| about.len() > 0);
    let meta = Meta::read(&with_suffix(destination, ".part.meta"));
    kept && meta.is_some_and(|meta| meta.proof(url).is_ok())
}

/// Opens and locks a file; `None` when another run holds the lock.
fn open_locked(path: &Path) -> Result<Option<File>> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|cause| local(path, "open", cause))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        // A file system without locks: go on, as every program without locks does.
        Err(TryLockError::Error(cause)) => tracing::debug!(%cause, "no file lock"),
    }
    Ok(Some(file))
}

/// The error for a part file that another run holds.
fn busy(path: &Path) -> Error {
    Error::new(Kind::LocalFile, Stage::Store, "another run is writing it")
        .while_doing(format!("open {}", shown(path)))
        .with_hint("wait for it to end, or choose another file with -o")
}

/// Whether `path` is the name of the open file that `held` tells of.
#[cfg(unix)]
fn is_at(held: &Metadata, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).is_ok_and(|named| (held.dev(), held.ino()) == (named.dev(), named.ino()))
}

/// Where an open file cannot be renamed, the question does not arise.
#[cfg(not(unix))]
fn is_at(_held: &Metadata, _path: &Path) -> bool {
    true
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

pub(super) fn shown(path: &Path) -> String {
    text::escape(&path.to_string_lossy())
}

/// The error for a name that is taken.
pub(super) fn exists(path: &Path) -> Error {
    Error::new(Kind::LocalFile, Stage::Store, "a file of that name exists")
        .while_doing(format!("write {}", shown(path)))
}

/// The error for a local file operation.
pub(crate) fn local(path: &Path, verb: &str, cause: io::Error) -> Error {
    let doing = format!("{verb} {}", shown(path));
    let (what, hint) = match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => (
            "the disk is full",
            Some("make room and run the same command again: a .part file goes on where it was"),
        ),
        io::ErrorKind::FileTooLarge => (
            "it is larger than a file may be here",
            Some("see `ulimit -f` and the file system's limits"),
        ),
        io::ErrorKind::PermissionDenied => ("not permitted", None),
        io::ErrorKind::NotFound => ("the folder does not exist", None),
        _ => ("it failed", None),
    };
    let error = Error::new(Kind::LocalFile, Stage::Store, what)
        .while_doing(doing)
        .with_source(cause);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}
