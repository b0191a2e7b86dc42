//! Times in listings.

use std::time::{Duration, SystemTime};

use crate::proto::ftp::facts::{days_in_month, days_since_1970};

/// How exact a time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exact {
    /// To the second, as MLSD has it.
    Second,
    /// To the minute.
    Minute,
    /// To the day.
    Day,
}

/// When an entry was last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stamp {
    /// The time, read as UTC.
    pub time: SystemTime,
    /// How exact it is.
    pub exact: Exact,
    /// Whether it is known to be UTC (MLSD). LIST writes the server's own time and names no zone.
    pub utc: bool,
}

/// A time of LIST: a date, and hours and minutes where they are given.
pub(super) fn stamp(year: i64, month: u32, day: u32, clock: Option<(u32, u32)>) -> Option<Stamp> {
    let (hour, minute) = clock.unwrap_or((0, 0));
    let valid = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60;
    if !valid {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + i64::from(hour * 3600 + minute * 60);
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(whole)?
    } else {
        SystemTime::UNIX_EPOCH.checked_add(whole)?
    };
    let exact = if clock.is_some() {
        Exact::Minute
    } else {
        Exact::Day
    };
    Some(Stamp {
        time,
        exact,
        utc: false,
    })
}

/// The last such day that is at most one day after `now`: clocks and zones differ by that much
/// (Chromium and commons-net take it so).
pub(super) fn recent(month: u32, day: u32, clock: (u32, u32), now: SystemTime) -> Option<Stamp> {
    let latest = now.checked_add(Duration::from_secs(86_400))?;
    let since = now.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    // At least this year: a year has 365 days or more. Nine years hold a 29 February.
    let year = 1971 + i64::try_from(since / (365 * 86_400)).ok()?;
    (0..11)
        .filter_map(|back| stamp(year - back, month, day, Some(clock)))
        .find(|stamp| stamp.time <= latest)
}

/// `10:30`, or `10:30:59` with the seconds left out of the answer.
pub(super) fn clock(text: &str) -> Option<(u32, u32)> {
    let (hour, rest) = text.split_once(':')?;
    let minute = rest.split_once(':').map_or(rest, |(minute, _)| minute);
    Some((number(hour, 2)?, number(minute, 2)?)).filter(|(h, m)| *h < 24 && *m < 60)
}

/// Digits alone, at most `most` of them.
pub(super) fn number(text: &str, most: usize) -> Option<u32> {
    let plain = text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}
