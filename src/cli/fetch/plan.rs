//! What is to be done, and whether it can be, before the first byte.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::base::{Error, Kind, Result, Stage, text};
use crate::cli::args::{Common, FetchArgs};
use crate::cli::asked::Asked;
use crate::cli::dataset::{dataset, with_tries};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::place::Place;
use crate::dataset::{Client, Dataset, file_name, resumable};

/// One URL and the file that it goes to.
pub struct Job<'a> {
    pub place: Place<'a>,
    pub dataset: Dataset,
    pub destination: PathBuf,
    /// Whether bytes came, so that the part file is this run's.
    pub begun: Arc<AtomicBool>,
    /// Whether it ended, well or not.
    pub over: AtomicBool,
    force: bool,
}

impl Job<'_> {
    /// Where its bytes are until it is whole.
    pub fn part(&self) -> PathBuf {
        with_suffix(&self.destination, ".part")
    }

    /// Whether the same command would go on from the part file, now that it was stopped.
    pub fn goes_on(&self) -> bool {
        let free = self.force || !self.destination.exists();
        free && resumable(&self.destination, self.dataset.url())
    }

    /// Whether it would after this error. A part file that could not be opened may be another
    /// run's.
    pub fn goes_on_after(&self, error: &Error) -> bool {
        let ours = error.kind() != Kind::LocalFile || self.begun.load(Ordering::Relaxed);
        ours && self.goes_on()
    }
}

/// Checks everything that can be checked before the first byte: every URL, that no two of them
/// write to one file, and that there can be such files. What is wrong is said.
pub fn plan<'a>(
    client: &Client,
    common: &Common,
    args: &FetchArgs,
    asked: &'a [Asked],
    output: &Output,
) -> Result<Vec<Job<'a>>, Exit> {
    let refuse = |error: Error| {
        output.error(&error);
        Exit::of(&error)
    };
    check_arguments(args, asked.len()).map_err(refuse)?;
    let folder = args.output_dir.as_deref().unwrap_or(Path::new(""));
    let mut jobs: Vec<Job<'_>> = Vec::with_capacity(asked.len());
    let mut taken = HashMap::new();
    let fields = &args.fields.headers;
    let mut bad = Exit::Success;
    for mut place in Place::all(asked) {
        let given = dataset(client, common, &args.login, fields, &mut place, output);
        let named = given.and_then(|dataset| {
            let destination = match &args.output {
                Some(file) => file.clone(),
                None => folder.join(file_name(dataset.url())?),
            };
            check_destination(&destination, args)?;
            Ok((retried(dataset, args), destination))
        });
        let (dataset, destination) = match named {
            Ok(named) => named,
            Err(error) => {
                bad = bad.and(output.failed(&place, &error));
                continue;
            }
        };
        // A transfer writes to all three.
        for suffix in ["", ".part", ".part.meta"] {
            let file = with_suffix(&destination, suffix);
            if let Some(before) = taken.insert(file.clone(), jobs.len()) {
                return Err(refuse(same_file(&jobs[before].place, &place, &file)));
            }
        }
        jobs.push(Job {
            place,
            dataset,
            destination,
            begun: Arc::default(),
            over: AtomicBool::default(),
            force: args.force,
        });
    }
    if bad == Exit::Success {
        return Ok(jobs);
    }
    if asked.len() > 1 {
        output.say("outbound: nothing was fetched: mend these first, or take them out");
    }
    Err(bad)
}

/// With the number of tries that `--retry` asks for.
pub fn retried(dataset: Dataset, args: &FetchArgs) -> Dataset {
    with_tries(dataset, args.retry)
}

fn usage(what: impl Into<String>) -> Error {
    Error::new(Kind::Usage, Stage::Settings, what)
}

fn unusable(what: String, hint: String) -> Error {
    Error::new(Kind::LocalFile, Stage::Store, what).with_hint(hint)
}

fn check_arguments(args: &FetchArgs, urls: usize) -> Result<()> {
    if args.output.is_some() && urls > 1 {
        let error = usage("several URLs cannot go to one file (-o)");
        return Err(error.with_hint("name a folder with --output-dir DIR"));
    }
    if args.checksum.is_some() && urls > 1 {
        return Err(usage("--checksum goes with one URL"));
    }
    match &args.output_dir {
        Some(folder) if folder.exists() && !folder.is_dir() => Err(unusable(
            format!("{} is a file, not a folder", shown(folder)),
            "name a folder with --output-dir, or the file itself with -o".into(),
        )),
        _ => Ok(()),
    }
}

/// Whether there can be a file at `file`, which the user named by `-o`, or else the URL.
fn check_destination(file: &Path, args: &FetchArgs) -> Result<()> {
    let by_name = args.output.is_some();
    let written = file.as_os_str().as_encoded_bytes();
    if written.is_empty() {
        return Err(usage("-o names no file"));
    }
    if file.is_dir() || written.ends_with(b"/") {
        let hint = match by_name {
            true => format!("use --output-dir {}", shown(file)),
            false => "name another file with -o FILE".to_owned(),
        };
        return Err(unusable(format!("{} is a folder", shown(file)), hint));
    }
    match file.parent() {
        Some(folder) if by_name && folder != Path::new("") && !folder.exists() => Err(unusable(
            format!("the folder {} does not exist", shown(folder)),
            format!(
                "make it, or use --output-dir {}, which is made if need be",
                shown(folder)
            ),
        )),
        Some(folder) if by_name && folder != Path::new("") && !folder.is_dir() => Err(unusable(
            format!("{} is a file, not a folder", shown(folder)),
            "name a file in a folder with -o".into(),
        )),
        _ => Ok(()),
    }
}

fn same_file(before: &Place<'_>, after: &Place<'_>, file: &Path) -> Error {
    let (one, other) = (before.name(), after.name());
    // That two write to one `.part` is nothing that a user sees in the names.
    let hint = "fetch them one by one with -o FILE, or into different folders";
    usage(format!(
        "{one} and {other} go to the same file {}",
        shown(file)
    ))
    .with_hint(hint)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn shown(path: &Path) -> String {
    text::escape(&path.to_string_lossy())
}
