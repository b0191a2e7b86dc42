//! `list`, `list -r` and `fetch -r` of folders that an HTTP server shows as index pages.

use std::fs;
use std::path::Path;

use crate::kit::{Program, contents, noise, put};
use crate::support::peers;
use crate::support::peers::index_pages::{IndexServer, Pages};
use crate::support::scripted::{Scripted, Step};

fn program() -> Program {
    let address = peers::squid().address();
    Program::with_settings(&format!("[proxy]\nurl = \"http://{address}\"\n"))
}

/// Names that a URL cannot have as they are, or that mean something in one.
const NAMES: [&str; 6] = [
    "b c&d=e+f;g.csv",
    "100%#1?.csv",
    "%2f..%2fx",
    "caf\u{e9} \u{2014} \u{65e5}.csv",
    "it's \"quoted\" <b>.csv",
    "?C=N;O=D",
];

fn tree(data: &Path) {
    put(&data.join("a.csv"), b"12345", 1_577_934_245);
    for (number, name) in NAMES.iter().enumerate() {
        let time = 1_600_000_001 + number as u64;
        put(&data.join(name), &noise(number * 1000 + 500), time);
    }
    let deep = data.join("sub & folder/100%#?/caf\u{e9}");
    put(&deep.join("deep.bin"), &noise(70_000), 1_600_000_100);
    put(&deep.join("empty"), b"", 1_600_000_200);
}

#[test]
fn a_tree_comes_whole_and_then_only_what_changed() {
    for pages in Pages::ALL {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        tree(&data);
        fs::create_dir(data.join("nothing in it")).unwrap();
        let server = IndexServer::start(pages, root.path());
        let program = program();
        let url = server.url("/data/");
        let fetch = ["fetch", "-r", &url, "--output-dir", "here"];
        let dry = program
            .run(&[&fetch[..], &["--dry-run"]].concat())
            .expect(0);
        dry.says("9 to bring in")
            .says("0 unchanged, 0 left out, 0 failed");
        assert!(!program.file("here").exists(), "{pages:?}");
        program
            .run(&fetch)
            .expect(0)
            .says("9 brought in, 88005 bytes");
        let here = program.file("here");
        assert!(contents(&here) == contents(&data), "{pages:?}");
        assert!(here.join("nothing in it").is_dir());
        // Apache leaves the length of an empty file out of its answer to HEAD.
        let empty = match pages {
            Pages::ApachePlain | Pages::ApacheFancy | Pages::ApacheTable => 1,
            _ => 0,
        };
        let before = server.log().lines().count();
        program.run(&fetch).expect(0).says(&format!(
            "{empty} brought in, 0 bytes; {} unchanged",
            9 - empty
        ));
        let log = server.log();
        let again: Vec<&str> = log.lines().skip(before).collect();
        let of = |method: &str| again.iter().filter(|line| line.starts_with(method)).count();
        match pages {
            Pages::Python => {}
            // Exact pages prove the files. Squid may ask for a page anew with HEAD or GET alike.
            Pages::NginxJson => assert_eq!(of("HEAD"), 0, "{again:?}"),
            _ => assert!(
                of("HEAD") <= 9 && of("GET") <= 5 + empty,
                "{pages:?} {again:?}"
            ),
        }
        put(&data.join("a.csv"), b"54321", 1_577_934_247);
        put(&data.join("b c&d=e+f;g.csv"), b"1", 1_600_000_001);
        program.run(&fetch).expect(0).says(&format!(
            "{} brought in, 6 bytes; {} unchanged",
            2 + empty,
            7 - empty
        ));
        assert!(contents(&here) == contents(&data), "{pages:?}");
    }
}

#[test]
fn lists_say_what_the_pages_say() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    tree(&data);
    put(&data.join("big.bin"), &noise(3_000_000), 1_577_934_245);
    for pages in Pages::ALL {
        let server = IndexServer::start(pages, root.path());
        // Without the slash: the server says that it is a folder.
        let url = server.url("/data");
        let ran = program().run(&["list", &url]).expect(0);
        let row = |name: &str| {
            let line = ran.out.lines().find(|line| line.ends_with(name)).unwrap();
            line.split_whitespace().collect::<Vec<_>>()
        };
        let (size, time) = match pages {
            Pages::Nginx => ("3000000", "2020-01-02T03:04"),
            Pages::NginxJson => ("3000000", "2020-01-02T03:04:05Z"),
            Pages::NginxRounded => ("~3145728", "2020-01-02T03:04"),
            Pages::ApacheFancy | Pages::ApacheTable => ("~3040870", "2020-01-02T03:04"),
            Pages::ApachePlain | Pages::Python => ("-", "-"),
        };
        assert_eq!(row("big.bin"), ["file", size, time, "big.bin"], "{pages:?}");
        assert_eq!(row("sub & folder/")[0], "folder", "{pages:?}");
        let ran = program().run(&["list", "-r", &url, "--json"]).expect(0);
        let deep = ran
            .out
            .lines()
            .find(|line| line.contains("deep.bin"))
            .unwrap();
        let deep: serde_json::Value = serde_json::from_str(deep).unwrap();
        assert_eq!(deep["folder"], "sub%20%26%20folder/100%25%23%3F/caf%C3%A9");
        assert_eq!(
            deep["exact"] == "second",
            pages == Pages::NginxJson,
            "{pages:?}"
        );
    }
}

