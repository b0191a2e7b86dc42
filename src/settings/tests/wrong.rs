//! What is wrong is said with its line, what to write, and all at once.

use super::*;
use crate::base::{Error, Kind};

/// One file with one error: the message after the file's name.
#[test]
fn each_mistake_has_its_line_and_its_advice() {
    let cases = [
        // Unknown keys.
        ("proxi = 1", ":1: proxi: unknown key; did you mean `proxy`?"),
        (
            "[proxy]\nurl = \"p\"\nusrname = \"u\"",
            ":3: proxy.usrname: unknown key; did you mean `username`?",
        ),
        (
            "bypass = []",
            ":1: bypass: unknown key; `bypass` belongs in [proxy]",
        ),
        (
            "[proxies.a]\nurl = \"p\"\nbypass = []",
            ":3: proxies.a.bypass: unknown key; `bypass` belongs in [proxy]",
        ),
        (
            "[timeouts]\ndail = 3",
            ":2: timeouts.dail: unknown key; did you mean `dial`?",
        ),
        ("[colour]\nx = 1", ":1: colour: unknown key"),
        ("\"a.b\\u001b\" = 1", ":1: a.b\\x1b: unknown key"),
        (
            "[connections.a]\nurl = \"ftp://h\"\nproxy = { ulr = \"p\", url = \"p\" }",
            ":3: connections.a.proxy.ulr: unknown key; did you mean `url`?",
        ),
        // Words.
        (
            "[connections.a]\nurl = \"ftp://h\"\ntls = \"implicit\"",
            ":3: connections.a.tls: must be \"off\" or \"opportunistic\" or \"explicit\", not \"implicit\"; implicit TLS is the scheme ftps://, not a setting",
        ),
        (
            "[connections.a]\nurl = \"ftp://h\"\ntls = \"explict\"",
            ":3: connections.a.tls: must be \"off\" or \"opportunistic\" or \"explicit\", not \"explict\"; did you mean `explicit`?",
        ),
        (
            "[connections.a]\nurl = \"ftp://h\"\ntls = true",
            ":3: connections.a.tls: must be \"off\" or \"opportunistic\" or \"explicit\", not a boolean",
        ),
        // Encodings.
        (
            "[connections.a]\nurl = \"ftp://h\"\nencoding = \"windows-125\"",
            ":3: connections.a.encoding: must be the name of an encoding like \"windows-1252\", not \"windows-125\"; did you mean `windows-1252`?",
        ),
        (
            "[connections.a]\nurl = \"ftp://h\"\nencoding = \"utf-16\"",
            ":3: connections.a.encoding: must be the name of an encoding like \"windows-1252\", not \"utf-16\"; did you mean `utf-8`?",
        ),
        (
            "[connections.a]\nurl = \"http://h\"\nencoding = \"koi8-r\"",
            ":3: connections.a.encoding: `encoding` is for FTP, not for http://; remove it",
        ),
        // Wrong types.
        (
            "proxy = \"http://p\"",
            ":1: proxy: must be a table, not a text",
        ),
        (
            "[proxies]\na = \"p\"",
            ":2: proxies.a: must be a table, not a text",
        ),
        (
            "[proxy]\nurl = 3128",
            ":2: proxy.url: must be a proxy URL like \"http://proxy.corp.example:3128\", not a number",
        ),
        (
            "[proxy]\nurl = { a = 1 }",
            ":2: proxy.url: must be a proxy URL like \"http://proxy.corp.example:3128\", not a table",
        ),
        (
            "[proxy]\nurl = \"p\"\ndanger_accept_invalid_certs = \"yes\"",
            ":3: proxy.danger_accept_invalid_certs: must be true or false, not a text",
        ),
        (
            "[proxy]\nurl = \"p\"\nusername = 1979-05-27",
            ":3: proxy.username: must be a text in quotes, not a date",
        ),
        (
            "[proxy]\nbypass = [1]",
            ":2: proxy.bypass: must be a list like [\"localhost\", \".corp.example\", \"10.0.0.0/8\"], not a list",
        ),
        (
            "[retry]\nattempts = \"5\"",
            ":2: retry.attempts: must be a whole number from 1 to 1000, not a text",
        ),
        (
            "[retry]\nattempts = 0",
            ":2: retry.attempts: must be a whole number from 1 to 1000, not 0",
        ),
        (
            "[retry]\nattempts = 99999999999999999999",
            ":2: retry.attempts: must be a whole number from 1 to 1000, not a number beyond 64 bits",
        ),
        (
            "[connections.a]\nurl = \"ftp://h\"\nuse_global_proxy = \"yes\"",
            ":3: connections.a.use_global_proxy: must be true or false, not a text",
        ),
        // Wrong values.
        (
            "[proxy]\nurl = \"htp://p\"",
            ":2: proxy.url: the proxy scheme `htp` is unknown; known are http, https, socks4, socks4a, socks5, socks5h; did you mean `http://`?",
        ),
        (
            "[proxy]\nurl = \"http:/p:1\"",
            ":2: proxy.url: a slash is missing after the scheme; write `http://p:1`",
        ),
        (
            "[proxy]\nurl = \"direct\"",
            ":2: proxy.url: must be a proxy URL like \"http://proxy.corp.example:3128\", not \"direct\"; going direct is said by `proxy = \"direct\"` in a connection, or by `--proxy direct`",
        ),
        (
            "[proxy]\nurl = \"p\"\nauth = \"Basic\"",
            ":3: proxy.auth: must be \"auto\" or \"basic\", not \"Basic\"; did you mean `basic`?",
        ),
        (
            "[policy]\ndirect = \"bypas-only\"",
            ":2: policy.direct: must be \"allow\" or \"bypass-only\", not \"bypas-only\"; did you mean `bypass-only`?",
        ),
        (
            "[timeouts]\ndial = \"3 days\"",
            ":2: timeouts.dial: must be a time like \"30s\", \"500ms\", \"2m\", or a number of seconds, at most 30 days, not \"3 days\"",
        ),
        (
            "[timeouts]\ndial = 0",
            ":2: timeouts.dial: must be more than nothing, not 0",
        ),
        (
            "[timeouts]\ndial = -1",
            ":2: timeouts.dial: must be a time like \"30s\", \"500ms\", \"2m\", or a number of seconds, at most 30 days, not -1",
        ),
        (
            "[proxy]\nbypass = [\n  \"ok.example\",\n  \"10.*\",\n]",
            ":4: proxy.bypass: `10.*`: a star may only stand alone, or as `*.` before a name; for a block of addresses write a CIDR",
        ),
        (
            "[proxy]\nbypass = [\"a.example,b.example\"]",
            ":2: proxy.bypass: `a.example,b.example`: it is neither a name nor an address; write each rule in its own quotes",
        ),
        (
            "[connections.a]\nurl = \"data.example/pub\"",
            ":2: connections.a.url: is not a URL: it has no scheme; write the scheme, as in \"https://data.example/pub\"",
        ),
        (
            "[connections.a]\nurl = \"htps://data.example/\"",
            ":2: connections.a.url: the URL's scheme `htps` is unknown; known are http, https, ws, wss, ftp, ftps, s3; did you mean `https`?",
        ),
        (
            "[connections.a]\nurl = \"sftp://data.example/\"",
            ":2: connections.a.url: the URL's scheme `sftp` is unknown; known are http, https, ws, wss, ftp, ftps, s3; sftp is a protocol of SSH, which is not built in",
        ),
        (
            "[connections.a]\nurl = \"http://a%20b/\"",
            ":2: connections.a.url: is not a URL: invalid international domain name",
        ),
        (
            "[connections.a]\nurl = \"https://data.example/?a=b\"",
            ":2: connections.a.url: a base URL has no query and no fragment",
        ),
        (
            "[connections.a]\nurl = \"https://data.example/\\r\\nx\"",
            ":2: connections.a.url: the URL holds the control character U+000D",
        ),
        (
            "[connections.\"a:b\"]\nurl = \"ftp://h/\"",
            ":1: connections.a:b: a name consists of letters, digits, `-` and `_`",
        ),
        (
            "[connections.https]\nurl = \"ftp://h/\"",
            ":1: connections.https: `https` has a meaning of its own and cannot be a name",
        ),
        (
            "[proxies.direct]\nurl = \"p\"",
            ":1: proxies.direct: `direct` has a meaning of its own and cannot be a name",
        ),
        // Secrets.
        (
            "[proxy]\nurl = \"p\"\nusername = \"u\"\npassword = { enw = \"P\" }",
            ":4: proxy.password: `enw`: must be { env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\", …] }; did you mean `env`?",
        ),
        (
            "[proxy]\nurl = \"p\"\nusername = \"u\"\npassword = { env = \"P\", file = \"f\" }",
            ":4: proxy.password: must be { env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\", …] }",
        ),
        (
            "[proxy]\nurl = \"p\"\nusername = \"u\"\npassword = { command = \"pass proxy\" }",
            ":4: proxy.password: `command` must be a list; no shell runs it: write [\"PROGRAM\", \"ARGUMENT\"]",
        ),
        (
            "[proxy]\nurl = \"p\"\nusername = \"u\"\npassword = { command = [] }",
            ":4: proxy.password: `command` must be a list of texts, the program first",
        ),
        (
            "[proxy]\nurl = \"p\"\nusername = \"u\"\npassword = 1234",
            ":4: proxy.password: must be { env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\", …] }, not a number",
        ),
    ];
    for (text, expected) in cases {
        let problems = one(text).expect_err(text);
        let errors = said(problems.errors());
        assert_eq!(errors, [format!("/etc/f.toml{expected}")], "{text}");
    }
}

