//! What people and machines get to see: data on standard output, talk on standard error.

use std::collections::HashSet;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::args::Common;
use super::exit::Exit;
use super::json;
use super::place::Place;
use super::transcript::Transcript;
use crate::base::{Error, text};

/// How to talk.
#[derive(Clone, Debug)]
pub struct Output {
    /// JSON on standard output.
    pub json: bool,
    /// Only what went wrong.
    pub quiet: bool,
    /// Whether a person watches standard error.
    pub watched: bool,
    /// Takes data and talk together, in place of the two streams.
    transcript: Option<Arc<Transcript>>,
    /// Why data did not get out, the first time.
    lost: Arc<OnceLock<io::Error>>,
    /// What is said once, however often it is found.
    said: Arc<Mutex<HashSet<String>>>,
}

impl Output {
    /// As the flags say.
    pub fn new(common: &Common) -> Self {
        Self {
            json: common.json,
            quiet: common.quiet,
            watched: io::stderr().is_terminal() && !common.quiet,
            transcript: None,
            lost: Arc::default(),
            said: Arc::default(),
        }
    }

    /// Everything as a person sees it at a terminal, into a transcript.
    pub fn into_transcript(transcript: Arc<Transcript>) -> Self {
        Self {
            json: false,
            quiet: false,
            watched: false,
            transcript: Some(transcript),
            lost: Arc::default(),
            said: Arc::default(),
        }
    }

    /// The same for what was said already: errors alone.
    pub fn silenced(&self) -> Self {
        Self {
            quiet: true,
            ..self.clone()
        }
    }

    /// A line of data. A reader that went away is no error; what else keeps it from getting out
    /// is one at the [`end`](Self::end).
    pub fn line(&self, line: &str) {
        let written = match &self.transcript {
            Some(transcript) => transcript.take(line),
            None => writeln!(io::stdout().lock(), "{line}"),
        };
        match written {
            Err(cause) if cause.kind() != ErrorKind::BrokenPipe => {
                let _ = self.lost.set(cause);
            }
            _ => {}
        }
    }

    /// How everything ends: lost data is no success.
    pub fn end(&self, exit: Exit) -> Exit {
        let Some(cause) = self.lost.get() else {
            return exit;
        };
        self.complain(&format!("outbound: write to standard output: {cause}"));
        exit.and(Exit::LocalFile)
    }

    /// A line of talk.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            self.complain(line);
        }
    }

    /// A line of talk that cannot be silenced: something is wrong.
    pub fn complain(&self, line: &str) {
        match &self.transcript {
            Some(transcript) => {
                let _ = transcript.take(line);
            }
            None => {
                let _ = writeln!(io::stderr().lock(), "{line}");
            }
        }
    }

    /// Something that is not wrong yet.
    pub fn warn(&self, message: &str) {
        self.say(&format!("outbound: warning: {message}"));
    }

    /// The warning, the first time that it is due: one doubt holds for all that comes through a
    /// proxy.
    pub fn doubt(&self, why: &str) -> Option<String> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = said.insert(why.to_owned());
        is_new.then(|| format!("outbound: warning: {why}"))
    }

    /// An error that is about no single place: one line, its causes, and what to do next.
    pub fn error(&self, error: &Error) {
        self.complain(&report("outbound: ", error));
    }

    /// An error about one place, for people and machines. Gives the exit that it makes.
    pub fn failed(&self, place: &Place<'_>, error: &Error) -> Exit {
        self.failed_with(place, serde_json::json!({}), error)
    }

    /// The same, about `more` than the place: fields of the JSON object.
    pub fn failed_with(
        &self,
        place: &Place<'_>,
        mut more: serde_json::Value,
        error: &Error,
    ) -> Exit {
        if self.json {
            more["error"] = json::error(error);
            self.line(&place.json(more));
        }
        self.complain(&report(place.prefix(), error));
        Exit::of(error)
    }
}

/// The error behind `prefix`, then `cause: …`, `side: …` and `hint: …` where there are any. Whose
/// side it is says itself of an error that no way was taken for.
fn report(prefix: &str, error: &Error) -> String {
    let mut lines = vec![format!("{prefix}{error}")];
    lines.extend(causes(error).map(|cause| format!("  cause: {cause}")));
    if error.route().is_some() {
        lines.push(format!("  side: {}; {}", error.side(), again(error)));
    }
    if let Some(hint) = error.hint() {
        lines.push(format!("  hint: {}", indented(hint)));
    }
    lines.join("\n")
}

/// Whether trying again may help, in words.
pub fn again(error: &Error) -> &'static str {
    match error.is_transient() {
        true => "trying again may help",
        false => "trying again does not help",
    }
}

/// The causes of an error, each once: many errors repeat their source.
pub fn causes(error: &Error) -> impl Iterator<Item = String> {
    let mut said = error.to_string();
    let mut causes = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        let words = text::clip(&cause.to_string());
        if !said.contains(&words) {
            said.push_str(&words);
            causes.push(words);
        }
        next = cause.source();
    }
    causes.into_iter()
}

/// What the user typed, safe to show again: userinfo left out, control characters escaped.
pub fn without_userinfo(written: &str) -> String {
    text::clip_to(&text::without_userinfo(written), 2000)
}

/// A URL, or what stands for one, for text: its query and its fragment may be tokens, and what is
/// shown ends in logs and tickets.
pub fn without_query(shown: &str) -> String {
    let shown = match shown.split_once('#') {
        Some((before, _)) if before.contains("://") => before,
        _ => shown,
    };
    match shown.split_once('?') {
        Some((path, _)) => format!("{path}?…"),
        None => shown.to_owned(),
    }
}

/// The lines of a text below each other, control characters escaped.
pub fn indented(lines: &str) -> String {
    text::escape_lines(lines).replace('\n', "\n    ")
}
