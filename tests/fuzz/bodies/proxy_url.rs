//! Proxy URLs, as people write them.

use outbound::base::{ProxyUrl, Secret};

use super::assert_showable;

pub const WORDS: &[&str] = &[
    "http://",
    "https://",
    "socks5h://",
    "user",
    ":",
    "@",
    "hunter2-secret",
    "proxy.example",
    ":3128",
    "[2001:db8::1]",
    "%40",
    "%2F",
    "/",
    "127.0.0.1",
    " ",
];

/// What was parsed means the same when it is written anew, and no password is shown, of good URLs
/// and of bad ones.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match ProxyUrl::parse(&text) {
        Ok(url) => good(&url),
        Err(bad) => {
            let shown = format!("{bad} {} {bad:?}", bad.hint.clone().unwrap_or_default());
            assert_showable(&bad.to_string(), 700);
            assert_hidden(&text, &shown);
        }
    }
}

fn good(url: &ProxyUrl) {
    let shown = format!("{}://{}:{}", url.scheme, url.host, url.port);
    let again = ProxyUrl::parse(&shown).unwrap_or_else(|bad| panic!("{shown}: {bad}"));
    let bare = ProxyUrl {
        username: None,
        password: None,
        ..url.clone()
    };
    assert_eq!(again, bare, "{shown}");
    let userinfo = match (&url.username, &url.password) {
        (None, _) => String::new(),
        (Some(name), None) => format!("{}@", escaped(name)),
        (Some(name), Some(password)) => {
            format!("{}:{}@", escaped(name), escaped(password.expose()))
        }
    };
    let written = format!("{}://{userinfo}{}:{}", url.scheme, url.host, url.port);
    assert_eq!(ProxyUrl::parse(&written).as_ref(), Ok(url), "{written}");
    // Whatever the password is, the same is shown.
    let other = ProxyUrl {
        password: url.password.as_ref().map(|_| Secret::new("another")),
        ..url.clone()
    };
    assert_eq!(format!("{url:?}"), format!("{other:?}"));
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Nothing that stands where a password does is shown, unless it stands elsewhere too.
fn assert_hidden(written: &str, shown: &str) {
    let Some((userinfo, rest)) = written.rsplit_once('@') else {
        return;
    };
    let after = userinfo
        .split_once("://")
        .map_or(userinfo, |(_, after)| after);
    let Some((before, password)) = after.split_once(':') else {
        return;
    };
    let scheme = &userinfo[..userinfo.len() - after.len()];
    let elsewhere = [before, rest, scheme].concat();
    if password.len() >= 8 && !elsewhere.contains(password) {
        assert!(!shown.contains(password), "{written:?}: {shown}");
    }
}
