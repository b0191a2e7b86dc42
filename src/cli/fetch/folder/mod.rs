//! `outbound fetch -r`: a folder and all below it.

mod bring;
mod extra;
mod names;
mod since;
mod tally;
mod there;

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use serde_json::json;

pub use self::since::Since;

use self::extra::Extra;
use self::names::{Names, below};
use self::tally::Tally;
use self::there::{There, key};
use super::plan::retried;
use crate::base::{Error, Kind, Result, Stage};
use crate::cli::args::{Common, FetchArgs};
use crate::cli::asked::Asked;
use crate::cli::dataset::dataset;
use crate::cli::exit::Exit;
use crate::cli::interrupt;
use crate::cli::narrator::Narrator;
use crate::cli::output::Output;
use crate::cli::place::Place;
use crate::cli::progress::Summary;
use crate::dataset::{Client, Dataset, LeftOut, Observer, Visited, local};
use crate::ftp::Listing;
use crate::ftp::listing::{self, Entry};

/// One run over one folder.
struct Run<'a> {
    root: &'a Dataset,
    place: &'a Place<'a>,
    args: &'a FetchArgs,
    names: Names<'a>,
    output: &'a Output,
    summary: Arc<Summary>,
    tally: Mutex<Tally>,
    /// Folders that would go where another one goes.
    clashes: Mutex<HashSet<Vec<Vec<u8>>>>,
    /// What is only here.
    extras: Mutex<Vec<Extra>>,
    /// Why it is not known what is there.
    partial: Mutex<Option<&'static str>>,
}

/// Brings folders in.
pub async fn run(
    client: &Client,
    common: &Common,
    args: &FetchArgs,
    asked: &[Asked],
    output: &Output,
) -> Result<Exit> {
    if asked.len() > 1 {
        let what = "one folder at a time goes with -r: files of two could have one name";
        return Err(Error::new(Kind::Usage, Stage::Settings, what));
    }
    let Some(mut place) = Place::all(asked).next() else {
        return Ok(Exit::Success);
    };
    let into = args.output_dir.as_deref().unwrap_or(Path::new("."));
    let fields = &args.fields.headers;
    let root = match dataset(client, common, &args.login, fields, &mut place, output) {
        Ok(root) => retried(root, args),
        Err(error) => return Ok(output.failed(&place, &error)),
    };
    let encoding = root.connector().connection().and_then(|c| c.encoding);
    let run = Run {
        root: &root,
        place: &place,
        args,
        names: Names { into, encoding },
        output,
        summary: Arc::new(Summary::new(output)),
        tally: Mutex::default(),
        clashes: Mutex::default(),
        extras: Mutex::default(),
        partial: Mutex::default(),
    };
    let whole = async {
        run.walk().await;
        run.delete();
    };
    let stopped = tokio::select! {
        () = whole => None,
        signal = interrupt::wait() => Some(signal),
    };
    run.summary.finish();
    let asked = tally::Asked {
        dry_run: args.dry_run,
        newer: args.newer.is_some(),
        delete: args.delete,
    };
    let tally = run.tally.into_inner();
    let tally = tally.unwrap_or_else(PoisonError::into_inner);
    Ok(tally.end(output, asked, stopped))
}

