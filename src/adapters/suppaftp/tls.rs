//! TLS for suppaftp, by this crate's trust.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use ::suppaftp::tokio::{AsyncTlsConnector, ImplAsyncFtpStream, TokioTlsStream};
use ::suppaftp::{FtpError, FtpResult};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client;

use super::place::Place;
use crate::base::{Error, Result, Stage};
use crate::tls::{self, OneSession, OpenEnd, Versions};

/// suppaftp's stream over this crate's TLS.
pub type AsyncTlsFtpStream = ImplAsyncFtpStream<TlsStream>;

/// Starts TLS on both channels: the data channels use the control channel's session again.
pub(super) struct TlsConnector {
    place: Place,
    session: OneSession,
    said: Said,
}

impl TlsConnector {
    pub fn new(place: &Place, versions: Versions) -> Result<Self> {
        let session = place.connector.one_session(&place.target, versions);
        Ok(Self {
            place: place.clone(),
            session: session.map_err(|error| place.blame(error))?,
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
                OpenEnd::new(socket),
                target.host(),
                target.port(),
                Arc::clone(self.session.config()),
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

/// A channel under TLS.
#[derive(Debug)]
pub struct TlsStream(client::TlsStream<OpenEnd<TcpStream>>);

impl TokioTlsStream for TlsStream {
    type InnerStream = client::TlsStream<OpenEnd<TcpStream>>;

    fn tcp_stream(self) -> FtpResult<TcpStream> {
        Ok(self.0.into_inner().0.into_inner())
    }

    fn get_ref(&self) -> &TcpStream {
        self.0.get_ref().0.get_ref()
    }

    fn mut_ref(&mut self) -> &mut Self::InnerStream {
        &mut self.0
    }
}

impl AsyncRead for TlsStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for TlsStream {
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

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
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
