//! What a report tells of one target, in whatever form.

use std::time::Duration;

use super::beside;
use crate::base::code::Page;
use crate::base::{Error, Kind, text};
use crate::check::{Held, Report};
use crate::cli::check::checked::Checked;
use crate::cli::check::columns::Columns;
use crate::cli::check::{milliseconds, verdict};
use crate::cli::output::{without_query, without_userinfo};

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It was passed.
    Ok,
    /// It was passed, and may be wrong all the same.
    Doubt,
    /// It failed.
    Fail,
    /// It was given up.
    Wait,
}

impl Mark {
    /// The word that is shown: a colour alone would not do.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Doubt => "doubt",
            Self::Fail => "FAIL",
            Self::Wait => "WAIT",
        }
    }
}

/// One stage, on the time line of its target.
#[derive(Debug)]
pub(super) struct Row {
    /// How it ended.
    pub mark: Mark,
    /// Which stage.
    pub stage: &'static str,
    /// What was done, to whom.
    pub subject: String,
    /// What came back.
    pub answer: String,
    /// When it began: the time of all before it.
    pub start: Duration,
    /// What it took; `None` when it never began.
    pub took: Option<Duration>,
}

/// One target. Every text is escaped as for a terminal, and holds no secret.
#[derive(Debug)]
pub(super) struct Told {
    /// As typed, without userinfo and query.
    pub name: String,
    /// How it ended.
    pub mark: Mark,
    /// The end in a few words, which are the program's own: nobody outside has a say in them.
    pub verdict: String,
    /// Which way, and why.
    pub way: Option<(String, String)>,
    /// The stages in order; the one that failed is the last.
    pub rows: Vec<Row>,
    /// What else is known, each with its label; a text may have several lines.
    pub facts: Vec<(&'static str, String)>,
    /// The page of the code of what failed.
    pub about: Option<&'static Page>,
    /// What was done beside the walk, in columns.
    pub beside: Vec<Columns>,
    /// From the beginning of the first stage to the end of the last: the time line.
    pub total: Duration,
    /// What the whole walk took, with what lies between stages.
    pub elapsed: Duration,
}

impl Told {
    /// What is told of a target called `name`.
    pub fn new(name: &str, checked: &Checked) -> Self {
        let none = Report::default();
        let report = checked.first().unwrap_or(&none);
        let mut start = Duration::ZERO;
        let mut rows = Vec::new();
        for step in report.steps.iter() {
            rows.push(Row {
                mark: Mark::Ok,
                stage: step.stage.as_str(),
                subject: text::clip(&step.subject),
                answer: text::clip(&step.answer),
                start,
                took: Some(step.elapsed),
            });
            start += step.elapsed;
        }
        let mut total = start;
        if let Some(error) = &report.failure {
            let took = report.elapsed.checked_sub(start);
            let took = took.filter(|took| !took.is_zero());
            rows.push(Row {
                start,
                took,
                ..failed(error, error.stage().as_str())
            });
            total += took.unwrap_or_default();
        }
        if let Some(held) = &checked.held {
            rows.push(of_hold(held));
        }
        let (mark, verdict, mut facts) = end(report, checked);
        for (_, text) in &mut facts {
            *text = text::escape_lines(text);
        }
        let way = report.route.as_ref();
        Self {
            name: without_query(&without_userinfo(name)),
            mark,
            verdict,
            way: way.map(|route| (verdict::way(route), text::escape(&route.why()))),
            rows,
            facts,
            about: about(checked),
            beside: beside(checked).map(safe).collect(),
            total,
            elapsed: report.elapsed,
        }
    }
}

/// Of a walk that was given up there is nothing to explain.
fn about(checked: &Checked) -> Option<&'static Page> {
    let error = checked.failure()?;
    (bad(error) == Mark::Fail).then(|| error.code().page())
}

/// What is in columns, safe to show.
fn safe(columns: Columns) -> Columns {
    let rows = columns.rows.into_iter();
    Columns {
        rows: rows.map(|(what, n)| (text::escape(&what), n)).collect(),
        ends: columns.ends.iter().map(|end| text::escape(end)).collect(),
        ..columns
    }
}

/// A stream that was left alone has no place on the time line, which it would fill.
fn of_hold(held: &Held) -> Row {
    match &held.failure {
        Some(error) => failed(error, "hold"),
        None => Row {
            mark: Mark::Ok,
            stage: "hold",
            subject: text::seconds(held.stood),
            answer: match &*held.said {
                "" => "it stood".to_owned(),
                said => format!("it stood; meanwhile it said: {}", text::clip(said)),
            },
            start: Duration::ZERO,
            took: None,
        },
    }
}

pub(super) fn failed(error: &Error, stage: &'static str) -> Row {
    Row {
        mark: bad(error),
        stage,
        subject: error.subject().map(text::clip).unwrap_or_default(),
        answer: text::escape(&verdict::said(error)),
        start: Duration::ZERO,
        took: None,
    }
}

pub(super) fn bad(error: &Error) -> Mark {
    match error.kind() {
        Kind::Interrupted => Mark::Wait,
        _ => Mark::Fail,
    }
}

fn end(report: &Report, checked: &Checked) -> (Mark, String, Vec<(&'static str, String)>) {
    if let Some(error) = checked.failure() {
        let verdict = match bad(error) {
            Mark::Wait => "given up before its end",
            _ => error.code().page().title,
        };
        return (
            bad(error),
            verdict.to_owned(),
            verdict::facts(report, error),
        );
    }
    let mut facts = verdict::seen(report);
    if let Some(why) = &checked.not_held {
        facts.push(("hold", format!("not held: {why}")));
    }
    let mut verdict = "every stage was passed";
    if let Some(service) = &report.service {
        facts.push(("service", service.told()));
        if service.wants_client() {
            verdict = "reached, and it wants a client of its own";
        }
    }
    let mark = match &report.doubt {
        Some(doubt) => {
            facts.push(("doubt", doubt.clone()));
            Mark::Doubt
        }
        None => Mark::Ok,
    };
    (mark, verdict.to_owned(), facts)
}

/// A time as it is shown: `24.1 ms`, `12.04 s`.
pub(super) fn shown(took: Duration) -> String {
    match took.as_secs() {
        0..10 => format!("{:.1} ms", milliseconds(took)),
        _ => format!("{:.2} s", took.as_secs_f64()),
    }
}
