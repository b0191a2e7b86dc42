//! `outbound fetch`, stopped, killed, run twice or out of room: what is left, and what is said.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::kit::{self, Program, Ran, Running, noise, sha256, signal};
use crate::resume::{QUICK, answer};
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets;

const TAG: &str = "ETag: \"v1\"\r\nAccept-Ranges: bytes\r\n";

/// A server that stalls after `at` bytes of the body, and serves the rest to who asks for it.
fn stalling(body: &[u8], at: usize) -> Scripted {
    let length = body.len();
    let first = answer(
        "200 OK",
        &format!("{TAG}Content-Length: {length}\r\n"),
        &body[..at],
    );
    let second = match at {
        0 => answer(
            "200 OK",
            &format!("{TAG}Content-Length: {length}\r\n"),
            body,
        ),
        at => answer(
            "206 Partial Content",
            &format!(
                "{TAG}Content-Range: bytes {at}-{}/{length}\r\nContent-Length: {}\r\n",
                length - 1,
                length - at
            ),
            &body[at..],
        ),
    };
    Scripted::sequence(vec![
        vec![Step::head(), Step::write(first), Step::Stall],
        vec![Step::head(), Step::write(second), Step::Close],
    ])
}

/// Starts a fetch, and waits until so many bytes are in its part file.
fn started(program: &Program, arguments: &[&str], part: &Path, at: usize) -> Running {
    let child = Running::start(&mut program.command(arguments));
    let meta = part.with_extension("part.meta");
    sockets::until(|| {
        let length = fs::metadata(part).ok()?.len();
        (length == at as u64 && fs::metadata(&meta).ok()?.len() > 0).then_some(())
    })
    .expect("the bytes of the part file");
    child
}

#[test]
fn kill_at_any_moment_leaves_the_old_file_and_the_next_run_resumes() {
    let body = noise(900_000);
    for at in [0, 1, 1000, 262_144, 300_001, 899_999] {
        for old in [false, true] {
            let server = stalling(&body, at);
            let program = Program::with_settings(QUICK);
            let (file, part) = (program.file("x.bin"), program.file("x.bin.part"));
            if old {
                fs::write(&file, "old").unwrap();
            }
            let url = format!("{}/x.bin", server.url());
            let arguments = ["fetch", url.as_str(), "--force"];
            let mut child = started(&program, &arguments, &part, at);
            child.kill().unwrap();
            child.wait().unwrap();
            let now = fs::read(&file).ok();
            assert_eq!(now, old.then(|| b"old".to_vec()), "killed at {at}");
            program.run(&arguments).expect(0);
            assert!(fs::read(&file).unwrap() == body, "killed at {at}");
            assert_eq!(program.files(), ["x.bin"], "nothing is left beside it");
            let asked = server.received()[1].to_lowercase();
            let resumed = asked.contains(&format!("range: bytes={at}-\r\n"))
                && asked.contains("if-range: \"v1\"\r\n");
            assert_eq!(resumed, at > 0, "killed at {at}: {asked}");
        }
    }
}

#[test]
fn interrupted_keeps_the_part_and_says_how_to_go_on() {
    let body = noise(500_000);
    for name in ["INT", "TERM"] {
        let server = stalling(&body, 1000);
        let program = Program::new();
        let url = format!("{}/x.bin", server.url());
        let part = program.file("x.bin.part");
        let child = started(&program, &["fetch", &url], &part, 1000);
        signal(&child, name);
        let ran = child.end().expect(130);
        let ran = ran.says(&format!("stopped by SIG{name}"));
        ran.says("kept x.bin.part; run the same command again to go on");
        assert_eq!(program.files(), ["x.bin.part", "x.bin.part.meta"]);
        program
            .run(&["fetch", &url])
            .expect(0)
            .says("500000 bytes, 1000 of them from before");
        assert!(fs::read(program.file("x.bin")).unwrap() == body);
    }
    // Nothing came: nothing is said to be kept.
    let server = Scripted::each(vec![Step::head(), Step::Stall]);
    let program = Program::new();
    let url = format!("{}/x.bin", server.url());
    let mut command = program.command(&["fetch", &url]);
    let child = Running::start(&mut command);
    server.received_with("\r\n\r\n");
    signal(&child, "INT");
    let ran = child.end().expect(130);
    assert!(!ran.err.contains("kept"), "{ran:?}");
}

#[test]
fn a_second_run_on_one_part_says_so() {
    let server = stalling(&noise(5000), 1000);
    let program = Program::new();
    let url = format!("{}/x.bin", server.url());
    let mut first = started(
        &program,
        &["fetch", &url],
        &program.file("x.bin.part"),
        1000,
    );
    let second = program.run(&["fetch", &url]).expect(13);
    second.says("another run is writing it").says("x.bin.part");
    assert_eq!(server.connections(), 1, "the second asked for nothing");
    first.kill().unwrap();
    first.wait().unwrap();
    program.run(&["fetch", &url]).expect(0);
}

