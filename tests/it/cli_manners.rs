//! What the program says, to people and to machines.

use std::fs;

use crate::kit::{Program, Ran, Running, noise};
use crate::resume::{QUICK, answer};
use crate::support::program::Home;
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::Closed;

/// A server that gives this file to whoever asks.
fn serving(body: &[u8]) -> Scripted {
    let fields = format!("Content-Length: {}\r\n", body.len());
    let whole = answer("200 OK", &fields, body);
    Scripted::each(vec![Step::head(), Step::write(whole), Step::Close])
}

#[test]
fn json_says_what_was_asked_and_which_url_that_is() {
    let server = serving(b"abc");
    let settings = format!("[connections.near]\nurl = \"{}/pub/\"\n", server.url());
    let program = Program::with_settings(&settings);
    let url = format!("{}/pub/x.csv", server.url());
    let typed = url.replace("http://", "http://bob:hunter2@");
    let closed = Closed::new();
    let gone = format!("http://{}/x", closed.address());
    for command in ["route", "stat", "check", "fetch"] {
        for (asked, shown, resolved) in [
            ("near:x.csv", "near:x.csv", Some(url.as_str())),
            (&typed, &url, Some(&url)),
            (&gone, &gone, Some(&gone)),
            ("nera:x.csv", "nera:x.csv", None),
        ] {
            let mut arguments = vec![command, "--json", asked];
            if command == "fetch" {
                arguments.extend(["--force", "--retry", "1"]);
            }
            let ran = program.run(&arguments);
            assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
            let told = ran.json();
            assert_eq!(told["asked"], shown, "{command}: {told}");
            assert_eq!(told["url"].as_str(), resolved, "{command}: {told}");
        }
    }
}

#[test]
fn one_of_several_that_failed_is_named() {
    let closed = Closed::new();
    let gone = format!("http://{}", closed.address());
    let program = Program::with_settings(&format!("[proxy]\nurl = \"{gone}\"\n{QUICK}"));
    let (one, other) = ("http://a.example/x", "http://b.example/y");
    for command in ["stat", "fetch"] {
        let ran = program.run(&[command, one, other]);
        for url in [one, other] {
            let line = format!("outbound: {url}: ");
            assert!(ran.err.lines().any(|l| l.starts_with(&line)), "{ran:?}");
        }
        let ran = program.run(&[command, one]);
        assert!(!ran.err.contains("outbound: http://a"), "{ran:?}");
    }
    // Retries too.
    let ran = program.run(&["fetch", one, other]);
    assert!(ran.err.contains("; try 2 in"), "{ran:?}");
    let tries = ran.err.lines().filter(|line| line.contains("; try "));
    assert!(
        tries.clone().all(|l| l.starts_with("outbound: http://")),
        "{ran:?}"
    );
    // What cannot be planned.
    let ran = program.run(&["fetch", one, "nera:x"]).expect(2);
    ran.says("outbound: nera:x: ");
}

#[test]
fn a_retry_is_said_once() {
    let closed = Closed::new();
    let gone = format!("http://{}/x", closed.address());
    let program = Program::with_settings(QUICK);
    for flags in [&[][..], &["-v"], &["-vv"]] {
        let ran = program.run(&[&["fetch", &gone, "--retry", "2"], flags].concat());
        let said =
            ran.err.matches("try 2 in").count() + ran.err.matches("trying again error=").count();
        assert_eq!(said, 1, "{ran:?}");
    }
}

#[test]
fn a_password_in_a_url_draws_a_warning() {
    let program = Program::new();
    let closed = Closed::new();
    let url = format!("http://bob:hunter2@{}/x", closed.address());
    let words = "/x: a password in the arguments can be seen by other users";
    for command in ["route", "stat", "check", "fetch"] {
        let ran = program.run(&[command, &url]).says(words);
        assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
        let ran = program.run(&[command, &url.replace(":hunter2", "")]);
        assert!(!ran.err.contains("a password"), "{ran:?}");
    }
}

/// It may be a token, and what is shown ends in logs and tickets.
#[test]
fn the_query_of_a_url_is_not_shown() {
    let server = serving(b"abc");
    let good = format!("{}/x?sig=hunter2", server.url());
    let closed = Closed::new();
    let gone = format!("http://{}/x?sig=hunter2", closed.address());
    let with_password = gone.replace("://", "://bob:pass@");
    let program = Program::with_settings(QUICK);
    for command in ["route", "stat", "check", "fetch", "list"] {
        for urls in [
            &[&good][..],
            &[&gone, &good],
            &[&good, &gone],
            &[&with_password],
        ] {
            let urls = urls.iter().map(|url| url.as_str());
            let arguments: Vec<&str> = [command, "-v"].into_iter().chain(urls).collect();
            let ran = program.run(&arguments);
            let all = format!("{}{}", ran.out, ran.err);
            assert!(!all.is_empty(), "{arguments:?}");
            assert!(!all.contains("hunter2"), "{arguments:?}: {all}");
        }
    }
    let ran = program.run(&["route", &gone]).expect(0);
    assert!(ran.out.contains("/x?…  direct"), "{}", ran.out);
    let ran = program.run(&["stat", &with_password]);
    ran.says("/x?…: a password in the arguments can be seen");
}

