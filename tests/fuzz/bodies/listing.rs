//! Folder listings over FTP: MLSD, and LIST in the forms of Unix and DOS.

use std::path::Path;
use std::time::{Duration, SystemTime};

use outbound::proto::ftp::listing::{Entry, Form, Kind, LINE_MAX, Line, Lines, line, local_name};

use super::splits;

pub const WORDS: &[&str] = &[
    "type=file;",
    "type=OS.unix=slink:/a b;",
    "size=17;",
    "modify=20240102030405;",
    "perm=r; ",
    "total 14",
    "-rw-r--r-- 1 u g 12 ",
    "drwxr-xr-x 2 0 0 4096 ",
    "lrwxrwxrwx 1 u g 3 ",
    "Jan 02 2024 ",
    "Feb 29 00:00 ",
    "01-02-24  11:14AM       <DIR>          ",
    " -> ",
    "../",
    "..",
    "\r\n",
    "\n",
    "99999999999999999999",
];

/// The lines are the same however they are cut and however they end; a name is one that the line
/// has, and one that may become a file's stays in its folder.
pub fn check(bytes: &[u8]) {
    let whole = cut(&[bytes]);
    for pieces in splits(bytes) {
        assert_eq!(cut(&pieces), whole, "{pieces:?}");
    }
    // 2024-06-15 12:00 UTC.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_718_452_800);
    for text in whole {
        for form in [Form::Mlsd, Form::List] {
            let found = line(&text, form, now);
            let ended = [&text[..], b"\n"].concat();
            assert_eq!(line(&ended, form, now), found, "{}", text.escape_ascii());
            if let Line::Entry(entry) = found {
                judge(&entry, &text);
            }
        }
    }
}

fn cut(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let (mut lines, mut found) = (Lines::default(), Vec::new());
    for piece in pieces {
        lines.push(piece, &mut |line| found.push(line.to_vec()));
    }
    found.extend(lines.finish());
    assert!(found.iter().all(|line| line.len() <= LINE_MAX + 1));
    found
}

fn judge(entry: &Entry, text: &[u8]) {
    let name = &entry.name[..];
    assert!(!matches!(name, b"" | b"." | b".."));
    let is_there = |part: &[u8]| text.windows(part.len().max(1)).any(|window| window == part);
    assert!(is_there(name), "{}", text.escape_ascii());
    if let Kind::Link {
        target: Some(target),
    } = &entry.kind
    {
        assert!(
            target.is_empty() || is_there(target),
            "{}",
            text.escape_ascii()
        );
    }
    if let Ok(local) = local_name(name) {
        assert_eq!(local, name, "a name is taken whole");
        let shown = String::from_utf8_lossy(local);
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
        let path = Path::new("/target").join(&*shown);
        assert_eq!(path.parent(), Some(Path::new("/target")), "{shown:?}");
        assert_eq!(path.file_name(), Some(shown.as_ref().as_ref()), "{shown:?}");
    }
}
