//! A dataset into a file.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::fs::File;
use tokio::io::{AsyncWriteExt as _, ReadBuf};

use super::checksum::{Checksum, Hasher};
use super::client::Dataset;
use super::event::{Event, Observer};
use super::part::{Part, exists, local, shown};
use super::retry::{Backoff, Decision};
use super::source::{Source, Stat};
use super::transfer::{Step, Transfer};
use crate::base::{Error, Kind, Result, Stage};

/// How to fetch.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct FetchOptions {
    /// Overwrite a file of that name.
    pub force: bool,
    /// What the whole file's checksum must be.
    pub checksum: Option<Checksum>,
    /// Flush to the disk before the file gets its name.
    pub sync: bool,
    /// Told what happens.
    pub observer: Observer,
}

/// What became of a fetch.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fetched {
    /// The file.
    pub path: PathBuf,
    /// Its length in bytes.
    pub length: u64,
    /// How many of them were there already when the fetch began.
    pub kept: u64,
    /// Whether anything was written.
    pub outcome: Outcome,
}

/// Whether anything was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The file is new, or overwritten.
    Written,
    /// The file was there with the server's length and time: nothing was done.
    Unchanged,
}

/// Large enough that system calls do not count, small enough for many transfers at once.
const BUFFER: usize = 256 * 1024;

/// Brings `dataset` into the file `destination`.
pub(super) async fn fetch(
    dataset: &Dataset,
    destination: &Path,
    options: &FetchOptions,
) -> Result<Fetched> {
    let source = Arc::new(dataset.source().await?);
    if !options.force
        && let Some(unchanged) = existing(dataset, &source, destination, options).await?
    {
        return Ok(unchanged);
    }
    let part = Part::open(destination)?;
    let mut run = Run {
        dataset,
        options,
        hasher: options.checksum.as_ref().map(Hasher::like),
        part,
        kept: 0,
    };
    match run.bring(source).await {
        Ok((length, modified)) => {
            run.verify()?;
            let kept = run.kept;
            run.part.finish(modified, options.force, options.sync)?;
            Ok(Fetched {
                path: destination.to_owned(),
                length,
                kept,
                outcome: Outcome::Written,
            })
        }
        Err(error) => {
            run.part.tidy();
            Err(error)
        }
    }
}

/// A file of that name is no obstacle when it is what the server has.
async fn existing(
    dataset: &Dataset,
    source: &Source,
    destination: &Path,
    options: &FetchOptions,
) -> Result<Option<Fetched>> {
    let about = match std::fs::metadata(destination) {
        Ok(about) if about.is_file() => about,
        Ok(_) => {
            let what = "something that is no file has that name";
            return Err(Error::new(Kind::LocalFile, Stage::Store, what)
                .while_doing(format!("write {}", shown(destination))));
        }
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(local(destination, "look at", cause)),
    };
    let stat = stat(dataset, source, &options.observer).await?;
    let same_length = stat.length == Some(about.len());
    let same_time = match (stat.modified, about.modified()) {
        (Some(there), Ok(here)) => whole_seconds(there) == whole_seconds(here),
        _ => false,
    };
    if !(same_length && same_time) {
        return Err(exists(destination)
            .with_hint("it is not what the server has; overwrite it with --force"));
    }
    if let Some(expected) = &options.checksum {
        let mut hasher = Hasher::like(expected);
        hash(&mut hasher, destination, about.len()).await?;
        compare(hasher, expected, destination)?;
    }
    Ok(Some(Fetched {
        path: destination.to_owned(),
        length: about.len(),
        kept: about.len(),
        outcome: Outcome::Unchanged,
    }))
}

