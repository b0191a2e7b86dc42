//! `outbound list`: what is in a folder.

use percent_encoding::percent_encode;
use serde_json::{Value, json};

use super::args::{Common, ListArgs};
use super::asked;
use super::dataset::dataset;
use super::exit::Exit;
use super::interrupt::{Doing, unless_stopped};
use super::narrator::Narrator;
use super::output::Output;
use super::place::Place;
use crate::base::percent::RESERVED;
use crate::base::{Result, text};
use crate::dataset::{Client, Observer};
use crate::ftp::Listing;
use crate::ftp::listing::{Entry, Exact, Form, Kind};
use crate::settings::Policy;

pub async fn run(
    policy: Policy,
    common: &Common,
    args: &ListArgs,
    output: &Output,
) -> Result<Exit> {
    let doing = Doing::default();
    let work = all(policy, common, args, output, &doing);
    unless_stopped(output, &doing, work).await
}

async fn all(
    policy: Policy,
    common: &Common,
    args: &ListArgs,
    output: &Output,
    doing: &Doing,
) -> Result<Exit> {
    let client = Client::new(policy);
    let mut exit = Exit::Success;
    let asked = asked::all(&args.urls)?;
    let several = asked.len() > 1;
    for mut place in Place::all(&asked) {
        doing.begins(format!("list {}", place.name()));
        let dataset = match dataset(&client, common, &args.login, &[], &mut place, output) {
            Ok(dataset) => dataset,
            Err(error) => {
                exit = exit.and(output.failed(&place, &error));
                continue;
            }
        };
        let mut heading = several && !output.json;
        let narrator = Narrator::new(output, place.prefix(), &place.shown);
        let mut walk = dataset.walk().with_observer(Observer::new(move |event| {
            if let Some(words) = narrator.words(&event) {
                narrator.say(&words);
            }
        }));
        while let Some(folder) = walk.next().await {
            let listing = match folder.listing {
                Ok(listing) => listing,
                Err(error) => {
                    exit = exit.and(output.failed(&place, &error));
                    continue;
                }
            };
            if std::mem::take(&mut heading) {
                // `census:` has its colon already.
                output.line(&format!("{}:", place.asked.trim_end_matches(':')));
            }
            show(output, &place, &folder.names, &listing, common.verbose > 0);
            if let Some(error) = listing.shortage() {
                let names = folder.names.iter().map(|name| shown(&listing, name));
                let path = names.collect::<Vec<_>>().join("/");
                let error = error.while_doing(format!("list {}/{path}", dataset.target()));
                exit = exit.and(output.failed(&place, &error));
            }
            if !args.recursive {
                break;
            }
            for (name, why) in &folder.left_out {
                let path = path_of(&folder.names, &listing, name);
                output.say(&format!(
                    "{}{path}/ is not gone into: {why}",
                    place.prefix()
                ));
            }
        }
    }
    Ok(exit)
}

/// What is in the folder that `names` lead to.
fn show(output: &Output, place: &Place<'_>, names: &[Vec<u8>], listing: &Listing, verbose: bool) {
    for entry in &listing.entries {
        output.line(&match output.json {
            true => place.json(as_json(names, listing, entry)),
            false => row(names, listing, entry),
        });
    }
    for line in listing.unrecognised.iter().filter(|_| output.json) {
        let line = listing.text(line);
        output.line(&place.json(json!({ "unrecognised": line })));
    }
    if listing.form == Form::Nlst {
        output.say(&format!(
            "{}the server gives the names alone (NLST): neither kind, size nor time",
            place.prefix()
        ));
    }
    let count = listing.unrecognised.len();
    if count == 0 {
        return;
    }
    let how = match verbose || output.json {
        true => "",
        false => " (-v shows them)",
    };
    output.say(&format!(
        "{}lines of the listing that were not understood: {count}{how}",
        place.prefix()
    ));
    for line in listing.unrecognised.iter().filter(|_| verbose) {
        output.say(&format!("  {}", text::clip(&listing.text(line))));
    }
}

fn word(kind: &Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Folder => "folder",
        Kind::Link { .. } => "link",
        Kind::Unknown => "unknown",
        _ => "other",
    }
}

/// A name behind those that lead to it, safe to show.
fn path_of(names: &[Vec<u8>], listing: &Listing, name: &[u8]) -> String {
    let all = names.iter().map(Vec::as_slice).chain([name]);
    let shown: Vec<_> = all.map(|name| shown(listing, name)).collect();
    shown.join("/")
}

fn shown(listing: &Listing, name: &[u8]) -> String {
    match listing.encoding {
        Some(_) => text::escape(&listing.text(name)),
        None => text::escape_bytes(name),
    }
}

/// Kind, size, time and name. The name stands last: it may have blanks in it.
fn row(names: &[Vec<u8>], listing: &Listing, entry: &Entry) -> String {
    let size = match (&entry.kind, entry.size) {
        (Kind::File, Some(size)) if entry.size_rounded && listing.is_of_page() => {
            format!("~{size}")
        }
        // VMS counts blocks: the last one may not be full.
        (Kind::File, Some(size)) if entry.size_rounded => format!("<={size}"),
        (Kind::File | Kind::Unknown, Some(size)) => size.to_string(),
        _ => "-".to_owned(),
    };
    let modified = entry.modified.map_or("-".to_owned(), |at| at.to_string());
    let mut name = path_of(names, listing, &entry.name);
    match &entry.kind {
        Kind::Folder => name.push('/'),
        Kind::Link { target: Some(to) } => {
            name.push_str(" -> ");
            name.push_str(&shown(listing, to));
        }
        _ => {}
    }
    if let Err(why) = listing.local_name(entry) {
        name.push_str(&format!("  (not a file's name on every system: {why})"));
    }
    let kind = word(&entry.kind);
    format!("{kind:<6} {size:>12}  {modified:<20}  {name}")
}

fn as_json(names: &[Vec<u8>], listing: &Listing, entry: &Entry) -> Value {
    let target = match &entry.kind {
        Kind::Link { target } => target.as_deref(),
        _ => None,
    };
    json!({
        "name": listing.text(&entry.name),
        // The bytes: a name need not be UTF-8.
        "encoded": percent_encode(&entry.name, RESERVED).to_string(),
        // The names that lead to its folder, with `--recursive`.
        "folder": names.iter().map(|name| percent_encode(name, RESERVED).to_string()).collect::<Vec<_>>().join("/"),
        "kind": word(&entry.kind),
        "size": entry.size,
        "size_rounded": entry.size_rounded,
        "modified": entry.modified.map(|at| at.to_string()),
        "exact": entry.modified.map(|at| match at.exact {
            Exact::Second => "second",
            Exact::Minute => "minute",
            Exact::Day => "day",
        }),
        "utc": entry.modified.map(|at| at.utc),
        "target": target.map(|target| listing.text(target)),
        "permissions": entry.permissions,
        "unsafe": listing.local_name(entry).err().map(|why| why.to_string()),
    })
}
