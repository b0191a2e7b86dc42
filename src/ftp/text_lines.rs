//! The line ends of text on the way become those of this machine.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufRead, AsyncRead, BufReader, ReadBuf};

/// Turns CRLF, with which lines end on the way (RFC 959 section 3.1.1.1), into LF. Other bytes, a CR
/// of another use among them, stay as they are. Errors and the end are the inner reader's.
#[derive(Debug)]
pub(crate) struct TextLines<R> {
    inner: BufReader<R>,
    /// A CR came last; whether it belongs to a line end is not known yet.
    held: bool,
}

impl<R: AsyncRead> TextLines<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner: BufReader::with_capacity(64 * 1024, inner),
            held: false,
        }
    }
}

/// Puts what `chunk` means into `out`, as far as there is room for it: at least one byte. Gives how
/// much of the chunk is used up, and whether a CR is held back then.
fn convert(chunk: &[u8], held: bool, out: &mut ReadBuf<'_>) -> (usize, bool) {
    if held && chunk.first() != Some(&b'\n') {
        out.put_slice(b"\r");
    }
    let mut used = 0;
    while out.remaining() > 0 {
        let rest = &chunk[used..];
        match rest {
            [] => break,
            [b'\r'] => return (used + 1, true),
            [b'\r', b'\n', ..] => {
                out.put_slice(b"\n");
                used += 2;
            }
            [first, others @ ..] => {
                let plain = others.iter().position(|byte| *byte == b'\r');
                let plain = 1 + plain.unwrap_or(others.len());
                let taken = match first {
                    b'\r' => 1,
                    _ => plain.min(out.remaining()),
                };
                out.put_slice(&rest[..taken]);
                used += taken;
            }
        }
    }
    (used, false)
}

impl<R: AsyncRead + Unpin> AsyncRead for TextLines<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        while buf.remaining() > 0 && buf.filled().len() == before {
            let chunk = ready!(Pin::new(&mut this.inner).poll_fill_buf(cx))?;
            if chunk.is_empty() {
                if std::mem::take(&mut this.held) {
                    buf.put_slice(b"\r");
                }
                break;
            }
            let (used, held) = convert(chunk, this.held, buf);
            this.held = held;
            Pin::new(&mut this.inner).consume(used);
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    async fn read(sent: &[u8], split: usize, room: usize) -> Vec<u8> {
        let (first, second) = sent.split_at(split);
        let mut lines = TextLines::new(first.chain(second));
        let (mut all, mut piece) = (Vec::new(), vec![0; room]);
        loop {
            match lines.read(&mut piece).await.unwrap() {
                0 => return all,
                came => all.extend_from_slice(&piece[..came]),
            }
        }
    }

    /// Fails.
    struct Broken;

    impl AsyncRead for Broken {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<std::io::Result<()>> {
            Poll::Ready(Err(std::io::Error::other("cut")))
        }
    }

    #[tokio::test]
    async fn line_ends_are_found_at_every_split() {
        let table: &[(&[u8], &[u8])] = &[
            (b"a\r\nb\r\n", b"a\nb\n"),
            (b"\r\n\r\n", b"\n\n"),
            // A file that has CRLF itself, from a server that puts CR before every LF.
            (b"a\r\r\nb\r\r\n", b"a\r\nb\r\n"),
            (b"bare\rcr\r", b"bare\rcr\r"),
            (b"bare\nlf\n", b"bare\nlf\n"),
            (b"\r\r\r\n\r", b"\r\r\n\r"),
            (b"none", b"none"),
            (b"", b""),
        ];
        for (sent, wanted) in table {
            for split in 0..=sent.len() {
                for room in [1, 2, 64] {
                    let found = read(sent, split, room).await;
                    assert_eq!(found, *wanted, "{sent:?} at {split}, room {room}");
                }
            }
        }
    }

    #[tokio::test]
    async fn a_failure_is_no_end() {
        let mut all = Vec::new();
        let ended = TextLines::new(b"a\r".chain(Broken))
            .read_to_end(&mut all)
            .await;
        assert_eq!(ended.unwrap_err().to_string(), "cut");
        assert_eq!(all, b"a", "the CR may be half of a line end");
    }
}
