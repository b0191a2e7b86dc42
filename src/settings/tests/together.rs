//! What belongs together: what is missing beside a value, said twice, or named and not there.

use super::*;

/// One file with one error: the message after the file's name.
#[test]
fn what_does_not_fit_together_has_its_line_and_its_advice() {
    let cases = [
        // What belongs together.
        (
            "[proxies.a]\ntunnel = \"always\"",
            ":2: proxies.a.tunnel: `proxies.a` has no `url`",
        ),
        (
            "[connections.a]\nproxy = \"direct\"",
            ":2: connections.a.proxy: `connections.a` has no `url`",
        ),
        (
            "[connections.a]\nurl = \"ftp://h\"\nproxy = { auth = \"basic\" }",
            ":3: connections.a.proxy.auth: `connections.a.proxy` has no `url`",
        ),
        (
            "[proxy]\nusername = \"u\"",
            ":2: proxy.username: `username` without a `url`; set `proxy.url`, or remove it",
        ),
        (
            "[proxy]\nurl = \"p\"\npassword = { env = \"P\" }",
            ":3: proxy.password: a password without a user name; set `proxy.username`",
        ),
        (
            "[proxy]\nurl = \"http://u@p\"\nusername = \"other\"",
            ":3: proxy.username: says `proxy.username` a second time; it is also said at /etc/f.toml:2: proxy.url",
        ),
        (
            "[connections.a]\nurl = \"ftp://h\"\nproxy = \"direct\"\nuse_global_proxy = true",
            ":4: connections.a.use_global_proxy: says `connections.a.proxy` a second time; it is also said at /etc/f.toml:3: connections.a.proxy",
        ),
        // Empty tables.
        (
            "[connections.a]\nurl = \"ftp://h\"\nproxy = {}",
            ":3: connections.a.proxy: an empty table: it needs a `url`",
        ),
        (
            "[connections.a]\nurl = \"ftp://h\"\n[connections.a.proxy]\n# url = \"p\"",
            ":3: connections.a.proxy: an empty table: it needs a `url`",
        ),
        (
            "\n[proxies.a]",
            ":2: proxies.a: an empty table: it needs a `url`",
        ),
        (
            "[proxies.a]\n[connections.b]\nurl = \"ftp://h\"\nproxy = \"a\"",
            ":1: proxies.a: an empty table: it needs a `url`",
        ),
        (
            "\n[connections.a]",
            ":2: connections.a: an empty table: it needs a `url`",
        ),
        (
            "\n[connections.a.proxy]",
            ":2: connections.a.proxy: an empty table: it needs a `url`",
        ),
        // Unknown names.
        (
            "[proxies.partner]\nurl = \"p\"\n[connections.a]\nurl = \"ftp://h\"\nproxy = \"partnr\"",
            ":5: connections.a.proxy: no proxy is called `partnr`; did you mean `partner`?",
        ),
        (
            "[connections.a]\nurl = \"ftp://h\"\nproxy = \"globl\"",
            ":3: connections.a.proxy: no proxy is called `globl`; did you mean `global`?",
        ),
        (
            "[connections.a]\nurl = \"ftp://h\"\nproxy = \"DIRECT\"",
            ":3: connections.a.proxy: no proxy is called `DIRECT`; did you mean `direct`?",
        ),
        (
            "[connections.a]\nurl = \"ftp://h\"\nproxy = \"none\"",
            ":3: connections.a.proxy: no proxy is called `none`; add [proxies.none] with its url",
        ),
        (
            "[connections.a]\nurl = \"ftp://h\"\nproxy = \"http://p:1\"",
            ":3: connections.a.proxy: must be the name of a proxy from [proxies], not a URL; write proxy = { url = \"http://p:1\" }",
        ),
    ];
    for (text, expected) in cases {
        let problems = one(text).expect_err(text);
        let errors = said(problems.errors());
        assert_eq!(errors, [format!("/etc/f.toml{expected}")], "{text}");
    }
}

#[test]
fn an_empty_table_that_sets_nothing_is_fine() {
    for text in [
        "[proxy]",
        "[proxies]\n[connections]\n[timeouts]\n[policy]\n[retry]",
        "",
    ] {
        assert!(one(text).is_ok(), "{text}");
    }
    // Also over a layer that does set something.
    let lower = "[proxy]\nurl = \"http://p:1\"";
    let layers = Layers::new().toml("/a.toml", lower);
    let policy = layers.toml("/b.toml", "[proxy]").build().unwrap();
    assert_eq!(policy.proxy().unwrap().to_string(), "http://p:1");
}

#[test]
fn a_faulty_proxy_is_still_one_that_may_be_meant() {
    let faulty = [
        "[proxies.partner]\nurl = \"htp://p\"",
        "[proxies.partner]\n# nothing",
        "[proxies]\npartner = \"http://p\"",
    ];
    for proxies in faulty {
        let connection = "[connections.a]\nurl = \"ftp://h\"\nproxy = \"partnr\"";
        let lines = said(
            one(&format!("{proxies}\n{connection}"))
                .unwrap_err()
                .errors(),
        );
        let expected = "no proxy is called `partnr`; did you mean `partner`?";
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[1].ends_with(expected), "{lines:?}");
    }
}