impl Run<'_> {
    async fn walk(&self) {
        let narrator = Narrator::new(self.output, self.place.prefix(), &self.place.shown);
        let summary = Arc::clone(&self.summary);
        let observer = Observer::new(move |event| {
            if let Some(words) = narrator.words(&event) {
                summary.suspend(|| narrator.say(&words));
            }
        });
        let mut walk = self.root.walk().with_observer(observer);
        let leave_out = |names: &[Vec<u8>]| self.is_left_out(names);
        while let Some(folder) = walk.next_but(leave_out).await {
            if !lock(&self.clashes).remove(&folder.names) {
                self.folder(folder).await;
            }
        }
    }

    /// Brings in what lies directly in a folder.
    async fn folder(&self, folder: Visited) {
        let path = self.names.shown(&folder.names);
        for (name, why) in &folder.left_out {
            self.leave_out(&folder.names, name, *why);
        }
        let prepared = folder.listing.and_then(|listing| {
            let there = self.prepare(&folder.names, &path, &listing)?;
            Ok((listing, there))
        });
        let (listing, wanted) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return self.fail(&path, &error),
        };
        let names_of = |entry: &Entry| {
            let mut names = folder.names.clone();
            names.push(entry.name.clone());
            names
        };
        let entries = || wanted.iter().map(|at| &listing.entries[*at as usize]);
        let sizes = entries().filter_map(|entry| entry.size);
        let bytes = sizes.fold(0, u64::saturating_add);
        self.summary.expect(wanted.len() as u64, bytes);
        let all = futures_util::stream::iter(
            entries().map(|entry| async move { self.bring(entry, &names_of(entry)).await }),
        );
        all.buffer_unordered(usize::from(self.args.jobs))
            .collect::<()>()
            .await;
    }

    /// Makes the folder, and sees which of the entries are wanted, and what is only here.
    fn prepare(&self, names: &[Vec<u8>], path: &str, listing: &Listing) -> Result<Vec<u32>> {
        let unknown = listing.unrecognised.len();
        if unknown > 0 {
            let warning =
                format!("{path}/: lines of the listing that were not understood: {unknown}");
            self.summary.suspend(|| self.output.warn(&warning));
            self.is_partial("lines of a listing were not understood");
        }
        if let Some(error) = listing.shortage() {
            self.fail(path, &error.while_doing(format!("list {path}/")));
        }
        if names.is_empty() && listing.entries.is_empty() {
            self.is_partial("the folder is empty there");
        }
        if listing.may_be_cut() {
            self.is_partial("a folder's page ends with the connection, and may be cut");
        }
        let here = self.names.local(names)?;
        if !self.args.dry_run {
            if let Some(changed) = here.changed.filter(|_| !here.path.exists()) {
                self.say(&format!("{path}/  as {changed}/"));
            }
            let made = std::fs::create_dir_all(&here.path);
            made.map_err(|cause| local(&here.path, "make", cause))?;
        }
        let (there, wanted) = self.choose(names, listing);
        if self.args.delete {
            let may_go = |path: &str, is_folder: bool| {
                !self.is_excluded(path) && (is_folder || self.is_included(path))
            };
            let folder = self.names.path(names);
            let mut extras = lock(&self.extras);
            extra::find(&here.path, &folder, &there, &may_go, &mut extras)
                .map_err(|cause| local(&here.path, "read", cause))?;
        }
        Ok(wanted)
    }

    /// The names that are taken here, and which entries are wanted. Two never get one name.
    fn choose(&self, folder: &[Vec<u8>], listing: &Listing) -> (There, Vec<u32>) {
        let (mut there, mut wanted) = (There::default(), Vec::new());
        for (at, entry) in (0..).zip(&listing.entries) {
            let names = [folder, std::slice::from_ref(&entry.name)].concat();
            let local = self.names.local_name(&entry.name);
            if let Some(first) = there.take(&local, at) {
                let first = &listing.entries[first as usize];
                if first.name == entry.name && first.kind == entry.kind {
                    continue;
                }
                if key(&local) == key(&self.names.local_name(&first.name)) {
                    self.clash(entry, first, names);
                    continue;
                }
            }
            if self.is_wanted(entry, &names) {
                wanted.push(at);
            }
        }
        (there, wanted)
    }

    fn clash(&self, entry: &Entry, first: &Entry, names: Vec<Vec<u8>>) {
        if self.is_left_out(&names) {
            return;
        }
        let path = self.names.shown(&names);
        let first = self.names.shown(std::slice::from_ref(&first.name));
        let what = format!("`{first}` beside it has the same name here");
        let error = Error::new(Kind::LocalFile, Stage::Store, what).with_hint(
            "here a name is a file or a folder, and only one of them: fetch this one by itself, with -o \
             and another name",
        );
        self.fail(&path, &error.while_doing(format!("write {path}")));
        if entry.kind == listing::Kind::Folder {
            lock(&self.clashes).insert(names);
        }
    }

    /// Says that a folder is not gone into: nobody asked for that.
    fn leave_out(&self, folder: &[Vec<u8>], name: &[u8], why: LeftOut) {
        let names = [folder, &[name.to_vec()]].concat();
        if self.is_left_out(&names) {
            return;
        }
        self.is_partial("a folder was left out");
        let path = format!("{}/", self.names.shown(&names));
        if why == LeftOut::Circle {
            lock(&self.tally).left_out += 1;
            return self.say(&format!("{path}  left out: {why}"));
        }
        let error = Error::new(Kind::TargetProtocol, Stage::Request, why.to_string())
            .while_doing(format!("go into {path}"));
        self.fail(&path, &error);
    }

    /// Whether the patterns leave out what lies there.
    fn is_left_out(&self, names: &[Vec<u8>]) -> bool {
        !self.args.exclude.is_empty() && self.is_excluded(&self.names.path(names))
    }

    fn is_excluded(&self, path: &str) -> bool {
        self.args.exclude.iter().any(|glob| glob.matches(path))
    }

    fn is_included(&self, path: &str) -> bool {
        let include = &self.args.include;
        include.is_empty() || include.iter().any(|glob| glob.matches(path))
    }

    fn is_wanted(&self, entry: &Entry, names: &[Vec<u8>]) -> bool {
        let path = self.names.path(names);
        if !self.is_included(&path) || self.is_excluded(&path) {
            return false;
        }
        let what = match entry.kind {
            listing::Kind::File => return true,
            listing::Kind::Folder => return false,
            listing::Kind::Link { .. } => "a link",
            // It may be what was asked for: nothing is passed over without a failure.
            listing::Kind::Unknown => {
                let path = self.names.shown(names);
                let what = "the server does not say whether it is a file";
                let error = Error::new(Kind::Unsupported, Stage::Request, what)
                    .while_doing(format!("bring in {path}"))
                    .with_hint("bring it in by its own URL, or leave it out with --exclude");
                self.fail(&path, &error);
                return false;
            }
            _ => "no file and no folder",
        };
        lock(&self.tally).left_out += 1;
        self.say(&format!("{}  left out: {what}", self.names.shown(names)));
        false
    }

    /// Takes away what is only here, if it is certain what is there.
    fn delete(&self) {
        if !self.args.delete {
            return;
        }
        let failed = lock(&self.tally).failed > 0;
        let why = match failed {
            true => Some("something failed"),
            false => *lock(&self.partial),
        };
        if let Some(why) = why {
            let what = format!("nothing is deleted: {why}");
            let error = Error::new(Kind::TargetProtocol, Stage::Store, what)
                .with_hint("it must be certain what is there; without --delete all else is done");
            let exit = self
                .summary
                .suspend(|| self.output.failed(self.place, &error));
            return lock(&self.tally).end_with(exit);
        }
        for extra in std::mem::take(&mut *lock(&self.extras)) {
            let mut path = below(self.names.into, extra.path());
            if let Extra::Folder(_) = extra {
                path.push('/');
            }
            let (done, deleted) = match self.args.dry_run {
                true => (Ok(true), "to delete"),
                false => (extra.delete(self.names.into), "deleted"),
            };
            match done {
                Ok(false) => {}
                Ok(true) => {
                    lock(&self.tally).deleted += 1;
                    let outcome = deleted.replace(' ', "_");
                    self.show(
                        &format!("{path}  {deleted}"),
                        json!({ "path": path, "outcome": outcome }),
                    );
                }
                Err(cause) => self.fail(&path, &local(extra.path(), "delete", cause)),
            }
        }
    }

    fn is_partial(&self, why: &'static str) {
        lock(&self.partial).get_or_insert(why);
    }

    fn say(&self, line: &str) {
        self.summary.suspend(|| self.output.say(line));
    }

    /// What was done, for people or for machines.
    fn show(&self, line: &str, object: serde_json::Value) {
        match self.output.json {
            true => self.output.line(&self.place.json(object)),
            false => self.say(line),
        }
    }

    fn fail(&self, path: &str, error: &Error) {
        let about = json!({ "path": path });
        let exit = self
            .summary
            .suspend(|| self.output.failed_with(self.place, about, error));
        lock(&self.tally).fail(path, exit);
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
