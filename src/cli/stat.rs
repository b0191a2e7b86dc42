//! `outbound stat`: what is at a URL.

use serde_json::{Value, json};

use super::args::{Common, StatArgs};
use super::dataset::dataset;
use super::exit::Exit;
use super::interrupt::{Doing, unless_stopped};
use super::output::{Output, without_query};
use super::place::Place;
use super::{asked, json};
use crate::base::{Result, text};
use crate::dataset::{Client, Stat};
use crate::settings::Policy;

pub async fn run(
    policy: Policy,
    common: &Common,
    args: &StatArgs,
    output: &Output,
) -> Result<Exit> {
    let doing = Doing::default();
    let work = all(policy, common, args, output, &doing);
    unless_stopped(output, &doing, work).await
}

async fn all(
    policy: Policy,
    common: &Common,
    args: &StatArgs,
    output: &Output,
    doing: &Doing,
) -> Result<Exit> {
    let client = Client::new(policy);
    let asked = asked::all(&args.urls)?;
    let fields = &args.fields.headers;
    let mut exit = Exit::Success;
    for mut place in Place::all(&asked) {
        doing.begins(format!("stat {}", place.name()));
        let stat = match dataset(&client, common, &args.login, fields, &mut place, output) {
            Ok(dataset) => dataset.stat().await,
            Err(error) => Err(error),
        };
        let doubt = stat.as_ref().ok().and_then(|stat| stat.doubt.as_deref());
        if let Some(warning) = doubt.and_then(|why| output.doubt(why)) {
            output.say(&warning);
        }
        match stat {
            Ok(stat) if output.json => {
                output.line(&place.json(as_json(&stat)));
            }
            Ok(stat) => show(output, &stat),
            Err(error) => exit = exit.and(output.failed(&place, &error)),
        }
    }
    Ok(exit)
}

fn as_json(stat: &Stat) -> Value {
    json!({
        "final_url": stat.url.as_str(),
        "length": stat.length,
        "modified": stat.modified.map(httpdate::fmt_http_date),
        "media_type": stat.media_type,
        "validator": stat.validator,
        "resumable": stat.resumable,
        "doubt": stat.doubt,
        "route": json::route(&stat.route),
    })
}

fn show(output: &Output, stat: &Stat) {
    output.line(&text::escape(&without_query(stat.url.as_str())));
    let length = stat.length.map(|bytes| format!("{bytes} bytes"));
    let modified = stat.modified.map(httpdate::fmt_http_date);
    let resumable = stat
        .resumable
        .map(|yes| if yes { "yes" } else { "no" }.to_owned());
    let facts = [
        ("length", length),
        ("modified", modified),
        ("type", stat.media_type.clone()),
        ("resumable", resumable),
        ("route", Some(stat.route.to_string())),
    ];
    for (name, value) in facts {
        output.line(&format!(
            "  {name:<10} {}",
            value.as_deref().unwrap_or("not told")
        ));
    }
}
