//! TLS for suppaftp, by this crate's trust.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use ::suppaftp::tokio::{AsyncTlsConnector, ImplAsyncFtpStream, TokioTlsStream};
use ::suppaftp::{FtpError, FtpResult};
use rustls::{AlertDescription, ClientConfig};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client;

use super::place::Place;
use crate::base::{Error, Result, Stage};
use crate::tls::{self, Alpn, Versions};

/// suppaftp's stream over this crate's TLS.
pub type AsyncTlsFtpStream = ImplAsyncFtpStream<TlsStream>;

/// Starts TLS on both channels: one configuration, so that the data channels use the session of
/// the control channel again.
pub(super) struct TlsConnector {
    place: Place,
    config: Arc<ClientConfig>,
    said: Said,
}

impl TlsConnector {
    pub fn new(place: &Place, versions: Versions) -> Result<Self> {
        let config = place.connector.tls_config(Alpn::None, versions);
        Ok(Self {
            place: place.clone(),
            config: config.map_err(|error| place.blame(error))?,
            said: Said::default(),
        })
    }

    /// Where the error of a handshake is left, of which suppaftp keeps the words only.
    pub fn said(&self) -> Said {
        self.said.clone()
    }
}

#[derive(Clone, Default)]
pub(super) struct Said(Arc<Mutex<Option<Error>>>);

impl Said {
    pub fn take(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, error: Error) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

impl fmt::Debug for TlsConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConnector").finish_non_exhaustive()
    }
}

impl AsyncTlsConnector for TlsConnector {
    type Stream = TlsStream;

    // As the macro `async_trait` writes it.
    fn connect<'a, 'b, 'c>(
        &'a self,
        _: &'b str,
        socket: TcpStream,
    ) -> Pin<Box<dyn Future<Output = FtpResult<TlsStream>> + Send + 'c>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        Box::pin(async move {
            let (connector, target) = (&self.place.connector, &self.place.target);
            let key = connector.key();
            let secured = tls::handshake(
                OpenEnd(socket),
                target.host(),
                target.port(),
                Arc::clone(&self.config),
                Stage::TargetTls,
                &key,
                connector.timeouts().tls,
            );
            match secured.await {
                Ok(stream) => Ok(TlsStream(stream)),
                Err(error) => {
                    self.said.put(error.clone());
                    Err(FtpError::ConnectionError(self.place.blame(error).into()))
                }
            }
        })
    }
}

/// Whether the server refused the version of TLS.
pub(super) fn is_too_old(error: &Error) -> bool {
    let cause = std::error::Error::source(error);
    let cause = cause.and_then(|cause| cause.downcast_ref::<io::Error>());
    let cause = cause.and_then(|cause| cause.get_ref()?.downcast_ref::<rustls::Error>());
    matches!(
        cause,
        Some(rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion
        ))
    )
}

/// A channel under TLS.
#[derive(Debug)]
pub struct TlsStream(client::TlsStream<OpenEnd>);

impl TokioTlsStream for TlsStream {
    type InnerStream = client::TlsStream<OpenEnd>;

    fn tcp_stream(self) -> FtpResult<TcpStream> {
        Ok(self.0.into_inner().0.0)
    }

    fn get_ref(&self) -> &TcpStream {
        &self.0.get_ref().0.0
    }

    fn mut_ref(&mut self) -> &mut Self::InnerStream {
        &mut self.0
    }
}

/// A socket whose sending side stays open until it is dropped. The end of TLS is `close_notify`;
/// a FIN behind it makes proxies tear down both directions of a tunnel, and what is still unread
/// turns that into a reset: uploads fail at random.
#[derive(Debug)]
#[doc(hidden)]
pub struct OpenEnd(TcpStream);

/// Hands reading on, and writing but for the shutdown, which is `$shutdown`.
macro_rules! by_the_inner_stream {
    ($stream:ty, $shutdown:ident) => {
        impl AsyncRead for $stream {
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buffer: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(&mut self.0).poll_read(cx, buffer)
            }
        }

        impl AsyncWrite for $stream {
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.0).poll_write(cx, bytes)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.0).poll_flush(cx)
            }

            fn poll_shutdown(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(&mut self.0).$shutdown(cx)
            }

            fn is_write_vectored(&self) -> bool {
                self.0.is_write_vectored()
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                slices: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.0).poll_write_vectored(cx, slices)
            }
        }
    };
}

by_the_inner_stream!(TlsStream, poll_shutdown);
by_the_inner_stream!(OpenEnd, poll_flush);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn the_sending_side_stays_open_behind_the_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap());
        let (near, far) = tokio::join!(near, listener.accept());
        let (mut end, mut far) = (OpenEnd(near.unwrap()), far.unwrap().0);
        end.shutdown().await.unwrap();
        end.write_all(b"open").await.unwrap();
        drop(end);
        let mut told = String::new();
        far.read_to_string(&mut told).await.unwrap();
        assert_eq!(told, "open");
    }
}
