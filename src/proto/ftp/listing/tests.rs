//! The rows of `fixtures/listings/lines.tsv`, hostile names, and bytes without sense.

use std::time::{Duration, SystemTime};

use super::*;
use crate::base::Encoding;

const LINES: &str = include_str!("../../../../fixtures/listings/lines.tsv");

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_718_452_800)
}

/// What the last of these lines is.
fn last(text: &[u8], form: Form) -> Line {
    let mut parser = Parser::new(form, now());
    let mut found = None;
    let mut each = |_: &[u8], line| found = Some(line);
    for line in text.split_inclusive(|b| *b == b'\n') {
        parser.push(line, &mut each);
    }
    if text.is_empty() {
        parser.push(text, &mut each);
    }
    parser.finish(&mut each);
    found.unwrap()
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
        Kind::Unknown => ("unknown", None),
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
    let (mut count, mut wrong) = (0, Vec::new());
    for row in rows {
        let cells: Vec<&str> = row.splitn(4, '\t').collect();
        let form = match cells[1] {
            "mlsd" => Form::Mlsd,
            "nlst" => Form::Nlst,
            _ => Form::List,
        };
        for end in ["", "\n", "\r\n"] {
            let text = cells[2].replace("\\t", "\t").replace("\\n", "\n");
            let found = last(format!("{text}{end}").as_bytes(), form);
            if shown(&found) != cells[3] {
                wrong.push(format!("{row}\n  is {}", shown(&found)));
            }
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 120, "{count} rows");
}

#[test]
fn times_say_how_exact_they_are() {
    #[rustfmt::skip]
    let table = [
        (Form::Mlsd, "type=file;modify=20240102000000; a", Exact::Second, true),
        (Form::List, "-rw-r--r-- 1 u g 12 Jan 02 10:30 a", Exact::Minute, false),
        (Form::List, "-rw-r--r-- 1 u g 12 Jan 02 2024 a", Exact::Day, false),
        (Form::List, "-rw-r--r-- 1 u g 12 Jan 02 10:30:15 2024 a", Exact::Second, false),
        (Form::List, "-rw-r--r-- 1 u g 12 2024-01-02 10:30:15 +0000 a", Exact::Second, true),
        (Form::List, "+r,m1704191400,\ta", Exact::Second, true),
        (Form::List, "A.B;1  3  2-JAN-2024 10:30", Exact::Minute, false),
    ];
    for (form, text, exact, utc) in table {
        let Line::Entry(entry) = last(text.as_bytes(), form) else {
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
            for form in [Form::Mlsd, Form::List, Form::Nlst] {
                last(&text[..at], form);
            }
            for byte in [0, b' ', b';', b'-', b'9', 0xff] {
                let mut spoilt = text.to_vec();
                spoilt[at] = byte;
                for form in [Form::Mlsd, Form::List] {
                    last(&spoilt, form);
                }
            }
        }
    }
    let long = vec![b'x'; LINE_MAX + 1];
    for form in [Form::Mlsd, Form::List, Form::Nlst] {
        assert_eq!(last(&long, form), Line::Unrecognised);
    }
}

/// A name waits for its columns on the next line, and is never lost.
#[test]
fn lines_that_belong_together() {
    let name = "A_LONG_NAME.CSV;1";
    let rest = "   3  2-JAN-2024 10:30";
    let joined = format!("{name}{rest}");
    #[rustfmt::skip]
    /// The lines, and what is given for them.
    type Row<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);
    let table: &[Row<'_>] = &[
        (&[name, rest], &[(&joined, "entry")]),
        (&[name], &[(name, "unrecognised")]),
        (&[name, ""], &[(name, "unrecognised"), ("", "header")]),
        (&[name, "   "], &[(name, "unrecognised"), ("   ", "header")]),
        (
            &[name, name, rest],
            &[(name, "unrecognised"), (&joined, "entry")],
        ),
        (
            &[name, "total 8"],
            &[(name, "unrecognised"), ("total 8", "header")],
        ),
        (
            &[name, "   what"],
            &[(&format!("{name}   what"), "unrecognised")],
        ),
    ];
    for (lines, wanted) in table {
        let mut parser = Parser::new(Form::List, now());
        let mut found = Vec::new();
        let mut each = |line: &[u8], what| {
            let what = shown(&what).split('\t').next().unwrap().to_owned();
            found.push((String::from_utf8(line.to_vec()).unwrap(), what));
        };
        for line in *lines {
            parser.push(line.as_bytes(), &mut each);
        }
        parser.finish(&mut each);
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(l, w)| ((*l).into(), (*w).into()))
            .collect();
        assert_eq!(found, wanted, "{lines:?}");
    }
    let (long, blanks) = ("A.B;1".repeat(2000), " ".repeat(LINE_MAX));
    let mut parser = Parser::new(Form::List, now());
    let mut found = Vec::new();
    let mut each = |line: &[u8], what| found.push((line.len(), what));
    parser.push(long.as_bytes(), &mut each);
    parser.push(format!("{blanks}x").as_bytes(), &mut each);
    assert_eq!(found.len(), 2, "a held line is bounded");
}

/// The month's word decides, whatever its encoding; the name is what came, byte by byte.
#[test]
fn other_encodings() {
    #[rustfmt::skip]
    /// The line, the encoding, the date and the name.
    type Row<'a> = (&'a [u8], Option<&'a str>, Option<&'a str>, &'a [u8]);
    let table: &[Row<'_>] = &[
        (
            b"-rw-r--r-- 1 u g 12 M\xe4r  2 2024 gr\xfc\xdfe",
            None,
            Some("2024-03-02"),
            b"gr\xfc\xdfe",
        ),
        (
            b"-rw-r--r-- 1 u g 12  2 \xec\xe0\xe9 2024 \xed\xe0",
            Some("windows-1251"),
            Some("2024-05-02"),
            b"\xed\xe0",
        ),
        (
            b"-rw-r--r-- 1 u g 12 6\x8c\x8e 2\x93\xfa 2023\x94N \x95\x5c",
            Some("shift_jis"),
            Some("2023-06-02"),
            b"\x95\x5c",
        ),
        (b"-rw-r--r-- 1 u g 12 \xff\xfe  2 2024 a", None, None, b"a"),
    ];
    for (line, label, time, name) in table {
        let encoding = label.and_then(Encoding::parse);
        let mut parser = Parser::new(Form::List, now()).with_encoding(encoding);
        let mut found = None;
        parser.push(line, &mut |_, line| found = Some(line));
        let Some(Line::Entry(entry)) = found else {
            panic!("{}", line.escape_ascii());
        };
        let shown = entry.modified.map(|at| at.to_string());
        assert_eq!((shown.as_deref(), &entry.name[..]), (*time, *name));
    }
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
