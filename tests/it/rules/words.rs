//! What `outbound rules` says of its arguments, of several proxies, and as a table.

use crate::kit::{Program, Ran};

const SETTINGS: &str = "\
[proxy]
url = \"http://proxy.corp.example:3128\"
bypass = [\".corp.example\"]
[proxies.partner]
url = \"http://egress.partner.example:8080\"
[proxies.socks]
url = \"socks5://socks.corp.example\"
[connections.census]
url = \"ftp://ftp.census.example/pub/\"
[connections.data]
url = \"https://data.example.org/\"
[connections.feed]
url = \"wss://feed.example.org/\"
proxy = \"partner\"
[connections.warehouse]
url = \"https://minio.corp.example:9000/\"
[connections.old]
url = \"https://old.example.org/\"
proxy = \"socks\"
";

fn rules(settings: &str, arguments: &[&str]) -> Ran {
    Program::with_settings(settings).run(&[&["rules"], arguments].concat())
}

#[test]
fn only_what_goes_through_one_proxy_is_for_that_one() {
    let ran = rules(SETTINGS, &["--for", "squid"]).expect(0);
    let has = |ran: &Ran, host: &str| ran.out.contains(&format!(" {host}\n"));
    assert!(
        has(&ran, "data.example.org") && !has(&ran, "feed.example.org"),
        "{}",
        ran.out
    );
    // An inside name is nobody's business there.
    assert!(
        !ran.out.contains("minio") && !ran.out.contains("warehouse"),
        "{}",
        ran.out
    );
    let ran = ran.says("not here: what goes through http://egress.partner.example:8080 (feed)");
    let ran = ran.says("not here: what goes directly (warehouse); --for firewall lists it");
    assert!(
        ran.out
            .replace("\n#   ", " ")
            .contains("not here: what goes through http://egress")
    );
    for name in [
        "partner",
        "egress.partner.example:8080",
        "http://egress.partner.example:8080/",
    ] {
        let ran = rules(SETTINGS, &["--for", "squid", "--through", name, "-q"]).expect(0);
        assert!(
            has(&ran, "feed.example.org") && !has(&ran, "data.example.org"),
            "{}",
            ran.out
        );
    }
    let socks = rules(SETTINGS, &["--for", "squid", "--through", "socks"]).expect(4);
    let socks = socks.says("socks5://socks.corp.example:1080 is no HTTP proxy");
    assert_eq!(socks.out, "");
}

#[test]
fn what_is_wrong_is_said() {
    let several = SETTINGS.replace(
        "[proxy]\nurl = \"http://proxy.corp.example:3128\"",
        "[proxy]",
    );
    for (settings, arguments, code, words) in [
        (
            "",
            &["--for", "squid"][..],
            2,
            "the settings have no connections",
        ),
        (
            SETTINGS,
            &["--for", "squid", "--connections", "cencus"],
            2,
            "did you mean `census`?",
        ),
        (
            SETTINGS,
            &["--for", "squid", "--connections", "warehouse"],
            2,
            "nothing of this goes through a proxy",
        ),
        (
            SETTINGS,
            &["--for", "squid", "--through", "nobody"],
            2,
            "something goes through proxy.corp.example:3128, egress",
        ),
        (
            &several,
            &["--for", "squid", "--connections", "feed,old"],
            2,
            "choose one by --through: egress.partner.example:8080, socks.corp.example:1080",
        ),
        (
            SETTINGS,
            &["--for", "squid", "--client", "10.0.0.0/40"],
            2,
            "write an address or a network",
        ),
        (
            SETTINGS,
            &["--for", "squid", "--passive", "9-8"],
            2,
            "write the first and the last port",
        ),
        (
            SETTINGS,
            &["--for", "squid", "--whole", "--listen", "h:1"],
            2,
            "write a port, or an address and a port",
        ),
        (
            SETTINGS,
            &["--for", "squid", "--listen", "3128"],
            2,
            "--whole",
        ),
        (
            SETTINGS,
            &["--for", "tinyproxy", "--filter", "a\"\nPort 1"],
            2,
            "write an absolute path",
        ),
        (
            SETTINGS,
            &["--for", "squid", "--filter", "/etc/list"],
            2,
            "--filter changes nothing with --for squid",
        ),
        (
            SETTINGS,
            &["--for", "firewall", "--whole"],
            2,
            "--whole changes nothing with --for firewall",
        ),
        (
            SETTINGS,
            &["--for", "firewall", "--client", "10.0.0.0/8"],
            2,
            "--client changes nothing with --for firewall",
        ),
        (
            SETTINGS,
            &["--for", "firewall", "--method", "PUT"],
            2,
            "--method changes nothing with --for firewall",
        ),
        (
            SETTINGS,
            &["--for", "squid", "--method", "GET\nhttp_access allow all"],
            2,
            "known are GET, HEAD, PUT",
        ),
        (
            SETTINGS,
            &["--for", "squid", "https://a'b.example/"],
            2,
            "cannot be a name in the DNS",
        ),
        (
            SETTINGS,
            &["--for", "squid", "https://*.example/"],
            2,
            "cannot be a name in the DNS",
        ),
        (
            SETTINGS,
            &["--for", "squid", "ftps://a%0Ab/"],
            2,
            "is not a host",
        ),
        (
            SETTINGS,
            &["--for", "nginx"],
            2,
            "possible values: squid, apache, tinyproxy, haproxy, firewall",
        ),
        (
            "[proxy]\nurl = \"ht://h\"\n",
            &["--for", "squid"],
            3,
            "proxy.url",
        ),
    ] {
        let ran = rules(settings, arguments).expect(code).says(words);
        assert_eq!(ran.out, "", "{arguments:?}");
    }
}

#[test]
fn a_firewall_gets_a_table() {
    let ran = rules(SETTINGS, &["--for", "firewall"]).expect(0);
    let lines: Vec<Vec<&str>> = ran
        .out
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    let (proxy, partner) = ("proxy.corp.example", "egress.partner.example");
    let wanted: [&[&str]; 9] = [
        &[
            "from",
            "to host",
            "port",
            "protocol",
            "purpose",
            "connection",
        ],
        &[
            "this host",
            proxy,
            "3128",
            "tcp",
            "to the proxy",
            "census,data",
        ],
        &[
            proxy,
            "ftp.census.example",
            "21,1024-65535",
            "tcp",
            "ftp: control and passive data",
            "census",
        ],
        &[proxy, "data.example.org", "443", "tcp", "https", "data"],
        &["this host", partner, "8080", "tcp", "to the proxy", "feed"],
        &[partner, "feed.example.org", "443", "tcp", "wss", "feed"],
        &[
            "this host",
            "socks.corp.example",
            "1080",
            "tcp",
            "to the proxy",
            "old",
        ],
        &[
            "socks.corp.example",
            "old.example.org",
            "443",
            "tcp",
            "https",
            "old",
        ],
        &[
            "this host",
            "minio.corp.example",
            "9000",
            "tcp",
            "https, directly",
            "warehouse",
        ],
    ];
    assert_eq!(lines, wanted);
    let ran = rules(
        SETTINGS,
        &["--for", "firewall", "--json", "--through", "partner"],
    )
    .expect(0);
    let rows = ran.json_lines();
    assert_eq!(rows.len(), 2, "{}", ran.out);
    assert_eq!(rows[1]["to"], "feed.example.org");
    assert_eq!(rows[1]["ports"], serde_json::json!(["443"]));
}

/// Buckets are hosts, of Amazon's naming or at their endpoint.
#[test]
fn a_bucket_is_a_host() {
    let settings = format!(
        "{SETTINGS}[connections.lake]\nurl = \"s3://my-lake/in/\"\nregion = \"eu-west-1\"\n\
         [connections.own]\nurl = \"s3://my-lake/\"\nendpoint = \"http://s3.example.net:9000\"\n"
    );
    let ran = rules(
        &settings,
        &["--for", "squid", "--connections", "lake,own", "--json"],
    )
    .expect(0);
    let told = ran.json();
    let needs = told["needs"].as_array().unwrap();
    let shown: Vec<String> = needs
        .iter()
        .map(|need| format!("{} {} {}", need["host"], need["ports"], need["by"]))
        .collect();
    assert_eq!(
        shown,
        [
            "\"my-lake.s3.eu-west-1.amazonaws.com\" [\"443\"] \"connect\"",
            "\"s3.example.net\" [\"9000\"] \"http\"",
        ]
    );
}

/// What no proxy can be told stands in each file, and no more than is true of it.
#[test]
fn what_cannot_be_said_stands_in_the_file() {
    for kind in ["squid", "apache", "tinyproxy", "haproxy"] {
        let text = |arguments: &[&str]| {
            let all = [&["--for", kind], arguments].concat();
            let out = rules(SETTINGS, &all).expect(0).out;
            out.replace("\n#   ", " ")
        };
        let all = text(&[]);
        for words in [
            "inside a tunnel (CONNECT) a proxy sees neither paths nor methods",
            "a host that a server redirects to needs lines of its own",
            "an FTP server chooses the port of each transfer: 1024-65535 are open",
        ] {
            assert!(all.contains(words), "{kind}: {words}: {all}");
        }
        let few = text(&["--connections", "census", "--passive", "50000-50100"]);
        assert!(few.contains("inside a tunnel"), "{few}");
        assert!(
            !few.contains("redirects") && !few.contains("chooses"),
            "{few}"
        );
        let http = text(&["http://h.example/"]);
        assert!(!http.contains("inside a tunnel"), "{http}");
        let methods = http.contains("tinyproxy cannot limit methods");
        assert_eq!(methods, kind == "tinyproxy", "{http}");
    }
}
