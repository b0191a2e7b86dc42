//! The CONNECT handshake (RFC 9110 section 9.3.6), without I/O.
//!
//! ```text
//!             feed                    2xx
//!   Head ───────────────► Head ───────────────► Open (leftover)
//!    │  ▲ 1xx: skipped, next head
//!    │  └────────┘
//!    │ anything else       body kept or drained
//!    └───────────────────► Body ───────────────► Refused
//! ```
//!
//! [`request()`] makes the bytes to send, a [`Handshake`] takes the bytes that come back. It never
//! loses bytes behind a 2xx: they belong to the tunnel (FTP servers greet first, and in one read
//! out of five on loopback their greeting comes with the proxy's answer).

mod body;
mod fault;
mod request;

pub use fault::Fault;
pub(crate) use fault::recognise_stranger;
pub use request::{BadRequest, request};

use bytes::{Bytes, BytesMut};

use self::body::Body;
use super::auth::{self, Challenge};
use crate::base::Answer;
use crate::base::answer::BODY_KEPT;

/// The proxy's heads, 1xx included, may not be longer than this.
pub const HEAD_MAX: usize = 64 * 1024;
/// A head may not have more fields than this.
pub const FIELDS_MAX: usize = 100;
/// A refusal's body is read up to here to keep the connection; beyond, it is closed.
pub const BODY_MAX: usize = 256 * 1024;

/// Takes the proxy's answer to one CONNECT, in pieces of any size.
#[derive(Debug, Default)]
pub struct Handshake {
    read: BytesMut,
    head_bytes: usize,
    refused: Option<(Refusal, Body)>,
}

/// How the handshake stands.
#[derive(Debug)]
pub enum Progress {
    /// More bytes are needed.
    NeedMore,
    /// The tunnel is open.
    Open {
        /// The status, 200 to 299.
        status: u16,
        /// Bytes of the tunnel that were already read.
        leftover: Bytes,
    },
    /// The proxy refused, and its body was read as far as it is kept.
    Refused(Box<Refusal>),
}

/// A refusal, kept whole.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Status, reason, explaining fields and the start of the body.
    pub answer: Answer,
    /// The challenges of a 407.
    pub challenges: Vec<Challenge>,
    /// Whether the connection can carry a second CONNECT.
    pub reusable: bool,
}

