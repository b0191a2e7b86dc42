//! A socket whose reader is woken less often while much comes.
//!
//! On a fast link each wake-up finds a few segments only, and waking costs more than copying them:
//! a file over FTP took twice the processor time. So once bytes come fast the reader is woken for
//! many at a time. A timer sees to it that the last ones, and a link that becomes slow, wait no
//! longer than [`PATIENCE`].

use std::io::{self, Read as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use super::lowat;

/// So many bytes wake the reader while they come fast.
const MANY: i32 = 128 * 1024;

/// The rate is judged over so many bytes.
const WINDOW: usize = 512 * 1024;

/// They come fast when a window takes no longer: at 100 MB/s [`MANY`] take 1.3 ms.
const FAST: Duration = Duration::from_millis(5);

/// How long fewer than [`MANY`] may wait.
const PATIENCE: Duration = Duration::from_millis(3);

/// A socket, and how its reader is woken.
#[derive(Debug)]
pub(super) struct Socket {
    tcp: TcpStream,
    rate: Rate,
    /// Whether it takes [`MANY`] bytes to wake the reader.
    many: bool,
    /// More may be there than the last direct read took.
    more: bool,
    /// Runs while the reader waits for them.
    alarm: Option<Pin<Box<Sleep>>>,
    armed: bool,
}

impl Socket {
    pub(super) fn new(tcp: TcpStream) -> Self {
        Self {
            tcp,
            rate: Rate::default(),
            many: false,
            more: false,
            alarm: None,
            armed: false,
        }
    }

    /// Reads and leaves what was read where it is.
    pub(super) async fn peek(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wake_for_many(false);
        self.tcp.peek(buffer).await
    }

    /// The socket as it was: any byte wakes its reader.
    pub(super) fn into_tcp(mut self) -> TcpStream {
        self.wake_for_many(false);
        self.tcp
    }

    fn wake_for_many(&mut self, many: bool) {
        // Where the system refuses, every byte wakes: slower, and nothing else.
        let bytes = if many { MANY } else { 1 };
        if self.many != many && lowat::set(&self.tcp, bytes).is_ok() {
            self.many = many;
        }
    }

    fn came(&mut self, bytes: usize, now: impl Fn() -> Instant) {
        if let Some(fast) = self.rate.count(bytes, now) {
            self.wake_for_many(fast);
        }
    }

    /// The reader waits: when it has waited long enough, it gets what is there, and any byte wakes
    /// it from then on.
    fn wait(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.many {
            return match std::mem::take(&mut self.more) {
                true => self.read_now(buf),
                false => Poll::Pending,
            };
        }
        let end = Instant::now() + PATIENCE;
        let alarm = self
            .alarm
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
        if !std::mem::replace(&mut self.armed, true) {
            alarm.as_mut().reset(end);
        }
        ready!(alarm.as_mut().poll(cx));
        self.armed = false;
        self.rate = Rate::default();
        self.wake_for_many(false);
        self.read_now(buf)
    }

    /// Reads what is there, until that is less than there is room for.
    fn read_now(&mut self, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // Asked directly: tokio waits for the system's word that there is something to read. Before
        // Linux 4.18 none comes for what was there already; and where it comes it may be too late
        // for a reader whose own limit has passed too (a machine that slept).
        match (&*SockRef::from(&self.tcp)).read(buf.initialize_unfilled()) {
            Ok(came) => {
                self.more = came > 0 && came == buf.remaining();
                buf.advance(came);
                Poll::Ready(Ok(()))
            }
            Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            Err(cause) => Poll::Ready(Err(cause)),
        }
    }
}

/// How fast bytes come.
#[derive(Debug, Default)]
struct Rate {
    since: Option<Instant>,
    bytes: usize,
}

impl Rate {
    /// Counts bytes; at the end of a window it says whether they came fast.
    fn count(&mut self, bytes: usize, now: impl Fn() -> Instant) -> Option<bool> {
        let since = *self.since.get_or_insert_with(&now);
        self.bytes += bytes;
        if self.bytes < WINDOW {
            return None;
        }
        let now = now();
        let took = now.duration_since(since);
        let fast = took.as_nanos() * WINDOW as u128 <= FAST.as_nanos() * self.bytes as u128;
        *self = Self {
            since: Some(now),
            bytes: 0,
        };
        Some(fast)
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.tcp).poll_read(cx, buf) {
            Poll::Pending => self.wait(cx, buf),
            Poll::Ready(read) => {
                self.armed = false;
                self.came(buf.filled().len() - before, Instant::now);
                Poll::Ready(read)
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[test]
    fn fast_is_a_matter_of_a_whole_window() {
        let start = Instant::now();
        let at = |micros: u64| move || start + Duration::from_micros(micros);
        let half = WINDOW / 2;
        let mut rate = Rate::default();
        assert_eq!(rate.count(half, at(0)), None);
        assert_eq!(rate.count(half, at(4_900)), Some(true));
        assert_eq!(rate.count(half, at(7_000)), None);
        assert_eq!(rate.count(half, at(10_000)), Some(false));
        // One read of two windows may take twice as long.
        assert_eq!(rate.count(2 * WINDOW, at(19_900)), Some(true));
    }

    /// Two ends of a connection over loopback.
    async fn pair() -> (Socket, TcpStream) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let near = TcpStream::connect(address).await.unwrap();
        (Socket::new(near), listener.accept().await.unwrap().0)
    }

    #[tokio::test]
    async fn few_bytes_arrive_although_many_are_waited_for() {
        let (mut near, mut far) = pair().await;
        near.wake_for_many(true);
        assert!(near.many, "the system takes the option");
        far.write_all(b"tail").await.unwrap();
        let mut tail = [0; 4];
        near.read_exact(&mut tail).await.unwrap();
        assert_eq!(&tail, b"tail");
        assert!(!near.many, "the patience ended");
    }

    /// As before Linux 4.18, and as after a sleep: nothing but the alarm wakes the reader.
    #[tokio::test]
    async fn what_is_there_when_the_patience_ends_is_given_at_once() {
        let (mut near, mut far) = pair().await;
        near.wake_for_many(true);
        // Tokio has found nothing to read, and waits for the system's word.
        let mut buffer = [0; 3];
        let mut read = ReadBuf::new(&mut buffer);
        let first =
            std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut near).poll_read(cx, &mut read)));
        assert!(first.await.is_pending());
        far.write_all(b"tail").await.unwrap();
        let mut due = Box::pin(tokio::time::sleep_until(Instant::now()));
        due.as_mut().await;
        (near.alarm, near.armed) = (Some(due), true);
        let second =
            std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut near).poll_read(cx, &mut read)));
        assert!(second.await.is_ready());
        assert_eq!(read.filled(), b"tai");
        // What had no room comes at the next read, without a word from the system either.
        read.clear();
        let third =
            std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut near).poll_read(cx, &mut read)));
        assert!(third.await.is_ready());
        assert_eq!(read.filled(), b"l");
    }

    #[tokio::test]
    async fn the_end_arrives_although_many_are_waited_for() {
        let (mut near, far) = pair().await;
        near.wake_for_many(true);
        drop(far);
        assert_eq!(near.read(&mut [0; 4]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn many_are_waited_for_while_they_come_fast() {
        let (mut near, _far) = pair().await;
        let start = Instant::now();
        for (micros, many) in [(0, true), (4_000, true), (20_000, false), (21_000, true)] {
            near.came(WINDOW, || start + Duration::from_micros(micros));
            assert_eq!(near.many, many, "after {micros} µs");
        }
    }
}
