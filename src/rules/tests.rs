use super::*;
use crate::base::{Answer, FtpMode, Kind, Target, TunnelMode};

fn need(url: &str, passage: &Passage) -> Need {
    Need::new(&Target::parse(url).unwrap(), passage).unwrap()
}

fn plan(needs: Vec<Need>) -> Plan {
    Plan {
        proxy: "proxy.example:3128".to_owned(),
        needs,
        clients: Vec::new(),
        user: None,
        listen: "3128".parse().unwrap(),
        filter: FILTER.to_owned(),
        remarks: Vec::new(),
    }
}

/// The lines that are no comments.
fn lines(written: &Written) -> Vec<&str> {
    let text = written.files.iter().flat_map(|file| file.text.lines());
    text.map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

#[test]
fn how_a_target_is_asked_for() {
    let (usual, by_proxy) = (
        Passage::default(),
        Passage {
            tunnel: TunnelMode::Always,
            ftp: FtpMode::ProxyGet,
            ..Passage::default()
        },
    );
    let shown = |url, passage| {
        let need = need(url, passage);
        let by = match &need.by {
            By::Connect => "connect",
            By::Request { scheme, .. } => scheme,
        };
        format!("{} {} {by}", need.host, need::listed(&need.ports))
    };
    for (url, passage, wanted) in [
        ("https://H.example/x", &usual, "h.example 443 connect"),
        ("http://h.example.", &usual, "h.example. 80 http"),
        ("http://h.example", &by_proxy, "h.example 80 connect"),
        ("ws://h.example", &usual, "h.example 80 connect"),
        ("wss://[::1]:9", &usual, "[::1] 9 connect"),
        ("ftp://127.0.0.1", &usual, "127.0.0.1 21 1024-65535 connect"),
        (
            "ftp://h.example:2121",
            &usual,
            "h.example 1024-65535 connect",
        ),
        (
            "ftps://h.example",
            &by_proxy,
            "h.example 990 1024-65535 connect",
        ),
        ("ftp://h.example", &by_proxy, "h.example 21 ftp"),
    ] {
        assert_eq!(shown(url, passage), wanted, "{url}");
    }
}

/// What a URL lets through and the DNS does not get into no configuration.
#[test]
fn no_host_brings_lines_of_its_own() {
    for host in [
        "a'b", "a\"b", "a*b", "a(b)", "a;b", "a{b}", "a$b", "a!b", "a,b", "a&b", "..",
    ] {
        let target = Target::new(
            crate::base::Scheme::Https,
            url::Host::Domain(host.into()),
            443,
        );
        let error = Need::new(&target, &Passage::default()).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{host}");
    }
    for host in ["a\nhttp_access allow all", "a b", "a#b", "a\\b", "a%b", ""] {
        let target = Target::new(
            crate::base::Scheme::Https,
            url::Host::Domain(host.into()),
            443,
        );
        assert!(Need::new(&target, &Passage::default()).is_err(), "{host}");
    }
}

/// Users are written as they are only when nothing in them can be more than a user.
#[test]
fn no_user_brings_lines_of_its_own() {
    for (user, squid, apache) in [
        (
            "svc-data",
            "acl user_svc-data proxy_auth svc-data",
            "Require user svc-data",
        ),
        (
            "a\nhttp_access allow all",
            "acl user_any proxy_auth REQUIRED",
            "Require valid-user",
        ),
        (
            "-i",
            "acl user_any proxy_auth REQUIRED",
            "Require valid-user",
        ),
        (
            "a b",
            "acl user_any proxy_auth REQUIRED",
            "Require valid-user",
        ),
        (
            "\"/etc/passwd\"",
            "acl user_any proxy_auth REQUIRED",
            "Require valid-user",
        ),
    ] {
        let mut plan = plan(vec![need("https://h.example", &Passage::default())]);
        plan.user = Some(user.to_owned());
        for (product, wanted) in [(Product::Squid, squid), (Product::Apache, apache)] {
            let written = write(product, &plan, Form::Lines);
            assert!(lines(&written).contains(&wanted), "{user}: {written:?}");
            assert!(!lines(&written).contains(&"http_access allow all"));
        }
    }
}

#[test]
fn one_host_has_one_pair_of_lists() {
    let passage = Passage::default();
    let needs = merged([
        need("https://h.example", &passage).for_connection("b"),
        need("ftp://h.example", &passage).for_connection("c"),
        need("https://h.example:444", &passage).for_connection("a"),
        need("http://h.example", &passage),
    ]);
    assert_eq!(needs.len(), 2);
    assert_eq!(
        needs[0].label(),
        "a, b, c (ftp: control and passive data, https)"
    );
    let written = write(Product::Squid, &plan(needs), Form::Lines);
    assert_eq!(
        lines(&written),
        [
            "acl host_h.example dstdomain -n h.example",
            "acl port_21_443-444_1024-65535 port 21 443-444 1024-65535",
            "http_access allow localnet CONNECT host_h.example port_21_443-444_1024-65535",
            "acl port_80 port 80",
            "acl method_GET_HEAD method GET HEAD",
            "acl proto_HTTP proto HTTP",
            "http_access allow localnet proto_HTTP method_GET_HEAD host_h.example port_80",
        ]
    );
}

/// Squid refuses names of more than 63 bytes, and lines of one name add up.
#[test]
fn the_names_of_lists_are_short_and_differ() {
    let long = |end: &str| {
        format!(
            "https://{}.{}.{end}.example",
            "a".repeat(40),
            "b".repeat(40)
        )
    };
    let url = ["a_b.example", "a-b.example"].map(|host| format!("https://{host}"));
    let urls = [long("c"), long("d"), url[0].clone(), url[1].clone()];
    let needs = urls.iter().map(|url| need(url, &Passage::default()));
    let written = write(Product::Squid, &plan(needs.collect()), Form::Whole);
    let mut names: Vec<&str> = lines(&written)
        .iter()
        .filter_map(|line| line.strip_prefix("acl host_")?.split(' ').next())
        .collect();
    assert!(names.iter().all(|name| name.len() < 61), "{names:?}");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 4, "{names:?}");
}

