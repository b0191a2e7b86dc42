//! A local file's name for every name of a listing.
//!
//! Most names stay as they are. What no file here can be called, or what would be read as a path, is
//! written as `%XX`, byte by byte; a name that is too long is cut, and gets a digest. So that two
//! names never become one, a name that only looks as if it had been changed so is changed too.

use std::borrow::Cow;

use percent_encoding::percent_decode;
use sha2::{Digest as _, Sha256};

use super::local::{Unsafe, has_path, is_hidden, is_part, is_reserved};
use crate::base::Encoding;

/// A fetch needs ten bytes more, for `.part.meta`.
const LENGTH_MAX: usize = 245;

/// Begins the digest of a name that was cut: 16 hexadecimal digits follow.
const CUT: &[u8] = b"%~";
const DIGITS: usize = 16;

/// An end such as `.csv` stays when a name is cut.
const END_MAX: usize = 12;

/// The name of a local file for a name of a listing, in the listing's encoding: the name, or a
/// changed one where it cannot be a file's. What has characters in the encoding is in UTF-8.
pub fn safe_name(name: &[u8], encoding: Option<Encoding>) -> Cow<'_, [u8]> {
    let is_windows = cfg!(windows);
    match encoding.and_then(|encoding| encoding.decode_exactly(name)) {
        Some(Cow::Owned(text)) => Cow::Owned(safe(text.as_bytes(), is_windows).into_owned()),
        _ => safe(name, is_windows),
    }
}

fn safe(name: &[u8], is_windows: bool) -> Cow<'_, [u8]> {
    match must_change(name, is_windows) {
        true => Cow::Owned(changed(name, is_windows)),
        false => Cow::Borrowed(name),
    }
}

fn must_change(name: &[u8], is_windows: bool) -> bool {
    fault(name, is_windows).is_some() || looks_changed(name, is_windows)
}

/// What is wrong with it here.
fn fault(name: &[u8], is_windows: bool) -> Option<Unsafe> {
    let text = String::from_utf8_lossy(name);
    if matches!(name, b"" | b"." | b"..") {
        Some(Unsafe::NoFile)
    } else if has_path(name) {
        Some(Unsafe::Path)
    } else if text.chars().any(is_hidden) {
        Some(Unsafe::Control)
    } else if name.len() > LENGTH_MAX {
        Some(Unsafe::Long)
    } else if is_part(name) {
        Some(Unsafe::Part)
    } else if is_windows && (is_reserved(name) || text.chars().any(is_of_windows)) {
        Some(Unsafe::Reserved)
    } else {
        None
    }
}

/// What Windows has no names with; U+FFFD stands for bytes that are no UTF-8.
fn is_of_windows(c: char) -> bool {
    matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '\u{fffd}')
}

/// Whether another name could become this one.
fn looks_changed(name: &[u8], is_windows: bool) -> bool {
    let is_cut = |rest: &[u8]| {
        let digits = rest.get(CUT.len()..CUT.len() + DIGITS);
        rest.starts_with(CUT) && digits.is_some_and(|all| all.iter().all(u8::is_ascii_hexdigit))
    };
    if (0..name.len()).any(|at| is_cut(&name[at..])) {
        return true;
    }
    let decoded: Cow<'_, [u8]> = percent_decode(name).into();
    *decoded != *name && changed(&decoded, is_windows) == name && must_change(&decoded, is_windows)
}

fn changed(name: &[u8], is_windows: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len() + 8);
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut bytes = [0; 4];
            let bytes = c.encode_utf8(&mut bytes).as_bytes();
            let is_bad = matches!(c, '%' | '/' | '\\') || is_hidden(c);
            match is_bad || (is_windows && is_of_windows(c)) {
                true => bytes.iter().for_each(|byte| encode(&mut out, *byte)),
                false => out.extend_from_slice(bytes),
            }
        }
        match is_windows {
            true => chunk
                .invalid()
                .iter()
                .for_each(|byte| encode(&mut out, *byte)),
            false => out.extend_from_slice(chunk.invalid()),
        }
    }
    if matches!(out.as_slice(), b"." | b"..") {
        out = b"%2E".repeat(out.len());
    }
    // A drive's letter.
    if has_path(&out) {
        out.splice(1..2, *b"%3A");
    }
    if is_part(&out) {
        out = without_part(&out);
    }
    if is_windows && is_reserved(&out) {
        match out.last() {
            Some(last @ (b'.' | b' ')) => {
                let last = *last;
                out.pop();
                encode(&mut out, last);
            }
            _ => {
                let rest = out.split_off(1);
                let first = std::mem::take(&mut out);
                first.iter().for_each(|byte| encode(&mut out, *byte));
                out.extend(rest);
            }
        }
    }
    match out.len() > LENGTH_MAX {
        true => cut(&out, name),
        false => out,
    }
}

fn encode(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |half: u8| HEX[usize::from(half & 15)];
    out.extend([b'%', digit(byte >> 4), digit(byte)]);
}

/// The name, with another dot in `.part` wherever that makes it the name of an unfinished download.
fn without_part(name: &[u8]) -> Vec<u8> {
    let is_part = |at: usize| {
        let rest = &name[at..];
        let five = rest.get(..5).unwrap_or_default();
        five.eq_ignore_ascii_case(b".part") && matches!(rest.get(5), None | Some(b'.'))
    };
    let mut out = Vec::with_capacity(name.len() + 8);
    for (at, byte) in name.iter().enumerate() {
        match is_part(at) {
            true => encode(&mut out, b'.'),
            false => out.push(*byte),
        }
    }
    out
}

