//! Runs commands as a user would type them, and compares what happens with what should.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use clap::Parser as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::network::Network;
use crate::base::text::{escape, shell_word};
use crate::cli::args::Cli;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::transcript::Transcript;
use crate::connector::load::Surroundings;
use crate::lab::data;
use crate::lab::whole::PROXY_PASSWORD;

/// A command, and what should happen.
pub struct Act<'a> {
    /// What it shows, for the reader.
    pub about: &'a str,
    /// The settings file.
    pub settings: &'a Path,
    /// The command line after that.
    pub words: Vec<OsString>,
    pub exit: Exit,
    pub asked: Asked,
    /// Words that are in the output.
    pub says: &'a [&'a str],
    /// Files in the data folder, each with the embedded dataset that it is.
    pub files: &'a [(&'a str, &'a str)],
}

/// Which proxy is asked for anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Nobody,
    Proxy,
    Strict,
}

/// Runs [`Act`]s one after the other and counts what was compared.
pub struct Judge<'a> {
    network: &'a Network,
    /// The user's own.
    output: &'a Output,
    /// That of the commands.
    stage: Output,
    transcript: Arc<Transcript>,
    surroundings: Surroundings,
    checks: usize,
    differences: Vec<String>,
}

impl<'a> Judge<'a> {
    pub fn new(network: &'a Network, output: &'a Output) -> Self {
        let transcript = Arc::new(Transcript::new(!output.json && !output.quiet));
        Self {
            network,
            output,
            stage: Output::into_transcript(Arc::clone(&transcript)),
            transcript,
            // No variable of the user's, and no settings file but the one that is named.
            surroundings: Surroundings::new("/", std::iter::empty::<(OsString, OsString)>()),
            checks: 0,
            differences: Vec::new(),
        }
    }

    /// Words for the reader.
    pub fn tell(&self, words: &str) {
        self.stage.line(words);
    }

    /// Does what the command line says, by the very functions that `main` calls.
    pub async fn perform(&mut self, act: Act<'_>) {
        let arguments = command_line(act.settings, &act.words);
        let typed: Vec<String> = arguments
            .iter()
            .map(|word| shell_word(&escape(&word.to_string_lossy())))
            .collect();
        let typed = typed.join(" ");
        self.tell(&format!("\n# {}\n$ {typed}", act.about));
        let (start, before) = (self.transcript.len(), self.asked());
        let exit = match Cli::try_parse_from(&arguments) {
            // Boxed: this is called from what it calls.
            Ok(cli) => Box::pin(crate::cli::run(&cli, &self.surroundings, &self.stage)).await,
            Err(error) => {
                self.stage.complain(&error.to_string());
                Exit::Usage
            }
        };
        let said = self.transcript.since(start);
        let asked = self.asked();
        let asked = (asked.0 > before.0, asked.1 > before.1);

        let mut differences = Vec::new();
        let mut expect = |holds: bool, otherwise: String| {
            self.checks += 1;
            if !holds {
                differences.push(otherwise);
            }
        };
        let (code, wanted) = (exit.code(), act.exit.code());
        expect(
            code == wanted,
            format!("exit {code}, expected was {wanted}"),
        );
        let wanted = (act.asked == Asked::Proxy, act.asked == Asked::Strict);
        expect(asked == wanted, asked_otherwise(asked, wanted));
        for words in act.says {
            expect(said.contains(words), format!("the output lacks `{words}`"));
        }
        for (name, dataset) in act.files {
            let file = self.network.data.join(name);
            let otherwise = compare(&file, dataset);
            expect(otherwise.is_none(), otherwise.unwrap_or_default());
        }
        self.verdict(&typed, exit, &act, &differences);
        let command = act.words.first().map(|word| word.to_string_lossy());
        let command = command.unwrap_or_default();
        let named = differences.into_iter().map(|d| format!("{command}: {d}"));
        self.differences.extend(named);
    }

    fn verdict(&self, typed: &str, exit: Exit, act: &Act<'_>, differences: &[String]) {
        if self.output.json {
            let line = json!({
                "command": typed,
                "exit": exit.code(),
                "expected_exit": act.exit.code(),
                "as_expected": differences.is_empty(),
                "differences": differences,
            });
            self.output.line(&line.to_string());
        }
        if !differences.is_empty() {
            self.tell(&format!("= NOT as expected: {}", differences.join("; ")));
            return;
        }
        let asked = match act.asked {
            Asked::Nobody => "no proxy was asked",
            Asked::Proxy => "the proxy was asked",
            Asked::Strict => "the strict proxy was asked",
        };
        let files = match act.files.len() {
            0 => String::new(),
            1 => ", the file has the SHA-256 of its dataset".to_owned(),
            some => format!(", {some} files have the SHA-256 of their datasets"),
        };
        let code = exit.code();
        self.tell(&format!("= as expected: exit {code}, {asked}{files}"));
    }

    /// How many requests each of the proxies got.
    fn asked(&self) -> (usize, usize) {
        let Network { lab, strict, .. } = self.network;
        (lab.proxy.requests().len(), strict.requests().len())
    }

    /// The last comparison and the summary.
    pub fn finish(mut self) -> Exit {
        self.checks += 1;
        if self.transcript.since(0).contains(PROXY_PASSWORD) {
            self.differences.push("a password was shown".into());
        }
        let (checks, different) = (self.checks, self.differences.len());
        if self.output.json {
            let line = json!({ "checks": checks, "differences": self.differences });
            self.output.line(&line.to_string());
        }
        if different == 0 {
            self.tell(&format!("\ndemo: {checks} checks, all as expected"));
            return self.stage.end(Exit::Success);
        }
        self.tell("");
        let summary = format!("demo: {different} of {checks} checks NOT as expected");
        self.output.complain(&summary);
        for difference in &self.differences {
            self.output.complain(&format!("  {difference}"));
        }
        Exit::Other
    }
}

fn command_line(settings: &Path, words: &[OsString]) -> Vec<OsString> {
    let mut line = vec!["outbound".into(), "--config".into(), settings.into()];
    line.extend(words.iter().cloned());
    line
}

fn asked_otherwise(asked: (bool, bool), wanted: (bool, bool)) -> String {
    let was = |asked: bool| if asked { "was" } else { "was not" };
    if asked.0 != wanted.0 {
        return format!("the proxy {} asked", was(asked.0));
    }
    format!("the strict proxy {} asked", was(asked.1))
}

/// How the file differs from the embedded dataset, if it does.
fn compare(file: &Path, dataset: &str) -> Option<String> {
    let shown = escape(&file.to_string_lossy());
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(cause) => return Some(format!("{shown} cannot be read: {cause}")),
    };
    let digest = data::hex(&Sha256::digest(&bytes));
    match data::dataset(dataset) {
        Some(dataset) if dataset.sha256 == digest => None,
        Some(dataset) => Some(format!(
            "{shown} has the SHA-256 {digest}, that of {} is {}",
            dataset.path, dataset.sha256
        )),
        None => Some(format!("there is no dataset {dataset}")),
    }
}
