//! A proxy's answer to CONNECT.

use outbound::base::Answer;
use outbound::proto::connect::{Fault, Handshake, Progress};

use super::{assert_showable, splits};

pub const WORDS: &[&str] = &[
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.0 407 x\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "\r\n",
    "\r\n\r\n",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "0\r\n\r\n",
    "Connection: close\r\n",
    "Proxy-Authenticate: Basic realm=\"x\"\r\n",
    "Proxy-Status: gw; error=dns_error\r\n",
    "<title>x</title>",
];

/// How a handshake ended.
#[derive(Debug, PartialEq)]
enum End {
    /// The status, and how many bytes belong to the tunnel.
    Open(u16, usize),
    /// What is kept, and how many challenges there are.
    Refused(Box<Answer>, usize),
    /// Which fault; how much of the input is shown with it depends on how it came.
    Fault(std::mem::Discriminant<Fault>),
}

fn fault(fault: Fault) -> End {
    assert_showable(&fault.to_string(), 400);
    End::Fault(std::mem::discriminant(&fault))
}

fn refused(refusal: outbound::proto::connect::Refusal) -> End {
    let answer = refusal.answer;
    assert!((300..600).contains(&answer.code), "{}", answer.code);
    assert_showable(&answer.to_string(), 201);
    End::Refused(Box::new(answer), refusal.challenges.len())
}

fn run(pieces: &[&[u8]]) -> End {
    let mut handshake = Handshake::new();
    let mut unread: usize = pieces.iter().map(|piece| piece.len()).sum();
    for piece in pieces {
        unread -= piece.len();
        match handshake.feed(piece) {
            Ok(Progress::NeedMore) => {}
            Ok(Progress::Open { status, leftover }) => {
                assert!((200..300).contains(&status), "{status}");
                assert!(
                    piece.ends_with(&leftover),
                    "what is left is the end of what came"
                );
                return End::Open(status, leftover.len() + unread);
            }
            Ok(Progress::Refused(refusal)) => return refused(*refusal),
            Err(found) => return fault(found),
        }
    }
    match handshake.close() {
        Ok(refusal) => refused(refusal),
        Err(found) => fault(found),
    }
}

/// The answer is the same however it is cut, and what is shown of it is bounded.
pub fn check(bytes: &[u8]) {
    let whole = run(&[bytes]);
    for pieces in splits(bytes) {
        assert_eq!(run(&pieces), whole, "{pieces:?}");
    }
}