/// The beginning, a digest of the whole, and the end behind the last dot.
fn cut(out: &[u8], whole: &[u8]) -> Vec<u8> {
    let dot = out.iter().rposition(|byte| *byte == b'.');
    let end = dot.map_or(&b""[..], |at| &out[at..]);
    let is_plain = end.len() <= END_MAX && end.iter().skip(1).all(u8::is_ascii_alphanumeric);
    let end = if is_plain { end } else { b"" };
    let mut length = LENGTH_MAX - CUT.len() - DIGITS - end.len();
    // Not within a character, and not within `%XX`.
    while out[length] & 0xc0 == 0x80 {
        length -= 1;
    }
    if let Some(percent) = out[length - 2..length].iter().position(|b| *b == b'%') {
        length = length - 2 + percent;
    }
    let digest = Sha256::digest(whole);
    let digits = digest
        .iter()
        .take(DIGITS / 2)
        .map(|byte| format!("{byte:02x}"));
    let digits = digits.collect::<String>();
    [&out[..length], CUT, digits.as_bytes(), end].concat()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::local_name;
    use super::*;

    fn shown(name: &[u8], is_windows: bool) -> String {
        String::from_utf8(safe(name, is_windows).into_owned()).unwrap()
    }

    #[test]
    fn names_that_can_be_files_stay() {
        for name in [
            "a.csv",
            "100%.csv",
            "%",
            "%41",
            "%zz",
            "a%20b",
            "..a",
            "...",
            "caf\u{e9}",
            "aux",
            "x.",
            "a?b",
            "%~",
            " ",
            "partial.parts",
        ] {
            assert_eq!(shown(name.as_bytes(), false), name);
        }
        assert_eq!(safe(b"caf\xe9", false), &b"caf\xe9"[..]);
    }

    #[test]
    fn others_are_changed() {
        for (name, unix, windows) in [
            (&b"."[..], "%2E", "%2E"),
            (b"..", "%2E%2E", "%2E%2E"),
            (b"../up", "..%2Fup", "..%2Fup"),
            (b"/etc/passwd", "%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd"),
            (b"a\\b", "a%5Cb", "a%5Cb"),
            (b"a%5Cb", "a%255Cb", "a%255Cb"),
            (b"a%255Cb", "a%25255Cb", "a%25255Cb"),
            (b"100%\\", "100%25%5C", "100%25%5C"),
            (b"C:x", "C%3Ax", "C%3Ax"),
            (b"a\0b", "a%00b", "a%00b"),
            (b"a\x1b[2J", "a%1B[2J", "a%1B[2J"),
            ("a\u{202e}b".as_bytes(), "a%E2%80%AEb", "a%E2%80%AEb"),
            (b"x.part", "x%2Epart", "x%2Epart"),
            (b"x.PART.meta", "x%2EPART.meta", "x%2EPART.meta"),
            (b".part.part", "%2Epart%2Epart", "%2Epart%2Epart"),
            (b"aux.csv", "aux.csv", "%61ux.csv"),
            (b"x.", "x.", "x%2E"),
            (b"a?b", "a?b", "a%3Fb"),
        ] {
            assert_eq!(shown(name, false), unix, "{}", name.escape_ascii());
            assert_eq!(shown(name, true), windows, "{}", name.escape_ascii());
        }
        assert_eq!(shown(b"caf\xe9", true), "caf%E9");
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let long = "\u{e9}".repeat(200) + ".csv";
        let other = "\u{e9}".repeat(201) + ".csv";
        let [one, two] = [&long, &other].map(|name| shown(name.as_bytes(), false));
        assert_ne!(one, two);
        for name in [&one, &two] {
            assert!(name.len() <= LENGTH_MAX && name.ends_with(".csv"), "{name}");
        }
        // Who is called so is called otherwise.
        assert_ne!(shown(one.as_bytes(), false), one);
        let full = "x".repeat(LENGTH_MAX);
        assert_eq!(shown(full.as_bytes(), false), full);
        let escapes = shown(&b"\\".repeat(250), false);
        assert!(escapes.len() <= LENGTH_MAX);
        assert!(escapes.find("%~").unwrap().is_multiple_of(3), "{escapes}");
    }

    /// A server may send millions of bytes that are such names.
    #[test]
    fn time_grows_with_the_length_alone() {
        let made = shown(&b".part".repeat(200_000), false);
        assert!(made.starts_with("%2Epart%2Epart"), "{made}");
    }

    /// All short names of an alphabet that makes trouble, on both systems.
    #[test]
    fn two_names_never_become_one() {
        let letters = [
            &b"."[..],
            b"%",
            b"/",
            b"2",
            b"E",
            b"5C",
            b"25",
            b".part",
            b"a",
            b"\0",
            b":",
        ];
        let mut names: Vec<Vec<u8>> = vec![Vec::new()];
        let mut last = names.clone();
        for _ in 0..4 {
            let longer = last.iter().flat_map(|name| {
                let with = |letter: &&[u8]| [name, *letter].concat();
                letters.iter().map(with).collect::<Vec<_>>()
            });
            last = longer.collect();
            names.extend(last.iter().cloned());
        }
        names.sort_unstable();
        names.dedup();
        names.retain(|name| !name.is_empty());
        for is_windows in [false, true] {
            let mut seen = HashMap::new();
            for name in &names {
                let made = safe(name, is_windows).into_owned();
                assert_eq!(fault(&made, is_windows), None, "{}", made.escape_ascii());
                if is_windows {
                    assert!(local_name(&made).is_ok(), "{}", made.escape_ascii());
                }
                if let Some(other) = seen.insert(made, name) {
                    panic!("{} and {}", other.escape_ascii(), name.escape_ascii());
                }
            }
        }
    }
}
