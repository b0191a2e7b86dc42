//! What `-v` and `-vv` tell.

use outbound::lab::proxy;

use crate::kit::{self, Program, Ran};
use crate::leaks::{NAME, PASSWORD, lab_proxy, quoted};

/// Fetches over https through the lab's proxy, which asks for the password.
async fn fetch(flags: &[&str]) -> (Ran, String) {
    let shared = kit::shared();
    let proxy = lab_proxy(proxy::Names::new()).await;
    let program = Program::with_settings(&format!(
        "[proxy]\nurl = \"http://{}\"\nusername = \"{NAME}\"\npassword = {}\n\
         [connections.s]\nurl = \"{}\"\nca_file = \"{}\"\n",
        proxy.addr(),
        quoted(PASSWORD),
        shared.nginx.https("/"),
        shared.ca.display()
    ));
    let fetch = [
        "fetch",
        "s:redirect/small.bin?sig=token",
        "--header",
        "X-Key: key-012",
    ];
    let ran = program.run(&[&fetch[..], &["-o", "x"], flags].concat());
    (ran.expect(0), proxy.addr().to_string())
}

/// Every line is there, once, and in this order.
#[track_caller]
fn assert_lines(log: &str, lines: &[&str]) {
    let mut rest = log;
    for line in lines {
        let Some(at) = rest.find(line) else {
            panic!("{line:?} is not there, or not in its place: {log}");
        };
        rest = &rest[at + line.len()..];
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_verbose_tells_the_way_and_each_stage() {
    let (ran, proxy) = fetch(&["-v"]).await;
    let at = format!("127.0.0.1:{}", kit::shared().nginx.https_port());
    let lines = [
        format!(" INFO route {at}: through http://{proxy} (global proxy, "),
        format!(" INFO dial {proxy}: {proxy} ("),
        format!(" INFO auth {proxy}: 407, Basic offered ("),
        format!(" INFO connect {at}: 200 ("),
        format!(" INFO target-tls {at}: TLS 1."),
        " INFO request GET /redirect/small.bin?…: 302 ".to_owned(),
        " INFO request GET /small.bin: 200 ".to_owned(),
    ];
    assert_lines(&ran.err, &lines.each_ref().map(String::as_str));
    assert_eq!(ran.err.matches(" INFO route ").count(), 1, "{}", ran.err);
    assert!(!ran.err.contains("DEBUG"), "{}", ran.err);
    assert!(!ran.err.contains("token"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twice_verbose_tells_the_dialogue() {
    let (ran, _) = fetch(&["-vv"]).await;
    let at = format!("127.0.0.1:{}", kit::shared().nginx.https_port());
    let connect = format!("DEBUG proxy > CONNECT {at}");
    let lines = [
        connect.as_str(),
        "DEBUG proxy < 407 Proxy Authentication Required",
        "; Basic",
        &format!("{connect}; proxy-authorization: …"),
        "DEBUG proxy < 200",
        "DEBUG http > GET /redirect/small.bin?…; ",
        "DEBUG http < 302 Found; ",
        "location: https://127.0.0.1:",
        "DEBUG http > GET /small.bin; ",
        "DEBUG http < 200 OK; ",
    ];
    assert_lines(&ran.err, &lines);
    let sent = ran
        .err
        .lines()
        .find(|line| line.contains("http > "))
        .unwrap();
    for field in ["accept: */*", "user-agent: outbound/", "x-key: …"] {
        assert!(sent.contains(field), "{field}: {sent}");
    }
    let got = ran
        .err
        .lines()
        .rfind(|line| line.contains("http < "))
        .unwrap();
    for field in ["content-length: 1048576", "etag: ", "last-modified: "] {
        assert!(got.contains(field), "{field}: {got}");
    }
    for secret in ["token", "key-012"] {
        assert!(!ran.err.contains(secret), "{secret}: {}", ran.err);
    }
}
