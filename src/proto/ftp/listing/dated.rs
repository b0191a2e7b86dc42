//! Dates as `ls` writes them, in all their orders.

use std::time::Duration;

use super::Context;
use super::months::{marked, month};
use super::time::{Clock, Stamp, clock, number, recent, stamp};
use super::words::Word;

/// A date that was found: how many words it has, and the time, if there is such a day.
pub(super) struct Dated {
    pub(super) words: usize,
    pub(super) modified: Option<Stamp>,
}

impl Dated {
    /// Whether no file is likely to be of that time: more than a year ahead.
    pub(super) fn is_unlikely(&self, context: &Context) -> bool {
        let year = Duration::from_secs(366 * 86_400);
        let latest = context.now.checked_add(year);
        self.modified
            .is_some_and(|stamp| latest.is_some_and(|latest| stamp.time > latest))
    }
}

/// `Jan 12 10:30`, `12 Jan 2020`, `2020-01-12 10:30`, `1月 12日 10:30` and their like, at the first
/// of these words.
pub(super) fn date(words: &[Word<'_>], context: &Context) -> Option<Dated> {
    if words.first()?.bytes.contains(&b'-') {
        return iso(words, context);
    }
    let [first, second, third, ..] = words else {
        return None;
    };
    let encoding = context.encoding;
    let (month, day) = match month(first.bytes, encoding) {
        Some(month) => (month, second),
        None => (month(second.bytes, encoding)?, first),
    };
    let day = marked(day.bytes, 2, encoding)?;
    let (used, modified) = match clock(third.text()) {
        // BSD's `ls -T`: the year stands behind a clock with seconds.
        Some(clock) if clock.second.is_some() => match words.get(3).and_then(year) {
            Some(year) => (4, stamp(year, month, day, Some(clock))),
            None => (3, recent(month, day, clock, context.now)),
        },
        Some(clock) => (3, recent(month, day, clock, context.now)),
        None => {
            let year = marked(third.bytes, 4, encoding).filter(|year| *year > 999)?;
            (3, stamp(year.into(), month, day, None))
        }
    };
    // An impossible day is found by `shaped`, after all places were tried.
    Some(Dated {
        words: used,
        modified: Some(modified?),
    })
}

/// What has the shape of a date and is none that is known: a month in another language, or a day
/// that does not exist. The file is there all the same, without a time.
pub(super) fn shaped(words: &[Word<'_>]) -> Option<Dated> {
    let [first, second, third, ..] = words else {
        return None;
    };
    // Not every number: groups and sizes stand before the date.
    let is_day = |word: &Word<'_>| {
        let digits = word.text().trim_end_matches('.');
        number(digits, 2).is_some_and(|day| (1..40).contains(&day))
    };
    let is_month = |word: &Word<'_>| {
        let plain = |b: &u8| b.is_ascii_alphabetic() || *b >= 0x80 || *b == b'.';
        (2..=24).contains(&word.bytes.len()) && word.bytes.iter().all(plain)
    };
    let days = is_month(first) && is_day(second) || is_day(first) && is_month(second);
    let is_time = match third.bytes {
        [a, b, b':', c, d] => [a, b, c, d].iter().all(|b| b.is_ascii_digit()),
        _ => number(third.text(), 4).is_some_and(|year| (1970..2100).contains(&year)),
    };
    (days && is_time).then_some(Dated {
        words: 3,
        modified: None,
    })
}

/// `2020-01-12 10:30`, with seconds, and with the zone of `--full-time`; `01-12 10:30`.
fn iso(words: &[Word<'_>], context: &Context) -> Option<Dated> {
    let [day, time, ..] = words else {
        return None;
    };
    let clock = clock(time.text())?;
    let mut parts = day.text().splitn(3, '-');
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next());
    let Some(third) = third else {
        let (month, day) = (number(first, 2)?, number(second, 2)?);
        let modified = Some(recent(month, day, clock, context.now)?);
        return Some(Dated { words: 2, modified });
    };
    let year = number(first, 4).filter(|year| *year > 999)?;
    let found = stamp(
        year.into(),
        number(second, 2)?,
        number(third, 2)?,
        Some(clock),
    )?;
    let shift = words
        .get(2)
        .filter(|_| clock.second.is_some())
        .and_then(zone);
    let Some(shift) = shift else {
        let modified = Some(found);
        return Some(Dated { words: 2, modified });
    };
    let modified = Some(found.shifted(-shift)?);
    Some(Dated { words: 3, modified })
}

/// `+0100` in seconds.
fn zone(word: &Word<'_>) -> Option<i64> {
    let (sign, digits) = match word.text().as_bytes() {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let digits = std::str::from_utf8(digits).ok().filter(|d| d.len() == 4)?;
    let number = i64::from(number(digits, 4)?);
    let seconds = (number / 100) * 3600 + (number % 100) * 60;
    (seconds <= 14 * 3600 && number % 100 < 60).then_some(sign * seconds)
}

fn year(word: &Word<'_>) -> Option<i64> {
    let year = number(word.text(), 4).filter(|year| *year > 999)?;
    Some(year.into())
}

/// `02-JAN-2024` and `10:30:59.12`.
pub(super) fn vms(day: &Word<'_>, time: &Word<'_>) -> Option<Stamp> {
    let mut parts = day.text().split('-');
    let (day, month_name, year) = (parts.next()?, parts.next()?, parts.next()?);
    let month = month(month_name.as_bytes(), None).filter(|_| parts.next().is_none())?;
    let year = number(year, 4).filter(|year| *year > 999)?;
    let clock: Clock = clock(time.text())?;
    stamp(year.into(), month, number(day, 2)?, Some(clock))
}
