//! `fetch -r`: `--newer`, `--delete`, names that cannot be files here, and listings tried again.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::kit::{self, Program, Ran, contents, noise, put};
use crate::support::peers::ftp_servers::{FtpServer, Product};
use crate::support::peers::index_pages::{IndexServer, Pages};
use crate::support::scripted::{Scripted, Step};

fn program() -> Program {
    Program::with_settings("retry = { pause = \"10ms\" }\n")
}

fn names(program: &Program) -> Vec<String> {
    contents(&program.file("here")).into_keys().collect()
}

/// By listings that are exact, that are not, and that have no time at all.
#[test]
fn newer_files_alone() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    // 2024-01-02T12:00:00Z, a second later, and years before.
    put(&data.join("at.csv"), b"1", 1_704_196_800);
    put(&data.join("sub/after.csv"), b"12", 1_704_196_801);
    put(&data.join("before.csv"), b"123", 1_600_000_000);
    let proftpd = FtpServer::start(Product::Proftpd, root.path());
    let vsftpd = FtpServer::start(Product::Vsftpd, root.path());
    let mut urls = vec![proftpd.url("/data/"), vsftpd.url("/data/")];
    let pages = [
        Pages::Nginx,
        Pages::NginxJson,
        Pages::ApacheFancy,
        Pages::Python,
    ];
    let servers = pages.map(|pages| IndexServer::start(pages, root.path()));
    urls.extend(servers.iter().map(|server| server.url("/data/")));
    let mark = root.path().join("mark");
    put(&mark, b"", 1_704_196_800);
    for url in &urls {
        for newer in ["2024-01-02T12:00:00Z", mark.to_str().unwrap()] {
            let program = program();
            let fetch = ["fetch", "-r", url, "--output-dir", "here", "--newer", newer];
            let ran = program.run(&fetch).expect(0);
            ran.says("1 brought in, 2 bytes; 0 unchanged, 0 left out, 0 failed, 2 not newer");
            assert_eq!(names(&program), ["sub/after.csv"], "{url}");
        }
        let program = program();
        let fetch = ["fetch", "-r", url, "--output-dir", "here", "--newer"];
        program
            .run(&[&fetch[..], &["1d"]].concat())
            .expect(0)
            .says("3 not newer");
        program
            .run(&[&fetch[..], &["2020-01-01"]].concat())
            .expect(0)
            .says("3 brought in");
        program
            .run(&[&fetch[..], &["soon"]].concat())
            .expect(2)
            .says("no time (2026-11-01");
    }
}

#[test]
fn what_is_only_here_is_deleted_when_asked_for() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    for name in [
        "a.csv",
        "sub/b.csv",
        "old/c.csv",
        "old/deep/d.csv",
        "old/keep.txt",
        "e.csv",
    ] {
        put(&data.join(name), b"1", 1_600_000_000);
    }
    let ftp = FtpServer::start(Product::Vsftpd, root.path());
    let http = IndexServer::start(Pages::ApacheTable, root.path());
    let programs = [ftp.url("/data/"), http.url("/data/")].map(|url| {
        let program = program();
        let fetch = ["fetch", "-r", &url, "--output-dir", "here"];
        program.run(&fetch).expect(0).says("6 brought in");
        let outside = program.file("outside");
        put(&outside.join("mine.csv"), b"1", 1);
        symlink(&outside, program.file("here/link")).unwrap();
        symlink("../outside/mine.csv", program.file("here/sub/link.csv")).unwrap();
        put(&program.file("here/gone.csv.part"), b"1", 1);
        put(&program.file("here/gone.csv.part.meta"), b"1", 1);
        put(&program.file("here/sub/b.csv.part.meta"), b"1", 1);
        put(&program.file("here/sub/note.txt"), b"1", 1);
        (program, url)
    });
    fs::remove_file(data.join("e.csv")).unwrap();
    fs::remove_dir_all(data.join("old")).unwrap();
    for (program, url) in programs {
        let fetch = ["fetch", "-r", &url, "--output-dir", "here"];
        let before = contents(&program.file("here"));
        program.run(&fetch).expect(0).says("0 failed\n");
        let delete = [&fetch[..], &["--delete"]].concat();
        let chosen = [&delete[..], &["--exclude", "*.txt"]].concat();
        let dry = program
            .run(&[&chosen[..], &["--dry-run"]].concat())
            .expect(0);
        dry.says("old/deep/d.csv  to delete")
            .says("old/deep/  to delete")
            .says(", 6 to delete");
        assert_eq!(contents(&program.file("here")), before);
        let ran = program.run(&[&chosen[..], &["--json"]].concat()).expect(0);
        let mut gone: Vec<_> = ran
            .json_lines()
            .iter()
            .filter(|object| object["outcome"] == "deleted")
            .map(|object| object["path"].as_str().unwrap().to_owned())
            .collect();
        gone.sort();
        let expected = [
            "e.csv",
            "gone.csv.part",
            "gone.csv.part.meta",
            "old/c.csv",
            "old/deep/",
            "old/deep/d.csv",
        ];
        assert_eq!(gone, expected);
        ran.says(", 6 deleted");
        let kept = [
            "a.csv",
            "old/keep.txt",
            "sub/b.csv",
            "sub/b.csv.part.meta",
            "sub/note.txt",
        ];
        assert_eq!(names(&program), kept);
        program
            .run(&[&delete[..], &["--include", "*.md"]].concat())
            .expect(0)
            .says(", 0 deleted");
        program
            .run(&delete)
            .expect(0)
            .says("old/  deleted")
            .says(", 3 deleted");
        assert_eq!(
            names(&program),
            ["a.csv", "sub/b.csv", "sub/b.csv.part.meta"]
        );
        assert!(program.file("outside/mine.csv").exists());
        assert!(
            program.file("here/link").is_symlink()
                && program.file("here/sub/link.csv").is_symlink()
        );
    }
}

