//! What happens during a transfer, for whoever wants to show it.

use std::sync::Arc;
use std::time::Duration;

use crate::base::{Error, Route};

/// Something that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// It may not be what was asked for, although nothing failed: an answer of plain HTTP shows no
    /// trace of the proxy, in whose place a web server may listen. It comes before
    /// [`Started`](Self::Started), each time.
    Doubted {
        /// Why, and what makes sure.
        why: &'a str,
    },
    /// Bytes begin to come, or to go: at `offset`, of `total` when that is known.
    Started {
        /// The way they come.
        route: &'a Route,
        /// The offset of the first byte.
        offset: u64,
        /// The length of the whole.
        total: Option<u64>,
    },
    /// What is sent goes to this name on the server until it is whole: an FTP server's path, before
    /// [`Started`](Self::Started), each time; or S3's parts, once there may be some.
    Staged {
        /// The path, safe to show; of S3 `parts`, which are no object yet.
        name: &'a str,
    },
    /// What was sent to that name was taken back: nobody could have gone on with it.
    Removed,
    /// So many bytes of the whole are here, or were sent.
    Advanced {
        /// The offset behind the last byte.
        offset: u64,
    },
    /// It broke and is tried again after a pause.
    Retrying {
        /// What broke.
        error: &'a Error,
        /// How long the pause is.
        pause: Duration,
        /// The number of the coming try since the last progress, from 2.
        attempt: u32,
    },
    /// It starts again at the first byte.
    Restarted {
        /// Why what was there cannot be used.
        why: &'a str,
    },
    /// A stream is open.
    Connected {
        /// The way it comes.
        route: &'a Route,
    },
    /// A stream broke, or could not be opened.
    Lost {
        /// Why.
        error: &'a Error,
        /// How many bytes came of a record whose end did not. They are left out.
        unfinished: usize,
        /// Whether this is the end: the error is the one that
        /// [`Records::next`](crate::dataset::Records::next) gives.
        is_final: bool,
    },
    /// A stream that was lost is opened again after a pause.
    Waiting {
        /// How long the pause is.
        pause: Duration,
        /// The number of the coming try since the last byte, from 2.
        attempt: u32,
    },
    /// A stream of events is opened again without a word of where to go on: what its server sent meanwhile
    /// is lost, or comes again.
    Unplaced {
        /// Why.
        why: &'a str,
    },
    /// A stream is open again.
    Reconnected {
        /// The way it comes.
        route: &'a Route,
        /// The number of the try.
        attempt: u32,
    },
}

/// Takes events. It is called from the transfer's task and must not block.
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<Observe>>);

type Observe = dyn Fn(Event<'_>) + Send + Sync;

impl Observer {
    /// Calls `observe` for every event.
    pub fn new(observe: impl Fn(Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observe)))
    }

    pub(super) fn notify(&self, event: Event<'_>) {
        if let Some(observe) = &self.0 {
            observe(event);
        }
    }
}

impl std::fmt::Debug for Observer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() {
            "Observer"
        } else {
            "no Observer"
        })
    }
}
