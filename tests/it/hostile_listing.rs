//! What a hostile server may say of a folder: names that lead out of it, terminal escapes, lines
//! and listings without an end. Nothing of it does harm.

use std::fs;
use std::io::Write as _;
use std::net::{Shutdown, TcpListener};
use std::thread;

use crate::kit::Program;
use crate::support::scripted::{Scripted, Step};

/// A server that knows one way to list, and gives every data channel the same.
struct Hostile {
    control: Scripted,
}

impl Hostile {
    /// `begin`, and then `more` without an end, unless that is empty.
    fn start(verb: &'static str, begin: Vec<u8>, more: &'static [u8]) -> Self {
        let data = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = data.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in data.incoming() {
                let Ok(mut stream) = stream else { return };
                let many = more.repeat(64 * 1024 / more.len().max(1));
                let mut sent = stream.write_all(&begin);
                while sent.is_ok() && !more.is_empty() {
                    sent = stream.write_all(&many);
                }
                let _ = stream.shutdown(Shutdown::Write);
            }
        });
        let epsv = format!("229 here (|||{port}|)").leak();
        let replies = vec![
            ("USER", "230 in"),
            ("TYPE", "200 yes"),
            ("CWD", "250 there"),
            ("EPSV", &*epsv),
            (verb, "150 now\r\n226 all"),
            ("RETR", "150 now\r\n226 all"),
        ];
        let answer = Step::Answer(Vec::leak(replies));
        Self {
            control: Scripted::each(vec![Step::write("220 hello\r\n"), answer]),
        }
    }

    fn url(&self) -> String {
        format!("ftp://{}/pub/", self.control.address())
    }
}

fn program() -> Program {
    Program::with_settings("[policy]\ndirect = \"allow\"\n")
}

/// Names that are paths, or more than a name.
const NAMES: [&[u8]; 11] = [
    b"../up.csv",
    b"..",
    b"/tmp/outbound-was-here",
    b"a/../../up.csv",
    b"..\\up.csv",
    b"C:up.csv",
    b"nul\0.csv",
    b"red\x1b[31m\x1b]0;title\x07.csv",
    b"c1\xc2\x9b31m.csv",
    b"back\rspace\x08.csv",
    b"good.csv",
];

#[test]
fn names_stay_in_their_folder() {
    let file: fn(&[u8]) -> Vec<u8> = |name| [b"type=file; ", name, b"\r\n"].concat();
    let folder: fn(&[u8]) -> Vec<u8> = |name| [b"type=dir; ", name, b"\r\n"].concat();
    let unix: fn(&[u8]) -> Vec<u8> =
        |name| [b"-rw-r--r-- 1 a a 3 Jan 02 2020 ", name, b"\r\n"].concat();
    let dos: fn(&[u8]) -> Vec<u8> = |name| [b"01-02-20  11:14AM  3 ", name, b"\r\n"].concat();
    let alone: fn(&[u8]) -> Vec<u8> = |name| [name, b"\r\n"].concat();
    for (verb, line) in [
        ("MLSD", file),
        ("MLSD", folder),
        ("LIST", unix),
        ("LIST", dos),
        ("NLST", alone),
    ] {
        let is_folder = line(b"x").starts_with(b"type=dir");
        let listing = NAMES.map(line).concat();
        let server = Hostile::start(verb, listing, b"");
        let program = program();
        let url = server.url();
        for arguments in [
            &["list", &url][..],
            &["list", "--json", &url],
            &["list", "-v", &url],
            // No folder says that it has itself in it for ever.
            &["fetch", "-r", &url, "--output-dir", "out/here"],
        ] {
            if is_folder && arguments[0] == "fetch" {
                continue;
            }
            let ran = program.run(arguments);
            let all = format!("{}{}", ran.out, ran.err);
            let shown = |c: char| c == '\n' || !c.is_control();
            assert!(all.chars().all(shown), "{verb} {arguments:?}: {all:?}");
            assert!(all.contains("good.csv"), "{all}");
            // Names alone may be what was asked for.
            if verb == "NLST" && arguments[0] == "fetch" {
                let says = "the server does not say whether it is a file";
                assert!(ran.code == Some(4) && all.contains(says), "{all}");
            }
        }
        assert!(!fs::exists("/tmp/outbound-was-here").unwrap());
        assert!(
            program.files().iter().all(|name| !name.contains("up.csv")),
            "{:?}",
            program.files()
        );
        let came = program.file("out/here/good.csv").exists();
        assert_eq!(came, verb != "NLST" && !is_folder, "{verb}");
        let out = fs::read_dir(program.file("out")).map(|found| found.count());
        assert!(out.unwrap_or(1) == 1, "beside the folder");
    }
}

/// A line of 10 MiB is not understood, and what stands beside it is.
#[test]
fn a_very_long_line_is_one_line() {
    for (verb, before) in [("MLSD", &b"type=file; "[..]), ("LIST", b"-rw-r--r-- ")] {
        let long = b"x".repeat(10 << 20);
        let good = match verb {
            "MLSD" => &b"\r\ntype=file; good.csv\r\n"[..],
            _ => b"\r\n-rw-r--r-- 1 a a 3 Jan 02 2020 good.csv\r\n",
        };
        let server = Hostile::start(verb, [before, &long, good].concat(), b"");
        let program = program();
        let ran = program.run(&["list", &server.url()]).expect(0);
        assert!(ran.out.contains("good.csv") && ran.out.len() < 1000);
        let ran = program.run(&["list", "-v", &server.url()]).expect(0);
        assert!(ran.err.len() < 100_000, "{} bytes", ran.err.len());
    }
}

#[test]
fn a_listing_without_an_end_is_given_up() {
    const LONG: usize = 4096;
    let entry: &[u8] = [b"type=file; ", &b"x".repeat(LONG)[..], b"\r\n"]
        .concat()
        .leak();
    let noise: &[u8] = [&b"what? ".repeat(LONG / 6)[..], b"\r\n"].concat().leak();
    for (verb, more, says) in [
        ("MLSD", entry, "the listing is longer than"),
        ("MLSD", noise, "more than 8 MiB are not understood"),
        ("MLSD", &b"x"[..], "the listing is longer than"),
        ("LIST", noise, "more than 8 MiB are not understood"),
    ] {
        let server = Hostile::start(verb, Vec::new(), more);
        let ran = program().run(&["list", &server.url()]);
        assert!(ran.code != Some(0), "{verb} {}", more.escape_ascii());
        ran.says(says);
    }
}
