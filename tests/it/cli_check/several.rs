//! `check --all`: every connection of the settings, at once.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::Value;

use crate::kit::{Program, Running, signal};

const MANY: usize = 200;

/// Counts who came, and lets those wait that are to wait until all have come.
#[derive(Default)]
struct Arrivals {
    count: Mutex<usize>,
    changed: Condvar,
}

impl Arrivals {
    fn came(&self) {
        *self.count.lock().unwrap() += 1;
        self.changed.notify_all();
    }

    /// Whether so many have come before a minute is over.
    fn wait_for(&self, all: usize) -> bool {
        let count = self.count.lock().unwrap();
        let limit = std::time::Duration::from_secs(60);
        let waited = self
            .changed
            .wait_timeout_while(count, limit, |count| *count < all);
        !waited.unwrap().1.timed_out()
    }
}

/// A server on a port of its own, which does so with each connection.
fn serve(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let handle = Arc::new(handle);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let handle = Arc::clone(&handle);
            std::thread::spawn(move || handle(stream.unwrap()));
        }
    });
    port
}

fn settings(good: u16, dead: u16) -> String {
    let mut toml = "[timeouts]\nreply = \"60s\"\n".to_owned();
    for number in 0..MANY {
        let (name, port) = match is_dead(number) {
            true => (format!("dead-{number:03}"), dead),
            false => (format!("good-{number:03}"), good),
        };
        toml += &format!("[connections.{name}]\nurl = \"http://127.0.0.1:{port}/{number}/\"\n");
    }
    toml
}

fn is_dead(number: usize) -> bool {
    number % 20 == 7
}

/// The dead say nothing until all two hundred have dialled: were the rest to wait for them, or for
/// their limit, it would never end well.
#[test]
fn two_hundred_are_dialled_before_the_first_limit_ends() {
    let arrivals = Arc::new(Arrivals::default());
    let here = Arc::clone(&arrivals);
    let good = serve(move |mut stream| {
        here.came();
        let _ = stream.read(&mut [0; 4096]);
        let _ =
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
    });
    let here = Arc::clone(&arrivals);
    let dead = serve(move |mut stream| {
        here.came();
        let _ = stream.read(&mut [0; 4096]);
        // An end without an answer is what they are to be told of: too few must be another one.
        if !here.wait_for(MANY) {
            let _ = stream.write_all(b"HTTP/1.1 500 Too Few\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let program = Program::with_settings(&settings(good, dead));
    let ran = program.run(&["check", "--all", "--jobs", "16"]).expect(11);
    let table: Vec<&str> = ran.out.lines().rev().take(MANY + 1).collect();
    assert_eq!(table[0], "failed: 10 of 200 connections", "{}", ran.out);
    for line in &table[1..] {
        let is_dead = line.starts_with("dead-");
        assert!(is_dead || line.starts_with("good-"), "{line}");
        assert_eq!(line.contains(" OUT-TARGET-CLOSED "), is_dead, "{line}");
        assert_eq!(line.contains(" ok "), !is_dead, "{line}");
    }
    // Each that failed is told whole, and nobody else.
    let told = ran.out.lines().filter(|line| line.starts_with("  FAIL "));
    assert_eq!(told.count(), 10, "{}", ran.out);
}

#[test]
fn a_base_without_a_page_is_reached() {
    let none = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream
            .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    let toml = format!("[connections.data]\nurl = \"http://127.0.0.1:{none}/pub/\"\n");
    let program = Program::with_settings(&toml);
    let ran = program.run(&["check", "--all"]).expect(0);
    assert!(ran.out.contains("check a file below it"), "{}", ran.out);
    assert!(
        ran.out.ends_with("ok: all 1 connections are reached\n"),
        "{}",
        ran.out
    );
    // By name it is the page that was asked for.
    program.run(&["check", "data:"]).expect(9);
}

#[test]
fn what_was_found_is_told_when_it_is_stopped() {
    let arrivals = Arc::new(Arrivals::default());
    let here = Arc::clone(&arrivals);
    let good = serve(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ =
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
    });
    let silent = serve(move |mut stream| {
        // A request, and not the connection: that it waits for an answer is what is told.
        let _ = stream.read(&mut [0; 4096]);
        here.came();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let toml = format!(
        "[timeouts]\nreply = \"600s\"\n[connections.a]\nurl = \"http://127.0.0.1:{good}/\"\n\
         [connections.b]\nurl = \"http://127.0.0.1:{silent}/b/\"\n\
         [connections.c]\nurl = \"http://127.0.0.1:{silent}/c/\"\n"
    );
    let program = Program::with_settings(&toml);
    let mut command = program.command(&["check", "--all", "--json", "--jobs", "2"]);
    let mut child = Running::start(&mut command);
    // The first is told as soon as it is known, and the silent one holds nobody back.
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    std::io::BufRead::read_line(&mut out, &mut first).unwrap();
    assert!(arrivals.wait_for(2), "two requests");
    signal(&child, "INT");
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    child.end().expect(130);
    let told: Vec<Value> = first
        .lines()
        .chain(rest.lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(
        (&told[0]["asked"], &told[0]["ok"]),
        (&"a:".into(), &true.into())
    );
    for stopped in &told[1..] {
        assert_eq!(stopped["failure"]["code"], "OUT-INTERRUPTED", "{stopped}");
        assert_eq!(stopped["failure"]["stage"], "request", "{stopped}");
        // As its page says: run it again.
        assert_eq!(stopped["failure"]["transient"], true, "{stopped}");
    }
}

#[test]
fn without_connections_it_says_so() {
    let ran = Program::new().run(&["check", "--all"]).expect(3);
    assert!(ran.err.contains("there is no connection"), "{}", ran.err);
}

/// A login or a field would go to every server of the settings.
#[test]
fn what_is_for_one_is_not_for_all() {
    let program = Program::with_settings("[connections.a]\nurl = \"http://127.0.0.1:9/\"\n");
    for more in [
        &["--user", "ann"][..],
        &["-H", "Authorization: Bearer t"],
        &["--connection", "a"],
        &["--web"],
    ] {
        let ran = program.run(&[&["check", "--all"], more].concat());
        ran.expect(2);
    }
    let ran = program.run(&["check", "a:", "--save-ca", "-"]).expect(2);
    assert!(ran.err.contains("--save-ca wants a file"), "{}", ran.err);
}
