//! What `outbound fetch --follow` writes, and where it stops.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::{begun, status};
use crate::kit::{Program, Ran, python_for};
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets;

const EVENTS: &str = "text/event-stream";

/// Runs the program in front of a terminal.
const TERMINAL: &str = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)";

/// Runs the program with a pipe that nobody reads, stops it once a record of 1001 bytes is half
/// written, and then reads what it still writes.
const STOPPED: &str = "
import fcntl, signal, struct, subprocess, sys, termios
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
there = lambda: struct.unpack('i', fcntl.ioctl(child.stdout, termios.FIONREAD, bytes(4)))[0]
while there() % 1001 == 0:
    assert child.poll() is None, child.stderr.read()
child.send_signal(signal.SIGINT)
sys.stderr.write(child.stderr.readline().decode())
try: child.wait(0.2)
except subprocess.TimeoutExpired: pass # as it should: it waits for its reader
sys.stdout.write(child.stdout.read().decode())
sys.exit(child.wait())
";

fn python(program: &Program, script: &str, arguments: &[&str]) -> Ran {
    let child = program.command(arguments);
    let mut python = python_for(program);
    python.args(["-c", script]).arg(child.get_program());
    Ran::of(python.args(child.get_args()).output().unwrap())
}

#[test]
fn nothing_that_a_server_sends_moves_a_terminal() {
    let line = "\u{1b}[2J\u{1b}]0;title\u{7}a\tb\rc\0\u{9b}31m é 日 \u{202e}";
    for (media_type, body, plain, shown) in [
        (
            "text/plain",
            format!("{line}\n"),
            format!("{line}\n"),
            "\\x1b[2J\\x1b]0;title\\x07a\tb\\rc\\x00\\x9b31m é 日 \\u{202e}\r\n",
        ),
        (
            EVENTS,
            "data: a\u{1b}c\ndata: \0\n\n".to_owned(),
            "a\u{1b}c\n\0\n".to_owned(),
            "a\\x1bc\r\n\\x00\r\n",
        ),
    ] {
        let server = || {
            let steps = vec![Step::head(), begun(media_type, &body), Step::Close];
            Scripted::sequence(vec![steps, status("204 No Content")])
        };
        let program = Program::new();
        let one = server();
        let fetch = ["-q", "fetch", "--follow", &one.url()];
        let ran = python(&program, TERMINAL, &fetch).expect(0);
        assert_eq!(ran.out, shown);
        let two = server();
        let ran = program.run(&["fetch", "--follow", &two.url()]).expect(0);
        assert_eq!(ran.out, plain, "a pipe gets it as it is");
        let three = server();
        program
            .run(&["fetch", "--follow", &three.url(), "-o", "out"])
            .expect(0);
        assert_eq!(fs::read_to_string(program.file("out")).unwrap(), plain);
    }
}

#[test]
fn a_signal_in_the_middle_of_a_write_cuts_no_record() {
    let body = format!("{}\n", "x".repeat(1000)).repeat(200);
    let server = Scripted::each(vec![Step::head(), begun("text/plain", &body), Step::Stall]);
    let program = Program::new();
    let ran = python(&program, STOPPED, &["fetch", "--follow", &server.url()]);
    let ran = ran.expect(130).says("stopped by SIGINT");
    assert!(ran.out.len() > 1001);
    assert!(ran.out.ends_with("x\n") && ran.out.len().is_multiple_of(1001));
}

/// Also where the stream has nothing more to say.
#[test]
fn a_reader_that_goes_away_ends_it() {
    let steps = vec![Step::head(), begun("text/plain", "a\n"), Step::Stall];
    let server = Scripted::each(steps);
    let program = Program::new();
    let mut command = program.command(&["-q", "fetch", "--follow", &server.url()]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "a\n");
    drop(out);
    let ended = sockets::until(|| child.try_wait().unwrap());
    let _ = child.kill();
    assert_eq!(ended.expect("it goes on").code(), Some(0));
}

/// A limit on the file's size is a full disk that tests can have.
#[test]
fn a_full_disk_cuts_no_record() {
    let body = "data: one\ndata: two three\n\n".repeat(4000);
    for (to, options) in [("", &["-o", "out"][..]), (">>out", &[])] {
        let server = Scripted::each(vec![Step::head(), begun(EVENTS, &body), Step::Stall]);
        let program = Program::new();
        let url = server.url();
        let child = program.command(&[&["fetch", "--follow", &url], options].concat());
        let mut shell = Command::new("sh");
        program.prepare(&mut shell);
        let script = format!("trap '' XFSZ; ulimit -f 8; exec \"$@\" {to}");
        shell.args(["-c", &script, "sh"]).arg(child.get_program());
        let ran = Ran::of(shell.args(child.get_args()).output().unwrap());
        ran.expect(13).says("write to ");
        let out = fs::read_to_string(program.file("out")).unwrap();
        // The limit is no multiple of the record's length.
        assert!(out.len() > 1000, "{}", out.len());
        assert_eq!(out, "one\ntwo three\n".repeat(out.len() / 14));
    }
}
