//! The runtime that drives connections, and how a thread waits for it.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::{Builder, Handle};
use tokio::task::coop;

use crate::base::{Error, Kind, Result, Side, Stage};

/// Cheap to clone; the last clone ends it.
#[derive(Clone, Debug)]
pub(super) struct Runtime(Arc<Owned>);

#[derive(Debug)]
struct Owned(Option<tokio::runtime::Runtime>);

impl Drop for Owned {
    /// A runtime that is just dropped waits for what it runs, and panics in an async task.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Runtime {
    pub fn start() -> Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("outbound");
        let runtime = builder.enable_all().build().map_err(|cause| {
            let what = "the thread that drives connections cannot be started";
            Error::new(Kind::Unsupported, Stage::Settings, what)
                .with_side(Side::Here)
                .with_source(cause)
        })?;
        Ok(Self(Arc::new(Owned(Some(runtime)))))
    }

    /// Waits for `future` on this thread. Not by tokio's `block_on`, which panics where it must not
    /// be called.
    ///
    /// # Errors
    /// An async task called it.
    pub fn wait<F: Future>(&self, future: F) -> Result<F::Output> {
        if in_async_task() {
            let what = "a blocking call within an async task would stop its thread";
            return Err(Error::new(Kind::Usage, Stage::Settings, what).with_hint(
                "use outbound::Client there, or call it within tokio::task::spawn_blocking",
            ));
        }
        // Sockets and timers belong to the runtime that is entered.
        let _inside = self.0.0.as_ref().map(tokio::runtime::Runtime::enter);
        let waker = Waker::from(Arc::new(Parked(thread::current())));
        let mut cx = Context::from_waker(&waker);
        let mut future = pin!(future);
        loop {
            match future.as_mut().poll(&mut cx) {
                Poll::Ready(output) => return Ok(output),
                Poll::Pending => thread::park(),
            }
        }
    }
}

struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Whether a task of tokio is being polled on this thread. A task has a budget of steps until it
/// must yield (128 in tokio 1); a thread that may block, of `spawn_blocking` or `block_in_place`,
/// has none although it belongs to a runtime.
fn in_async_task() -> bool {
    if Handle::try_current().is_err() {
        return false;
    }
    let mut cx = Context::from_waker(Waker::noop());
    (0..=u8::MAX).any(|_| match coop::poll_proceed(&mut cx) {
        Poll::Ready(step) => {
            step.made_progress();
            false
        }
        Poll::Pending => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::runtime;

    #[test]
    fn async_tasks_are_told_from_threads_that_may_block() {
        assert!(!in_async_task());
        for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            let runtime: runtime::Runtime = builder.build().unwrap();
            assert!(runtime.block_on(async { in_async_task() }));
            runtime.block_on(async {
                assert!(tokio::spawn(async { in_async_task() }).await.unwrap());
                let blocking = tokio::task::spawn_blocking(in_async_task);
                assert!(!blocking.await.unwrap());
                let local = tokio::task::LocalSet::new();
                assert!(local.run_until(async { in_async_task() }).await);
            });
            let _inside = runtime.enter();
            assert!(!in_async_task(), "entered, and no task");
        }
        let runtime = Builder::new_multi_thread().build().unwrap();
        let in_place = async { tokio::task::block_in_place(in_async_task) };
        assert!(!runtime.block_on(async { tokio::spawn(in_place).await.unwrap() }));
    }

    /// Where the budget does not tell, it waits; it still does not panic.
    #[test]
    fn an_unconstrained_task_is_no_panic() {
        let inner = Runtime::start().unwrap();
        let outer = Builder::new_current_thread().build().unwrap();
        let waited = outer.block_on(coop::unconstrained(async {
            inner.wait(async { tokio::spawn(async { 7 }).await.unwrap() })
        }));
        assert_eq!(waited.unwrap(), 7);
        outer.block_on(async { drop(inner) });
    }
}
