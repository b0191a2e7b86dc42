//! Lines that end in LF or CRLF.

use bytes::Bytes;

use super::TooLong;

/// Cuts bytes into lines.
///
/// A line shares the memory of the piece that it came in, without a copy, unless it began in an
/// earlier one.
#[derive(Debug)]
pub struct Lines {
    most: usize,
    /// What came last and is not cut yet.
    piece: Bytes,
    /// The start of a line whose end has not come.
    begun: Vec<u8>,
}

/// What stands between two line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A line, without its end.
    Whole(Bytes),
    /// An empty line: the server is alive.
    Blank,
}

impl Lines {
    /// Lines of at most `most` bytes, their ends not counted.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            piece: Bytes::new(),
            begun: Vec::new(),
        }
    }

    /// Takes the next piece in, once [`next_line`](Self::next_line) has nothing more to give.
    pub fn feed(&mut self, piece: Bytes) {
        match self.piece.is_empty() {
            true => self.piece = piece,
            false => self.piece = [&self.piece[..], &piece].concat().into(),
        }
    }

    /// The next line, once it is whole.
    ///
    /// # Errors
    /// It is too long.
    pub fn next_line(&mut self) -> Result<Option<Line>, TooLong> {
        let Some(end) = self.piece.iter().position(|byte| *byte == b'\n') else {
            self.begun.extend_from_slice(&self.piece);
            self.piece.clear();
            // A CR may be the first half of the end.
            let length = self.begun.len() - usize::from(self.begun.last() == Some(&b'\r'));
            return match length > self.most {
                true => Err(TooLong),
                false => Ok(None),
            };
        };
        let mut line = self.piece.split_to(end + 1);
        line.truncate(end);
        if !self.begun.is_empty() {
            self.begun.extend_from_slice(&line);
            line = std::mem::take(&mut self.begun).into();
        }
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        match line.len() {
            0 => Ok(Some(Line::Blank)),
            length if length > self.most => Err(TooLong),
            _ => Ok(Some(Line::Whole(line))),
        }
    }

    /// How many bytes came of a line whose end has not.
    pub fn unfinished(&self) -> usize {
        self.begun.len() + self.piece.len()
    }

    /// The last line, if the bytes ended without a line end: for who knows that they ended where
    /// they should.
    pub fn end(self) -> Option<Bytes> {
        let rest = [&self.begun[..], &self.piece].concat();
        (!rest.is_empty()).then(|| rest.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines, with `-` for a blank one, and what is left or that a line was too long.
    fn run(pieces: &[&[u8]], most: usize) -> (Vec<String>, Result<usize, TooLong>) {
        let (mut lines, mut all) = (Lines::new(most), Vec::new());
        for piece in pieces {
            lines.feed(Bytes::copy_from_slice(piece));
            loop {
                match lines.next_line() {
                    Ok(Some(Line::Whole(line))) => all.push(line.escape_ascii().to_string()),
                    Ok(Some(Line::Blank)) => all.push("-".to_owned()),
                    Ok(None) => break,
                    Err(long) => return (all, Err(long)),
                }
            }
        }
        (all, Ok(lines.unfinished()))
    }

    #[test]
    fn lines_are_the_same_however_they_are_cut() {
        type Case = (
            &'static [u8],
            &'static [&'static str],
            Result<usize, TooLong>,
        );
        let cases: [Case; 9] = [
            (b"a\nbc\r\n", &["a", "bc"], Ok(0)),
            (b"\r\n\na\n", &["-", "-", "a"], Ok(0)),
            // A CR of its own is part of a line, and so is anything else.
            (
                b"a\rb\n \n\x00\xff\x1b[2J\n",
                &["a\\rb", " ", "\\x00\\xff\\x1b[2J"],
                Ok(0),
            ),
            (b"a\r\r\n", &["a\\r"], Ok(0)),
            (b"a\nhalf", &["a"], Ok(4)),
            (b"a\nhalf\r", &["a"], Ok(5)),
            // As long as may be, and longer.
            (b"12345678\n12345678\r\n", &["12345678", "12345678"], Ok(0)),
            (b"a\n123456789\nb\n", &["a"], Err(TooLong)),
            (b"12345678\r\r\n", &[], Err(TooLong)),
        ];
        for (bytes, lines, end) in cases {
            let wanted = (lines.iter().map(|line| (*line).to_owned()).collect(), end);
            assert_eq!(run(&[bytes], 8), wanted, "{}", bytes.escape_ascii());
            for at in 0..=bytes.len() {
                let (first, second) = bytes.split_at(at);
                assert_eq!(run(&[first, second], 8), wanted, "{at}");
            }
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(run(&single, 8), wanted);
        }
    }

    #[test]
    fn a_line_that_never_ends_is_given_up_and_not_kept() {
        let mut lines = Lines::new(1000);
        let mut fed = 0;
        loop {
            lines.feed(Bytes::from_static(&[b'x'; 64]));
            fed += 64;
            if lines.next_line().is_err() {
                break;
            }
        }
        assert!(fed <= 1064, "{fed}");
    }

    #[test]
    fn the_last_line_is_given_to_who_knows_that_it_is_one() {
        let mut lines = Lines::new(8);
        lines.feed(Bytes::from_static(b"a\nb"));
        assert_eq!(lines.next_line(), Ok(Some(Line::Whole("a".into()))));
        assert_eq!(lines.next_line(), Ok(None));
        assert_eq!(lines.end(), Some("b".into()));
    }

    #[test]
    fn whole_lines_are_not_copied() {
        let piece = Bytes::from(b"abc\ndef\n".to_vec());
        let mut lines = Lines::new(8);
        lines.feed(piece.clone());
        let Ok(Some(Line::Whole(line))) = lines.next_line() else {
            panic!("a line");
        };
        assert_eq!(line.as_ptr(), piece.as_ptr());
    }
}
