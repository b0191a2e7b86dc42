//! `outbound stat`: what is at a URL.

use serde_json::json;

use super::args::{Common, StatArgs};
use super::dataset::dataset;
use super::exit::Exit;
use super::json;
use super::output::{Output, without_userinfo};
use crate::base::{Result, text};
use crate::dataset::{Client, Stat};
use crate::settings::Policy;

pub async fn run(
    policy: Policy,
    common: &Common,
    args: &StatArgs,
    output: &Output,
) -> Result<Exit> {
    let client = Client::new(policy);
    let mut exit = Exit::Success;
    for url in &args.urls {
        let stat = match dataset(&client, common, &args.login, url) {
            Ok(dataset) => dataset.stat().await,
            Err(error) => Err(error),
        };
        match stat {
            Ok(stat) if output.json => {
                output.line(&as_json(&stat));
            }
            Ok(stat) => show(output, &stat),
            Err(error) => {
                if output.json {
                    let line =
                        json!({ "url": without_userinfo(url), "error": json::error(&error) });
                    output.line(&line.to_string());
                }
                output.error(&error);
                exit = exit.and(Exit::of(&error));
            }
        }
    }
    Ok(exit)
}

fn as_json(stat: &Stat) -> String {
    json!({
        "url": stat.url.as_str(),
        "length": stat.length,
        "modified": stat.modified.map(httpdate::fmt_http_date),
        "media_type": stat.media_type,
        "validator": stat.validator,
        "resumable": stat.resumable,
        "route": json::route(&stat.route),
    })
    .to_string()
}

fn show(output: &Output, stat: &Stat) {
    output.line(&text::escape(stat.url.as_str()));
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