#[test]
fn a_product_shows_itself_by_fields_or_by_its_page() {
    let mut answers: Vec<(Answer, &[Product])> = Vec::new();
    let of = |change: &dyn Fn(&mut Answer)| {
        let mut answer = Answer::new(403, "");
        change(&mut answer);
        answer
    };
    answers.push((of(&|_| {}), &[]));
    answers.push((
        of(&|a| a.squid_error = Some("ERR_ACCESS_DENIED 0".into())),
        &[Product::Squid],
    ));
    answers.push((
        of(&|a| a.server = Some("Apache/2.4 (Debian)".into())),
        &[Product::Apache],
    ));
    answers.push((
        of(&|a| a.server = Some("tinyproxy/1.11.1".into())),
        &[Product::Tinyproxy],
    ));
    answers.push((
        of(&|a| a.via = Some("1.1 squid-3.corp (squid/5.7)".into())),
        &[Product::Squid],
    ));
    answers.push((
        of(&|a| {
            a.server = Some("Apache".into());
            a.via = Some("1.1 a (squid)".into());
        }),
        &[Product::Squid, Product::Apache],
    ));
    for (body, product) in [
        (
            "<h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n",
            Product::Haproxy,
        ),
        (
            "<address>Apache/2.4.67 (Debian) Server at</address>",
            Product::Apache,
        ),
        (
            "<em>Generated by tinyproxy version 1.11.1.</em>",
            Product::Tinyproxy,
        ),
        ("<p>Generated Fri by h (squid/5.7)</p>", Product::Squid),
    ] {
        let answer = of(&|a| a.body = body.into());
        assert_eq!(Product::recognise(&answer), [product], "{body}");
    }
    for (answer, products) in answers {
        assert_eq!(Product::recognise(&answer), products, "{answer:?}");
    }
}

