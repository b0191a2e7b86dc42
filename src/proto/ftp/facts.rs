//! What replies tell about a file: SIZE, MDTM, and the size in a 150.

use std::time::{Duration, SystemTime};

/// When a file was last changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modified {
    /// The server's own spelling, `20200101120000.123`: what a validator compares.
    pub raw: String,
    /// The same as a time. MDTM is in UTC (RFC 3659 section 2.3).
    pub time: SystemTime,
}

/// The size in a 213: the digits at its end, because some servers put words in front (curl reads
/// it so), else those at its start.
pub fn size(text: &str) -> Option<u64> {
    let text = text.trim_end();
    let head = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = match &text[head.len()..] {
        "" => leading_digits(text.trim_start()),
        digits => digits,
    };
    digits.parse().ok()
}

/// The size in a 150 or 125: `… for a.csv (12345 bytes).` Zero says nothing: servers that make a
/// file up as they go write it.
///
/// After a REST servers differ in whether it is the whole file's or the rest's, so it is of use at
/// offset 0 only.
pub fn announced_size(text: &str) -> Option<u64> {
    text.rmatch_indices('(').find_map(|(at, _)| {
        let inside = text[at + 1..].trim_start();
        let digits = leading_digits(inside);
        let unit = inside[digits.len()..].trim_start();
        let is_bytes = unit
            .get(..4)
            .is_some_and(|word| word.eq_ignore_ascii_case("byte"));
        digits.parse().ok().filter(|size| is_bytes && *size > 0)
    })
}

/// The time in a 213: `YYYYMMDDHHMMSS` with an optional fraction (RFC 3659 section 2.3), and the
/// `19100` that servers wrote for the year 2000 (RFC 3659 section 2.3's warning: `19` and the
/// years since 1900).
pub fn modified(text: &str) -> Option<Modified> {
    text.split_whitespace().rev().find_map(|word| {
        let (digits, fraction) = word.split_once('.').unwrap_or((word, ""));
        if !digits
            .bytes()
            .chain(fraction.bytes())
            .all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let (year, rest) = match digits.len() {
            14 => (digits[..4].parse().ok()?, &digits[4..]),
            15 if digits.starts_with("19") => {
                (1900 + digits[2..5].parse::<i64>().ok()?, &digits[5..])
            }
            _ => return None,
        };
        let time = time(year, rest, fraction)?;
        let raw = word.to_owned();
        Some(Modified { raw, time })
    })
}

fn time(year: i64, rest: &str, fraction: &str) -> Option<SystemTime> {
    let mut parts = [0u32; 5];
    for (at, part) in parts.iter_mut().enumerate() {
        *part = rest.get(at * 2..at * 2 + 2)?.parse().ok()?;
    }
    let [month, day, hour, minute, second] = parts;
    let in_range = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    // 60 is a leap second.
    if !in_range || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds =
        days_since_1970(year, month, day) * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
    let nanos: u32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(whole)?
    } else {
        SystemTime::UNIX_EPOCH.checked_add(whole)?
    };
    time.checked_add(Duration::from_nanos(nanos.into()))
}

/// Days from 1970-01-01 in the Gregorian calendar (Howard Hinnant, `days_from_civil`).
pub(super) fn days_since_1970(year: i64, month: u32, day: u32) -> i64 {
    let month = i64::from(month);
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

pub(super) fn days_in_month(year: i64, month: u32) -> u32 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn leading_digits(text: &str) -> &str {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    &text[..text.len() - rest.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_213() {
        #[rustfmt::skip]
        let table: &[(&str, &str, Option<u64>)] = &[
            ("RFC 3659 section 4.4", "223", Some(223)),
            ("vsftpd", "5368709120", Some(5_368_709_120)),
            ("odd server seen by curl", "file: 213, Size =51", Some(51)),
            ("trailing blank", "51 ", Some(51)),
            ("trailing words", "51 bytes", Some(51)),
            ("largest", "18446744073709551615", Some(u64::MAX)),
            ("too large", "18446744073709551616", None),
            ("negative digits are the size", "-1x", None),
            ("words", "no idea", None),
            ("empty", "", None),
        ];
        for (source, text, wanted) in table {
            assert_eq!(size(text), *wanted, "{source}: {text}");
        }
    }

    #[test]
    fn sizes_of_150() {
        #[rustfmt::skip]
        let table: &[(&str, &str, Option<u64>)] = &[
            ("vsftpd", "Opening BINARY mode data connection for a.csv (12345 bytes).", Some(12345)),
            ("proftpd", "Opening BINARY mode data connection for a.csv (12345 bytes)", Some(12345)),
            ("a name with parentheses", "Opening BINARY mode data connection for a(7 bytes).csv (9 bytes)", Some(9)),
            ("one byte", "data connection for x (1 byte)", Some(1)),
            ("curl lib/ftp.c", "Opening data connection for /tmp/x (127.0.0.1,1234) (3 bytes)", Some(3)),
            ("pure-ftpd", "Accepted data connection\n12.1 kbytes to download", None),
            ("kbytes", "x (12 kbytes)", None),
            ("zero says nothing", "x (0 bytes)", None),
            ("Microsoft", "Opening BINARY mode data connection.", None),
            ("cut", "x (12", None),
        ];
        for (source, text, wanted) in table {
            assert_eq!(announced_size(text), *wanted, "{source}: {text}");
        }
    }

    #[test]
    fn times_of_mdtm() {
        type Row<'a> = (&'a str, &'a str, Option<(&'a str, i64)>);
        #[rustfmt::skip]
        let table: &[Row] = &[
            ("RFC 3659 section 3.3", "19980615100045", Some(("19980615100045", 897_904_845))),
            ("RFC 3659 section 3.3", "19980615100045.014", Some(("19980615100045.014", 897_904_845))),
            ("fraction", "20200101120000.123", Some(("20200101120000.123", 1_577_880_000))),
            ("RFC 3659 section 2.3: year 19100", "191000229000000", Some(("191000229000000", 951_782_400))),
            ("epoch", "19700101000000", Some(("19700101000000", 0))),
            ("before the epoch", "19691231235959", Some(("19691231235959", -1))),
            ("leap second", "20161231235960", Some(("20161231235960", 1_483_228_800))),
            ("words in front", "mtime 20200101120000", Some(("20200101120000", 1_577_880_000))),
            ("no leap year", "19000229000000", None),
            ("month 13", "20201301000000", None),
            ("hour 24", "20200101240000", None),
            ("short", "202001011200", None),
            ("letters", "2020010112000x", None),
            ("sign", "+2020010112000", None),
            ("not ASCII", "２０２００１０１", None),
            ("empty", "", None),
        ];
        for (source, text, wanted) in table {
            let found = modified(text);
            let found = found.as_ref().map(|m| {
                let seconds = match m.time.duration_since(SystemTime::UNIX_EPOCH) {
                    Ok(after) => i64::try_from(after.as_secs()).unwrap(),
                    Err(before) => -i64::try_from(before.duration().as_secs()).unwrap(),
                };
                (m.raw.as_str(), seconds)
            });
            assert_eq!(found, *wanted, "{source}: {text}");
        }
    }
}
