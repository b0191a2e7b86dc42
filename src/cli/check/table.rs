//! The table of `check --all`.

use super::checked::Checked;
use super::milliseconds;
use crate::base::{Route, text};

/// The widths of a name, at most.
const NAME: usize = 40;

/// A line for each place, and one for all of them.
pub(super) fn lines<'a>(rows: impl Iterator<Item = (&'a str, &'a Checked)>) -> Vec<String> {
    let rows: Vec<[String; 4]> = rows.map(|(name, checked)| row(name, checked)).collect();
    let width = |column: usize| {
        let lengths = rows.iter().map(|row| row[column].chars().count());
        lengths.max().unwrap_or_default()
    };
    let (first, second, third) = (width(0), width(1), width(2));
    let failed = rows
        .iter()
        .filter(|row| row[1] != "ok" && row[1] != "doubt")
        .count();
    let mut lines: Vec<String> = rows
        .iter()
        .map(|[name, end, way, told]| {
            format!("{name:<first$}  {end:<second$}  {way:<third$}  {told}")
        })
        .collect();
    lines.push(match failed {
        0 => format!("ok: all {} connections are reached", rows.len()),
        _ => format!("failed: {failed} of {} connections", rows.len()),
    });
    lines
}

fn row(name: &str, checked: &Checked) -> [String; 4] {
    let report = checked.first();
    let way = report.and_then(|report| report.route.as_ref());
    let way = way.and_then(Route::proxy).map(|proxy| proxy.authority());
    let way = match (way, report.and_then(|report| report.route.as_ref())) {
        (Some(proxy), _) => format!("through {proxy}"),
        (None, Some(_)) => "direct".to_owned(),
        (None, None) => "-".to_owned(),
    };
    let doubt = report.and_then(|report| report.doubt.as_deref());
    let (end, told) = match (checked.failure(), doubt) {
        (Some(error), _) => (error.code().to_string(), error.what().to_owned()),
        (None, Some(doubt)) => ("doubt".to_owned(), doubt.to_owned()),
        (None, None) => {
            let whole = report.map(|report| report.elapsed);
            let whole = milliseconds(whole.unwrap_or_default());
            ("ok".to_owned(), format!("{whole:.1} ms"))
        }
    };
    let name = name.strip_suffix(':').unwrap_or(name);
    [text::clip_to(name, NAME), end, way, told]
}
