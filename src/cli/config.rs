//! `outbound config`: the settings in force, and what is wrong with them.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::args::Common;
use super::exit::Exit;
use super::json;
use super::log;
use super::output::{Output, causes, indented};
use crate::base::{Error, Kind, Origin, Result, text};
use crate::connector::load::{self, Loaded, Refused, Surroundings};
use crate::connector::verify;
use crate::settings::{Level, Policy, Problem, Shown};

/// `config show`: every value in force and its origin.
pub fn show(
    policy: &Policy,
    surroundings: &Surroundings,
    common: &Common,
    output: &Output,
) -> Result<Exit> {
    let loaded = load::layers_in(surroundings, &common.flags());
    if loaded.files.is_empty() {
        output.say(&format!("outbound: {}", files_read(&loaded, surroundings)));
    }
    let chosen = match &common.connection {
        Some(name) => Some(policy.connection(name)?),
        None => None,
    };
    // With --connection, the others have no say.
    let others = |row: &&Shown| match (chosen, row.key.strip_prefix("connections.")) {
        (Some(chosen), Some(rest)) => rest.split('.').next() == Some(&chosen.name),
        _ => true,
    };
    let rows: Vec<&Shown> = policy.shown().iter().filter(others).collect();
    let width = |text: &dyn Fn(&Shown) -> usize, most: usize| {
        let widths = rows.iter().map(|row| text(row));
        widths.filter(|width| *width <= most).max().unwrap_or(0)
    };
    let keys = width(&|row| row.key.chars().count(), 48);
    let values = width(&|row| row.value.chars().count(), 40);
    for row in &rows {
        let origin = row.origin.to_string();
        let line = if output.json {
            json::line(&json!({ "key": row.key, "value": row.value, "origin": origin }))
        } else {
            let value = text::escape(&row.value);
            format!("{:<keys$}  {value:<values$}  {origin}", row.key)
        };
        output.line(&line);
    }
    Ok(Exit::Success)
}

/// `config check`: everything that is wrong, and what is doubtful. No warning is said before: it
/// is among the findings.
pub fn check(surroundings: &Surroundings, common: &Common, output: &Output) -> Result<Exit> {
    let loaded = load::layers_in(surroundings, &common.flags());
    let mut findings: Vec<Finding> = loaded.refused.iter().map(Finding::of_refused).collect();
    let read = files_read(&loaded, surroundings);
    let refused: Vec<_> = loaded.refused.iter().map(|file| &file.origin).collect();
    // It is an error already that it stands there.
    let is_new = |doubt: &&Problem| !refused.contains(&&Some(doubt.origin.clone()));
    match loaded.layers.build() {
        Ok(policy) => {
            let doubts = policy.doubts();
            findings.extend(doubts.iter().filter(is_new).map(Finding::of_problem));
            findings.extend(log::doubt(&policy).iter().map(Finding::of_problem));
            let unusable = verify::unusable(&policy, surroundings);
            findings.extend(unusable.iter().map(Finding::of_problem));
            if let Some(name) = &common.connection
                && let Err(error) = policy.connection(name)
            {
                findings.push(Finding::of_error(&error));
            }
        }
        Err(problems) => {
            findings.extend(problems.iter().filter(is_new).map(Finding::of_problem));
        }
    }
    let ignored = surroundings.ignored(&common.flags());
    findings.extend(ignored.iter().map(Finding::of_problem));
    // As a reader goes through a file, whoever found it.
    findings.sort_by_key(Finding::position);
    for finding in &findings {
        if output.json {
            output.line(&json::line(&finding.as_json()));
        } else {
            finding.show(output);
        }
    }
    let wrong = || findings.iter().filter(|finding| finding.is_error);
    let errors = wrong().count();
    let warnings = findings.len() - errors;
    if !output.json {
        output.line(&match (errors, warnings) {
            (0, 0) => format!("ok: no problem; {read}"),
            (0, some) => format!("ok: no error, {}; {read}", count(some, "warning")),
            (some, 0) => format!("{}; {read}", count(some, "error")),
            (some, more) => format!(
                "{}, {}; {read}",
                count(some, "error"),
                count(more, "warning")
            ),
        });
    }
    Ok(match errors {
        0 => Exit::Success,
        _ if wrong().all(|finding| finding.is_argument) => Exit::Usage,
        _ => Exit::Settings,
    })
}

