//! The forms in which `outbound check` tells what it found. Text is in `verdict`.

mod json;
mod markdown;
pub(in crate::cli) mod schema;
mod told;

use std::cell::Cell;
use std::time::SystemTime;

use self::told::Told;
use super::checked::Checked;
use super::{compare, held, repeat, table, verdict};
use crate::base::{Error, Kind, Result, Stage};
use crate::cli::args::CheckArgs;
use crate::cli::output::Output;
use crate::cli::place::Place;
use crate::ftp::listing::{Exact, Stamp};

/// What goes to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Json,
    Markdown,
}

/// Tells of each target as soon as it was walked, and of all of them at the end.
pub(super) struct Reports<'a> {
    output: &'a Output,
    form: Form,
    /// Whether a table at the end has what went well.
    is_listed: bool,
    /// Whether anything was shown: an end belongs to it.
    is_shown: Cell<bool>,
}

impl<'a> Reports<'a> {
    /// In the form that the flags ask for.
    pub fn begin(args: &CheckArgs, output: &'a Output) -> Result<Self> {
        let form = match (output.json, args.report.markdown) {
            (true, true) => {
                let what = "--json and --markdown cannot both be printed";
                let error = Error::new(Kind::Usage, Stage::Settings, what);
                return Err(error.with_hint("leave one of them out"));
            }
            (true, false) => Form::Json,
            (false, true) => Form::Markdown,
            (false, false) => Form::Text,
        };
        Ok(Self {
            output,
            form,
            is_listed: args.all,
            is_shown: Cell::default(),
        })
    }

    /// Where it goes.
    pub fn output(&self) -> &Output {
        self.output
    }

    /// Tells of one target.
    pub fn add(&self, place: &Place<'_>, checked: &Checked) {
        let is_listed = self.is_listed && self.form != Form::Json;
        if (self.output.quiet || is_listed) && checked.is_well() {
            return;
        }
        let mut lines = match self.form {
            Form::Text => text(place, checked),
            Form::Json => vec![json::line(place, checked)],
            Form::Markdown => markdown::lines(&Told::new(&place.name(), checked)),
        };
        if is_listed && self.form == Form::Text {
            lines.push(String::new());
        }
        self.print(&lines);
    }

    /// Tells of all of them together.
    pub fn end<'b>(&self, rows: impl Iterator<Item = (&'b str, Option<&'b Checked>)>) {
        match self.form {
            Form::Text if self.is_listed => self.print(&table::lines(rows)),
            Form::Markdown => {
                if self.is_listed {
                    self.print(&markdown::block(&table::lines(rows).join("\n"), ""));
                    self.print(&[String::new()]);
                }
                if self.is_shown.get() {
                    self.print(&[markdown::end(&made())]);
                }
            }
            _ => {}
        }
    }

    fn print(&self, lines: &[String]) {
        lines.iter().for_each(|line| self.output.line(line));
        self.is_shown.set(true);
    }
}

fn text(place: &Place<'_>, checked: &Checked) -> Vec<String> {
    let mut lines = match checked.first() {
        Some(report) => verdict::lines(&place.name(), report),
        None => Vec::new(),
    };
    lines.extend(beside(checked));
    lines.extend(checked.held.iter().flat_map(held::lines));
    lines
}

/// What is told beside the walk: the times of many, and the direct way.
fn beside(checked: &Checked) -> Vec<String> {
    let mut lines = repeat::lines(checked);
    lines.extend(compare::lines(checked));
    lines
}

/// When and by what a report was made. Nothing names this machine or its user: a report goes to
/// strangers.
fn made() -> String {
    let now = Stamp {
        time: SystemTime::now(),
        exact: Exact::Minute,
        utc: true,
    };
    format!("{now} by outbound {}", env!("CARGO_PKG_VERSION"))
}