#[test]
fn lost_output_is_no_success() {
    let server = serving(b"abc");
    let program = Program::new();
    let url = format!("{}/x", server.url());
    let closed = Closed::new();
    let gone = format!("http://{}/x", closed.address());
    for (arguments, code) in [
        (&["route", &url][..], 13),
        (&["stat", "--json", &url], 13),
        (&["check", &url], 13),
        (&["config", "show"], 13),
        (&["env"], 13),
        (&["stat", "--json", &gone], 5),
    ] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = program.command(arguments);
        let ran = Ran::of(command.stdout(full).output().unwrap()).expect(code);
        ran.says("outbound: write to standard output: ");
    }
    // A reader that has enough is none of that.
    let mut command = program.command(&["config", "show"]);
    let mut child = Running::start(&mut command);
    drop(child.stdout.take());
    let ran = child.end().expect(0);
    assert!(!ran.err.contains("write to"), "{ran:?}");
}

#[test]
fn the_log_variable_is_the_flag() {
    let there = serving(b"abc");
    let location = format!("Location: {}/x\r\nContent-Length: 0\r\n", there.url());
    let moved = answer("302 Found", &location, b"");
    let server = Scripted::each(vec![Step::head(), Step::write(moved), Step::Close]);
    let url = format!("{}/x", server.url());
    let home = Home::new();
    let flag = home.run(&["stat", "-vv", &url], &[]);
    let variable = home.run(&["stat", &url], &[("OUTBOUND_LOG", "debug")]);
    assert!(flag.err.contains("DEBUG"), "{flag:?}");
    let lines = |text: &str| text.lines().count();
    assert_eq!(lines(&flag.err), lines(&variable.err), "{variable:?}");
    let wrong = home.run(&["stat", &url], &[("OUTBOUND_LOG", "outbound=lod")]);
    assert_eq!(wrong.code, Some(0));
    let warning = "outbound: warning: variable OUTBOUND_LOG: `outbound=lod` is no filter";
    assert!(wrong.err.contains(warning), "{wrong:?}");
    let checked = home.run(&["config", "check"], &[("OUTBOUND_LOG", "outbound=lod")]);
    assert!(checked.out.contains("variable OUTBOUND_LOG"), "{checked:?}");
}

#[test]
fn a_quiet_check_prints_failures_alone() {
    let server = serving(b"abc");
    let program = Program::new();
    let good = format!("{}/x", server.url());
    let closed = Closed::new();
    let gone = format!("http://{}/x", closed.address());
    let ran = program.run(&["check", "-q", &good, &gone]).expect(5);
    assert!(ran.out.starts_with(&gone), "{ran:?}");
    let ran = program.run(&["check", "-q", &good]).expect(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
    let ran = program.run(&["stat", "-q", &good]).expect(0);
    assert!(ran.out.contains("3 bytes"), "{ran:?}");
}

#[test]
fn what_cannot_be_said_that_way_has_a_hint() {
    let program = Program::new();
    let url = "http://h.example/x";
    for (arguments, words) in [
        (
            &["fetch", url, "-H", "Range: bytes=0-9"][..],
            "`Range` is set by the program itself: the whole file is always asked for",
        ),
        (&["fetch", url, "-H", "Range"], "write `Name: value`"),
        (
            &["stat", url, "--user", "bob:hunter2"],
            "the password goes by --password-file FILE or --password-env VARIABLE",
        ),
        (
            &["fetch", url, "--checksum", "sha256:zz"],
            "sha256 wants 64 hexadecimal digits",
        ),
        (&["stat", "sftp://h/x"], "sftp is a protocol of SSH"),
        (
            &["fetch", url, "--json", "-o", "-"],
            "--json needs a file: it would stand among the bytes",
        ),
    ] {
        let ran = program.run(arguments).expect(2).says(words);
        let wrong_hint = words.contains("Range` is") && ran.err.contains("write `Name");
        assert!(!wrong_hint && !ran.err.contains("hunter2"), "{ran:?}");
    }
}

#[test]
fn a_part_is_said_to_be_kept_only_when_it_is_of_use() {
    let body = noise(5000);
    // Cut, by a server that proves nothing.
    let cut = answer("200 OK", "Content-Length: 5000\r\n", &body[..1000]);
    let server = Scripted::each(vec![Step::head(), Step::write(cut), Step::Close]);
    let program = Program::with_settings(QUICK);
    let url = format!("{}/x.bin", server.url());
    let ran = program.run(&["fetch", &url, "--retry", "1"]).expect(11);
    assert!(!ran.err.contains("kept"), "{ran:?}");
    // Cut, by one that does; it says so until a file of that name is there.
    let fields = "ETag: \"v1\"\r\nAccept-Ranges: bytes\r\nContent-Length: 5000\r\n";
    let cut = answer("200 OK", fields, &body[..1000]);
    let server = Scripted::each(vec![Step::head(), Step::write(cut), Step::Close]);
    let program = Program::with_settings(QUICK);
    let url = format!("{}/x.bin", server.url());
    let arguments = ["fetch", &url, "--retry", "1"];
    program.run(&arguments).expect(11).says("kept x.bin.part");
    fs::write(program.file("x.bin"), "mine").unwrap();
    let ran = program.run(&arguments).expect(13);
    assert!(!ran.err.contains("kept"), "{ran:?}");
    // The wrong checksum.
    let server = serving(&body);
    let program = Program::new();
    let url = format!("{}/x.bin", server.url());
    let sum = format!("md5:{}", "0".repeat(32));
    let ran = program.run(&["fetch", &url, "--checksum", &sum]).expect(12);
    assert!(!ran.err.contains("kept x.bin.part"), "{ran:?}");
}
