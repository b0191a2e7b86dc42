//! `outbound check`: the stages with their times, a verdict, and what to change.

mod checked;
mod compare;
mod maker;
mod repeat;
mod save_ca;
mod several;
mod table;
pub(super) mod verdict;
pub(super) mod web;

use std::time::Duration;

use serde_json::{Value, json};

use self::checked::Checked;
use self::maker::Maker;
use self::save_ca::SaveCa;
use self::several::Several;
use crate::base::{Error, Kind, Result, Stage};
use crate::check::{Evidence, Report, Shown};
use crate::cli::args::{CheckArgs, Common};
use crate::cli::asked::{self, Asked};
use crate::cli::exit::Exit;
use crate::cli::json;
use crate::cli::output::Output;
use crate::cli::place::Place;
use crate::connector::load::{self, Surroundings};
use crate::settings::{Flags, Policy};

pub async fn run(
    policy: Policy,
    surroundings: &Surroundings,
    common: &Common,
    args: &CheckArgs,
    output: &Output,
) -> Result<Exit> {
    let save = args.save_ca.as_deref().map(SaveCa::new).transpose()?;
    let asked = match args.all {
        true => connections(&policy)?,
        false => asked::of(&args.urls, args.from_file.as_deref())?,
    };
    let direct = match args.compare {
        true => Some(directly(surroundings, common)?),
        false => None,
    };
    let maker = Maker {
        policy,
        direct,
        common,
        args,
        output,
    };
    let places: Vec<Place<'_>> = Place::all(&asked).collect();
    let several = Several::new(places, &maker);
    let at_once = args.jobs.unwrap_or(if args.all { 16 } else { 1 });
    let stopped = several.run(at_once, output, common.verbose > 0).await;
    let mut exit = Exit::Success;
    for checked in several.into_checked() {
        if let (Some(save), Some(report)) = (&save, checked.first()) {
            save.tell(report, output)?;
        }
        if let Some(error) = checked.failure() {
            exit = exit.and(Exit::of(error));
        }
    }
    match stopped {
        true => Ok(Exit::Interrupted),
        false => Ok(exit),
    }
}

/// A place for each connection of the settings: its base.
fn connections(policy: &Policy) -> Result<Vec<Asked>> {
    let names = policy.connections().map(|connection| &connection.name);
    let asked: Vec<Asked> = names
        .map(|name| Asked::argument(&format!("{name}:")))
        .collect();
    if asked.is_empty() {
        let what = "there is no connection in the settings";
        return Err(Error::new(Kind::Settings, Stage::Settings, what)
            .while_doing("check every connection")
            .with_hint("`outbound config init` shows how [connections.NAME] is written"));
    }
    Ok(asked)
}

/// The same settings, with the direct way for everything.
fn directly(surroundings: &Surroundings, common: &Common) -> Result<Policy> {
    let flags = Flags {
        proxy: Some("direct".to_owned()),
        ..common.flags()
    };
    load::policy_in(surroundings, &flags)
}

fn as_json(checked: &Checked) -> Value {
    let none = Report::default();
    let report = checked.first().unwrap_or(&none);
    let mut told = of_report(report);
    let more = json!({
        "times": repeat::as_json(checked),
        "direct": checked.direct.as_ref().map(of_report),
        "held": checked.held.as_ref().map(|held| json!({
            "ms": milliseconds(held.stood),
            "said": held.said,
            "failure": held.failure.as_ref().map(json::error),
        })),
    });
    if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
        told.extend(more);
    }
    told
}

fn of_report(report: &Report) -> Value {
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
        "remarks": report.remarks.iter().map(|remark| json!({
            "code": remark.code.as_str(),
            "text": remark.text,
        })).collect::<Vec<_>>(),
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
