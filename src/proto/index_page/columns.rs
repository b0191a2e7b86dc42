//! What stands beside a link on an index page: when the file was changed, and its size.

use crate::proto::ftp::listing::Stamp;
use crate::proto::ftp::listing::time::{clock, number, stamp};

/// A size, and whether it is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub bytes: u64,
    pub rounded: bool,
}

/// The first time in the text, and the size behind it. No page names the zone: nginx means UTC
/// unless it is told otherwise, and Apache its own.
pub(super) fn read(text: &str) -> (Option<Stamp>, Option<Size>) {
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let Some((year, month, day)) = date(word) else {
            continue;
        };
        let Some(clock) = words.clone().next().and_then(clock) else {
            continue;
        };
        words.next();
        let size = words.next().and_then(|word| size(word, words.next()));
        return (stamp(year, month, day, Some(clock)), size);
    }
    (None, None)
}

/// `27-Mar-2020`, `2020-03-27`, `2020-Mar-27`.
fn date(word: &str) -> Option<(i64, u32, u32)> {
    let mut parts = word.split('-');
    let parts = [
        parts.next()?,
        parts.next()?,
        parts.next()?,
        parts.next().unwrap_or("-"),
    ];
    let [first, month, last, "-"] = parts else {
        return None;
    };
    let (year, day) = match (first.len(), last.len()) {
        (4, 2) => (first, last),
        (2, 4) => (last, first),
        _ => return None,
    };
    let month = number(month, 2).or_else(|| month_by_name(month))?;
    Some((number(year, 4)?.into(), month, number(day, 2)?))
}

/// English, whatever the server's language is.
fn month_by_name(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let at = MONTHS.iter().position(|month| *month == word)?;
    u32::try_from(at + 1).ok()
}

/// `12345` is exact; `1.2K`, `12M` and `1.5 GiB` are not.
fn size(word: &str, next: Option<&str>) -> Option<Size> {
    let digits = word.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (value, unit) = word.split_at(digits.unwrap_or(word.len()));
    let is_whole = !value.contains('.');
    let unit = match unit {
        "" => next.filter(|next| scale(next).is_some()).unwrap_or(""),
        unit => unit,
    };
    let rounded = !(is_whole && matches!(unit, "" | "B"));
    let bytes = match rounded {
        false => value.parse().ok()?,
        true => {
            let value: f64 = value.parse().ok()?;
            // More than fits ends at the most there is.
            (value * scale(unit)?) as u64
        }
    };
    Some(Size { bytes, rounded })
}

fn scale(unit: &str) -> Option<f64> {
    let kind = match unit.as_bytes() {
        [] | b"B" => return Some(1.0),
        [kind] | [kind, b'B'] | [kind, b'i', b'B'] => kind.to_ascii_uppercase(),
        _ => return None,
    };
    let power = b"KMGTPE".iter().position(|letter| *letter == kind)?;
    Some(1024_f64.powi(i32::try_from(power + 1).ok()?))
}
