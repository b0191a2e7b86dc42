//! The byte stream that every protocol gets.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::socket::Socket;
use crate::base::Steps;

/// What a [`Stream`] can be layered over: TLS, a tunnel inside HTTP/2, a test's pipe.
pub trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// A byte stream to the target: direct or through a tunnel, with or without TLS.
///
/// Bytes that came behind the proxy's answer (leftover) are already in front: the first read
/// gives them. It carries the record of the stages that were passed to open it.
pub struct Stream {
    io: Io,
    leftover: Bytes,
    steps: Steps,
    alpn: Option<Vec<u8>>,
}

/// The plain socket is told apart from the rest because most bytes go over it, and it can write
/// several buffers at once.
enum Io {
    Tcp(Socket),
    Layer(Box<dyn Transport>),
}

impl Stream {
    /// A stream over a socket.
    pub fn tcp(socket: TcpStream) -> Self {
        Self::over(Io::Tcp(Socket::new(socket)))
    }

    /// A stream over anything that reads and writes.
    pub fn layer(transport: impl Transport + 'static) -> Self {
        Self::over(Io::Layer(Box::new(transport)))
    }

    fn over(io: Io) -> Self {
        Self {
            io,
            leftover: Bytes::new(),
            steps: Steps::default(),
            alpn: None,
        }
    }

    /// Puts bytes in front that were read too early.
    pub fn with_leftover(mut self, leftover: Bytes) -> Self {
        self.leftover = match self.leftover.is_empty() {
            true => leftover,
            false => [leftover, self.leftover].concat().into(),
        };
        self
    }

    /// Reads some bytes and gives them to `judge`, which says how many of them it uses; the others
    /// are read again. `None` at the end of the stream.
    ///
    /// In a plain socket they stay where they are (`MSG_PEEK`), so that it can be handed on with
    /// nothing lost; anything else keeps them as leftover.
    ///
    /// # Errors
    /// The stream broke.
    pub(crate) async fn judge<T>(
        &mut self,
        buffer: &mut [u8],
        judge: impl FnOnce(&[u8]) -> (T, usize),
    ) -> io::Result<Option<T>> {
        if let (Io::Tcp(socket), true) = (&mut self.io, self.leftover.is_empty()) {
            let seen = socket.peek(buffer).await?;
            if seen == 0 {
                return Ok(None);
            }
            let (verdict, used) = judge(&buffer[..seen]);
            socket.read_exact(&mut buffer[..used.min(seen)]).await?;
            return Ok(Some(verdict));
        }
        let read = self.read(buffer).await?;
        if read == 0 {
            return Ok(None);
        }
        let (verdict, used) = judge(&buffer[..read]);
        let unused = &buffer[used.min(read)..read];
        if !unused.is_empty() {
            self.leftover = [unused, &self.leftover].concat().into();
        }
        Ok(Some(verdict))
    }

    /// The socket itself, where the stream is nothing more: for programs that want one.
    ///
    /// # Errors
    /// The stream as it was: it is TLS or another layer, or bytes of it were read already.
    pub fn into_tcp(self) -> Result<TcpStream, Box<Self>> {
        match self.io {
            Io::Tcp(socket) if self.leftover.is_empty() => Ok(socket.into_tcp()),
            io => Err(Box::new(Self { io, ..self })),
        }
    }

    /// Replaces the record of passed stages.
    pub fn with_steps(mut self, steps: Steps) -> Self {
        self.steps = steps;
        self
    }

    /// Notes the protocol that TLS agreed on (RFC 7301).
    pub fn with_alpn(mut self, alpn: Option<Vec<u8>>) -> Self {
        self.alpn = alpn;
        self
    }

    /// The protocol that TLS agreed on: `h2`, `http/1.1`.
    pub fn alpn(&self) -> Option<&[u8]> {
        self.alpn.as_deref()
    }

    /// The stages that were passed to open this stream.
    pub fn steps(&self) -> &Steps {
        &self.steps
    }

