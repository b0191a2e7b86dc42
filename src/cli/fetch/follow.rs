//! `outbound fetch --follow`: the records of a stream, until it is stopped.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::super::args::{Common, FetchArgs};
use super::super::asked::Asked;
use super::super::dataset::dataset;
use super::super::exit::Exit;
use super::super::interrupt;
use super::super::json;
use super::super::output::Output;
use super::super::place::Place;
use super::stream::{sink, standard_output, unwritten};
use crate::base::{Error, Kind, Result, Stage};
use crate::cli::narrator::Narrator;
use crate::dataset::{Client, Observer, Record, Records, StreamOptions};

/// What is here is written once it is so long, or once nothing more is here.
const BATCH: usize = 64 << 10;

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
    let sink = match sink(args).await? {
        Some(sink) => sink,
        None if args.output.is_none() => standard_output()?,
        None => Arc::new(appended(path).map_err(|cause| unwritten(path, cause))?),
    };
    let following = async {
        match follow(&mut records, &sink, output).await {
            Ok(()) => Ok(Exit::Success),
            Err(Broken::Stream(error)) => Ok(output.failed(&place, &error)),
            Err(Broken::Sink(cause)) if cause.kind() == ErrorKind::BrokenPipe => Ok(Exit::Success),
            Err(Broken::Sink(cause)) => Err(unwritten(path, cause)),
        }
    };
    tokio::select! {
        followed = following => followed,
        signal = stopped => {
            output.say(&format!("outbound: stopped by {signal}"));
            Ok(Exit::Interrupted)
        }
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

async fn follow(records: &mut Records, sink: &Arc<File>, output: &Output) -> Result<(), Broken> {
    let mut batch = Vec::new();
    loop {
        let record = match records.next_here() {
            Ok(Some(record)) if batch.len() < BATCH => Some(record),
            Ok(record) => {
                if let Some(record) = record {
                    write_record(&mut batch, &record, output.json);
                }
                // What is not written before the next wait would be lost with it.
                batch = write(sink, batch).await?;
                records.next().await.map_err(Broken::Stream)?
            }
            Err(error) => {
                write(sink, batch).await?;
                return Err(Broken::Stream(error));
            }
        };
        match record {
            Some(record) => write_record(&mut batch, &record, output.json),
            None => return Ok(()),
        }
    }
}

/// Writes the batch, and gives it back empty. A write under way ends even if nobody waits for it.
async fn write(sink: &Arc<File>, mut batch: Vec<u8>) -> Result<Vec<u8>, Broken> {
    if batch.is_empty() {
        return Ok(batch);
    }
    let sink = Arc::clone(sink);
    let writing = tokio::task::spawn_blocking(move || {
        (&*sink).write_all(&batch).map(|()| {
            batch.clear();
            batch
        })
    });
    let written = writing.await.map_err(std::io::Error::other);
    written.and_then(|done| done).map_err(Broken::Sink)
}

fn write_record(batch: &mut Vec<u8>, record: &Record, as_json: bool) {
    match record {
        Record::Line(line) if as_json => {
            let line = String::from_utf8_lossy(line);
            batch.extend(json::line(&json!({ "line": line })).as_bytes());
        }
        Record::Event(event) if as_json => {
            let event = json!({ "event": event.event, "id": event.id, "data": event.data });
            batch.extend(json::line(&event).as_bytes());
        }
        Record::Line(line) => batch.extend_from_slice(line),
        Record::Event(event) => batch.extend_from_slice(event.data.as_bytes()),
    }
    batch.push(b'\n');
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
