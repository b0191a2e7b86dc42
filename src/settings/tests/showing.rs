//! What `config show` prints.

use super::*;
use crate::settings::policy::{Retry, Timeouts};

fn rows(policy: &Policy) -> Vec<String> {
    let row = |row: &Shown| format!("{} = {} ({})", row.key, row.value, row.origin);
    policy.shown().iter().map(row).collect()
}

#[test]
fn every_value_in_force_with_its_origin_and_no_secret() {
    let text = "[proxy]\nurl = \"http://u:hunter2@p\"\nbypass = [\"a\", \"10.0.0.0/8\"]\n\
                [proxies.x]\nurl = \"https://x\"\nusername = \"v\"\n\
                password = { command = [\"pass\", \"hunter2\"] }\n\
                [proxies.y]\nurl = \"https://y\"\nusername = \"w\"\npassword = { file = \"pw\" }\n\
                [connections.c]\nurl = \"ftp://h/\"\nproxy = \"x\"\n[timeouts]\ndial = 90\n";
    let policy = variables(
        Layers::new().toml("/etc/f.toml", text),
        &[
            ("OUTBOUND_LOG", "info"),
            ("http_proxy", "http://u:hunter2@unused"),
        ],
    );
    let expected = [
        "proxy.url = http://p:80 (/etc/f.toml:2: proxy.url)",
        "proxy.username = u (/etc/f.toml:2: proxy.url)",
        "proxy.password = … (/etc/f.toml:2: proxy.url)",
        "proxy.auth = auto (built-in default)",
        "proxy.tunnel = auto (built-in default)",
        "proxy.ftp = tunnel (built-in default)",
        "proxy.danger_accept_invalid_certs = false (built-in default)",
        "proxy.bypass = a, 10.0.0.0/8 (/etc/f.toml:3: proxy.bypass)",
        "proxies.x.url = https://x:443 (/etc/f.toml:5: proxies.x.url)",
        "proxies.y.url = https://y:443 (/etc/f.toml:9: proxies.y.url)",
        "proxies.x.username = v (/etc/f.toml:6: proxies.x.username)",
        "proxies.y.username = w (/etc/f.toml:10: proxies.y.username)",
        "proxies.x.password = { command = [\"pass\", …] } (/etc/f.toml:7: proxies.x.password)",
        "proxies.y.password = { file = \"/etc/pw\" } (/etc/f.toml:11: proxies.y.password)",
        "connections.c.url = ftp://h/ (/etc/f.toml:13: connections.c.url)",
        "connections.c.proxy = x (/etc/f.toml:14: connections.c.proxy)",
        "policy.direct = allow (built-in default)",
        "timeouts.resolve = 10s (built-in default)",
        "timeouts.dial = 90s (/etc/f.toml:16: timeouts.dial)",
    ];
    let shown = rows(&policy.build().unwrap());
    assert_eq!(shown[..expected.len()], expected);
    assert_eq!(shown.last().unwrap(), "log = info (variable OUTBOUND_LOG)");
}

#[test]
fn variables_and_flags_are_shown_when_they_count() {
    let set = [
        ("http_proxy", "http://u:hunter2@p:1"),
        ("HTTPS_PROXY", "htp://u:hunter2@p:1"),
        ("NO_PROXY", "a.example"),
    ];
    let policy = variables(Layers::new(), &set).build().unwrap();
    let shown = rows(&policy);
    let expected = [
        "http_proxy = http://p:1 (variable http_proxy)",
        "HTTPS_PROXY = (wrong: the proxy scheme `htp` is unknown; known are http, https, socks4, \
         socks4a, socks5, socks5h) (variable HTTPS_PROXY)",
        "NO_PROXY = a.example (variable NO_PROXY)",
    ];
    assert_eq!(shown[shown.len() - 3..], expected);
    assert!(
        !shown.iter().any(|row| row.starts_with("proxy.")),
        "{shown:?}"
    );
    let doubts = said(&policy.doubts());
    assert!(doubts[0].starts_with("warning variable HTTPS_PROXY: the proxy scheme"));

    let text = "[proxy]\nurl = \"http://p\"\nusername = \"u\"\nca_file = \"x\"\n";
    for (proxy, value) in [("direct", "direct"), ("other", "http://other:80")] {
        let flags = Flags {
            proxy: Some(proxy.into()),
            no_proxy: Some(String::new()),
            ..Flags::default()
        };
        let policy = variables(Layers::new().toml("/f", text), &set).flags(&flags);
        let shown = rows(&policy.build().unwrap());
        assert_eq!(shown[0], format!("proxy.url = {value} (flag --proxy)"));
        let others: Vec<_> = shown[1..]
            .iter()
            .filter(|row| row.starts_with("proxy."))
            .collect();
        let expected = [
            "proxy.tunnel = auto (built-in default)",
            "proxy.ftp = tunnel (built-in default)",
            "proxy.bypass =  (flag --no-proxy)",
        ];
        assert_eq!(others, expected);
        assert!(
            !shown.iter().any(|row| row.contains("http_proxy")),
            "{shown:?}"
        );
    }
}

