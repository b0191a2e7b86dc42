//! The way that the settings choose and the direct one, side by side.

use std::time::Duration;

use super::checked::Checked;
use super::columns::Columns;
use super::{held, milliseconds};
use crate::base::{Stage, Steps};
use crate::check::{Held, Report};

/// Both ways; none when the direct way was not walked.
pub(super) fn columns(checked: &Checked) -> Option<Columns> {
    let (ours, direct) = (checked.first()?, checked.direct.as_ref()?);
    let mut columns = Columns {
        label: "compare",
        heads: Vec::new(),
        rows: Vec::new(),
        ends: Vec::new(),
    };
    if ours.is_direct() {
        columns.ends.push("the way is direct already".to_owned());
        return Some(columns);
    }
    columns.heads = vec!["by the proxy", "direct"];
    let mut add = |what: &str, one: Option<Duration>, other: Option<Duration>| {
        if one.is_some() || other.is_some() {
            columns
                .rows
                .push((what.to_owned(), vec![shown(one), shown(other)]));
        }
    };
    for stage in Stage::ALL {
        let (one, other) = (took(&ours.steps, stage), took(&direct.steps, stage));
        add(stage.as_str(), one, other);
    }
    let (held, held_directly) = (checked.held.as_ref(), checked.direct_held.as_ref());
    if held_directly.is_some() {
        let stood = |held: Option<&Held>| held.filter(|held| held.was_opened()).map(|h| h.stood);
        add("hold", stood(held), stood(held_directly));
    }
    // It is one walk that is compared, and not what many give.
    let which = match checked.reports.len() {
        0 | 1 => String::new(),
        count => format!(" (the one of {count} walks that is shown above)"),
    };
    let held = held.filter(|_| held_directly.is_some());
    columns
        .ends
        .push(format!("by the proxy{which}: {}", end(ours, held)));
    columns
        .ends
        .push(format!("direct: {}", end(direct, held_directly)));
    Some(columns)
}

fn shown(took: Option<Duration>) -> String {
    took.map_or_else(
        || "-".to_owned(),
        |took| format!("{:.1}", milliseconds(took)),
    )
}

/// The time of a stage, as often as it came.
fn took(steps: &Steps, stage: Stage) -> Option<Duration> {
    let mut of_stage = steps.iter().filter(|step| step.stage == stage).peekable();
    of_stage.peek()?;
    Some(of_stage.map(|step| step.elapsed).sum())
}

fn end(report: &Report, held: Option<&Held>) -> String {
    let walked = match &report.failure {
        None => format!("ok, {:.1} ms in all", milliseconds(report.elapsed)),
        // Which way it went stands before it.
        Some(error) => format!("{}: {}", error.code(), error.what()),
    };
    match held {
        Some(held) => format!("{walked}; hold: {}", held::end(held)),
        None => walked,
    }
}
