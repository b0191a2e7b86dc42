//! FTP by request to the proxy (`ftp = "proxy-get"`): Squid, and Apache httpd with mod_proxy_ftp.

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use outbound::base::{FtpMode, Kind};
use serde_json::Value;

use crate::kit::{Program, client, fetch, noise, sha256, shared};
use crate::support::cutting_ftp::{CuttingFtp, Manners};
use crate::support::peers::ftp_servers::{self, FtpServer, Product};
use crate::support::peers::{self, Squid, Vsftpd, squid};
use crate::support::scripted::{Scripted, Step};

fn vsftpd() -> &'static Vsftpd {
    static SHARED: std::sync::OnceLock<Vsftpd> = std::sync::OnceLock::new();
    SHARED.get_or_init(|| Vsftpd::start(&shared().root, &[]))
}

/// The proxies that fetch FTP themselves, each with its settings.
fn proxies() -> Vec<(&'static str, String)> {
    let with = |url: String| format!("[proxy]\nurl = \"{url}\"\nftp = \"proxy-get\"\n");
    let login = format!(
        "username = '{}'\npassword = '{}'\n",
        squid::USER,
        squid::PASSWORD
    );
    vec![
        ("squid", with(peers::squid().url())),
        (
            "squid with password",
            with(peers::squid_with_password().url()) + &login,
        ),
        ("apache", with(peers::apache().url())),
    ]
}

/// What is left in the folder of a fetch that must leave nothing behind.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_comes_whole_without_a_tunnel() {
    // The server has its port from here on: an earlier tunnel to that port was another server's.
    let url = vsftpd().url("/big.bin");
    let before = peers::squid().log().len();
    for (name, settings) in proxies() {
        let client = client(&settings);
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("big.bin");
        let fetched = fetch(&client, &url, &to).await;
        fetched.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(sha256(&std::fs::read(&to).unwrap()), shared().big, "{name}");
        let stat = client.dataset(&url).unwrap().stat().await;
        let stat = stat.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(stat.length, Some(crate::kit::BIG as u64), "{name}");
        let then = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        assert_eq!(stat.modified, Some(then), "{name}");
        assert_eq!((stat.resumable, stat.validator), (Some(false), None));
        assert_eq!(stat.doubt, None, "{name}");
        // It is the same: size and time say so.
        let again = fetch(&client, &url, &to).await.unwrap();
        assert_eq!(again.kept, crate::kit::BIG as u64, "{name}");
    }
    let log = peers::squid().log();
    let log = &log[before..];
    assert!(log.contains(&format!("GET {url};type=i 200")), "{log}");
    let tunnel = format!("CONNECT 127.0.0.1:{} ", vsftpd().port());
    assert!(!log.contains(&tunnel), "{log}");
}

/// What Apache httpd says to HEAD, by where its memory lies: the date of such an answer is garbage, and
/// garbage with a line end in it makes a 500 of the answer. It knows the file all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_says_nothing_is_followed_by_get() {
    let known = "Server: Apache/2.4.67 (Debian)\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n\
                 Content-Length: 4\r\n";
    let ok = |date: &[u8]| {
        [
            b"HTTP/1.1 200 OK\r\nDate: ",
            date,
            b"\r\n",
            known.as_bytes(),
        ]
        .concat()
    };
    let refused = |status: &str| {
        format!("HTTP/1.1 {status}\r\nServer: Apache/2.4.67 (Debian)\r\n\r\n").into_bytes()
    };
    for head in [
        [ok(b"\xf0g\x92\r\x0fV"), b"\r\n".to_vec()].concat(),
        [ok(b"\xf0\x16\x7f\xbaU"), b"\r\n".to_vec()].concat(),
        refused("500 Internal Server Error"),
        refused("501 Not Implemented"),
        refused("405 Method Not Allowed"),
    ] {
        let whole = [ok(b"Tue, 14 Nov 2023 22:13:21 GMT"), b"\r\nrows".to_vec()].concat();
        let turn = |answer| vec![Step::head(), Step::Write(answer), Step::Close];
        let shown = String::from_utf8_lossy(&head).into_owned();
        let turns = [head, whole].map(turn);
        let proxy = Scripted::sequence(turns.into());
        let settings = format!("[proxy]\nurl = \"{}\"\nftp = \"proxy-get\"\n", proxy.url());
        let client = client(&settings);
        let url = "ftp://data.example/rows.csv";
        let stat = client.dataset(url).unwrap().stat().await;
        let stat = stat.unwrap_or_else(|error| panic!("{shown}: {error:?}"));
        assert_eq!(stat.length, Some(4), "{shown}");
        let then = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        assert_eq!(stat.modified, Some(then), "{shown}");
    }
}

