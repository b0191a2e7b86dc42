//! From what users type to a URL, and what they cannot reach by it.

use super::*;
use crate::base::Kind;

const TEXT: &str = r#"
[connections.census]
url = "ftp://ftp.census.example/pub/"
username = "anonymous"

[connections.api]
url = "https://data.example/v1"

[connections.deep]
url = "https://data.example/v1/deep/er/"

[connections.port]
url = "https://data.example:8443/v1"

[connections.implicit]
url = "ftps://files.example/in"

[connections.root]
url = "http://root.example"
"#;

fn policy() -> Policy {
    one(TEXT).unwrap()
}

#[test]
fn a_url_belongs_to_the_longest_prefix() {
    let cases = [
        ("https://data.example/v1", "api"),
        ("https://data.example/v1/", "api"),
        ("https://data.example/v1?x=1", "api"),
        ("https://data.example:443/v1/a", "api"),
        ("https://DATA.example/v1/deep", "api"),
        ("https://data.example/v1/deep/er", "deep"),
        ("https://data.example/v1/deep/er/file", "deep"),
        ("https://data.example/v1/deep/er/../file", "api"),
        ("https://data.example/v1/deep/er/%2e%2e/file", "api"),
        ("https://data.example/%76%31/x", "api"),
        ("https://data.example/v1/a%2Fb", "api"),
        ("https://data.example/v1/a%2F..%2F..%2Fb", "-"),
        ("https://data.example/v1/..%5C..%5Cb", "-"),
        ("https://data.example/v12", "-"),
        ("https://data.example/v1/../x", "-"),
        ("https://data.example/v1/%2e%2E/x", "-"),
        ("https://data.example/v1\\..\\x", "-"),
        ("https://data.example/V1/x", "-"),
        ("http://data.example/v1", "-"),
        ("https://data.example:8443/v1/x", "port"),
        ("https://data.example:8444/v1/x", "-"),
        ("https://data.example.evil.example/v1/x", "-"),
        ("https://data.example@evil.example/v1/x", "-"),
        ("ftp://ftp.census.example/pub/2020/f.csv", "census"),
        ("ftp://ftp.census.example:21/pub/f", "census"),
        ("ftp://ftp.census.example/f", "-"),
        ("ftps://ftp.census.example/pub/f", "-"),
        ("ftps://FILES.example:990/in/x", "implicit"),
        ("ftps://files.example/in/../x", "-"),
        ("http://root.example/any/thing", "root"),
        ("http://root.example", "root"),
    ];
    let policy = policy();
    for (url, name) in cases {
        let location = policy
            .locate(url, None)
            .unwrap_or_else(|e| panic!("{url}: {e}"));
        let got = location
            .connection
            .map_or("-".to_owned(), |c| c.name.clone());
        assert_eq!(got, name, "{url}");
    }
}

#[test]
fn a_path_in_a_connection() {
    let cases = [
        (
            "census:2020/file.csv",
            "ftp://ftp.census.example/pub/2020/file.csv",
        ),
        ("census:", "ftp://ftp.census.example/pub/"),
        ("census:2020/", "ftp://ftp.census.example/pub/2020/"),
        (
            "census:a b#1?.csv",
            "ftp://ftp.census.example/pub/a%20b%231%3F.csv",
        ),
        ("census:a%20b", "ftp://ftp.census.example/pub/a%20b"),
        ("census:2020:01/x", "ftp://ftp.census.example/pub/2020:01/x"),
        ("census:a//b", "ftp://ftp.census.example/pub/a//b"),
        ("census:..x/x..", "ftp://ftp.census.example/pub/..x/x.."),
        (
            "census:@evil.example/x",
            "ftp://ftp.census.example/pub/@evil.example/x",
        ),
        (
            "api:items?year=2020&a=/../b",
            "https://data.example/v1/items?year=2020&a=/../b",
        ),
        ("api:?q=1", "https://data.example/v1?q=1"),
        ("implicit:é", "ftps://files.example/in/%C3%A9"),
        ("root:x", "http://root.example/x"),
    ];
    let policy = policy();
    for (text, url) in cases {
        let location = policy
            .locate(text, None)
            .unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(location.url.as_str(), url, "{text}");
        let name = &location.connection.unwrap().name;
        assert_eq!(*name, text.split(':').next().unwrap());
    }
}

