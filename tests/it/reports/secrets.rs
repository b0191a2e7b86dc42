//! No form of a report holds a secret, wherever it was given.

use super::refusing;
use crate::kit::{Program, shared};
use crate::leaks::assert_absent;
use crate::support::peers::{squid, squid_with_password};
use crate::support::sockets::Closed;

/// Who logs in, and by what: at the proxy and at the target, in a URL and in the settings.
const LOGINS: &[(&str, &str)] = &[
    ("socks", "pr0xy-inline"),
    ("ann", "t4rget-inline"),
    ("socks", "s3ttings"),
    ("ann", "s3ttings"),
];

/// What is secret besides.
const SECRETS: &[&str] = &[
    "t0ken-query",
    "fr4gment",
    "h34der",
    "c29ja3", // `sock…` of the proxy's login in Base64.
];

/// The forms, each with its flags.
const FORMS: &[&[&str]] = &[
    &[],
    &["--json"],
    &["--markdown"],
    &["--html", "-"],
    &["-vv"],
    &["--web", "--json"],
    &["--web", "--markdown"],
    &["--web", "--html", "-"],
    &["--hold", "1ms"],
    &["--repeat", "2"],
    &["--compare"],
];

/// Nothing of a login or a token, in whatever spelling.
#[track_caller]
fn assert_no_secret(words: &[&str], told: &str) {
    for (user, password) in LOGINS {
        assert_absent(told, user, password);
    }
    for secret in SECRETS {
        assert!(!told.contains(secret), "{secret}: {words:?}: {told}");
    }
}

#[test]
fn none_in_any_form() {
    let shared = shared();
    let squid = squid_with_password().url();
    let here = &squid["http://".len()..];
    let at = &shared.nginx.http("/")["http://".len()..];
    let settings = format!(
        "[proxy]\nurl = \"{squid}\"\nusername = \"socks\"\npassword = \"s3ttings\"\n\
         [connections.c]\nurl = \"http://{at}\"\nusername = \"ann\"\npassword = \"s3ttings\"\n\
         [connections.free]\nurl = \"http://{at}private/\"\nusername = \"ann\"\npassword = \"s3ttings\"\nproxy = \"direct\"\n"
    );
    let program = Program::with_settings(&settings);
    let inline = format!("http://socks:pr0xy-inline@{here}");
    let query = "?X-Amz-Signature=t0ken-query&x=1#fr4gment";
    let closed = Closed::new();
    let here_closed = closed.address().to_string();
    // At `host`, that is: a name that no name server is asked for where a proxy is.
    let urls = |host: &str| {
        [
            format!("http://ann:t4rget-inline@{at}small.bin{query}"),
            format!("https://ann:t4rget-inline@{host}/small.bin{query}"),
            format!("ftp://ann:t4rget-inline@{host}/small.bin{query}"),
            format!("wss://ann:t4rget-inline@{host}/{query}"),
            format!("http://ann:t4rget-inline@h.test:99999/{query}"),
            format!("c:small.bin{query}"),
            format!("free:small.bin{query}"),
            format!("nothing:small.bin{query}"),
        ]
    };
    let header = "Authorization: Bearer h34der";
    for form in FORMS {
        for proxy in [Some("direct"), Some(&*inline), None] {
            let is_direct = proxy == Some("direct") || form.contains(&"--compare");
            for url in &urls(if is_direct { &here_closed } else { "h.test" }) {
                let mut words = vec!["check", "-H", header, url];
                words.extend(proxy.iter().flat_map(|proxy| ["--proxy", proxy]));
                words.extend(*form);
                let ran = program.run(&words);
                let told = format!("{}{}", ran.out, ran.err);
                assert!(
                    ran.out.contains("small.bin") || ran.code != Some(0),
                    "{told}"
                );
                assert_no_secret(&words, &told);
            }
        }
    }
    // A proxy quotes what it was asked for.
    let quoted = format!("http://{here_closed}/small.bin?X-Amz-Signature=t0ken-query&x=1");
    let quoting = refusing(&format!("{quoted} is blocked"));
    for form in FORMS {
        let proxy = quoting.url();
        let words = [&["check", "--proxy", &proxy, &quoted], *form].concat();
        let ran = program.run(&words);
        let told = format!("{}{}", ran.out, ran.err);
        assert!(told.contains("is blocked"), "{told}");
        assert_no_secret(&words, &told);
    }
    // The way stands with the right password: nothing of it in what is told of the good end.
    let good = format!(
        "[proxy]\nurl = \"{squid}\"\nusername = \"{}\"\npassword = \"{}\"\n",
        squid::USER,
        squid::PASSWORD
    );
    let program = Program::with_settings(&good);
    let url = shared.nginx.http("/small.bin");
    for form in FORMS {
        let words = [&["check", &*url], *form].concat();
        let ran = program.run(&words).expect(0);
        let told = format!("{}{}", ran.out, ran.err);
        assert_absent(&told, squid::USER, squid::PASSWORD);
    }
}

/// An error page that repeats the request: of a server, of a proxy in its place, to CONNECT, and to the
/// upgrade of a WebSocket.
#[test]
fn none_where_the_other_side_repeats_it() {
    // `joe:gr4nted` and `socks:pr0xy-own` in Base64.
    let of_target = "authorization: Basic am9lOmdyNG50ZWQ= of joe:gr4nted@h, x-api-key: k3y-of-mine, \
                     accept: text/csv";
    let of_proxy = "proxy-authorization: Basic c29ja3M6cHIweHktb3du of socks:pr0xy-own";
    for (scheme, host, words) in [
        ("http", None, of_target.to_owned()),
        ("ws", None, of_target.to_owned()),
        ("http", Some("h.test"), format!("{of_target}, {of_proxy}")),
        ("https", Some("h.test"), of_proxy.to_owned()),
    ] {
        let repeating = refusing(&format!("Denied: {words}"));
        let here = repeating.address().to_string();
        let settings =
            format!("[proxy]\nurl = \"http://socks:pr0xy-own@{here}\"\nauth = \"basic\"\n");
        let program = Program::with_settings(&settings);
        std::fs::write(program.file("pw"), "gr4nted").unwrap();
        let url = format!("{scheme}://{}/x", host.unwrap_or(&here));
        let forms = FORMS
            .iter()
            .filter(|form| scheme != "ws" || !form.contains(&"--web"));
        for form in forms {
            let mut words = vec!["check", &url];
            words.extend(["--proxy", "direct"].into_iter().filter(|_| host.is_none()));
            words.extend(["--user", "joe", "--password-file", "pw"]);
            words.extend(["-H", "X-Api-Key: k3y-of-mine", "-H", "Accept: text/csv"]);
            words.extend(*form);
            let ran = program.run(&words);
            let told = format!("{}{}", ran.out, ran.err);
            assert!(told.contains("Denied"), "{words:?}: {told}");
            assert_absent(&told, "joe", "gr4nted");
            assert_absent(&told, "socks", "pr0xy-own");
            assert!(!told.contains("k3y-of-mine"), "{words:?}: {told}");
        }
    }
}