/// The server follows links, and its pages do not show them.
#[test]
fn a_link_to_a_folder_above_is_not_gone_round_in() {
    for pages in [Pages::Nginx, Pages::Python] {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        put(&data.join("sub/a.csv"), b"1", 1_600_000_000);
        put(&data.join("b.csv"), b"1", 1_600_000_000);
        std::os::unix::fs::symlink("..", data.join("sub/up")).unwrap();
        let server = IndexServer::start(pages, root.path());
        let program = program();
        let url = server.url("/data/");
        let fetch = ["fetch", "-r", &url, "--output-dir", "here", "--delete"];
        let ran = program.run(&fetch).expect(9);
        ran.says("sub/up/sub/up/sub/  left out: it leads back to a folder on the way")
            .says("5 brought in")
            .says("nothing is deleted: a folder was left out");
        let ran = program.run(&["list", "-r", &url]).expect(0);
        ran.says("sub/up/sub/up/sub/ is not gone into");
    }
}

/// A page that is no index is never an empty folder.
#[test]
fn what_is_no_index_page() {
    let root = tempfile::tempdir().unwrap();
    put(
        &root.path().join("site/index.html"),
        b"<h1>Welcome</h1><a href=\"x\">x</a>",
        1,
    );
    put(&root.path().join("data/a.csv"), b"1", 1);
    let server = IndexServer::start(Pages::Nginx, root.path());
    let program = program();
    for (path, says) in [
        (
            "/site/",
            "not an index page of nginx or Apache: it has no title such as",
        ),
        ("/data/a.csv", "it is neither HTML nor JSON"),
        ("/site/index.html", "does not end in `/`"),
    ] {
        let url = server.url(path);
        for command in [
            &["list", &url][..],
            &["fetch", "-r", &url, "--output-dir", "here"],
        ] {
            let ran = program.run(command).expect(4);
            ran.says(says).says("hint: ").says("list http://127.0.0.1");
        }
    }
    let missing = server.url("/missing/");
    program.run(&["list", &missing]).expect(9).says("404");
    assert!(!program.file("here").exists());
}

/// A server that says what it likes: endless pages, and links to everywhere.
#[test]
fn hostile_pages() {
    let title = "<title>Index of /</title>";
    let links = [
        "../up.csv",
        "/etc/passwd",
        "http://evil.example/x",
        "//evil.example/x",
        "javascript:alert(1)",
        "..%2F..%2Fup",
        "a%00b",
        "%1b]0;title%07",
        "good.csv",
    ];
    let links: String = links
        .iter()
        .map(|to| format!("<a href=\"{to}\">x</a>\n"))
        .collect();
    let page = format!("{title}{links}");
    let answer = |page: &str| {
        let length = page.len();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
        Step::write(format!("{head}Content-Length: {length}\r\n\r\n{page}").as_bytes())
    };
    let web = Scripted::each(vec![Step::head(), answer(&page), Step::Close]);
    let program = Program::with_settings("");
    let url = format!("{}/pub/", web.url());
    let ran = program.run(&["list", &url]).expect(0);
    let ran = ran.says("lines of the listing that were not understood: 2");
    assert!(
        !ran.out.contains('\x1b') && !ran.err.contains('\x1b'),
        "{ran:?}"
    );
    let names: Vec<&str> = ran.out.lines().map(|line| &line[43..]).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(names[1], "good.csv");
    // Without an end: only so much of it is read.
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n";
    let more = "<a href=x>".repeat(1 << 20);
    let mut steps = vec![Step::head(), Step::write(head.as_bytes())];
    steps.extend((0..8).map(|_| Step::write(more.as_bytes())));
    steps.push(Step::Close);
    let web = Scripted::each(steps);
    program
        .run(&["list", &format!("{}/", web.url())])
        .says("longer than 64 MiB");
}
