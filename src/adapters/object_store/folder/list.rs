//! What is in a folder, and in those below it.

use ::object_store::path::Path;
use ::object_store::{Extensions, ListResult, ObjectMeta};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::FolderStore;
use super::failure::told;
use super::names::{is_of_upload, place};
use super::read::meta;
use crate::base::{Error, Kind, Stage, text};
use crate::dataset::{Facts, FolderWalk, Lack, LeftOut, Visited, alone};
use crate::ftp::Listing;
use crate::ftp::listing::{self, Entry, Exact};

/// So many files are asked about at a time, of which a listing tells no exact size.
const ASKED: usize = 8;

/// So many files may wait for the reader of a list.
const AHEAD: usize = 64;

/// One entry, as far as its listing tells.
enum Found {
    File(ObjectMeta),
    /// Its size is to be asked for.
    Unsized(Path),
    /// What it is, too: a link may lead to a folder, or nowhere.
    Unsure(Path),
    Folder(Path),
    Nothing,
}

type Told = ::object_store::Result<ObjectMeta>;

impl FolderStore {
    /// The files in a folder, and its folders.
    pub(super) async fn list_folder(
        &self,
        prefix: Option<&Path>,
    ) -> ::object_store::Result<ListResult> {
        let folder = prefix.cloned().unwrap_or_default();
        let (mut objects, mut common_prefixes) = (Vec::new(), Vec::new());
        if let Some(listing) = self.listing(&folder).await? {
            let found = sorted_out(&listing, &folder)?;
            let (files, folders) = self.asked_about(found).await?;
            (objects, common_prefixes) = (files, folders);
        }
        objects.sort_unstable_by(|a: &ObjectMeta, b| a.location.cmp(&b.location));
        common_prefixes.sort_unstable();
        Ok(ListResult {
            common_prefixes,
            objects,
            extensions: Extensions::default(),
        })
    }

    /// The files in a folder and in those below it, one folder after another.
    pub(super) fn list_below(&self, prefix: Option<&Path>) -> BoxStream<'static, Told> {
        let store = self.clone();
        let folder = prefix.cloned().unwrap_or_default();
        let started = stream::once(async move {
            let (sender, receiver) = channel(AHEAD);
            // No login is held while nobody takes what was found.
            tokio::spawn(async move {
                let told = match store.walk(&folder, &sender).await {
                    Ok(()) => Ok(None),
                    Err(error) => Err(error),
                };
                let _ = sender.send(told).await;
            });
            received(receiver)
        });
        started.flatten().boxed()
    }

    async fn walk(
        &self,
        folder: &Path,
        sender: &Sender<::object_store::Result<Option<ObjectMeta>>>,
    ) -> ::object_store::Result<()> {
        let base = self.base.below(&self.names(folder)?);
        let mut walk = base.walk();
        while let Some(visited) = visit(&mut walk, sender).await {
            let mut here = folder.clone();
            for name in &visited.names {
                here = place(self.encoding(), &here, name)?;
            }
            for (name, why) in &visited.left_out {
                if *why != LeftOut::Circle {
                    return Err(left_out(&here, name, *why));
                }
            }
            let listing = match visited.listing {
                Ok(listing) => listing,
                Err(error) if visited.names.is_empty() => {
                    match self.is_nothing(error, folder).await? {
                        true => return Ok(()),
                        false => continue,
                    }
                }
                // It was there a moment ago.
                Err(error) if Lack::of_listing(&error) == Some(Lack::Missing) => continue,
                // Its own folder shows it.
                Err(error) if is_unclear(&error) => {
                    return Err(told(error.with_source(Lack::Denied), &here));
                }
                Err(error) => return Err(refused(error, &here)),
            };
            let found = sorted_out(&listing, &here)?;
            let (mut files, _) = self.asked_about(found).await?;
            files.sort_unstable_by(|a, b| a.location.cmp(&b.location));
            for file in files {
                if sender.send(Ok(Some(file))).await.is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The listing of a folder; `None` when there is none.
    async fn listing(&self, folder: &Path) -> ::object_store::Result<Option<Listing>> {
        let dataset = self.base.below(&self.names(folder)?);
        let listed = alone(async move { dataset.list_with_tries().await }).await;
        match listed {
            Ok(listing) => Ok(Some(listing)),
            Err(error) => self.is_nothing(error, folder).await.map(|_| None),
        }
    }

    /// Takes an error of a listing for an empty folder where there is none of that name: folders of an
    /// object store come and go with what is in them. The base is one that has to be there.
    async fn is_nothing(&self, error: Error, folder: &Path) -> ::object_store::Result<bool> {
        let Some(parent) = folder.parent() else {
            return Err(refused(error, folder));
        };
        match Lack::of_listing(&error) {
            Some(Lack::Missing) => Ok(true),
            None if is_unclear(&error) && self.is_ftp() => {
                // vsftpd says the same of what is not there and of what may not be entered.
                let around = Box::pin(self.listing(&parent)).await?;
                let is_there = around.is_some_and(|listing| {
                    let folders = listing.entries.iter();
                    folders
                        .filter(|entry| entry.kind == listing::Kind::Folder)
                        .any(|entry| {
                            let at = place(listing.encoding, &parent, &entry.name);
                            at.is_ok_and(|at| at == *folder)
                        })
                });
                match is_there {
                    true => Err(told(error.with_source(Lack::Denied), folder)),
                    false => Ok(true),
                }
            }
            _ => Err(refused(error, folder)),
        }
    }

    /// The files and the folders of what was found, with what the listing did not tell.
    async fn asked_about(
        &self,
        found: Vec<Found>,
    ) -> ::object_store::Result<(Vec<ObjectMeta>, Vec<Path>)> {
        let (mut files, mut folders, mut questions) = (Vec::new(), Vec::new(), Vec::new());
        for found in found {
            match found {
                Found::File(meta) => files.push(meta),
                Found::Folder(path) => folders.push(path),
                Found::Unsized(path) => questions.push((path, false)),
                Found::Unsure(path) => questions.push((path, true)),
                Found::Nothing => {}
            }
        }
        let asking = stream::iter(questions)
            .map(|(path, is_unsure)| self.ask(path, is_unsure))
            .buffered(ASKED);
        let answered: Vec<_> = asking.try_collect().await?;
        files.extend(answered.into_iter().flatten());
        Ok((files, folders))
    }

    async fn ask(
        &self,
        location: Path,
        is_unsure: bool,
    ) -> ::object_store::Result<Option<ObjectMeta>> {
        match self.file(&location)?.facts().await {
            Ok(facts) => Ok(Some(meta(&facts, &location))),
            Err(error) => match Lack::of(&error) {
                Some(Lack::Missing) => Ok(None),
                Some(Lack::Denied) if is_unsure => Ok(None),
                _ => Err(told(error, &location)),
            },
        }
    }
}

async fn visit<T>(walk: &mut FolderWalk<'_>, sender: &Sender<T>) -> Option<Visited> {
    tokio::select! {
        biased;
        visited = walk.next() => visited,
        () = sender.closed() => None,
    }
}

/// What was sent, up to the word that it was all.
fn received(
    receiver: Receiver<::object_store::Result<Option<ObjectMeta>>>,
) -> BoxStream<'static, Told> {
    stream::unfold(Some(receiver), |receiver| async move {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Ok(Some(file))) => Some((Ok(file), Some(receiver))),
            Some(Ok(None)) => None,
            Some(Err(error)) => Some((Err(error), None)),
            None => {
                let what = "the list was given up: its runtime ends";
                let error = Error::new(Kind::Cut, Stage::Request, what);
                Some((Err(told(error, &Path::ROOT)), None))
            }
        }
    })
    .fuse()
    .boxed()
}

