use super::*;
use crate::proto::ftp::listing::{Exact, Kind};

fn at(url: &str) -> Url {
    Url::parse(url).unwrap()
}

fn html(page: &str) -> Result<Page, NoIndex> {
    read(
        page.as_bytes(),
        Form::Html,
        &at("http://h.example/pub/a%20b/"),
    )
}

fn names(page: &Page) -> Vec<&str> {
    let names = page.entries.iter().map(|entry| &entry.name[..]);
    names
        .map(|name| std::str::from_utf8(name).unwrap())
        .collect()
}

/// What every real page below shows; hidden files and links only some.
const FILES: [&str; 15] = [
    " lead",
    "100%#1?.bin",
    "?C=N;O=D",
    "C:drive",
    "README",
    "a-very-long-name-that-an-index-page-cuts-short-in-what-it-shows-of-it-to-people.csv",
    "a.csv",
    "a;b+c=d@e:f.txt",
    "amp&amp;x",
    "b c&d.bin",
    "back\\slash",
    "caf\u{e9}.txt",
    "quo\"te<b>.txt",
    "tab\there",
    "x%2Fy",
];

/// The name of a page in `fixtures/index_pages`, the page, and its time and sizes as it has them.
const PAGES: [(&str, &str, &str, [&str; 3]); 9] = [
    (
        "nginx.html",
        include_str!("../../../fixtures/index_pages/nginx.html"),
        "2020-03-27T12:34",
        ["5", "2000", "3500000"],
    ),
    (
        "nginx-rounded.html",
        include_str!("../../../fixtures/index_pages/nginx-rounded.html"),
        "2020-03-27T12:34",
        ["5", "2000", "~3145728"],
    ),
    (
        "nginx.json",
        include_str!("../../../fixtures/index_pages/nginx.json"),
        "2020-03-27T12:34:56Z",
        ["5", "2000", "3500000"],
    ),
    (
        "caddy.json",
        include_str!("../../../fixtures/index_pages/caddy.json"),
        "2020-03-27T12:34:56Z",
        ["5", "2000", "3500000"],
    ),
    (
        "apache-plain.html",
        include_str!("../../../fixtures/index_pages/apache-plain.html"),
        "-",
        ["-", "-", "-"],
    ),
    (
        "apache-fancy.html",
        include_str!("../../../fixtures/index_pages/apache-fancy.html"),
        "2020-03-27T12:34",
        ["5", "~2048", "~3460300"],
    ),
    (
        "apache-table.html",
        include_str!("../../../fixtures/index_pages/apache-table.html"),
        "2020-03-27T12:34",
        ["5", "~2048", "~3460300"],
    ),
    (
        "lighttpd.html",
        include_str!("../../../fixtures/index_pages/lighttpd.html"),
        "2020-03-27T12:34:56",
        ["~102", "~1945", "~3460300"],
    ),
    (
        "python.html",
        include_str!("../../../fixtures/index_pages/python.html"),
        "-",
        ["-", "-", "-"],
    ),
];

#[test]
fn pages_of_real_servers() {
    for (name, page, time, sizes) in PAGES {
        let form = match name.ends_with(".json") {
            true => Form::Json,
            false => Form::Html,
        };
        let found = read(page.as_bytes(), form, &at("http://h/")).unwrap();
        let of = |kind: Kind| {
            let entries = found.entries.iter().filter(move |entry| entry.kind == kind);
            let mut names: Vec<_> = entries.map(|entry| &entry.name[..]).collect();
            names.retain(|name| ![&b".hid"[..], b"latest", b"link-dir"].contains(name));
            names.sort_unstable();
            names
        };
        assert_eq!(of(Kind::File), FILES.map(str::as_bytes), "{name}");
        assert_eq!(of(Kind::Folder), [&b"empty"[..], b"sub dir"], "{name}");
        assert!(found.unrecognised.is_empty(), "{name}");
        let entry = |wanted: &str| {
            let mut all = found.entries.iter();
            all.find(|entry| entry.name == wanted.as_bytes()).unwrap()
        };
        let size = |wanted| {
            let entry = entry(wanted);
            let rounded = if entry.size_rounded { "~" } else { "" };
            let size = entry.size.map(|size| format!("{rounded}{size}"));
            size.unwrap_or("-".to_owned())
        };
        let all = ["a.csv", "b c&d.bin", "100%#1?.bin"].map(size);
        assert_eq!(all, sizes, "{name}");
        for wanted in ["a.csv", "sub dir"] {
            let time_of = entry(wanted).modified.map(|at| at.to_string());
            assert_eq!(time_of.unwrap_or("-".to_owned()), time, "{name}");
        }
    }
}

