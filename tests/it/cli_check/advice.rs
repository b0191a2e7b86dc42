//! The advice for Squid, followed to the letter in a Squid with Debian's rules.

use serde_json::Value;

use crate::kit::Program;
use crate::support::peers::{Squid, squid};

/// A Squid that tunnels to port 443 alone, with these lines above that one of its configuration.
fn strict(place: &str, lines: &str) -> Squid {
    Squid::start(squid::Options {
        tunnel_ports: "443".to_owned(),
        above: Some((place.to_owned(), lines.to_owned())),
        ..squid::Options::default()
    })
}

/// How a check of the URL through the proxy fails: nothing listens at its port.
fn failure(proxy: &Squid, url: &str) -> Value {
    let program = Program::with_settings(&format!("[proxy]\nurl = \"{}\"\n", proxy.url()));
    let told = program.run(&["check", "--json", url]).out;
    serde_json::from_str::<Value>(&told).unwrap()["failure"].take()
}

#[test]
fn the_line_for_squid_helps_where_it_says() {
    let unadvised = strict("http_access deny all", "");
    // 1024 is neither in Safe_ports nor in SSL_ports, and a server may choose it for its data.
    let urls = [
        "ftp://127.0.0.1:1024/x",
        "ftps://127.0.0.1/x",
        "https://127.0.0.1:444/x",
    ];
    for url in urls {
        let refused = failure(&unadvised, url);
        assert_eq!(refused["kind"], "proxy-refused", "{url}: {refused}");
        let hint = refused["hint"].as_str().unwrap();
        let mut lines = hint.lines().skip_while(|line| !line.contains("  squid "));
        let line = lines.next().unwrap().trim_start()["squid".len()..].trim();
        let place = lines.next().unwrap().trim();
        let places: Vec<&str> = place.split('`').skip(1).step_by(2).collect();
        let [first, second] = places[..] else {
            panic!("{url}: two places: {place}")
        };
        let line = line.replace("; ", "\n");
        let passed = failure(&strict(first, &line), url);
        assert_eq!(passed["kind"], "proxy-unavailable", "{url}: {passed}");
        // Above both, as it says, and not between them.
        let between = failure(&strict(second, &line), url);
        assert_eq!(between["kind"], "proxy-refused", "{url}: {between}");
    }
}
