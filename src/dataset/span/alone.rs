//! Work that goes on whether or not the one who wants it is polled.

use tokio::task::AbortHandle;

use crate::base::{Error, Kind, Result, Stage};

struct Ends(AbortHandle);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs `work` as a task that ends with this future. What holds one of a server's few logins must not
/// depend on its caller: who polls one of ten reads, and waits in it for an eleventh, would wait for ever.
///
/// # Errors
/// Those of `work`; that it panicked.
pub(crate) async fn alone<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let task = tokio::spawn(work);
    let _ends = Ends(task.abort_handle());
    task.await.unwrap_or_else(|cause| {
        let error = Error::new(Kind::Cut, Stage::Transfer, "the work was given up");
        Err(error.permanent().with_source(cause))
    })
}
