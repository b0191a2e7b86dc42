//! LIST as OS/400 (IBM i) has it: `USER   4019 04/03/18 18:58:16 *STMF  name`.

use super::time::{Stamp, clock, number, stamp, year};
use super::words::{Word, behind, words};
use super::{Entry, Kind};

/// The order of a date's parts, which is a setting of the system. Learnt from the dates that allow
/// one order only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    #[default]
    YearMonthDay,
    MonthDayYear,
}

pub(super) fn entry(line: &[u8], order: &mut Order) -> Option<Entry> {
    let words = words(line, 5);
    if line.first().is_none_or(|b| *b == b' ') {
        return None;
    }
    let (kind, size, modified) = match words.as_slice() {
        // The member of a file has no columns of its own.
        [_, kind, ..] if kind.bytes == b"*MEM" => (kind, None, None),
        [_, size, date, time, kind, ..] if kind.bytes.starts_with(b"*") => {
            if !size.is_number() || !is_date(date) || !is_time(time) {
                return None;
            }
            let size = size.text().parse().ok();
            (kind, size, modified(date.text(), time.text(), order))
        }
        _ => return None,
    };
    let mut name = behind(line, kind);
    let is_saved = name.to_ascii_uppercase().ends_with(b".SAVF");
    let found = match kind.text() {
        "*STMF" | "*MEM" | "*DOC" => Kind::File,
        "*DIR" | "*DDIR" | "*LIB" | "*FLR" => Kind::Folder,
        // A save file is one; a database file is a folder of its members.
        "*FILE" if is_saved => Kind::File,
        "*FILE" => Kind::Folder,
        "*SYMLNK" => Kind::Link { target: None },
        _ => Kind::Other,
    };
    if let Some(bare) = name.strip_suffix(b"/") {
        name = bare;
    }
    // Some list whole paths.
    if name.first() == Some(&b'/')
        && let Some(at) = name.iter().rposition(|b| *b == b'/')
    {
        name = &name[at + 1..];
    }
    Some(Entry {
        size,
        modified,
        ..Entry::new(name, found)
    })
}

fn is_date(word: &Word<'_>) -> bool {
    let parts = word.text().split(['/', '.', '-']);
    let short = |part: &str| matches!(part.len(), 1..=4);
    parts.clone().count() >= 2
        && parts
            .clone()
            .all(|part| short(part) && number(part, 4).is_some())
}

fn is_time(word: &Word<'_>) -> bool {
    let mut parts = word.text().split([':', '.']);
    parts.clone().count() == 3 && parts.all(|part| part.len() == 2 && number(part, 2).is_some())
}

/// A file with an impossible date is a file.
fn modified(date: &str, time: &str, order: &mut Order) -> Option<Stamp> {
    let clock = clock(&time.replace('.', ":"));
    let mut parts = date.split(['/', '.', '-']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    let (first, second) = (number(a, 4)?, number(b, 2)?);
    let (written, month, day) = if date.contains('.') {
        (c, second, first)
    } else {
        if second > 12 {
            *order = Order::MonthDayYear;
        } else if first > 12 {
            *order = Order::YearMonthDay;
        }
        match order {
            Order::YearMonthDay => (a, second, number(c, 2)?),
            Order::MonthDayYear => (c, first, second),
        }
    };
    stamp(year(written)?, month, day, Some(clock?))
}
