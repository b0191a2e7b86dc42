//! The replies on an FTP control channel.

use outbound::proto::ftp::{Fault, Replies};

use super::{assert_showable, splits};

pub const WORDS: &[&str] = &[
    "220 ", "220-", "230", "331 ", "\r\n", "\n", "\r", "150 ", "226 ", "550 ", "999 ", "2110 ",
];

/// The codes and texts, and which fault ended them.
type All = (Vec<(u16, String)>, Option<std::mem::Discriminant<Fault>>);

fn run(pieces: &[&[u8]]) -> All {
    let mut replies = Replies::default();
    let mut all = Vec::new();
    for piece in pieces {
        replies.feed(piece);
        loop {
            match replies.next_reply() {
                Ok(None) => break,
                Ok(Some(reply)) => {
                    assert!((100..600).contains(&reply.code()), "{}", reply.code());
                    assert_showable(&reply.to_string(), 201);
                    all.push((reply.code(), reply.text().to_owned()));
                }
                Err(fault) => {
                    assert_showable(&fault.to_string(), 300);
                    return (all, Some(std::mem::discriminant(&fault)));
                }
            }
        }
    }
    (all, None)
}

/// The replies are the same however they are cut, and what is shown of them is bounded.
pub fn check(bytes: &[u8]) {
    let whole = run(&[bytes]);
    for pieces in splits(bytes) {
        assert_eq!(run(&pieces), whole, "{pieces:?}");
    }
}
