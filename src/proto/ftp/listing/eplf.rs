//! EPLF: `+i8388621.29609,m824255902,/,` TAB `name` (D. J. Bernstein's publicfile and its kin).

use super::time::unix_time;
use super::{Entry, Kind};

pub(super) fn entry(line: &[u8]) -> Option<Entry> {
    let line = line.strip_prefix(b"+")?;
    let tab = line.iter().position(|b| *b == b'\t')?;
    let mut entry = Entry::new(&line[tab + 1..], Kind::Unknown);
    for fact in line[..tab].split(|b| *b == b',') {
        let text = std::str::from_utf8(fact).unwrap_or("");
        let Some(first) = text.chars().next() else {
            continue;
        };
        let value = &text[first.len_utf8()..];
        match first {
            '/' => entry.kind = Kind::Folder,
            'r' => entry.kind = Kind::File,
            's' => entry.size = value.parse().ok(),
            'm' => entry.modified = value.parse().ok().and_then(unix_time),
            'u' => entry.permissions = value.strip_prefix('p').map(str::to_owned),
            // `i` identifies the file; others may be invented.
            _ => {}
        }
    }
    Some(entry)
}