#[test]
fn a_path_cannot_leave_its_base() {
    let paths = [
        "..",
        "../x",
        "a/../../x",
        "a/..",
        "%2e%2e/x",
        "%2E./x",
        ".%2e/x",
        "a/%2e%2e/%2e%2e/x",
        "./x",
        "%2e/x",
        "/etc/passwd",
        "//evil.example/x",
        "///x",
        "\\x",
        "..\\x",
        "a\\..\\..\\x",
        "a%5c..%5c..%5cx",
        "a%2f..%2f..%2fx",
        "%2fetc/passwd",
        "https://evil.example/x",
        "ftp://evil.example/x",
    ];
    let policy = policy();
    for name in ["census", "api", "implicit", "root"] {
        for path in paths {
            let text = format!("{name}:{path}");
            let error = policy.locate(&text, None).expect_err(&text);
            assert_eq!(error.kind(), Kind::Usage, "{text}");
            let error = policy.locate(path, Some(name));
            assert!(
                error.is_err() || path.contains("://"),
                "--connection {name} {path}"
            );
        }
    }
}

#[test]
fn control_characters_are_refused() {
    let policy = policy();
    for raw in [
        "\r", "\n", "\t", "\0", "\x1b", "\x7f", "\u{85}", "%0d", "%0A", "%00", "%1b", "%7F",
    ] {
        for text in [
            format!("census:a{raw}b"),
            format!("ftp://ftp.census.example/a{raw}b"),
            format!("https://data.example/v1/a{raw}b"),
            format!("https://u{raw}:p@data.example/"),
            format!("https://u:p{raw}@data.example/"),
            format!("https://da{raw}ta.example/"),
            format!("ftps://files.example/in?{raw}"),
        ] {
            let error = policy.locate(&text, None).expect_err(&text);
            let shown = error.to_string();
            assert!(!shown.chars().any(char::is_control), "{shown:?}");
        }
    }
    // In the query of an HTTP URL they stay encoded whatever happens.
    assert!(policy.locate("https://data.example/?q=a%0Ab", None).is_ok());
    assert!(policy.locate("https://data.example/?q=a\nb", None).is_err());
}

