//! LIST as MVS (z/OS) has it: data sets, the members of one, and jobs. Its Unix side writes as
//! Unix does.

use super::time::{clock, number, stamp};
use super::words::{Word, behind, words};
use super::{Entry, Kind, Line};

/// What is listed, as the header said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Table {
    #[default]
    Unknown,
    /// The members of a partitioned data set, of which a line may be a name alone.
    Members,
}

/// Where the columns' names stand, and what they say of the lines that follow.
pub(super) fn header(line: &[u8]) -> Option<Table> {
    let words = words(line, 4);
    let texts: Vec<&str> = words.iter().map(Word::text).collect();
    match texts.as_slice() {
        ["Volume", "Unit", "Referred", ..] | ["JOBNAME", "JOBID", ..] => Some(Table::Unknown),
        ["Name", "VV.MM", "Created", ..] | ["Name", "Size", "TTR", ..] => Some(Table::Members),
        _ => None,
    }
}

pub(super) fn line(line: &[u8], table: Table) -> Option<Line> {
    let words = words(line, 11);
    let first = words.first().filter(|word| word.start == 0)?;
    let found = dataset(line, &words)
        .or_else(|| elsewhere(line, &words))
        .or_else(|| job(&words))
        .or_else(|| member(&words));
    let alone = || {
        // A member without statistics is filled up with blanks.
        let is_filled = words.len() == 1 && line.len() >= first.end + 40;
        let is_member = is_member(first) && (table == Table::Members || is_filled);
        is_member.then(|| Entry::new(first.bytes, Kind::File))
    };
    found.or_else(alone).map(Line::Entry)
}

/// `VOLUME 3390 2004/06/23 1 1 FB 128 6144 PS NAME`. The date is that of the last reference, not of
/// a change; the sizes are tracks.
fn dataset(line: &[u8], words: &[Word<'_>]) -> Option<Entry> {
    // Large numbers run into each other.
    let (organisation, name) = match words {
        [.., organisation, name] if (9..=10).contains(&words.len()) => (organisation, name),
        _ => return None,
    };
    let date = words[2].text();
    let is_date = date == "**NONE**" || date.split('/').filter_map(|p| number(p, 4)).count() == 3;
    if !is_date || !is_dataset(name) || behind(line, organisation) != name.bytes {
        return None;
    }
    let kind = match organisation.text() {
        "PS" | "PS-E" | "PSU" | "DA" => Kind::File,
        "PO" | "PO-E" | "PDSE" | "POU" => Kind::Folder,
        "VS" | "VSAM" | "GDG" | "HFS" | "ZFS" | "IS" | "?" => Kind::Other,
        _ => return None,
    };
    Some(Entry::new(name.bytes, kind))
}

/// What is not on a disk, or has no columns.
fn elsewhere(line: &[u8], words: &[Word<'_>]) -> Option<Entry> {
    let texts: Vec<&str> = words.iter().map(Word::text).collect();
    let kind = match texts.as_slice() {
        ["Migrated" | "MIGRAT", _] => Kind::Unknown,
        [_, "Not", "Direct", "Access", "Device", _] => Kind::Unknown,
        ["Pseudo", "Directory", _] => Kind::Folder,
        ["GDG", _] => Kind::Other,
        _ => return None,
    };
    let name = words.last().filter(|name| is_dataset(name))?;
    // The name stands in a column far to the right.
    let is_column = line.get(name.start.checked_sub(2)?..name.start) == Some(b"  ");
    is_column.then(|| Entry::new(name.bytes, kind))
}

/// `NAME 01.03 2002/09/12 2002/10/11 09:37 11 11 0 USER`. The sizes are lines.
fn member(words: &[Word<'_>]) -> Option<Entry> {
    let [name, version, created, changed, time, ..] = words else {
        return None;
    };
    let (major, minor) = version.text().split_once('.')?;
    number(major, 2).and(number(minor, 2))?;
    if !is_member(name) || created.text().split('/').count() != 3 {
        return None;
    }
    let mut parts = changed.text().split('/');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let year = i64::from(number(year, 4)?);
    Some(Entry {
        modified: stamp(year, number(month, 2)?, number(day, 2)?, clock(time.text())),
        ..Entry::new(name.bytes, Kind::File)
    })
}

/// `USER1 JOB01906 OUTPUT 3 Spool Files`, and with the owner before the state.
fn job(words: &[Word<'_>]) -> Option<Entry> {
    let [_, id, third, rest @ ..] = words else {
        return None;
    };
    let is_state = |word: &&Word<'_>| {
        matches!(
            word.bytes,
            b"INPUT" | b"ACTIVE" | b"OUTPUT" | b"HELD" | b"ARMODE"
        )
    };
    [third].into_iter().chain(rest.first()).find(is_state)?;
    let text = id.text();
    let digits = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let known = matches!(
        &text[..text.len() - digits.len()],
        "JOB" | "TSU" | "STC" | "J" | "T" | "S"
    );
    let is_number = matches!(digits.len(), 5..=7) && number(digits, 7).is_some();
    (known && is_number).then(|| Entry::new(id.bytes, Kind::File))
}

fn is_member(word: &Word<'_>) -> bool {
    let plain = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b"@#$".contains(b);
    word.bytes.len() <= 8 && !word.bytes[0].is_ascii_digit() && word.bytes.iter().all(plain)
}

fn is_dataset(word: &Word<'_>) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"@#$.-_'".contains(b);
    word.bytes.len() <= 46 && word.bytes.iter().all(plain)
}
