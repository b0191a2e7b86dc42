//! `outbound fetch -r`: a folder and all below it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use futures_util::StreamExt as _;
use serde_json::json;

use super::plan::retried;
use crate::base::{Encoding, Error, Kind, Result, Stage, text};
use crate::cli::args::{Common, FetchArgs};
use crate::cli::asked::Asked;
use crate::cli::dataset::dataset;
use crate::cli::exit::Exit;
use crate::cli::interrupt;
use crate::cli::output::Output;
use crate::cli::place::Place;
use crate::dataset::{Client, Dataset, FetchOptions, LeftOut, Outcome, is_listed, is_same, local};
use crate::ftp::listing::{self, Entry, local_name_in};

/// So many of the paths that failed are named again at the end.
const NAMED: usize = 100;

/// What became of a run so far.
#[derive(Debug, Default)]
struct Tally {
    files: u64,
    bytes: u64,
    unchanged: u64,
    left_out: u64,
    failed: u64,
    named: Vec<String>,
    exit: Option<Exit>,
}

impl Tally {
    /// `path` is empty for the folder that was asked for, which its own error names.
    fn fail(&mut self, path: &str, exit: Exit) {
        self.failed += 1;
        if self.named.len() < NAMED && !path.is_empty() {
            self.named.push(path.to_owned());
        }
        self.exit.get_or_insert(exit);
    }
}

/// One run over one folder.
struct Run<'a> {
    root: &'a Dataset,
    place: &'a Place<'a>,
    args: &'a FetchArgs,
    into: &'a Path,
    /// How the server writes names.
    encoding: Option<Encoding>,
    output: &'a Output,
    tally: Mutex<Tally>,
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
    let run = Run {
        root: &root,
        place: &place,
        args,
        into,
        encoding: root.connector().connection().and_then(|c| c.encoding),
        output,
        tally: Mutex::default(),
    };
    let stopped = tokio::select! {
        () = run.walk() => None,
        signal = interrupt::wait() => Some(signal),
    };
    Ok(run.end(stopped))
}

