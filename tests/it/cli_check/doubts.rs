//! Good answers that may be another's, and plain HTTP where TLS is spoken.

use super::answering;
use crate::kit::{Program, Ran, shared};
use crate::support::peers;
use crate::support::scripted::{Scripted, Step};

/// A web server in the proxy's place has a file of that path: nothing fails.
#[test]
fn a_good_answer_without_a_trace_of_the_proxy_is_doubted() {
    let shared = shared();
    let doubt = "  doubt    nothing in the answer shows that a proxy passed it on";
    let web = shared.nginx.http("");
    let program = Program::new();
    let asked = "http://data.example/small.bin?token=hunter2";
    let ran = program.run(&["check", "--proxy", &web, asked]).expect(0);
    assert!(ran.out.contains(doubt), "{}", ran.out);
    assert!(
        ran.out.starts_with("http://data.example/small.bin?…\n"),
        "{}",
        ran.out
    );
    assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
    // What may be wrong is what -q leaves.
    let ran = program.run(&["check", "-q", "--proxy", &web, asked]);
    assert!(ran.expect(0).out.contains(doubt));
    let ran = program
        .run(&["check", "--json", "--proxy", &web, asked])
        .expect(0);
    let told = ran.json();
    assert!(told["doubt"].is_string(), "{told}");
    let url = shared.nginx.http("/small.bin");
    for proxy in [
        peers::squid().url(),
        peers::tinyproxy().url(),
        peers::apache().url(),
    ] {
        let ran = program.run(&["check", "--proxy", &proxy, &url]).expect(0);
        assert!(!ran.out.contains("doubt"), "{}", ran.out);
    }
}

/// The file that comes is another server's, and the exit code says that all is well.
#[test]
fn the_doubt_is_a_warning_once_where_data_is_brought() {
    let shared = shared();
    let web = shared.nginx.http("");
    let warning = "outbound: warning: nothing in the answer shows that a proxy passed it on";
    let one = "http://data.example/small.bin?a=1";
    let other = "http://other.example/small.bin?a=2";
    let said = |ran: &Ran| ran.err.matches(warning).count();
    let program = Program::new();
    for arguments in [
        vec!["fetch", one],
        // It is there now.
        vec!["fetch", one],
        vec!["fetch", "--force", one],
        vec!["fetch", "-o", "-", one, other],
        vec!["stat", one, other],
        vec!["stat", "--json", one],
    ] {
        let arguments = [&["--proxy", &web][..], &arguments].concat();
        let ran = program.run(&arguments).expect(0);
        assert_eq!(said(&ran), 1, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("`tunnel = \"always\"` makes sure"));
    }
    let ran = program.run(&["stat", "--json", "--proxy", &web, one]);
    let told = ran.expect(0).json();
    assert!(told["doubt"].is_string(), "{told}");
    let ran = program.run(&["stat", "-q", "--proxy", &web, one]).expect(0);
    assert_eq!(said(&ran), 0, "{}", ran.err);
    // Proxies say who they are, and a server that is reached directly need not.
    let url = shared.nginx.http("/small.bin");
    for proxy in [
        peers::squid().url(),
        peers::tinyproxy().url(),
        peers::apache().url(),
        "direct".to_owned(),
    ] {
        let ran = program.run(&["stat", "--proxy", &proxy, &url]).expect(0);
        assert_eq!(said(&ran), 0, "{proxy}: {}", ran.err);
    }
}

#[test]
fn plain_http_at_a_port_of_tls() {
    let shared = shared();
    let tls = shared.nginx.https("").replace("https://", "http://");
    let program = Program::new();
    let hint = "this port speaks TLS: write https:// in the URL";
    let to_file = ["fetch", "-o", "x", &tls];
    program.run(&to_file).expect(9).says(hint);
    let may = "if this port speaks TLS, write https:// in the URL";
    program.run(&["stat", &tls]).expect(9).says(may);
    let proxy = "speaks TLS, which cannot be used to a proxy yet: set flag --proxy";
    // Apache httpd's words.
    let words = "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />";
    let answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: ";
    let httpd = answering(&format!("{answer}{}\r\n\r\n{words}", words.len()));
    let ran = program.run(&["stat", "--proxy", &httpd.url(), "https://data.example/x"]);
    ran.expect(6).says(proxy);
    let ran = program.run(&["fetch", "--proxy", &tls, "http://data.example/x"]);
    ran.expect(6).says(proxy);
    // Others hang up, or send an alert.
    let alert = Step::write(b"\x15\x03\x01\0\x02\x02\x46");
    for (script, hint) in [
        (vec![Step::head(), Step::Close], may),
        (vec![Step::head(), alert, Step::Close], hint),
    ] {
        let server = Scripted::each(script);
        let url = server.url();
        let ran = program.run(&["fetch", "--retry", "1", "-o", "-", &url]);
        ran.says(hint);
    }
}
