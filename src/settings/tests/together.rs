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
        (
            "[connections.a]\nurl = \"https://h\"\ntls = \"explicit\"",
            ":3: connections.a.tls: `tls` is for ftp://, not for https://; remove it",
        ),
        (
            "[connections.a]\nurl = \"ftps://h\"\ntls = \"explicit\"",
            ":3: connections.a.tls: `tls` is for ftp://, not for ftps://; ftps:// is TLS from the first byte, mostly at port 990: remove it, or write ftp:// for AUTH TLS",
        ),
        (
            "[connections.a]\nurl = \"https://h\"\nftp = \"proxy-get\"",
            ":3: connections.a.ftp: `ftp` is for ftp://, not for https://; remove it",
        ),
        (
            "[connections.a]\nurl = \"ftps://h\"\nftp = \"proxy-get\"",
            ":3: connections.a.ftp: `ftp = \"proxy-get\"` is for ftp://, not for ftps://; a proxy that fetches the file itself speaks FTP without TLS: remove it",
        ),
        (
            "[connections.a]\nurl = \"ftp://h\"\nftp = \"proxy-get\"\ntls = \"explicit\"",
            ":3: connections.a.ftp: `ftp = \"proxy-get\"` cannot go with `tls = \"explicit\"`; a proxy that fetches the file itself speaks FTP without TLS: remove one of the two",
        ),
        (
            "[proxy]\nurl = \"http://p\"\nftp = \"proxy\"",
            ":3: proxy.ftp: must be \"tunnel\" or \"proxy-get\", not \"proxy\"",
        ),
        (
            "[connections.a]\nurl = \"https://h\"\nftp_keepalive = 30",
            ":3: connections.a.ftp_keepalive: `ftp_keepalive` is for FTP, not for https://; remove it",
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

#[test]
fn a_url_belongs_to_one_connection() {
    let same = [
        ("https://x.example/v1", "https://x.example/v1"),
        ("https://x.example/v1", "https://X.example:443/v1/"),
        ("https://x.example", "https://x.example/"),
        ("https://x.example/a/../v1", "https://x.example/%76%31"),
        ("ftp://u@h/pub", "ftp://h:21/pub/"),
    ];
    for (one_url, other) in same {
        let text =
            format!("[connections.b]\nurl = \"{one_url}\"\n[connections.a]\nurl = \"{other}\"");
        let lines = said(one(&text).expect_err(&text).errors());
        let expected = "/etc/f.toml:4: connections.a.url: has the same url as [connections.b] \
                        (/etc/f.toml:2: connections.b.url): a URL cannot belong to both; \
                        keep one of them, or give one a longer path";
        assert_eq!(lines, [expected], "{text}");
    }
    let apart = [
        ("https://x.example/v1", "https://x.example/v1/deep"),
        ("https://x.example/v1", "https://x.example/v12"),
        ("https://x.example/v1", "https://x.example/V1"),
        ("https://x.example", "http://x.example"),
        ("https://x.example", "https://x.example:8443"),
        ("https://x.example", "https://y.example"),
    ];
    for (one_url, other) in apart {
        let text =
            format!("[connections.b]\nurl = \"{one_url}\"\n[connections.a]\nurl = \"{other}\"");
        assert!(one(&text).is_ok(), "{text}");
    }
    // Three draw two lines, each with the first; so do layers and what a program sets.
    let three: String = ["c", "b", "a"]
        .map(|name| format!("[connections.{name}]\nurl = \"ftp://h\"\n"))
        .concat();
    let lines = said(one(&three).unwrap_err().errors());
    assert!(
        lines.len() == 2 && lines.iter().all(|line| line.contains("[connections.c] ")),
        "{lines:?}"
    );
    let layers = Layers::new().toml("/a.toml", "[connections.b]\nurl = \"ftp://h\"");
    let layers = layers.toml("/b.toml", "[connections.a]\nurl = \"ftp://h\"");
    let lines = said(layers.build().unwrap_err().errors());
    assert!(
        lines[0].starts_with("/b.toml:2: connections.a.url: has the same"),
        "{lines:?}"
    );
    let built = Settings::builder()
        .connection("a", "ftp://h")
        .connection("b", "ftp://h")
        .build();
    assert!(said(built.unwrap_err().errors())[0].contains("has the same url as [connections.a]"));
}
