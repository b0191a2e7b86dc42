//! The reports of `outbound check`, read by those for whom they are made.

mod json;
mod markdown;
mod page;
mod secrets;

pub use self::json::problems_by;
pub use self::markdown::rendered;
use crate::kit::{Program, Ran, shared};
use crate::support::peers::{self, vsftpd};
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::Closed;

/// What a server may say to break out of a report.
pub const HOSTILE: &[&str] = &[
    "<script>document.title='owned'</script>",
    "\"><img src=http://evil.test/x onerror=alert(1)>",
    "a|b|c\\|d\\\\|e",
    "```\n# head\n```",
    "`` ` ``` `",
    "</code></pre></style><style>*{display:none}</style>",
    "@team #1 http://evil.test/ [x](http://evil.test/) ![y](http://evil.test/y.png)",
    "\u{202e}gnp.exe\u{2028} \u{1b}[2J",
    "&lt;b&gt; &#60;i&#62; &amp;",
    " ` | ",
];

/// A proxy that refuses every request with these words in all that is shown of an answer.
pub fn refusing(words: &str) -> Scripted {
    let words: String = words.chars().filter(|c| *c != '\n').collect();
    let title = format!("<title>{words}</title>");
    Scripted::each(vec![
        Step::head(),
        Step::write(format!(
            "HTTP/1.1 403 {words}\r\nServer: {words}\r\nVia: 1.1 {words}\r\nX-Squid-Error: {words}\r\n\
             Proxy-Status: p; details=\"{words}\"\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{title}",
            title.len()
        )),
        Step::Close,
    ])
}

/// Each way in which a check ends, with the program's answer in the form of `flags`.
fn ends(flags: &[&str]) -> Vec<(&'static str, Ran)> {
    let ends = ends_in(flags).into_iter();
    ends.map(|(name, _, ran)| (name, ran)).collect()
}

/// The same, each with the program that ran in a folder of its own.
fn ends_in(flags: &[&str]) -> Vec<(&'static str, Program, Ran)> {
    let shared = shared();
    let ftp = vsftpd::Vsftpd::start(&shared.root, &[]);
    let squid = peers::squid().url();
    let silent = Scripted::each(vec![Step::Stall]);
    let bare = Scripted::each(vec![
        Step::head(),
        Step::write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        Step::Close,
    ]);
    let refusal = "<Response><Errors><Error><Code>MissingParameter</Code><Message>The request must \
                   contain the parameter AWSAccessKeyId</Message></Error></Errors></Response>";
    let api = Scripted::each(vec![
        Step::head(),
        Step::write(format!(
            "HTTP/1.1 400 Bad Request\r\nx-amzn-RequestId: 1\r\nContent-Length: {}\r\n\r\n{refusal}",
            refusal.len()
        )),
        Step::Close,
    ]);
    let settings = format!(
        "[proxy]\nurl = \"{squid}\"\n[connections.secure]\nurl = \"{}\"\nca_file = \"{}\"\n",
        shared.nginx.https("/"),
        shared.ca.display(),
    );
    let impatient = format!(
        "[proxy]\nurl = \"{}\"\n[timeouts]\nconnect = \"100ms\"\n",
        silent.url()
    );
    let closed = Closed::new();
    let cases: Vec<(&str, i32, Vec<String>)> = vec![
        ("https", 0, vec!["secure:small.bin".into()]),
        ("ftp", 0, vec![ftp.url("/small.bin")]),
        (
            "thrice",
            0,
            vec![
                "--repeat".into(),
                "3".into(),
                shared.nginx.http("/small.bin"),
            ],
        ),
        (
            "beside",
            0,
            vec!["--compare".into(), shared.nginx.http("/small.bin")],
        ),
        (
            "left alone",
            0,
            vec!["--hold".into(), "1ms".into(), "secure:small.bin".into()],
        ),
        (
            "nothing to leave alone",
            0,
            vec![
                "--hold".into(),
                "1ms".into(),
                shared.nginx.http("/small.bin"),
            ],
        ),
        (
            "both left alone",
            0,
            vec![
                "--hold".into(),
                "1ms".into(),
                "--compare".into(),
                format!("tcp://127.0.0.1:{}", shared.nginx.http_port()),
            ],
        ),
        ("no such connection", 2, vec!["secur:x/small.bin".into()]),
        (
            "no such proxy",
            5,
            proxied(&closed.url(), "https://h.test/x"),
        ),
        ("doubt", 0, proxied(&bare.url(), "http://h.test/x")),
        ("an API", 0, vec![api.url()]),
        ("silence", 6, vec!["https://slow.test/".into()]),
        ("not there", 9, vec![shared.nginx.http("/nothing")]),
    ];
    let mut ends = Vec::new();
    for (name, code, words) in cases {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let program = Program::with_settings(match name {
            "silence" => &impatient,
            _ => &settings,
        });
        let ran = program.run(&[&["check"], flags, &words].concat());
        assert_eq!(ran.code, Some(code), "{name}: {ran:?}");
        ends.push((name, program, ran));
    }
    ends
}

fn proxied(proxy: &str, url: &str) -> Vec<String> {
    vec!["--proxy".to_owned(), proxy.to_owned(), url.to_owned()]
}
