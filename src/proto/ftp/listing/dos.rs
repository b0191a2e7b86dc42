//! LIST as DOS, Windows and OS/2 have it: `01-16-02  11:14AM       <DIR>          name`, and
//! `     0           DIR   01-16-02   11:14  name`.

use super::time::{Stamp, clock, number, stamp, year};
use super::words::{behind, words};
use super::{Entry, Kind};

/// The blanks between `<DIR>` and the name, as Microsoft's server writes them.
const AFTER_DIR: usize = 10;

pub(super) fn entry(line: &[u8]) -> Option<Entry> {
    let words = words(line, 4);
    let [date, clock, third, ..] = words.as_slice() else {
        return None;
    };
    // `03:09 PM`.
    let half = match third.text().to_ascii_lowercase().as_str() {
        "am" => Some('a'),
        "pm" => Some('p'),
        _ => None,
    };
    let what = match half {
        Some(_) => words.get(3)?,
        None => third,
    };
    let modified = modified(date.text(), clock.text(), half)?;
    let rest = line.get(what.end + 1..)?;
    let blanks = rest.iter().take_while(|b| **b == b' ').count();
    let (kind, size, name) = match what.text().to_ascii_uppercase().as_str() {
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
        size,
        modified: Some(modified),
        ..Entry::new(name, kind)
    })
}

/// OS/2: the size, attributes, `DIR`, date and clock.
pub(super) fn os2(line: &[u8]) -> Option<Entry> {
    let words = words(line, 5);
    let size = words.first().filter(|word| word.is_number())?;
    let mut rest = &words[1..];
    let is_attributes = |text: &str| text.len() <= 5 && text.bytes().all(|b| b"RSHA".contains(&b));
    if let [first, ..] = rest
        && is_attributes(first.text())
    {
        rest = &rest[1..];
    }
    let is_folder = matches!(rest, [first, ..] if first.bytes == b"DIR");
    if is_folder {
        rest = &rest[1..];
    }
    let [date, clock, ..] = rest else {
        return None;
    };
    let kind = match is_folder {
        true => Kind::Folder,
        false => Kind::File,
    };
    Some(Entry {
        size: Some(size.text().parse().ok()?),
        modified: Some(modified(date.text(), clock.text(), None)?),
        ..Entry::new(behind(line, clock), kind)
    })
}

/// `01-16-02`, `01/16/2002`, `2002-01-16`, and `11:14AM` or `23:14`.
fn modified(date: &str, time: &str, half: Option<char>) -> Option<Stamp> {
    let mut parts = date.split(['-', '/']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    let (written, month, day) = if a.len() == 4 { (a, b, c) } else { (c, a, b) };
    let year = year(written).filter(|_| parts.next().is_none() && written.len() > 1)?;
    let lower = time.to_ascii_lowercase();
    let (time, half) = match lower.strip_suffix('m') {
        Some(rest) if half.is_none() => {
            let half = rest
                .chars()
                .next_back()
                .filter(|c| matches!(c, 'a' | 'p'))?;
            (&rest[..rest.len() - 1], Some(half))
        }
        // Short forms, `11:14a`.
        _ => match lower.strip_suffix(['a', 'p']) {
            Some(rest) if half.is_none() => (rest, lower.chars().next_back()),
            _ => (lower.as_str(), half),
        },
    };
    let mut clock = clock(time)?;
    clock.hour = match half {
        Some('a') => clock.hour % 12,
        Some(_) => clock.hour % 12 + 12,
        None => clock.hour,
    };
    stamp(year, number(month, 2)?, number(day, 2)?, Some(clock))
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
