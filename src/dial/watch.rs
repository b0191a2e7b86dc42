//! What was passed so far on a way that somebody may give up.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::base::{Code, Stage, Step, Steps};

tokio::task_local! {
    static WATCH: Watch;
}

/// Keeps the stages that a future passes, so that they are known when it is dropped. What the
/// future spawns is not watched.
#[derive(Clone, Debug)]
pub(crate) struct Watch(Arc<Mutex<Seen>>);

#[derive(Debug)]
struct Seen {
    steps: Steps,
    since: Instant,
    presented: Vec<Presented>,
    remarks: Vec<Remark>,
}

/// Something about the other side that is worth to be known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remark {
    /// Its page says more.
    pub code: Code,
    /// What was found, safe to show.
    pub text: String,
}

/// The certificates that were shown in a handshake of TLS.
#[derive(Clone, Debug)]
pub(crate) struct Presented {
    /// [`Stage::ProxyTls`] or [`Stage::TargetTls`].
    pub stage: Stage,
    /// With whom: `data.example.org:443`.
    pub subject: String,
    /// In DER, the server's own first.
    pub chain: Vec<Vec<u8>>,
    /// `TLS 1.3`, where the handshake came to its end.
    pub version: Option<&'static str>,
    /// What was agreed on by ALPN.
    pub alpn: Option<Vec<u8>>,
}

impl Watch {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Seen {
            steps: Steps::default(),
            since: Instant::now(),
            presented: Vec::new(),
            remarks: Vec::new(),
        })))
    }

    /// Runs a future under this watch.
    pub async fn over<T>(&self, future: impl Future<Output = T>) -> T {
        WATCH.scope(self.clone(), future).await
    }

    /// The certificates that were shown so far, in order.
    pub fn certificates(&self) -> Vec<Presented> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.presented.clone()
    }

    /// What was remarked so far, each once.
    pub fn remarks(&self) -> Vec<Remark> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.remarks.clone()
    }

    /// The stages passed, and for how long the next one has been waited for.
    pub fn seen(&self) -> (Steps, Duration) {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (seen.steps.clone(), seen.since.elapsed())
    }
}

/// Tells whoever watches this task something about the other side.
pub(crate) fn remark(code: Code, text: String) {
    let _ = WATCH.try_with(|watch| {
        let mut seen = watch.0.lock().unwrap_or_else(PoisonError::into_inner);
        let remark = Remark { code, text };
        if !seen.remarks.contains(&remark) {
            seen.remarks.push(remark);
        }
    });
}

/// Tells whoever watches this task that certificates were shown.
pub(crate) fn presented(presented: impl FnOnce() -> Presented) {
    let _ = WATCH.try_with(|watch| {
        let mut seen = watch.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.presented.push(presented());
    });
}

/// Tells whoever watches this task that a stage was passed.
pub(crate) fn passed(step: &Step) {
    let _ = WATCH.try_with(|watch| {
        let mut seen = watch.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.steps.push(step.clone());
        seen.since = Instant::now();
    });
}
