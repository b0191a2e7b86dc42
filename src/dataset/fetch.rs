//! A dataset into a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::checksum::{Checksum, Hasher};
use super::client::Dataset;
use super::event::{Event, Observer};
use super::existing;
use super::part::{Held, Part, local, shown};
use super::source::Source;
use super::transfer::{About, Step, Transfer};
use super::writer;
use crate::base::{Error, Kind, Result, Stage};

/// How to fetch. Write `FetchOptions { force: true, ..Default::default() }`: there will be more.
#[derive(Clone, Debug, Default)]
pub struct FetchOptions {
    /// Overwrite a file of that name.
    pub force: bool,
    /// Overwrite a file of that name when it is not what the server has, or when that cannot be
    /// told.
    pub update: bool,
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

/// For reading a file again.
const BUFFER: usize = 256 * 1024;

/// Brings `dataset` into the file `destination`.
pub(super) async fn fetch(
    dataset: &Dataset,
    destination: &Path,
    options: &FetchOptions,
) -> Result<Fetched> {
    let source = Arc::new(dataset.source().await?);
    if !options.force
        && let Some(unchanged) = existing::unchanged(dataset, &source, destination, options).await?
    {
        return Ok(unchanged);
    }
    let part = Part::open(destination, options.force).await?;
    let mut run = Run {
        dataset,
        options,
        hasher: None,
        part,
        kept: 0,
    };
    let (length, modified) = run.bring(source).await?;
    run.verify()?;
    let kept = run.kept;
    run.part
        .finish(modified, options.force || options.update, options.sync)?;
    Ok(Fetched {
        path: destination.to_owned(),
        length,
        kept,
        outcome: Outcome::Written,
    })
}

/// A writer to the part file.
type Writer = writer::Writer<Held>;

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
        if let Err(why) = &resume {
            self.options.observer.notify(Event::Restarted { why });
        }
        let resume = resume.unwrap_or_default();
        let retry = self.dataset.retry().clone();
        let observer = self.options.observer.clone();
        let limit = self.dataset.rate_limit().cloned();
        let mut transfer = Transfer::open(source, resume, retry, limit, observer).await?;
        self.kept = transfer.offset();
        let (offset, about) = (transfer.offset(), transfer.about().cloned());
        let mut writer = self.begin(offset, about).await?;
        let copied = self.copy(&mut transfer, &mut writer).await;
        // What came before an error is kept for the next run.
        let finished = writer.finish().await;
        // A full disk is what counts, whatever the network did meanwhile.
        let hasher = finished.map_err(|cause| local(self.part.path(), "write", cause))?;
        copied?;
        self.hasher = hasher;
        let modified = transfer.about().and_then(|about| about.modified);
        Ok((transfer.offset(), modified))
    }

    /// Copies to the end, with as many restarts as the transfer makes.
    async fn copy(&mut self, transfer: &mut Transfer, writer: &mut Writer) -> Result<()> {
        loop {
            match writer.fill(|cx, buf| transfer.poll_step(cx, buf)).await? {
                Step::Data => {
                    let written = writer.write().await;
                    written.map_err(|cause| local(self.part.path(), "write", cause))?;
                }
                Step::Restarted => {
                    self.kept = 0;
                    // A write under way would land in what is emptied now.
                    writer.discard().await;
                    let (offset, about) = (transfer.offset(), transfer.about().cloned());
                    *writer = self.begin(offset, about).await?;
                }
                Step::End => return Ok(()),
            }
        }
    }

    /// Prepares the part file for what comes next.
    async fn begin(&mut self, offset: u64, about: Option<About>) -> Result<Writer> {
        let coming = about
            .as_ref()
            .and_then(|about| about.total?.checked_sub(offset));
        if offset == 0 {
            let validator = about.and_then(|about| about.validator);
            self.part.restart(self.dataset.url(), validator)?;
        }
        let mut hasher = self.options.checksum.as_ref().map(Hasher::like);
        if let Some(hasher) = &mut hasher {
            hash(hasher, self.part.path(), offset).await?;
        }
        let file = self.part.writer(offset)?;
        Ok(Writer::new(file, writer::Kind::File, coming, hasher))
    }

    fn verify(&mut self) -> Result<()> {
        let (Some(hasher), Some(expected)) = (self.hasher.take(), &self.options.checksum) else {
            return Ok(());
        };
        let compared = compare(hasher, expected, self.part.path());
        if compared.is_err() {
            // The next run must not go on from a wrong beginning.
            self.part.distrust(self.dataset.url());
        }
        compared.map_err(|error| {
            error.with_hint(format!(
                "the data is left in {}; the next run starts over",
                shown(self.part.path())
            ))
        })
    }
}

/// Adds the first `length` bytes of a file.
pub(super) async fn hash(hasher: &mut Hasher, path: &Path, length: u64) -> Result<()> {
    use tokio::io::AsyncReadExt as _;
    if length == 0 {
        return Ok(());
    }
    let file = tokio::fs::File::open(path).await;
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

pub(super) fn compare(hasher: Hasher, expected: &Checksum, path: &Path) -> Result<()> {
    let found = hasher.finish();
    if found == *expected {
        return Ok(());
    }
    let what = format!("the checksum is {found}, expected was {expected}");
    Err(Error::new(Kind::Mismatch, Stage::Store, what)
        .while_doing(format!("verify {}", shown(path))))
}
