//! What became of a run so far.

use crate::cli::exit::Exit;
use crate::cli::output::Output;

/// So many of the paths that failed are named again at the end.
const NAMED: usize = 100;

/// Counts, and the first failures.
#[derive(Debug, Default)]
pub struct Tally {
    pub files: u64,
    pub bytes: u64,
    pub unchanged: u64,
    pub older: u64,
    pub left_out: u64,
    pub deleted: u64,
    pub failed: u64,
    named: Vec<String>,
    exit: Option<Exit>,
}

/// What was asked for, as far as the last line tells it.
#[derive(Clone, Copy)]
pub struct Asked {
    pub dry_run: bool,
    pub newer: bool,
    pub delete: bool,
}

impl Tally {
    /// `path` is empty for the folder that was asked for, which its own error names.
    pub fn fail(&mut self, path: &str, exit: Exit) {
        self.failed += 1;
        if self.named.len() < NAMED && !path.is_empty() {
            self.named.push(path.to_owned());
        }
        self.end_with(exit);
    }

    /// The exit, unless something failed before.
    pub fn end_with(&mut self, exit: Exit) {
        self.exit.get_or_insert(exit);
    }

    /// Says what became of it.
    pub fn end(self, output: &Output, asked: Asked, stopped: Option<&str>) -> Exit {
        if let Some(signal) = stopped {
            output.say(&format!(
                "outbound: stopped by {signal}; the same command goes on"
            ));
        }
        for path in &self.named {
            output.complain(&format!("outbound: failed: {path}"));
        }
        if self.named.len() == NAMED && self.failed > NAMED as u64 {
            let more = self.failed - NAMED as u64;
            output.complain(&format!("outbound: failed: {more} more, told above"));
        }
        let (brought, deleted) = match asked.dry_run {
            true => ("to bring in", "to delete"),
            false => ("brought in", "deleted"),
        };
        let mut line = format!(
            "outbound: {} {brought}, {} bytes; {} unchanged, {} left out, {} failed",
            self.files, self.bytes, self.unchanged, self.left_out, self.failed
        );
        if asked.newer {
            line.push_str(&format!(", {} not newer", self.older));
        }
        if asked.delete {
            line.push_str(&format!(", {} {deleted}", self.deleted));
        }
        output.say(&line);
        match stopped {
            Some(_) => Exit::Interrupted,
            None => self.exit.unwrap_or(Exit::Success),
        }
    }
}
