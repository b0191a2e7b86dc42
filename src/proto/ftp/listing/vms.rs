//! LIST as OpenVMS has it: `NAME.TXT;2   1/16   12-MAR-2005 08:44:57  [SYSTEM]  (RWED,RWED,RE,RE)`.
//! A long name stands on a line of its own, and the rest on the next one.

use super::dated;
use super::words::{Word, behind, words};
use super::{Entry, Kind, Line};

/// A block's bytes. The last one may not be full: a size made of blocks is the next larger one.
const BLOCK: u64 = 512;

/// A name alone, so that the rest of it stands on the next line.
pub(super) fn is_name_alone(line: &[u8]) -> bool {
    let words = words(line, 2);
    matches!(words.as_slice(), [name] if name.start == 0 && name_and_version(name).is_some())
}

/// `Directory DISK:[FOLDER]`, or that without its word.
pub(super) fn is_header(line: &[u8]) -> bool {
    let line = line
        .strip_prefix(b"Directory ")
        .unwrap_or(line)
        .trim_ascii();
    line.ends_with(b"]") && !line.contains(&b' ') && line.windows(2).any(|two| two == b":[")
}

/// An entry, or the word that there is none. `last` is the last entry's name without its version.
pub(super) fn line(line: &[u8], last: &mut Vec<u8>) -> Option<Line> {
    let words = words(line, 6);
    let [name, used, rest @ ..] = words.as_slice() else {
        return None;
    };
    let (base, version) = name_and_version(name).filter(|_| name.start == 0)?;
    // `*.*;0  <%RMS-E-FNF, file not found>`: the folder is empty.
    if base == b"*.*" && used.bytes.starts_with(b"<%RMS-E-FNF") {
        return Some(Line::Header);
    }
    let [day, time, after @ ..] = rest else {
        return None;
    };
    let size = size(used)?;
    let modified = dated::vms(day, time)?;
    let is_owner = |word: &Word<'_>| matches!(word.bytes.first(), Some(b'[' | b'('));
    if after.first().is_some_and(|word| !is_owner(word)) {
        return None;
    }
    let rights = behind(line, time);
    let rights = rights
        .iter()
        .position(|b| *b == b'(')
        .map(|at| &rights[at..]);
    let folder = base
        .len()
        .checked_sub(4)
        .filter(|at| *at > 0 && base[*at..].eq_ignore_ascii_case(b".DIR"));
    let (kind, named) = match folder {
        // A path goes on from the name without its `.DIR`.
        Some(at) => (Kind::Folder, &base[..at]),
        // Without a version the newest is meant, which stands first; an older one keeps its.
        None if *base == *last.as_slice() => (Kind::File, name.bytes),
        None => (Kind::File, base),
    };
    if version > 0 {
        base.clone_into(last);
    }
    Some(Line::Entry(Entry {
        size,
        size_rounded: size.is_some(),
        modified: Some(modified),
        permissions: rights.map(|rights| String::from_utf8_lossy(rights).into_owned()),
        ..Entry::new(named, kind)
    }))
}

/// `NAME.TYPE;VERSION`.
fn name_and_version<'a>(word: &Word<'a>) -> Option<(&'a [u8], u32)> {
    let at = word.bytes.iter().rposition(|b| *b == b';')?;
    let (base, version) = (&word.bytes[..at], word.bytes.get(at + 1..)?);
    let version = std::str::from_utf8(version).ok()?;
    let version = super::time::number(version, 6)?;
    base.contains(&b'.').then_some((base, version))
}

/// Blocks used, `9`, `9/12`, or `******` for more than fit.
fn size(word: &Word<'_>) -> Option<Option<u64>> {
    if word.bytes.iter().all(|b| *b == b'*') {
        return Some(None);
    }
    let mut numbers = word.text().split('/');
    let used = numbers.next()?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(used) || !numbers.next().is_none_or(is_number) || numbers.next().is_some() {
        return None;
    }
    let blocks: u64 = used.parse().ok()?;
    Some(Some(blocks.checked_mul(BLOCK)?))
}
