//! `--repeat`, `--compare`, `--hold`, and ports.

use serde_json::Value;

use super::vsftpd;
use crate::kit::{Program, Running, shared, signal};
use crate::support::echo::Echo;
use crate::support::peers::gateways::{Gateway, Product};
use crate::support::peers::{Squid, squid};
use crate::support::sockets::Closed;

/// What a check through Squid tells.
pub fn check(arguments: &[&str], code: i32) -> Value {
    let proxy = squid().url();
    let all = [&["check", "--json", "--proxy", &proxy], arguments].concat();
    Program::new().run(&all).expect(code).json()
}

#[test]
fn each_walk_has_connections_of_its_own() {
    let url = shared().nginx.http("/small.bin");
    let report = check(&["--repeat", "3", &url], 0);
    let times = &report["times"];
    assert_eq!(times["walks"], 3, "{report}");
    let stages = times["stages"].as_array().unwrap();
    for stage in stages {
        assert_eq!(stage["walks"], 3, "each is passed anew: {report}");
        let of = |key: &str| stage[key].as_f64().unwrap();
        assert!(of("min_ms") <= of("median_ms") && of("median_ms") <= of("max_ms"));
    }
    assert!(
        stages[0]["stage"].as_str().unwrap().starts_with("dial "),
        "{report}"
    );
    assert_eq!(stages.last().unwrap()["stage"], "in all", "{report}");
    // One walk has no times beside its own.
    assert_eq!(check(&[&url], 0)["times"], Value::Null);
}

#[test]
fn failures_of_many_walks_are_counted() {
    let closed = Closed::new();
    let url = format!("https://{}/", closed.address());
    let report = check(&["--repeat", "2", &url], 6);
    let failures = &report["times"]["failures"];
    assert_eq!(failures.as_array().unwrap().len(), 1, "{report}");
    assert_eq!(failures[0]["count"], 2, "{report}");
    for failure in [&failures[0], &report["failure"]] {
        assert_eq!(failure["code"], "OUT-PROXY-TARGET-PORT-CLOSED", "{report}");
    }
}

#[test]
fn the_direct_way_stands_beside_the_proxy() {
    let url = shared().nginx.http("/small.bin");
    let report = check(&["--compare", &url], 0);
    assert_eq!(report["route"]["way"], "proxy", "{report}");
    assert_eq!(report["direct"]["route"]["way"], "direct", "{report}");
    assert_eq!(report["direct"]["ok"], true, "{report}");
    let program = Program::new();
    let arguments = ["check", "--compare", "--proxy", &squid().url(), &url];
    let ran = program.run(&arguments).expect(0);
    assert!(ran.out.contains("  compare "), "{}", ran.out);
    assert!(ran.out.contains("direct: ok, "), "{}", ran.out);
    let ran = program.run(&["check", "--compare", &url]).expect(0);
    assert!(ran.out.contains("the way is direct already"), "{}", ran.out);
}

/// The proxy refuses what goes well without it.
#[test]
fn the_two_ways_may_end_otherwise() {
    let proxy = Squid::start(squid::Options {
        tunnel_ports: "1".to_owned(),
        ..squid::Options::default()
    });
    let url = format!("tcp://127.0.0.1:{}", vsftpd().port());
    let program = Program::new();
    let start = ["check", "--compare", "--proxy", &proxy.url(), &url];
    let report = program.run(&[&start[..], &["--json"]].concat());
    let report = report.expect(6).json();
    assert_eq!(report["ok"], false, "{report}");
    let code = &report["failure"]["code"];
    assert_eq!(code, "OUT-CONNECT-FORBIDDEN-PORT", "{report}");
    assert_eq!(report["direct"]["ok"], true, "{report}");
    assert_eq!(report["direct"]["failure"], Value::Null, "{report}");
    let out = program.run(&start).expect(6).out;
    let ours = "           by the proxy: OUT-CONNECT-FORBIDDEN-PORT: ";
    assert!(out.contains(ours), "{out}");
    assert!(out.contains("           direct: ok, "), "{out}");
    // What is one walk of many is said to be.
    let out = program.run(&[&start[..], &["--repeat", "2"]].concat());
    let words = "by the proxy (the one of 2 walks that is shown above): ";
    assert!(out.expect(6).out.contains(words));
}

/// What the text says of the whole is what the walk took, and not its stages alone.
#[test]
fn the_whole_is_all_that_the_walk_took() {
    let echo = Echo::start(None);
    let url = format!("ws://127.0.0.1:{}/mute", echo.port());
    let program = Program::new();
    let run = |more: &[&str]| program.run(&[&["check", &url], more].concat()).expect(0);
    let text = run(&[]).out;
    let (_, whole) = text.split_once("every stage was passed, ").unwrap();
    let (whole, _) = whole.split_once(" ms in all").unwrap();
    // So long is the answer to a ping waited for, which is no stage that was passed.
    assert!(whole.parse::<f64>().unwrap() >= 2000.0, "{text}");
    assert!(run(&["--json"]).json()["ms"].as_f64().unwrap() >= 2000.0);
}

#[test]
fn a_port_is_reached_or_not() {
    let url = format!("tcp://127.0.0.1:{}", vsftpd().port());
    let report = check(&[&url], 0);
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.last().unwrap()["stage"], "connect", "{report}");
    let ran = Program::new().run(&["check", "--json", &url]).expect(0);
    let steps = ran.json()["steps"].clone();
    assert_eq!(steps[0]["stage"], "dial", "{steps}");
    for bad in [
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:1/x",
        "tcp://u@127.0.0.1:1",
    ] {
        let report = check(&[bad], 2);
        assert!(
            report["failure"]["hint"]
                .as_str()
                .unwrap()
                .contains("tcp://HOST:PORT")
        );
    }
    let closed = Closed::new();
    assert_eq!(
        check(&[&format!("tcp://{}", closed.address())], 6)["failure"]["code"],
        "OUT-PROXY-TARGET-PORT-CLOSED"
    );
}

