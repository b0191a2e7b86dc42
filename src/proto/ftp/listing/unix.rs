//! LIST as `ls -l` has it.

use std::time::SystemTime;

use super::time::{Stamp, clock, number, recent, stamp};
use super::{Entry, Kind, Word, words};

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

pub(super) fn entry(line: &[u8], now: SystemTime) -> Option<Entry> {
    let words = words(line, 12);
    let mode = words.first()?.text;
    let permissions = mode.get(1..10)?;
    let is_mode = permissions.bytes().all(|b| b"rwxsStTlL-".contains(&b));
    // After the nine: an access list (`+`), a security context (`.`), attributes (`@`).
    if !is_mode || !line.starts_with(mode.as_bytes()) {
        return None;
    }
    // The date's place tells the columns: a group or a link count may be missing.
    let (at, used, modified) = (1..words.len()).find_map(|at| {
        let (used, modified) = date(&words[at..], now)?;
        // A user may be called `may`: what stands before the date is the size.
        let sized = words[at - 1].text.bytes().all(|b| b.is_ascii_digit());
        sized.then_some((at, used, modified))
    })?;
    let is_device = at >= 2 && words[at - 2].text.ends_with(',');
    let size = words[at - 1].text.parse().ok().filter(|_| !is_device);
    // One blank ends the date; more of them belong to the name. Old systems fill a year up to the
    // five places of a clock on its right (`Mar  1 2003  name`), others on its left.
    let (day, last) = (&words[at + used - 2], &words[at + used - 1]);
    let fills =
        last.text.len() == 4 && last.end == day.end + 5 && line.get(last.end + 1) == Some(&b' ');
    let mut name = line.get(last.end + 1 + usize::from(fills)..)?;
    let kind = match mode.as_bytes()[0] {
        b'-' => Kind::File,
        b'd' => Kind::Folder,
        b'l' => {
            let (own, target) = link(name, size);
            name = own;
            Kind::Link { target }
        }
        b if b.is_ascii_alphabetic() || b == b'?' => Kind::Other,
        _ => return None,
    };
    Some(Entry {
        name: name.to_vec(),
        kind,
        size,
        modified: Some(modified),
        permissions: Some(permissions.to_owned()),
        unique: None,
    })
}

/// `Jan 12 10:30`, `Jan 12 2020`, `12 Jan 2020`, `2020-01-12 10:30`: how many words, and the time.
fn date(words: &[Word<'_>], now: SystemTime) -> Option<(usize, Stamp)> {
    let (first, second) = (words.first()?.text, words.get(1)?.text);
    if let Some((year, rest)) = first.split_once('-') {
        let (month, day) = rest.split_once('-')?;
        let (year, clock) = (number(year, 4).filter(|y| *y > 999)?, clock(second)?);
        let stamp = stamp(year.into(), number(month, 2)?, number(day, 2)?, Some(clock))?;
        return Some((2, stamp));
    }
    let third = words.get(2)?.text;
    let (month, day) = match (month(first), month(second)) {
        (Some(month), _) => (month, second),
        (None, Some(month)) => (month, first),
        (None, None) => return None,
    };
    let day = number(day, 2)?;
    let stamp = match clock(third) {
        Some(clock) => recent(month, day, clock, now),
        None => stamp(
            number(third, 4).filter(|y| *y > 999)?.into(),
            month,
            day,
            None,
        ),
    };
    Some((3, stamp?))
}

fn month(word: &str) -> Option<u32> {
    let at = MONTHS.iter().position(|m| word.eq_ignore_ascii_case(m))?;
    u32::try_from(at + 1).ok()
}

/// `name -> target`. Where ` -> ` occurs more than once, a link's size is its target's length.
fn link(name: &[u8], size: Option<u64>) -> (&[u8], Option<Vec<u8>>) {
    let arrows = || {
        let four = name.windows(4).enumerate();
        four.filter(|(_, four)| *four == b" -> ").map(|(at, _)| at)
    };
    let fits = |at: &usize| size == Some((name.len() - at - 4) as u64);
    match arrows().find(fits).or_else(|| arrows().next()) {
        Some(at) => (&name[..at], Some(name[at + 4..].to_vec())),
        None => (name, None),
    }
}
