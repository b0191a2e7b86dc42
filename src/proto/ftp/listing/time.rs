//! Times in listings.

use std::fmt;
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

impl Stamp {
    /// So many seconds later, and in UTC: the zone is known.
    pub(super) fn shifted(self, seconds: i64) -> Option<Self> {
        let by = Duration::from_secs(seconds.unsigned_abs());
        let time = match seconds {
            ..0 => self.time.checked_sub(by)?,
            _ => self.time.checked_add(by)?,
        };
        Some(Self {
            time,
            utc: true,
            ..self
        })
    }
}

/// As RFC 3339 has it, as far as it is known: `2020-01-02T03:04:05Z`; without the `Z` where the
/// zone is not known, and without seconds or hours where the server gives none.
impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = match self.time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => {
                i64::try_from(before.duration().as_secs()).map_or(i64::MIN, i64::wrapping_neg)
            }
        };
        let (day, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = date_of(day);
        write!(f, "{year:04}-{month:02}-{day:02}")?;
        let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
        match self.exact {
            Exact::Second => write!(f, "T{hour:02}:{minute:02}:{second:02}")?,
            Exact::Minute => write!(f, "T{hour:02}:{minute:02}")?,
            Exact::Day => return Ok(()),
        }
        f.write_str(if self.utc { "Z" } else { "" })
    }
}

/// The date of a day counted from 1970-01-01 (Howard Hinnant, `civil_from_days`).
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Hours, minutes, and seconds where they are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proto) struct Clock {
    pub(in crate::proto) hour: u32,
    pub(in crate::proto) minute: u32,
    pub(in crate::proto) second: Option<u32>,
}

/// A time of LIST: a date, and a clock where one is given.
pub(in crate::proto) fn stamp(
    year: i64,
    month: u32,
    day: u32,
    clock: Option<Clock>,
) -> Option<Stamp> {
    let valid = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day);
    if !valid {
        return None;
    }
    let of_day = clock.map_or(0, |clock| {
        clock.hour * 3600 + clock.minute * 60 + clock.second.unwrap_or(0)
    });
    let seconds = days_since_1970(year, month, day) * 86_400 + i64::from(of_day);
    Some(Stamp {
        time: moment(seconds)?,
        exact: match clock {
            Some(Clock {
                second: Some(_), ..
            }) => Exact::Second,
            Some(_) => Exact::Minute,
            None => Exact::Day,
        },
        utc: false,
    })
}

/// A time in seconds since 1970, in UTC.
pub(super) fn unix_time(seconds: i64) -> Option<Stamp> {
    Some(Stamp {
        time: moment(seconds)?,
        exact: Exact::Second,
        utc: true,
    })
}

fn moment(seconds: i64) -> Option<SystemTime> {
    // The years 1 to 9999: what lies beyond is no date.
    if !(-62_135_596_800..=253_402_300_799).contains(&seconds) {
        return None;
    }
    let whole = Duration::from_secs(seconds.unsigned_abs());
    match seconds {
        ..0 => SystemTime::UNIX_EPOCH.checked_sub(whole),
        _ => SystemTime::UNIX_EPOCH.checked_add(whole),
    }
}

/// A year of two digits on a system whose time begins in 1980; three are those since 1900, as some
/// servers wrote them from 2000 on.
pub(super) fn year(digits: &str) -> Option<i64> {
    let year = i64::from(number(digits, 4)?);
    match (digits.len(), year) {
        (1 | 2, 0..=79) => Some(2000 + year),
        (2, 80..=99) | (3, 100..=199) => Some(1900 + year),
        (4, 1000..) => Some(year),
        _ => None,
    }
}

/// The last such day that is at most one day after `now`: clocks and zones differ by that much
/// (Chromium and commons-net take it so).
pub(super) fn recent(month: u32, day: u32, clock: Clock, now: SystemTime) -> Option<Stamp> {
    let latest = now.checked_add(Duration::from_secs(86_400))?;
    let since = now.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    // At least this year: a year has 365 days or more. Nine years hold a 29 February.
    let year = 1971 + i64::try_from(since / (365 * 86_400)).ok()?;
    (0..11)
        .filter_map(|back| stamp(year - back, month, day, Some(clock)))
        .find(|stamp| stamp.time <= latest)
}

/// `10:30`, `10:30:59`, or `10:30:59.123`.
pub(in crate::proto) fn clock(text: &str) -> Option<Clock> {
    let (hour, rest) = text.split_once(':')?;
    let (minute, second) = match rest.split_once(':') {
        Some((minute, second)) => (minute, Some(second.split_once('.').map_or(second, |s| s.0))),
        None => (rest, None),
    };
    let clock = Clock {
        hour: number(hour, 2)?,
        minute: number(minute, 2)?,
        second: match second {
            // A leap second counts as the one before.
            Some(second) => Some(number(second, 2).filter(|s| *s <= 60)?.min(59)),
            None => None,
        },
    };
    Some(clock).filter(|clock| clock.hour < 24 && clock.minute < 60)
}

/// Digits alone, at least one and at most `most` of them.
pub(in crate::proto) fn number(text: &str, most: usize) -> Option<u32> {
    let plain = text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}
