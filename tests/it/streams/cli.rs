//! `outbound fetch --follow`.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};

use super::{begun, status};
use crate::kit::{Program, Running, signal};
use crate::support::scripted::{Scripted, Step};

fn server(media_type: &str, first: &str, second: &str) -> Scripted {
    Scripted::sequence(vec![
        vec![Step::head(), begun(media_type, first), Step::Close],
        vec![Step::head(), begun(media_type, second), Step::Close],
        status("204 No Content"),
    ])
}

const EVENTS: &str = "text/event-stream";

#[test]
fn lines_go_to_standard_output_and_losses_are_told() {
    let program = Program::new();
    let lines = server("text/plain", "a\n\r\nb\nhal", "half\r\n\n");
    let ran = program.run(&["fetch", "--follow", &lines.url()]).expect(0);
    assert_eq!(ran.out, "a\nb\nhalf\n");
    for words in [
        "3 bytes of what was not whole are left out",
        "try 2 in ",
        "connected again",
    ] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    assert!(program.files().is_empty());
    let events = server(EVENTS, "data: 1\ndata: 2\n\n", ": x\n\n");
    let ran = program
        .run(&["-q", "fetch", "--follow", &events.url()])
        .expect(0);
    assert_eq!((&*ran.out, &*ran.err), ("1\n2\n", ""));
}

#[test]
fn json_has_an_object_for_each_record() {
    let program = Program::new();
    let events = server(
        EVENTS,
        "event: add\nid: 7\ndata: a\ndata: \u{9b}b\n\n",
        ":\n\n",
    );
    let ran = program
        .run(&["--json", "fetch", "--follow", &events.url()])
        .expect(0);
    assert_eq!(
        ran.out,
        "{\"event\":\"add\",\"id\":\"7\",\"data\":\"a\\n\\u009bb\"}\n"
    );
    let lines = server("text/plain", "{\"a\":1}\n", "\n");
    let ran = program
        .run(&["--json", "fetch", "--follow", &lines.url()])
        .expect(0);
    assert_eq!(ran.out, "{\"line\":\"{\\\"a\\\":1}\"}\n");
}

#[test]
fn a_file_gets_whole_lines_at_its_end() {
    let program = Program::new();
    fs::write(program.file("out"), "before\ncut").unwrap();
    let lines = server("text/plain", "a\nhal", "b\n");
    program
        .run(&["fetch", "--follow", &lines.url(), "-o", "out"])
        .expect(0);
    assert_eq!(
        fs::read_to_string(program.file("out")).unwrap(),
        "before\ncut\na\nb\n"
    );
}

#[test]
fn a_signal_ends_it_behind_what_came() {
    let program = Program::new();
    let steps = vec![Step::head(), begun("text/plain", "a\nhal"), Step::Stall];
    let stalling = Scripted::each(steps);
    let mut command = program.command(&["fetch", "--follow", &stalling.url()]);
    let mut child = Running::start(&mut command);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    signal(&child, "INT");
    out.read_to_string(&mut line).unwrap();
    let ran = child.end().expect(130);
    assert_eq!(line, "a\n");
    ran.says("stopped by SIGINT");
}

#[test]
fn a_refusal_has_its_exit_and_its_words() {
    let program = Program::new();
    let refusing = Scripted::each(status("404 Not Found"));
    let ran = program.run(&["fetch", "--follow", &refusing.url()]);
    let ran = ran.says("404 Not Found");
    assert_eq!(ran.err.matches("404 Not Found").count(), 1, "{}", ran.err);
    assert_ne!(ran.code, Some(0));
    // Also where it could have been tried again, and where something of a record came.
    for (body, unfinished) in [("\n", 0), ("hal", 1)] {
        let cutting = Scripted::each(vec![Step::head(), begun("text/plain", body), Step::Close]);
        let fetch = ["fetch", "--follow", "--retry", "1", &cutting.url()];
        let ran = program.run(&fetch).expect(11);
        assert_eq!(ran.err.matches("before the end").count(), 1, "{}", ran.err);
        let left_out = ran.err.matches("3 bytes of what was not whole").count();
        assert_eq!(left_out, unfinished, "{}", ran.err);
    }
    for more in [
        &["-r", "--output-dir", "x"][..],
        &["--checksum", "md5:00112233445566778899aabbccddeeff"],
        &["--force"],
        &["--limit-rate", "1k"],
        &["http://h/second"],
    ] {
        let mut words = vec!["fetch", "--follow", "http://h/"];
        words.extend(more);
        program.run(&words).expect(2);
    }
}