/// Nobody knows what is there when a listing failed, or a line of it was not understood.
#[test]
fn nothing_is_deleted_in_doubt() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n";
    let title = "<title>Index of /</title>";
    let page = |links: &str| {
        let answer = format!("{head}{title}{links}");
        vec![Step::head(), Step::write(answer.as_bytes()), Step::Close]
    };
    let broken = vec![
        Step::head(),
        Step::write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
    ];
    let cases = [
        (
            vec![page("")],
            9,
            "nothing is deleted: the folder is empty there",
        ),
        (
            vec![page("<a href=\"a%2Fb\">x</a>")],
            9,
            "lines of a listing were not understood",
        ),
        (
            vec![page("<a href=\"sub/\">x</a>"), broken.clone()],
            9,
            "nothing is deleted: something failed",
        ),
        (vec![broken], 9, "nothing is deleted: something failed"),
    ];
    for (scripts, code, says) in cases {
        let web = Scripted::sequence(scripts);
        let program = program();
        put(&program.file("here/mine.csv"), b"1", 1);
        let url = format!("{}/", web.url());
        let fetch = ["fetch", "-r", &url, "--output-dir", "here", "--delete"];
        program
            .run(&fetch)
            .expect(code)
            .says(says)
            .says("0 deleted");
        assert_eq!(names(&program), ["mine.csv"], "{says}");
    }
    program()
        .run(&["fetch", "http://127.0.0.1/x", "--delete"])
        .expect(2)
        .says("--recursive");
}

/// Names that no file can have here, or that would be paths elsewhere.
#[test]
fn names_are_made_safe_and_stay_apart() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let long = "x".repeat(250) + ".csv";
    for (name, bytes) in [
        ("a\\b", "1"),
        ("a%5Cb", "2"),
        ("evil\\..\\up/c:\\d.csv", "3"),
        ("x.part", "4"),
        ("x.part.meta", "5"),
        ("aux.csv", "7"),
        ("t\tab.csv", "6"),
        (&long, "8"),
        ("100%.csv", "9"),
    ] {
        put(&data.join(name), bytes.as_bytes(), 1_600_000_000);
    }
    let ftp = FtpServer::start(Product::Pyftpdlib, root.path());
    let http = IndexServer::start(Pages::Nginx, root.path());
    for (url, count) in [(ftp.url("/data/"), 9), (http.url("/data/"), 10)] {
        let program = program();
        let fetch = ["fetch", "-r", &url, "--output-dir", "here"];
        let ran = program.run(&fetch).expect(0);
        let ran = ran
            .says("a\\b  1 bytes, as a%5Cb")
            .says("evil\\..\\up/  as evil%5C..%5Cup/")
            .says("a%5Cb  1 bytes, as a%255Cb");
        assert!(!ran.err.contains('\x1b'), "{}", ran.err);
        let here = contents(&program.file("here"));
        let read = |name: &str| String::from_utf8(here[name].0.clone()).unwrap();
        for (name, bytes) in [
            ("a%5Cb", "1"),
            ("a%255Cb", "2"),
            ("evil%5C..%5Cup/c%3A%5Cd.csv", "3"),
            ("x%2Epart", "4"),
            ("x%2Epart.meta", "5"),
            ("aux.csv", "7"),
            ("t%09ab.csv", "6"),
            ("100%.csv", "9"),
        ] {
            assert_eq!(read(name), bytes, "{name}");
        }
        let cut = here.keys().find(|name| name.contains("%~")).unwrap();
        assert_eq!(read(cut), "8");
        assert_eq!(here.len(), count);
        assert_eq!(here.contains_key("esc%1B[2J"), count == 10);
        // Again, and with --delete: they are the same files.
        let again = program
            .run(&[&fetch[..], &["--delete", "--json"]].concat())
            .expect(0);
        again
            .says(&format!("0 brought in, 0 bytes; {count} unchanged"))
            .says("0 deleted");
        let dry = program.run(&[&fetch[..], &["--force", "--dry-run", "--json"]].concat());
        let all = dry.json_lines();
        let of = |path: &str| all.iter().find(|object| object["path"] == path).unwrap();
        assert_eq!(of("a\\b")["written_as"], "a%5Cb");
        assert_eq!(of("100%.csv")["written_as"], Value::Null);
        // FTP cannot ask for it.
        put(&data.join("esc\x1b[2J"), b"6", 1_600_000_000);
    }
}