/// Squid would ask for text by the name of a file, and the server would change its line ends.
#[tokio::test(flavor = "multi_thread")]
async fn text_comes_as_it_is_and_so_do_odd_names() {
    let root = peers::folder();
    let text = b"a,b\r\n1,2\n";
    for name in ["t.txt", "a b;c#%.csv", "d/\u{e9}.csv", "empty.txt"] {
        let file = root.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let text: &[u8] = if name == "empty.txt" { b"" } else { text };
        std::fs::write(file, text).unwrap();
    }
    peers::process::share(&root.join("d"));
    let server = Vsftpd::start(&root, &["ascii_download_enable=YES"]);
    let names = [
        "/t.txt",
        "/a%20b%3Bc%23%25.csv",
        "/d/%C3%A9.csv",
        "//d/%C3%A9.csv",
        "/%2Fd/%C3%A9.csv",
        "/empty.txt",
        "/t.txt;type=i",
    ];
    for (proxy, settings) in proxies() {
        for path in names {
            let folder = tempfile::tempdir().unwrap();
            let to = folder.path().join("x");
            let fetched = fetch(&client(&settings), &server.url(path), &to).await;
            if proxy == "apache" && path.contains("%C3") {
                // It takes no names beyond ASCII.
                let error = fetched.unwrap_err();
                assert_eq!(error.kind(), Kind::ProxyRefused, "{path}: {error:?}");
                assert!(error.hint().unwrap().contains("names in ASCII"));
                continue;
            }
            fetched.unwrap_or_else(|error| panic!("{proxy} {path}: {error:?}"));
            let wanted: &[u8] = if path.contains("empty") { b"" } else { text };
            assert_eq!(std::fs::read(&to).unwrap(), wanted, "{proxy} {path}");
        }
    }
    assert!(!server.log().contains("TYPE A"), "{}", server.log());
}

/// Where the proxy passes the length on, or ends its chunks only behind a 226, a cut is seen. Where
/// neither holds, nothing is brought.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_is_never_whole() {
    for (proxy, settings) in proxies() {
        for size in [true, false] {
            for behind in [Some("426 broke"), Some("451 disk"), None] {
                // Apache httpd hangs up seconds behind a cut, whatever was said.
                if proxy == "apache" && size && behind.is_some() {
                    continue;
                }
                let name = format!("{proxy}, size {size}, {behind:?}");
                let file = noise(300_000);
                let server = CuttingFtp::start(Manners {
                    file: file.clone(),
                    size,
                    cuts: 1,
                    behind,
                });
                let folder = tempfile::tempdir().unwrap();
                let to = folder.path().join("x.bin");
                let fetched = fetch(&client(&settings), &server.url("/x.bin"), &to).await;
                if proxy == "apache" && !size {
                    let error = fetched.unwrap_err();
                    assert_eq!(error.kind(), Kind::Unsupported, "{name}: {error:?}");
                    assert!(error.what().contains("tells no length"), "{name}: {error}");
                    assert!(!to.exists(), "{name}: {:?}", names(folder.path()));
                    continue;
                }
                fetched.unwrap_or_else(|error| panic!("{name}: {error:?}"));
                assert!(std::fs::read(&to).unwrap() == file, "{name}");
                assert_eq!(server.transfers(), 2, "{name}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_told_by_whose_side_it_is() {
    let missing = vsftpd().url("/none.bin");
    let folder = vsftpd().url("/d");
    std::fs::create_dir_all(shared().root.join("d")).unwrap();
    peers::process::share(&shared().root.join("d"));
    for (proxy, settings) in proxies() {
        let client = client(&settings);
        let directory = tempfile::tempdir().unwrap();
        let to = directory.path().join("x");
        let error = fetch(&client, &missing, &to).await.unwrap_err();
        assert_eq!(error.kind(), Kind::TargetRefused, "{proxy}: {error:?}");
        if proxy.starts_with("squid") {
            let words = "the server had said `Failed to open file.`";
            assert!(error.what().contains(words), "{error}");
        }
        for url in [folder.clone(), format!("{folder}/")] {
            let error = fetch(&client, &url, &to).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Unsupported, "{proxy} {url}: {error:?}");
            assert!(
                error.hint().unwrap().contains("folder"),
                "{proxy}: {error:?}"
            );
        }
        let listed = client.dataset(&format!("{folder}/")).unwrap().list().await;
        let error = listed.unwrap_err();
        assert_eq!(error.kind(), Kind::Unsupported, "{proxy}: {error:?}");
        assert!(!to.exists());
    }
    // One that knows no FTP, and a server that nobody listens for.
    let url = peers::tinyproxy().url();
    let settings = format!("[proxy]\nurl = \"{url}\"\nftp = \"proxy-get\"\n");
    let error = client(&settings).dataset(&missing).unwrap().stat().await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), Kind::ProxyRefused, "{error:?}");
    assert!(error.hint().unwrap().contains("mod_proxy_ftp"), "{error:?}");
    let silent = Scripted::each(vec![Step::head(), Step::Stall]);
    let settings = format!(
        "[proxy]\nurl = \"{}\"\nftp = \"proxy-get\"\n[timeouts]\nreply = \"100ms\"\n",
        silent.url()
    );
    let error = client(&settings).dataset(&missing).unwrap().stat().await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout, "{error:?}");
    assert!(error.hint().unwrap().contains("mod_proxy_ftp"), "{error:?}");
}