/// It was left alone, and nobody ended it.
#[track_caller]
fn stood(report: &Value) {
    let held = report["held"].as_object();
    let held = held.unwrap_or_else(|| panic!("not held: {report}"));
    assert_eq!(held["failure"], Value::Null, "{report}");
}

#[track_caller]
fn hint(report: &Value) -> &str {
    report["failure"]["hint"].as_str().unwrap()
}

/// haproxy and nginx end what is idle for two seconds.
#[test]
fn who_ends_what_is_idle_is_found() {
    let echo = Echo::start(None);
    for product in [Product::Nginx, Product::Haproxy] {
        let gateway = Gateway::start(product, echo.port());
        let url = format!("ws://127.0.0.1:{}/feed", gateway.port());
        let cut = check(&["--hold", "30s", &url], 11);
        let failure = &cut["held"]["failure"];
        assert_eq!(failure["code"], "OUT-WS-IDLE-CUT", "{product:?}: {cut}");
        // Whoever looks at the end alone sees it too.
        assert_eq!(
            (&cut["ok"], &cut["failure"]),
            (&false.into(), failure),
            "{cut}"
        );
        // What is proposed helps: it is less than the time that was measured.
        let (_, proposed) = hint(&cut).split_once("--ping ").unwrap();
        let (proposed, _) = proposed.split_once(' ').unwrap();
        assert!(["900ms", "1s"].contains(&proposed), "{cut}");
        stood(&check(&["--hold", "4s", "--ping", proposed, &url], 0));
        let late = check(&["--hold", "4s", "--ping", "10s", &url], 11);
        assert!(hint(&late).contains("before the first ping"), "{late}");
    }
    let port = format!("tcp://127.0.0.1:{}", vsftpd().port());
    let report = check(&["--hold", "100ms", &port], 0);
    stood(&report);
    let url = shared().nginx.http("/small.bin");
    let report = check(&["--hold", "1s", "--ping", "1s", &url], 2);
    assert!(
        report["failure"]["message"]
            .as_str()
            .unwrap()
            .contains("pinged"),
        "{report}"
    );
}

/// The end of a tunnel is told with what was said in it.
#[test]
fn the_last_words_in_an_idle_stream_are_told() {
    use crate::support::scripted::{Scripted, Step};
    let proxy = Scripted::each(vec![
        Step::head(),
        Step::write("HTTP/1.1 200 OK\r\n\r\n421 Timeout.\x1b[2J\r\n"),
        Step::Close,
    ]);
    let url = "tcp://ftp.example:21";
    let arguments = ["check", "--proxy", &proxy.url(), "--hold", "10s", url];
    let ran = Program::new().run(&arguments).expect(11);
    assert!(ran.out.contains("OUT-TUNNEL-IDLE-CUT"), "{}", ran.out);
    assert!(ran.out.contains("421 Timeout."), "{}", ran.out);
    assert!(!ran.out.contains('\x1b'), "{}", ran.out);
}

/// Each stage has its limit, and all of them together too.
#[test]
fn a_walk_ends_within_its_time() {
    use crate::support::scripted::{Scripted, Step};
    let proxy = Scripted::each(vec![Step::head(), Step::Stall]);
    let url = "https://data.example/x";
    let arguments = [
        "check",
        "--json",
        "--proxy",
        &proxy.url(),
        "--max-time",
        "200ms",
        url,
    ];
    let report = Program::new().run(&arguments).expect(6).json();
    let failure = &report["failure"];
    assert_eq!(failure["code"], "OUT-PROXY-SILENT", "{report}");
    assert_eq!(failure["stage"], "connect", "{report}");
    assert_eq!(failure["limit"]["setting"], "--max-time", "{report}");
    assert_eq!(
        report["steps"][0]["stage"], "dial",
        "what was passed: {report}"
    );
    for wrong in ["0s", "x", "1d", "9999999h", "s"] {
        let ran = Program::new().run(&["check", "--max-time", wrong, url]);
        ran.expect(2);
    }
}

/// Ctrl-C while a stream is left alone: what was walked is told, and how long it stood.
#[test]
fn a_stop_while_it_is_held_loses_nothing() {
    let proxy = squid().url();
    let url = format!("tcp://127.0.0.1:{}", vsftpd().port());
    let arguments = [
        "check",
        "-v",
        "--proxy",
        &proxy,
        "--hold",
        "10m",
        "--compare",
        &url,
    ];
    let program = Program::new();
    let mut command = program.command(&arguments);
    let mut child = Running::start(&mut command);
    // The second tunnel is the one that is held.
    let mut said = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    let opened = |line: &String| line.contains("connect 127.0.0.1:") && line.contains(": 200");
    for _ in 0..2 {
        said.find(|line| line.as_ref().is_ok_and(&opened))
            .unwrap()
            .unwrap();
    }
    signal(&child, "INT");
    let ran = child.end().expect(130);
    assert!(
        ran.out.contains("ok: every stage was passed"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("  WAIT   hold: stopped by SIGINT after "),
        "{}",
        ran.out
    );
    let mut lines = ran.out.lines();
    let direct = lines.find(|line| line.contains(" direct: ok, "));
    let stopped = direct.is_some_and(|line| line.contains("; hold: stopped by SIGINT"));
    assert!(stopped, "{}", ran.out);
}
