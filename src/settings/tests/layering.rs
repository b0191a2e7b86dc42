//! Layers over layers.

use std::path::Path;

use super::*;
use crate::base::{Auth, Origin, Proxy, SecretSource, TunnelMode};

const SYSTEM: &str = r#"
[proxy]
url = "http://system.example:3128"
username = "svc"
password = { env = "PW" }
auth = "basic"
tunnel = "always"
ca_file = "corp.pem"
danger_accept_invalid_certs = true
bypass = ["localhost"]

[connections.census]
url = "ftp://ftp.census.example/pub/"
username = "anonymous"
password = { file = "pw" }
ca_file = "census.pem"
"#;

fn over(text: &str) -> Policy {
    let layers = Layers::new().toml("/etc/outbound/outbound.toml", SYSTEM);
    layers.toml("/home/u/outbound.toml", text).build().unwrap()
}

fn is_bare(proxy: &Proxy) -> bool {
    proxy.credentials.is_none()
        && proxy.auth == Auth::Auto
        && proxy.trust == Default::default()
        && proxy.tunnel == TunnelMode::Always
}

#[test]
fn one_layer_alone_has_exact_origins() {
    let policy = over("");
    let proxy = policy.proxy().unwrap();
    let file = "/etc/outbound/outbound.toml";
    assert_eq!(proxy.origin.to_string(), format!("{file}:3: proxy.url"));
    let credentials = proxy.credentials.as_ref().unwrap();
    assert_eq!(
        credentials.origin.to_string(),
        format!("{file}:4: proxy.username")
    );
    let password = credentials.password.as_ref().unwrap();
    assert_eq!(
        password.origin.to_string(),
        format!("{file}:5: proxy.password")
    );
    assert_eq!(password.source, SecretSource::Env("PW".into()));
    assert_eq!(
        (proxy.auth, proxy.tunnel),
        (Auth::Basic, TunnelMode::Always)
    );
    let trust = &proxy.trust;
    assert_eq!(
        trust.ca_file.as_deref(),
        Some(Path::new("/etc/outbound/corp.pem"))
    );
    assert!(trust.danger_accept_invalid_certs);
    assert_eq!(proxy.key, "proxy");
    let census = policy.connection("census").unwrap();
    assert_eq!(census.proxy, ProxyChoice::Default);
    assert_eq!(
        census.origin.to_string(),
        format!("{file}:13: connections.census.url")
    );
    let password = census
        .credentials
        .as_ref()
        .unwrap()
        .password
        .as_ref()
        .unwrap();
    assert_eq!(
        password.source,
        SecretSource::File("/etc/outbound/pw".into())
    );
}

#[test]
fn a_password_never_follows_a_changed_url() {
    // By a file, even one that writes the same URL.
    for url in ["http://other.example", "http://system.example:3128"] {
        let policy = over(&format!("[proxy]\nurl = \"{url}\"\n"));
        assert!(is_bare(policy.proxy().unwrap()), "{url}");
    }
    // By a variable.
    let layers = || Layers::new().toml("/etc/outbound.toml", SYSTEM);
    let layered = variables(layers(), &[("OUTBOUND_PROXY", "other.example:8080")]);
    let policy = layered.build().unwrap();
    let proxy = policy.proxy().unwrap();
    assert!(is_bare(proxy));
    assert_eq!(proxy.origin, Origin::Variable("OUTBOUND_PROXY".into()));
    assert_eq!(proxy.to_string(), "http://other.example:8080");
    // By a flag.
    let flags = Flags {
        proxy: Some("other.example:8080".into()),
        ..Flags::default()
    };
    let policy = layers().flags(&flags).build().unwrap();
    assert!(is_bare(policy.proxy().unwrap()));
    // With credentials of its own, and part of those it had.
    let policy = over("[proxy]\nurl = \"http://me@other.example\"\n");
    let credentials = policy.proxy().unwrap().credentials.clone().unwrap();
    assert_eq!(
        (credentials.username.as_str(), credentials.password),
        ("me", None)
    );
    // Named and inline proxies, and connections.
    let low = "[proxies.a]\nurl = \"http://u@p\"\nca_file = \"x\"\n[connections.c]\nurl = \
               \"ftp://u@h\"\nproxy = { url = \"http://v@q\", auth = \"basic\" }\nca_file = \"y\"\n";
    let high = "[proxies.a]\nurl = \"http://p2\"\n[connections.c]\nurl = \"ftp://h2\"\n\
                proxy = { url = \"http://q2\" }\n";
    let policy = Layers::new()
        .toml("/a", low)
        .toml("/b", high)
        .build()
        .unwrap();
    let named = policy.named("a").unwrap();
    assert!(named.credentials.is_none() && named.trust == Default::default());
    let connection = policy.connection("c").unwrap();
    assert!(connection.credentials.is_none() && connection.trust == Default::default());
    let ProxyChoice::Inline(inline, _) = &connection.proxy else {
        panic!("{:?}", connection.proxy)
    };
    assert!(inline.credentials.is_none() && inline.auth == Auth::Auto);
}

