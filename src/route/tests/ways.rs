//! Who chooses, and what is said about those who did not.

use super::*;
use crate::base::Way;

const SETTINGS: &str = r#"
[proxy]
url = "http://global.example:3128"
bypass = [
  "localhost",
  ".corp.example",
]

[proxies.partner]
url = "https://partner.example"

[connections.plain]
url = "https://plain.example/"

[connections.global]
url = "https://global.example/"
use_global_proxy = true

[connections.direct]
url = "https://direct.example/"
proxy = "direct"

[connections.environment]
url = "https://environment.example/"
proxy = "environment"

[connections.named]
url = "https://named.example/"
proxy = "partner"

[connections.inline]
url = "https://inline.example/"
proxy = { url = "http://inline.example:1" }
"#;

fn flags(proxy: Option<&str>, no_proxy: Option<&str>) -> Flags {
    Flags {
        proxy: proxy.map(Into::into),
        no_proxy: no_proxy.map(Into::into),
        ..Flags::default()
    }
}

/// The way, the rule, where it is written, and what was passed over, in one text each.
fn said(policy: &Policy, connection: &str, url: &str) -> Vec<String> {
    let connection = match connection {
        "" => None,
        name => Some(policy.connection(name).unwrap().as_ref()),
    };
    let target = Target::parse(url).unwrap();
    match resolve(policy, connection, &target) {
        Err(error) => vec![format!("{:?}: {error}", error.kind())],
        Ok(route) => {
            let mut lines = vec![route.to_string()];
            let line = |r: &Rejected| format!("{}: {} ({})", r.candidate, r.why, r.origin);
            lines.extend(route.rejected.iter().map(line));
            lines
        }
    }
}

const ENVIRONMENT: [(&str, &str); 2] = [
    ("https_proxy", "http://env.example:8080"),
    ("no_proxy", "skip.example"),
];

#[test]
fn each_connection_has_its_way() {
    let policy = policy(SETTINGS, &ENVIRONMENT, &Flags::default()).unwrap();
    let global =
        "through http://global.example:3128 (global proxy, /etc/outbound.toml:3: proxy.url)";
    let lost = |name: &str| {
        format!(
            "global proxy http://global.example:3128: connection `{name}` says otherwise \
             (/etc/outbound.toml:3: proxy.url)"
        )
    };
    let not_asked = |why: &str| format!("https_proxy: not asked: {why} (variable https_proxy)");
    let configured = not_asked("a global proxy is configured");
    let otherwise = |name: &str| not_asked(&format!("connection `{name}` says otherwise"));
    let cases = [
        ("", vec![global.to_owned(), configured.clone()]),
        ("plain", vec![global.to_owned(), configured.clone()]),
        ("global", vec![global.to_owned(), configured]),
        (
            "direct",
            vec![
                "directly (told to go direct, /etc/outbound.toml:21: connections.direct.proxy)".into(),
                lost("direct"),
                otherwise("direct"),
            ],
        ),
        (
            "environment",
            vec![
                "through http://env.example:8080 (proxy from the environment, variable https_proxy)".into(),
                "global proxy http://global.example:3128: connection `environment` takes the \
                 environment's (/etc/outbound.toml:3: proxy.url)"
                    .into(),
            ],
        ),
        (
            "named",
            vec![
                "through https://partner.example:443 (proxy `partner`, /etc/outbound.toml:29: \
                 connections.named.proxy)"
                    .into(),
                lost("named"),
                otherwise("named"),
            ],
        ),
        (
            "inline",
            vec![
                "through http://inline.example:1 (the connection's own proxy, \
                 /etc/outbound.toml:33: connections.inline.proxy.url)"
                    .into(),
                lost("inline"),
                otherwise("inline"),
            ],
        ),
    ];
    for (connection, expected) in cases {
        let got = said(&policy, connection, "https://data.example/");
        assert_eq!(got, expected, "{connection}");
    }
}

