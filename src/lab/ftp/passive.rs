//! The server's end of a data channel.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// How long a client may take to open the data channel.
const OPEN_TIME: Duration = Duration::from_secs(30);
const CHUNK: usize = 16 * 1024;

/// A port that was named to the client.
pub(super) enum Passive {
    Open(TcpListener),
    /// Bound but not listening: connections are refused, and nobody else gets the port.
    Dead(TcpSocket),
}

impl Passive {
    pub(super) async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Self::Open(listener))
    }

    pub(super) fn dead() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        Ok(Self::Dead(socket))
    }

    pub(super) fn port(&self) -> io::Result<u16> {
        let addr = match self {
            Self::Open(listener) => listener.local_addr(),
            Self::Dead(socket) => socket.local_addr(),
        };
        Ok(addr?.port())
    }

    /// Waits for the client; `None` when it does not come.
    pub(super) async fn accept(self) -> Option<TcpStream> {
        let Self::Open(listener) = self else {
            return None;
        };
        let accepted = tokio::time::timeout(OPEN_TIME, listener.accept()).await;
        let (socket, _) = accepted.ok()?.ok()?;
        let _ = socket.set_nodelay(true);
        Some(socket)
    }
}

/// Sends bytes and ends the channel.
pub(super) async fn send(
    mut channel: TcpStream,
    bytes: &[u8],
    pace: Option<Duration>,
) -> io::Result<()> {
    for chunk in bytes.chunks(CHUNK) {
        channel.write_all(chunk).await?;
        if let Some(pace) = pace {
            tokio::time::sleep(pace).await;
        }
    }
    channel.shutdown().await
}
