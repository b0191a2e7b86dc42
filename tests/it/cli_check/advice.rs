//! The lines that `check` prints for a refusal, pasted where it says: they mend that one alone.

use std::net::SocketAddr;

use crate::kit::{Program, shared};
use crate::rules::{file, nowhere, status, whole};
use crate::support::peers::gateways::haproxy;
use crate::support::peers::process::fixture;
use crate::support::peers::{self, Apache, Squid, Tinyproxy};
use crate::support::sockets::Closed;

/// What a check of the URL through the proxy, which refuses it, says for this product.
fn advised(proxy: SocketAddr, product: &str, url: &str) -> String {
    let program = Program::with_settings(&format!("[proxy]\nurl = \"http://{proxy}\"\n"));
    let told = program.run(&["check", "--json", url]).json();
    let hint = told["failure"]["hint"].as_str().unwrap();
    let of = format!("\n  {product:<8} ");
    let (_, lines) = hint
        .split_once(&of)
        .unwrap_or_else(|| panic!("{product}: {hint}"));
    let lines = lines.split("\n  or ").next().unwrap();
    // Nothing of the others: the product had shown itself.
    assert_eq!(
        hint.matches("\n  ").count() - hint.matches("\n   ").count(),
        1 + hint.matches("\n  or ").count(),
        "{hint}"
    );
    lines.replace("\n           ", "\n")
}

/// After the lines: what was refused may pass, and the same port of another name may not. A tunnel is
/// opened where somebody listens and fails where nobody does; what is asked for by another request
/// is asked of a port at which nobody listens.
fn mends(before: SocketAddr, after: SocketAddr, mended: &str, others: &[&str]) {
    for line in others.iter().chain([&mended]) {
        assert_eq!(status(before, line), 403, "before: {line}");
    }
    let code = status(after, mended);
    assert!(
        (500..505).contains(&code) || code == 200,
        "{mended}: {code}"
    );
    for line in others {
        assert_eq!(status(after, line), 403, "after: {line}");
    }
}

#[test]
fn in_debians_squid() {
    let stock = Squid::stock("");
    let table = [
        // 1024 is neither in Safe_ports nor in SSL_ports, and a server may choose it for its data.
        (
            "ftp://127.0.0.1:1024/x",
            "CONNECT 127.0.0.1:1024",
            "CONNECT localhost:1024",
        ),
        (
            "ftps://127.0.0.1/x",
            "CONNECT 127.0.0.1:990",
            "CONNECT localhost:990",
        ),
        (
            "https://localhost:444/x",
            "CONNECT localhost:444",
            "CONNECT 127.0.0.1:444",
        ),
        (
            "ws://127.0.0.1/x",
            "CONNECT 127.0.0.1:80",
            "CONNECT localhost:80",
        ),
        // Squid's own list of ports is for requests too. No stream leads to a group of hosts, so
        // that nobody answers there.
        (
            "http://224.0.0.1:1/x",
            "GET http://224.0.0.1:1/x",
            "GET http://localhost:1/x",
        ),
    ];
    for (url, mended, other) in table {
        let lines = advised(stock.address(), "squid", url);
        let squid = Squid::stock(&lines);
        let others = [other, "CONNECT 127.0.0.1:22", "PUT http://224.0.0.1:1/x"];
        mends(stock.address(), squid.address(), mended, &others);
    }
}

/// A list of hosts that stands above the ports: lines below it would change nothing.
#[test]
fn in_a_squid_that_denies_hosts() {
    let denied = "acl shut dstdomain localhost shut.test\nhttp_access deny shut";
    let before = Squid::stock(denied);
    let lines = advised(before.address(), "squid", "https://localhost/x");
    assert!(
        lines.contains("above the first `http_access deny`"),
        "{lines}"
    );
    let others = ["CONNECT shut.test:443", "CONNECT localhost:22"];
    let after = Squid::stock(&format!("{lines}\n{denied}"));
    mends(
        before.address(),
        after.address(),
        "CONNECT localhost:443",
        &others,
    );
}

#[test]
fn in_the_sample_of_apache() {
    let sample = peers::apache().address();
    for (url, mended, other) in [
        (
            "https://127.0.0.1:444/x",
            "CONNECT 127.0.0.1:444",
            "CONNECT localhost:444",
        ),
        (
            "ftps://localhost/x",
            "CONNECT localhost:990",
            "CONNECT 127.0.0.1:990",
        ),
    ] {
        let lines = advised(sample, "apache", url);
        let apache = Apache::start_with(&lines);
        let others = [other, "CONNECT 127.0.0.1:22"];
        mends(sample, apache.address(), mended, &others);
    }
}

