//! `outbound rules`: the real proxies start with what it prints, let pass what was declared, and
//! refuse what was not, or the print has said that they cannot.

mod lines;
mod words;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use crate::kit::{Program, certificate, shared};
use crate::support::acceptor::acceptor;
use crate::support::echo::Echo;
use crate::support::peers::gateways::haproxy;
use crate::support::peers::{self, Apache, Squid, Tinyproxy, Vsftpd, squid};

/// The servers that are declared: of HTTP, FTP and WebSocket.
struct Servers {
    ftp: Vsftpd,
    feed: Echo,
    ca: String,
}

fn servers() -> &'static Servers {
    static SHARED: OnceLock<Servers> = OnceLock::new();
    SHARED.get_or_init(|| {
        let (certificate, ca) = certificate();
        Servers {
            ftp: Vsftpd::start(&shared().root, &[]),
            feed: Echo::start(Some(acceptor(&certificate))),
            ca: ca.to_str().unwrap().to_owned(),
        }
    })
}

/// Settings with one connection of each kind. FTP has the other name of this machine: its data
/// ports would be open to the others' host too.
fn settings(proxy: SocketAddr) -> String {
    let Servers { ftp, feed, ca } = servers();
    let nginx = &shared().nginx;
    format!(
        "[proxy]\nurl = \"http://{proxy}\"\n\
         [connections.plain]\nurl = \"{}\"\n\
         [connections.secure]\nurl = \"{}\"\nca_file = \"{}\"\n\
         [connections.files]\nurl = \"ftp://localhost:{}/\"\n\
         [connections.feed]\nurl = \"wss://127.0.0.1:{}/\"\nca_file = \"{ca}\"\n",
        nginx.http("/"),
        nginx.https("/"),
        shared().ca.display(),
        ftp.port(),
        feed.port(),
    )
}

/// What is printed for these settings, as an object.
fn printed(settings: &str, arguments: &[&str]) -> Value {
    let all = [&["rules", "--quiet", "--json"], arguments].concat();
    let program = Program::with_settings(settings);
    program.run(&all).expect(0).json()
}

pub fn file(printed: &Value, number: usize) -> String {
    let text = printed["files"][number]["text"].as_str();
    text.unwrap_or_else(|| panic!("{printed}")).to_owned()
}

/// The whole file for a proxy that listens at the port, with further arguments.
pub fn whole(kind: &str, behind: SocketAddr, port: u16, more: &[&str]) -> Value {
    let listen = format!("127.0.0.1:{port}");
    let all = [&["--for", kind, "--whole", "--listen", &listen], more].concat();
    printed(&settings(behind), &all)
}

/// The status that a proxy answers a request with, of which this is the first line.
pub fn status(proxy: SocketAddr, line: &str) -> u16 {
    let (_, target) = line.split_once(' ').unwrap();
    let host = target.split("://").last().unwrap().split('/').next();
    let host = host.filter(|host| !host.is_empty()).unwrap_or("proxy.test");
    let mut socket = TcpStream::connect(proxy).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    BufReader::new(socket).read_line(&mut answer).unwrap();
    let code = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    code.unwrap_or_else(|| panic!("{line}: {answer:?}"))
}

/// What passes a proxy beside what was declared.
#[derive(Default)]
struct Lax {
    any_method: bool,
}

/// A file, or a feed, of each connection.
const DECLARED: [&str; 4] = [
    "plain:small.bin",
    "secure:small.bin",
    "files:small.bin",
    "feed:echo",
];

/// The declared connections pass by this program.
fn declared_pass(proxy: SocketAddr) -> Program {
    let program = Program::with_settings(&settings(proxy));
    for url in DECLARED {
        program.run(&["check", url]).expect(0);
    }
    program
}

/// The declared connections pass by this program, and everything beside them is refused.
fn holds(proxy: SocketAddr, lax: &Lax) {
    let program = declared_pass(proxy);
    for (number, url) in DECLARED[..3].iter().enumerate() {
        let name = number.to_string();
        program.run(&["fetch", "-q", url, "-o", &name]).expect(0);
        assert!(
            std::fs::read(program.file(&name)).unwrap() == shared().small,
            "{url}"
        );
    }

    let (http, https) = (shared().nginx.http_port(), shared().nginx.https_port());
    let ftp = servers().ftp.port();
    let passes = [
        format!("CONNECT 127.0.0.1:{https}"),
        format!("GET http://127.0.0.1:{http}/small.bin"),
        format!("HEAD http://127.0.0.1:{http}/small.bin"),
        format!("CONNECT localhost:{ftp}"),
    ];
    for line in passes {
        assert_eq!(status(proxy, &line), 200, "{line}");
    }
    let put = format!("PUT http://127.0.0.1:{http}/small.bin");
    let refused = [
        // Another name, another port, another way, and one beyond another's range.
        format!("CONNECT localhost.:{}", 443),
        format!("CONNECT sub.localhost:{ftp}"),
        format!("CONNECT 127.0.0.1:{ftp}"),
        format!("CONNECT 127.0.0.1:{http}"),
        "CONNECT localhost:1023".to_owned(),
        format!("CONNECT 127.0.0.2:{https}"),
        format!("GET http://localhost:{http}/small.bin"),
        format!("GET http://127.0.0.1:{ftp}/"),
        format!("GET http://127.0.0.1:{}/", http / 10),
        format!("GET http://127.0.0.1:{https}/"),
    ];
    for line in refused {
        assert_eq!(status(proxy, &line), 403, "{line}");
    }
    // tinyproxy does not know what that is.
    let by_proxy = status(proxy, &format!("GET ftp://localhost:{ftp}/small.bin"));
    assert!([400, 403].contains(&by_proxy), "{by_proxy}");
    match lax.any_method {
        true => assert_ne!(
            status(proxy, &put),
            403,
            "or take back what is said of methods"
        ),
        false => assert_eq!(status(proxy, &put), 403, "{put}"),
    }
}

