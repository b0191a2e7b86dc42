//! Lines of a folder's listing as values: MLSD (RFC 3659 section 7), and LIST as Unix and DOS
//! servers write it, which no standard describes.
//!
//! A line is an entry, something that is known to be none, or it is kept as not understood. None
//! is dropped.

mod dos;
mod lines;
mod local;
mod mlsd;
mod time;
mod unix;

pub use lines::Lines;
pub use local::{Unsafe, local_name};
pub use time::{Exact, Stamp};

use std::time::SystemTime;

/// The most bytes that a line may have. A longer one is [`Line::Unrecognised`].
pub const LINE_MAX: usize = 16 * 1024;

/// Which command the lines answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// MLSD: facts and a name.
    #[default]
    Mlsd,
    /// LIST: Unix or DOS, told apart line by line because some servers mix them.
    List,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link or junction.
    Link {
        /// Where it leads, where the server says so. Hostile, as names are.
        target: Option<Vec<u8>>,
    },
    /// A device, a socket, or a type that is not known.
    Other,
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The name, byte by byte as the server sent it. Escape it before it is shown, and ask
    /// [`local_name`] before it becomes a file's name.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Bytes, where the server gives them. Of use for files only.
    pub size: Option<u64>,
    /// When it was last changed.
    pub modified: Option<Stamp>,
    /// Permissions in the server's words: `rw-r--r--`, or MLSD's `perm` (`adfrw`).
    pub permissions: Option<String>,
    /// What tells it from everything else on the server, where MLSD says so: equal for two names of
    /// one folder.
    pub unique: Option<Vec<u8>>,
}

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Line {
    /// An entry of the folder.
    Entry(Entry),
    /// The folder itself or its parent: `.`, `..`, cdir, pdir.
    Around,
    /// `total 14` or an empty line.
    Header,
    /// Not understood: tell people of it.
    Unrecognised,
}

/// Reads one line, without or with its line end. `now` settles the year that `Jan 12 10:30`
/// leaves out.
pub fn line(line: &[u8], form: Form, now: SystemTime) -> Line {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() > LINE_MAX {
        return Line::Unrecognised;
    }
    if line.iter().all(|b| *b == b' ') || (form == Form::List && is_total(line)) {
        return Line::Header;
    }
    let found = match form {
        Form::Mlsd => mlsd::line(line),
        Form::List if line[0].is_ascii_digit() => dos::entry(line).map(Line::Entry),
        Form::List => unix::entry(line, now).map(Line::Entry),
    };
    match found {
        Some(Line::Entry(entry)) if entry.name == b"." || entry.name == b".." => Line::Around,
        Some(Line::Entry(entry)) if entry.name.is_empty() => Line::Unrecognised,
        Some(line) => line,
        None => Line::Unrecognised,
    }
}

fn is_total(line: &[u8]) -> bool {
    let mut words = std::str::from_utf8(line).unwrap_or("").split(' ');
    words
        .next()
        .is_some_and(|w| w.eq_ignore_ascii_case("total"))
        && words.all(|word| word.bytes().all(|b| b.is_ascii_digit()))
}

/// A word of a line, and where it ends.
struct Word<'a> {
    text: &'a str,
    end: usize,
}

/// The first `most` words; bytes that are not UTF-8 make an empty word.
fn words(line: &[u8], most: usize) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while found.len() < most {
        at += line[at..].iter().take_while(|b| **b == b' ').count();
        let length = line[at..].iter().take_while(|b| **b != b' ').count();
        if length == 0 {
            break;
        }
        let text = std::str::from_utf8(&line[at..at + length]).unwrap_or("");
        at += length;
        found.push(Word { text, end: at });
    }
    found
}

#[cfg(test)]
mod tests;
