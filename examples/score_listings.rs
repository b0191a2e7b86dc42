//! Scores the listing parsers against samples: `score_listings DIR`.
//!
//! DIR holds `unix.json`, `nt.json` and `mlsx.json`: lists of cases with `lines`, the moment
//! `now`, and `expect`, the entries with `name`, `type`, `size` and `mtime` (null: none). Prints
//! each case that differs, and how many do not.

use std::time::{Duration, SystemTime};

use outbound::proto::ftp::facts;
use outbound::proto::ftp::listing::{Entry, Form, Kind, Line, line};
use serde_json::Value;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: score_listings DIR")?;
    for (file, form) in [
        ("unix", Form::List),
        ("nt", Form::List),
        ("mlsx", Form::Mlsd),
    ] {
        let text = std::fs::read_to_string(format!("{folder}/{file}.json"))?;
        let cases: Vec<Value> = serde_json::from_str(&text)?;
        let right = cases.iter().filter(|case| agrees(case, form)).count();
        println!("{file}: {right} of {}", cases.len());
    }
    Ok(())
}

fn agrees(case: &Value, form: Form) -> bool {
    let now = case["now"].as_str().and_then(moment);
    let now = now.unwrap_or(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000));
    let lines = case["lines"].as_array().into_iter().flatten();
    let found: Vec<Entry> = lines
        .filter_map(|text| match line(text.as_str()?.as_bytes(), form, now) {
            Line::Entry(entry) => Some(entry),
            _ => None,
        })
        .collect();
    let around = |e: &&Value| !matches!(e["name"].as_str(), Some("." | ".."));
    let wanted = case["expect"].as_array().into_iter().flatten();
    let wanted: Vec<&Value> = wanted.filter(around).collect();
    let same = found.len() == wanted.len() && found.iter().zip(&wanted).all(|(f, w)| equal(f, w));
    if !same {
        println!("{}\n  wanted {wanted:?}\n  found {found:?}", case["lines"]);
    }
    same
}

fn equal(found: &Entry, wanted: &Value) -> bool {
    let kind = match found.kind {
        Kind::File => "file",
        Kind::Folder => "dir",
        Kind::Link { .. } => "link",
        _ => "unknown",
    };
    let size = wanted["size"].as_u64();
    let time = wanted["mtime"].as_str().and_then(moment);
    wanted["name"].as_str().map(str::as_bytes) == Some(&found.name)
        && wanted["type"].as_str().is_none_or(|wanted| wanted == kind)
        && (kind != "file" || size.is_none() || size == found.size)
        && time.is_none_or(|time| found.modified.is_some_and(|stamp| near(stamp.time, time)))
}

/// Samples may leave the seconds out.
fn near(found: SystemTime, wanted: SystemTime) -> bool {
    found
        .duration_since(wanted)
        .is_ok_and(|by| by < Duration::from_secs(60))
}

/// `2026-08-05T07:31`, with seconds or without.
fn moment(text: &str) -> Option<SystemTime> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    facts::modified(&format!("{digits:0<14}")).map(|modified| modified.time)
}
