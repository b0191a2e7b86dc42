//! Text from outside, made safe to show.

use std::fmt::Write as _;

/// How much of a peer's words an error message shows.
pub const SHOWN: usize = 200;

/// `text` with control characters and other invisible characters escaped, so that it can be
/// printed to a terminal or a log without moving the cursor, changing colours or faking a line.
pub fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        push_escaped(&mut shown, c);
    }
    shown
}

fn push_escaped(shown: &mut String, c: char) {
    match c {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        c if c.is_control() && (c as u32) < 0x100 => {
            let _ = write!(shown, "\\x{:02x}", c as u32);
        }
        c if c.is_control() || is_invisible(c) => {
            let _ = write!(shown, "\\u{{{:x}}}", c as u32);
        }
        c => shown.push(c),
    }
}

/// [`escape`] line by line: for advice that has lines of its own.
pub fn escape_lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(escape).collect();
    lines.join("\n")
}

/// [`escape`] for bytes that should be UTF-8 but need not be.
pub fn escape_bytes(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        shown.push_str(&escape(chunk.valid()));
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

/// [`escape_bytes`] with tabs and line feeds as they are: for data that is shown at a terminal.
pub fn escape_data(bytes: &[u8]) -> String {
    let parts = bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\t'));
    let mut shown = String::with_capacity(bytes.len());
    for part in parts {
        match part {
            [text @ .., end @ (b'\n' | b'\t')] => {
                shown.push_str(&escape_bytes(text));
                shown.push(char::from(*end));
            }
            text => shown.push_str(&escape_bytes(text)),
        }
    }
    shown
}

/// [`escape`], cut at [`SHOWN`] characters with `…` where something was left out.
pub fn clip(text: &str) -> String {
    clip_to(text, SHOWN)
}

/// [`escape`], cut at `most` characters as they are shown. No escape is cut in two.
pub fn clip_to(text: &str, most: usize) -> String {
    let mut shown = String::new();
    let mut length = 0;
    for c in text.chars() {
        let before = shown.len();
        push_escaped(&mut shown, c);
        length += shown[before..].chars().count();
        if length > most {
            shown.truncate(before);
            shown.push('…');
            break;
        }
    }
    shown
}

/// `word` as a POSIX shell takes it for one word.
pub fn shell_word(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-+:,@%".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Characters that change how their neighbours are shown: bidirectional controls, zero-width
/// marks, line separators (Unicode Standard Annex #9; "Trojan Source").
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// What somebody wrote as a URL, without what is or may be meant as its userinfo: also of a text
/// that is no URL, for there the mistake may stand in the password itself. Not escaped.
pub fn without_userinfo(written: &str) -> String {
    if let Ok(mut url) = url::Url::parse(written)
        && url.has_host()
    {
        if url.username().is_empty() && url.password().is_none() {
            return written.to_owned();
        }
        let _ = url.set_username("");
        let _ = url.set_password(None);
        return url.into();
    }
    let start = written.find("://").map_or(0, |at| at + "://".len());
    let (scheme, rest) = written.split_at(start);
    match rest.rsplit_once('@') {
        // `NAME:PATH` of a connection may have an @ in its path.
        Some(_) if start == 0 && is_place_in_connection(rest) => written.to_owned(),
        Some((_, after)) => format!("{scheme}…@{after}"),
        None => written.to_owned(),
    }
}

/// A URL that can be shown: without userinfo, query and fragment, which may hold tokens.
pub fn shown_url(url: &url::Url) -> String {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if url.query().is_some() {
        url.set_query(Some("…"));
    }
    url.set_fragment(None);
    clip(url.as_str().replace("%E2%80%A6", "…").as_str())
}

/// Words on lines of at most `width` characters, of which the lines after the first begin with `then`
/// and the first with `first`. A longer word has a line of its own.
pub fn wrapped(words: &str, first: &str, then: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in words.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut line, then.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines
}

/// A peer's words without the queries of URLs in them (`?name=…` up to the next blank or quote): some
/// quote what they were asked for, and that may hold a token.
pub fn without_queries(words: &str) -> String {
    let mut kept = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('?') {
        kept.push_str(before);
        kept.push('?');
        let of_name = |c: char| c.is_ascii_alphanumeric() || "-_.~%[]".contains(c);
        let value = after.trim_start_matches(of_name);
        let is_query = value.len() < after.len() && value.starts_with('=');
        rest = match is_query {
            true => {
                kept.push('…');
                let ends = |c: char| c.is_whitespace() || "\"'`<>()".contains(c);
                &after[after.find(ends).unwrap_or(after.len())..]
            }
            false => after,
        };
    }
    kept + rest
}

/// Whether this reads as `NAME:FOLDER/…` of a connection, and not as `user:password@host`.
fn is_place_in_connection(written: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match written.split_once(':') {
        Some((name, path)) if !name.is_empty() && name.chars().all(plain) => {
            let after = path.rsplit('@').next().unwrap_or_default();
            // What stands behind the last @ of a userinfo is a host, maybe with a port.
            let is_host = after.contains(':') || after.contains('/');
            path.contains('/') && !is_host
        }
        _ => false,
    }
}

/// A duration as people write it: `10 s`, `1.5 s`, `250 ms`.
pub fn seconds(duration: std::time::Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        0..1000 => format!("{millis} ms"),
        _ if millis.is_multiple_of(1000) => format!("{} s", millis / 1000),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}

/// The entry of `known` that is nearest to `word`, when it is near enough to be a slip of the
/// fingers: at most a third of its letters, and never more than three.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_cannot_reach_a_terminal() {
        let cases = [
            ("plain text é", "plain text é"),
            ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            ("\u{9b}2J", "\\x9b2J"),
            ("abc\u{202e}txt.exe", "abc\\u{202e}txt.exe"),
        ];
        for (given, shown) in cases {
            assert_eq!(escape(given), shown);
        }
        assert_eq!(escape_lines("a\x1b\n  b"), "a\\x1b\n  b");
        assert_eq!(escape_bytes(b"caf\xe9\x1b"), "caf\\xe9\\x1b");
        assert_eq!(
            escape_data(b"a\tb\r\n\0\x1b]0;x\x07\n\xc3\xa9\x9b\xc2\x9b\xe2\x80\xae\t"),
            "a\tb\\r\n\\x00\\x1b]0;x\\x07\n\u{e9}\\x9b\\x9b\\u{202e}\t"
        );
    }

    #[test]
    fn userinfo_is_left_out_of_what_is_no_url_too() {
        let cases = [
            ("http://u:p@h:1/x@y", "http://h:1/x@y"),
            ("http://h/x@y", "http://h/x@y"),
            ("http:u:p@h/x", "http://h/x"),
            ("http://u:p@h:99999/x", "http://…@h:99999/x"),
            ("http://u:p@q@h:99999/x", "http://…@h:99999/x"),
            ("http://u:p/q@h/x", "http://…@h/x"),
            ("u:p@h:1", "…@h:1"),
            ("//u:p@h:99999/x", "…@h:99999/x"),
            ("u:pa/ss@h:1", "…@h:1"),
            ("census:2020/a@b.csv", "census:2020/a@b.csv"),
            ("nonsense", "nonsense"),
        ];
        for (written, shown) in cases {
            assert_eq!(without_userinfo(written), shown);
        }
    }

    #[test]
    fn words_are_wrapped_and_none_is_lost() {
        let words = "a bb  ccc dddddddd e";
        let lines = wrapped(words, "- ", "  ", 6);
        assert_eq!(lines, ["- a bb", "  ccc", "  dddddddd", "  e"]);
        assert_eq!(wrapped("", "# ", "# ", 6), ["# "]);
    }

    #[test]
    fn queries_that_a_peer_quotes_are_left_out() {
        let cases = [
            ("GET /x?sig=ab&y=1 is denied", "GET /x?… is denied"),
            ("<http://h/?a%5Bb%5D=c'd>", "<http://h/?…'d>"),
            ("?a=?b=c d?", "?… d?"),
            ("really? no=w", "really? no=w"),
            ("why?because", "why?because"),
            ("what?=1", "what?=1"),
            ("", ""),
        ];
        for (words, shown) in cases {
            assert_eq!(without_queries(words), shown);
        }
    }

    #[test]
    fn long_text_is_cut_with_a_mark() {
        assert_eq!(clip_to("abcdef", 3), "abc…");
        assert_eq!(clip_to("abc", 3), "abc");
        assert_eq!(clip_to("a\x1b\x1b", 6), "a\\x1b…");
        assert_eq!(clip_to(&clip_to("a\x1b\x1b", 6), 6), "a\\x1b…");
    }

    #[test]
    fn durations_are_readable() {
        let cases = [
            (250, "250 ms"),
            (1000, "1 s"),
            (1500, "1.5 s"),
            (60_000, "60 s"),
        ];
        for (millis, shown) in cases {
            assert_eq!(seconds(std::time::Duration::from_millis(millis)), shown);
        }
    }

    #[test]
    fn nearest_suggests_slips_only() {
        let known = ["username", "password", "url"];
        assert_eq!(nearest("usrname", known), Some("username"));
        assert_eq!(nearest("pasword", known), Some("password"));
        assert_eq!(nearest("colour", known), None);
    }

    #[test]
    fn a_shell_takes_one_word() {
        let cases = [
            ("/etc/outbound/outbound.toml", "/etc/outbound/outbound.toml"),
            ("census:air.csv", "census:air.csv"),
            ("", "''"),
            ("/a b/c'd", "'/a b/c'\\''d'"),
            ("$HOME", "'$HOME'"),
        ];
        for (word, shown) in cases {
            assert_eq!(shell_word(word), shown);
        }
    }
}
