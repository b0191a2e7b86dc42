use super::*;
use crate::base::{Scheme, Secret, Target};

/// What one answer comes to, in words, so that a table can say it. Pieces behind the one that
/// opened the tunnel are the tunnel's.
fn outcome(pieces: &[&[u8]]) -> String {
    let mut handshake = Handshake::new();
    for (at, piece) in pieces.iter().enumerate() {
        match handshake.feed(piece) {
            Ok(Progress::NeedMore) => {}
            Ok(Progress::Open { status, leftover }) => {
                let tunnel = [&leftover[..], &pieces[at + 1..].concat()].concat();
                return format!("open {status} {}", String::from_utf8_lossy(&tunnel));
            }
            Ok(Progress::Refused(refusal)) => return refused(&refusal),
            Err(fault) => return format!("fault: {fault}"),
        }
    }
    match handshake.close() {
        Ok(refusal) => refused(&refusal),
        Err(fault) => format!("fault: {fault}"),
    }
}

fn refused(refusal: &Refusal) -> String {
    let again = if refusal.reusable {
        "reusable"
    } else {
        "closing"
    };
    format!(
        "refused {again} {} [{}]",
        refusal.answer, refusal.answer.body
    )
}

/// Answers as real proxies give them, and how they are taken. Bytes after `|` belong to the
/// tunnel.
const ANSWERS: &[(&str, &str, &str)] = &[
    (
        "HTTP/1.1 200 Connection established\r\n\r\n",
        "open 200 ",
        "Squid",
    ),
    (
        "HTTP/1.0 200 Connection Established\r\nProxy-agent: Apache\r\n\r\n",
        "open 200 ",
        "Apache",
    ),
    (
        "HTTP/1.1 200 OK\r\n\r\n220 hello\r\n",
        "open 200 220 hello\r\n",
        "vsftpd behind tinyproxy",
    ),
    (
        "HTTP/1.1 201 Created\r\n\r\nx",
        "open 201 x",
        "RFC 9110 9.3.6: any 2xx",
    ),
    (
        "HTTP/1.1 204 No Content\r\n\r\nx",
        "open 204 x",
        "RFC 9110 9.3.6: any 2xx",
    ),
    (
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx",
        "open 200 x",
        "RFC 9110 15.2: 1xx skipped",
    ),
    (
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        "open 200 abc",
        "RFC 9110 9.3.6: ignored on 2xx",
    ),
    (
        "HTTP/1.1 200 OK\nVia: x\n\nabc",
        "open 200 abc",
        "bare LF: old appliances",
    ),
    ("HTTP/1.1 200\r\n\r\n", "open 200 ", "no reason phrase"),
    (
        "HTTP/1.1 200 OK\r\nX-A: b\r\n  folded\r\n\r\nabc",
        "open 200 abc",
        "curl test 1105: folded lines",
    ),
    (
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
        "refused reusable 403 Forbidden (no) [no]",
        "RFC 9110",
    ),
    (
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
        "refused closing 403 Forbidden (no) [no]",
        "Squid",
    ),
    (
        "HTTP/1.1 407 Auth\r\nProxy-Connection: Close\r\nContent-Length: 0\r\n\r\n",
        "refused closing 407 Auth []",
        "old Squid",
    ),
    (
        "HTTP/1.0 407 Auth\r\nContent-Length: 0\r\n\r\n",
        "refused closing 407 Auth []",
        "RFC 9112 9.3: 1.0 closes",
    ),
    (
        "HTTP/1.0 407 Auth\r\nProxy-Connection: keep-alive\r\nContent-Length: 0\r\n\r\n",
        "refused reusable 407 Auth []",
        "Blue Coat",
    ),
    (
        "HTTP/1.1 407 Auth\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nTrailer: t\r\n\r\n",
        "refused reusable 407 Auth (abcd) [abcd]",
        "RFC 9112 7.1",
    ),
    (
        "HTTP/1.1 407 Auth\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "refused closing 407 Auth []",
        "broken chunk",
    ),
    (
        "HTTP/1.1 504 Gateway Timeout\r\n\r\nlate",
        "refused closing 504 Gateway Timeout (late) [late]",
        "until close",
    ),
    (
        "HTTP/1.1 302 Found\r\nLocation: http://login/\r\nContent-Length: 0\r\n\r\n",
        "refused reusable 302 Found, to http://login/ []",
        "captive portal",
    ),
    (
        "HTTP/1.1 502 Bad\r\nProxy-Status: gw; error=dns_error\r\nContent-Length: 0\r\n\r\n",
        "refused reusable 502 Bad (proxy-status: gw; error=dns_error) []",
        "RFC 9209",
    ),
    (
        "",
        "fault: the proxy closed the connection without an answer",
        "close at once",
    ),
    (
        "HTTP/1.1 200 O",
        "fault: the proxy closed the connection inside its answer, after 14 bytes",
        "close in the head",
    ),
    (
        "HTTP/1.1 100 Continue\r\n\r\n",
        "fault: the proxy closed the connection inside its answer, after 25 bytes",
        "close after 1xx",
    ),
    (
        "SSH-2.0-OpenSSH_9.2\r\n",
        "fault: what answers is not an HTTP proxy: it said `SSH-2.0-OpenSSH_9.2`",
        "wrong port",
    ),
    (
        "\x15\x03\x01\x00\x02\x02\x46",
        "fault: the proxy answered with TLS: it speaks HTTP over TLS only",
        "TLS alert",
    ),
    (
        "HTTP/2 200\r\n\r\n",
        "fault: what answers is not an HTTP proxy: it said `HTTP/2 200`",
        "not HTTP/1",
    ),
    (
        "HTTP/1.1 abc\r\n\r\n",
        "fault: the proxy's answer is malformed: `HTTP/1.1 abc`",
        "no status",
    ),
    (
        "HTTP/1.1 999 Weird\r\n\r\n",
        "fault: the proxy's answer is malformed: `HTTP/1.1 999 Weird`",
        "beyond 599",
    ),
    (
        "HTTP/1.1 101 Switching\r\n\r\n",
        "fault: the proxy answered CONNECT with 101 Switching Protocols",
        "RFC 9110 15.2.2",
    ),
];

