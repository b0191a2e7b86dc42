//! What commands printed, kept so that it can be compared with what was expected.

use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Data and talk of several commands, in the order in which a terminal would show them.
#[derive(Debug)]
pub struct Transcript {
    shown: bool,
    text: Mutex<String>,
}

impl Transcript {
    /// An empty one; `shown` if standard output is to get every line too.
    pub fn new(shown: bool) -> Self {
        Self {
            shown,
            text: Mutex::default(),
        }
    }

    /// Adds a line, which may hold line ends.
    ///
    /// # Errors
    /// It is in the transcript, but cannot be shown.
    pub fn take(&self, line: &str) -> io::Result<()> {
        let mut text = self.text();
        text.push_str(line);
        text.push('\n');
        // The lock is kept, so that what is shown has the same order.
        match self.shown {
            true => writeln!(io::stdout().lock(), "{line}"),
            false => Ok(()),
        }
    }

    /// How long it is by now, in bytes.
    pub fn len(&self) -> usize {
        self.text().len()
    }

    /// What came after the first `from` bytes.
    pub fn since(&self, from: usize) -> String {
        self.text().get(from..).unwrap_or_default().to_owned()
    }

    fn text(&self) -> MutexGuard<'_, String> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
