//! One file of a folder.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::{Run, lock};
use crate::base::Result;
use crate::cli::narrator::Narrator;
use crate::dataset::{
    Dataset, Event, FetchOptions, Observer, Outcome, ask, is_listed, is_same, tidy,
};
use crate::ftp::listing::Entry;

/// What became of a file.
enum Came {
    /// It is here now, or would be.
    Written {
        length: u64,
        /// Where it lies, if its name had to be changed.
        changed: Option<String>,
    },
    Unchanged,
    /// It is not newer than was asked for.
    Older,
}

impl Run<'_> {
    pub(super) async fn bring(&self, entry: &Entry, names: &[Vec<u8>]) {
        let path = self.names.shown(names);
        let received = Arc::new(AtomicU64::new(0));
        let came = self.try_to(entry, names, &path, &received).await;
        let to_come = entry.size.unwrap_or_default();
        let received = received.load(Ordering::Relaxed);
        self.summary.over(to_come.saturating_sub(received));
        match came {
            Ok(Came::Unchanged) => lock(&self.tally).unchanged += 1,
            Ok(Came::Older) => lock(&self.tally).older += 1,
            Ok(Came::Written { length, changed }) => {
                let mut tally = lock(&self.tally);
                tally.files += 1;
                tally.bytes = tally.bytes.saturating_add(length);
                drop(tally);
                let as_changed = changed.as_ref().map(|changed| format!(", as {changed}"));
                let line = format!("{path}  {length} bytes{}", as_changed.unwrap_or_default());
                let outcome = match self.args.dry_run {
                    true => "wanted",
                    false => "written",
                };
                let object = json!({
                    "path": path,
                    "written_as": changed,
                    "length": length,
                    "outcome": outcome,
                });
                self.show(&line, object);
            }
            Err(error) => self.fail(&path, &error),
        }
    }

    async fn try_to(
        &self,
        entry: &Entry,
        names: &[Vec<u8>],
        path: &str,
        received: &Arc<AtomicU64>,
    ) -> Result<Came> {
        let to = self.names.local(names)?;
        if !self.args.force && is_listed(entry, &to.path) {
            if !self.args.dry_run {
                tidy(&to.path);
            }
            return Ok(Came::Unchanged);
        }
        let dataset = self.root.file_below(names).with_more_to_come();
        let observer = self.observer(path, received);
        if !self.is_new(entry, &dataset, &observer).await? {
            return Ok(Came::Older);
        }
        let changed = to.changed;
        if self.args.dry_run {
            if !self.args.force && is_there(&dataset, &to.path, &observer).await? {
                return Ok(Came::Unchanged);
            }
            let length = entry.size.unwrap_or_default();
            return Ok(Came::Written { length, changed });
        }
        let options = FetchOptions {
            force: self.args.force,
            update: true,
            sync: self.args.sync,
            observer,
            ..FetchOptions::default()
        };
        let fetched = dataset.fetch(&to.path, &options).await?;
        Ok(match fetched.outcome {
            Outcome::Unchanged => Came::Unchanged,
            _ => Came::Written {
                length: fetched.length,
                changed,
            },
        })
    }

    /// Whether it is as new as was asked for. One whose time nobody tells is.
    async fn is_new(&self, entry: &Entry, dataset: &Dataset, observer: &Observer) -> Result<bool> {
        let Some(since) = self.args.newer else {
            return Ok(true);
        };
        if let Some(is_new) = since.is_before(entry.modified) {
            return Ok(is_new);
        }
        let modified = ask(dataset, observer).await?.modified;
        Ok(modified.is_none_or(|modified| modified > since.0))
    }

    fn observer(&self, path: &str, received: &Arc<AtomicU64>) -> Observer {
        let narrator = Narrator::new(self.output, self.place.prefix(), path);
        let (summary, received) = (Arc::clone(&self.summary), Arc::clone(received));
        let last = AtomicU64::new(0);
        Observer::new(move |event| {
            match &event {
                Event::Started { offset, .. } => last.store(*offset, Ordering::Relaxed),
                Event::Advanced { offset } => {
                    let before = last.swap(*offset, Ordering::Relaxed);
                    let bytes = offset.saturating_sub(before);
                    received.fetch_add(bytes, Ordering::Relaxed);
                    summary.advance(bytes);
                }
                _ => {}
            }
            if let Some(words) = narrator.words(&event) {
                summary.suspend(|| narrator.say(&words));
            }
        })
    }
}

/// Whether the file at `path` is what the server has, in its own words.
async fn is_there(dataset: &Dataset, path: &Path, observer: &Observer) -> Result<bool> {
    if !path.is_file() {
        return Ok(false);
    }
    Ok(is_same(&ask(dataset, observer).await?, path))
}
