//! `--hold`: what is left alone, what is not, and what the direct way tells beside it.

use serde_json::Value;

use super::options::check;
use super::vsftpd;
use crate::kit::{Program, shared};
use crate::support::echo::Echo;
use crate::support::peers::gateways::{Gateway, Product};
use crate::support::peers::tinyproxy::Tinyproxy;
use crate::support::peers::{Squid, squid};
use crate::support::scripted::{Scripted, Step};

fn denying() -> Squid {
    Squid::start(squid::Options {
        tunnel_ports: "1".to_owned(),
        ..squid::Options::default()
    })
}

/// What goes by request has no tunnel: none is asked for, and the walk stays with all beside it.
#[test]
fn a_request_to_the_proxy_is_not_held() {
    let squid = denying();
    let proxy = squid.url();
    let program = Program::new();
    let url = shared().nginx.http("/small.bin");
    let start = ["check", "--proxy", &proxy, &url, "--html", "page.html"];
    let ways = ["--hold", "10m", "--repeat", "2", "--compare"];
    let run = |more: &[&str]| {
        let all = [&start[..], &ways, more].concat();
        program.run(&all).expect(0)
    };
    let report = run(&["--json"]).json();
    assert_eq!(report["route"]["way"], "proxy", "{report}");
    assert!(report["ms"].as_f64().unwrap() > 0.0, "{report}");
    assert_eq!(report["times"]["walks"], 2, "{report}");
    assert_eq!(report["direct"]["ok"], true, "{report}");
    for none in ["held", "direct_held", "failure"] {
        assert_eq!(report[none], Value::Null, "{report}");
    }
    let why = report["not_held"].as_str().unwrap();
    let port = format!("tcp://127.0.0.1:{}", shared().nginx.http_port());
    assert!(why.contains("by request"), "{report}");
    assert!(why.contains(&port), "{report}");
    // Whoever asks for what is wrong alone is told too.
    for more in [&["--force"][..], &["--force", "-q"]] {
        let ran = run(more);
        for words in ["  ok     request GET ", "  times ", "  hold     not held: "] {
            assert!(ran.out.contains(words), "{words}: {}", ran.out);
        }
        let page = std::fs::read_to_string(program.file("page.html")).unwrap();
        for words in ["class=\"route\"", "class=\"bar\"", "not held: "] {
            assert!(page.contains(words), "{words}: {page}");
        }
    }
    let ran = run(&["--force", "--markdown"]);
    assert!(ran.out.contains("- hold: `not held: "), "{}", ran.out);
    let ftp = vsftpd().url("/small.bin");
    let report = check(&["--hold", "10m", "--ftp", "proxy-get", &ftp], 0);
    let why = report["not_held"].as_str().unwrap();
    assert!(why.contains("--ftp tunnel"), "{report}");
    // One walk has a tunnel, and so there is one to leave alone.
    let settings = format!(
        "[proxy]\nurl = \"{}\"\ntunnel = \"always\"\n",
        super::squid().url()
    );
    let program = Program::with_settings(&settings);
    let ran = program.run(&["check", "--json", "--hold", "100ms", &url]);
    let report = ran.expect(0).json();
    assert_eq!(report["not_held"], Value::Null, "{report}");
    assert_eq!(report["held"]["failure"], Value::Null, "{report}");
}

