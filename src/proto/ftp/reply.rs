//! Replies: RFC 959 section 4.2.

use super::Fault;
use crate::base::hidden::Hidden;
use crate::base::{Answer, Secret, text};

/// The most bytes that one reply may have, all its lines together.
pub const REPLY_MAX: usize = 64 * 1024;

/// How much of what is no reply an error shows.
const SHOWN: usize = 40;

/// One reply: a code and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    text: String,
}

impl Reply {
    /// The three digits, 100 to 599.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// The text as the server sent it, without the code; the lines of a longer reply are parted
    /// by line feeds. What is not UTF-8 is replaced. Not escaped.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `1yz`: another reply to the same command follows.
    pub fn is_preliminary(&self) -> bool {
        self.code < 200
    }

    /// `2yz`: done.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// The reply without a password that the server repeats, as some do with a command that they
    /// do not take. What is read for its numbers stays as it is.
    pub(super) fn hiding(mut self, password: &Secret) -> Self {
        let read = matches!(self.code, 100..=199 | 213 | 227 | 229);
        if !read {
            let mut hidden = Hidden::default();
            hidden.add(password.expose());
            self.text = hidden.out_of(&self.text);
        }
        self
    }

    /// The reply as an error keeps it, on one line.
    pub fn to_answer(&self) -> Answer {
        let lines = self.text.lines().map(str::trim);
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        Answer::new(self.code, lines.join(" "))
    }
}

/// Escaped and cut, on one line: safe to show.
impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_answer().fmt(f)
    }
}

/// Cuts the control channel's bytes into replies. Fed in pieces of any size.
///
/// A reply of several lines opens with `123-` and ends at the line that opens with `123` and a
/// space, whatever the lines between look like. A bare line feed ends a line; the code may stand
/// alone; empty lines between replies are skipped.
#[derive(Debug, Default)]
pub struct Replies {
    buffer: Vec<u8>,
    /// Where the line that is being looked for starts.
    line: usize,
    /// Up to where no line feed was found.
    scanned: usize,
    /// The reply whose last line has not come: code and text so far.
    open: Option<(u16, Vec<u8>)>,
    /// The bytes of the open reply's complete lines.
    taken: usize,
}

impl Replies {
    /// Takes bytes in.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.line);
        self.scanned -= self.line;
        self.line = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether a part of a reply has come, but not its end.
    pub fn is_partial(&self) -> bool {
        self.open.is_some() || self.line < self.buffer.len()
    }

    /// The next reply, once it is whole.
    ///
    /// # Errors
    /// The bytes are no reply, or it is longer than [`REPLY_MAX`]. The channel is of no use then.
    pub fn next_reply(&mut self) -> Result<Option<Reply>, Fault> {
        while let Some(line) = self.next_line()? {
            if let Some(reply) = self.take_line(&line)? {
                self.taken = 0;
                return Ok(Some(reply));
            }
        }
        Ok(None)
    }

    /// The next whole line without its end.
    fn next_line(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        let found = self.buffer[self.scanned..].iter().position(|b| *b == b'\n');
        let Some(found) = found else {
            self.scanned = self.buffer.len();
            let partial = &self.buffer[self.line..];
            if self.taken + partial.len() > REPLY_MAX {
                return Err(Fault::TooLong);
            }
            // Another protocol's greeting need not have a line end: it is told by its first bytes.
            if self.open.is_none() && !may_start_reply(partial) {
                return Err(not_ftp(partial));
            }
            return Ok(None);
        };
        let end = self.scanned + found;
        let mut line = &self.buffer[self.line..end];
        self.taken += line.len() + 1;
        if self.taken > REPLY_MAX {
            return Err(Fault::TooLong);
        }
        while let [rest @ .., b'\r'] = line {
            line = rest;
        }
        let line = line.to_vec();
        self.line = end + 1;
        self.scanned = end + 1;
        Ok(Some(line))
    }

    fn take_line(&mut self, line: &[u8]) -> Result<Option<Reply>, Fault> {
        let head = code(line);
        let Some((open, mut text)) = self.open.take() else {
            if line.is_empty() {
                // It counts towards the limit, so that a stream of them ends.
                return Ok(None);
            }
            let (code, more) = head.ok_or_else(|| not_ftp(line))?;
            let text = line.get(4..).unwrap_or_default();
            if more {
                self.open = Some((code, text.to_vec()));
                return Ok(None);
            }
            return Ok(Some(reply(code, text)));
        };
        text.push(b'\n');
        match head {
            Some((code, more)) if code == open => {
                text.extend_from_slice(line.get(4..).unwrap_or_default());
                if !more {
                    return Ok(Some(reply(code, &text)));
                }
            }
            _ => text.extend_from_slice(line),
        }
        self.open = Some((open, text));
        Ok(None)
    }
}

/// The code at the start of a line, and whether more lines follow it.
fn code(line: &[u8]) -> Option<(u16, bool)> {
    let [first @ b'1'..=b'5', second, third, rest @ ..] = line else {
        return None;
    };
    if !second.is_ascii_digit() || !third.is_ascii_digit() {
        return None;
    }
    let digit = |byte: &u8| u16::from(byte - b'0');
    let code = digit(first) * 100 + digit(second) * 10 + digit(third);
    match rest.first() {
        None | Some(b' ') => Some((code, false)),
        Some(b'-') => Some((code, true)),
        Some(_) => None,
    }
}