#[test]
fn a_flag_beats_every_choice() {
    let names = [
        "",
        "plain",
        "global",
        "direct",
        "environment",
        "named",
        "inline",
    ];
    let through = policy(SETTINGS, &ENVIRONMENT, &flags(Some("flag.example:1"), None)).unwrap();
    let direct = policy(SETTINGS, &ENVIRONMENT, &flags(Some("direct"), None)).unwrap();
    for name in names {
        let got = said(&through, name, "https://data.example/");
        let expected =
            "through http://flag.example:1 (proxy given on the command line, flag --proxy)";
        assert_eq!(got[0], expected, "{name}");
        let why = got[1..]
            .iter()
            .all(|line| line.contains("--proxy is given"));
        assert!(why && got.len() >= 3, "{got:?}");
        let got = said(&direct, name, "https://data.example/");
        assert_eq!(
            got[0], "directly (told to go direct, flag --proxy)",
            "{name}"
        );
    }
    let got = said(&through, "named", "https://data.example/");
    let lost = "proxy `partner`: --proxy is given (/etc/outbound.toml:29: connections.named.proxy)";
    assert_eq!(got[1], lost);
}

#[test]
fn a_bypass_rule_beats_every_proxy() {
    let names = ["", "plain", "global", "environment", "named", "inline"];
    let plain = policy(SETTINGS, &ENVIRONMENT, &Flags::default()).unwrap();
    let flag = policy(SETTINGS, &ENVIRONMENT, &flags(Some("flag.example:1"), None)).unwrap();
    let expected = "directly (bypass rule `.corp.example`, /etc/outbound.toml:6: proxy.bypass)";
    for name in names {
        for policy in [&plain, &flag] {
            let got = said(policy, name, "https://www.corp.example/");
            assert_eq!(got[0], expected, "{name}");
            let says = |line: &String| line.contains("bypass rule `.corp.example` matches");
            assert!(got.iter().any(says), "{name}: {got:?}");
        }
    }
    let got = said(&flag, "", "https://www.corp.example/");
    let lost = "--proxy http://flag.example:1: bypass rule `.corp.example` matches (flag --proxy)";
    assert_eq!(got.last().unwrap(), lost);
}

#[test]
fn the_list_in_force_is_the_flags_then_the_settings_then_the_environments() {
    let url = "https://skip.example/";
    let no_list = "[proxy]\nurl = \"http://p:1\"\n";
    let empty = "[proxy]\nurl = \"http://p:1\"\nbypass = []\n";
    let way = |toml: &str, flags: &Flags| {
        let policy = policy(toml, &ENVIRONMENT, flags).unwrap();
        said(&policy, "", url)
    };
    let none = flags(None, None);
    let got = way(no_list, &none);
    assert_eq!(
        got[0],
        "directly (bypass rule `skip.example`, variable no_proxy)"
    );
    let got = way(empty, &none);
    assert!(got[0].starts_with("through http://p:1"));
    let overruled = "bypass rule `skip.example`: the list in force is another: \
                     /etc/outbound.toml:3: proxy.bypass (variable no_proxy)";
    assert_eq!(got.last().unwrap(), overruled);
    assert!(way(no_list, &flags(None, Some("")))[0].starts_with("through http://p:1"));
    let got = way(empty, &flags(None, Some("skip.example")));
    assert_eq!(
        got[0],
        "directly (bypass rule `skip.example`, flag --no-proxy)"
    );
}

#[test]
fn going_without_a_proxy_says_what_did_not_serve() {
    let set = [
        ("http_proxy", "http://p:1"),
        ("HTTPS_PROXY", "http://p:1"),
        ("ftps_proxy", "http://p:1"),
    ];
    let policy = policy("", &set, &Flags::default()).unwrap();
    let expected = [
        "directly (no proxy is configured)",
        "http_proxy: serves http and ws only (variable http_proxy)",
        "HTTPS_PROXY: serves https and wss only (variable HTTPS_PROXY)",
        "ftps_proxy: serves ftps only (variable ftps_proxy)",
    ];
    assert_eq!(said(&policy, "", "ftp://ftp.example/"), expected);
}