#[test]
fn a_wrong_value_draws_no_second_line() {
    let texts = [
        "[proxy]\nurl = \"htp://p\"\nusername = \"u\"\npassword = { env = \"P\" }",
        "[proxies.a]\nurl = \"htp://p\"\nusername = \"u\"\n[connections.c]\nurl = \"ftp://h\"\nproxy = \"a\"",
        "[connections.c]\nurl = \"htp://h\"\nusername = \"u\"",
        "[connections.c]\nurl = \"ftp://h\"\nproxy = { url = \"htp://p\", username = \"u\" }",
        "[proxy]\nurl = \"p\"\nusername = 1\npassword = { env = \"P\" }",
    ];
    for text in texts {
        assert_eq!(one(text).unwrap_err().errors().count(), 1, "{text}");
    }
}

#[test]
fn everything_is_reported_at_once_and_reads_well_as_an_error() {
    let layers = Layers::new()
        .toml("/etc/a.toml", "[proxy]\nurl = \"htp://p\"\nbypas = []\n")
        .toml(
            "/b.toml",
            "[connections.c]\nurl = \"ftp://h\"\nproxy = \"x\"\n[retry]\nattempts = -1\n",
        );
    let flags = Flags {
        proxy: Some("http://".into()),
        no_proxy: Some("a b".into()),
        ..Flags::default()
    };
    let layers = variables(
        layers,
        &[
            ("OUTBOUND_NO_PROXY", "c d"),
            ("OUTBOUND_COLOUR", "x"),
            ("OUTBOUND_PROXI", "p"),
        ],
    );
    let problems = layers.flags(&flags).build().unwrap_err();
    let origins: Vec<_> = problems.iter().map(|p| p.origin.to_string()).collect();
    let expected = [
        "/etc/a.toml:2: proxy.url",
        "/etc/a.toml:3: proxy.bypas",
        "/b.toml:3: connections.c.proxy",
        "/b.toml:5: retry.attempts",
        "variable OUTBOUND_NO_PROXY",
        "flag --proxy",
        "flag --no-proxy",
        "variable OUTBOUND_COLOUR",
        "variable OUTBOUND_PROXI",
    ];
    assert_eq!(origins, expected);
    let error = Error::from(problems);
    assert_eq!(error.kind(), Kind::Settings);
    let text = error.to_string();
    assert!(
        text.starts_with("8 errors in the settings:\n  /etc/a.toml:2: "),
        "{text}"
    );
    assert!(
        text.contains("unknown key; did you mean `bypass`?"),
        "{text}"
    );
    assert!(
        !text.contains("OUTBOUND_COLOUR:"),
        "a warning is no error: {text}"
    );

    let error = Error::from(one("prox = 1").unwrap_err());
    assert_eq!(error.to_string(), "/etc/f.toml:1: prox: unknown key");
    assert_eq!(error.hint(), Some("did you mean `proxy`?"));
}