/// What a list is for stands in a comment, on lines of no more than 100 characters.
#[test]
fn comments_are_comments() {
    let names: Vec<String> = (0..40)
        .map(|number| format!("connection-{number}"))
        .collect();
    let mut one = need("http://h.example", &Passage::default());
    one.connections.extend(names);
    let mut plan = plan(vec![one]);
    plan.remarks
        .push("a remark\nhttp_access allow all".to_owned());
    for product in Product::ALL {
        let written = write(product, &plan, Form::Whole);
        for line in written.files.iter().flat_map(|file| file.text.lines()) {
            let is_comment = line.trim_start().starts_with('#');
            assert!(!is_comment || line.len() <= 102, "{line}");
            assert_ne!(line, "http_access allow all");
        }
    }
}

/// A pattern is for one host at its ports, and ends where they end.
#[test]
fn patterns_are_closed_at_both_ends() {
    let always = Passage {
        tunnel: TunnelMode::Always,
        ..Passage::default()
    };
    let usual = Passage::default();
    for (url, passage, wanted) in [
        ("https://a-b.example", &usual, "^a-b[.]example:443$"),
        ("http://h.example:81", &always, "^h[.]example:81$"),
        ("http://h.example", &usual, "^http://h[.]example(:80)?/"),
        ("http://h.example:81", &usual, "^http://h[.]example:81/"),
        ("http://[::1]", &usual, "^http://\\[::1\\](:80)?/"),
        ("https://127.0.0.1:444", &usual, "^127[.]0[.]0[.]1:444$"),
    ] {
        assert_eq!(pattern::url(&need(url, passage)), wanted, "{url}");
    }
}

/// haproxy takes 64 words a line, and refuses a file with a longer one.
#[test]
fn many_clients_fit_into_haproxys_lines() {
    let mut plan = plan(vec![need("https://h.example", &Passage::default())]);
    let networks = (0..200).map(|number| format!("10.{number}.0.0/16"));
    plan.clients = networks.map(|network| network.parse().unwrap()).collect();
    let written = write(Product::Haproxy, &plan, Form::Whole);
    let lines = lines(&written);
    for line in &lines {
        assert!(line.split(' ').count() <= 64, "{line}");
    }
    let (acl, rest): (Vec<&str>, Vec<&str>) =
        lines.iter().partition(|line| line.starts_with("acl from_"));
    let named = acl.iter().flat_map(|line| line.split(' ').skip(3));
    assert_eq!(named.count(), 200);
    let name = acl[0].split(' ').nth(1).unwrap();
    let allow = rest.iter().find(|line| line.contains("allow if")).unwrap();
    assert!(
        allow.contains(&format!(" METH_CONNECT {name} {{")),
        "{allow}"
    );
    // The port of the proxy is its own where both are on one machine.
    let told = |port: &str| {
        let mut plan = plan.clone();
        plan.listen = port.parse().unwrap();
        write(Product::Haproxy, &plan, Form::Whole).notes.join(" ")
    };
    assert!(told("3128").contains("at the port that the proxy has"));
    assert!(!told("3129").contains("at the port that the proxy has"));
}

/// A user whose name would end its line lets every user pass, and that is said.
#[test]
fn a_user_that_cannot_be_named_is_told() {
    let mut plan = plan(vec![need("https://h.example", &Passage::default())]);
    for (user, is_told) in [("svc-data", false), ("DOM\\us er", true)] {
        plan.user = Some(user.to_owned());
        for product in [Product::Squid, Product::Apache] {
            let notes = write(product, &plan, Form::Lines).notes.join(" ");
            assert_eq!(
                notes.contains("let every user pass"),
                is_told,
                "{product} {user}"
            );
        }
    }
}