#[test]
fn what_a_higher_layer_does_not_say_stays() {
    let policy = over("[proxy]\npassword = { command = [\"./pw\", \"x\"] }\n");
    let credentials = policy.proxy().unwrap().credentials.clone().unwrap();
    assert_eq!(credentials.username, "svc");
    let words = vec!["/home/u/./pw".to_owned(), "x".to_owned()];
    assert_eq!(
        credentials.password.unwrap().source,
        SecretSource::Command(words)
    );

    let policy = over("[connections.census]\nproxy = \"direct\"\n");
    let census = policy.connection("census").unwrap();
    assert!(matches!(census.proxy, ProxyChoice::Direct(_)));
    assert!(census.credentials.is_some());
}

#[test]
fn a_choice_of_proxy_is_replaced_whole() {
    let choices = [
        ("proxy = \"direct\"", "Direct"),
        ("use_global_proxy = false", "Direct"),
        ("proxy = \"global\"", "Global"),
        ("use_global_proxy = true\nproxy = \"global\"", "Global"),
        ("proxy = \"environment\"", "Environment"),
        ("proxy = { url = \"http://q\" }", "Inline"),
        ("[connections.c.proxy]\nurl = \"http://q\"", "Inline"),
        ("proxy = \"a\"", "Named"),
    ];
    let base = "[proxies.a]\nurl = \"http://p\"\n[connections.c]\nurl = \"ftp://h\"\n";
    for (low, _) in choices {
        for (high, kind) in choices {
            let low = format!("{base}{low}\n");
            let high = format!("[connections.c]\n{high}\n");
            let policy = Layers::new()
                .toml("/a", &low)
                .toml("/b", &high)
                .build()
                .unwrap();
            let choice = format!("{:?}", policy.connection("c").unwrap().proxy);
            assert!(choice.starts_with(kind), "{low} under {high}: {choice}");
            assert!(choice.contains("\"/b\""), "{low} under {high}: {choice}");
        }
    }
}

#[test]
fn variables_go_over_files_and_flags_over_both() {
    let layers = || Layers::new().toml("/etc/outbound.toml", SYSTEM);
    let shown = |policy: &Policy| {
        let row = policy.shown().iter().find(|row| row.key == "proxy.bypass");
        row.map(|row| format!("{} {}", row.value, row.origin))
    };
    let policy = variables(layers(), &[("OUTBOUND_NO_PROXY", "a.example, b.example")]);
    let expected = "a.example, b.example variable OUTBOUND_NO_PROXY";
    assert_eq!(shown(&policy.build().unwrap()).as_deref(), Some(expected));
    let policy = variables(layers(), &[("OUTBOUND_NO_PROXY", "")])
        .build()
        .unwrap();
    assert_eq!(
        shown(&policy).as_deref(),
        Some(" variable OUTBOUND_NO_PROXY")
    );
    let flags = Flags {
        no_proxy: Some("c.example".into()),
        ..Flags::default()
    };
    let policy = variables(layers(), &[("OUTBOUND_NO_PROXY", "a.example")]);
    let policy = policy.flags(&flags).build().unwrap();
    assert_eq!(shown(&policy).as_deref(), Some("c.example flag --no-proxy"));

    let policy = variables(
        layers(),
        &[("OUTBOUND_LOG", "debug"), ("OUTBOUND_PROXY", " ")],
    );
    let policy = policy.build().unwrap();
    let log = Origin::Variable("OUTBOUND_LOG".into());
    assert_eq!(policy.log(), Some(("debug", &log)));
    assert_eq!(
        policy.proxy().unwrap().to_string(),
        "http://system.example:3128"
    );
}

