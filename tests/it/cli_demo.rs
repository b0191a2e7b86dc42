//! `outbound demo`, as a user starts it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::program::Home;

/// Everything in an environment that could lead astray.
const HOSTILE: &[(&str, &str)] = &[
    ("http_proxy", "http://127.0.0.1:1"),
    ("HTTP_PROXY", "http://127.0.0.1:1"),
    ("HTTPS_PROXY", "htp://nonsense"),
    ("ftp_proxy", "http://127.0.0.1:1"),
    ("ALL_PROXY", "socks5://127.0.0.1:1"),
    ("no_proxy", "*"),
    ("NO_PROXY", "*"),
    ("OUTBOUND_PROXY", "http://127.0.0.1:1"),
    ("OUTBOUND_NO_PROXY", "*"),
    ("OUTBOUND_CONFIG", "/nowhere/outbound.toml"),
    ("SSL_CERT_FILE", "/nowhere/ca.pem"),
    ("SSL_CERT_DIR", "/nowhere"),
    ("REQUEST_METHOD", "GET"),
];

/// The password of the lab's proxy, which nothing may print.
const PASSWORD: &str = outbound::lab::whole::PROXY_PASSWORD;

fn leftovers(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.contains("demo")).collect()
}

#[test]
fn demo_shows_what_matters_in_any_environment() {
    for variables in [&[][..], HOSTILE] {
        let home = Home::new();
        home.write("config/outbound/outbound.toml", "nonsense = 1\n");
        let demo = home.run(&["demo"], variables);
        assert_eq!(demo.code, Some(0), "{}\n{}", demo.out, demo.err);
        let facts = [
            "$ outbound --config ",
            "ftp://ftp.census.example/pub/air.csv  through http://127.0.0.1:",
            "direct\n  because     bypass rule `127.0.0.1`",
            "auth 127.0.0.1:",
            "407, Basic offered",
            "target-tls data.example:443",
            "220 outbound-lab FTP ready",
            "4 files have the SHA-256 of their datasets",
            "inside.csv  5765 bytes\n= as expected: exit 0, no proxy was asked",
            "acl port_1024-65535 port 1024-65535",
            "lab.toml:5: proxy.password",
            "demo: 32 checks, all as expected\n",
        ];
        for fact in facts {
            assert!(demo.out.contains(fact), "{fact}\nin\n{}", demo.out);
        }
        assert!(!format!("{demo:?}").contains(PASSWORD));
        assert_eq!(demo.err, "");
        assert!(demo.out.lines().count() < 100, "{}", demo.out);
        assert!(!demo.out.contains('\x1b'));
        assert_eq!(leftovers(home.path()), [""; 0]);
    }
}

#[test]
fn demo_for_machines_and_for_the_silent() {
    let home = Home::new();
    let demo = home.run(&["demo", "--json"], &[]);
    assert_eq!((demo.code, demo.err.as_str()), (Some(0), ""));
    let lines = demo.json();
    let (last, acts) = lines.split_last().unwrap();
    assert!(acts.iter().all(|act| act["as_expected"] == true) && acts.len() == 6);
    assert_eq!(last["differences"], serde_json::json!([]));
    let demo = home.run(&["demo", "-q"], &[]);
    assert_eq!(
        (demo.code, demo.out.as_str(), demo.err.as_str()),
        (Some(0), "", "")
    );
}

#[test]
fn demo_refuses_what_it_cannot_do() {
    let home = Home::new();
    for flags in [
        ["--config", "x.toml"],
        ["--proxy", "direct"],
        ["--no-proxy", ""],
        ["--connection", "x"],
    ] {
        let demo = home.run(&[&["demo"][..], &flags].concat(), &[]);
        assert_eq!(demo.code, Some(2), "{flags:?} {demo:?}");
        assert!(demo.err.contains(flags[0]), "{demo:?}");
    }
    let demo = home.run(&["demo"], &[("TMPDIR", "/nowhere")]);
    assert_eq!((demo.code, demo.out.as_str()), (Some(13), ""));
    assert!(
        demo.err.contains("/nowhere") && demo.err.contains("TMPDIR"),
        "{demo:?}"
    );
}

/// Ends the demo even if the test fails.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn demo_keeps_servers_that_another_process_can_use() {
    for signal in ["INT", "TERM"] {
        let home = Home::new();
        // With a blank, so that a word that is not quoted shows.
        let folder = home.path().join("a folder");
        fs::create_dir(&folder).unwrap();
        let mut command = home.command(&["demo", "--keep"]);
        command.env("TMPDIR", &folder).stdout(Stdio::piped());
        let mut kept = Kept(command.spawn().unwrap());
        let mut lines = BufReader::new(kept.0.stdout.take().unwrap()).lines();
        let (mut typed, mut settings) = (Vec::new(), None);
        while settings.is_none() {
            let line = lines.next().expect("no settings are named").unwrap();
            typed.extend(line.strip_prefix("$ outbound ").map(str::to_owned));
            settings = line
                .split_once(" Settings: ")
                .map(|(_, path)| path.to_owned());
        }
        let settings = settings.unwrap();
        let tries = lines.by_ref().skip(1).take(3).map(Result::unwrap);
        typed.extend(tries.map(|line| line.strip_prefix("  outbound ").unwrap().to_owned()));

        // What was printed can be typed, and ends as it did in the demo.
        let codes = typed.iter().map(|words| home.shell(words).code.unwrap());
        assert_eq!(
            codes.collect::<Vec<_>>(),
            [0, 0, 0, 0, 6, 7, 0, 0, 0],
            "{typed:?}"
        );

        let use_it = |words: &[&str]| {
            let done = home.run(&[&["--config", &settings], words].concat(), &[]);
            assert_eq!(done.code, Some(0), "{done:?}");
            done.out
        };
        let notes = use_it(&["fetch", "-o", "-", "census:2020/NOTES.txt"]);
        let dataset = outbound::lab::data::dataset("2020/NOTES.txt").unwrap();
        assert_eq!(notes.as_bytes(), dataset.bytes);
        assert!(!use_it(&["config", "show"]).contains(PASSWORD));
        assert!(use_it(&["config", "check"]).starts_with("ok: no problem; read "));

        let pid = kept.0.id().to_string();
        let kill = format!("kill -{signal} {pid}");
        let sent = Command::new("sh").args(["-c", &kill]).status();
        assert!(sent.unwrap().success());
        assert_eq!(kept.0.wait().unwrap().code(), Some(0));
        assert_eq!(leftovers(&folder), [""; 0]);
    }
}
