//! The body of a refusal: kept in part, drained to the end if the connection is to be used again.

use super::{BODY_MAX, tokens, values};
use crate::base::answer::BODY_KEPT;

/// Reads a body by its framing (RFC 9112 section 6.3).
#[derive(Debug)]
pub(super) struct Body {
    framing: Framing,
    kept: Vec<u8>,
    read: usize,
}

#[derive(Debug)]
enum Framing {
    /// So many bytes are still to come.
    Length(u64),
    Chunked(Chunk),
    UntilClose,
}

#[derive(Debug)]
enum Chunk {
    /// The size line, so far.
    Size(Vec<u8>),
    /// Bytes of the chunk still to come, then its line end.
    Data(u64),
    /// The line end behind a chunk's data.
    DataEnd,
    /// The trailer section; whether the current line is empty so far.
    Trailer { empty_line: bool },
}

/// Whether the body is at its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    Open,
    /// Whole, with so many bytes behind it that are not part of it.
    Whole {
        behind: usize,
    },
    /// Not worth reading on: too long, ended by close only, or its framing is broken.
    GivenUp,
}

impl Body {
    pub(super) fn of(head: &httparse::Response<'_, '_>) -> Self {
        let chunked = tokens(head, "transfer-encoding").any(|t| t.eq_ignore_ascii_case("chunked"));
        // RFC 9112 section 6.3: lengths that differ make the framing unsure.
        let mut lengths = values(head, "content-length").map(|value| number(value, 10));
        let length = lengths.next().flatten();
        let length = length.filter(|_| lengths.all(|other| other == length));
        let framing = match (chunked, length) {
            (true, _) => Framing::Chunked(Chunk::Size(Vec::new())),
            (false, Some(length)) => Framing::Length(length),
            (false, None) => Framing::UntilClose,
        };
        Self {
            framing,
            kept: Vec::new(),
            read: 0,
        }
    }

    pub(super) fn into_text(self) -> String {
        String::from_utf8_lossy(&self.kept).into_owned()
    }

    /// Takes the next bytes; call it with none to ask how a body without content stands.
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> State {
        self.read += bytes.len();
        let Self { framing, kept, .. } = self;
        let state = loop {
            match framing {
                Framing::Length(0) => {
                    break State::Whole {
                        behind: bytes.len(),
                    };
                }
                _ if bytes.is_empty() => break State::Open,
                Framing::Length(left) => *left -= keep(kept, &mut bytes, *left),
                Framing::UntilClose => {
                    keep(kept, &mut bytes, u64::MAX);
                    if kept.len() == BODY_KEPT {
                        break State::GivenUp;
                    }
                }
                Framing::Chunked(chunk) => match step(chunk, kept, &mut bytes) {
                    Step::More => {}
                    Step::End => {
                        break State::Whole {
                            behind: bytes.len(),
                        };
                    }
                    Step::Broken => break State::GivenUp,
                },
            }
        };
        if state == State::Open && self.read > BODY_MAX {
            return State::GivenUp;
        }
        state
    }
}

/// Moves up to `most` bytes out of `bytes`, the first of them into `kept`.
fn keep(kept: &mut Vec<u8>, bytes: &mut &[u8], most: u64) -> u64 {
    let taken = usize::try_from(most).map_or(bytes.len(), |most| most.min(bytes.len()));
    let room = BODY_KEPT.saturating_sub(kept.len());
    kept.extend_from_slice(&bytes[..taken.min(room)]);
    *bytes = &bytes[taken..];
    taken as u64
}

enum Step {
    More,
    End,
    Broken,
}

/// One step of the chunked coding (RFC 9112 section 7.1). `bytes` is not empty.
fn step(chunk: &mut Chunk, kept: &mut Vec<u8>, bytes: &mut &[u8]) -> Step {
    if let Chunk::Data(left) = chunk {
        *left -= keep(kept, bytes, *left);
        if *left == 0 {
            *chunk = Chunk::DataEnd;
        }
        return Step::More;
    }
    let byte = bytes[0];
    *bytes = &bytes[1..];
    match chunk {
        Chunk::Size(line) if byte == b'\n' => match chunk_size(line) {
            Some(0) => *chunk = Chunk::Trailer { empty_line: true },
            Some(size) => *chunk = Chunk::Data(size),
            None => return Step::Broken,
        },
        Chunk::Size(line) if line.len() < 1024 => line.push(byte),
        Chunk::Size(_) => return Step::Broken,
        Chunk::DataEnd if byte == b'\n' => *chunk = Chunk::Size(Vec::new()),
        Chunk::DataEnd if byte == b'\r' => {}
        Chunk::DataEnd => return Step::Broken,
        Chunk::Trailer { empty_line: true } if byte == b'\n' => return Step::End,
        Chunk::Trailer { empty_line } => match byte {
            b'\n' => *empty_line = true,
            b'\r' => {}
            _ => *empty_line = false,
        },
        Chunk::Data(_) => {}
    }
    Step::More
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    number(line.split(|&byte| byte == b';').next()?, 16)
}

/// Digits and nothing else: the standard library's parser would take a sign too.
fn number(bytes: &[u8], radix: u32) -> Option<u64> {
    let digits = std::str::from_utf8(bytes).ok()?.trim();
    let valid = digits.chars().all(|c| c.is_digit(radix));
    valid.then(|| u64::from_str_radix(digits, radix).ok())?
}
