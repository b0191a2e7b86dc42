//! How `check --web` tells what it found: its limit, its failures, and its `--json` by the schema.

use super::{MEANS, Site, findings, of};
use crate::kit::Program;
use crate::reports::{HOSTILE, problems_by, refusing, rendered};
use crate::support::deployment::Recipe;
use crate::support::peers::squid::{Options, Squid};
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::Closed;
use crate::support::web_app::Manner;

/// What the schema in docs/reference has against these lines.
pub fn problems(lines: &str) -> String {
    problems_by("check-web.schema.json", lines)
}

/// The limit on the whole: before the deployment answers, and while something of it is tried.
#[test]
fn a_check_of_a_deployment_ends_within_its_time() {
    let silent = Scripted::each(vec![Step::head(), Step::Stall]);
    let check = |more: &[&str]| {
        let words = [&["check", "--web", "--max-time", "200ms"], more].concat();
        Program::new().run(&words)
    };
    // As of a walk: the proxy's silence, and that of the server.
    let behind = ["--json", "--proxy", &silent.url(), "https://dss.test/"];
    let told = check(&behind).expect(6).json();
    assert_eq!(told["ok"], false, "{told}");
    assert_eq!(told["failure"]["code"], "OUT-PROXY-SILENT", "{told}");
    assert_eq!(told["failure"]["stage"], "connect", "{told}");
    assert_eq!(told["failure"]["limit"]["setting"], "--max-time", "{told}");
    assert_eq!(told["findings"][0]["verdict"], "waiting", "{told}");
    let ran = check(&[&silent.url()]).expect(11);
    for line in [
        "  WAIT   reach       GET /: given up after ",
        "  FAIL   request 127.0.0.1:",
        "code        OUT-TARGET-SILENT",
        "limit       --max-time = 200 ms",
        "FAIL: 0 failed, 0 in doubt, 0 passed, 8 not tested, 1 under way",
    ] {
        assert!(ran.out.contains(line), "{line}: {}", ran.out);
    }
    // What was found so far is shown.
    let site = Site::start(Recipe::NginxHttp, Manner::default(), &[]);
    let long = ["--idle", "600", "--max-time", "2s", "--json"];
    let ran = site.check("/", &long).expect(11);
    let found = findings(&ran);
    assert_eq!(of(&found, &["waiting"]), ["idle"], "{}", ran.out);
    assert!(of(&found, &["ok"]).contains(&"websocket".to_owned()));
    let failure = &ran.json()["failure"];
    assert_eq!(failure["limit"]["value"], "2 s", "{failure}");
    let doing = "check idle of the deployment";
    assert!(failure["message"].as_str().unwrap().starts_with(doing));
    assert_eq!(problems(&ran.out), "");
}

/// The limit of a stage is named.
#[test]
fn the_limit_of_a_stage_is_named() {
    let silent = Scripted::each(vec![Step::head(), Step::Stall]);
    let program = Program::with_settings("[timeouts]\nreply = \"100ms\"\n");
    let ran = program.run(&["check", "--web", &silent.url()]).expect(11);
    let line = "limit       timeouts.reply = 100 ms";
    assert!(ran.out.contains(line), "{}", ran.out);
}

/// Whether the port or the host is refused is asked as for a walk.
#[test]
fn a_port_that_the_proxy_refuses_is_told_from_its_host() {
    let strict = Squid::start(Options {
        tunnel_ports: "1".to_owned(),
        ..Options::default()
    });
    let url = format!("https://origin.test:{}/", Closed::new().port());
    let proxy = strict.url();
    for flags in [&["--web"][..], &[]] {
        let words = [&["check", "--json", "--proxy", &proxy, &url], flags].concat();
        let told = Program::new().run(&words).expect(6).json();
        let failure = &told["failure"];
        assert_eq!(failure["code"], "OUT-CONNECT-FORBIDDEN-PORT", "{told}");
        let said = failure["message"].as_str().unwrap();
        assert!(said.contains("CONNECT to origin.test:443 is "), "{told}");
    }
}

/// A login that was sent is not advised.
#[test]
fn nobody_is_told_to_send_the_login_that_was_sent() {
    let program = Program::new();
    std::fs::write(program.file("password"), "secret\n").unwrap();
    let sent = ["--user", "ann", "--password-file", "password"];
    for (status, means) in [
        ("403 Forbidden", "this user may not see it"),
        ("401 Unauthorized", "does not take the login that was sent"),
    ] {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let site = Scripted::each(vec![Step::head(), Step::write(answer), Step::Close]);
        let url = site.url();
        let check = |more: &[&str]| program.run(&[&["check", "--web", &url], more].concat());
        let ran = check(&sent).expect(0);
        assert!(ran.out.contains(means), "{}", ran.out);
        assert!(!ran.out.contains("--user"), "{}", ran.out);
        let ran = check(&[]).expect(0);
        assert!(
            ran.out.contains("--user with --password-file"),
            "{}",
            ran.out
        );
    }
}

