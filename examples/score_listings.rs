//! Scores the listing parsers against samples: `score_listings DIR [-v]`.
//!
//! DIR holds a JSON file for each family of servers: a list of cases with `lines` (or
//! `raw_base64` and `encoding`), the moment `now`, and `expect`, the entries with `name`, `type`,
//! `size` and `mtime` (null: none, or nothing is said). For each family the entries that are found
//! right are counted, those that are made from lines that are none, and the cases that agree
//! altogether; `-v` prints the cases that do not.
//!
//! What a peer's test lists as bad and takes all the same counts when an entry is made of it. Where
//! peers differ, this counts as right: the folder itself and its parent are no entries; the
//! size counts for files alone; a device is no file; a size that
//! cannot be read is 0 to Chromium and none here; VMS names are compared without regard to case
//! and to the `.DIR` of folders.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use outbound::base::Encoding;
use outbound::proto::ftp::facts;
use outbound::proto::ftp::listing::{Entry, Form, Kind, Line, Parser};
use serde_json::Value;

/// The files, and how their lines are to be read.
const FAMILIES: [(&str, Form); 13] = [
    ("unix", Form::List),
    ("macos_peter", Form::List),
    ("year_inference", Form::List),
    ("nt", Form::List),
    ("mlsx", Form::Mlsd),
    ("eplf", Form::List),
    ("netware", Form::List),
    ("vms", Form::List),
    ("mvs", Form::List),
    ("os400", Form::List),
    ("os2", Form::List),
    ("enterprise_unix", Form::List),
    ("hprc", Form::List),
];

#[derive(Default)]
struct Score {
    entries: usize,
    right: usize,
    extra: usize,
    cases: usize,
    agree: usize,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let verbose = arguments.iter().any(|word| word == "-v");
    arguments.retain(|word| word != "-v");
    let folder = arguments.first().ok_or("usage: score_listings DIR [-v]")?;
    println!("family            entries  right           made of none  cases  agree");
    for (family, form) in FAMILIES {
        let Ok(text) = std::fs::read_to_string(format!("{folder}/{family}.json")) else {
            println!("{family:<16}  not there");
            continue;
        };
        let cases: Vec<Value> = serde_json::from_str(&text)?;
        let mut score = Score::default();
        for case in &cases {
            count(case, form, family, verbose, &mut score);
        }
        let percent = 100.0 * score.right as f64 / score.entries.max(1) as f64;
        let Score {
            entries,
            right,
            extra,
            cases,
            agree,
        } = score;
        println!(
            "{family:<16}  {entries:>7}  {right:>5} {percent:>6.1} %  {extra:>12}  {cases:>5}  {agree:>5}"
        );
    }
    Ok(())
}

/// The lines of a case as bytes.
fn lines(case: &Value) -> Vec<Vec<u8>> {
    if let Some(raw) = case["raw_base64"].as_str() {
        let bytes = BASE64_STANDARD.decode(raw).unwrap_or_default();
        return bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    }
    let lines = case["lines"].as_array().into_iter().flatten();
    let bytes = |line: &Value| line.as_str().unwrap_or_default().as_bytes().to_vec();
    lines.map(bytes).collect()
}

fn count(case: &Value, form: Form, family: &str, verbose: bool, score: &mut Score) {
    let now = case["now"].as_str().and_then(moment);
    let now = now.unwrap_or(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000));
    let encoding = case["encoding"].as_str().and_then(Encoding::parse);
    let mut parser = Parser::new(form, now).with_encoding(encoding);
    let (mut found, mut around) = (Vec::new(), 0);
    let mut each = |line: &[u8], what| match what {
        Line::Entry(entry) => found.push((entry, line.to_vec())),
        Line::Around => around += 1,
        _ => {}
    };
    for line in lines(case) {
        parser.push(&line, &mut each);
    }
    parser.finish(&mut each);
    let wanted = case["expect"].as_array().into_iter().flatten();
    let mut wanted: Vec<&Value> = wanted.collect();
    // `.` and `..`, and MLSD's cdir and pdir, whatever they are called.
    wanted.retain(|entry| {
        let dots = matches!(entry["name"].as_str(), Some("." | ".."));
        if dots {
            return false;
        }
        let facts = case["lines"][0].as_str().unwrap_or("").to_ascii_lowercase();
        !(around == 1 && (facts.contains("type=cdir") || facts.contains("type=pdir")))
    });
    // The peer's own test takes both for right: no entry, or one without a time.
    if case["sample_kind"] == "bad" && found.is_empty() {
        wanted.clear();
    }
    score.cases += 1;
    score.entries += wanted.len();
    let mut missed = Vec::new();
    for entry in &wanted {
        let same = |(at, line): &(Entry, Vec<u8>)| equal(at, line, entry, family, encoding);
        match found.iter().position(same) {
            Some(at) => {
                score.right += 1;
                found.remove(at);
            }
            None => missed.push(entry),
        }
    }
    // One that was found but differs was counted as missed.
    score.extra += found.len().saturating_sub(missed.len());
    if missed.is_empty() && found.is_empty() {
        score.agree += 1;
    } else if verbose {
        println!("{family}, {}: {}", case["source"], case["expect_from"]);
        for line in lines(case) {
            println!("  {}", line.escape_ascii());
        }
        for entry in missed {
            println!("  wanted {entry}");
        }
        for (entry, _) in found {
            println!(
                "  found {:?} {entry:?}",
                String::from_utf8_lossy(&entry.name)
            );
        }
    }
}

fn equal(
    found: &Entry,
    line: &[u8],
    wanted: &Value,
    family: &str,
    encoding: Option<Encoding>,
) -> bool {
    let is_device = matches!(line.first(), Some(b'b' | b'c'));
    let kind = match found.kind {
        Kind::File => "file",
        Kind::Folder => "dir",
        Kind::Link { .. } => "link",
        Kind::Other if is_device => "file",
        _ => "unknown",
    };
    let name = match encoding {
        Some(encoding) => encoding.decode(&found.name).into_owned(),
        None => String::from_utf8_lossy(&found.name).into_owned(),
    };
    let plain = |name: &str| match family {
        "vms" => {
            let name = name.to_ascii_lowercase();
            name.strip_suffix(".dir").unwrap_or(&name).to_owned()
        }
        _ => name.to_owned(),
    };
    let size = wanted["size"]
        .as_u64()
        .filter(|_| kind == "file" && !is_device);
    // Chromium writes 0 for what cannot be read.
    let is_unread = found.size.is_none() && size == Some(0);
    let time = wanted["mtime"].as_str().and_then(moment);
    // Names alone: Chromium makes up the rest.
    if family == "hprc" {
        return wanted["name"] == name;
    }
    wanted["name"].as_str().map(plain) == Some(plain(&name))
        && wanted["type"].as_str().is_none_or(|wanted| wanted == kind)
        && (size.is_none() || size == found.size || is_unread)
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
    let text = text.split_once('.').map_or(text, |(whole, _)| whole);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    facts::modified(&format!("{digits:0<14}")).map(|modified| modified.time)
}
