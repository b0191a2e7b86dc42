//! `outbound check`: the stages with their times, a verdict, and what to change.

use std::time::Duration;

use serde_json::{Value, json};

use super::args::{CheckArgs, Common};
use super::dataset::dataset;
use super::exit::Exit;
use super::output::{Output, indented};
use super::{interrupt, json};
use crate::base::{Error, Origin, Result, Route, Step, text};
use crate::check::{Report, check};
use crate::dataset::Client;
use crate::settings::Policy;

pub async fn run(
    policy: Policy,
    common: &Common,
    args: &CheckArgs,
    output: &Output,
) -> Result<Exit> {
    let client = Client::new(policy);
    let mut exit = Exit::Success;
    for url in &args.urls {
        let report = match dataset(&client, common, &args.login, url) {
            Ok(dataset) => tokio::select! {
                report = check(&dataset) => report,
                signal = interrupt::wait() => {
                    output.say(&format!("outbound: stopped by {signal}"));
                    return Ok(Exit::Interrupted);
                }
            },
            Err(error) => Report::of(error),
        };
        if output.json {
            output.line(&as_json(url, &report).to_string());
        } else {
            show(output, url, &report);
        }
        if let Some(error) = &report.failure {
            exit = exit.and(Exit::of(error));
        }
    }
    Ok(exit)
}

fn as_json(url: &str, report: &Report) -> Value {
    let steps: Vec<Value> = report
        .steps
        .iter()
        .map(|step| {
            json!({
                "stage": step.stage.as_str(),
                "subject": step.subject,
                "answer": step.answer,
                "ms": milliseconds(step.elapsed),
            })
        })
        .collect();
    json!({
        "url": super::output::without_userinfo(url),
        "ok": report.is_ok(),
        "route": report.route.as_ref().map(json::route),
        "steps": steps,
        "failure": report.failure.as_ref().map(json::error),
    })
}

fn show(output: &Output, url: &str, report: &Report) {
    output.line(&super::output::without_userinfo(url));
    if let Some(route) = &report.route {
        output.line(&route_line(route));
    }
    for step in report.steps.iter() {
        output.line(&step_line(step));
    }
    match &report.failure {
        None => {
            let total: Duration = report.steps.iter().map(|step| step.elapsed).sum();
            let total = format!("{:.1} ms", milliseconds(total));
            output.line(&format!("ok: every stage was passed, {total} in all"));
        }
        Some(error) => verdict(output, error),
    }
}

/// `route    through http://proxy.corp:3128          global proxy, …`
fn route_line(route: &Route) -> String {
    let way = match route.proxy() {
        Some(proxy) => format!("through {proxy}"),
        None => "direct".to_owned(),
    };
    let why = match &route.origin {
        Origin::Default => route.reason.to_string(),
        origin => format!("{}, {origin}", route.reason),
    };
    format!("route    {way:<38} {why}")
}

fn step_line(step: &Step) -> String {
    let what = format!("{} {}", step.stage, text::clip(&step.subject));
    let took = milliseconds(step.elapsed);
    format!("  ok     {what:<38} {:<28} {took:>8.1} ms", step.answer)
}

fn verdict(output: &Output, error: &Error) {
    let what = match error.doing() {
        Some(doing) => format!("{} {}", error.stage(), subject(doing)),
        None => error.stage().to_string(),
    };
    let said = match error.answer() {
        Some(answer) => answer.to_string(),
        None => error.what().to_owned(),
    };
    output.line(&format!("  FAIL   {what:<38} {said}"));
    output.line(&error.to_string());
    for cause in super::output::causes(error) {
        output.line(&format!("  cause    {cause}"));
    }
    output.line(&format!("  side     {}", error.side()));
    let again = match error.is_transient() {
        true => "trying again may help",
        false => "trying again does not help",
    };
    output.line(&format!("  again    {again}"));
    if let Some(hint) = error.hint() {
        output.line(&format!("  hint     {}", indented(hint)));
    }
}

/// The last word of what was being done: its `host:port`.
fn subject(doing: &str) -> &str {
    doing.rsplit(' ').next().unwrap_or(doing)
}

fn milliseconds(elapsed: Duration) -> f64 {
    // Three digits are what a clock is good for.
    (elapsed.as_secs_f64() * 1e6).round() / 1e3
}
