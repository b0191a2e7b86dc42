//! The forms in which `outbound check` tells what it found. Text is in `verdict`.

mod deployment;
mod html;
mod json;
mod markdown;
pub(in crate::cli) mod schema;
mod told;

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use self::told::Told;
use super::checked::Checked;
use super::columns::Columns;
use super::{compare, held, repeat, table, verdict};
use crate::base::{Error, Kind, Result, Stage, text};
use crate::check::web;
use crate::cli::args::CheckArgs;
use crate::cli::output::Output;
use crate::cli::place::Place;
use crate::cli::whole;
use crate::ftp::listing::{Exact, Stamp};

/// What goes to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Json,
    Markdown,
    Html,
}

/// Tells of each target as soon as it was walked, and of all of them at the end.
pub(super) struct Reports<'a> {
    output: &'a Output,
    form: Form,
    /// Whether a table at the end has what went well.
    is_listed: bool,
    /// Whether anything was shown: an end belongs to it.
    is_shown: Cell<bool>,
    /// The file for a page.
    file: Option<PathBuf>,
    /// Whether it may be there already.
    force: bool,
    /// What is in the page.
    told: RefCell<Vec<Told>>,
}

impl<'a> Reports<'a> {
    /// In the form that the flags ask for.
    ///
    /// # Errors
    /// Two of them ask for standard output; the file for the page is there, or its folder is not.
    pub fn begin(args: &CheckArgs, output: &'a Output) -> Result<Self> {
        let is_printed = |file: &Path| file == Path::new("-");
        let asked = [
            ("--json", output.json, Form::Json),
            ("--markdown", args.report.markdown, Form::Markdown),
            (
                "--html -",
                args.report.html.as_deref().is_some_and(is_printed),
                Form::Html,
            ),
        ];
        let mut asked = asked.into_iter().filter(|(_, is_asked, _)| *is_asked);
        let form = match (asked.next(), asked.next()) {
            (Some((one, ..)), Some((other, ..))) => {
                let what = format!("{one} and {other} cannot both be printed");
                let error = Error::new(Kind::Usage, Stage::Settings, what);
                return Err(error.with_hint("leave one of them out"));
            }
            (Some((.., form)), None) => form,
            _ => Form::Text,
        };
        let file = args.report.html.clone().filter(|file| !is_printed(file));
        // Checks may take long: what cannot be written is known before they begin.
        if let Some(file) = &file {
            can_be_written(file, args.report.force).map_err(|cause| unwritten(file, cause))?;
        }
        Ok(Self {
            output,
            form,
            is_listed: args.all,
            is_shown: Cell::default(),
            file,
            force: args.report.force,
            told: RefCell::default(),
        })
    }

    /// Whether it is told to a program, which wants all of it.
    pub fn is_json(&self) -> bool {
        self.form == Form::Json
    }

    /// Where it goes.
    pub fn output(&self) -> &Output {
        self.output
    }

    /// Tells of one deployment, whose check took so long. `is_hidden`: only the page has it.
    pub fn add_deployment(
        &self,
        place: &Place<'_>,
        report: &web::Report,
        elapsed: Duration,
        is_hidden: bool,
    ) {
        let told = || deployment::told(&place.name(), report, elapsed);
        self.keep(told);
        if is_hidden {
            return;
        }
        self.print(&match self.form {
            Form::Text => super::web::lines(&place.name(), report),
            Form::Json => vec![place.report(super::web::as_json(report))],
            Form::Markdown => markdown::lines(&told()),
            Form::Html => Vec::new(),
        });
    }

    /// Keeps it for the page, if one was asked for.
    fn keep(&self, told: impl Fn() -> Told) {
        if self.file.is_some() || self.form == Form::Html {
            self.told.borrow_mut().push(told());
        }
    }

    /// Tells of one target.
    pub fn add(&self, place: &Place<'_>, checked: &Checked) {
        let told = || Told::new(&place.name(), checked);
        self.keep(told);
        let is_listed = self.is_listed && self.form != Form::Json;
        // The table has what went well, but not what was asked for beside it.
        let is_held = checked.held.is_some() || checked.not_held.is_some();
        let has_more = is_held || beside(checked).next().is_some();
        let is_hidden = self.output.quiet || is_listed && !has_more;
        if is_hidden && checked.is_well() {
            return;
        }
        let mut lines = match self.form {
            Form::Text => lines(place, checked),
            Form::Json => vec![json::line(place, checked)],
            Form::Markdown => markdown::lines(&told()),
            Form::Html => Vec::new(),
        };
        if is_listed && self.form == Form::Text {
            lines.push(String::new());
        }
        self.print(&lines);
    }

    /// Tells of all of them together.
    pub fn end<'b>(&self, rows: impl Iterator<Item = (&'b str, &'b Checked)>) {
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

    /// Writes the page, if one was asked for.
    ///
    /// # Errors
    /// The file cannot be written. There is none of that name then, or the one that was there.
    pub fn write_page(&self) -> Result<()> {
        if self.file.is_none() && self.form != Form::Html {
            return Ok(());
        }
        let page = html::page(&self.told.borrow(), &made());
        let Some(file) = &self.file else {
            self.output.line(page.trim_end());
            return Ok(());
        };
        whole::write(file, &page, false, self.force).map_err(|cause| unwritten(file, cause))?;
        let shown = text::escape(&file.to_string_lossy());
        self.output
            .say(&format!("outbound: report written to {shown}"));
        Ok(())
    }

    fn print(&self, lines: &[String]) {
        lines.iter().for_each(|line| self.output.line(line));
        self.is_shown.set(true);
    }
}

fn can_be_written(file: &Path, force: bool) -> std::io::Result<()> {
    if !force {
        whole::is_free(file)?;
    }
    if file.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder.metadata().map(|_| ()),
        _ => Ok(()),
    }
}

fn unwritten(file: &Path, cause: std::io::Error) -> Error {
    whole::unwritten(file, cause, "overwrite it with --force, or name another")
}

fn lines(place: &Place<'_>, checked: &Checked) -> Vec<String> {
    let mut lines = match checked.first() {
        Some(report) => verdict::lines(&place.name(), report),
        None => Vec::new(),
    };
    lines.extend(beside(checked).flat_map(|columns| columns.lines()));
    lines.extend(held::lines(checked));
    lines
}

/// What is told beside the walk: the times of many, and the direct way.
fn beside(checked: &Checked) -> impl Iterator<Item = Columns> {
    let (times, ways) = (repeat::columns(checked), compare::columns(checked));
    times.into_iter().chain(ways)
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
