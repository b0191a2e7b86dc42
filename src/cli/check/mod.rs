//! `outbound check`: the stages with their times, a verdict, and what to change.

mod checked;
mod columns;
mod compare;
mod held;
mod maker;
mod repeat;
pub(super) mod report;
mod save_ca;
mod several;
mod table;
pub(super) mod verdict;
pub(super) mod web;

use std::time::Duration;

use self::checked::Checked;
use self::maker::Maker;
use self::report::Reports;
use self::save_ca::SaveCa;
use self::several::Several;
use crate::base::{Error, Kind, Result, Stage};
use crate::cli::args::{CheckArgs, Common};
use crate::cli::asked::{self, Asked};
use crate::cli::exit::Exit;
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
    let reports = Reports::begin(args, output)?;
    let save = args.save_ca.as_deref().map(SaveCa::new).transpose()?;
    let asked = match args.all {
        true if common.connection.is_some() => {
            let what = "--all and --connection cannot both be given";
            return Err(Error::new(Kind::Usage, Stage::Settings, what)
                .with_hint("`check NAME:` checks the connection NAME alone"));
        }
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
    let stopped = several.run(at_once, &reports, common.verbose > 0).await;
    let mut exit = Exit::Success;
    let written = reports.write_page();
    let all: Vec<_> = several.into_checked().collect();
    for checked in &all {
        if let Some(error) = checked.failure() {
            exit = exit.and(Exit::of(error));
        }
    }
    let saved = save.map(|save| save.tell(all.iter().filter_map(Checked::first), output));
    for error in [Some(written), saved]
        .into_iter()
        .flatten()
        .filter_map(Result::err)
    {
        output.error(&error);
        exit = exit.and(Exit::of(&error));
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

/// Milliseconds with the three digits that a clock is good for.
pub(super) fn milliseconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 1e6).round() / 1e3
}
