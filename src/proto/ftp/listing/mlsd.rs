//! MLSD: `type=file;size=3;modify=20200101120000; name` (RFC 3659 section 7.2).

use super::{Entry, Exact, Kind, Line, Stamp};
use crate::proto::ftp::facts;

pub(super) fn line(line: &[u8]) -> Option<Line> {
    // One blank ends the facts; a link's target among them may have blanks of its own.
    let (said, name) = match line.strip_prefix(b" ") {
        Some(name) => (&b""[..], name),
        None => {
            let mut at = line.windows(2).position(|two| two == b"; ")?;
            // Some servers write a blank before every fact.
            while let Some(length) = known_fact(&line[at + 2..]) {
                at += 2 + length;
            }
            (&line[..at], &line[at + 2..])
        }
    };
    let mut entry = Entry::new(name, Kind::Unknown);
    for fact in said.split(|b| *b == b';').filter(|fact| !fact.is_empty()) {
        // What is no fact makes the line no answer to MLSD.
        let at = fact.iter().position(|b| *b == b'=')?;
        let key = fact[..at].trim_ascii_start().to_ascii_lowercase();
        let value = &fact[at + 1..];
        let text = std::str::from_utf8(value).unwrap_or("");
        match key.as_slice() {
            b"type" => match kind(value) {
                Some(kind) => entry.kind = kind,
                None => return Some(Line::Around),
            },
            b"size" => entry.size = text.parse().ok(),
            b"modify" => {
                entry.modified = facts::modified(text).map(|modified| Stamp {
                    time: modified.time,
                    exact: Exact::Second,
                    utc: true,
                });
            }
            b"unique" if !value.is_empty() => entry.unique = Some(value.to_vec()),
            b"perm" => entry.permissions = Some(text.to_owned()),
            _ => {}
        }
    }
    Some(Line::Entry(entry))
}

/// The length of a fact that stands where a name is due, and has `; ` behind it. Only the facts
/// that matter: a file may be called `a=b; c`.
fn known_fact(text: &[u8]) -> Option<usize> {
    let length = text.windows(2).position(|two| two == b"; ")?;
    let key = text[..length].split(|b| *b == b'=').next()?;
    let known = [&b"type"[..], b"size", b"modify", b"perm", b"unique"];
    let is_known = known.iter().any(|fact| key.eq_ignore_ascii_case(fact));
    (is_known && key.len() < length).then_some(length)
}

/// None is the folder itself or its parent.
fn kind(value: &[u8]) -> Option<Kind> {
    let lower = value.to_ascii_lowercase();
    Some(match lower.as_slice() {
        b"" => Kind::Unknown,
        b"file" => Kind::File,
        b"dir" => Kind::Folder,
        b"cdir" | b"pdir" => return None,
        b"os.unix=symlink" | b"os.unix=slink" | b"link" => Kind::Link { target: None },
        // proftpd and pure-ftpd: `OS.unix=slink:target`.
        _ if lower.starts_with(b"os.unix=slink:") => Kind::Link {
            target: Some(value[b"os.unix=slink:".len()..].to_vec()),
        },
        _ => Kind::Other,
    })
}