/// There it is a section that refuses, and not AllowConnect.
#[test]
fn in_an_apache_that_denies_hosts() {
    let start = |lines: String| {
        Apache::start_as(move |port, _| {
            let text = file(&whole("apache", nowhere(), port, &[]), 0);
            text.replace("</VirtualHost>", &format!("{lines}\n</VirtualHost>"))
        })
    };
    let before = start(String::new());
    let https = shared().nginx.https_port();
    let url = format!("https://localhost.localdomain:{https}/");
    let lines = advised(before.address(), "apache", &url);
    let mended = format!("CONNECT localhost.localdomain:{https}");
    let other = format!("CONNECT 127.0.0.2:{https}");
    mends(before.address(), start(lines).address(), &mended, &[&other]);
}

#[test]
fn in_tinyproxys_list() {
    let start = |lines: String| {
        Tinyproxy::start_as(move |port, list| {
            let printed = whole("tinyproxy", nowhere(), port, &["--filter", list]);
            (file(&printed, 0), file(&printed, 1) + &lines)
        })
    };
    let before = start(String::new());
    let (closed, other) = (Closed::new(), Closed::new());
    let (port, other) = (closed.port(), other.port());
    let of = |url: String| advised(before.address(), "tinyproxy", &url);
    let lines = of(format!("https://127.0.0.1:{port}/"));
    let http = of(format!("http://127.0.0.1:{port}/"));
    let [tunnel, get] =
        ["CONNECT 127.0.0.1:", "GET http://127.0.0.1:"].map(|line| format!("{line}{port}"));
    let others = [&*tunnel, &format!("GET http://127.0.0.2:{port}/")];
    mends(
        before.address(),
        start(http).address(),
        &format!("{get}/"),
        &others,
    );
    let others = [
        &*format!("CONNECT 127.0.0.2:{port}"),
        &format!("CONNECT 127.0.0.1:{other}"),
    ];
    mends(before.address(), start(lines).address(), &tunnel, &others);
}

/// What cannot be refused is said.
#[test]
fn in_tinyproxys_ports() {
    let start = |lines: String| {
        Tinyproxy::start_as(move |port, _| {
            let configuration = fixture("tinyproxy.conf");
            let own = configuration.lines().filter(|line| !line.contains('@'));
            let own: Vec<&str> = own.collect();
            let text = format!(
                "Port {port}\n{}\nConnectPort 443\n{lines}\n",
                own.join("\n")
            );
            (text, String::new())
        })
    };
    let before = start(String::new());
    let (closed, other) = (Closed::new(), Closed::new());
    let [mended, url, alias] = [
        "CONNECT 127.0.0.1:",
        "https://127.0.0.1:",
        "CONNECT localhost:",
    ]
    .map(|start| format!("{start}{}", closed.port()));
    let lines = advised(before.address(), "tinyproxy", &url);
    assert!(lines.starts_with("# for every host, unless"), "{lines}");
    let after = start(lines);
    let others = [&*format!("CONNECT 127.0.0.1:{}", other.port())];
    mends(before.address(), after.address(), &mended, &others);
    assert_ne!(status(after.address(), &alias), 403);
    let ftp = advised(before.address(), "tinyproxy", "ftp://127.0.0.1/x");
    assert!(ftp.contains("ConnectPort knows no ranges"), "{ftp}");
}

#[test]
fn in_haproxy() {
    let behind = peers::tinyproxy().address();
    let start = |lines: String| {
        haproxy(move |port| {
            let text = file(&whole("haproxy", behind, port, &[]), 0);
            text.replace(
                "  http-request deny\n",
                &format!("{lines}\n  http-request deny\n"),
            )
        })
    };
    let (_before, port) = start(String::new());
    let before: SocketAddr = ([127, 0, 0, 1], port).into();
    let (closed, other) = (Closed::new(), Closed::new());
    let (at, other) = (closed.address(), other.address());
    let lines = advised(before, "haproxy", &format!("https://{at}/"));
    let http = advised(before, "haproxy", &format!("http://{at}/"));
    let (_after, port) = start(http);
    let others = [&*format!("CONNECT {at}"), &format!("PUT http://{at}/")];
    let url = format!("GET http://{at}/");
    mends(before, ([127, 0, 0, 1], port).into(), &url, &others);
    let (_after, port) = start(lines);
    let others = [
        &*format!("CONNECT 127.0.0.2:{}", at.port()),
        &format!("CONNECT {other}"),
    ];
    let tunnel = format!("CONNECT {at}");
    mends(before, ([127, 0, 0, 1], port).into(), &tunnel, &others);
}
