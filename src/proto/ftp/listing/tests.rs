//! The rows of `fixtures/listings/lines.tsv`, hostile names, and bytes without sense.

use std::time::{Duration, SystemTime};

use super::*;

const LINES: &str = include_str!("../../../../fixtures/listings/lines.tsv");

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_718_452_800)
}

fn shown(found: &Line) -> String {
    let Line::Entry(entry) = found else {
        let word = match found {
            Line::Around => "around",
            Line::Header => "header",
            _ => "unrecognised",
        };
        return format!("{word}\t-\t-\t-\t-\t-");
    };
    let (kind, target) = match &entry.kind {
        Kind::File => ("file", None),
        Kind::Folder => ("folder", None),
        Kind::Link { target } => ("link", target.as_deref()),
        Kind::Other => ("other", None),
    };
    let since = |stamp: Stamp| stamp.time.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let time = entry
        .modified
        .map(|stamp| since(stamp).as_secs().to_string());
    let size = entry.size.map(|size| size.to_string());
    let or_dash = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    [
        "entry".to_owned(),
        kind.to_owned(),
        or_dash(size),
        or_dash(time),
        text(&entry.name),
        or_dash(target.map(text)),
    ]
    .join("\t")
}

#[test]
fn each_row() {
    let rows = LINES.lines().filter(|row| !row.starts_with('#'));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.splitn(4, '\t').collect();
        let form = match cells[1] {
            "mlsd" => Form::Mlsd,
            _ => Form::List,
        };
        for end in ["", "\n", "\r\n"] {
            let found = line(format!("{}{end}", cells[2]).as_bytes(), form, now());
            assert_eq!(shown(&found), cells[3], "{row}");
        }
        count += 1;
    }
    assert!(count > 25, "{count} rows");
}

#[test]
fn times_say_how_exact_they_are() {
    #[rustfmt::skip]
    let table = [
        (Form::Mlsd, "type=file;modify=20240102000000; a", Exact::Second, true),
        (Form::List, "-rw-r--r-- 1 u g 12 Jan 02 10:30 a", Exact::Minute, false),
        (Form::List, "-rw-r--r-- 1 u g 12 Jan 02 2024 a", Exact::Day, false),
    ];
    for (form, text, exact, utc) in table {
        let Line::Entry(entry) = line(text.as_bytes(), form, now()) else {
            panic!("{text}");
        };
        let stamp = entry.modified.unwrap();
        assert_eq!((stamp.exact, stamp.utc), (exact, utc), "{text}");
    }
}

/// Every start of every row, and the row with each byte spoilt: no panic.
#[test]
fn spoilt_lines() {
    for row in LINES.lines() {
        let text = row.split('\t').nth(2).unwrap_or(row).as_bytes();
        for at in 0..text.len() {
            for byte in [0, b' ', b';', b'-', b'9', 0xff] {
                let mut spoilt = text.to_vec();
                spoilt[at] = byte;
                for form in [Form::Mlsd, Form::List] {
                    line(&spoilt, form, now());
                    line(&text[..at], form, now());
                }
            }
        }
    }
    let long = vec![b'x'; LINE_MAX + 1];
    assert_eq!(line(&long, Form::List, now()), Line::Unrecognised);
}

#[test]
fn names_that_stay_in_the_folder() {
    let long = "x".repeat(256);
    #[rustfmt::skip]
    let table: &[(&str, Result<(), Unsafe>)] = &[
        ("a.csv", Ok(())),
        ("a b é.csv", Ok(())),
        (".hidden", Ok(())),
        ("...", Err(Unsafe::Reserved)),
        ("2024-01-01T10:30.csv", Ok(())),
        ("", Err(Unsafe::NoFile)),
        (".", Err(Unsafe::NoFile)),
        ("..", Err(Unsafe::NoFile)),
        ("../a", Err(Unsafe::Path)),
        ("/etc/passwd", Err(Unsafe::Path)),
        ("a/b", Err(Unsafe::Path)),
        ("..\\a", Err(Unsafe::Path)),
        ("c:a", Err(Unsafe::Path)),
        ("a\0b", Err(Unsafe::Control)),
        ("a\nb", Err(Unsafe::Control)),
        ("\x1b[2J", Err(Unsafe::Control)),
        ("a\u{9b}b", Err(Unsafe::Control)),
        ("a\u{202e}vsc.exe", Err(Unsafe::Control)),
        (&long, Err(Unsafe::Long)),
        ("NUL", Err(Unsafe::Reserved)),
        ("com1.csv", Err(Unsafe::Reserved)),
        ("a ", Err(Unsafe::Reserved)),
        ("a.csv.part", Err(Unsafe::Part)),
        ("a.csv.PART.meta", Err(Unsafe::Part)),
    ];
    for (name, wanted) in table {
        assert_eq!(local_name(name.as_bytes()).map(|_| ()), *wanted, "{name:?}");
    }
}