/// Nothing but JSON proves a file: the others round, or do not say in which zone they are.
#[test]
fn only_json_is_exact() {
    for (name, page, ..) in PAGES {
        let form = match name.ends_with(".json") {
            true => Form::Json,
            false => Form::Html,
        };
        let found = read(page.as_bytes(), form, &at("http://h/")).unwrap();
        let exact = found.entries.iter().all(|entry| {
            let to_the_second =
                |at: crate::proto::ftp::listing::Stamp| at.utc && at.exact == Exact::Second;
            !entry.size_rounded && entry.modified.is_some_and(to_the_second)
        });
        assert_eq!(exact, form == Form::Json, "{name}");
    }
}

#[test]
fn links_are_told_from_symbolic_links_and_folders() {
    let page = PAGES[3].1.as_bytes();
    let found = read(page, Form::Json, &at("http://h/")).unwrap();
    let links: Vec<_> = found
        .entries
        .iter()
        .filter(|entry| entry.kind == Kind::Link { target: None })
        .map(|entry| &entry.name[..])
        .collect();
    assert_eq!(links, [&b"link-dir"[..], b"latest"]);
}

#[test]
fn empty_folders_are_folders() {
    let empty = include_str!("../../../fixtures/index_pages/apache-empty.html");
    let found = read(empty.as_bytes(), Form::Html, &at("http://h/empty/")).unwrap();
    assert_eq!(found, Page::default());
    assert_eq!(read(b"[\n]", Form::Json, &at("http://h/")), Ok(found));
}

#[test]
fn only_what_lies_in_the_folder_counts() {
    let links = [
        ("x", "x"),
        ("./x", "x"),
        ("/pub/a%20b/x", "x"),
        ("http://h.example/pub/a%20b/x", "x"),
        ("//h.example:80/pub/a%20b/x", "x"),
        ("../a%20b/x", "x"),
        ("%78", "x"),
        (" x\n", "x"),
        ("x/", "x/"),
        ("..x", "..x"),
        ("...", "..."),
        ("a:b", ""),
        ("./a:b", "a:b"),
        ("", ""),
        ("./", ""),
        ("../", ""),
        ("..", ""),
        ("%2e%2e/", ""),
        ("%2e%2e/x", ""),
        ("/", ""),
        ("/pub/", ""),
        ("/pub/a%20b", ""),
        ("/pub/a%20bx", ""),
        ("/etc/passwd", ""),
        ("x/y", ""),
        ("x//", ""),
        ("//x", ""),
        ("?C=N;O=D", ""),
        ("x?y", ""),
        ("x?", ""),
        ("x#y", ""),
        ("#x", ""),
        ("https://h.example/pub/a%20b/x", ""),
        ("http://h.example:81/pub/a%20b/x", ""),
        ("http://evil.example/pub/a%20b/x", ""),
        ("javascript:alert(1)", ""),
        ("mailto:x@h.example", ""),
        ("data:,x", ""),
        ("file:///pub/a%20b/x", ""),
        ("http://[::1", ""),
        ("..%2Fup", "!"),
        ("a%2fb", "!"),
        ("%00", "!"),
        ("a%00.csv", "!"),
    ];
    for (href, expected) in links {
        let page = format!("<h1>Index of /pub/</h1><a href=\"{href}\">x</a>");
        let found = html(&page).unwrap();
        let mut shown: Vec<String> = found
            .entries
            .iter()
            .map(|entry| {
                let slash = if entry.kind == Kind::Folder { "/" } else { "" };
                format!("{}{slash}", String::from_utf8_lossy(&entry.name))
            })
            .collect();
        shown.extend(found.unrecognised.iter().map(|_| "!".to_owned()));
        assert_eq!(shown.concat(), expected, "{href:?}");
    }
}

#[test]
fn a_page_that_is_no_index_is_none() {
    for page in [
        "",
        "<html><title>Welcome</title><a href=\"x\">x</a>",
        "<title>Index of Consumer Prices</title><a href=\"x\">x</a>",
        // What a script or a comment says is not on the page.
        "<script>'<h1>Index of /</h1>'</script><a href=\"x\">x</a>",
        "<!-- <h1>Index of /</h1> --><a href=\"x\">x</a>",
        "<p>Index of /</p><a href=\"x\">x</a>",
    ] {
        assert_eq!(html(page), Err(NoIndex::Title), "{page}");
    }
    for page in [
        "",
        "{}",
        "[1]",
        "[{}]",
        "[{\"name\":\"x\"}]",
        "[{\"name\":1,\"type\":\"file\"}]",
    ] {
        let found = read(page.as_bytes(), Form::Json, &at("http://h/"));
        assert_eq!(found, Err(NoIndex::Items), "{page}");
    }
    let index = PAGES[0].1.as_bytes();
    let found = read(index, Form::Html, &at("http://h/list.cgi"));
    assert_eq!(found, Err(NoIndex::Place));
}

#[test]
fn the_media_type_says_what_a_page_is() {
    for (media_type, start, form) in [
        (Some("text/html; charset=utf-8"), "[", Ok(Form::Html)),
        (Some("Text/HTML"), "", Ok(Form::Html)),
        (Some("application/json"), "<", Ok(Form::Json)),
        (Some("application/gzip"), "<", Err(NoIndex::Form)),
        (None, "\n[", Ok(Form::Json)),
        (None, "<!", Ok(Form::Html)),
        (None, "id,name", Err(NoIndex::Form)),
    ] {
        assert_eq!(
            Form::of(media_type, start.as_bytes()),
            form,
            "{media_type:?}"
        );
    }
}

