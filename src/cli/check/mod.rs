//! `outbound check`: the stages with their times, a verdict, and what to change.

pub(super) mod verdict;

use std::time::Duration;

use serde_json::{Value, json};

use crate::base::{Error, Kind, Result, Stage};
use crate::check::{Evidence, Report, Shown, Walk};
use crate::cli::args::{CheckArgs, Common};
use crate::cli::dataset::dataset;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::place::Place;
use crate::cli::progress::Live;
use crate::cli::{asked, interrupt, json};
use crate::dataset::Client;
use crate::settings::Policy;

pub async fn run(
    policy: Policy,
    common: &Common,
    args: &CheckArgs,
    output: &Output,
) -> Result<Exit> {
    let client = Client::new(policy);
    let asked = asked::all(&args.urls)?;
    let fields = &args.fields.headers;
    let mut exit = Exit::Success;
    let mut stopped = None;
    for mut place in Place::all(&asked) {
        if let Some(signal) = stopped {
            show(output, &place, &Report::of(not_checked(signal)));
            continue;
        }
        let report = match dataset(&client, common, &args.login, fields, &mut place, output) {
            Ok(dataset) => {
                let walk = Walk::new(&dataset);
                let live = Live::new(output, common.verbose > 0);
                let report = tokio::select! {
                    report = walk.run() => report,
                    never = live.show(|| verdict::lines(&place.name(), &walk.waiting())) => match never {},
                    signal = interrupt::wait() => {
                        stopped = Some(signal);
                        walk.stopped(signal)
                    }
                };
                live.finish();
                report
            }
            Err(error) => Report::of(error),
        };
        if output.quiet && report.is_ok() && report.doubt.is_none() {
            continue;
        }
        show(output, &place, &report);
        if let Some(error) = &report.failure {
            exit = exit.and(Exit::of(error));
        }
    }
    match stopped {
        Some(_) => Ok(Exit::Interrupted),
        None => Ok(exit),
    }
}

fn show(output: &Output, place: &Place<'_>, report: &Report) {
    if output.json {
        return output.line(&place.json(as_json(report)));
    }
    for line in verdict::lines(&place.name(), report) {
        output.line(&line);
    }
}

/// What is said of a target whose turn did not come.
fn not_checked(signal: &str) -> Error {
    let what = format!("not checked: stopped by {signal} before its turn");
    Error::new(Kind::Interrupted, Stage::Settings, what)
}

fn as_json(report: &Report) -> Value {
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
        "ok": report.is_ok(),
        "route": report.route.as_ref().map(json::route),
        "steps": steps,
        "tls": report.tls.iter().map(certificate).collect::<Vec<_>>(),
        "doubt": report.doubt,
        "service": report.service.as_ref().map(|service| json!({
            "product": service.product.as_str(),
            "version": service.version,
            "code": service.code,
            "reception": service.reception.as_str(),
        })),
        "failure": report.failure.as_ref().map(json::error),
    })
}

fn certificate(shown: &Shown) -> Value {
    let leaf = shown.leaf();
    json!({
        "stage": shown.stage.as_str(),
        "subject": shown.subject,
        "names": leaf.names,
        "issuer": leaf.issuer,
        "not_before": leaf.first_day(),
        "not_after": leaf.last_day(),
        "sha256": leaf.fingerprint(),
        "chain": shown.chain.len(),
        "public": shown.is_public,
        "inspection": shown.inspection.as_ref().map(|evidence| match evidence {
            Evidence::Product(product) => json!({ "product": product }),
            Evidence::SameIssuer(other) => json!({ "same_issuer_as": other }),
        }),
    })
}

pub(super) fn milliseconds(elapsed: Duration) -> f64 {
    // Three digits are what a clock is good for.
    (elapsed.as_secs_f64() * 1e6).round() / 1e3
}