#[test]
fn an_existing_file_stays_unless_forced_or_unchanged() {
    let shared = kit::shared();
    let program = Program::new();
    let file = program.file("small.bin");
    let url = shared.nginx.http("/small.bin?existing");
    let gets = || {
        shared
            .nginx
            .log()
            .matches("GET /small.bin?existing ")
            .count()
    };
    program.run(&["fetch", &url]).expect(0);
    assert_eq!(gets(), 1);
    program.run(&["fetch", &url]).expect(0).says("unchanged");
    let sum = format!("sha256:{}", sha256(&shared.small));
    program
        .run(&["fetch", &url, "--checksum", &sum])
        .expect(0)
        .says("unchanged");
    // Of the server's length and time, and another file all the same.
    let other = format!("sha256:{}", "0".repeat(64));
    let ran = program.run(&["fetch", &url, "--checksum", &other]);
    ran.expect(12).says("another one").says("--force");
    shared.nginx.process().log_with("HEAD /small.bin?existing ");
    assert_eq!(gets(), 1, "it was asked about, not fetched again");
    fs::write(&file, "mine").unwrap();
    let ran = program.run(&["fetch", &url]).expect(13);
    ran.says("a file of that name exists").says("--force");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    program.run(&["fetch", &url, "--force"]).expect(0);
    assert!(fs::read(&file).unwrap() == shared.small);
    // A folder of that name is never touched.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    program.run(&["fetch", &url]).expect(13);
    program.run(&["fetch", &url, "--force"]).expect(13);
    assert!(file.is_dir());
}

