//! The byte stream that every protocol gets.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
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
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

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
}
