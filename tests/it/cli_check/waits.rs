//! What `outbound check` tells while it waits, and when it is stopped.

use crate::kit::{self, Program, Running};
use crate::support::scripted::{Scripted, Step};

/// What was passed is told, and what was waited for.
#[test]
fn a_walk_that_is_stopped() {
    use std::io::{BufRead as _, BufReader};
    let proxy = Scripted::each(vec![
        Step::head(),
        Step::write("HTTP/1.1 200 OK\r\n\r\n"),
        Step::Stall,
    ]);
    let program = Program::new();
    for (signal, flag) in [("INT", None), ("TERM", Some("--json"))] {
        let url = proxy.url();
        let arguments = [
            "check",
            "-v",
            "--proxy",
            &url,
            "ftp://h.example/x",
            "http://b.example/",
        ];
        let arguments: Vec<&str> = arguments.into_iter().chain(flag).collect();
        let mut command = program.command(&arguments);
        let mut child = Running::start(&mut command);
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        said.find(|line| line.as_ref().unwrap().contains("connect h.example:21: 200"))
            .unwrap()
            .unwrap();
        kit::signal(&child, signal);
        let ran = child.end().expect(130);
        if flag.is_some() {
            let told = &ran.json_lines()[0];
            let steps = told["steps"].as_array().unwrap();
            assert_eq!(steps.last().unwrap()["stage"], "connect", "{told}");
            assert_eq!(told["failure"]["kind"], "interrupted", "{told}");
            assert_eq!(told["failure"]["stage"], "greeting", "{told}");
            continue;
        }
        let lines: Vec<&str> = ran.out.lines().collect();
        assert_eq!(lines.len(), 7, "{}", ran.out);
        assert!(lines[6].contains("not checked"), "{}", ran.out);
        assert!(lines[2].starts_with("  ok     dial "), "{}", ran.out);
        assert!(
            lines[3].starts_with("  ok     connect h.example:21 "),
            "{}",
            ran.out
        );
        let waiting = "  WAIT   greeting h.example:21 ";
        assert!(lines[4].starts_with(waiting), "{}", ran.out);
        assert!(lines[4].contains("stopped by SIGINT after "), "{}", ran.out);
    }
}

/// At a terminal the stages show as they pass, with the one that is waited for.
#[test]
fn a_slow_stage_is_seen_at_a_terminal() {
    use std::io::{Read as _, Write as _};
    use std::process::{Command, Stdio};
    let proxy = Scripted::each(vec![
        Step::head(),
        Step::write("HTTP/1.1 200 OK\r\n\r\n"),
        Step::Stall,
    ]);
    let program = Program::new();
    let line = format!(
        "stty cols 200; {} check --proxy {} ftp://h.example/x",
        env!("CARGO_BIN_EXE_outbound"),
        proxy.url()
    );
    let mut command = Command::new("script");
    command.args(["-qefc", &line, "/dev/null"]);
    program.prepare(&mut command);
    command.env("TERM", "xterm");
    let mut child = Running::start(command.stdin(Stdio::piped()));
    let (mut seen, mut out) = (Vec::new(), child.stdout.take().unwrap());
    let has = |seen: &[u8], words: &str| String::from_utf8_lossy(seen).contains(words);
    while !has(&seen, "WAIT   greeting h.example:21 ") || !has(&seen, "waiting for ") {
        let mut buffer = [0; 4096];
        let count = out.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend(&buffer[..count]);
    }
    assert!(has(&seen, "  ok     connect h.example:21 "));
    // Ctrl-C, as typed.
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(b"\x03").unwrap();
    out.read_to_end(&mut seen).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(has(&seen, "stopped by SIGINT after "));
}
