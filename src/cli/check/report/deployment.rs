//! What a report tells of a deployment (`--web`), in every form but text and JSON.

use std::time::Duration;

use super::told::{Mark, Row, Told, bad, failed};
use crate::base::text;
use crate::check::web::{Finding, Report, Verdict};
use crate::cli::check::{verdict, web};
use crate::cli::output::{without_query, without_userinfo};

/// What is told of a deployment called `name`, whose check took so long. Its items are tried side by
/// side: they stand on no time line.
pub(super) fn told(name: &str, report: &Report, elapsed: Duration) -> Told {
    let tried = report.findings.iter().filter(|one| !is_untested(one));
    let mut rows: Vec<Row> = tried.map(row).collect();
    let mut facts: Vec<(&'static str, String)> = Vec::new();
    for finding in &report.findings {
        let details = web::details(report, finding);
        if !details.is_empty() {
            facts.push((finding.item.as_str(), lines(&details)));
        }
    }
    if let Some(error) = report.ended.as_ref() {
        rows.push(failed(error, error.stage().as_str()));
        facts.push(("end", lines(&web::of_error(error, false))));
    }
    let untested = report.findings.iter().filter(|one| is_untested(one));
    let untested: Vec<String> = untested
        .map(|one| format!("{}: {}", one.item.as_str(), one.words))
        .collect();
    if !untested.is_empty() {
        facts.push(("not tested", text::escape_lines(&untested.join("\n"))));
    }
    let failure = report.failure();
    let is_doubtful = |one: &Finding| matches!(one.verdict, Verdict::Doubtful);
    let mark = match failure {
        Some(error) => bad(error),
        None if report.findings.iter().any(is_doubtful) => Mark::Doubt,
        None => Mark::Ok,
    };
    let failed = failure.filter(|_| mark == Mark::Fail);
    let way = report.route.as_ref();
    Told {
        name: without_query(&without_userinfo(name)),
        mark,
        verdict: web::counts(report),
        way: way.map(|route| (verdict::way(route), text::escape(&route.why()))),
        rows,
        facts,
        about: failed.map(|error| error.code().page()),
        beside: Vec::new(),
        total: Duration::ZERO,
        elapsed,
    }
}

fn is_untested(finding: &Finding) -> bool {
    matches!(finding.verdict, Verdict::Untested)
}

fn row(finding: &Finding) -> Row {
    Row {
        mark: match &finding.verdict {
            Verdict::Failed(error) => bad(error),
            Verdict::Doubtful => Mark::Doubt,
            Verdict::Waiting => Mark::Wait,
            _ => Mark::Ok,
        },
        stage: finding.item.as_str(),
        subject: text::escape(&finding.did),
        answer: text::escape(&finding.words),
        start: Duration::ZERO,
        took: Some(finding.elapsed).filter(|took| !took.is_zero()),
    }
}

/// Each with its label, on lines of their own; lines without one belong to the one above.
fn lines(details: &[(String, String)]) -> String {
    let width = details.iter().map(|(label, _)| label.len()).max();
    let width = width.unwrap_or_default();
    let lines = details.iter().flat_map(|(label, words)| {
        let labels = std::iter::once(label.as_str()).chain(std::iter::repeat(""));
        let lines = labels.zip(words.split('\n'));
        lines.map(move |(label, line)| format!("{label:<width$}  {line}"))
    });
    text::escape_lines(&lines.collect::<Vec<_>>().join("\n"))
}
