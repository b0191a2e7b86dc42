//! The way that the settings choose and the direct one, side by side.

use super::checked::Checked;
use super::milliseconds;
use crate::base::{Stage, Steps};
use crate::check::Report;

/// The lines; none when the direct way was not walked.
pub(super) fn lines(checked: &Checked) -> Vec<String> {
    let (Some(ours), Some(direct)) = (checked.first(), &checked.direct) else {
        return Vec::new();
    };
    if ours
        .route
        .as_ref()
        .is_some_and(|route| route.proxy().is_none())
    {
        return vec!["  compare  the way is direct already".to_owned()];
    }
    let mut lines = vec![format!(
        "  compare  {:<12} {:>14} {:>14}  ms",
        "", "by the proxy", "direct"
    )];
    for stage in Stage::ALL {
        let (one, other) = (took(&ours.steps, stage), took(&direct.steps, stage));
        if one.is_none() && other.is_none() {
            continue;
        }
        let shown =
            |took: Option<f64>| took.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"));
        lines.push(format!(
            "           {:<12} {:>14} {:>14}",
            stage.as_str(),
            shown(one),
            shown(other)
        ));
    }
    lines.push(format!("           by the proxy: {}", end(ours)));
    lines.push(format!("           direct: {}", end(direct)));
    lines
}

/// The time of a stage, as often as it came.
fn took(steps: &Steps, stage: Stage) -> Option<f64> {
    let mut of_stage = steps.iter().filter(|step| step.stage == stage).peekable();
    of_stage.peek()?;
    Some(milliseconds(of_stage.map(|step| step.elapsed).sum()))
}

fn end(report: &Report) -> String {
    match &report.failure {
        None => {
            format!("ok, {:.1} ms in all", milliseconds(report.steps.elapsed()))
        }
        // Which way it went stands before it.
        Some(error) => format!("{}: {}", error.code(), error.what()),
    }
}