/// Asks what is there, with the tries that a transfer has.
async fn stat(dataset: &Dataset, source: &Source, observer: &Observer) -> Result<Stat> {
    let mut backoff = Backoff::new(dataset.retry().clone());
    loop {
        let error = match source.stat().await {
            Ok(stat) => return Ok(stat),
            Err(error) => error,
        };
        match backoff.after(error.clone()) {
            Decision::GiveUp(error) => return Err(error),
            Decision::Again { pause, attempt } => {
                observer.notify(Event::Retrying {
                    error: &error,
                    pause,
                    attempt,
                });
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// HTTP dates and MDTM have no finer unit.
fn whole_seconds(time: SystemTime) -> Option<u64> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(since.as_secs())
}

struct Run<'a> {
    dataset: &'a Dataset,
    options: &'a FetchOptions,
    hasher: Option<Hasher>,
    part: Part,
    kept: u64,
}

impl Run<'_> {
    /// Brings the bytes into the part file. Gives length and time of the whole.
    async fn bring(&mut self, source: Arc<Source>) -> Result<(u64, Option<SystemTime>)> {
        let resume = self.part.resume(self.dataset.url());
        let retry = self.dataset.retry().clone();
        let observer = self.options.observer.clone();
        let mut transfer = Transfer::open(source, resume, retry, observer).await?;
        self.kept = transfer.offset();
        let mut file = self.begin(&transfer).await?;
        let copied = self.copy(&mut transfer, &mut file).await;
        // tokio's file writes in the background: only a flush tells whether the last write
        // failed, and without it what came before an error would be lost.
        let flushed = file.flush().await;
        copied?;
        flushed.map_err(|cause| local(self.part.path(), "write", cause))?;
        let modified = transfer.about().and_then(|about| about.modified);
        Ok((transfer.offset(), modified))
    }

    /// Copies to the end, with as many restarts as the transfer makes.
    async fn copy(&mut self, transfer: &mut Transfer, file: &mut File) -> Result<()> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let (step, bytes) = next(transfer, &mut buffer).await?;
            match step {
                Step::Data => {
                    if let Some(hasher) = &mut self.hasher {
                        hasher.update(bytes);
                    }
                    let written = file.write_all(bytes).await;
                    written.map_err(|cause| local(self.part.path(), "write", cause))?;
                }
                Step::Restarted => {
                    self.kept = 0;
                    // A write under way would land in what is emptied now.
                    let _ = file.flush().await;
                    *file = self.begin(transfer).await?;
                }
                Step::End => return Ok(()),
            }
        }
    }

    /// Prepares the part file for what comes at the transfer's offset.
    async fn begin(&mut self, transfer: &Transfer) -> Result<File> {
        let offset = transfer.offset();
        if offset == 0 {
            let validator = transfer.about().and_then(|about| about.validator.as_ref());
            self.part.restart(self.dataset.url(), validator)?;
        }
        if let Some(expected) = &self.options.checksum {
            let mut hasher = Hasher::like(expected);
            hash(&mut hasher, self.part.path(), offset).await?;
            self.hasher = Some(hasher);
        }
        Ok(File::from_std(self.part.writer(offset)?))
    }

    fn verify(&mut self) -> Result<()> {
        let (Some(hasher), Some(expected)) = (self.hasher.take(), &self.options.checksum) else {
            return Ok(());
        };
        let compared = compare(hasher, expected, self.part.path());
        if compared.is_err() {
            // The next run must not go on from a wrong beginning.
            self.part.forget_meta();
        }
        compared.map_err(|error| {
            error.with_hint(format!(
                "the data is left in {}; the next run starts over",
                shown(self.part.path())
            ))
        })
    }
}

async fn next<'b>(transfer: &mut Transfer, buffer: &'b mut [u8]) -> Result<(Step, &'b [u8])> {
    let mut filled = ReadBuf::new(buffer);
    let step =
        std::future::poll_fn(|cx| Pin::new(&mut *transfer).poll_step(cx, &mut filled)).await?;
    let length = filled.filled().len();
    Ok((step, &buffer[..length]))
}

/// Adds the first `length` bytes of a file.
async fn hash(hasher: &mut Hasher, path: &Path, length: u64) -> Result<()> {
    use tokio::io::AsyncReadExt as _;
    if length == 0 {
        return Ok(());
    }
    let file = File::open(path).await;
    let mut file = file
        .map_err(|cause| local(path, "read", cause))?
        .take(length);
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = file.read(&mut buffer).await;
        match read.map_err(|cause| local(path, "read", cause))? {
            0 => return Ok(()),
            read => hasher.update(&buffer[..read]),
        }
    }
}

fn compare(hasher: Hasher, expected: &Checksum, path: &Path) -> Result<()> {
    let found = hasher.finish();
    if found == *expected {
        return Ok(());
    }
    let what = format!("the checksum is {found}, expected was {expected}");
    Err(Error::new(Kind::Mismatch, Stage::Store, what)
        .while_doing(format!("verify {}", shown(path))))
}