fn note(printed: &Value, words: &str) -> bool {
    let notes = printed["notes"].as_array().unwrap();
    let said = notes
        .iter()
        .any(|note| note.as_str().unwrap().contains(words));
    // What is said is in the file too, whatever its line ends.
    let text = file(printed, 0).replace("\n#   ", " ");
    assert_eq!(said, text.contains(words), "{printed}");
    said
}

/// Nothing is asked for there.
pub fn nowhere() -> SocketAddr {
    ([127, 0, 0, 1], 9).into()
}

#[test]
fn squid_with_the_whole_file() {
    let start = |more: &'static [&'static str]| {
        Squid::start(squid::Options {
            whole: Some(Box::new(|port| {
                file(&whole("squid", nowhere(), port, more), 0)
            })),
            ..squid::Options::default()
        })
    };
    holds(start(&[]).address(), &Lax::default());
    strangers(start(&["--client", "192.0.2.0/24"]).address());
}

#[test]
fn apache_with_the_whole_file() {
    let start = |more: &'static [&'static str]| {
        Apache::start_as(|port, _| file(&whole("apache", nowhere(), port, more), 0))
    };
    let apache = start(&[]);
    holds(apache.address(), &Lax::default());
    // It is no web server.
    assert_eq!(status(apache.address(), "GET /"), 403);
    strangers(start(&["--client", "192.0.2.0/24"]).address());
}

#[test]
fn tinyproxy_with_the_whole_file() {
    let start = |more: &'static [&'static str]| {
        Tinyproxy::start_as(|port, list| {
            let arguments = [&["--filter", list], more].concat();
            let printed = whole("tinyproxy", nowhere(), port, &arguments);
            assert!(note(&printed, "tinyproxy cannot limit methods"));
            (file(&printed, 0), file(&printed, 1))
        })
    };
    holds(start(&[]).address(), &Lax { any_method: true });
    strangers(start(&["--client", "192.0.2.0/24"]).address());
}

/// With few ports it has lines for them as well.
#[test]
fn tinyproxy_with_ports() {
    let tinyproxy = Tinyproxy::start_as(|port, list| {
        let arguments = ["--filter", list, "--connections", "secure"];
        let printed = whole("tinyproxy", nowhere(), port, &arguments);
        assert!(!note(&printed, "cannot limit methods"));
        let line = format!("\nConnectPort {}\n", shared().nginx.https_port());
        assert!(file(&printed, 0).contains(&line));
        (file(&printed, 0), ".".to_owned())
    });
    // The list lets everything pass: what is refused, ConnectPort refuses.
    let https = shared().nginx.https_port();
    assert_eq!(
        status(tinyproxy.address(), &format!("CONNECT 127.0.0.1:{https}")),
        200
    );
    assert_eq!(status(tinyproxy.address(), "CONNECT 127.0.0.1:444"), 403);
}

#[test]
fn haproxy_with_the_whole_file() {
    let behind = peers::tinyproxy().address();
    let start = |more: &'static [&'static str]| {
        haproxy(|port| file(&whole("haproxy", behind, port, more), 0))
    };
    let (_haproxy, port) = start(&[]);
    holds(([127, 0, 0, 1], port).into(), &Lax::default());
    let (_haproxy, port) = start(&["--client", "192.0.2.0/24"]);
    strangers(([127, 0, 0, 1], port).into());
}

/// Who is not among the clients gets nothing.
fn strangers(proxy: SocketAddr) {
    let https = shared().nginx.https_port();
    let http = shared().nginx.http_port();
    for line in [
        format!("CONNECT 127.0.0.1:{https}"),
        format!("GET http://127.0.0.1:{http}/small.bin"),
    ] {
        assert_eq!(status(proxy, &line), 403, "{line}");
    }
}
