//! Lines and events of an answer that does not end.

use bytes::Bytes;
use outbound::proto::stream::{Events, Frame, Line, Lines, TooLong};

use super::splits;

pub const WORDS: &[&str] = &[
    "data: ",
    "data",
    "event: add\n",
    "id: 7\n",
    "id\n",
    "retry: 1500\n",
    ": alive\n",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\u{feff}",
    "\0",
    "{\"row\": 1}\n",
];

/// The longest record.
const MOST: usize = 100;

/// What came, how many bytes are left, and whether something was too long.
type All<T> = (Vec<T>, Result<usize, TooLong>);

fn lines(pieces: &[&[u8]]) -> All<Line> {
    let (mut lines, mut all) = (Lines::new(MOST), Vec::new());
    for piece in pieces {
        lines.feed(Bytes::copy_from_slice(piece));
        loop {
            match lines.next_line() {
                Ok(Some(line)) => all.push(line),
                Ok(None) => break,
                Err(long) => return (all, Err(long)),
            }
        }
    }
    (all, Ok(lines.unfinished()))
}

/// The state behind it: the last id and the time to wait.
type State = (String, Option<std::time::Duration>);

fn events(pieces: &[&[u8]]) -> (All<Frame>, State) {
    let (mut events, mut all) = (Events::new(MOST, "before"), Vec::new());
    let mut end = Ok(0);
    'all: for piece in pieces {
        events.feed(Bytes::copy_from_slice(piece));
        loop {
            match events.next_frame() {
                Ok(Some(frame)) => all.push(frame),
                Ok(None) => break,
                Err(long) => {
                    end = Err(long);
                    break 'all;
                }
            }
        }
    }
    let end = end.map(|_| events.unfinished());
    let state = (events.last_id().to_owned(), events.retry());
    ((all, end), state)
}

/// Records are the same however they are cut; a line is one that the bytes have, with its end; no
/// record is longer than the limit, and nothing is left but what may still become one.
pub fn check(bytes: &[u8]) {
    let (whole, frames) = (lines(&[bytes]), events(&[bytes]));
    for pieces in splits(bytes) {
        assert_eq!(lines(&pieces), whole, "{pieces:?}");
        assert_eq!(events(&pieces), frames, "{pieces:?}");
    }
    // What a splitter of the standard library says.
    let mut other = bytes.split(|byte| *byte == b'\n');
    for line in &whole.0 {
        let expected = other.next().unwrap();
        let expected = expected.strip_suffix(b"\r").unwrap_or(expected);
        match line {
            Line::Blank => assert!(expected.is_empty()),
            Line::Whole(line) => {
                assert_eq!(line, expected);
                assert!((1..=MOST).contains(&line.len()));
            }
        }
    }
    // The last one has no end.
    match whole.1 {
        Ok(left) => assert_eq!(other.next().map(<[u8]>::len), Some(left)),
        Err(TooLong) => assert!(other.next().is_some_and(|line| line.len() > MOST)),
    }
    for frame in &frames.0.0 {
        let Frame::Event(event) = frame else { continue };
        assert!(!event.event.is_empty() && !event.event.contains(['\r', '\n']));
        assert!(!event.id.contains(['\r', '\n', '\0']) && !event.data.contains('\r'));
        // What is no UTF-8 grows to three bytes.
        assert!(event.data.len() + event.event.len() <= 3 * MOST + "message".len());
    }
    if let Ok(left) = frames.0.1 {
        assert!(left <= MOST);
    }
}
