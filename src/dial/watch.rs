//! What was passed so far on a way that somebody may give up.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::base::{Step, Steps};

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
}

impl Watch {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Seen {
            steps: Steps::default(),
            since: Instant::now(),
        })))
    }

    /// Runs a future under this watch.
    pub async fn over<T>(&self, future: impl Future<Output = T>) -> T {
        WATCH.scope(self.clone(), future).await
    }

    /// The stages passed, and for how long the next one has been waited for.
    pub fn seen(&self) -> (Steps, Duration) {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (seen.steps.clone(), seen.since.elapsed())
    }
}

/// Tells whoever watches this task that a stage was passed.
pub(crate) fn passed(step: &Step) {
    let _ = WATCH.try_with(|watch| {
        let mut seen = watch.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.steps.push(step.clone());
        seen.since = Instant::now();
    });
}
