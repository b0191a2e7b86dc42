//! `outbound config`, as a user starts it.

use crate::support::program::Home;

/// Every place where a password can stand, and a command that leaves a trace when it is run.
const SECRETS: &str = r#"
[proxy]
url = "http://proxy.corp.example:3128"
username = "svc-data"
password = { command = ["sh", "-c", "touch ran # hunter2"] }
bypass = ["localhost", ".corp.example"]

[proxies.clear]
url = "http://svc:hunter2@egress.example:8080"

[proxies.kept]
url = "http://egress.example:8081"
username = "svc"
password = { env = "EGRESS_PASSWORD" }

[connections.census]
url = "ftp://me:hunter2@ftp.census.example/pub/"
proxy = { url = "http://own:hunter2@own.example:1" }

[connections.inside]
url = "https://minio.corp.example/"
username = "me"
password = "hunter2"
proxy = "direct"
"#;

const WRONG: &str = r#"[proxy]
url = "htp://proxy.corp.example:3128"
usrname = "svc-data"
bypass = ["localhost", "10.0.0.0/99"]

[proxies.partner]
url = "http://svc:hunter2@egress.example:8443"

[connections.census]
url = "ftp://ftp.census.example/pub/"
proxy = "partnr"

[timeouts]
dial = "never"
"#;

#[test]
fn show_tells_each_value_and_its_origin_and_no_secret() {
    let home = Home::new();
    let file = home.write("config/outbound/outbound.toml", SECRETS);
    let file = file.display();
    let variables = [
        ("EGRESS_PASSWORD", "hunter2"),
        ("HTTPS_PROXY", "http://e:hunter2@env.example"),
        ("OUTBOUND_NO_PROXY", "10.0.0.0/8"),
    ];
    for flags in [
        &["-vvv"][..],
        &["--json"],
        &["--proxy", "http://f:hunter2@flag.example"],
        &["--connection", "census"],
    ] {
        let arguments = [&["config", "show"], flags].concat();
        let shown = home.run(&arguments, &variables);
        assert_eq!(shown.code, Some(0), "{shown:?}");
        assert!(!format!("{shown:?}").contains("hunter2"), "{shown:?}");
        assert!(!home.path().join("ran").exists(), "no command is run");
    }
    let shown = home.run(&["config", "show", "--json"], &variables).json();
    let row = |key: &str| {
        let row = shown.iter().find(|row| row["key"] == key);
        let row = row.unwrap_or_else(|| panic!("no {key} in {shown:?}"));
        (
            row["value"].as_str().unwrap().to_owned(),
            row["origin"].as_str().unwrap().to_owned(),
        )
    };
    let expected = [
        (
            "proxy.url",
            "http://proxy.corp.example:3128",
            format!("{file}:3: proxy.url"),
        ),
        (
            "proxy.password",
            "{ command = [\"sh\", …] }",
            format!("{file}:5: proxy.password"),
        ),
        (
            "proxy.bypass",
            "10.0.0.0/8",
            "variable OUTBOUND_NO_PROXY".into(),
        ),
        (
            "proxies.clear.password",
            "…",
            format!("{file}:9: proxies.clear.url"),
        ),
        (
            "proxies.kept.password",
            "{ env = \"EGRESS_PASSWORD\" }",
            format!("{file}:14: proxies.kept.password"),
        ),
        (
            "connections.census.url",
            "ftp://ftp.census.example/pub/",
            format!("{file}:17: connections.census.url"),
        ),
        (
            "connections.inside.proxy",
            "direct",
            format!("{file}:24: connections.inside.proxy"),
        ),
        ("timeouts.dial", "10s", "built-in default".into()),
    ];
    for (key, value, origin) in expected {
        assert_eq!(row(key), (value.to_owned(), origin), "{key}");
    }

    let shown = home.run(&["config", "show", "--connection", "inside"], &[]);
    assert!(shown.out.contains("connections.inside.url") && !shown.out.contains("census"));
    let shown = home.run(&["config", "show", "--connection", "insid"], &[]);
    assert_eq!(shown.code, Some(2), "{shown:?}");
    assert!(shown.err.contains("did you mean `inside`?"), "{shown:?}");
}

