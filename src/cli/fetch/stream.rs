//! Bytes that go where nothing can be renamed: standard output, a device, a pipe.

use std::io::{self, ErrorKind};
use std::path::Path;

use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::super::args::{Common, FetchArgs};
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::place::Place;
use super::super::{dataset::dataset, interrupt};
use super::Narrator;
use super::plan::retried;
use crate::base::{Error, Kind, Result, Stage, text};
use crate::dataset::{Client, Observer};

/// Where the bytes go as they come, when the arguments name such a place.
pub async fn sink(args: &FetchArgs) -> Result<Option<Box<dyn AsyncWrite + Send + Unpin>>> {
    let path = match args.output.as_deref() {
        Some(path) if path == Path::new("-") => return Ok(Some(Box::new(tokio::io::stdout()))),
        Some(path) => path,
        None => return Ok(None),
    };
    match std::fs::metadata(path) {
        Ok(about) if !about.is_file() && !about.is_dir() => {
            let opened = tokio::fs::OpenOptions::new().write(true).open(path).await;
            let opened = opened.map_err(|cause| unwritten(path, cause))?;
            Ok(Some(Box::new(opened)))
        }
        _ => Ok(None),
    }
}

/// Writes the bytes of every URL to `sink`, one after the other, and nothing else.
pub async fn copy(
    client: &Client,
    common: &Common,
    args: &FetchArgs,
    mut sink: Box<dyn AsyncWrite + Send + Unpin>,
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
        for mut place in Place::all(&args.urls) {
            match one(client, common, args, &mut place, &mut sink, output).await {
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
    sink: &mut (dyn AsyncWrite + Send + Unpin),
    output: &Output,
) -> Result<bool> {
    let dataset = retried(dataset(client, common, &args.login, place, output)?, args);
    let narrator = Narrator::new(output, place);
    let observer = Observer::new(move |event| {
        if let Some(words) = narrator.words(&event) {
            narrator.say(&words);
        }
    });
    let mut reader = dataset.open_observed(observer).await?;
    let mut buffer = vec![0; 256 * 1024];
    let path = args.output.as_deref().unwrap_or(Path::new("-"));
    loop {
        let read = reader.read(&mut buffer).await.map_err(Error::from_io)?;
        let written = match read {
            0 => sink.flush().await,
            read => sink.write_all(&buffer[..read]).await,
        };
        match written {
            Ok(()) if read == 0 => return Ok(true),
            Ok(()) => {}
            Err(cause) if cause.kind() == ErrorKind::BrokenPipe => return Ok(false),
            Err(cause) => return Err(unwritten(path, cause)),
        }
    }
}

/// There is no part file here: nothing can be gone on from.
fn unwritten(path: &Path, cause: io::Error) -> Error {
    let what = match cause.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full",
        ErrorKind::PermissionDenied => "not permitted",
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
