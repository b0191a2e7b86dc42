//! The URLs that a command is about: arguments, and the lines of `--from-file`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read as _};
use std::path::Path;

use super::args::Urls;
use crate::base::{Error, Kind, Result, Stage, text};

/// What was asked for, and where.
#[derive(Clone, Debug)]
pub struct Asked {
    /// To the letter: it may hold a password.
    pub typed: String,
    /// `FILE:LINE`, safe to show; none for an argument.
    pub line: Option<String>,
}

impl Asked {
    /// An argument. Blanks around it come from pasting.
    pub fn argument(typed: &str) -> Self {
        Self {
            typed: typed.trim().to_owned(),
            line: None,
        }
    }
}

/// No URL is longer than this; a longer line is no list of URLs.
const LONGEST: usize = 16 * 1024;

/// A list of URLs is read up to this size; what is larger is none.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Everything that a command is about: the arguments first, then the lines of the file.
///
/// # Errors
/// The file cannot be read, holds no URL, or something that cannot be one.
pub fn all(urls: &Urls) -> Result<Vec<Asked>> {
    of(&urls.urls, urls.from_file.as_deref())
}

/// [`all`] of the arguments and of a file.
///
/// # Errors
/// As there.
pub fn of(urls: &[String], from_file: Option<&Path>) -> Result<Vec<Asked>> {
    let arguments = urls.iter().map(|typed| Asked::argument(typed));
    let mut asked: Vec<Asked> = arguments.collect();
    let Some(path) = from_file else {
        return Ok(asked);
    };
    if path == Path::new("-") {
        asked.extend(lines(io::stdin().lock(), "standard input")?);
    } else {
        let name = text::escape(&path.to_string_lossy());
        let file = File::open(path).map_err(|cause| unread(&name, cause))?;
        asked.extend(lines(BufReader::new(file), &name)?);
    }
    Ok(asked)
}

/// The URLs of a list: one a line; blank lines, and those whose first character is `#`, are passed
/// over. `#` later in a line belongs to the URL.
fn lines(mut list: impl BufRead, name: &str) -> Result<Vec<Asked>> {
    let mut asked = Vec::new();
    let mut line = Vec::new();
    let mut size = 0;
    for number in 1.. {
        let bad = |what: String| {
            let hint = "a list has one URL, or path below a connection, a line; a line that begins with # is a comment";
            Error::new(Kind::Usage, Stage::Settings, what).with_hint(hint)
        };
        line.clear();
        let mut limited = (&mut list).take(LONGEST as u64 + 1);
        let read = limited.read_until(b'\n', &mut line);
        let read = read.map_err(|cause| unread(name, cause))?;
        size += read as u64;
        if read == 0 {
            break;
        }
        if read > LONGEST {
            return Err(bad(format!(
                "{name}:{number}: the line is longer than {LONGEST} bytes"
            )));
        }
        if size > LARGEST {
            let most = LARGEST >> 20;
            return Err(bad(format!("{name}: the list is larger than {most} MiB")));
        }
        let written = match str::from_utf8(&line) {
            Ok(written) if number == 1 => written.strip_prefix('\u{feff}').unwrap_or(written),
            Ok(written) => written,
            Err(_) => {
                let what = format!("{name}:{number}: the line is not UTF-8");
                return Err(bad(what));
            }
        };
        let written = written.trim();
        if written.is_empty() || written.starts_with('#') {
            continue;
        }
        // Not shown: the words may be a password.
        if written.contains(|c: char| c.is_control()) {
            return Err(bad(format!(
                "{name}:{number}: the line has a control character"
            )));
        }
        asked.push(Asked {
            typed: written.to_owned(),
            line: Some(format!("{name}:{number}")),
        });
    }
    if asked.is_empty() {
        let hint = "write one URL, or path below a connection, a line; a line that begins with # is a comment";
        let what = format!("{name}: there is no URL in it");
        return Err(Error::new(Kind::Usage, Stage::Settings, what).with_hint(hint));
    }
    Ok(asked)
}

/// The file is an argument that names nothing readable.
fn unread(name: &str, cause: io::Error) -> Error {
    let what = match cause.kind() {
        ErrorKind::NotFound => "there is no such file",
        ErrorKind::PermissionDenied => "not permitted",
        ErrorKind::IsADirectory => "it is a folder",
        _ => "it failed",
    };
    Error::new(Kind::Usage, Stage::Settings, what)
        .while_doing(format!("read the list of URLs {name}"))
        .with_source(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &[u8]) -> Result<Vec<(String, String)>> {
        let asked = lines(list, "list.txt")?.into_iter();
        Ok(asked.map(|a| (a.typed, a.line.unwrap())).collect())
    }

    #[test]
    fn one_a_line_and_its_place() {
        let list =
            "\u{feff}# what we need\r\n\nhttp://h/a#part\r\n  census:b c.csv \n\t# c\nftp://h/d";
        let found = read(list.as_bytes()).unwrap();
        let wanted = [
            ("http://h/a#part", "list.txt:3"),
            ("census:b c.csv", "list.txt:4"),
            ("ftp://h/d", "list.txt:6"),
        ];
        assert_eq!(found, wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn what_is_no_list_is_said_with_its_line() {
        let long = [b"http://h/\n".to_vec(), vec![b'x'; LONGEST + 1]].concat();
        let cases: [(&[u8], &str); 6] = [
            (b"", "list.txt: there is no URL in it"),
            (b"# none\n\n", "list.txt: there is no URL in it"),
            (&long, "list.txt:2: the line is longer than 16384 bytes"),
            (b"a\n\nhttp://\xff", "list.txt:3: the line is not UTF-8"),
            (b"http://h/\x1b[2J", "list.txt:1: the line has a control"),
            (b"http://h/\0", "list.txt:1: the line has a control"),
        ];
        for (list, what) in cases {
            let error = read(list).unwrap_err();
            assert!(error.to_string().contains(what), "{error}");
            assert_eq!(error.kind(), Kind::Usage);
        }
        // As long as it may be, with its end.
        let list = [vec![b'x'; LONGEST - 1], b"\nb\n".to_vec()].concat();
        assert_eq!(read(&list).unwrap().len(), 2);
    }
}