#[test]
fn variables_that_lost_are_listed_in_the_order_of_asking() {
    let set = [
        ("http_proxy", "http://p:1"),
        ("HTTP_PROXY", "http://q:1"),
        ("all_proxy", "http://r:1"),
    ];
    let lower = policy("", &set, &Flags::default()).unwrap();
    let expected = [
        "through http://p:1 (proxy from the environment, variable http_proxy)",
        "HTTP_PROXY: http_proxy is asked first (variable HTTP_PROXY)",
        "all_proxy: http_proxy is asked first (variable all_proxy)",
    ];
    assert_eq!(said(&lower, "", "http://h.example/"), expected);
    let set = [
        ("HTTP_PROXY", "q"),
        ("all_proxy", "r"),
        ("REQUEST_METHOD", "GET"),
    ];
    let cgi = policy("", &set, &Flags::default()).unwrap();
    let got = said(&cgi, "", "http://h.example/");
    assert!(got[0].starts_with("through http://r:80"), "{got:?}");
    assert!(
        got[1].starts_with("HTTP_PROXY: REQUEST_METHOD is set"),
        "{got:?}"
    );
    assert_eq!(cgi.warnings().len(), 1);
}

#[test]
fn nothing_falls_to_direct() {
    let strict = "[policy]\ndirect = \"bypass-only\"\n[connections.inside]\nurl = \
                  \"https://in.example/\"\nproxy = \"direct\"\n[connections.env]\nurl = \
                  \"https://env.example/\"\nproxy = \"environment\"\n[connections.global]\nurl = \
                  \"https://global.example/\"\nproxy = \"global\"\n";
    let bare = policy(strict, &[("http_proxy", "http://p:1")], &Flags::default()).unwrap();
    for connection in ["", "env"] {
        let got = said(&bare, connection, "ftp://ftp.example/");
        let expected = "Policy: find the way to ftp.example:21: no proxy is configured for ftp, and \
                        the policy forbids to go direct (/etc/outbound.toml:2: policy.direct); \
                        http_proxy: serves http and ws only";
        assert_eq!(got, [expected], "{connection}");
    }
    let target = Target::parse("wss://h.example/").unwrap();
    let error = resolve(&bare, None, &target).unwrap_err();
    let hint = error.hint().unwrap();
    assert!(hint.contains("https_proxy") && hint.contains("add h.example to `proxy.bypass`"));

    let got = said(&bare, "inside", "https://in.example/");
    assert!(got[0].starts_with("directly (told to go direct"), "{got:?}");
    assert!(said(&bare, "", "http://h.example/")[0].starts_with("through http://p:1"));
    let got = said(&bare, "global", "http://h.example/");
    assert!(
        got[0].starts_with("Settings: ") && got[0].contains("none is configured"),
        "{got:?}"
    );

    let listed = strict.replace("[policy]", "[proxy]\nbypass = [\"in.example\"]\n[policy]");
    let listed = policy(&listed, &[], &Flags::default()).unwrap();
    let got = said(&listed, "", "https://in.example/");
    assert!(
        got[0].starts_with("directly (bypass rule `in.example`"),
        "{got:?}"
    );
    // A bypass rule does not excuse a connection that insists on a proxy that is not there.
    let got = said(&listed, "global", "https://in.example/");
    assert!(got[0].starts_with("Settings: "), "{got:?}");

    let wrong = policy(
        "",
        &[("https_proxy", "htp://u:hunter2@p")],
        &Flags::default(),
    )
    .unwrap();
    let got = said(&wrong, "", "https://h.example/");
    assert!(
        got[0].starts_with(
            "Settings: find the way to h.example:443: variable https_proxy: the proxy scheme"
        ),
        "{got:?}"
    );
    assert!(!got[0].contains("hunter2"));
}

#[test]
fn the_default_policy_goes_direct() {
    let target = Target::parse("https://h.example/").unwrap();
    let route = resolve(&Policy::default(), None, &target).unwrap();
    assert_eq!(route, Route::direct(Reason::NoProxy, Origin::Default));
}

#[test]
fn the_proxy_is_shared_and_not_copied() {
    let policy = policy(SETTINGS, &[], &Flags::default()).unwrap();
    let target = Target::parse("https://h.example/").unwrap();
    let route = resolve(&policy, None, &target).unwrap();
    let Way::Proxy(proxy) = &route.way else {
        panic!()
    };
    assert!(Arc::ptr_eq(proxy, policy.proxy().unwrap()));
}