#[test]
fn check_says_everything_at_once_with_lines() {
    let home = Home::new();
    let file = home.write("wrong.toml", WRONG);
    let file = file.to_str().unwrap();
    let checked = home.run(&["config", "check", "--config", file], &[]);
    assert_eq!(checked.code, Some(3), "{checked:?}");
    let expected = [
        ":2: proxy.url: the proxy scheme `htp` is unknown",
        "did you mean `http://`?",
        ":3: proxy.usrname: unknown key",
        "did you mean `username`?",
        ":4: proxy.bypass: `10.0.0.0/99`",
        ":7: proxies.partner.url: a secret stands here in clear",
        ":11: connections.census.proxy: no proxy is called `partnr`",
        "did you mean `partner`?",
        ":14: timeouts.dial: must be a time",
        "5 errors, 1 warning; read ",
    ];
    for words in expected {
        assert!(checked.out.contains(words), "{words}\nin\n{}", checked.out);
    }
    assert!(!checked.out.contains("hunter2"));

    let checked = home.run(&["config", "check", "--json", "--config", file], &[]);
    assert_eq!(checked.code, Some(3));
    let findings = checked.json();
    assert_eq!(findings.len(), 6, "{findings:?}");
    let near = findings.iter().find(|f| f["key"] == "proxy.usrname");
    let near = near.unwrap();
    assert_eq!(
        (
            near["level"].as_str(),
            near["file"].as_str(),
            near["line"].as_u64()
        ),
        (Some("error"), Some(file), Some(3))
    );
    assert_eq!(near["hint"], "did you mean `username`?");
}

#[test]
fn check_looks_into_every_layer() {
    let home = Home::new();
    home.write("config/outbound/outbound.toml", "log = 1\n");
    let variables = [("OUTBOUND_PROXY", "htp://x"), ("OUTBOUND_PROXI", "y")];
    let flags = ["config", "check", "--no-proxy", "a*b"];
    let checked = home.run(&flags, &variables);
    assert_eq!(checked.code, Some(3));
    for place in [
        "outbound.toml:1: log",
        "variable OUTBOUND_PROXY",
        "variable OUTBOUND_PROXI",
        "flag --no-proxy",
    ] {
        assert!(checked.out.contains(place), "{place}\nin\n{}", checked.out);
    }
    // A file that cannot be read does not hide the others' mistakes.
    let gone = [
        "config",
        "check",
        "--no-proxy",
        "a*b",
        "--config",
        "gone.toml",
    ];
    let checked = home.run(&gone, &variables);
    assert_eq!(checked.code, Some(3));
    for place in [
        "gone.toml",
        "does not exist",
        "variable OUTBOUND_PROXY",
        "flag --no-proxy",
    ] {
        assert!(checked.out.contains(place), "{place}\nin\n{}", checked.out);
    }
}

#[test]
fn check_refuses_a_file_that_shows_a_secret_to_everybody_and_still_reads_on() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let file = home.write("wrong.toml", WRONG);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let file = file.to_str().unwrap();
    let checked = home.run(&["config", "check", "--config", file], &[]);
    assert_eq!(checked.code, Some(3));
    for words in [
        "everybody may read the file",
        "chmod 600",
        ":3: proxy.usrname",
        "6 errors",
    ] {
        assert!(checked.out.contains(words), "{words}\nin\n{}", checked.out);
    }
    assert!(!format!("{checked:?}").contains("hunter2"));
    // Once, and each part of it in its own field.
    let told = home
        .run(&["config", "check", "--json", "--config", file], &[])
        .out;
    let exposed: Vec<serde_json::Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|found: &serde_json::Value| found.to_string().contains("in clear"))
        .collect();
    assert_eq!(exposed.len(), 1, "{told}");
    assert_eq!(
        exposed[0]["what"],
        "a secret stands here in clear, and everybody may read the file"
    );
    assert!(exposed[0]["line"].is_u64(), "{told}");
    assert!(
        checked.out.contains("; no settings file is in use"),
        "{checked:?}"
    );
}

#[test]
fn a_file_that_is_no_toml_has_a_line_and_no_key() {
    let home = Home::new();
    home.write("config/outbound/outbound.toml", "[proxy\n");
    let checked = home.run(&["config", "check"], &[]);
    assert!(
        checked.out.contains("outbound.toml:1: unclosed table"),
        "{checked:?}"
    );
    let found = &home.run(&["config", "check", "--json"], &[]).json()[0];
    assert_eq!((&found["line"], &found["key"]), (&1.into(), &().into()));
}