#[test]
fn lengths_that_are_unsure_end_the_connection() {
    for lengths in [
        "Content-Length: 0\r\nContent-Length: 50\r\n",
        "Content-Length: +0\r\n",
        "Transfer-Encoding: chunked\r\n\r\n+0\r\n",
    ] {
        let answer = format!("HTTP/1.1 407 Auth\r\n{lengths}\r\n");
        let got = outcome(&[answer.as_bytes()]);
        assert!(got.starts_with("refused closing 407"), "{lengths:?}: {got}");
    }
}

/// Leaves out what a split may change: how much of a stranger's words had come when it was
/// recognised.
fn comparable(outcome: &str) -> &str {
    match outcome.find(": it said").or(outcome.find(" is malformed")) {
        Some(at) => &outcome[..at],
        None => outcome,
    }
}

#[test]
fn answers_come_to_the_same_at_every_split() {
    for (answer, expected, source) in ANSWERS {
        let bytes = answer.as_bytes();
        assert_eq!(outcome(&[bytes]), *expected, "{source}");
        for at in 1..bytes.len() {
            let (first, second) = bytes.split_at(at);
            let got = outcome(&[first, second]);
            assert_eq!(
                comparable(&got),
                comparable(expected),
                "{source}, split at {at}"
            );
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        let got = outcome(&single);
        assert_eq!(
            comparable(&got),
            comparable(expected),
            "{source}, byte by byte"
        );
    }
}

#[test]
fn bytes_behind_a_refusal_end_the_connection() {
    let answer = "HTTP/1.1 407 Auth\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n\r\n";
    assert_eq!(
        outcome(&[answer.as_bytes()]),
        "refused closing 407 Auth (a) [a]"
    );
}

#[test]
fn sizes_are_bounded() {
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(300_000));
    assert!(outcome(&[long.as_bytes()]).contains("longer than 64 KiB"));
    let mut pieces: Vec<&[u8]> = long.as_bytes().chunks(4096).collect();
    assert!(outcome(&pieces).contains("longer than 64 KiB"));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(101));
    assert!(outcome(&[many.as_bytes()]).contains("more than 100 header fields"));
    let hints = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(4000);
    pieces = hints.as_bytes().chunks(1000).collect();
    assert!(outcome(&pieces).contains("longer than 64 KiB"));
    let endless = "HTTP/1.1 407 Auth\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n";
    let filler = vec![b'x'; BODY_MAX + 1];
    let got = outcome(&[endless.as_bytes(), &filler]);
    assert!(got.starts_with("refused closing 407"), "{}", &got[..60]);
    let exact = format!(
        "HTTP/1.1 200 OK\r\nX: {}\r\n\r\n",
        "a".repeat(HEAD_MAX - 24)
    );
    assert_eq!(exact.len(), HEAD_MAX);
    assert_eq!(outcome(&[exact.as_bytes()]), "open 200 ");
}

#[test]
fn the_request_names_the_target_as_the_proxy_must_see_it() {
    let target = Target::parse("ftp://[2001:db8::1]:2121/").unwrap();
    let bytes = request(&target, Some(&Secret::new("Basic abc"))).unwrap();
    assert!(
        bytes
            .expose()
            .starts_with("CONNECT [2001:db8::1]:2121 HTTP/1.1\r\nHost: [2001:db8::1]:2121\r\n")
    );
    assert!(
        bytes
            .expose()
            .ends_with("\r\nProxy-Authorization: Basic abc\r\n\r\n")
    );
}

#[test]
fn nothing_can_break_out_of_the_request() {
    for host in ["a\r\nX: y", "a b", "a\tb", "é b"] {
        let target = Target::new(Scheme::Http, crate::base::Host::Domain(host.into()), 80);
        assert_eq!(request(&target, None), Err(BadRequest));
    }
    let target = Target::parse("http://a/").unwrap();
    assert_eq!(
        request(&target, Some(&Secret::new("Basic a\r\nX: y"))),
        Err(BadRequest)
    );
}
