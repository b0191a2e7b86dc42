//! A forward proxy on the way that answers in its own name: that says nothing of the deployment, and is
//! judged as by `check` without `--web`.

use crate::kit::{Program, Ran};
use crate::support::peers::squid::{Options, Squid};
use crate::support::peers::{apache, squid, tinyproxy};
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::Closed;

/// The same failure by `check` and by `check --web`, with these words in the text of both.
fn fails(proxy: &str, url: &str, code: &str, side: &str, words: &[&str]) {
    let program = Program::with_settings(&format!("[proxy]\nurl = \"{proxy}\"\n"));
    let plain = program.run(&["check", url]).expect(6);
    let web = program.run(&["check", "--web", url]).expect(6);
    let is_told = |ran: &Ran| {
        for words in words.iter().chain([&code]) {
            assert!(ran.out.contains(words), "{words}: {}", ran.out);
        }
    };
    is_told(&plain);
    is_told(&web);
    let told = program.run(&["check", "--web", "--json", url]).expect(6);
    let told = told.json();
    let reach = &told["findings"][0];
    assert_eq!(
        (&reach["item"], &reach["verdict"]),
        (&"reach".into(), &"fail".into())
    );
    assert_eq!(
        (&reach["code"], &reach["failure"]["side"]),
        (&code.into(), &side.into())
    );
    assert!(told["front"].is_null(), "{told}");
}

/// With the lines that `check` prints.
#[test]
fn squid_refuses() {
    let rules = "acl blocked dstdomain blocked.test\nhttp_access deny blocked";
    let squid = Squid::start(Options {
        above: Some(("http_access deny !Safe_ports".to_owned(), rules.to_owned())),
        ..Options::default()
    });
    let lines = [
        "403 Forbidden (squid: ERR_ACCESS_DENIED 0)",
        "ask the proxy's administrator to allow this URL",
        "squid    # above the first `http_access deny`",
    ];
    let url = "http://blocked.test/";
    fails(&squid.url(), url, "OUT-REQUEST-FORBIDDEN", "proxy", &lines);
}

#[test]
fn an_unknown_name() {
    let url = "http://nosuch.invalid/";
    let unknown = "OUT-PROXY-TARGET-NAME-UNKNOWN";
    fails(&squid().url(), url, unknown, "target", &["nosuch.invalid"]);
    let words = ["the proxy does not know the name nosuch.invalid"];
    fails(&apache().url(), url, unknown, "target", &words);
    let words = ["tinyproxy does not say why it could not reach nosuch.invalid:80"];
    let code = "OUT-PROXY-TARGET-UNREACHABLE";
    fails(&tinyproxy().url(), url, code, "target", &words);
}

#[test]
fn a_closed_port() {
    let closed = Closed::new();
    let url = closed.url();
    let words = ["could not reach 127.0.0.1:"];
    for proxy in [apache().url(), tinyproxy().url()] {
        let code = "OUT-PROXY-TARGET-UNREACHABLE";
        fails(&proxy, &url, code, "target", &words);
    }
    let (code, words) = (
        "OUT-PROXY-TARGET-PORT-CLOSED",
        ["refused the proxy's connection"],
    );
    fails(&squid().url(), &url, code, "target", &words);
}

/// Squid makes a page of whatever a service says.
#[test]
fn a_target_that_speaks_no_http() {
    let steps = vec![
        Step::write("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
        Step::head(),
        Step::Close,
    ];
    let ssh = Scripted::each(steps);
    let proxy = format!("[proxy]\nurl = \"{}\"\n", squid().url());
    let ran = Program::with_settings(&proxy).run(&["check", "--web", &ssh.url()]);
    for words in [
        "  doubt  reach       GET /: 200 OK",
        "means       the target does not speak HTTP: the proxy passed on what it said",
    ] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
}