/// The environment's list counts beside a global proxy of the settings, too.
#[test]
fn a_void_entry_warns_whenever_its_list_is_in_force() {
    let set = [("http_proxy", "http://p:1"), ("no_proxy", "10.*,a.example")];
    for (text, shown, warnings) in [
        ("", 2, 1),
        ("[proxy]\nurl = \"p\"\n", 1, 1),
        ("[proxy]\nurl = \"p\"\nbypass = []\n", 0, 0),
    ] {
        let layers = Layers::new().toml("/f", text);
        let policy = variables(layers, &set).build().unwrap();
        assert_eq!(policy.warnings().len(), warnings, "{text}");
        let rows = rows(&policy);
        let of_variables = rows.iter().filter(|row| row.contains("(variable "));
        assert_eq!(of_variables.count(), shown, "{rows:?}");
    }
}

/// The table of keys promises the same defaults as the types have.
#[test]
fn defaults_are_those_of_the_table() {
    let mut builder = Settings::builder();
    for key in keys::KEYS {
        if let (Some(default), false) = (key.default, key.pattern.contains(['*'])) {
            builder = match key.kind {
                keys::Type::Count => builder.set(key.pattern, default.parse::<u32>().unwrap()),
                keys::Type::Flag => builder,
                _ => builder.set(key.pattern, default),
            };
        }
    }
    let policy = builder.proxy("http://p").build().unwrap();
    assert_eq!(*policy.timeouts(), Timeouts::default());
    assert_eq!(*policy.retry(), Retry::default());
    assert_eq!(*policy.direct(), Direct::Allow);
    let plain = Settings::builder().proxy("http://p").build().unwrap();
    assert_eq!(plain.proxy(), policy.proxy());
}

/// Whatever can be written in a file can be set by a program, and means the same.
#[test]
fn the_builder_sets_every_key() {
    use crate::settings::keys::{KEYS, Type};
    for key in KEYS {
        // What a table needs besides.
        let needed: &[(&str, &str)] = match key.pattern.split('.').next() {
            Some("proxy") => &[("proxy.url", "http://p"), ("proxy.username", "u")],
            Some("proxies") => &[("proxies.x.url", "http://p"), ("proxies.x.username", "u")],
            Some("connections") if key.pattern.contains("proxy.") => &[
                ("connections.x.url", "https://h/"),
                ("connections.x.proxy.url", "http://p"),
                ("connections.x.proxy.username", "u"),
            ],
            Some("connections") if key.pattern.ends_with(".anonymous") => {
                &[("connections.x.url", "s3://lake/")]
            }
            Some("connections") if crate::settings::s3::is_for_s3(key.pattern) => &[
                ("connections.x.url", "s3://lake/"),
                ("connections.x.username", "u"),
            ],
            Some("connections") => &[
                ("connections.x.url", "ftp://h/"),
                ("connections.x.username", "u"),
            ],
            _ => &[],
        };
        let name = key.pattern.replace('*', "x");
        let mut builder = Settings::builder();
        let mut toml = String::new();
        for (other, value) in needed.iter().filter(|(other, _)| *other != name) {
            builder = builder.set(other, *value);
            toml += &format!("{other} = \"{value}\"\n");
        }
        let (builder, written) = match key.kind {
            Type::ProxyUrl => (builder.set(&name, "http://q:1"), "\"http://q:1\""),
            Type::BaseUrl if key.pattern.ends_with(".endpoint") => {
                (builder.set(&name, "https://h/"), "\"https://h/\"")
            }
            Type::BaseUrl => (builder.set(&name, "https://h/x/"), "\"https://h/x/\""),
            Type::Text => (builder.set(&name, "info"), "\"info\""),
            Type::Encoding => (builder.set(&name, "utf-8"), "\"utf-8\""),
            Type::Secret => {
                let place = format!("{name}.env");
                (builder.set(&place, "PW"), "{ env = \"PW\" }")
            }
            Type::Path => {
                let file = std::path::Path::new("/etc/ca.pem");
                (builder.set(&name, file), "\"/etc/ca.pem\"")
            }
            Type::Flag => (builder.set(&name, true), "true"),
            Type::Word(words) => {
                toml += &format!("{name} = \"{}\"\n", words[1]);
                (builder.set(&name, words[1]), "")
            }
            Type::Limit | Type::Pause => {
                let time = std::time::Duration::from_millis(1500);
                (builder.set(&name, time), "\"1500ms\"")
            }
            Type::Count => (builder.set(&name, 7), "7"),
            Type::Bypass => (builder.set(&name, ["a.example"]), "[\"a.example\"]"),
            Type::Choice => (builder.set(&name, "direct"), "\"direct\""),
        };
        if !written.is_empty() {
            toml += &format!("{name} = {written}\n");
        }
        let built = builder
            .build()
            .unwrap_or_else(|all| panic!("{name}: {all}"));
        let read = Settings::from_toml(&toml).unwrap_or_else(|all| panic!("{name}: {all}"));
        let values = |policy: &Policy| {
            let rows = policy.shown().iter();
            rows.map(|row| (row.key.clone(), row.value.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(values(&built), values(&read), "{name}");
        assert_ne!(values(&built), values(&Policy::default()), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_path_that_cannot_be_written_down_is_an_error() {
    use std::os::unix::ffi::OsStringExt as _;
    let path = std::path::PathBuf::from(std::ffi::OsString::from_vec(vec![b'/', 0xff]));
    let builder = Settings::builder().connection("c", "https://h/");
    let problems = builder
        .set("connections.c.ca_file", path)
        .build()
        .unwrap_err();
    let told = problems.to_string();
    assert!(
        told.contains("connections.c.ca_file") && told.contains("not UTF-8"),
        "{told}"
    );
}
