//! `--from-file` and `--limit-rate`, as a user gives them.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::kit::{Program, Ran, noise};
use crate::resume::answer;
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets;

fn serving(body: &[u8]) -> Scripted {
    let fields = format!("ETag: \"v1\"\r\nContent-Length: {}\r\n", body.len());
    let whole = answer("200 OK", &fields, body);
    Scripted::each(vec![Step::head(), Step::write(whole), Step::Close])
}

#[test]
fn urls_of_a_file_follow_the_arguments() {
    let server = serving(b"abc");
    let program = Program::with_settings(&format!(
        "[connections.near]\nurl = \"{}/pub/\"\n",
        server.url()
    ));
    let list = "# what we need\r\n\n near:b.csv\r\nnear:c.csv";
    fs::write(program.file("list.txt"), list).unwrap();
    let last = format!("{}/a.csv", server.url());
    let run = |command: &[&str]| {
        let arguments = [command, &[&last, "--from-file", "list.txt"]].concat();
        program.run(&arguments).expect(0)
    };
    let asked = run(&["route", "--json"]).json_lines();
    let asked: Vec<&str> = asked
        .iter()
        .map(|one| one["asked"].as_str().unwrap())
        .collect();
    assert_eq!(asked, [last.as_str(), "near:b.csv", "near:c.csv"]);
    for command in ["stat", "check"] {
        let ran = run(&[command]);
        assert!(ran.out.contains("c.csv"), "{ran:?}");
    }
    run(&["fetch"]);
    assert_eq!(program.files(), ["a.csv", "b.csv", "c.csv", "list.txt"]);

    let mut command = program.command(&["route", "--from-file", "-"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"near:x.csv\nnear\n")
        .unwrap();
    let ran = Ran::of(child.wait_with_output().unwrap()).expect(2);
    assert!(ran.out.contains("/pub/x.csv"), "{ran:?}");
    ran.says("outbound: standard input:2: near: ");
}

#[test]
fn what_is_wrong_with_a_list_is_said() {
    let program = Program::new();
    fs::write(program.file("empty"), "# none\n").unwrap();
    fs::write(program.file("bad"), "http://h/y\nnera:x\n").unwrap();
    for (file, says) in [
        ("empty", "empty: there is no URL in it"),
        (
            "missing",
            "read the list of URLs missing: there is no such file",
        ),
        (".", "it is a folder"),
        ("bad", "outbound: bad:2: nera:x: "),
    ] {
        for command in ["route", "stat", "check", "fetch"] {
            // The first line of `bad` is no server.
            if file == "bad" && ["stat", "check"].contains(&command) {
                continue;
            }
            program
                .run(&[command, "--from-file", file])
                .expect(2)
                .says(says);
        }
    }
    program.run(&["fetch"]).expect(2).says("<URL>");
    // Every line that is wrong, and that nothing was begun.
    fs::write(program.file("two"), "nera:x\nhttp://h/y\nfoo\n").unwrap();
    program
        .run(&["fetch", "--from-file", "two"])
        .expect(2)
        .says("outbound: two:1: nera:x: ")
        .says("outbound: two:3: foo: ")
        .says("nothing was fetched");
    // A password in a list is seen by nobody else.
    fs::write(program.file("secret"), "http://bob:hunter2@h/x\n").unwrap();
    let ran = program.run(&["route", "--from-file", "secret"]).expect(0);
    assert!(
        !format!("{ran:?}").contains("hunter2") && ran.err.is_empty(),
        "{ran:?}"
    );
}

/// Read before anything is asked of a network.
#[test]
fn a_password_that_cannot_be_read_is_named_with_its_flag() {
    let program = Program::new();
    for (flag, value, place) in [
        ("--password-env", "NOT_SET_HERE", "variable NOT_SET_HERE"),
        ("--password-file", "/no/where", "file /no/where"),
    ] {
        let named = format!("read the secret from {place}, named by flag {flag}");
        for command in ["fetch", "stat", "check"] {
            let url = "http://h.example/x";
            let ran = program.run(&[command, url, "--user", "ann", flag, value]);
            let said = format!("{}{}", ran.out, ran.err);
            assert_eq!(ran.code, Some(3), "{said}");
            assert!(said.contains(&named), "{command}: {said}");
        }
    }
}

#[test]
fn what_is_no_url_is_said_as_such() {
    let program = Program::new();
    for (typed, says) in [
        ("file:///etc/passwd", "the URL's scheme `file` is unknown"),
        ("http:///x", "the URL has no host"),
        ("[::1]", "`[::1]` is neither a URL nor NAME:PATH"),
        ("::1", "`::1` is neither a URL nor NAME:PATH"),
    ] {
        program.run(&["route", typed]).expect(2).says(says);
    }
    let ran = program.run(&["route", " http://h.example/x\n"]).expect(0);
    assert!(ran.out.starts_with("http://h.example/x  direct"), "{ran:?}");
}

#[test]
fn a_limit_holds_a_transfer_back_and_changes_no_byte() {
    let body = noise(300_000);
    let server = serving(&body);
    let program = Program::new();
    let url = format!("{}/x.bin", server.url());
    program
        .run(&["fetch", &url, "--limit-rate", "1G"])
        .expect(0);
    assert!(fs::read(program.file("x.bin")).unwrap() == body);
    // The server gives all at once; the whole would take most of an hour.
    let arguments = ["fetch", &url, "--limit-rate", "100", "-o", "slow.bin"];
    let mut child = program
        .command(&arguments)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let length = || {
        fs::metadata(program.file("slow.bin.part"))
            .ok()
            .map(|m| m.len())
    };
    let came = sockets::until(|| length().filter(|length| *length > 0));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(came.unwrap() < 100_000 && length().unwrap() < 100_000);
    let ran = program
        .run(&["fetch", &url, "--limit-rate", "5kB"])
        .expect(2);
    ran.says("the rate `5kB` has a unit that is none of k, M, G, T, P");
}