/// Whether these first bytes of a line may become a reply.
fn may_start_reply(partial: &[u8]) -> bool {
    partial.iter().take(4).enumerate().all(|(at, byte)| {
        *byte == b'\r'
            || match at {
                0 => (b'1'..=b'5').contains(byte),
                1 | 2 => byte.is_ascii_digit(),
                _ => matches!(byte, b' ' | b'-'),
            }
    })
}

fn reply(code: u16, text: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(text).into_owned();
    Reply { code, text }
}

fn not_ftp(bytes: &[u8]) -> Fault {
    let start = &bytes[..bytes.len().min(SHOWN)];
    Fault::NotFtp(text::escape_bytes(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `bytes` in two pieces cut at `at`.
    fn parse(bytes: &[u8], at: usize) -> Result<Vec<(u16, String)>, Fault> {
        let mut replies = Replies::default();
        let mut found = Vec::new();
        for piece in [&bytes[..at], &bytes[at..]] {
            replies.feed(piece);
            while let Some(reply) = replies.next_reply()? {
                found.push((reply.code(), reply.text().to_owned()));
            }
        }
        Ok(found)
    }

    #[test]
    fn replies_are_the_same_at_every_split() {
        type Row<'a> = (&'a str, &'a [u8], &'a [(u16, &'a str)]);
        #[rustfmt::skip]
        let table: &[Row] = &[
            ("RFC 959 4.2", b"220 Service ready\r\n", &[(220, "Service ready")]),
            ("RFC 959 4.2", b"123-First line\r\nSecond line\r\n  234 A line beginning with numbers\r\n123 The last line\r\n",
                &[(123, "First line\nSecond line\n  234 A line beginning with numbers\nThe last line")]),
            ("RFC 959 4.2: other digits inside", b"211-a\r\n212 b\r\n2110 c\r\n211 d\r\n", &[(211, "a\n212 b\n2110 c\nd")]),
            ("pure-ftpd 1.0.50", b"220---------- Welcome to Pure-FTPd ----------\r\n220-You are user 1\r\n220 You will be disconnected\r\n",
                &[(220, "--------- Welcome to Pure-FTPd ----------\nYou are user 1\nYou will be disconnected")]),
            ("vsftpd 3.0.3", b"150 Opening BINARY mode data connection for a (3 bytes).\r\n226 Transfer complete.\r\n",
                &[(150, "Opening BINARY mode data connection for a (3 bytes)."), (226, "Transfer complete.")]),
            ("proftpd 1.3.8 FEAT", b"211-Features:\r\n MDTM\r\n SIZE\r\n211 End\r\n", &[(211, "Features:\n MDTM\n SIZE\nEnd")]),
            ("bare line feeds", b"331 x\n230-a\n230 b\n", &[(331, "x"), (230, "a\nb")]),
            ("code alone", b"200\r\n200-\r\n200\r\n", &[(200, ""), (200, "\n")]),
            ("doubled CR", b"220 x\r\r\n", &[(220, "x")]),
            ("empty line between", b"220 x\r\n\r\n331 y\r\n", &[(220, "x"), (331, "y")]),
            ("not UTF-8", b"220 caf\xe9\r\n", &[(220, "caf\u{fffd}")]),
            ("unfinished", b"220-hello\r\n220", &[]),
        ];
        for (source, bytes, wanted) in table {
            for at in 0..=bytes.len() {
                let found = parse(bytes, at).unwrap();
                let found: Vec<_> = found.iter().map(|(c, t)| (*c, t.as_str())).collect();
                assert_eq!(found, *wanted, "{source}, cut at {at}");
            }
        }
    }

    #[test]
    fn what_is_no_reply_is_an_error_at_every_split() {
        #[rustfmt::skip]
        let table: &[(&str, &[u8])] = &[
            ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n"),
            ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            ("TLS alert, no line end", b"\x15\x03\x01\x00\x02\x02\x46"),
            ("code of the 6th class", b"631 x\r\n"),
            ("code 000", b"000 x\r\n"),
            ("no blank behind the code", b"220x\r\n"),
            ("two digits", b"22 x\r\n"),
            ("IMAP", b"* OK ready\r\n"),
        ];
        for (source, bytes) in table {
            for at in 0..=bytes.len() {
                let fault = parse(bytes, at).unwrap_err();
                assert!(
                    matches!(fault, Fault::NotFtp(_)),
                    "{source}, cut at {at}: {fault}"
                );
            }
        }
    }

    #[test]
    fn size_is_bounded() {
        let one_line = [b"220 ".to_vec(), vec![b'x'; REPLY_MAX]].concat();
        assert_eq!(parse(&one_line, 7).unwrap_err(), Fault::TooLong);
        let line = b"220-0123456789\r\n";
        let many = line.repeat(REPLY_MAX / line.len() + 1);
        assert_eq!(parse(&many, 7).unwrap_err(), Fault::TooLong);
        let empty = b"\r\n".repeat(REPLY_MAX / 2 + 1);
        assert_eq!(parse(&empty, 7).unwrap_err(), Fault::TooLong);
        let fits = [&line.repeat(1000)[..], b"220 end\r\n"].concat();
        assert_eq!(parse(&fits, 7).unwrap().len(), 1);
    }

    #[test]
    fn a_reply_is_shown_on_one_line_without_control_characters() {
        let mut replies = Replies::default();
        replies.feed(b"550-\x1b[2Jno\r\n such\r\n550 file\r\n");
        let reply = replies.next_reply().unwrap().unwrap();
        assert_eq!(reply.to_string(), "550 \\x1b[2Jno such file");
    }
}