#[test]
fn what_names_nothing_says_what_to_write() {
    let cases = [
        (
            "cenus:x",
            "no connection is called `cenus`",
            "did you mean `census`?",
        ),
        (
            "nowhere:x",
            "no connection is called `nowhere`",
            "known are api, census, deep, implicit, port, root",
        ),
        (
            "data.example/x",
            "`data.example/x` is neither a URL nor NAME:PATH of a connection",
            "a URL begins with its scheme, as in https:// or ftp://",
        ),
        (
            "https:/data.example/x",
            "`https:` is not followed by `//`",
            "write `https://data.example/x`",
        ),
        (
            "http:/data.example:99999",
            "`http:` is not followed by `//`",
            "write `http://HOST/PATH`",
        ),
        (
            "htps://data.example/x",
            "the URL's scheme `htps` is unknown; known are http, https, ws, wss, ftp, ftps, s3",
            "did you mean `https`?",
        ),
        (
            "census://x",
            "`census` is a connection, not a scheme",
            "write `census:PATH`",
        ),
    ];
    let policy = policy();
    for (text, what, hint) in cases {
        let error = policy.locate(text, None).expect_err(text);
        assert_eq!((error.what(), error.hint()), (what, Some(hint)), "{text}");
    }
    for text in [
        "",
        "  ",
        "https://",
        "https:///x",
        "https://h:0/",
        "https://h:99999/",
    ] {
        assert!(policy.locate(text, None).is_err(), "{text}");
    }
    let error = policy
        .locate("https://data.example/", Some("cenus"))
        .unwrap_err();
    assert_eq!(error.hint(), Some("did you mean `census`?"));
    let error = policy.locate("api:x", Some("census")).unwrap_err();
    assert!(
        error.to_string().contains("different connections"),
        "{error}"
    );
    let error = Policy::default().connection("x").unwrap_err();
    assert_eq!(error.hint(), Some("the settings have no [connections]"));
    for text in [
        "http:/u:hunter2@h/",
        "census:https://u:hunter2@h/",
        "u:hunter2@h/x",
        "htps://u:hunter2@h/x",
        "https://u:hunter2@h:0/",
        "https://u:hunter2@h/%00",
    ] {
        let error = policy.locate(text, None).expect_err(text);
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn a_named_connection_applies_wherever_the_url_leads() {
    let policy = policy();
    let location = policy
        .locate("https://else.example/x", Some("census"))
        .unwrap();
    assert_eq!(location.connection.unwrap().name, "census");
    let location = policy
        .locate("https://data.example/v1/deep/er/x", Some("api"))
        .unwrap();
    assert_eq!(location.connection.unwrap().name, "api");
    let location = policy.locate("2020/f.csv", Some("census")).unwrap();
    assert_eq!(
        location.url.as_str(),
        "ftp://ftp.census.example/pub/2020/f.csv"
    );
}

#[test]
fn userinfo_is_taken_out_of_the_url() {
    let policy = policy();
    let location = policy
        .locate("ftp://me:hun%40ter2@h.example/x", None)
        .unwrap();
    assert_eq!(location.url.as_str(), "ftp://h.example/x");
    let debug = format!("{location:?}");
    assert!(!debug.contains("ter2"), "{debug}");
    let credentials = location.credentials.unwrap();
    assert_eq!(credentials.username, "me");
    let password = credentials.password.unwrap();
    assert!(matches!(
        password.source,
        crate::base::SecretSource::Inline(secret) if secret.expose() == "hun@ter2"
    ));
    assert_eq!(
        policy.locate("ftp://h.example/", None).unwrap().credentials,
        None
    );
}

#[test]
fn what_is_typed_is_sent_in_the_connections_encoding() {
    let text = "[connections.old]\nurl = \"ftp://h.example/pub\"\nencoding = \"windows-1252\"\n\
                [connections.kanji]\nurl = \"ftp://k.example/pub\"\nencoding = \"shift_jis\"";
    let policy = Settings::from_toml(text).unwrap();
    for (typed, path) in [
        ("old:caf\u{e9}/\u{fc}.csv", "/pub/caf%E9/%FC.csv"),
        ("ftp://h.example/pub/caf\u{e9}", "/pub/caf%E9"),
        // Bytes that were given back stay as they are.
        ("old:caf%E9", "/pub/caf%E9"),
        ("old:caf%C3%A9", "/pub/caf%C3%A9"),
        ("ftp://h.example/pub/caf%C3%A9", "/pub/caf%C3%A9"),
        // Elsewhere it is UTF-8.
        ("ftp://h.example/caf\u{e9}", "/caf%C3%A9"),
        ("kanji:\u{8868}", "/pub/%95%5C"),
    ] {
        let location = policy.locate(typed, None).unwrap();
        assert_eq!(location.url.path(), path, "{typed}");
    }
    let error = policy.locate("old:\u{8868}", None).unwrap_err();
    let wanted = "`\u{8868}` cannot be written in windows-1252";
    assert!(error.to_string().contains(wanted), "{error}");
    // The second byte of this character is a backslash's.
    let error = policy.locate("kanji:\u{8868}../../x", None).unwrap_err();
    assert!(error.to_string().contains("leads out"), "{error}");
}