impl Handshake {
    /// A handshake that awaits the first byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a refusal's head was read and only its body is still awaited.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refused.as_ref().map(|(refusal, _)| refusal)
    }

    /// Takes bytes from the proxy.
    ///
    /// # Errors
    /// The answer is not what HTTP allows, or too large.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Progress, Fault> {
        self.read.extend_from_slice(bytes);
        loop {
            if self.refused.is_some() {
                return Ok(self.take_body());
            }
            let consumed_before = self.head_bytes;
            match self.take_head(bytes)? {
                Some(progress) => return Ok(progress),
                None if self.head_bytes == consumed_before => return Ok(Progress::NeedMore),
                None => {} // a 1xx was skipped, or a refusal's body begins
            }
        }
    }

    /// The proxy closed its side.
    ///
    /// # Errors
    /// It closed before its head was whole. A refusal whose body was cut is still a refusal.
    pub fn close(&mut self) -> Result<Refusal, Fault> {
        match self.refused.take() {
            Some((mut refusal, body)) => {
                refusal.reusable = false;
                refusal.answer.body = body.into_text();
                Ok(refusal)
            }
            None if self.read.is_empty() && self.head_bytes == 0 => Err(Fault::ClosedBeforeAnswer),
            None => {
                // What came after the last line end was not looked at yet.
                self.take_head(b"\n")?;
                Err(Fault::ClosedInHead {
                    received: self.head_bytes + self.read.len(),
                })
            }
        }
    }

    /// Parses one head when it is whole. `fresh` are the bytes that were just added.
    fn take_head(&mut self, fresh: &[u8]) -> Result<Option<Progress>, Fault> {
        fault::recognise_stranger(&self.read)?;
        let within = self.head_bytes + self.read.len() <= HEAD_MAX;
        // A head ends with a line end: without a fresh one there is nothing to parse anew.
        if !fresh.contains(&b'\n') || fault::is_undecided(&self.read) {
            return if within {
                Ok(None)
            } else {
                Err(Fault::HeadTooLong)
            };
        }
        let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
        let mut head = httparse::Response::new(&mut fields);
        let parsed = httparse::ParserConfig::default()
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .parse_response(&mut head, &self.read);
        let length = match parsed {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if within => return Ok(None),
            Ok(httparse::Status::Partial) => return Err(Fault::HeadTooLong),
            Err(httparse::Error::TooManyHeaders) => return Err(Fault::TooManyFields),
            Err(_) => return Err(Fault::malformed(&self.read)),
        };
        if self.head_bytes + length > HEAD_MAX {
            return Err(Fault::HeadTooLong);
        }
        let status = head.code.unwrap_or_default();
        let refused = match status {
            100..=299 => None,
            300..=599 => Some((refusal_of(&head), Body::of(&head))),
            _ => return Err(Fault::malformed(&self.read)),
        };
        let _ = self.read.split_to(length);
        self.head_bytes += length;
        match status {
            // 101 would switch to a protocol nobody asked for.
            101 => Err(Fault::SwitchedProtocols),
            100..=199 => Ok(None),
            200..=299 => Ok(Some(Progress::Open {
                status,
                leftover: self.read.split().freeze(),
            })),
            _ => {
                self.refused = refused;
                Ok(None)
            }
        }
    }

    fn take_body(&mut self) -> Progress {
        let Some((mut refusal, mut body)) = self.refused.take() else {
            return Progress::NeedMore;
        };
        let bytes = self.read.split();
        match body.take(&bytes) {
            body::State::Open => {
                self.refused = Some((refusal, body));
                Progress::NeedMore
            }
            state => {
                // Bytes behind the body are answers to nothing we asked: do not go on with them.
                refusal.reusable &= state == body::State::Whole { behind: 0 };
                refusal.answer.body = body.into_text();
                Progress::Refused(Box::new(refusal))
            }
        }
    }
}

fn refusal_of(head: &httparse::Response<'_, '_>) -> Refusal {
    let mut answer = Answer::new(
        head.code.unwrap_or_default(),
        head.reason.unwrap_or_default(),
    );
    answer.server = field(head, "server");
    answer.via = field(head, "via");
    answer.proxy_status = field(head, "proxy-status");
    answer.squid_error = field(head, "x-squid-error");
    if (300..=399).contains(&answer.code) {
        answer.location = field(head, "location");
    }
    answer.retry_after = field(head, "retry-after").and_then(|v| v.trim().parse().ok());
    let challenges = auth::challenges(values(head, "proxy-authenticate"));
    answer.schemes = challenges.iter().map(|c| c.scheme.clone()).collect();
    let closes = |name| tokens(head, name).any(|token| token.eq_ignore_ascii_case("close"));
    let keeps = |name| tokens(head, name).any(|token| token.eq_ignore_ascii_case("keep-alive"));
    let stays = head.version == Some(1) || keeps("connection") || keeps("proxy-connection");
    Refusal {
        answer,
        challenges,
        reusable: stays && !closes("connection") && !closes("proxy-connection"),
    }
}

/// The values of every field called `name`.
fn values<'h>(head: &'h httparse::Response<'_, '_>, name: &str) -> impl Iterator<Item = &'h [u8]> {
    head.headers
        .iter()
        .filter(move |field| field.name.eq_ignore_ascii_case(name))
        .map(|field| field.value)
}

/// The value of the field called `name`, several joined, cut so that an error stays small.
fn field(head: &httparse::Response<'_, '_>, name: &str) -> Option<String> {
    let joined = values(head, name).collect::<Vec<_>>().join(&b", "[..]);
    let kept = &joined[..joined.len().min(BODY_KEPT)];
    (!kept.is_empty()).then(|| String::from_utf8_lossy(kept).into_owned())
}

/// The comma-separated words of every field called `name`.
fn tokens<'h>(head: &'h httparse::Response<'_, '_>, name: &str) -> impl Iterator<Item = &'h str> {
    values(head, name)
        .filter_map(|value| std::str::from_utf8(value).ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

#[cfg(test)]
mod tests;