#[test]
fn a_password_in_the_arguments_draws_a_warning() {
    let flags = Flags {
        proxy: Some("http://u:hunter2@p:1".into()),
        ..Flags::default()
    };
    let policy = Layers::new().flags(&flags).build().unwrap();
    let warning = &said(policy.warnings())[0];
    assert!(warning.starts_with("warning flag --proxy: a password in the arguments"));
    assert!(!format!("{flags:?}{warning}").contains("hunter2"));
    assert!(policy.proxy().unwrap().credentials.is_some());
}

#[test]
fn a_text_cut_anywhere_is_an_error_or_settings_but_never_a_panic() {
    let lines = SYSTEM.lines().count();
    for end in (0..=SYSTEM.len()).filter(|&end| SYSTEM.is_char_boundary(end)) {
        let Err(problems) = Layers::new().toml("/f", &SYSTEM[..end]).build() else {
            continue;
        };
        for problem in problems.iter() {
            let Origin::File { line, .. } = &problem.origin else {
                panic!("{problem}")
            };
            assert!((1..=lines).contains(&line.unwrap()), "{problem}");
        }
    }
    for (open, close) in [("x = ", ""), ("x = \"", "\"")] {
        let deep = format!("{open}{}{close}", "[".repeat(100_000));
        let _ = Layers::new().toml("/f", &deep).build();
    }
    let deep = format!("[{}a]", "a.".repeat(50_000));
    assert!(Layers::new().toml("/f", &deep).build().is_err());
}

#[test]
fn times_and_counts() {
    let policy = one(
        "[timeouts]\nresolve = \"500ms\"\ndial = 2\ntls = 1.5\nconnect = \"2m\"\nsecret = \"1h\"\n\
         [retry]\nattempts = 7\npause = 0\npause_max = \"1m\"\n",
    )
    .unwrap();
    let timeouts = policy.timeouts();
    let millis: Vec<_> = [
        timeouts.resolve,
        timeouts.dial,
        timeouts.tls,
        timeouts.connect,
        timeouts.reply,
        timeouts.secret,
    ]
    .iter()
    .map(std::time::Duration::as_millis)
    .collect();
    assert_eq!(millis, [500, 2000, 1500, 120_000, 60_000, 3_600_000]);
    let retry = policy.retry();
    assert_eq!((retry.attempts, retry.pause.as_millis()), (7, 0));
    assert_eq!(retry.pause_max.as_secs(), 60);
}

#[test]
fn a_program_sets_the_same_keys() {
    let policy = Settings::builder()
        .proxy("http://proxy.example:3128")
        .proxy_credentials("svc", "hunter2")
        .bypass(["localhost"])
        .named_proxy("partner", "https://egress.example")
        .connection("census", "ftp://ftp.census.example/pub/")
        .connection_proxy("census", "partner")
        .connection_credentials("census", "anonymous", "me@example")
        .set("timeouts.dial", std::time::Duration::from_millis(250))
        .set("retry.attempts", 3)
        .set("connections.census.danger_accept_invalid_certs", true)
        .set("proxies.partner.username", "u")
        .set("proxies.partner.password.env", "PARTNER")
        .build()
        .unwrap();
    assert_eq!(policy.warnings(), []);
    let proxy = policy.proxy().unwrap();
    assert_eq!(proxy.origin, Origin::code("proxy.url"));
    assert_eq!(policy.timeouts().dial.as_millis(), 250);
    let partner = policy
        .named("partner")
        .unwrap()
        .credentials
        .clone()
        .unwrap();
    assert_eq!(
        partner.password.unwrap().source,
        SecretSource::Env("PARTNER".into())
    );

    let wrong = Settings::builder().set("proxy.usrname", "u").build();
    let lines = said(wrong.unwrap_err().iter());
    let expected = "set by the program: proxy.usrname: unknown key; did you mean `username`?";
    assert_eq!(lines, [expected]);
}