#[test]
fn what_is_printed_is_what_the_schema_says() {
    let mut lines = String::new();
    let changes = [("client_max_body_size 0;", "")];
    let site = Site::start(Recipe::NginxHttps, Manner::default(), &changes);
    lines += &site
        .check("/", &[&MEANS[..], &["--json"]].concat())
        .expect(9)
        .out;
    for words in HOSTILE {
        let proxy = refusing(words);
        let words = ["check", "--web", "--json", "--proxy", &proxy.url()];
        for url in ["https://h.test/x", "http://h.test/x"] {
            lines += &Program::new().run(&[&words[..], &[url]].concat()).out;
        }
    }
    let closed = Closed::new();
    for url in [&*closed.url(), "nothing:x"] {
        lines += &Program::new().run(&["check", "--web", "--json", url]).out;
    }
    assert_eq!(lines.lines().count(), 3 + 2 * HOSTILE.len(), "{lines}");
    assert_eq!(problems(&lines), "");
    // The validator sees what is wrong.
    let first = lines.lines().next().unwrap();
    for (from, to) in [
        ("\"schema\":1", "\"schema\":2"),
        ("\"item\":\"reach\"", "\"item\":\"breach\""),
        ("\"did\":", "\"done\":"),
    ] {
        assert!(first.contains(from), "{from}: {first}");
        assert_ne!(problems(&first.replacen(from, to, 1)), "", "{to}");
    }
}

/// A ticket and a page have what the text has: what failed with the lines that mend it, the page of its
/// code, and what was not tested.
#[test]
fn a_ticket_and_a_page_have_what_the_text_has() {
    let squid = Squid::start(Options::default());
    let proxy = squid.url();
    let program = Program::new();
    let check = ["check", "--web", "--proxy", &proxy, "http://127.0.0.1:81/"];
    let text = program.run(&check).expect(6).out;
    let (verdict, rule) = (
        "1 failed, 0 in doubt, 0 passed, 8 not tested",
        "acl port_81 port 81",
    );
    assert!(
        text.contains(&format!("FAIL: {verdict}")) && text.contains(rule),
        "{text}"
    );
    let ticket = program
        .run(&[&check[..], &["--markdown"]].concat())
        .expect(6)
        .out;
    for words in [
        "### FAIL `http://127.0.0.1:81/`\n",
        &format!("**{verdict}**, "),
        "- route: `through http://127.0.0.1:",
        "- reach:\n",
        "  code  OUT-REQUEST-FORBIDDEN\n",
        &format!(" {rule}\n"),
        "- not tested:\n",
        "  upload: the deployment is not reached\n",
        "| **FAIL** | reach | `GET /` | `the proxy answered 403 Forbidden",
        "Z by outbound ",
    ] {
        assert!(ticket.contains(words), "{words}: {ticket}");
    }
    let ran = program.run(&[&check[..], &["--html", "page.html"]].concat());
    let without_times = |text: &str| text.replace(|c: char| c.is_ascii_digit() || c == '.', "");
    let printed = ran.expect(6).out;
    assert_eq!(without_times(&printed), without_times(&text));
    let page = std::fs::read_to_string(program.file("page.html")).unwrap();
    for words in [
        "<h1>outbound check: 1 FAIL</h1>",
        &format!("<p class=\"verdict\">{verdict}</p>"),
        "<summary>About OUT-REQUEST-FORBIDDEN</summary>",
        "<dt>not tested</dt>",
        rule,
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let printed = program.run(&[&check[..], &["--html", "-"]].concat());
    let printed = printed.expect(6).out;
    assert_eq!(without_times(printed.trim()), without_times(page.trim()));
    // What is whole needs no look: with -q neither form has a line.
    let site = Site::start(Recipe::NginxHttp, Manner::default(), &[]);
    let ran = site.check("/", &["--markdown", "-q"]).expect(0);
    assert_eq!(ran.out.matches("### ").count(), 0, "{}", ran.out);
}

/// What a server says is markup in no form.
#[test]
fn hostile_words_are_no_markup_in_a_ticket_and_a_page() {
    for words in HOSTILE {
        let hostile = refusing(words);
        let url = hostile.url();
        let check = ["check", "--web", &url];
        let ticket = Program::new()
            .run(&[&check[..], &["--markdown"]].concat())
            .out;
        let page = Program::new()
            .run(&[&check[..], &["--html", "-"]].concat())
            .out;
        for html in [rendered(&ticket), page] {
            assert!(html.contains("reach"), "{html}");
            for markup in ["<script", "<img", "<a href=\"http", "<i>", "\u{1b}"] {
                assert!(!html.contains(markup), "{markup}: {html}");
            }
        }
    }
}
