//! An opening that is kept while nobody waits for it.

use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

/// What is under way to `T`. Whoever waits may stop, to do something else, and come back: a loop of
/// `select!` with a clock that is quicker than the opening would else begin it for ever.
///
/// The lock is never waited for: it makes the whole shareable, which its user's own must be.
pub(super) struct Opening<T>(Mutex<Pin<Box<dyn Future<Output = T> + Send>>>);

impl<T> Opening<T> {
    /// Begins with the first [`done`](Self::done).
    pub(super) fn new(opening: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Mutex::new(Box::pin(opening)))
    }

    /// Goes on, and waits until it is done. Not to be asked again after that.
    pub(super) async fn done(&mut self) -> T {
        let opening = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        opening.as_mut().await
    }
}

impl<T> fmt::Debug for Opening<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening")
    }
}