impl Run<'_> {
    async fn walk(&self) {
        let mut walk = self.root.walk();
        let leave_out = |names: &[Vec<u8>]| self.is_left_out(names);
        while let Some(folder) = walk.next_but(leave_out).await {
            let path = self.shown(&folder.names);
            for (name, why) in &folder.left_out {
                self.leave_out(&folder.names, name, *why);
            }
            let listed = folder.listing.and_then(|listing| {
                let unknown = listing.unrecognised.len();
                if unknown > 0 {
                    self.output.warn(&format!(
                        "{path}/: lines of the listing that were not understood: {unknown}"
                    ));
                }
                let here = self.local_path(&folder.names)?;
                if !self.args.dry_run {
                    std::fs::create_dir_all(&here).map_err(|cause| local(&here, "make", cause))?;
                }
                Ok(listing)
            });
            let listing = match listed {
                Ok(listing) => listing,
                Err(error) => {
                    let exit = self.output.failed(self.place, &error);
                    self.tally(|tally| tally.fail(&path, exit));
                    continue;
                }
            };
            let files = listing.entries.iter().filter_map(|entry| {
                let mut names = folder.names.clone();
                names.push(entry.name.clone());
                self.is_wanted(entry, &names).then_some((entry, names))
            });
            let all = futures_util::stream::iter(
                files.map(|(entry, names)| async move { self.bring(entry, &names).await }),
            );
            all.buffer_unordered(usize::from(self.args.jobs))
                .collect::<()>()
                .await;
        }
    }

    /// Says that a folder is not gone into: nobody asked for that.
    fn leave_out(&self, folder: &[Vec<u8>], name: &[u8], why: LeftOut) {
        let names = [folder, &[name.to_vec()]].concat();
        if self.is_left_out(&names) {
            return;
        }
        let path = format!("{}/", self.shown(&names));
        if why == LeftOut::Circle {
            self.tally(|tally| tally.left_out += 1);
            return self.output.say(&format!("{path}  left out: {why}"));
        }
        let error = Error::new(Kind::TargetProtocol, Stage::Request, why.to_string())
            .while_doing(format!("go into {path}"));
        let exit = self.output.failed(self.place, &error);
        self.tally(|tally| tally.fail(&path, exit));
    }

    /// Whether the patterns leave out what lies there.
    fn is_left_out(&self, names: &[Vec<u8>]) -> bool {
        let path = self.path_of(names);
        self.args.exclude.iter().any(|glob| glob.matches(&path))
    }

    fn is_wanted(&self, entry: &Entry, names: &[Vec<u8>]) -> bool {
        let path = self.path_of(names);
        let args = self.args;
        let included = args.include.is_empty() || args.include.iter().any(|g| g.matches(&path));
        if !included || self.is_left_out(names) {
            return false;
        }
        match entry.kind {
            listing::Kind::File => true,
            listing::Kind::Folder => false,
            _ => {
                self.tally(|tally| tally.left_out += 1);
                let what = match entry.kind {
                    listing::Kind::Link { .. } => "a link",
                    listing::Kind::Unknown => "the server does not say whether it is a file",
                    _ => "no file and no folder",
                };
                self.output
                    .say(&format!("{}  left out: {what}", self.shown(names)));
                false
            }
        }
    }

    async fn bring(&self, entry: &Entry, names: &[Vec<u8>]) {
        let path = self.shown(names);
        let brought = async {
            let to = self.local_path(names)?;
            if !self.args.force && is_listed(entry, &to) {
                return Ok((Outcome::Unchanged, entry.size.unwrap_or_default()));
            }
            let dataset = self.root.file_below(names);
            if self.args.dry_run {
                let outcome = match !self.args.force && is_there(&dataset, &to).await? {
                    true => Outcome::Unchanged,
                    false => Outcome::Written,
                };
                return Ok((outcome, entry.size.unwrap_or_default()));
            }
            let options = FetchOptions {
                force: self.args.force,
                update: true,
                sync: self.args.sync,
                ..FetchOptions::default()
            };
            let fetched = dataset.fetch(&to, &options).await?;
            Ok((fetched.outcome, fetched.length))
        };
        match brought.await {
            Ok((Outcome::Unchanged, _)) => self.tally(|tally| tally.unchanged += 1),
            Ok((_, length)) => {
                self.tally(|tally| {
                    (tally.files, tally.bytes) = (tally.files + 1, tally.bytes + length)
                });
                match self.output.json {
                    true => self.output.line(&self.place.json(json!({
                        "path": path,
                        "length": length,
                        "outcome": if self.args.dry_run { "wanted" } else { "written" },
                    }))),
                    false => self.output.say(&format!("{path}  {length} bytes")),
                }
            }
            Err(error) => {
                let exit = self.output.failed(self.place, &error);
                self.tally(|tally| tally.fail(&path, exit));
            }
        }
    }

    fn tally(&self, change: impl FnOnce(&mut Tally)) {
        let tally = self.tally.lock();
        change(&mut tally.unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// The path below the folder, for patterns.
    fn path_of(&self, names: &[Vec<u8>]) -> String {
        let text = |name: &Vec<u8>| match self.encoding {
            Some(encoding) => encoding.decode(name).into_owned(),
            None => String::from_utf8_lossy(name).into_owned(),
        };
        let names: Vec<_> = names.iter().map(text).collect();
        names.join("/")
    }

    /// The same, safe to show.
    fn shown(&self, names: &[Vec<u8>]) -> String {
        let text = |name: &Vec<u8>| match self.encoding {
            Some(encoding) => text::escape(&encoding.decode(name)),
            None => text::escape_bytes(name),
        };
        let names: Vec<_> = names.iter().map(text).collect();
        names.join("/")
    }

    /// Where it lies here. Every name is one that cannot leave the folder, and no folder on the way is
    /// a link to elsewhere.
    fn local_path(&self, names: &[Vec<u8>]) -> Result<PathBuf> {
        let mut path = self.into.to_owned();
        for (at, name) in names.iter().enumerate() {
            let refuse = |what: String| {
                Error::new(Kind::LocalFile, Stage::Store, what)
                    .while_doing(format!("write {}", self.shown(names)))
            };
            let safe = local_name_in(name, self.encoding).map_err(|why| {
                refuse(format!(
                    "`{}` cannot be a local name: {why}",
                    self.shown(std::slice::from_ref(name))
                ))
            })?;
            let safe = os_name(&safe).ok_or_else(|| refuse("its name is not UTF-8".to_owned()))?;
            path.push(safe);
            let is_folder = at + 1 < names.len();
            if is_folder
                && path
                    .symlink_metadata()
                    .is_ok_and(|about| about.is_symlink())
            {
                let shown = text::escape(&path.to_string_lossy());
                return Err(refuse(format!("{shown} is a symbolic link here")));
            }
        }
        Ok(path)
    }

    /// Says what became of it.
    fn end(self, stopped: Option<&str>) -> Exit {
        let tally = self.tally.into_inner();
        let tally = tally.unwrap_or_else(std::sync::PoisonError::into_inner);
        let (output, dry) = (self.output, self.args.dry_run);
        if let Some(signal) = stopped {
            output.say(&format!(
                "outbound: stopped by {signal}; the same command goes on"
            ));
        }
        for path in &tally.named {
            output.complain(&format!("outbound: failed: {path}"));
        }
        output.say(&format!(
            "outbound: {} {}, {} bytes; {} unchanged, {} left out, {} failed",
            tally.files,
            if dry { "to bring in" } else { "brought in" },
            tally.bytes,
            tally.unchanged,
            tally.left_out,
            tally.failed
        ));
        match stopped {
            Some(_) => Exit::Interrupted,
            None => tally.exit.unwrap_or(Exit::Success),
        }
    }
}

/// Whether the file at `path` is what the server has, in its own words.
async fn is_there(dataset: &Dataset, path: &Path) -> Result<bool> {
    if !path.is_file() {
        return Ok(false);
    }
    Ok(is_same(&dataset.stat().await?, path))
}

#[cfg(unix)]
fn os_name(name: &[u8]) -> Option<OsString> {
    use std::os::unix::ffi::OsStringExt as _;
    Some(OsString::from_vec(name.to_vec()))
}

#[cfg(not(unix))]
fn os_name(name: &[u8]) -> Option<OsString> {
    std::str::from_utf8(name).ok().map(OsString::from)
}
