//! A line cut into words, and words read in the languages and encodings of servers.

use std::borrow::Cow;

use crate::base::Encoding;

/// A word of a line, and where it lies.
#[derive(Clone, Copy)]
pub(super) struct Word<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) start: usize,
    pub(super) end: usize,
}

impl<'a> Word<'a> {
    /// The word, or nothing where it is not UTF-8.
    pub(super) fn text(&self) -> &'a str {
        std::str::from_utf8(self.bytes).unwrap_or("")
    }

    pub(super) fn is_number(&self) -> bool {
        self.bytes.iter().all(u8::is_ascii_digit)
    }
}

/// The first `most` words, cut at blanks.
pub(super) fn words(line: &[u8], most: usize) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while found.len() < most {
        at += line[at..].iter().take_while(|b| **b == b' ').count();
        let length = line[at..].iter().take_while(|b| **b != b' ').count();
        if length == 0 {
            break;
        }
        let (start, end) = (at, at + length);
        let bytes = &line[start..end];
        found.push(Word { bytes, start, end });
        at = end;
    }
    found
}

/// What stands behind `word` and its blanks, without the blanks at the line's end.
pub(super) fn behind<'a>(line: &'a [u8], word: &Word<'_>) -> &'a [u8] {
    line.get(word.end..).unwrap_or_default().trim_ascii()
}

/// The encodings of servers that are not UTF-8, for words that are compared with a list: a wrong
/// reading is in no list.
const USUAL: [&str; 7] = [
    "windows-1252",
    "windows-1251",
    "koi8-r",
    "windows-1250",
    "shift_jis",
    "gbk",
    "euc-jp",
];

/// What a word may mean, in small letters: what it is in UTF-8, or else in the encoding that is
/// configured, or else in the usual ones.
pub(super) fn find_reading<T>(
    word: &[u8],
    encoding: Option<Encoding>,
    find: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    if word.len() > 64 {
        return None;
    }
    if let Ok(text) = std::str::from_utf8(word) {
        return find(&text.to_lowercase());
    }
    let read = |encoding: Encoding| {
        let text: Cow<'_, str> = encoding.decode(word);
        find(&text.to_lowercase())
    };
    match encoding {
        Some(encoding) => read(encoding),
        None => USUAL
            .iter()
            .filter_map(|label| Encoding::parse(label))
            .find_map(read),
    }
}
