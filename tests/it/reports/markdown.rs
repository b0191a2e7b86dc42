//! `--markdown`, rendered by GitHub's own program.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::{HOSTILE, ends, refusing};
use crate::kit::Program;
use crate::support::peers::process::{brought, libraries};
use crate::support::sockets::Closed;

/// What a ticket makes of it.
pub fn rendered(markdown: &str) -> String {
    let mut renderer = Command::new(brought("usr/bin/cmark-gfm"))
        .env("LD_LIBRARY_PATH", libraries())
        .args(["--unsafe", "-e", "table", "-e", "autolink"])
        .args(["-e", "strikethrough", "-e", "tasklist"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = renderer.stdin.take().unwrap();
    input.write_all(markdown.as_bytes()).unwrap();
    drop(input);
    let done = renderer.wait_with_output().unwrap();
    assert!(done.status.success());
    String::from_utf8(done.stdout).unwrap()
}

/// The tags of a page, without what stands between them.
fn tags(html: &str) -> Vec<&str> {
    html.match_indices('<')
        .map(|(at, _)| &html[at..=at + html[at..].find('>').unwrap()])
        .collect()
}

/// The text of the page outside of code.
fn outside_of_code(html: &str) -> String {
    let mut rest = html;
    let mut outside = String::new();
    while let Some((before, after)) = rest.split_once("<code") {
        outside.push_str(before);
        rest = after.split_once("</code>").unwrap().1;
    }
    outside + rest
}

const TAGS: &[&str] = &[
    "h3", "code", "p", "strong", "em", "ul", "li", "pre", "table", "thead", "tbody", "tr", "th",
    "td",
];

fn is_sound(name: &str, html: &str) {
    for tag in tags(html) {
        let bare = tag.trim_matches(['<', '>', '/']);
        let bare = bare.split_whitespace().next().unwrap();
        assert!(TAGS.contains(&bare), "{name}: {tag}: {html}");
    }
    for row in html.split("<tr>").skip(1) {
        let cells = row.matches("<td").count() + row.matches("<th").count();
        // The head's own `<thead>` stands behind its row.
        let cells = cells - row.matches("<thead").count();
        assert_eq!(cells, 5, "{name}: {row}");
    }
}

#[test]
fn every_end_is_a_table_and_a_verdict() {
    for (name, ran) in ends(&["--markdown"]) {
        let html = rendered(&ran.out);
        is_sound(name, &html);
        let rows = html.matches("<tr>").count();
        let failed = usize::from(ran.code != Some(0));
        assert_eq!(
            html.matches("<td><strong>FAIL").count(),
            failed,
            "{name}: {html}"
        );
        assert!(rows > failed, "{name}: {html}");
        let mark = match name {
            "doubt" => "doubt",
            _ if failed == 1 => "FAIL",
            _ => "ok",
        };
        assert!(
            html.starts_with(&format!("<h3>{mark} <code>")),
            "{name}: {html}"
        );
        assert_eq!(
            html.matches("OUT-").count() > 0,
            failed == 1,
            "{name}: {html}"
        );
        assert_eq!(html.matches("by outbound 0.").count(), 1, "{name}: {html}");
    }
}

#[test]
fn nothing_that_is_said_becomes_markup() {
    for words in HOSTILE {
        let proxy = refusing(words);
        let ran = Program::new().run(&[
            "check",
            "--markdown",
            "--proxy",
            &proxy.url(),
            "https://h.test/x",
        ]);
        let html = rendered(&ran.expect(6).out);
        is_sound(words, &html);
        let outside = outside_of_code(&html);
        for word in ["evil", "@team", "#1", "403", "h.test", "script", "|"] {
            assert!(!outside.contains(word), "{word}: {outside}");
        }
        assert_eq!(html.matches("<tr>").count(), 3, "{html}");
    }
}

/// What is asked for is hostile too, when it stands in a list that somebody else wrote.
#[test]
fn names_are_code() {
    let program = Program::new();
    let closed = Closed::new();
    for name in [
        "http://h.test/`x`|<b>",
        "census:`<b>`|\u{202e}",
        "a\u{7}b``c",
    ] {
        let ran = program.run(&["check", "--markdown", "--proxy", &closed.url(), name]);
        let html = rendered(&ran.out);
        is_sound(name, &html);
        assert!(html.starts_with("<h3>FAIL <code>"), "{html}");
    }
}

#[test]
fn quiet_leaves_what_went_wrong_and_forms_exclude_each_other() {
    let program = Program::new();
    let url = crate::kit::shared().nginx.http("/small.bin");
    let ran = program.run(&["check", "--markdown", "-q", &url]).expect(0);
    assert_eq!(ran.out, "");
    for words in [
        ["--json", "check", "--markdown", &url],
        ["check", "--markdown", "--json", &url],
    ] {
        let ran = program.run(&words).expect(2);
        assert!(ran.err.contains("--json and --markdown"), "{}", ran.err);
    }
}