#[test]
fn a_folder_that_is_ignored_is_said() {
    let home = Home::new();
    let relative = [("XDG_CONFIG_HOME", "config")];
    let words = "variable XDG_CONFIG_HOME: `config` is not absolute, so that it is ignored";
    let checked = home.run(&["config", "check"], &relative);
    assert!(checked.out.contains(words), "{checked:?}");
    let routed = home.run(&["route", "http://h.example/"], &relative);
    assert!(routed.err.contains(words), "{routed:?}");
    home.write("named.toml", "");
    let named = ["route", "http://h.example/", "--config", "named.toml"];
    let routed = home.run(&named, &relative);
    assert_eq!((routed.code, routed.err.as_str()), (Some(0), ""));
}

#[test]
fn a_wrong_argument_is_no_wrong_setting() {
    let home = Home::new();
    for flags in [["--proxy", "htp://x"], ["--no-proxy", "a.*.b"]] {
        for command in [&["config", "check"][..], &["route", "http://h.example/"]] {
            let ran = home.run(&[command, &flags].concat(), &[]);
            assert_eq!(ran.code, Some(2), "{command:?} {flags:?}: {ran:?}");
        }
    }
}

#[test]
fn check_says_ok_and_what_is_doubtful() {
    let home = Home::new();
    let checked = home.run(&["config", "check"], &[]);
    let nowhere = format!(
        "no settings file was read: there is none at /etc/outbound/outbound.toml, \
         {}/config/outbound/outbound.toml\n",
        home.path().display()
    );
    assert_eq!(
        (checked.code, checked.out),
        (Some(0), format!("ok: no problem; {nowhere}"))
    );
    let shown = home.run(&["config", "show"], &[]);
    assert_eq!(
        (shown.code, shown.err),
        (Some(0), format!("outbound: {nowhere}"))
    );
    assert!(shown.out.contains("timeouts.dial"));
    let checked = home.run(&["config", "check"], &[("https_proxy", "htp://proxy")]);
    assert_eq!(checked.code, Some(0));
    assert!(
        checked.out.starts_with("warning  variable https_proxy: "),
        "{checked:?}"
    );
    assert!(
        checked.out.contains("ok: no error, 1 warning"),
        "{checked:?}"
    );
    home.write("config/outbound/outbound.toml", SECRETS);
    let checked = home.run(&["config", "check", "--connection", "censsus"], &[]);
    assert_eq!(checked.code, Some(2), "an argument is at fault");
    assert!(
        checked.out.contains("did you mean `census`?"),
        "{checked:?}"
    );
    assert!(!home.path().join("ran").exists(), "no command is run");
}

#[test]
fn check_finds_what_would_fail_at_first_use() {
    let home = Home::new();
    home.write("empty.pem", "no certificate\n");
    home.write(
        "config/outbound/outbound.toml",
        r#"[proxy]
url = "http://proxy.example:3128"
username = "ann"
password = { file = "nowhere/secret" }

[proxies.tls]
url = "https://proxy.example"
username = "bob"

[connections.a]
url = "https://a.example/"
ca_file = "nowhere/ca.pem"
password = { env = "NOT_SET_HERE" }
username = "cay"

[connections.b]
url = "https://b.example/"
ca_file = "../../empty.pem"
"#,
    );
    let checked = home.run(&["config", "check"], &[]);
    assert_eq!(checked.code, Some(3), "{checked:?}");
    for (line, what) in [
        (4, "the secret's file"),
        (7, "https proxies cannot be used yet"),
        (8, "a user name without a password"),
        (12, "nowhere/ca.pem"),
        (13, "the variable NOT_SET_HERE is not set here"),
        (18, "empty.pem"),
    ] {
        let place = format!("outbound.toml:{line}: ");
        let found = checked
            .out
            .lines()
            .any(|l| l.contains(&place) && l.contains(what));
        assert!(found, "{what} at line {line}: {checked:?}");
    }
    home.write(
        "config/outbound/outbound.toml",
        "[connections.a]\nurl = \"https://a.example/\"\nproxy = \"global\"\n",
    );
    let checked = home.run(&["config", "check"], &[]);
    assert_eq!(checked.code, Some(3), "{checked:?}");
    assert!(checked.out.contains("outbound.toml:3: "), "{checked:?}");
}