/// The second tunnel is refused: that is told of it, and the walk stays.
#[test]
fn a_tunnel_that_is_not_opened_again_leaves_the_walk() {
    let script = |status: &str| {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        vec![Step::head(), Step::write(answer), Step::Stall]
    };
    let good = vec![
        Step::head(),
        Step::write("HTTP/1.1 200 OK\r\n\r\n"),
        Step::Stall,
    ];
    let url = "tcp://data.example:5432";
    let run = |form: &[&str]| {
        let proxy = Scripted::sequence(vec![good.clone(), script("403 Forbidden")]);
        let start = ["check", "--proxy", &proxy.url(), "--hold", "10s", url];
        Program::new().run(&[&start[..], form].concat()).expect(6)
    };
    let report = run(&["--json"]).json();
    assert_eq!(report["route"]["way"], "proxy", "{report}");
    assert_eq!(report["steps"][1]["stage"], "connect", "{report}");
    assert_eq!(report["held"]["failure"], report["failure"], "{report}");
    assert_eq!(report["held"]["ms"], 0.0, "{report}");
    assert_eq!(
        report["failure"]["code"], "OUT-CONNECT-FORBIDDEN",
        "{report}"
    );
    let out = run(&[]).out;
    for words in [
        "ok: every stage was passed",
        "  FAIL   hold: it could not be opened again: connect data.example:5432 403 Forbidden",
    ] {
        assert!(out.contains(words), "{words}: {out}");
    }
    let page = run(&["--html", "-"]).out;
    assert!(
        page.contains("class=\"route\"") && page.contains("class=\"bar\""),
        "{page}"
    );
}

/// A proxy that ends what is idle, before a server that does not.
#[test]
fn the_direct_way_tells_that_it_was_the_proxy() {
    let proxy = Tinyproxy::with_timeout(1);
    let patient = Scripted::each(vec![Step::Stall]);
    let url = format!("tcp://127.0.0.1:{}", patient.port());
    let start = [
        "check",
        "--proxy",
        &proxy.url(),
        "--compare",
        &url,
        "--hold",
    ];
    let program = Program::new();
    let (text, json, alone) = std::thread::scope(|scope| {
        let run = |more: &'static [&'static str]| {
            let all = [&start[..], more].concat();
            let program = &program;
            scope.spawn(move || program.run(&all).expect(11))
        };
        let text = run(&["5s", "--html", "page.html"]);
        let json = run(&["5s", "--json"]);
        let words = [
            "check",
            "--json",
            "--proxy",
            &proxy.url(),
            &url,
            "--hold",
            "5s",
        ]
        .map(str::to_owned);
        let alone = scope.spawn(move || {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            Program::new().run(&words).expect(11).json()
        });
        let (text, json) = (text.join().unwrap().out, json.join().unwrap().json());
        (text, json, alone.join().unwrap())
    });
    assert_eq!(json["failure"]["code"], "OUT-TUNNEL-IDLE-CUT", "{json}");
    assert_eq!(json["failure"]["side"], "proxy", "{json}");
    assert_eq!(json["held"]["failure"], json["failure"], "{json}");
    assert_eq!(json["direct_held"]["failure"], Value::Null, "{json}");
    let stood = |key: &str| json[key]["ms"].as_f64().unwrap();
    assert!(stood("held") < stood("direct_held"), "{json}");
    for words in [
        "; hold: the idle stream was ended after ",
        "direct: ok, ",
        "; hold: it stood for 5",
        "  hint     the direct way stood for 5",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let page = std::fs::read_to_string(program.file("page.html")).unwrap();
    assert!(page.contains("the direct way stood for 5"), "{page}");
    assert!(page.contains("<tr><td>hold</td><td>"), "{page}");
    // Without it nobody is blamed, and it is told what would help.
    assert_eq!(alone["failure"]["side"], "network", "{alone}");
    let hint = alone["failure"]["hint"].as_str().unwrap();
    assert!(
        hint.contains("--compare leaves the direct way alone"),
        "{hint}"
    );
}

/// A server that ends what is idle does so by both ways.
#[test]
fn the_direct_way_tells_that_it_was_not_the_proxy() {
    let echo = Echo::start(None);
    let gateway = Gateway::start(Product::Haproxy, echo.port());
    let url = format!("ws://127.0.0.1:{}/feed", gateway.port());
    let report = check(&["--hold", "30s", "--compare", &url], 11);
    for held in ["held", "direct_held"] {
        let failure = &report[held]["failure"];
        assert_eq!(failure["code"], "OUT-WS-IDLE-CUT", "{report}");
    }
    assert_eq!(report["failure"]["side"], "target", "{report}");
    let hint = report["failure"]["hint"].as_str().unwrap();
    assert!(hint.contains(" too: the target"), "{hint}");
    assert!(hint.contains("--ping "), "{hint}");
}
