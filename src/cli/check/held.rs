//! What came of a stream that was left alone.

use super::checked::Checked;
use super::verdict;
use crate::base::{Kind, text};
use crate::check::{Held, Report};

/// The lines for people.
pub(super) fn lines(checked: &Checked) -> Vec<String> {
    if let Some(why) = &checked.not_held {
        return vec![format!("  hold     not held: {why}")];
    }
    let Some(held) = &checked.held else {
        return Vec::new();
    };
    let Some(error) = &held.failure else {
        return vec![format!("  hold     {}", end(held))];
    };
    let mark = match error.kind() {
        Kind::Interrupted => "WAIT",
        _ => "FAIL",
    };
    let mut lines = vec![format!("  {mark}   hold: {}", end(held))];
    // What the walk showed stands above.
    let of_walk = Report {
        route: checked.first().and_then(|report| report.route.clone()),
        ..Report::default()
    };
    verdict::tell(&mut lines, &verdict::facts(&of_walk, error));
    lines
}

/// How it ended, in a line.
pub(super) fn end(held: &Held) -> String {
    let said = match &*held.said {
        "" => String::new(),
        said => format!("; meanwhile it said: {}", text::clip(said)),
    };
    match &held.failure {
        None => format!("it stood for {}{said}", text::seconds(held.stood)),
        Some(error) if held.was_opened() => error.what().to_owned(),
        Some(error) => format!(
            "it could not be opened again: {} {}",
            verdict::failed(error),
            verdict::said(error)
        ),
    }
}
