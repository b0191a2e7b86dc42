//! Records on their way out: whole, and harmless where a person watches.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal as _, Seek as _, SeekFrom, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileTypeExt as _;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::io::Interest;
use tokio::net::unix::pipe::Sender;
use tokio::task::JoinHandle;

use super::super::json;
use crate::base::text;
use crate::dataset::Record;

/// What is here is written once it is so long, or once nothing more is here.
const FULL: usize = 64 << 10;

/// Who stops the program waits so long for whoever reads a pipe.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a record is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As the server sent it.
    Plain,
    /// For a terminal: what would move its cursor, or worse, is escaped.
    Shown,
    /// An object.
    Json,
}

/// A line as an object.
#[derive(Serialize)]
struct LineObject<'a> {
    line: Cow<'a, str>,
}

/// An event as an object.
#[derive(Serialize)]
struct EventObject<'a> {
    event: &'a str,
    id: &'a str,
    data: &'a str,
}

/// Records that are to be written, and where each ends.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Batch {
    /// Whether it is long enough to be written although more is here.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= FULL
    }

    fn push(&mut self, record: &Record, form: Form) {
        let bytes = &mut self.bytes;
        match (record, form) {
            (Record::Line(line), Form::Plain) => bytes.extend_from_slice(line),
            (Record::Event(event), Form::Plain) => bytes.extend_from_slice(event.data.as_bytes()),
            (Record::Line(line), Form::Shown) => {
                bytes.extend_from_slice(text::escape_data(line).as_bytes())
            }
            (Record::Event(event), Form::Shown) => {
                bytes.extend_from_slice(text::escape_data(event.data.as_bytes()).as_bytes());
            }
            (Record::Line(line), Form::Json) => {
                let line = String::from_utf8_lossy(line);
                bytes.extend_from_slice(json::line(&LineObject { line }).as_bytes());
            }
            (Record::Event(event), Form::Json) => {
                let object = EventObject {
                    event: &event.event,
                    id: &event.id,
                    data: &event.data,
                };
                bytes.extend_from_slice(json::line(&object).as_bytes());
            }
        }
        bytes.push(b'\n');
        self.ends.push(bytes.len());
    }

    /// Of so many bytes, how many are whole records.
    fn whole(&self, written: usize) -> usize {
        let ends = self.ends.partition_point(|end| *end <= written);
        ends.checked_sub(1).map_or(0, |last| self.ends[last])
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

/// Where they go.
#[derive(Debug)]
pub struct Sink {
    file: Arc<File>,
    form: Form,
    /// Whether what was written can be taken back.
    is_regular: bool,
    under_way: Option<JoinHandle<io::Result<Batch>>>,
}

impl Sink {
    /// Writes to what is open already.
    pub fn new(file: Arc<File>, as_json: bool) -> Self {
        let form = match (as_json, file.is_terminal()) {
            (true, _) => Form::Json,
            (false, true) => Form::Shown,
            (false, false) => Form::Plain,
        };
        Self {
            form,
            is_regular: file.metadata().is_ok_and(|about| about.is_file()),
            file,
            under_way: None,
        }
    }

    /// Puts a record into the batch, as it is to be written.
    pub fn add(&self, batch: &mut Batch, record: &Record) {
        batch.push(record, self.form);
    }

    /// Writes the batch, and gives it back empty. A write that is not waited for goes on:
    /// [`settle`](Self::settle).
    pub async fn write(&mut self, mut batch: Batch) -> io::Result<Batch> {
        if batch.bytes.is_empty() {
            return Ok(batch);
        }
        let (file, is_regular) = (Arc::clone(&self.file), self.is_regular);
        let writing = tokio::task::spawn_blocking(move || {
            put(&file, &batch, is_regular)?;
            batch.clear();
            Ok(batch)
        });
        let written = self.under_way.insert(writing).await;
        self.under_way = None;
        written.map_err(io::Error::other)?
    }

    /// Waits for a write that was left under way, so that no record stays cut: as long as a file
    /// takes, and for whoever reads a pipe a while.
    pub async fn settle(&mut self) -> io::Result<()> {
        let Some(writing) = self.under_way.take() else {
            return Ok(());
        };
        let written = match self.is_regular {
            true => writing.await,
            false => match tokio::time::timeout(PATIENCE, writing).await {
                Ok(written) => written,
                Err(_) => return Ok(()),
            },
        };
        written.map_err(io::Error::other)?.map(drop)
    }
}

/// Waits until nobody can read any more what is written to a pipe: a stream may have nothing to
/// write for hours, which is when it would be found. Of what is no pipe it never ends.
pub async fn unread(file: &File) {
    let is_pipe = file
        .metadata()
        .is_ok_and(|about| about.file_type().is_fifo());
    if is_pipe
        && let Ok(pipe) = file.as_fd().try_clone_to_owned()
        // It is watched alone, and blocks whoever writes to it as before.
        && let Ok(pipe) = Sender::from_owned_fd_unchecked(pipe)
        && pipe.ready(Interest::ERROR).await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

/// Writes all of it, or says why not. Of a record that did not fit into a regular file nothing
/// stays there, unless somebody else has written behind it.
fn put(mut file: &File, batch: &Batch, is_regular: bool) -> io::Result<()> {
    let mut written = 0;
    while written < batch.bytes.len() {
        match file.write(&batch.bytes[written..]) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(more) => written += more,
            Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
            Err(cause) => {
                let half = written - batch.whole(written);
                if is_regular && half > 0 {
                    // Why it failed matters more than that this fails too.
                    let _ = take_back(file, half as u64);
                }
                return Err(cause);
            }
        }
    }
    Ok(())
}

fn take_back(mut file: &File, bytes: u64) -> io::Result<()> {
    let end = file.stream_position()?;
    if file.metadata()?.len() == end {
        let whole = end.saturating_sub(bytes);
        file.set_len(whole)?;
        // Whoever shares the descriptor goes on here.
        file.seek(SeekFrom::Start(whole))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Read as _;
    use std::os::fd::OwnedFd;
    use std::pin::pin;
    use std::task::Poll;

    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn of_what_was_written_the_whole_records_are_known() {
        let mut batch = Batch::default();
        for line in ["ab", "", "c"] {
            batch.push(&Record::Line(line.into()), Form::Plain);
        }
        assert_eq!(batch.bytes, b"ab\n\nc\n");
        let whole: Vec<usize> = (0..=6).map(|written| batch.whole(written)).collect();
        assert_eq!(whole, [0, 0, 0, 3, 4, 4, 6]);
    }

    #[tokio::test]
    async fn a_write_that_was_left_is_waited_for() {
        let (mut reader, writer) = io::pipe().unwrap();
        let pipe = File::from(OwnedFd::from(writer));
        let mut sink = Sink::new(Arc::new(pipe), false);
        let mut batch = Batch::default();
        // More than a pipe holds.
        sink.add(&mut batch, &Record::Line(vec![b'x'; 1 << 20].into()));
        assert!(sink.write(batch).now_or_never().is_none());
        let mut settling = pin!(sink.settle());
        let is_waiting = poll_fn(|cx| Poll::Ready(settling.as_mut().poll(cx).is_pending()));
        assert!(is_waiting.await);
        let reading = tokio::task::spawn_blocking(move || {
            let mut came = vec![0; (1 << 20) + 1];
            reader.read_exact(&mut came).map(|()| came)
        });
        settling.await.unwrap();
        assert!(reading.await.unwrap().unwrap().ends_with(b"x\n"));
    }

    #[test]
    fn half_a_record_is_taken_back_unless_somebody_wrote_behind_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let open = || File::options().append(true).create(true).open(&path);
        let (mut file, mut other) = (open().unwrap(), open().unwrap());
        file.write_all(b"whole\nha").unwrap();
        take_back(&file, 2).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole\n");
        file.write_all(b"ha").unwrap();
        other.write_all(b"more").unwrap();
        take_back(&file, 2).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole\nhamore");
    }
}
