//! `outbound check --web`: what a deployment behind a reverse proxy needs, item by item.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::milliseconds;
use super::report::schema;
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
                exit = exit.and(show(output, &place, &Report::of(error)));
                continue;
            }
        };
        let walk = Walk::new(&dataset, plan.clone())?;
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
        exit = exit.and(show(output, &place, &report));
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
fn show(output: &Output, place: &Place<'_>, report: &Report) -> Exit {
    let is_dull =
        |finding: &Finding| matches!(finding.verdict, Verdict::Passed | Verdict::Untested);
    if output.json {
        output.line(&place.report(as_json(report)));
    } else if !(output.quiet && report.findings.iter().all(is_dull)) {
        for line in lines(&place.name(), report) {
            output.line(&line);
        }
    }
    report.failure().map_or(Exit::Success, Exit::of)
}

/// The lines for one deployment.
fn lines(name: &str, report: &Report) -> Vec<String> {
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
        tell_error(&mut lines, error, false);
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
    if let Some(means) = &finding.means {
        more(lines, "means", means);
    }
    for (at, advice) in finding.advice.iter().enumerate() {
        // Behind the one that shows itself, those that may stand before it.
        let label = match at > 0 && report.front.product.is_some() {
            true => format!("or {}", advice.product),
            false => advice.product.to_string(),
        };
        let [first, rest @ ..] = advice.lines else {
            continue;
        };
        more(lines, &label, first);
        for line in rest {
            more(lines, "", line);
        }
    }
    let Some(error) = finding.failure() else {
        return;
    };
    let is_told = !finding.advice.is_empty() || finding.means.is_some();
    tell_error(lines, error, is_told);
    // What says nothing for long is ended by whoever is the most impatient on the way.
    let proxy = report.route.as_ref().and_then(Route::proxy);
    if let Some(proxy) = proxy.filter(|_| finding.may_be_the_proxy()) {
        more(
            lines,
            "or",
            &format!("it is the proxy on the way, {proxy}: the same check without it tells"),
        );
    }
}

/// What is told of an error; `is_told`: what to do stands above.
fn tell_error(lines: &mut Vec<String>, error: &Error, is_told: bool) {
    more(lines, "code", error.code().as_str());
    if let Some(limit) = error.limit() {
        more(
            lines,
            "limit",
            &format!("{} = {}", limit.setting, limit.value),
        );
    }
    for cause in causes(error) {
        more(lines, "cause", &cause);
    }
    if let Some(hint) = error.hint().filter(|_| !is_told) {
        more(lines, "hint", &text::escape_lines(hint));
    }
    more(lines, "side", &error.side().to_string());
}

fn verdict(report: &Report) -> String {
    let count = |which: fn(&Verdict) -> bool| {
        let findings = report.findings.iter();
        findings.filter(|finding| which(&finding.verdict)).count()
    };
    let failed = count(|verdict| matches!(verdict, Verdict::Failed(_)));
    let passed = count(|verdict| matches!(verdict, Verdict::Passed));
    let doubtful = count(|verdict| matches!(verdict, Verdict::Doubtful));
    let rest = report.findings.len() - failed - passed - doubtful;
    let waiting = count(|verdict| matches!(verdict, Verdict::Waiting));
    let start = match (failed, waiting) {
        (1.., _) => "FAIL",
        _ if report.ended.as_ref().is_some_and(is_failure) => "FAIL",
        (0, 1..) => "WAIT",
        (0, 0) => "ok",
    };
    let under_way = match waiting {
        0 => String::new(),
        count => format!(", {count} under way"),
    };
    let rest = rest - waiting;
    format!(
        "{start}: {failed} failed, {doubtful} in doubt, {passed} passed, {rest} not tested{under_way}"
    )
}

fn as_json(report: &Report) -> Value {
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