/// Squid 5.7 dies of a GET of an empty folder, mostly of the first. It is never asked.
#[test]
fn an_empty_folder_does_not_end_the_proxy() {
    let root = peers::folder();
    std::fs::create_dir(root.join("empty")).unwrap();
    std::fs::write(root.join("page.html"), "<p>").unwrap();
    let server = Vsftpd::start(&root, &[]);
    let squid = Squid::start(squid::Options::default());
    let program = Program::with_settings(&format!(
        "[proxy]\nurl = \"{}\"\nftp = \"proxy-get\"\n[retry]\npause = \"1ms\"\n",
        squid.url()
    ));
    for _ in 0..5 {
        for path in ["/empty", "/empty/", "/empty;type=i"] {
            let url = server.url(path);
            let ran = program.run(&["fetch", &url, "-o", "x"]).expect(4);
            ran.says("folder");
            program.run(&["stat", &url]).expect(4).says("folder");
            let checked = program.run(&["check", &url]);
            checked.expect(if path == "/empty/" { 0 } else { 4 });
        }
        squid.process().assert_runs();
    }
    // What looks like a folder's page by its type, and is a file.
    let ran = program.run(&["fetch", &server.url("/page.html"), "-o", "-"]);
    assert_eq!(ran.expect(0).out, "<p>");
}

/// The password goes by `Authorization`: in the URL it would stand in the proxy's log.
#[test]
fn a_login_goes_to_the_server_and_stands_nowhere() {
    let server = FtpServer::start(Product::PureFtpd, &shared().root);
    let url = server.url("/small.bin");
    for proxy in [peers::squid().url(), peers::apache().url()] {
        for (password, code) in [(ftp_servers::PASSWORD, 0), ("hunter2", 10)] {
            let folder = tempfile::tempdir().unwrap();
            let secret = folder.path().join("secret");
            std::fs::write(&secret, password).unwrap();
            let program = Program::with_settings(&format!(
                "[proxy]\nurl = \"{proxy}\"\nftp = \"proxy-get\"\n[connections.pure]\n\
                 url = \"{}\"\nusername = \"{}\"\npassword = {{ file = \"{}\" }}\n",
                server.url("/"),
                ftp_servers::USER,
                secret.display(),
            ));
            let ran = program.run(&["fetch", "-vv", "--retry", "1", &url, "-o", "x"]);
            let ran = ran.expect(code);
            assert!(!format!("{ran:?}").contains(password), "{ran:?}");
        }
    }
    for log in [peers::squid().log(), peers::apache().log()] {
        assert!(!log.contains("hunter2") && !log.contains(ftp_servers::PASSWORD));
    }
}

