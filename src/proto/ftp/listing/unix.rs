//! LIST as `ls -l` has it, and Netware's cousin of it.

use super::dated::{Dated, date, shaped};
use super::words::{Word, words};
use super::{Context, Entry, Kind};

/// The most words before a name: groups with blanks in their names take some.
const WORDS: usize = 32;

pub(super) fn entry(line: &[u8], context: &Context) -> Option<Entry> {
    let mode = mode(line)?;
    let words = words(line, WORDS);
    columns(line, &words, mode, context)
}

/// `d [RWCEAFMS] owner 512 Jan 12 10:30 name`.
pub(super) fn netware(line: &[u8], context: &Context) -> Option<Entry> {
    let words = words(line, WORDS);
    let [kind, rights, _owner, size, ..] = words.as_slice() else {
        return None;
    };
    let inside = rights.text().strip_prefix('[')?.strip_suffix(']')?;
    let is_right = |b: u8| b"SRWCEMFA-".contains(&b);
    if inside.is_empty() || !inside.bytes().all(is_right) || !size.is_number() {
        return None;
    }
    let kind = match kind.bytes {
        b"-" => Kind::File,
        b"d" => Kind::Folder,
        _ => return None,
    };
    let dated = date(&words[4..], context).or_else(|| shaped(&words[4..]))?;
    let last = words.get(3 + dated.words)?;
    Some(Entry {
        size: size.text().parse().ok(),
        modified: dated.modified,
        permissions: Some(inside.to_owned()),
        ..Entry::new(line.get(last.end + 1..)?, kind)
    })
}

/// The type's letter, and the nine letters of the permissions; Hylafax writes six.
fn mode(line: &[u8]) -> Option<(u8, &str)> {
    let kind = *line.first()?;
    let fits = |(at, byte): &(usize, &u8)| {
        let letters: &[u8] = match at % 3 {
            0 => b"r-",
            1 => b"w-",
            _ => b"xsStTlLF-",
        };
        letters.contains(byte)
    };
    let letters = line[1..].iter().enumerate().take(9);
    let length = letters.take_while(fits).count();
    let after = line.get(1 + length);
    let ends = match (length, after) {
        (6 | 9, Some(b' ')) => true,
        // An access list (`+`), a security context (`.`), attributes (`@`); a number of links that
        // leaves no room for a blank.
        (9, Some(mark)) => mark.is_ascii_digit() || b"+.@*".contains(mark),
        _ => false,
    };
    let permissions = std::str::from_utf8(line.get(1..=length)?).ok()?;
    ends.then_some((kind, permissions))
}

fn columns(
    line: &[u8],
    words: &[Word<'_>],
    (kind, permissions): (u8, &str),
    context: &Context,
) -> Option<Entry> {
    // The date's place tells the columns: a group or a link count may be missing. A user may be
    // called `may`: what stands before the date is the size.
    let places = || (1..words.len()).filter_map(|at| Some((at, size(&words[at - 1], at)?)));
    let dated = |(at, size)| Some((at, size, date(&words[at..], context)?));
    let in_shape = |(at, size)| Some((at, size, shaped(&words[at..])?));
    // `jan` may be the user's name, with the group and the size behind it for day and year.
    let likely = |(_, _, dated): &(_, _, Dated)| !dated.is_unlikely(context);
    let (at, size, dated) = places()
        .filter_map(dated)
        .find(likely)
        .or_else(|| places().find_map(dated))
        .or_else(|| places().find_map(in_shape))?;
    let is_device = at >= 2 && words[at - 2].bytes.ends_with(b",");
    let size = size.filter(|_| !is_device);
    // One blank ends the date; more of them belong to the name. Old systems fill a year up to the
    // five places of a clock on its right (`Mar  1 2003  name`), others on its left.
    let (day, last) = (&words[at + dated.words - 2], &words[at + dated.words - 1]);
    let fills = last.bytes.len() == 4
        && last.is_number()
        && last.start == day.end + 1
        && line.get(last.end + 1) == Some(&b' ');
    let mut name = line.get(last.end + 1 + usize::from(fills)..)?;
    let kind = match kind {
        // `f` is a file of some servers, `a` one of Plan 9 that only grows.
        b'-' | b'f' | b'a' => Kind::File,
        b'd' => Kind::Folder,
        b'l' => {
            let (own, target) = link(name, size);
            name = own;
            Kind::Link { target }
        }
        // Devices, doors, sockets, pipes and what else systems have.
        b'b' | b'c' | b'C' | b'D' | b'm' | b'M' | b'n' | b'p' | b'P' | b's' | b'w' | b'?' => {
            Kind::Other
        }
        _ => return None,
    };
    Some(Entry {
        size,
        modified: dated.modified,
        permissions: Some(permissions.to_owned()),
        ..Entry::new(name, kind)
    })
}

/// Whether this may be the column of the size, and the size, where it can be told: an owner's name
/// may run into it, it may have flowed over, and a device has two numbers.
fn size(word: &Word<'_>, at: usize) -> Option<Option<u64>> {
    let bytes = word.bytes;
    if word.is_number() {
        return Some(word.text().parse().ok());
    }
    let ends = at > 1 && bytes.last().is_some_and(u8::is_ascii_digit);
    let is_negative = bytes[0] == b'-' && bytes[1..].iter().all(u8::is_ascii_digit);
    let is_device = bytes.iter().all(|b| b.is_ascii_digit() || *b == b',');
    let runs_together = bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_digit())
            .count()
            >= 4;
    (ends && (is_negative || is_device || runs_together)).then_some(None)
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
