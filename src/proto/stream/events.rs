//! Server-Sent Events: the HTML Standard, section 9.2.6, "Interpreting an event stream".

use std::time::Duration;

use bytes::Bytes;

use super::TooLong;

/// An event of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerEvent {
    /// Its type: `message` where the server names none.
    pub event: String,
    /// Its data: several lines are parted by line feeds. What is not UTF-8 is replaced.
    pub data: String,
    /// The last id that the server gave, with this event or before; empty where there is none.
    pub id: String,
}

/// What is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// An event.
    Event(ServerEvent),
    /// A comment: the server is alive.
    Comment,
}

/// Cuts bytes into events.
///
/// Lines end in LF, CRLF or CR. A CR ends its line at once, so that an event does not wait for the
/// byte behind it.
#[derive(Debug)]
pub struct Events {
    most: usize,
    piece: Bytes,
    begun: Vec<u8>,
    /// Whether a LF is the second half of a line end that was there already.
    skip_line_feed: bool,
    /// Whether a byte order mark may stand here.
    at_start: bool,
    /// Of the event whose empty line has not come.
    event: String,
    data: String,
    id: String,
    /// Bytes of its lines so far.
    taken: usize,
    last_id: String,
    retry: Option<Duration>,
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Events {
    /// Events whose lines have at most `most` bytes together, behind the event with the id
    /// `last_id`.
    pub fn new(most: usize, last_id: &str) -> Self {
        Self {
            most,
            piece: Bytes::new(),
            begun: Vec::new(),
            skip_line_feed: false,
            at_start: true,
            event: String::new(),
            data: String::new(),
            id: last_id.to_owned(),
            taken: 0,
            last_id: last_id.to_owned(),
            retry: None,
        }
    }

    /// Takes the next piece in, once [`next_frame`](Self::next_frame) has nothing more to give.
    pub fn feed(&mut self, piece: Bytes) {
        match self.piece.is_empty() {
            true => self.piece = piece,
            false => self.piece = [&self.piece[..], &piece].concat().into(),
        }
    }

    /// The next event or comment, once it is whole.
    ///
    /// # Errors
    /// It is too long.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, TooLong> {
        while let Some(line) = self.next_line()? {
            if let Some(frame) = self.take_line(&line) {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    /// The id to begin behind on another connection: that of the last event that was whole.
    pub fn last_id(&self) -> &str {
        &self.last_id
    }

    /// How long the server asks to wait before connecting again.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// How many bytes came of an event that is not whole.
    pub fn unfinished(&self) -> usize {
        let line_feed = self.skip_line_feed && self.piece.first() == Some(&b'\n');
        self.taken + self.begun.len() + self.piece.len() - usize::from(line_feed)
    }

    fn next_line(&mut self) -> Result<Option<Bytes>, TooLong> {
        if self.skip_line_feed && !self.piece.is_empty() {
            self.skip_line_feed = false;
            if self.piece.first() == Some(&b'\n') {
                let _ = self.piece.split_to(1);
            }
        }
        let end = self.piece.iter().position(|b| matches!(b, b'\n' | b'\r'));
        let length = self.begun.len() + end.unwrap_or(self.piece.len());
        if self.taken + length > self.most {
            return Err(TooLong);
        }
        let Some(end) = end else {
            self.begun.extend_from_slice(&self.piece);
            self.piece.clear();
            return Ok(None);
        };
        let mut line = self.piece.split_to(end + 1);
        self.skip_line_feed = line.last() == Some(&b'\r');
        line.truncate(end);
        if !self.begun.is_empty() {
            self.begun.extend_from_slice(&line);
            line = std::mem::take(&mut self.begun).into();
        }
        if std::mem::take(&mut self.at_start) && line.starts_with(BYTE_ORDER_MARK) {
            let _ = line.split_to(BYTE_ORDER_MARK.len());
        }
        Ok(Some(line))
    }

    fn take_line(&mut self, line: &[u8]) -> Option<Frame> {
        if line.is_empty() {
            return self.dispatch().map(Frame::Event);
        }
        if line[0] == b':' {
            return Some(Frame::Comment);
        }
        // Empty values count too: a server may send their names without end.
        self.taken += line.len();
        let (name, value) = match line.iter().position(|byte| *byte == b':') {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => {
                self.data.push_str(&String::from_utf8_lossy(value));
                self.data.push('\n');
            }
            b"event" => self.event = String::from_utf8_lossy(value).into_owned(),
            b"id" if !value.contains(&0) => {
                self.id = String::from_utf8_lossy(value).into_owned();
            }
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let millis = String::from_utf8_lossy(value).parse();
                self.retry = Some(Duration::from_millis(millis.unwrap_or(u64::MAX)));
            }
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<ServerEvent> {
        self.taken = 0;
        self.last_id.clone_from(&self.id);
        let event = std::mem::take(&mut self.event);
        let mut data = std::mem::take(&mut self.data);
        // Without data there is no event.
        data.pop()?;
        let event = match event.is_empty() {
            true => "message".to_owned(),
            false => event,
        };
        Some(ServerEvent {
            event,
            data,
            id: self.last_id.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events as `type|data|id`, comments as `:`.
    fn run(pieces: &[&[u8]]) -> (Vec<String>, Option<Events>) {
        let (mut events, mut all) = (Events::new(64, ""), Vec::new());
        for piece in pieces {
            events.feed(Bytes::copy_from_slice(piece));
            loop {
                match events.next_frame() {
                    Ok(Some(Frame::Event(ServerEvent { event, data, id }))) => {
                        all.push(format!("{event}|{data}|{id}"));
                    }
                    Ok(Some(Frame::Comment)) => all.push(":".to_owned()),
                    Ok(None) => break,
                    Err(TooLong) => return (all, None),
                }
            }
        }
        (all, Some(events))
    }

    /// Runs it whole, cut at every place, and byte by byte.
    fn every_way(bytes: &[u8], wanted: &[&str]) -> Option<Events> {
        let (all, events) = run(&[bytes]);
        assert_eq!(all, wanted, "{}", bytes.escape_ascii());
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        let halves = (0..=bytes.len()).map(|at| {
            let (first, second) = bytes.split_at(at);
            vec![first, second]
        });
        for pieces in halves.chain([single]) {
            let (other, after) = run(&pieces);
            assert_eq!(other, all, "{pieces:?}");
            let state = |events: &Option<Events>| {
                let events = events.as_ref()?;
                let id = events.last_id().to_owned();
                Some((id, events.retry(), events.unfinished()))
            };
            assert_eq!(state(&after), state(&events), "{pieces:?}");
        }
        events
    }

    #[test]
    fn the_examples_of_the_standard() {
        // Section 9.2.6, in their order.
        every_way(
            b"data: YHOO\ndata: +2\ndata: 10\n\n",
            &["message|YHOO\n+2\n10|"],
        );
        let events = every_way(
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
            &[":", "message|first event|1", "message|second event|"],
        );
        assert_eq!(events.unwrap().unfinished(), "data:  third event".len());
        every_way(
            b"data\n\ndata\ndata\n\ndata:",
            &["message||", "message|\n|"],
        );
        every_way(
            b"data:test\n\ndata: test\n\n",
            &["message|test|", "message|test|"],
        );
    }

    #[test]
    fn every_line_end_and_the_byte_order_mark() {
        every_way(
            b"data: a\r\rdata: b\r\n\r\ndata: c\n\n",
            &["message|a|", "message|b|", "message|c|"],
        );
        every_way(b"data: a\r\n\n", &["message|a|"]);
        every_way(b"data: a\n\r", &["message|a|"]);
        every_way(
            b"\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n",
            &["message|a|"],
        );
        every_way(b"\xef\xbb\xbf\ndata: a\n\n", &["message|a|"]);
        // Not UTF-8, also across what looks like a line of its own.
        every_way(
            b"data: \xe2\x82\n\ndata: \xe2\x82\xac\n\n",
            &["message|\u{fffd}|", "message|\u{20ac}|"],
        );
    }

    #[test]
    fn types_ids_and_the_time_to_wait() {
        let events = every_way(
            b"event: add\ndata: 1\nid: 7\nretry: 1500\n\nevent: gone\n\ndata: 2\n\nid: 8\0\nretry: 1s\ndata: 3\n\n",
            &["add|1|7", "message|2|7", "message|3|7"],
        );
        let events = events.unwrap();
        assert_eq!(events.retry(), Some(Duration::from_millis(1500)));
        // An id counts without data, and only once its empty line has come.
        let events = every_way(
            b"data: 1\nid: 1\n\nid: 2\n\nid: 3\ndata: 3\n",
            &["message|1|1"],
        );
        assert_eq!(events.unwrap().last_id(), "2");
        let events = every_way(b"retry: 99999999999999999999999\nother: x\nDATA: x\n", &[]);
        assert_eq!(
            events.unwrap().retry(),
            Some(Duration::from_millis(u64::MAX))
        );
        every_way(
            b"retry:\nretry: +1\nid: a b\ndata: x\n\n",
            &["message|x|a b"],
        );
    }

    #[test]
    fn what_never_ends_is_given_up() {
        let long = [&b"data: 1\n\n"[..], &[b'x'; 65], b"\n"].concat();
        assert!(every_way(&long, &["message|1|"]).is_none());
        let many = b"data:\n".repeat(20);
        assert!(every_way(&many, &[]).is_none());
        let many = b"unknown\n".repeat(20);
        assert!(every_way(&many, &[]).is_none());
        // Comments are no part of an event.
        let comments = b": alive\n".repeat(20);
        assert!(every_way(&comments, &[":"; 20]).is_some());
    }

    #[test]
    fn it_goes_on_behind_the_last_id() {
        let mut events = Events::new(64, "41");
        assert_eq!(events.last_id(), "41");
        events.feed(Bytes::from_static(b"data: x\n\n"));
        let frame = events.next_frame();
        assert!(matches!(frame, Ok(Some(Frame::Event(event))) if event.id == "41"));
    }
}