/// The stages of a check as JSON tells them.
fn stages(report: &Value) -> Vec<&str> {
    let steps = report["steps"].as_array().unwrap();
    steps
        .iter()
        .map(|step| step["stage"].as_str().unwrap())
        .collect()
}

#[test]
fn check_proposes_it_and_never_calls_it_a_tunnel() {
    let closed = Squid::start(squid::Options {
        tunnel_ports: "443".to_owned(),
        ..squid::Options::default()
    });
    let (proxy, url) = (closed.url(), vsftpd().url("/small.bin"));
    let program = Program::new();
    let advice = "ask the proxy for the file itself: ftp = \"proxy-get\" (--ftp proxy-get)";
    program.run(&["check", "--proxy", &proxy, &url]).expect(6);
    let ran = program.run(&["check", "--proxy", &proxy, &url]).expect(6);
    assert!(ran.out.contains(advice), "{}", ran.out);
    // With TLS it would be none.
    let ran = program.run(&["check", "--proxy", &proxy, "--tls", "explicit", &url]);
    let ran = ran.expect(6);
    assert!(!ran.out.contains("proxy-get"), "{}", ran.out);
    // It works.
    let asked = ["--proxy", &proxy, "--ftp", "proxy-get", &url];
    let ran = program.run(&[&["check", "--json"], &asked[..]].concat());
    let report = ran.expect(0).json();
    assert_eq!(stages(&report), ["dial", "request", "transfer"]);
    let ran = program.run(&[&["check"], &asked[..]].concat()).expect(0);
    for word in ["tunnel", "connect", "CONNECT"] {
        assert!(!ran.out.contains(word), "{}", ran.out);
    }
    let folder = vsftpd().url("/");
    let ran = program.run(&[
        "check",
        "--json",
        "--proxy",
        &proxy,
        "--ftp",
        "proxy-get",
        &folder,
    ]);
    let report = ran.expect(0).json();
    assert_eq!(stages(&report), ["dial", "request"]);
    let ran = program.run(&[&["route"], &asked[..]].concat()).expect(0);
    assert!(ran.out.contains("by request to the proxy"), "{}", ran.out);
    // A web server in the proxy's place, and a login page that has everything.
    let web = shared().nginx.http("");
    let asked = ["stat", "--proxy", &web, "--ftp", "proxy-get", &url];
    program.run(&asked).expect(9).says("may be a web server");
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\nlog in";
    let portal = Scripted::each(vec![Step::head(), Step::write(page), Step::Close]);
    let asked = [
        "fetch",
        "--proxy",
        &portal.url(),
        "--ftp",
        "proxy-get",
        &url,
        "-o-",
    ];
    let ran = program.run(&asked).expect(0);
    assert!(
        ran.err
            .contains("warning: the answer is like a web server's"),
        "{ran:?}"
    );
}

#[test]
fn with_tls_it_is_a_contradiction() {
    let proxy = peers::squid().url();
    let program = Program::new();
    for arguments in [
        vec!["ftp://h.test/x", "--tls", "explicit"],
        vec!["ftp://h.test/x", "--tls", "opportunistic"],
        vec!["ftps://h.test/x"],
    ] {
        let head = ["fetch", "--proxy", &proxy, "--ftp", "proxy-get"];
        let ran = program.run(&[&head[..], &arguments].concat());
        ran.expect(2).says("cannot go with TLS");
    }
    let ran = program.run(&["stat", "--ftp", "proxy-get", "https://h.test/x"]);
    ran.expect(2).says("--ftp is for ftp://, not for https://");
}

/// Without a proxy there is nobody to ask, and FTP is what was wanted.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_proxy_it_is_plain_ftp() {
    let client = client("[policy]\ndirect = \"allow\"\n");
    let dataset = client.dataset(&vsftpd().url("/small.bin")).unwrap();
    let stat = dataset
        .with_ftp_mode(FtpMode::ProxyGet)
        .stat()
        .await
        .unwrap();
    assert_eq!(stat.length, Some(1 << 20));
    assert_eq!(stat.resumable, Some(true));
}
