//! Mistakes that people make, and the line that sets them right: what is said, and the exit code.

use crate::kit::{Program, Ran, Running, signal};
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets;

const SETTINGS: &str = r#"
[proxy]
url = "http://127.0.0.1:9"

[proxies.other]
url = "http://127.0.0.1:10"

[proxies.sock]
url = "socks5://127.0.0.1:1080"

[connections.census]
url = "ftp://127.0.0.1:2121/pub/"

[connections.old]
url = "https://data.test/"
proxy = "sock"

[connections.tweets]
url = "wss://stream.test/"
"#;

#[test]
fn a_mistake_is_told_with_what_was_meant() {
    let program = Program::with_settings(SETTINGS);
    std::fs::write(program.file("list.txt"), "census:a b\nfoo bar\n").unwrap();
    for (arguments, code, says) in [
        (
            &["route", "--proxy", "other", "http://a.test/"][..],
            2,
            "`other` is a proxy of the settings, and a URL belongs here",
        ),
        (
            &["route", "--proxy", "http:/proxy:99999", "http://a.test/"],
            2,
            "write `http://HOST:PORT`",
        ),
        (
            &["list", "census"],
            2,
            "for what is below the connection write `census:`",
        ),
        (
            &["list", "census/2020"],
            2,
            "for what is below the connection write `census:2020`",
        ),
        (
            &["list", "127.0.0.1:18080/a.csv"],
            2,
            "`127.0.0.1` has no scheme, and is no connection",
        ),
        (
            &["stat", "data.test:80/a.csv"],
            2,
            "write `http://data.test:80/a.csv`",
        ),
        (
            &["list", "censsus:2020"],
            2,
            "no connection is called `censsus`",
        ),
        (
            &["fetch", "census:sub/"],
            2,
            "-r brings in a folder and all below it",
        ),
        (&["check", "old:x"], 4, "FAIL   dial 127.0.0.1:1080"),
        (
            &["check", "--from-file", "list.txt"],
            5,
            "list.txt:2: foo bar",
        ),
        (&["config", "check"], 0, "nothing is read over it yet"),
    ] {
        let ran = program.run(arguments);
        let all = format!("{}{}", ran.out, ran.err);
        assert!(all.contains(says), "{arguments:?}: {all}");
        assert_eq!(ran.code, Some(code), "{arguments:?}: {all}");
    }
    // A host of that name is reached by its URL.
    program
        .run(&["route", "--proxy", "http://other", "http://a.test/"])
        .expect(0);
    let ran = program
        .command(&["route", "http://a.test/"])
        .env("OUTBOUND_PROXY", "other")
        .output()
        .unwrap();
    Ran::of(ran)
        .expect(3)
        .says("variable OUTBOUND_PROXY: `other` is a proxy");
}

#[test]
fn an_argument_is_no_place_for_a_password() {
    let proxy = Scripted::each(vec![
        Step::head(),
        Step::write(
            "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n",
        ),
    ]);
    let program = Program::with_settings("");
    let url = proxy.url();
    let ran = program.run(&["stat", "--proxy", &url, "https://data.test/"]);
    let ran = ran.expect(7).says("where nobody else reads it");
    assert!(!ran.err.contains("USER:PASSWORD"), "{}", ran.err);
}

#[test]
fn problems_stand_in_the_order_of_their_lines() {
    let program = Program::with_settings(
        "[connections.a]\nurl = \"nowhere\"\nusr = \"x\"\n[proxy]\nurl = \"http://p\"\n\
         bypass = [\"*.*\"]\n[connections.b]\nurl = \"http://b/\"\nproxy = \"none\"\n",
    );
    let ran = program.run(&["config", "check"]).expect(3);
    let lines: Vec<&str> = ran
        .out
        .lines()
        .filter_map(|line| line.split_once("toml:")?.1.split(':').next())
        .collect();
    let mut sorted = lines.clone();
    sorted.sort_unstable();
    assert!(lines.len() > 2, "{}", ran.out);
    assert_eq!(lines, sorted, "{}", ran.out);
}

#[test]
fn an_empty_secret_is_no_secret() {
    let program = Program::with_settings(
        "[proxy]\nurl = \"http://p:1\"\nusername = \"u\"\npassword = { file = \"empty\" }\n",
    );
    for text in ["", "\n", "\r\nsecond line\n"] {
        std::fs::write(program.file("config/outbound/empty"), text).unwrap();
        let ran = program.run(&["config", "check"]).expect(3);
        assert!(ran.out.contains("is empty"), "{text:?}: {}", ran.out);
    }
}

/// Ctrl-C says what it stopped, and what was not begun.
#[cfg(unix)]
#[test]
fn what_is_stopped_is_named() {
    let silent = Scripted::each(vec![Step::Stall]);
    let url = format!("ftp://{}/pub/", silent.address());
    let program = Program::with_settings("[policy]\ndirect = \"allow\"\n");
    for (before, (arguments, says)) in [
        (&["list", &url][..], "stopped by SIGINT: list ftp://"),
        (&["stat", &url], "stopped by SIGINT: stat ftp://"),
        (
            &["check", &url, "http://later.test/"],
            "not checked: stopped by SIGINT before its turn",
        ),
        (
            &["check", "--json", &url, "http://later.test/"],
            "not checked: stopped by SIGINT before its turn",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let child = Running::start(&mut program.command(arguments));
        let came = sockets::until(|| (silent.connections() > before).then_some(()));
        came.expect("a connection");
        signal(&child, "INT");
        let ran = child.end().expect(130);
        let all = format!("{}{}", ran.out, ran.err);
        assert!(all.contains(says), "{arguments:?}: {all}");
        assert_eq!(
            arguments[0] == "check",
            all.contains("later.test"),
            "{arguments:?}: {all}"
        );
    }
}