fn md5_of(bytes: &[u8]) -> String {
    use md5::Digest;
    let digest = md5::Md5::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn checksums_are_verified_after_a_resume_too() {
    let body = noise(600_000);
    let wrong = noise(10);
    for (right, wrong) in [
        (
            format!("sha256:{}", sha256(&body)),
            format!("sha256:{}", sha256(&wrong)),
        ),
        (
            format!("md5:{}", md5_of(&body)),
            format!("MD5:{}", md5_of(&wrong)),
        ),
    ] {
        for at in [0, 300_000] {
            let run = |sum: &str| {
                let server = stalling(&body, at);
                let program = Program::new();
                let url = format!("{}/x.bin", server.url());
                let arguments = ["fetch", url.as_str(), "--checksum", sum];
                let mut child = started(&program, &arguments, &program.file("x.bin.part"), at);
                child.kill().unwrap();
                child.wait().unwrap();
                (program.run(&arguments), program)
            };
            let (ran, program) = run(&right);
            ran.expect(0);
            assert!(fs::read(program.file("x.bin")).unwrap() == body);
            let (ran, program) = run(&wrong);
            let ran = ran.expect(12).says(&wrong.to_lowercase()).says(&right);
            ran.says("the next run starts over");
            assert!(!program.file("x.bin").exists());
            let meta = fs::read_to_string(program.file("x.bin.part.meta")).unwrap();
            assert!(meta.contains("\"validator\":null"), "{meta}");
            // Over it starts: without a range.
            let whole = answer("200 OK", &format!("{TAG}Content-Length: 600000\r\n"), &body);
            let server = Scripted::each(vec![Step::head(), Step::write(whole), Step::Close]);
            let url = format!("{}/x.bin", server.url());
            program
                .run(&["fetch", &url, "--checksum", &right])
                .expect(0);
            assert!(!server.received().concat().to_lowercase().contains("range:"));
            assert_eq!(program.files(), ["x.bin"]);
        }
    }
}

#[test]
fn two_urls_with_one_name_are_refused_before_anything_starts() {
    let server = Scripted::each(vec![Step::Stall]);
    let program = Program::new();
    let (one, two) = (
        format!("{}/a/x.csv", server.url()),
        format!("{}/b/x.csv?v=2", server.url()),
    );
    program
        .run(&["fetch", &one, &two])
        .expect(2)
        .says("go to the same file x.csv");
    std::fs::write(program.file("list"), format!("{one}\n\n{two}\n")).unwrap();
    program
        .run(&["fetch", "--from-file", "list"])
        .expect(2)
        .says(&format!("list:1: {one} and list:3: "));
    std::fs::remove_file(program.file("list")).unwrap();
    program
        .run(&["fetch", &one, &two, "--output-dir", "new"])
        .expect(2);
    program.run(&["fetch", &one, &two, "-o", "y.csv"]).expect(2);
    program
        .run(&["fetch", &one, "http://h.example/"])
        .expect(2)
        .says("names no file");
    assert_eq!((server.connections(), program.files()), (0, vec![]));
}

/// Runs a script with `$1` the program and `$2` the URL, in a mount namespace of its own.
fn in_namespace(program: &Program, url: &str, script: &str) -> Ran {
    let flags: &[&str] = match Command::new("unshare").args(["-m", "true"]).status() {
        Ok(status) if status.success() => &["-m"],
        _ => &["-r", "-m"],
    };
    let able = Command::new("unshare").args(flags).arg("true").status();
    assert!(
        able.is_ok_and(|status| status.success()),
        "a full disk needs a mount namespace: run as root, or allow user namespaces"
    );
    let mut command = Command::new("unshare");
    program.prepare(&mut command);
    command.env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
    command.args(flags).args([
        "sh",
        "-c",
        script,
        "sh",
        env!("CARGO_BIN_EXE_outbound"),
        url,
    ]);
    Ran::of(command.output().unwrap())
}

#[test]
fn a_full_disk_says_so_and_keeps_the_part() {
    let shared = kit::shared();
    let url = shared.nginx.http("/small.bin?full");
    let program = Program::new();
    let script = "set -e; mkdir full; mount -t tmpfs -o size=512k tmpfs full; cd full; \
                  \"$1\" fetch \"$2\" || echo code $?; ls; \
                  mount -o remount,size=4m \"$PWD\"; \"$1\" fetch \"$2\"; ls; sha256sum small.bin";
    let ran = in_namespace(&program, &url, script).expect(0);
    assert!(
        ran.out
            .starts_with("code 13\nsmall.bin.part\nsmall.bin.part.meta\nsmall.bin\n"),
        "{ran:?}"
    );
    assert!(ran.out.contains(&sha256(&shared.small)), "{ran:?}");
    ran.says("the disk is full")
        .says("make room and run the same command again")
        .says("of them from before");
    let log = shared.nginx.process().log_with("/small.bin?full 206 ");
    assert!(log.contains("range=\"bytes="), "{log}");
    // The limit on a file's size, which every user can set.
    let program = Program::new();
    let mut command = Command::new("sh");
    program.prepare(&mut command);
    command.env("PATH", "/usr/bin:/bin");
    let script = "trap '' XFSZ; ulimit -f 512; exec \"$1\" fetch \"$2\"";
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_outbound"), &url]);
    let ran = Ran::of(command.output().unwrap()).expect(13);
    ran.says("larger than").says("kept small.bin.part");
    assert_eq!(program.files(), ["small.bin.part", "small.bin.part.meta"]);
    program
        .run(&["fetch", &url])
        .expect(0)
        .says("of them from before");
    assert!(fs::read(program.file("small.bin")).unwrap() == shared.small);
}

#[test]
fn a_file_that_may_grow_no_more_is_told_behind_a_cut_too() {
    let head = format!("HTTP/1.1 200 OK\r\n{TAG}Content-Length: 1000000\r\n\r\n");
    // Less than is written at once: the network's end is seen first.
    let body = vec![b'x'; 300_000];
    let server = Scripted::each(vec![
        Step::head(),
        Step::write(head),
        Step::Write(body),
        Step::Close,
    ]);
    let url = server.url() + "/f";
    let program = Program::new();
    let mut command = Command::new("sh");
    program.prepare(&mut command);
    command.env("PATH", "/usr/bin:/bin");
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$1\" fetch --retry 1 \"$2\"";
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_outbound"), &url]);
    let ran = Ran::of(command.output().unwrap()).expect(13);
    ran.says("larger than").says("kept f.part");
}

#[test]
fn standard_output_gets_the_bytes_and_nothing_else() {
    use std::io::Read;
    let shared = kit::shared();
    let url = shared.nginx.http("/small.bin");
    let program = Program::new();
    let output = program
        .command(&["fetch", "-o", "-", "-v", &url])
        .output()
        .unwrap();
    assert!(output.status.success() && output.stdout == shared.small);
    // A reader that has enough.
    let big = shared.nginx.http("/big.bin");
    let mut command = program.command(&["fetch", "-o", "-", &big]);
    let mut child = Running::start(&mut command);
    let mut pipe = child.stdout.take().unwrap();
    pipe.read_exact(&mut [0; 10]).unwrap();
    drop(pipe);
    let ran = child.end().expect(0);
    assert_eq!(ran.err, "");
    // A device that is full is an error.
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let ran = Ran::of(
        program
            .command(&["fetch", "-o", "-", &url])
            .stdout(full)
            .output()
            .unwrap(),
    );
    ran.expect(13)
        .says("write to standard output: the disk is full");
    assert_eq!(program.files(), Vec::<String>::new());
}