#[test]
fn malformed_toml_names_the_line_and_quotes_nothing() {
    let cases = [
        (
            "[proxy]\nurl = \"http://p\"\npassword = \"hunter2\n",
            "/etc/f.toml:3: ",
        ),
        ("[proxy\n", "/etc/f.toml:1: "),
        ("log = \"a\"\nlog = \"hunter2\"\n", "/etc/f.toml:2: "),
        ("x = hunter2", "/etc/f.toml:1: "),
        ("\n\n= 1", "/etc/f.toml:3: "),
    ];
    for (text, line) in cases {
        let problems = one(text).expect_err(text);
        let lines = said(problems.iter());
        assert!(lines.iter().any(|said| said.starts_with(line)), "{lines:?}");
        assert!(
            !format!("{problems} {problems:?}").contains("hunter2"),
            "{lines:?}"
        );
    }
    // What a malformed layer may hold is not reported as missing.
    let layers = Layers::new().toml("/a.toml", "[proxies.x").toml(
        "/b.toml",
        "[connections.c]\nurl = \"ftp://h\"\nproxy = \"x\"\nfoo = 1\n",
    );
    let problems = layers.build().unwrap_err();
    let lines = said(problems.iter());
    assert!(
        lines.iter().all(|said| !said.contains("is called")),
        "{lines:?}"
    );
    assert!(
        lines.iter().any(|said| said.contains("foo: unknown key")),
        "{lines:?}"
    );
}

