//! `outbound check --web`: what a deployment behind a reverse proxy needs, item by item.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use url::Url;

use super::milliseconds;
use super::report::{Reports, schema};
use super::verdict::{failed, way};
use crate::base::{Error, Kind, Result, Route, Scheme, text};
use crate::check::web::{Finding, Plan, Report, Verdict, Walk};
use crate::cli::args::{CheckArgs, Common};
use crate::cli::asked::{self, Asked};
use crate::cli::dataset::dataset;
use crate::cli::exit::Exit;
use crate::cli::output::{Output, causes};
use crate::cli::place::Place;
use crate::cli::progress::Live;
use crate::cli::{interrupt, json};
use crate::dataset::Client;
use crate::settings::Policy;

pub async fn run(
    policy: Policy,
    common: &Common,
    args: &CheckArgs,
    output: &Output,
) -> Result<Exit> {
    let client = Client::new(policy);
    let asked: Vec<Asked> = asked::of(&args.urls, args.from_file.as_deref())?;
    let fields = &args.fields.headers;
    let reports = Reports::begin(args, output)?;
    let mut exit = Exit::Success;
    let mut stopped = None;
    let plan = args.web.plan();
    for mut place in Place::all(&asked) {
        if let Some(signal) = stopped {
            output.say(&format!(
                "{}not checked: stopped by {signal} before its turn",
                place.prefix()
            ));
            continue;
        }
        verify_scheme(&plan, place.typed)?;
        let dataset = match dataset(&client, common, &args.login, fields, &mut place, output) {
            Ok(dataset) => dataset,
            Err(error) => {
                exit = exit.and(show(&reports, &place, &Report::of(error), Duration::ZERO));
                continue;
            }
        };
        let walk = Walk::new(&dataset, plan.clone())?;
        let started = Instant::now();
        let live = Live::new(output, common.verbose > 0);
        let report = tokio::select! {
            report = run_within(&walk, args.max_time) => report,
            never = live.show(|| lines(&place.name(), &walk.waiting())) => match never {},
            signal = interrupt::wait() => {
                stopped = Some(signal);
                walk.stopped(signal)
            }
        };
        live.finish();
        exit = exit.and(show(&reports, &place, &report, started.elapsed()));
    }
    reports.end(std::iter::empty());
    if let Err(error) = reports.write_page() {
        output.error(&error);
        exit = exit.and(Exit::of(&error));
    }
    match stopped {
        Some(_) => Ok(Exit::Interrupted),
        None => Ok(exit),
    }
}

/// Of a scheme that no dataset has (`tcp`) only the plan says what is wrong with it here.
fn verify_scheme(plan: &Plan, typed: &str) -> Result<()> {
    let scheme = typed.split_once("://").map(|(scheme, _)| scheme);
    match Url::parse(typed) {
        Ok(url) if scheme.is_some_and(|scheme| Scheme::parse(scheme).is_none()) => {
            plan.verify(&url)
        }
        _ => Ok(()),
    }
}

/// Without a limit on the whole each thing that is tried has its own: `timeouts`, and what the plan
/// says of silence.
async fn run_within(walk: &Walk<'_>, limit: Option<Duration>) -> Report {
    match limit {
        Some(limit) => walk.run_within(limit).await,
        None => walk.run().await,
    }
}

/// Shows a report, and gives the exit that it makes.
fn show(reports: &Reports<'_>, place: &Place<'_>, report: &Report, elapsed: Duration) -> Exit {
    let is_dull =
        |finding: &Finding| matches!(finding.verdict, Verdict::Passed | Verdict::Untested);
    let is_hidden = !reports.is_json()
        && reports.output().quiet
        && report.ended.is_none()
        && report.findings.iter().all(is_dull);
    reports.add_deployment(place, report, elapsed, is_hidden);
    report.failure().map_or(Exit::Success, Exit::of)
}

/// The lines for one deployment.
pub(super) fn lines(name: &str, report: &Report) -> Vec<String> {
    let mut lines = vec![name.to_owned()];
    if let Some(route) = &report.route {
        lines.push(format!("route    {} {}", way(route), route.why()));
    }
    for findings in report.findings.chunk_by(is_same) {
        let items: Vec<&str> = findings.iter().map(|one| one.item.as_str()).collect();
        match findings {
            [first, _, _, ..] => {
                lines.push(format!("  -      {}", items.join(", ")));
                lines.push(format!("         {:<11} not tested: {}", "", first.words));
            }
            few => few.iter().for_each(|one| tell(&mut lines, report, one)),
        }
    }
    if let Some(error) = report.ended.as_ref().filter(|error| is_failure(error)) {
        lines.push(format!("  FAIL   {}: {}", failed(error), error.what()));
        for (label, words) in of_error(error, false) {
            more(&mut lines, &label, &words);
        }
    }
    lines.push(verdict(report));
    lines
}

/// Whether a check that ended before its end has failed: not when its user stopped it.
fn is_failure(error: &Error) -> bool {
    error.kind() != Kind::Interrupted
}

/// A line below a finding; of several lines those after the first stand below it.
fn more(lines: &mut Vec<String>, label: &str, words: &str) {
    let words = words.replace('\n', &format!("\n{}", " ".repeat(21)));
    lines.push(format!("         {label:<11} {words}"));
}

/// Whether two items were not tested, for one reason.
fn is_same(one: &Finding, other: &Finding) -> bool {
    let is_bare = |finding: &Finding| {
        matches!(finding.verdict, Verdict::Untested)
            && finding.means.is_none()
            && finding.did.is_empty()
    };
    is_bare(one) && is_bare(other) && one.words == other.words
}

