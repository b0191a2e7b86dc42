//! Answers that are no answer of an HTTP proxy.

use super::{FIELDS_MAX, HEAD_MAX};
use crate::base::text;

/// Why the bytes from the proxy cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// End of stream before the first byte.
    #[error("the proxy closed the connection without an answer")]
    ClosedBeforeAnswer,
    /// End of stream inside the head.
    #[error("the proxy closed the connection inside its answer, after {received} bytes")]
    ClosedInHead {
        /// How much of the answer had come.
        received: usize,
    },
    /// The head is longer than [`HEAD_MAX`].
    #[error("the head of the proxy's answer is longer than {} KiB (a fixed limit)", HEAD_MAX / 1024)]
    HeadTooLong,
    /// The head has more than [`FIELDS_MAX`] fields.
    #[error("the proxy's answer has more than {FIELDS_MAX} header fields (a fixed limit)")]
    TooManyFields,
    /// 101 in answer to CONNECT.
    #[error("the proxy answered CONNECT with 101 Switching Protocols")]
    SwitchedProtocols,
    /// TLS in answer to plain HTTP.
    #[error("the proxy answered with TLS: it speaks HTTP over TLS only")]
    Tls,
    /// The first bytes of some other protocol.
    #[error("what answers is not an HTTP proxy: it said `{start}`")]
    NotHttp {
        /// Its first bytes, escaped.
        start: String,
    },
    /// It begins like HTTP and goes on otherwise.
    #[error("the proxy's answer is malformed: `{start}`")]
    Malformed {
        /// Its first bytes, escaped.
        start: String,
    },
}

/// How an answer of an HTTP proxy begins.
const EXPECTED: &[u8] = b"HTTP/1.";

/// How many of the stranger's bytes are shown.
const SHOWN: usize = 60;

impl Fault {
    pub(super) fn malformed(read: &[u8]) -> Self {
        Self::Malformed { start: start(read) }
    }
}

fn start(read: &[u8]) -> String {
    let line = read.split(|&byte| byte == b'\n').next().unwrap_or(read);
    text::escape_bytes(&line[..line.len().min(SHOWN)])
        .trim_end_matches("\\r")
        .to_owned()
}

/// Says at once that what answers is no HTTP proxy, instead of waiting for a head's end that will
/// never come.
pub(crate) fn recognise_stranger(read: &[u8]) -> Result<(), Fault> {
    // httparse allows empty lines before the status line (RFC 9112 section 2.2).
    let read = without_blank_lines(read);
    let common = EXPECTED.len().min(read.len());
    if read[..common] == EXPECTED[..common] {
        return Ok(());
    }
    // A TLS record: alert or handshake, version 3.x (RFC 8446 section 5.1).
    if matches!(read, [0x15 | 0x16, 0x03, ..]) {
        return Err(Fault::Tls);
    }
    if is_undecided(read) {
        return Ok(());
    }
    Err(Fault::NotHttp { start: start(read) })
}

/// Whether so little came that it may still become HTTP or a TLS record.
pub(super) fn is_undecided(read: &[u8]) -> bool {
    let read = without_blank_lines(read);
    matches!(read, [0x15 | 0x16]) || read.len() < EXPECTED.len() && EXPECTED.starts_with(read)
}

fn without_blank_lines(read: &[u8]) -> &[u8] {
    let blank = |byte: &u8| *byte == b'\r' || *byte == b'\n';
    let from = read.iter().position(|byte| !blank(byte));
    &read[from.unwrap_or(read.len())..]
}
