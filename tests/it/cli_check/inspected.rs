//! A proxy that inspects TLS: mitmproxy.

use std::fs;

use serde_json::Value;

use crate::kit::{Program, shared};
use crate::support::peers::mitmproxy::Mitmproxy;
use crate::support::peers::squid;

#[test]
fn its_authority_is_named_saved_and_then_believed() {
    let proxy = Mitmproxy::with_root();
    let url = shared().nginx.https("/small.bin");
    let program = Program::new();
    let through = ["check", "--proxy", &proxy.url(), &url];
    let ran = program.run(&[&through[..], &["--json"]].concat()).expect(8);
    let report = ran.json();
    let failure = &report["failure"];
    assert_eq!(failure["code"], "OUT-TLS-INSPECTED", "{report}");
    assert_eq!(failure["side"], "settings", "{report}");
    assert!(
        failure["hint"].as_str().unwrap().contains("mitmproxy"),
        "{report}"
    );
    let shown = &report["tls"][0];
    assert_eq!(shown["inspection"]["product"], "mitmproxy", "{report}");
    assert_eq!(shown["public"], false, "{report}");
    let hint = failure["hint"].as_str().unwrap();
    assert!(
        hint.contains("`outbound env` and `exec` tell them"),
        "{hint}"
    );
    // Which the proxy team can compare; the server's own was made a moment ago.
    let known = shown["authorities"].as_array().unwrap().last().unwrap();
    assert_eq!(known["subject"], "Corp Root CA", "{report}");
    let ran = program.run(&through).expect(8);
    let line = format!(
        "\n  ca       Corp Root CA, sha256 {}\n",
        known["sha256"].as_str().unwrap()
    );
    assert!(ran.out.contains(&line), "{line}: {}", ran.out);

    let file = program.file("corp-ca.pem");
    let path = file.to_str().unwrap();
    let save = [&through[..], &["--save-ca", path]].concat();
    let ran = program.run(&save).expect(8);
    let written = fs::read_to_string(&file).unwrap();
    // What the proxy itself keeps is what was written, to the letter.
    let kept = fs::read_to_string(proxy.authority()).unwrap();
    assert_eq!(written.trim(), kept.trim(), "{}", ran.err);
    assert!(ran.err.contains("sha256     "), "{}", ran.err);
    assert!(ran.err.contains("compare the fingerprint"), "{}", ran.err);
    // A file that is there is not overwritten, and nothing is asked for.
    let ran = program.run(&save).expect(13);
    assert!(ran.err.contains("corp-ca.pem"), "{}", ran.err);

    let settings = format!(
        "[proxy]\nurl = {:?}\nbypass = []\n[connections.data]\nurl = {:?}\nca_file = {path:?}\n",
        proxy.url(),
        shared().nginx.https("/"),
    );
    let trusting = Program::with_settings(&settings);
    let report = trusting.run(&["check", "--json", "data:small.bin"]);
    let report = report.expect(0).json();
    let shown = &report["tls"][0];
    assert_eq!(shown["version"], "TLS 1.3", "{report}");
    assert!(["h2", "http/1.1"].contains(&shown["alpn"].as_str().unwrap()));
    let ran = trusting.run(&["check", "data:small.bin"]).expect(0);
    assert!(
        ran.out.contains("made on the way by mitmproxy"),
        "{}",
        ran.out
    );
}

/// An inspecting proxy that no name gives away: unrelated hosts have certificates of one issuer, which
/// the public does not know. One host alone, or two of one owner, could be a company's own.
#[test]
fn unrelated_hosts_of_one_issuer_are_inspected() {
    let proxy = Mitmproxy::unknown();
    let (program, url) = (Program::new(), proxy.url());
    let check = |urls: &[&str]| -> Vec<Value> {
        let words = [&["check", "--json", "--proxy", &url], urls].concat();
        let ran = program.run(&words).expect(8);
        let lines = ran.out.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let related = ["https://www.one.test/", "https://data.one.test/"];
    for alone in [&related[..1], &related] {
        for report in check(alone) {
            let code = &report["failure"]["code"];
            assert_eq!(code, "OUT-TLS-UNKNOWN-ISSUER", "{report}");
            assert_eq!(report["tls"][0]["inspection"], Value::Null, "{report}");
        }
    }
    let reports = check(&["https://www.one.test/", "https://www.two.test/"]);
    for (report, other) in reports.iter().zip(["www.two.test", "www.one.test"]) {
        let failure = &report["failure"];
        assert_eq!(failure["code"], "OUT-TLS-INSPECTED", "{report}");
        let hint = failure["hint"].as_str().unwrap();
        for words in [other, "set ca_file", "`outbound env` and `exec` tell them"] {
            assert!(hint.contains(words), "{words}: {report}");
        }
        let shown = &report["tls"][0];
        assert_eq!(shown["inspection"]["same_issuer_as"], other, "{report}");
        assert_eq!(shown["version"], Value::Null, "no handshake: {report}");
    }
}

/// Of several servers behind one proxy the authority is written once, and nothing fails by that.
#[test]
fn several_servers_have_one_authority() {
    let proxy = Mitmproxy::with_root();
    let program = Program::new();
    let file = program.file("ca.pem");
    let urls = ["/small.bin", "/big.bin"].map(|path| shared().nginx.https(path));
    let through = ["check", "--proxy", &proxy.url(), &urls[0], &urls[1]];
    let save = ["--save-ca", file.to_str().unwrap()];
    let ran = program.run(&[&through[..], &save].concat()).expect(8);
    assert_eq!(ran.err.matches("written to").count(), 1, "{}", ran.err);
    let kept = fs::read_to_string(proxy.authority()).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap().trim(), kept.trim());
}

/// The same server through a proxy that leaves TLS alone is not called inspected.
#[test]
fn a_private_authority_is_no_inspection() {
    let url = shared().nginx.https("/small.bin");
    let ran = Program::new();
    let ran = ran
        .run(&["check", "--json", "--proxy", &squid().url(), &url])
        .expect(8);
    let report = ran.json();
    assert_eq!(
        report["failure"]["code"], "OUT-TLS-UNKNOWN-ISSUER",
        "{report}"
    );
    let shown = &report["tls"][0];
    assert_eq!(shown["public"], false, "{report}");
    assert_eq!(shown["inspection"], Value::Null, "{report}");
}

/// As it comes, mitmproxy sends the server's certificate alone: there is no authority to save.
#[test]
fn without_an_authority_in_the_chain_nothing_is_written() {
    let proxy = Mitmproxy::start();
    let url = shared().nginx.https("/small.bin");
    let program = Program::new();
    let file = program.file("ca.pem");
    let path = file.to_str().unwrap();
    let ran = program.run(&["check", "--proxy", &proxy.url(), &url, "--save-ca", path]);
    let ran = ran.expect(8);
    let lacking = "sent no certificate of an authority";
    assert!(
        ran.err.contains(lacking) && ran.err.contains("mitmproxy"),
        "{}",
        ran.err
    );
    assert!(!file.exists());
    // What it keeps is what it signs with.
    let settings = format!(
        "[proxy]\nurl = {:?}\nbypass = []\n[connections.data]\nurl = {:?}\nca_file = {:?}\n",
        proxy.url(),
        shared().nginx.https("/"),
        proxy.authority(),
    );
    let trusting = Program::with_settings(&settings);
    trusting.run(&["check", "data:small.bin"]).expect(0);
}