fn tell(lines: &mut Vec<String>, report: &Report, finding: &Finding) {
    let mark = match finding.verdict {
        Verdict::Passed => "ok",
        Verdict::Failed(_) => "FAIL",
        Verdict::Doubtful => "doubt",
        Verdict::Waiting => "WAIT",
        _ => "-",
    };
    let item = finding.item.as_str();
    let did = match finding.did.is_empty() {
        true => String::new(),
        false => format!("{}: ", finding.did),
    };
    let not = match finding.verdict {
        Verdict::Untested => "not tested: ",
        _ => "",
    };
    // Of what is under way the words say for how long.
    let is_bare = finding.elapsed.is_zero() || matches!(finding.verdict, Verdict::Waiting);
    let took = match is_bare {
        true => String::new(),
        false => format!(" ({:.1} ms)", milliseconds(finding.elapsed)),
    };
    lines.push(format!(
        "  {mark:<6} {item:<11} {not}{did}{}{took}",
        finding.words
    ));
    for (label, words) in details(report, finding) {
        more(lines, &label, &words);
    }
}

/// What is told below a finding, each with its label: what it means, what to write where, its code.
pub(super) fn details(report: &Report, finding: &Finding) -> Vec<(String, String)> {
    let mut told = Vec::new();
    let mut tell = |label: &str, words: String| told.push((label.to_owned(), words));
    if let Some(means) = &finding.means {
        tell("means", means.clone());
    }
    for (at, advice) in finding.advice.iter().enumerate() {
        // Behind the one that shows itself, those that may stand before it.
        let label = match at > 0 && report.front.product.is_some() {
            true => format!("or {}", advice.product),
            false => advice.product.to_string(),
        };
        if !advice.lines.is_empty() {
            tell(&label, advice.lines.join("\n"));
        }
    }
    let Some(error) = finding.failure() else {
        return told;
    };
    let is_told = !finding.advice.is_empty() || finding.means.is_some();
    told.extend(of_error(error, is_told));
    // What says nothing for long is ended by whoever is the most impatient on the way.
    let proxy = report.route.as_ref().and_then(Route::proxy);
    if let Some(proxy) = proxy.filter(|_| finding.may_be_the_proxy()) {
        let words = format!("it is the proxy on the way, {proxy}: the same check without it tells");
        told.push(("or".to_owned(), words));
    }
    told
}

/// What is told of an error; `is_told`: what to do stands above.
pub(super) fn of_error(error: &Error, is_told: bool) -> Vec<(String, String)> {
    let mut told = vec![("code", error.code().as_str().to_owned())];
    if let Some(limit) = error.limit() {
        told.push(("limit", format!("{} = {}", limit.setting, limit.value)));
    }
    told.extend(causes(error).map(|cause| ("cause", cause)));
    if let Some(hint) = error.hint().filter(|_| !is_told) {
        told.push(("hint", text::escape_lines(hint)));
    }
    told.push(("side", error.side().to_string()));
    let told = told.into_iter();
    told.map(|(label, words)| (label.to_owned(), words))
        .collect()
}

/// The last line: how it ended, and how many items ended how.
fn verdict(report: &Report) -> String {
    let is_failed = report.failure().is_some_and(is_failure);
    let is_waiting = |one: &Finding| matches!(one.verdict, Verdict::Waiting);
    let start = match is_failed {
        true => "FAIL",
        false if report.findings.iter().any(is_waiting) => "WAIT",
        false => "ok",
    };
    format!("{start}: {}", counts(report))
}

/// How many items ended how.
pub(super) fn counts(report: &Report) -> String {
    let count = |which: fn(&Verdict) -> bool| {
        let findings = report.findings.iter();
        findings.filter(|finding| which(&finding.verdict)).count()
    };
    let failed = count(|verdict| matches!(verdict, Verdict::Failed(_)));
    let passed = count(|verdict| matches!(verdict, Verdict::Passed));
    let doubtful = count(|verdict| matches!(verdict, Verdict::Doubtful));
    let rest = report.findings.len() - failed - passed - doubtful;
    let waiting = count(|verdict| matches!(verdict, Verdict::Waiting));
    let under_way = match waiting {
        0 => String::new(),
        count => format!(", {count} under way"),
    };
    let rest = rest - waiting;
    format!("{failed} failed, {doubtful} in doubt, {passed} passed, {rest} not tested{under_way}")
}

pub(super) fn as_json(report: &Report) -> Value {
    let findings: Vec<Value> = report.findings.iter().map(finding).collect();
    json!({
        "schema": schema::VERSION,
        "ok": report.is_ok(),
        "route": report.route.as_ref().map(json::route),
        "front": report.front.product.map(|product| product.as_str()),
        "server": report.front.server,
        "findings": findings,
        "failure": report.failure().map(json::error),
    })
}

fn finding(finding: &Finding) -> Value {
    let advice = finding
        .advice
        .iter()
        .map(|advice| json!({ "product": advice.product.as_str(), "directives": advice.lines }));
    let failure: Option<&Error> = finding.failure();
    json!({
        "item": finding.item.as_str(),
        "verdict": finding.verdict.as_str(),
        "did": finding.did,
        "answer": finding.words,
        "means": finding.means,
        "advice": advice.collect::<Vec<_>>(),
        "ms": milliseconds(finding.elapsed),
        "code": failure.map(|error| error.code().as_str()),
        "failure": failure.map(json::error),
    })
}