/// What a listing tells. A listing that is not all, or not understood, is an error: a table without
/// some of its files is a wrong one.
fn sorted_out(listing: &Listing, folder: &Path) -> ::object_store::Result<Vec<Found>> {
    if let Some(error) = listing.shortage() {
        return Err(told(error, folder));
    }
    let doubt = match listing.unrecognised.first() {
        Some(line) if !listing.is_of_page() => {
            let shown = text::clip(&String::from_utf8_lossy(line));
            Some(format!(
                "a line of the listing is not understood: `{shown}`"
            ))
        }
        _ if listing.may_be_cut() => Some("nothing shows that the index page is all".to_owned()),
        _ => None,
    };
    if let Some(what) = doubt {
        let error = Error::new(Kind::TargetProtocol, Stage::Request, what);
        return Err(told(error, folder));
    }
    let entries = listing.entries.iter();
    entries.map(|entry| found(listing, entry, folder)).collect()
}

fn found(listing: &Listing, entry: &Entry, folder: &Path) -> ::object_store::Result<Found> {
    if is_of_upload(&entry.name) {
        return Ok(Found::Nothing);
    }
    let size = entry.size.filter(|_| !entry.size_rounded);
    let location = || place(listing.encoding, folder, &entry.name);
    Ok(match &entry.kind {
        listing::Kind::Folder => Found::Folder(location()?),
        listing::Kind::File => match size {
            Some(size) => Found::File(meta(
                &facts(entry, size, !listing.is_of_page()),
                &location()?,
            )),
            None => Found::Unsized(location()?),
        },
        listing::Kind::Link { .. } | listing::Kind::Unknown => Found::Unsure(location()?),
        _ => Found::Nothing,
    })
}

/// What a listing tells of a file. A time to the minute makes no tag.
fn facts(entry: &Entry, size: u64, is_ftp: bool) -> Facts {
    let stamp = entry.modified;
    let exact = stamp.filter(|at| at.utc && at.exact == Exact::Second);
    match exact {
        Some(exact) if is_ftp => Facts::of_ftp(size, Some(exact.time)),
        _ => Facts {
            size,
            modified: stamp.map(|at| at.time),
            tag: None,
            proven: false,
        },
    }
}

/// Whether it is a refusal that does not tell what is wrong with the folder.
fn is_unclear(error: &Error) -> bool {
    let is_refusal = error.kind() == Kind::TargetRefused && error.stage() == Stage::Request;
    is_refusal && Lack::of_listing(error).is_none()
}

fn refused(error: Error, folder: &Path) -> ::object_store::Error {
    match Lack::of_listing(&error) {
        Some(lack) => told(error.with_source(lack), folder),
        None => told(error, folder),
    }
}

fn left_out(folder: &Path, name: &[u8], why: LeftOut) -> ::object_store::Error {
    let shown = text::clip(&String::from_utf8_lossy(name));
    let what = format!("the folder `{shown}` in `{folder}` is left out: {why}");
    told(
        Error::new(Kind::TargetRefused, Stage::Request, what),
        folder,
    )
}
