//! Times as people and JSON write them (RFC 3339), as far as they are known.

use std::str::FromStr;

use super::time::{Clock, Stamp, clock, number, stamp};

/// It is no time such as `2026-11-01`, `2026-11-01T12:00` or `2026-11-01T12:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no time such as 2026-11-01, 2026-11-01T12:00 or 2026-11-01T12:00:00Z")]
pub struct NoTime;

/// What [`Stamp`] shows, with parts of a second (which are dropped) and an offset such as `+01:00`
/// too. Without `Z` or an offset the zone is not known.
impl FromStr for Stamp {
    type Err = NoTime;

    fn from_str(text: &str) -> Result<Self, NoTime> {
        read(text).ok_or(NoTime)
    }
}

fn read(text: &str) -> Option<Stamp> {
    let (date, rest) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let at = |clock: Option<Clock>| stamp(year.into(), month, day, clock);
    let Some(rest) = rest else {
        return at(None);
    };
    let zone = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(zone);
    let local = at(Some(clock(time)?))?;
    match zone {
        "" => Some(local),
        "Z" | "z" => local.shifted(0),
        _ => {
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let hours = i64::from(number(hours, 2).filter(|hours| *hours < 24)?);
            let minutes = i64::from(number(minutes, 2).filter(|minutes| *minutes < 60)?);
            let east = hours * 3600 + minutes * 60;
            local.shifted(if zone.starts_with('+') { -east } else { east })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_shown() {
        for (text, shown) in [
            ("2026-11-01", "2026-11-01"),
            ("2026-11-01T12:30", "2026-11-01T12:30"),
            ("2026-11-01 12:30", "2026-11-01T12:30"),
            ("2026-11-01T12:30:59", "2026-11-01T12:30:59"),
            ("2026-11-01T12:30:59Z", "2026-11-01T12:30:59Z"),
            ("2026-11-01T12:30:59.123456789Z", "2026-11-01T12:30:59Z"),
            ("2026-11-01T00:30:00+01:30", "2026-10-31T23:00:00Z"),
            ("2026-11-01T00:30:00-01:30", "2026-11-01T02:00:00Z"),
        ] {
            let stamp: Stamp = text.parse().unwrap();
            assert_eq!(stamp.to_string(), shown);
        }
        for text in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-30",
            "26-11-01",
            "2026-11-01T",
            "2026-11-01T24:00",
            "2026-11-01T12:30+1",
            "2026-11-01T12:30+01:\u{e9}",
            "2026-11-01\u{e9}12:30",
        ] {
            assert!(text.parse::<Stamp>().is_err(), "{text}");
        }
    }
}
