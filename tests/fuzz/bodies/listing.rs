//! Folder listings over FTP: MLSD, LIST in all its forms, NLST.

use std::path::Path;
use std::time::{Duration, SystemTime};

use outbound::proto::ftp::listing::{
    Entry, Form, Kind, LINE_MAX, Line, Lines, Parser, local_name, safe_name,
};

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
    "+i8.2,m1704191400,r,s12,\t",
    "d [RWCEAFMS] ann 512 Jan 02 2024 ",
    "NAME.CSV;1",
    "  3/9  2-JAN-2024 10:30:15  [ANN]  (RWED,,,)",
    "Directory DISK:[ANN]",
    "Name     VV.MM   Created       Changed      Size  Init   Mod   Id",
    "VOL001 3390   2024/01/02  1   15  FB      80 27920  PS  ",
    "ANN 1234 24/01/02 10:30:15 *STMF ",
    "  0  DIR  01-02-24  11:14  ",
    "2 f\u{e9}vr. 2024 ",
    "1\u{6708} 5\u{65e5} ",
    "../",
    "..",
    "\r\n",
    "\n",
    "99999999999999999999",
];

/// The lines are the same however they are cut and however they end; a name is one that the line
/// has, and one that may become a file's stays in its folder. No line is lost.
pub fn check(bytes: &[u8]) {
    let whole = cut(&[bytes]);
    for pieces in splits(bytes) {
        assert_eq!(cut(&pieces), whole, "{pieces:?}");
    }
    for form in [Form::Mlsd, Form::List, Form::Nlst] {
        let found = read(&whole, form, b"");
        let texts = |found: &[(Vec<u8>, Line)]| -> Vec<Line> {
            found.iter().map(|(_, line)| line.clone()).collect()
        };
        assert_eq!(texts(&read(&whole, form, b"\n")), texts(&found));
        let length = |lines: &[Vec<u8>]| lines.iter().map(Vec::len).sum::<usize>();
        let given: Vec<Vec<u8>> = found.iter().map(|(line, _)| line.clone()).collect();
        let ends = whole.iter().filter(|line| line.ends_with(b"\r")).count();
        assert_eq!(
            length(&given) + ends,
            length(&whole),
            "{}",
            bytes.escape_ascii()
        );
        for (text, line) in found {
            if let Line::Entry(entry) = line {
                judge(&entry, &text);
            }
        }
    }
}

fn read(lines: &[Vec<u8>], form: Form, end: &[u8]) -> Vec<(Vec<u8>, Line)> {
    // 2024-06-15 12:00 UTC.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_718_452_800);
    let (mut parser, mut found) = (Parser::new(form, now), Vec::new());
    let mut each = |line: &[u8], what| found.push((line.to_vec(), what));
    for line in lines {
        parser.push(&[line, end].concat(), &mut each);
    }
    parser.finish(&mut each);
    found
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
    // What is changed is a file's name in the folder, and what can be one nearly always stays.
    let safe = safe_name(name, None);
    let made = safe_name(&safe, None);
    assert!(made == safe || made.contains(&b'%'));
    let shown = String::from_utf8_lossy(&safe);
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
    let path = Path::new("/target").join(&*shown);
    assert_eq!(path.parent(), Some(Path::new("/target")), "{shown:?}");
    assert!(!shown.ends_with(".part") && shown.len() <= 735, "{shown:?}");
    if let Ok(local) = local_name(name) {
        assert_eq!(local, name, "a name is taken whole");
        let shown = String::from_utf8_lossy(local);
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
        let path = Path::new("/target").join(&*shown);
        assert_eq!(path.parent(), Some(Path::new("/target")), "{shown:?}");
        assert_eq!(path.file_name(), Some(shown.as_ref().as_ref()), "{shown:?}");
    }
}
