//! What to do when the file is there already.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::checksum::Hasher;
use super::client::Dataset;
use super::event::Event;
#[cfg(feature = "cli")]
use super::event::Observer;
use super::fetch::{FetchOptions, Fetched, Outcome, compare, hash};
use super::part::{exists, local, shown, tidy};
use super::retry::with_tries;
use super::source::{Source, Stat};
use crate::base::{Error, Kind, Result, Stage};
#[cfg(feature = "cli")]
use crate::ftp::listing::{Entry, Exact};

/// A file of that name is no obstacle when it is what the server has: then there is nothing to
/// do. `None`: there is no such file.
pub(super) async fn unchanged(
    dataset: &Dataset,
    source: &Source,
    destination: &Path,
    options: &FetchOptions,
) -> Result<Option<Fetched>> {
    let about = match std::fs::metadata(destination) {
        Ok(about) if about.is_file() => about,
        Ok(_) => return Err(no_file(destination)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(local(destination, "look at", cause)),
    };
    let stat = with_tries(dataset.retry(), &options.observer, || source.stat()).await?;
    if let Some(why) = &stat.doubt {
        options.observer.notify(Event::Doubted { why });
    }
    match (compare_with(&stat, &about), &options.checksum) {
        (Some(false), _) | (None, None) if options.update => return Ok(None),
        (Some(false), _) => {
            let hint = "it is not what the server has; overwrite it with --force";
            return Err(exists(destination).with_hint(hint));
        }
        (None, None) => {
            let hint = "the server does not tell whether it is the same; overwrite it with --force";
            return Err(exists(destination).with_hint(hint));
        }
        (Some(true), None) => {}
        (_, Some(expected)) => {
            let mut hasher = Hasher::like(expected);
            hash(&mut hasher, destination, about.len()).await?;
            let hint = "the file that is there is another one; overwrite it with --force";
            let compared = compare(hasher, expected, destination);
            compared.map_err(|error| error.with_better_hint(hint))?;
        }
    }
    tidy(destination);
    Ok(Some(Fetched {
        path: destination.to_owned(),
        length: about.len(),
        kept: about.len(),
        outcome: Outcome::Unchanged,
    }))
}

/// The error for a destination that is a folder or a device.
pub(super) fn no_file(destination: &Path) -> Error {
    let what = "something that is no file has that name";
    Error::new(Kind::LocalFile, Stage::Store, what)
        .while_doing(format!("write {}", shown(destination)))
}

/// Whether the file has the server's length and time; `None` when the server does not tell both.
fn compare_with(stat: &Stat, about: &Metadata) -> Option<bool> {
    if stat.length.is_some_and(|length| length != about.len()) {
        return Some(false);
    }
    let (_, there) = (stat.length?, stat.modified?);
    let here = about.modified().ok()?;
    Some(whole_seconds(there) == whole_seconds(here))
}

/// Whether the file at `path` has the length and the time that the server tells.
#[cfg(feature = "cli")]
pub(crate) fn is_same(stat: &Stat, path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| compare_with(stat, &about) == Some(true))
}

/// Whether the file at `path` is what a listing tells: of its length and, to the second, its time.
/// A listing that is less exact proves nothing.
#[cfg(feature = "cli")]
pub(crate) fn is_listed(entry: &Entry, path: &Path) -> bool {
    let exact = entry
        .modified
        .filter(|at| at.utc && at.exact == Exact::Second);
    let (Some(size), Some(there)) = (entry.size, exact) else {
        return false;
    };
    std::fs::metadata(path).is_ok_and(|about| {
        let here = about.modified().ok().and_then(whole_seconds);
        about.is_file()
            && !entry.size_rounded
            && about.len() == size
            && here.is_some()
            && here == whole_seconds(there.time)
    })
}

/// Asks what is there, with the tries that a transfer has.
#[cfg(feature = "cli")]
pub(crate) async fn ask(dataset: &Dataset, observer: &Observer) -> Result<Stat> {
    let source = dataset.source().await?;
    with_tries(dataset.retry(), observer, || source.stat()).await
}

/// HTTP dates and MDTM have no finer unit.
fn whole_seconds(time: SystemTime) -> Option<u64> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(since.as_secs())
}