/// A listing that fails and may do better is tried again, and told.
#[test]
fn listings_are_tried_again() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n";
    let page = format!("{head}<title>Index of /</title><a href=\"a.csv\">a</a>");
    let busy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let file = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n1";
    let answer = |with: &str| vec![Step::head(), Step::write(with), Step::Close];
    let scripts = vec![answer(busy), answer(&page), answer(busy), answer(file)];
    let web = Scripted::sequence(scripts);
    let url = format!("{}/", web.url());
    let program = program();
    let ran = program
        .run(&["fetch", "-r", &url, "--output-dir", "here"])
        .expect(0);
    ran.says("try 2 in").says("1 brought in, 1 bytes");
    assert_eq!(names(&program), ["a.csv"]);
    let web = Scripted::sequence(vec![answer(busy), answer(&page)]);
    let ran = program.run(&["list", &format!("{}/", web.url())]).expect(0);
    assert!(ran.says("try 2 in").out.contains("a.csv"));
    let web = Scripted::each(answer(busy));
    let url = format!("{}/", web.url());
    let fetch = ["fetch", "-r", &url, "--output-dir", "here", "--retry", "2"];
    program.run(&fetch).expect(9).says("tried 2 times");
    assert_eq!(web.connections(), 2);
}

/// The end names what failed, for machines too, and the code is that of the first failure.
#[test]
fn failures_are_listed_for_machines_too() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n";
    let page = format!("{head}<title>Index of /</title><a href=\"a b.csv\">a</a>");
    let gone = "HTTP/1.1 404 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let answer = |with: &str| vec![Step::head(), Step::write(with), Step::Close];
    let web = Scripted::sequence(vec![answer(&page), answer(gone)]);
    let url = format!("{}/", web.url());
    let program = program();
    let ran = program
        .run(&["fetch", "-r", &url, "--output-dir", "here", "--json"])
        .expect(9);
    let all = ran.json_lines();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["path"], "a b.csv");
    assert_eq!(all[0]["error"]["status"], 404, "{all:?}");
    ran.says("outbound: failed: a b.csv")
        .says("0 left out, 1 failed");
}

/// Where a person watches, a line tells how far it is; nobody else gets it.
#[test]
fn a_line_at_a_terminal_says_how_far_it_is() {
    let root = tempfile::tempdir().unwrap();
    put(&root.path().join("data/a.csv"), &noise(3000), 1_600_000_000);
    put(&root.path().join("data/b.csv"), &noise(2000), 1_600_000_000);
    let server = IndexServer::start(Pages::NginxJson, root.path());
    let program = program();
    let url = server.url("/data/");
    let fetch = ["fetch", "-r", &url, "--output-dir", "here"];
    let child = program.command(&fetch);
    let mut terminal = kit::python_for(&program);
    terminal
        .env("TERM", "xterm")
        .args([
            "-c",
            "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)",
        ])
        .arg(child.get_program())
        .args(child.get_args());
    let ran = Ran::of(terminal.output().unwrap()).expect(0);
    let shown = ran.out;
    assert!(shown.contains("of 2 files known so far"), "{shown}");
    assert!(
        shown.contains("outbound: 2 brought in, 5000 bytes"),
        "{shown}"
    );
    let again = program.run(&[&fetch[..], &["--force"]].concat()).expect(0);
    assert!(!again.err.contains("known so far"), "{}", again.err);
}

/// Two that would be one here: the second is a failure, and the first is not touched by it.
#[test]
fn two_names_never_go_to_one_file() {
    let page = "[{\"name\":\"x\",\"type\":\"file\"},{\"name\":\"x\",\"type\":\"directory\"},\
        {\"name\":\"x\",\"type\":\"file\"}]";
    let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type:";
    let page = format!("{head} application/json\r\n\r\n{page}");
    let file = format!("{head} text/csv\r\nContent-Length: 1\r\n\r\n1");
    let answer = |with: &str| vec![Step::head(), Step::write(with), Step::Close];
    let inner = format!("{head} application/json\r\n\r\n[{{\"name\":\"y\",\"type\":\"file\"}}]");
    let web = Scripted::sequence(vec![answer(&page), answer(&file), answer(&inner)]);
    let url = format!("{}/", web.url());
    let program = program();
    let ran = program.run(&["fetch", "-r", &url, "--output-dir", "here"]);
    ran.expect(13)
        .says("write x: `x` beside it has the same name here")
        .says("1 brought in, 1 bytes; 0 unchanged, 0 left out, 1 failed");
    assert_eq!(names(&program), ["x"]);
}
