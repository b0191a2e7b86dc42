//! SIGINT and SIGTERM.

use std::cell::RefCell;

use super::exit::Exit;
use super::output::Output;
use crate::base::Result;

/// What is being done, for who stops it.
#[derive(Default)]
pub struct Doing(RefCell<String>);

impl Doing {
    /// Says what begins: `list ftp://h/`.
    pub fn begins(&self, what: String) {
        *self.0.borrow_mut() = what;
    }
}

/// Does `work` until it ends or a signal asks to stop; then says what was being done.
pub async fn unless_stopped(
    output: &Output,
    doing: &Doing,
    work: impl Future<Output = Result<Exit>>,
) -> Result<Exit> {
    tokio::select! {
        exit = work => exit,
        signal = wait() => {
            output.say(&format!("outbound: stopped by {signal}: {}", doing.0.borrow()));
            Ok(Exit::Interrupted)
        }
    }
}

/// Waits for a signal that asks to stop, and gives its name. It is heard from the call on, and not only
/// when the future is first asked: what it stops may have begun by then.
pub fn wait() -> impl Future<Output = &'static str> {
    #[cfg(unix)]
    let heard = {
        use tokio::signal::unix::{SignalKind, signal};
        let heard = signal(SignalKind::terminate());
        heard.and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)))
    };
    async move {
        #[cfg(unix)]
        if let Ok((mut terminate, mut interrupt)) = heard {
            return tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
        }
        let _ = tokio::signal::ctrl_c().await;
        "SIGINT"
    }
}
