//! What is to be sent where, and whether it can be, before the first byte.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use percent_encoding::percent_encode;

use crate::base::percent::RESERVED;
use crate::base::{Error, Kind, Result, Stage, text};
use crate::cli::args::{Common, PutArgs};
use crate::cli::asked::Asked;
use crate::cli::dataset::{dataset, with_tries};
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::place::Place;
use crate::dataset::{Client, Dataset, Event};

/// What is sent.
pub enum What {
    File(PathBuf),
    /// Standard input.
    Input,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(&path.to_string_lossy()),
            Self::Input => f.write_str("-"),
        }
    }
}

/// One file and the URL that it goes to.
pub struct Job<'a> {
    pub place: Place<'a>,
    pub dataset: Dataset,
    pub what: What,
    pub state: Arc<State>,
}

/// How far an upload has got.
#[derive(Default)]
pub struct State(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// What it is called on the server until it is whole.
    staged: Option<String>,
    begun: bool,
    over: bool,
}

/// What an upload that ended before its time leaves.
pub enum Left {
    /// A file of this name, which is not whole.
    Part(String),
    /// Nobody knows.
    Unknown,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what happened.
    pub fn note(&self, event: &Event<'_>) {
        match event {
            Event::Staged { name } => self.lock().staged = Some((*name).to_owned()),
            Event::Started { .. } => self.lock().begun = true,
            Event::Removed => *self.lock() = Inner::default(),
            _ => {}
        }
    }

    /// It ended, well or not.
    pub fn end(&self) {
        self.lock().over = true;
    }
}

impl Job<'_> {
    /// What is left of it, if it has begun and not ended.
    pub fn left(&self) -> Option<Left> {
        let state = self.state.lock();
        (state.begun && !state.over).then(|| match &state.staged {
            Some(name) => Left::Part(name.clone()),
            None => Left::Unknown,
        })
    }
}

fn usage(what: impl Into<String>) -> Error {
    Error::new(Kind::Usage, Stage::Settings, what)
}

fn shown(path: &Path) -> String {
    text::escape(&path.to_string_lossy())
}

fn is_input(path: &Path) -> bool {
    path == Path::new("-")
}

/// Whether each file keeps its name there.
fn is_folder(url: &str) -> bool {
    url.ends_with(['/', ':'])
}

/// The files, and a URL for each.
///
/// # Errors
/// There cannot be one.
pub fn asked(args: &PutArgs) -> Result<(&[PathBuf], Vec<Asked>)> {
    let (url, files) = match args.places.split_last() {
        Some((url, files)) if !files.is_empty() => (url, files),
        _ => {
            let error = usage("a file and the URL that it goes to are needed");
            return Err(error.with_hint("write put FILE... URL"));
        }
    };
    let url = url.to_str().map(str::trim);
    let url = url.ok_or_else(|| usage("the URL, which stands last, is not UTF-8"))?;
    let misplaced = |path: &&PathBuf| path.to_string_lossy().contains("://");
    if files.iter().any(|path| misplaced(&path)) {
        let error = usage("a URL stands where a file is expected");
        return Err(error.with_hint("files come first, and the one URL last: put FILE... URL"));
    }
    if files.len() > 1 && !is_folder(url) {
        let error = usage("several files cannot go to one name");
        return Err(error.with_hint("end the URL with `/`: each file keeps its name there"));
    }
    let typed = files.iter().map(|path| match is_folder(url) {
        false => Ok(Asked::argument(url)),
        true => Ok(Asked::argument(&format!("{url}{}", name(path)?))),
    });
    Ok((files, typed.collect::<Result<_>>()?))
}

/// A file's name as it stands in a URL.
fn name(path: &Path) -> Result<String> {
    if is_input(path) {
        let error = usage("standard input has no name of its own");
        return Err(error.with_hint("write the name that it is to have behind the URL's `/`"));
    }
    let Some(name) = path.file_name() else {
        return Err(usage(format!("{} has no name", shown(path))));
    };
    let bytes = name.as_encoded_bytes();
    if bytes.iter().any(u8::is_ascii_control) {
        let error = usage(format!(
            "{} has a control character in its name",
            shown(path)
        ));
        return Err(error.with_hint("write the name that it is to have behind the URL's `/`"));
    }
    Ok(percent_encode(bytes, RESERVED).to_string())
}

/// Checks everything that can be checked before the first byte. What is wrong is said.
pub fn plan<'a>(
    client: &Client,
    common: &Common,
    args: &PutArgs,
    files: &'a [PathBuf],
    asked: &'a [Asked],
    output: &Output,
) -> Result<Vec<Job<'a>>, Exit> {
    let mut jobs: Vec<Job<'a>> = Vec::with_capacity(asked.len());
    let mut taken = HashMap::new();
    let mut bad = Exit::Success;
    for (mut place, path) in Place::all(asked).zip(files) {
        let fields = &args.fields.headers;
        let given = dataset(client, common, &args.login, fields, &mut place, output);
        let planned = given.and_then(|dataset| Ok((dataset, what(path)?)));
        let (dataset, what) = match planned {
            Ok(planned) => planned,
            Err(error) => {
                bad = bad.and(output.failed(&place, &error));
                continue;
            }
        };
        if let Some(before) = taken.insert(dataset.url().clone(), path) {
            let (one, other) = (shown(before), shown(path));
            let error = usage(format!("{one} and {other} go to the same place"));
            output.error(&error);
            return Err(Exit::of(&error));
        }
        jobs.push(Job {
            place,
            dataset: with_tries(dataset, args.retry),
            what,
            state: Arc::default(),
        });
    }
    if bad == Exit::Success {
        return Ok(jobs);
    }
    if asked.len() > 1 {
        output.say("outbound: nothing was sent: mend these first, or take them out");
    }
    Err(bad)
}

/// What is at a path, if it can be sent.
fn what(path: &Path) -> Result<What> {
    if is_input(path) {
        return Ok(What::Input);
    }
    let unusable = |what: &str| {
        Error::new(Kind::LocalFile, Stage::Store, what).while_doing(format!("read {}", shown(path)))
    };
    let about = std::fs::metadata(path).and_then(|about| {
        // Opening a pipe would wait for its writer.
        match about.is_file() {
            true => File::open(path)?.metadata(),
            false => Ok(about),
        }
    });
    match about {
        Ok(about) if about.is_dir() => Err(unusable("it is a folder: only files can be sent")),
        Ok(_) => Ok(What::File(path.to_owned())),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Err(unusable("there is no such file")),
        Err(cause) if cause.kind() == ErrorKind::PermissionDenied => {
            Err(unusable("not permitted").with_source(cause))
        }
        Err(cause) => Err(unusable("it failed").with_source(cause)),
    }
}