#[test]
fn no_message_and_no_debug_shows_a_secret() {
    let texts = [
        "[proxy]\nurl = \"htp://u:hunter2@p\"",
        "[proxy]\nurl = \"http://u:hunter2@p/x\"",
        "[connections.a]\nurl = \"hunter2@data.example\"",
        "[connections.a]\nurl = \"htps://u:hunter2@data.example\"",
        "[connections.a]\nurl = \"ftp://u:hunter2@h/?x\"",
        "[connections.a]\nurl = \"ftp://h\"\nproxy = \"http://u:hunter2@p\"",
        "[proxy]\nurl = \"http://u:hunter2@p\"\npassword = \"hunter2\"",
        "[proxy]\nurl = \"p\"\nusername = \"u\"\npassword = \"hunter2\\u0000\"",
    ];
    for text in texts {
        let problems = one(text).expect_err(text);
        let error = format!("{problems} {problems:?}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    let policy = one(
        "[proxy]\nurl = \"http://u:hunter2@p\"\n[connections.a]\nurl = \"ftp://u:hunter2@h\"\n\
         proxy = { url = \"http://p\", username = \"u\", password = \"hunter2\" }",
    )
    .unwrap();
    assert!(!format!("{policy:?} {:?}", policy.shown()).contains("hunter2"));
    assert_eq!(policy.warnings().len(), 3, "{:?}", policy.warnings());
}
