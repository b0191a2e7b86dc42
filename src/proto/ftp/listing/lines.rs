//! A stream of bytes cut into lines, with a bound.

use super::LINE_MAX;

/// Cuts what a data channel brings into lines. Holds at most one line of [`LINE_MAX`] bytes.
#[derive(Debug, Default)]
pub struct Lines {
    held: Vec<u8>,
}

impl Lines {
    /// Takes a piece and gives each line that it ends, without the LF. Of a line that is too long
    /// one byte more than [`LINE_MAX`] is kept, so that it is seen to be too long.
    pub fn push(&mut self, mut piece: &[u8], each: &mut impl FnMut(&[u8])) {
        while let Some(at) = piece.iter().position(|b| *b == b'\n') {
            self.hold(&piece[..at]);
            each(&self.held);
            self.held.clear();
            piece = &piece[at + 1..];
        }
        self.hold(piece);
    }

    /// The last line, where the server left out its end.
    pub fn finish(self) -> Option<Vec<u8>> {
        Some(self.held).filter(|line| !line.is_empty())
    }

    fn hold(&mut self, piece: &[u8]) {
        let room = (LINE_MAX + 1).saturating_sub(self.held.len());
        self.held.extend_from_slice(&piece[..piece.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_split_point() {
        let text = b"a\r\n\nb c\nlast";
        for at in 0..=text.len() {
            let (mut lines, mut found) = (Lines::default(), Vec::new());
            for piece in [&text[..at], &text[at..]] {
                lines.push(piece, &mut |line| found.push(line.to_vec()));
            }
            assert_eq!(found, [&b"a\r"[..], b"", b"b c"], "split at {at}");
            assert_eq!(lines.finish().as_deref(), Some(&b"last"[..]));
        }
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let (mut lines, mut lengths) = (Lines::default(), Vec::new());
        for _ in 0..100 {
            lines.push(&[b'x'; 4096], &mut |line| lengths.push(line.len()));
        }
        lines.push(b"\nab\n", &mut |line| lengths.push(line.len()));
        assert_eq!(lengths, [LINE_MAX + 1, 2]);
        assert_eq!(lines.finish(), None);
    }
}
