//! `outbound fetch --follow`: the records of a stream, until it is stopped.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;

use super::super::args::{Common, FetchArgs};
use super::super::asked::Asked;
use super::super::dataset::dataset;
use super::super::exit::Exit;
use super::super::interrupt;
use super::super::output::Output;
use super::super::place::Place;
use super::batch::{Batch, Sink, unread};
use super::stream::{sink, standard_output, unwritten};
use crate::base::{Error, Kind, Result, Stage};
use crate::cli::narrator::Narrator;
use crate::dataset::{Client, Observer, Records, StreamOptions};

/// Follows the one URL.
pub async fn run(
    client: &Client,
    common: &Common,
    args: &FetchArgs,
    asked: &[Asked],
    output: &Output,
) -> Result<Exit> {
    let mut places = Place::all(asked);
    let (Some(mut place), None) = (places.next(), places.next()) else {
        let what = "--follow goes with one URL";
        return Err(Error::new(Kind::Usage, Stage::Settings, what));
    };
    let fields = &args.fields.headers;
    let dataset = dataset(client, common, &args.login, fields, &mut place, output)?;
    let narrator = Narrator::new(output, place.prefix(), &place.shown);
    let observer = Observer::new(move |event| {
        if let Some(words) = narrator.words(&event) {
            narrator.say(&words);
        }
    });
    let mut options = StreamOptions::default().with_observer(observer);
    if let Some(tries) = args.retry {
        options = options.with_attempts(tries);
    }
    let mut records = dataset.stream(options)?;
    let stopped = interrupt::wait();
    let path = args.output.as_deref().unwrap_or(Path::new("-"));
    let file = match sink(args).await? {
        Some(file) => file,
        None if args.output.is_none() => standard_output()?,
        None => Arc::new(appended(path).map_err(|cause| unwritten(path, cause))?),
    };
    let mut sink = Sink::new(Arc::clone(&file), output.json);
    let following = async {
        match follow(&mut records, &mut sink).await {
            Ok(()) => Ok(Exit::Success),
            Err(Broken::Stream(error)) => Ok(output.failed(&place, &error)),
            Err(Broken::Sink(cause)) if cause.kind() == ErrorKind::BrokenPipe => Ok(Exit::Success),
            Err(Broken::Sink(cause)) => Err(unwritten(path, cause)),
        }
    };
    let signal = tokio::select! {
        followed = following => return followed,
        signal = stopped => signal,
        () = unread(&file) => return Ok(Exit::Success),
    };
    output.say(&format!("outbound: stopped by {signal}"));
    // Another signal does not wait for the last record.
    let settled = tokio::select! {
        settled = sink.settle() => settled,
        _ = interrupt::wait() => Ok(()),
    };
    match settled {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => Err(unwritten(path, cause)),
        _ => Ok(Exit::Interrupted),
    }
}

/// Which end broke.
enum Broken {
    Stream(Error),
    Sink(std::io::Error),
}

/// A file that is written at its end. A line there that another run could not finish is ended, so
/// that the next one does not go on with it.
fn appended(path: &Path) -> std::io::Result<File> {
    let mut file = File::options()
        .read(true)
        .append(true)
        .create(true)
        .open(path)?;
    if file.seek(SeekFrom::End(0))? > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

async fn follow(records: &mut Records, sink: &mut Sink) -> Result<(), Broken> {
    let mut batch = Batch::default();
    loop {
        let record = match records.next_here() {
            Ok(Some(record)) if !batch.is_full() => Some(record),
            Ok(record) => {
                if let Some(record) = record {
                    sink.add(&mut batch, &record);
                }
                // What is not written before the next wait would be lost with it.
                batch = sink.write(batch).await.map_err(Broken::Sink)?;
                records.next().await.map_err(Broken::Stream)?
            }
            Err(error) => {
                sink.write(batch).await.map_err(Broken::Sink)?;
                return Err(Broken::Stream(error));
            }
        };
        match record {
            Some(record) => sink.add(&mut batch, &record),
            None => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_another_run_could_not_finish_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("out");
        for (before, after) in [
            ("", "new\n"),
            ("a\n", "a\nnew\n"),
            ("a\nha", "a\nha\nnew\n"),
        ] {
            std::fs::write(&file, before).unwrap();
            appended(&file).unwrap().write_all(b"new\n").unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), after);
        }
    }
}