/// Apache's pages can have text of their own above the list, with or without a title.
#[test]
fn what_stands_twice_counts_once() {
    let page = "<title>Our data</title>See <a href=\"readme.txt\">readme</a>.\
        <pre><a href=\"?C=N;O=D\">Name</a> <a href=\"?C=M;O=A\">Last modified</a><hr>\
        <a href=\"a.csv\">a.csv</a>  2020-03-27 12:34  5 five apples\n\
        <a href=\"readme.txt\">readme.txt</a>  2020-03-27 12:34  1.5K</pre>\
        <p>2020-01-01 00:00 7 <a href=\"a.csv\">again</a>";
    let found = html(page).unwrap();
    assert_eq!(names(&found), ["a.csv", "readme.txt"]);
    assert_eq!(found.entries[0].size, Some(5));
    assert_eq!(found.entries[1].size, Some(1536));
    assert!(found.entries.iter().all(|entry| entry.modified.is_some()));
}

#[test]
fn columns() {
    for (text, expected) in [
        ("  27-Mar-2020 12:34   12345\n", "2020-03-27T12:34 12345"),
        ("2020-03-27 12:34  - ", "2020-03-27T12:34 -"),
        (
            "2020-03-27 12:34:56\u{a0}1.5 GiB",
            "2020-03-27T12:34:56 ~1610612736",
        ),
        ("2020-03-27 12:34 512 B", "2020-03-27T12:34 512"),
        ("2020-03-27 12:34 7 wonders", "2020-03-27T12:34 7"),
        ("2020-03-27 12:34 1.2.3", "2020-03-27T12:34 -"),
        (
            "2020-03-27 12:34 99999999999999999999",
            "2020-03-27T12:34 -",
        ),
        (
            "2020-03-27 12:34 999999999E",
            "2020-03-27T12:34 ~18446744073709551615",
        ),
        ("2020-02-30 12:34 5", "- 5"),
        ("see 1-2-3 of 2020-03-27 12:34 5", "2020-03-27T12:34 5"),
        ("5 apples", "- -"),
        ("2020-03-27", "- -"),
        ("", "- -"),
    ] {
        let (time, size) = columns::read(text);
        let time = time.map_or("-".to_owned(), |time| time.to_string());
        let size = size.map_or("-".to_owned(), |size| {
            format!("{}{}", if size.rounded { "~" } else { "" }, size.bytes)
        });
        assert_eq!(format!("{time} {size}"), expected, "{text:?}");
    }
}

/// A page of any length in one piece, and names as long as it.
#[test]
fn long_and_hostile_pages() {
    let title = "<title>Index of /</title>";
    let long = format!("{title}<a href=\"{}\">x</a>", "x".repeat(10 << 20));
    let found = html(&long).unwrap();
    assert!(found.entries.is_empty());
    assert_eq!(found.unrecognised.len(), 1);
    assert!(found.unrecognised[0].len() <= 4096);
    let behind = format!("{title}<a href=x>x</a>{}", " 9".repeat(1 << 20));
    assert_eq!(names(&html(&behind).unwrap()), ["x"]);
    // Many attributes, and tags that never end.
    let attributes = format!("{title}<a {} href=x href=y>x</a>", "a=b ".repeat(1 << 16));
    html(&attributes).unwrap();
    for open in [
        "<a href=\"",
        "<!--",
        "<script>",
        "<a <a <a ",
        "&",
        "<![CDATA[",
    ] {
        let page = format!("{title}{}", open.repeat(10_000));
        html(&page).unwrap();
    }
    let many = format!(
        "[{}{{}}]",
        "{\"name\":\"x\",\"type\":\"file\"},".repeat(ENTRIES_MAX + 1)
    );
    let found = read(many.as_bytes(), Form::Json, &at("http://h/"));
    assert_eq!(found, Err(NoIndex::Long));
    let deep = "[".repeat(1 << 20);
    assert_eq!(
        read(deep.as_bytes(), Form::Json, &at("http://h/")),
        Err(NoIndex::Items)
    );
}

/// nginx writes names as they are, whatever the encoding.
#[test]
fn names_need_not_be_utf8_in_json() {
    let page = b"[{\"name\":\"caf\xe9\",\"type\":\"file\"},{\"name\":\"../up\",\"type\":\"file\"},{\"name\":\"s\",\"type\":\"other\"}]";
    let found = read(page, Form::Json, &at("http://h/")).unwrap();
    assert_eq!(found.entries[0].name, b"caf\xe9");
    assert_eq!(found.unrecognised, [b"../up"]);
    assert_eq!(found.entries[1].kind, Kind::Other);
}
