//! How a stream is read.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::http::HeaderMap;
use url::Url;

use super::backoff::Pauses;
use super::records::Record;
use crate::base::Result;
use crate::dataset::Observer;

/// What the records of a stream are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// Events if the answer is `text/event-stream`, else lines.
    #[default]
    ByMediaType,
    /// Lines, whatever the answer says it is.
    Lines,
    /// Server-Sent Events, whatever the answer says it is.
    Events,
}

/// How a stream is read, and opened again.
#[derive(Clone, Debug)]
pub struct StreamOptions {
    pub(super) form: Form,
    pub(super) silence: Option<Duration>,
    pub(super) longest: usize,
    pub(super) pauses: Pauses,
    pub(super) attempts: Option<u32>,
    pub(super) last_id: Option<String>,
    pub(super) resume: Option<Resume>,
    pub(super) observer: Observer,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self {
            form: Form::default(),
            silence: None,
            longest: 1 << 20,
            pauses: Pauses::default(),
            attempts: None,
            last_id: None,
            resume: None,
            observer: Observer::default(),
        }
    }
}

impl StreamOptions {
    /// The records are these; else by the answer's media type.
    pub fn with_form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// No byte for so long is a loss; else `timeouts.idle` of the settings. A heartbeat is a byte:
    /// the limit should be two or three times what lies between two of them.
    pub fn with_silence(mut self, limit: Duration) -> Self {
        self.silence = Some(limit);
        self
    }

    /// A record has so many bytes at most; else 1 MiB. A longer one ends the stream.
    pub fn with_longest(mut self, bytes: usize) -> Self {
        self.longest = bytes;
        self
    }

    /// The pauses before it is opened again.
    pub fn with_pauses(mut self, pauses: Pauses) -> Self {
        self.pauses = pauses;
        self
    }

    /// It is given up after so many tries without a byte. Else the first opening is tried as often
    /// as `retry.attempts` of the settings says, and what was open once is tried without end.
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// It begins behind the event with this id.
    pub fn with_last_id(mut self, id: impl Into<String>) -> Self {
        self.last_id = Some(id.into());
        self
    }

    /// Calls `resume` before it is opened again, to ask for what was missed: by a parameter with
    /// the time or the key of the last record. It must not block. An error of it ends the stream.
    pub fn with_resume(
        mut self,
        resume: impl Fn(&mut Reconnect) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.resume = Some(Resume(Arc::new(resume)));
        self
    }

    /// Tells `observer` what happens: [`Event::Connected`](crate::dataset::Event::Connected) and
    /// the five behind it.
    pub fn with_observer(mut self, observer: Observer) -> Self {
        self.observer = observer;
        self
    }
}

/// The request that opens a stream again, before it is sent.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reconnect {
    /// The URL: the dataset's. What takes its place must have the same scheme, host and port.
    pub url: Url,
    /// The fields: the dataset's, and `Last-Event-ID`.
    pub headers: HeaderMap,
    /// How many records came so far.
    pub records: u64,
    /// The last of them.
    pub last: Option<Record>,
}

#[derive(Clone)]
pub(super) struct Resume(pub(super) Arc<Hook>);

type Hook = dyn Fn(&mut Reconnect) -> Result<()> + Send + Sync;

impl fmt::Debug for Resume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resume")
    }
}
