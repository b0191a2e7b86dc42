//! Index pages of HTTP servers.

use outbound::proto::index_page::{Form, NoIndex, Page, read};
use url::Url;

pub const WORDS: &[&str] = &[
    "<title>Index of /</title>",
    "<a href=\"",
    "\">",
    "</a>",
    "<tr><td>",
    "</td>",
    "<pre>",
    "?C=N;O=D",
    "../",
    "%2F",
    "%2e%2e/",
    "%00",
    "http://evil.example/pub/",
    "javascript:",
    "//",
    "&amp;",
    " 27-Mar-2020 12:34 ",
    " 2020-03-27 12:34  1.2K",
    "<script>",
    "<!--",
    "[{\"name\":\"",
    "\",\"type\":\"file\"},",
    "\"size\":5",
    "\"mtime\":\"Fri, 27 Mar 2020 12:34:56 GMT\"",
    "\"is_dir\":true",
    "]",
];

/// A page is an index or none, in both forms; a name is one step of a path; none is there twice.
pub fn check(bytes: &[u8]) {
    let Ok(at) = Url::parse("http://h.example/pub/a%20b/") else {
        return;
    };
    for form in [Form::Html, Form::Json] {
        match read(bytes, form, &at) {
            Ok(page) => judge(&page, bytes.len()),
            Err(why) => assert_ne!(why, NoIndex::Place),
        }
    }
}

fn judge(page: &Page, length: usize) {
    assert!(page.entries.len() + page.unrecognised.len() <= length);
    let mut seen = std::collections::HashSet::new();
    for entry in &page.entries {
        let name = &entry.name[..];
        assert!(!matches!(name, b"" | b"." | b".."));
        let shown = name.escape_ascii();
        assert!(!name.iter().any(|b| matches!(b, 0 | b'/')), "{shown}");
        assert!(seen.insert((name, format!("{:?}", entry.kind))), "{shown}");
        assert!(!entry.size_rounded || entry.size.is_some(), "{shown}");
    }
}
