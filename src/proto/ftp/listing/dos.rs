//! LIST as DOS and Windows have it: `01-16-02  11:14AM       <DIR>          name`.

use super::time::{Stamp, clock, number, stamp};
use super::{Entry, Kind, words};

/// The blanks between `<DIR>` and the name, as Microsoft's server writes them.
const AFTER_DIR: usize = 10;

pub(super) fn entry(line: &[u8]) -> Option<Entry> {
    let words = words(line, 3);
    let [date, clock, what] = words.as_slice() else {
        return None;
    };
    let modified = modified(date.text, clock.text)?;
    let rest = line.get(what.end + 1..)?;
    let blanks = rest.iter().take_while(|b| **b == b' ').count();
    let (kind, size, name) = match what.text.to_ascii_uppercase().as_str() {
        "<DIR>" => (Kind::Folder, None, &rest[blanks.min(AFTER_DIR - 1)..]),
        "<JUNCTION>" | "<SYMLINK>" | "<SYMLINKD>" => {
            let (name, target) = link(&rest[blanks..]);
            (Kind::Link { target }, None, name)
        }
        size => {
            let size = size.replace(',', "");
            let plain = size.bytes().all(|b| b.is_ascii_digit());
            (Kind::File, Some(size.parse().ok().filter(|_| plain)?), rest)
        }
    };
    Some(Entry {
        name: name.to_vec(),
        kind,
        size,
        modified: Some(modified),
        permissions: None,
        unique: None,
    })
}

/// `01-16-02`, `01/16/2002`, `2002-01-16`, and `11:14AM` or `23:14`.
fn modified(date: &str, time: &str) -> Option<Stamp> {
    let mut parts = date.split(['-', '/']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day) = if a.len() == 4 { (a, b, c) } else { (c, a, b) };
    let year = i64::from(number(year, 4)?);
    // Two digits: the century that POSIX takes for %y, and 19100 for 2000's elder servers.
    let year = match year {
        0..=68 => 2000 + year,
        69..=199 => 1900 + year,
        _ => year,
    };
    let lower = time.to_ascii_lowercase();
    let half = lower.strip_suffix('m').unwrap_or(&lower);
    let (hour, minute) = clock(half.trim_end_matches(['a', 'p']))?;
    let hour = match half.as_bytes().last() {
        Some(b'a') => hour % 12,
        Some(b'p') => hour % 12 + 12,
        _ => hour,
    };
    stamp(
        year,
        number(month, 2)?,
        number(day, 2)?,
        Some((hour, minute)),
    )
}

/// `name [target]`.
fn link(name: &[u8]) -> (&[u8], Option<Vec<u8>>) {
    let at = name.windows(2).rposition(|two| two == b" [");
    match (at, name.strip_suffix(b"]")) {
        (Some(at), Some(inside)) if at + 2 <= inside.len() => {
            (&name[..at], Some(inside[at + 2..].to_vec()))
        }
        _ => (name, None),
    }
}