    /// Takes the record of passed stages out.
    pub fn take_steps(&mut self) -> Steps {
        std::mem::take(&mut self.steps)
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let io = match &self.io {
            Io::Tcp(_) => "tcp",
            Io::Layer(_) => "layer",
        };
        f.debug_struct("Stream")
            .field("io", &io)
            .field("leftover", &self.leftover.len())
            .finish_non_exhaustive()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.leftover.is_empty() {
            let taken = self.leftover.len().min(buf.remaining());
            buf.put_slice(&self.leftover[..taken]);
            self.leftover.advance(taken);
            return Poll::Ready(Ok(()));
        }
        match &mut self.io {
            Io::Tcp(socket) => Pin::new(socket).poll_read(cx, buf),
            Io::Layer(layer) => Pin::new(layer).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.io {
            Io::Tcp(socket) => Pin::new(socket).poll_write(cx, buf),
            Io::Layer(layer) => Pin::new(layer).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Tcp(socket) => Pin::new(socket).poll_flush(cx),
            Io::Layer(layer) => Pin::new(layer).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Tcp(socket) => Pin::new(socket).poll_shutdown(cx),
            Io::Layer(layer) => Pin::new(layer).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = match &mut self.io {
            Io::Tcp(socket) => ready!(Pin::new(socket).poll_write_vectored(cx, bufs)),
            Io::Layer(layer) => ready!(Pin::new(layer).poll_write_vectored(cx, bufs)),
        };
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.io {
            Io::Tcp(socket) => socket.is_write_vectored(),
            Io::Layer(layer) => layer.is_write_vectored(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn leftover_comes_first_whatever_the_size_of_the_reads() {
        for size in 1..8 {
            let (near, mut far) = tokio::io::duplex(64);
            far.write_all(b"def").await.unwrap();
            drop(far);
            let mut stream = Stream::layer(near).with_leftover(Bytes::from_static(b"abc"));
            let mut all = Vec::new();
            let mut buffer = vec![0; size];
            loop {
                match stream.read(&mut buffer).await.unwrap() {
                    0 => break,
                    n => all.extend_from_slice(&buffer[..n]),
                }
            }
            assert_eq!(all, b"abcdef");
        }
    }

    async fn sockets() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap());
        let (near, far) = tokio::join!(near, listener.accept());
        (near.unwrap(), far.unwrap().0)
    }

    /// At every split point, over a socket and over anything else.
    #[tokio::test]
    async fn what_is_judged_and_not_used_is_read_again() {
        for used in 0..=6 {
            let (near, mut far) = sockets().await;
            far.write_all(b"abcdef").await.unwrap();
            drop(far);
            let (layer, mut end) = tokio::io::duplex(64);
            end.write_all(b"abcdef").await.unwrap();
            drop(end);
            for mut stream in [Stream::tcp(near), Stream::layer(layer)] {
                let mut buffer = [0; 16];
                let judge = |seen: &[u8]| (seen.to_vec(), used);
                let seen = stream.judge(&mut buffer, judge).await.unwrap().unwrap();
                assert_eq!(seen, b"abcdef");
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).await.unwrap();
                assert_eq!(rest, &seen[used..]);
                let none = stream.judge(&mut buffer, |_| ((), 0)).await.unwrap();
                assert!(none.is_none());
            }
        }
    }

    #[tokio::test]
    async fn a_socket_is_handed_on_when_nothing_would_be_lost() {
        let (near, mut far) = sockets().await;
        far.write_all(b"head tail").await.unwrap();
        drop(far);
        let mut stream = Stream::tcp(near);
        stream.judge(&mut [0; 16], |_| ((), 5)).await.unwrap();
        let mut socket = stream.into_tcp().unwrap();
        let mut rest = String::new();
        socket.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "tail");
        let early = Stream::tcp(socket).with_leftover(Bytes::from_static(b"x"));
        assert!(early.into_tcp().is_err());
        let (layer, _end) = tokio::io::duplex(64);
        assert!(Stream::layer(layer).into_tcp().is_err());
    }
}