/// Which settings files were read; when none was, where they would be.
fn files_read(loaded: &Loaded, surroundings: &Surroundings) -> String {
    let list = |paths: &[PathBuf]| {
        let shown = paths.iter().map(|p| text::escape(&p.to_string_lossy()));
        shown.collect::<Vec<_>>().join(", ")
    };
    if !loaded.files.is_empty() {
        return format!("read {}", list(&loaded.files));
    }
    if !loaded.refused.is_empty() {
        return "no settings file is in use".to_owned();
    }
    let mut places = vec![surroundings.system_file()];
    places.extend(surroundings.user_file());
    format!(
        "no settings file was read: there is none at {}",
        list(&places)
    )
}

fn count(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}

/// One thing that is wrong or doubtful.
struct Finding {
    is_error: bool,
    /// Whether an argument is at fault, not a setting.
    is_argument: bool,
    what: String,
    /// `None` when the words say it.
    origin: Option<Origin>,
    file: Option<PathBuf>,
    hint: Option<String>,
}

impl Finding {
    fn of_problem(problem: &Problem) -> Self {
        Self {
            is_error: problem.level == Level::Error,
            is_argument: matches!(problem.origin, Origin::Flag(_)),
            what: problem.what.clone(),
            file: match &problem.origin {
                Origin::File { path, .. } => Some(path.to_path_buf()),
                _ => None,
            },
            origin: Some(problem.origin.clone()),
            hint: problem.hint.clone(),
        }
    }

    fn of_error(error: &Error) -> Self {
        let mut what = error.to_string();
        for cause in causes(error) {
            what = format!("{what}: {cause}");
        }
        Self {
            is_error: true,
            is_argument: error.kind() == Kind::Usage,
            what,
            origin: None,
            file: None,
            hint: error.hint().map(str::to_owned),
        }
    }

    fn of_refused(refused: &Refused) -> Self {
        let found = Self {
            file: Some(refused.path.clone()),
            ..Self::of_error(&refused.error)
        };
        let Some(origin) = &refused.origin else {
            return found;
        };
        let what = found.what.strip_prefix(&format!("{origin}: "));
        Self {
            what: what.unwrap_or(&found.what).to_owned(),
            origin: Some(origin.clone()),
            ..found
        }
    }

    /// What is of a file, by its lines; then what is of none.
    fn position(&self) -> (bool, Option<PathBuf>, Option<usize>) {
        let line = match &self.origin {
            Some(Origin::File { line, .. }) => *line,
            _ => None,
        };
        (self.file.is_none(), self.file.clone(), line)
    }

    fn level(&self) -> &'static str {
        if self.is_error { "error" } else { "warning" }
    }

    fn show(&self, output: &Output) {
        let what = indented(&self.what);
        let what = match &self.origin {
            Some(origin) => format!("{origin}: {what}"),
            None => what,
        };
        output.line(&format!("{:<7}  {what}", self.level()));
        if let Some(hint) = &self.hint {
            output.line(&format!("  hint   {}", indented(hint)));
        }
    }

    fn as_json(&self) -> Value {
        let (line, key) = match &self.origin {
            Some(Origin::File { line, key, .. }) => {
                (*line, Some(key).filter(|key| !key.is_empty()))
            }
            _ => (None, None),
        };
        json!({
            "level": self.level(),
            "what": self.what,
            "origin": self.origin.as_ref().map(ToString::to_string),
            "file": self.file.as_ref().map(|path| path.to_string_lossy()),
            "line": line,
            "key": key,
            "hint": self.hint,
        })
    }
}
