//! Bytes that go where nothing can be renamed: standard output, a device, a pipe.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::Arc;

use super::super::args::{Common, FetchArgs};
use super::super::asked::Asked;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::place::Place;
use super::super::{dataset::dataset, interrupt};
use super::plan::retried;
use crate::base::{Error, Kind, Result, Stage, text};
use crate::cli::narrator::Narrator;
use crate::dataset::{Broken, Client, Observer};

/// Where the bytes go as they come, when the arguments name such a place.
pub async fn sink(args: &FetchArgs) -> Result<Option<Arc<File>>> {
    let path = match args.output.as_deref() {
        Some(path) if path == Path::new("-") => return standard_output().map(Some),
        Some(path) => path,
        None => return Ok(None),
    };
    match std::fs::metadata(path) {
        Ok(about) if !about.is_file() && !about.is_dir() => {
            // A named pipe waits for its reader.
            let opened = tokio::fs::OpenOptions::new().write(true).open(path).await;
            let opened = opened.map_err(|cause| unwritten(path, cause))?;
            Ok(Some(Arc::new(opened.into_std().await)))
        }
        _ => Ok(None),
    }
}

/// The descriptor itself: Rust's own standard output looks for line ends in what it writes.
pub(super) fn standard_output() -> Result<Arc<File>> {
    let output = io::stdout().as_fd().try_clone_to_owned();
    let output = output.map_err(|cause| unwritten(Path::new("-"), cause))?;
    Ok(Arc::new(output.into()))
}

/// Writes the bytes of every URL to `sink`, one after the other, and nothing else.
pub async fn copy(
    client: &Client,
    common: &Common,
    args: &FetchArgs,
    asked: &[Asked],
    sink: Arc<File>,
    output: &Output,
) -> Result<Exit> {
    let refusal = if args.checksum.is_some() {
        Some("--checksum needs a file: bytes that are written out cannot be taken back")
    } else if output.json {
        Some("--json needs a file: it would stand among the bytes that are written out")
    } else {
        None
    };
    if let Some(what) = refusal {
        return Err(Error::new(Kind::Usage, Stage::Settings, what));
    }
    let copying = async {
        for mut place in Place::all(asked) {
            match one(client, common, args, &mut place, &sink, output).await {
                Ok(true) => {}
                Ok(false) => break,
                // What comes next would stand where the rest of this belongs.
                Err(error) => return Ok(output.failed(&place, &error)),
            }
        }
        Ok(Exit::Success)
    };
    tokio::select! {
        copied = copying => copied,
        signal = interrupt::wait() => {
            output.say(&format!("outbound: stopped by {signal}"));
            Ok(Exit::Interrupted)
        }
    }
}

/// Copies one URL. False when whoever read the bytes has enough.
async fn one(
    client: &Client,
    common: &Common,
    args: &FetchArgs,
    place: &mut Place<'_>,
    sink: &Arc<File>,
    output: &Output,
) -> Result<bool> {
    let fields = &args.fields.headers;
    let dataset = dataset(client, common, &args.login, fields, place, output)?;
    let dataset = retried(dataset, args);
    let narrator = Narrator::new(output, place.prefix(), &place.shown);
    let observer = Observer::new(move |event| {
        if let Some(words) = narrator.words(&event) {
            narrator.say(&words);
        }
    });
    match dataset.copy(Arc::clone(sink), observer).await {
        Ok(()) => Ok(true),
        Err(Broken::Source(error)) => Err(error),
        Err(Broken::Sink(cause)) if cause.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(Broken::Sink(cause)) => {
            let path = args.output.as_deref().unwrap_or(Path::new("-"));
            Err(unwritten(path, cause))
        }
    }
}

/// There is no part file here: nothing can be gone on from.
pub(super) fn unwritten(path: &Path, cause: io::Error) -> Error {
    let what = match cause.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full",
        ErrorKind::PermissionDenied => "not permitted",
        ErrorKind::NotFound => "the folder does not exist",
        ErrorKind::IsADirectory => "it is a folder",
        _ => "it failed",
    };
    let name = match path == Path::new("-") {
        true => "standard output".to_owned(),
        false => text::escape(&path.to_string_lossy()),
    };
    Error::new(Kind::LocalFile, Stage::Store, what)
        .while_doing(format!("write to {name}"))
        .with_source(cause)
}
